"""An LSTM language model (Zaremba et al. 2014): python lstm.py --batch-size 20 --seq-len 35."""

import argparse
from typing import Any

import harness  # type: ignore[import-not-found]  # run by path, beside this file; before mxnet
import mxnet as mx
import samples  # type: ignore[import-not-found]  # run by path, found through harness
from mxnet import autograd, gluon
from mxnet.gluon import nn, rnn
from progress import Progress  # type: ignore[import-not-found]  # run by path, through harness

VOCABULARY = 10_000
WIDTH = 256
LAYERS = 2


class LanguageModel(gluon.HybridBlock):
    """Embedding, two LSTM layers from a state of zeros, classifier of its own weights."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        uniform = mx.init.Uniform(WIDTH**-0.5)
        with self.name_scope():
            self.embedding = nn.Embedding(VOCABULARY, WIDTH)
            self.lstm = rnn.LSTM(
                WIDTH,
                num_layers=LAYERS,
                layout="NTC",
                input_size=WIDTH,
                i2h_weight_initializer=uniform,
                h2h_weight_initializer=uniform,
                i2h_bias_initializer=uniform,
                h2h_bias_initializer=uniform,
            )
            self.output = nn.Dense(VOCABULARY, in_units=WIDTH, flatten=False)

    def hybrid_forward(self, F: Any, tokens: Any) -> Any:  # noqa: ARG002, N803  # Gluon's own name
        """(batch, time) → (batch, time, vocabulary)."""
        return self.output(self.lstm(self.embedding(tokens)))


# Embedding and classifier U(±0.1); the LSTM has its own; other biases 0.
INIT = mx.init.Uniform(0.1)


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
    args = harness.parse(__doc__, size=("seq-len", 35, 1), batch_size=20, steps=100)
    net = LanguageModel()
    net.initialize(INIT, ctx=harness.context(args))
    data = harness.batches(args, samples.sentences(args, VOCABULARY, harness.INDEX))
    log = harness.start(args, "lstm", net)
    if args.execution == "hybridize":
        net.hybridize(static_alloc=True, static_shape=True)
    if args.mode == "train":
        train(args, net, data, log)
    else:
        infer(args, net, data, log)


if __name__ == "__main__":
    main()
