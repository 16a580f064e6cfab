"""ResNet-18 (He et al. 2015) on images: python resnet18.py --batch-size 32 --steps 100."""

import argparse
from typing import Any

import harness  # type: ignore[import-not-found]  # run by path, beside this file; before mxnet
import mxnet as mx
import samples  # type: ignore[import-not-found]  # run by path, found through harness
from mxnet import autograd, gluon
from mxnet.gluon import nn
from progress import Progress  # type: ignore[import-not-found]  # run by path, through harness

CLASSES = 1000


def conv3x3(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2D:
    """Make a 3×3 convolution that keeps the size (at stride 1), without bias."""
    return nn.Conv2D(outputs, 3, strides=stride, padding=1, in_channels=inputs, use_bias=False)


class BasicBlock(gluon.HybridBlock):
    """Two 3×3 convolutions and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.conv1 = conv3x3(inputs, outputs, stride)
            self.bn1 = nn.BatchNorm(in_channels=outputs)
            self.conv2 = conv3x3(outputs, outputs)
            self.bn2 = nn.BatchNorm(in_channels=outputs)
            self.shortcut = nn.HybridSequential()
            if stride != 1 or inputs != outputs:
                self.shortcut.add(
                    nn.Conv2D(outputs, 1, strides=stride, in_channels=inputs, use_bias=False),
                    nn.BatchNorm(in_channels=outputs),
                )

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803  # Gluon's own name
        """(batch, inputs, h, w) → (batch, outputs, h / stride, w / stride)."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + self.shortcut(x))


class ResNet18(gluon.HybridBlock):
    """Stem, four stages of two blocks, global pooling, classifier: any image size."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.stem = nn.HybridSequential()
            self.stem.add(
                nn.Conv2D(64, 7, strides=2, padding=3, in_channels=3, use_bias=False),
                nn.BatchNorm(in_channels=64),
                nn.Activation("relu"),
                nn.MaxPool2D(3, strides=2, padding=1),
            )
            self.blocks = nn.HybridSequential()
            inputs = 64
            for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
                self.blocks.add(
                    BasicBlock(inputs, outputs, stride), BasicBlock(outputs, outputs, 1)
                )
                inputs = outputs
            self.pool = nn.GlobalAvgPool2D()
            self.output = nn.Dense(CLASSES, in_units=512, weight_initializer=mx.init.Normal(0.01))

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002, N803  # Gluon's own name
        """(batch, 3, h, w) → (batch, classes)."""
        return self.output(self.pool(self.blocks(self.stem(x))))


# He et al. (2015) fan out for convolutions, N(0, 0.01) for the classifier, biases 0.
INIT = mx.init.Xavier(rnd_type="gaussian", factor_type="out", magnitude=2)


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
    args = harness.parse(__doc__, size=("image-size", 64, 32), batch_size=16, steps=100)
    net = ResNet18()
    net.initialize(INIT, ctx=harness.context(args))
    data = harness.batches(args, samples.images(args, CLASSES, harness.INDEX))
    log = harness.start(args, "resnet18", net)
    if args.execution == "hybridize":
        net.hybridize(static_alloc=True, static_shape=True)
    if args.mode == "train":
        train(args, net, data, log)
    else:
        infer(args, net, data, log)


if __name__ == "__main__":
    main()
