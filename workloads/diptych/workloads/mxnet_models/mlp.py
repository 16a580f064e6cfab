"""A multilayer perceptron on vectors: python mlp.py --batch-size 256 --steps 100."""

import argparse
from typing import Any

import harness  # type: ignore[import-not-found]  # run by path, beside this file; before mxnet
import mxnet as mx
import samples  # type: ignore[import-not-found]  # run by path, found through harness
from mxnet import autograd, gluon
from mxnet.gluon import nn
from progress import Progress  # type: ignore[import-not-found]  # run by path, through harness

CLASSES = 10


class MLP(gluon.HybridBlock):
    """Three hidden layers of 1024 units."""

    def __init__(self, features: int, hidden: int = 1024, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.fc1 = nn.Dense(hidden, in_units=features, activation="relu")
            self.fc2 = nn.Dense(hidden, in_units=hidden, activation="relu")
            self.fc3 = nn.Dense(hidden, in_units=hidden, activation="relu")
            self.output = nn.Dense(CLASSES, in_units=hidden)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002, N803  # Gluon's own name
        """(batch, features) → (batch, classes)."""
        return self.output(self.fc3(self.fc2(self.fc1(x))))


# He et al. (2015), gains for ReLU, fan in; biases 0.
INIT = mx.init.Xavier(rnd_type="gaussian", factor_type="in", magnitude=2)


def train(args: argparse.Namespace, net: gluon.Block, data: harness.Data, log: Progress) -> None:
    """One trainer step a batch."""
    ctx = harness.context(args)
    loss_fn = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = harness.trainer(args, net)
    for inputs, labels in data:
        x, y = inputs.as_in_context(ctx), labels.as_in_context(ctx)
        with autograd.record():
            loss = loss_fn(net(x), y)
        loss.backward()
        trainer.step(args.batch_size)  # divides by it: the gradient of the mean
        if log.due():
            log.line(loss.mean().asscalar())


def infer(args: argparse.Namespace, net: gluon.Block, data: harness.Data, log: Progress) -> None:
    """One forward pass a batch."""
    ctx = harness.context(args)
    for inputs, labels in data:
        logits = net(inputs.as_in_context(ctx))
        if log.due():
            log.line(harness.cross_entropy(logits, labels.as_in_context(ctx)))


def main() -> None:
    """Build the model as the command line says, and run it."""
    args = harness.parse(__doc__, size=("features", 784, 1), batch_size=256, steps=200)
    net = MLP(args.features)
    net.initialize(INIT, ctx=harness.context(args))
    data = harness.batches(args, samples.vectors(args, CLASSES, harness.INDEX))
    log = harness.start(args, "mlp", net)
    if args.execution == "hybridize":
        net.hybridize(static_alloc=True, static_shape=True)
    if args.mode == "train":
        train(args, net, data, log)
    else:
        infer(args, net, data, log)


if __name__ == "__main__":
    main()
