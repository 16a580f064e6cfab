"""MobileNetV2 (Sandler et al. 2018) on images: python mobilenet_v2.py --batch-size 8."""

import argparse
from typing import Any

import harness  # type: ignore[import-not-found]  # run by path, beside this file; before mxnet
import mxnet as mx
import samples  # type: ignore[import-not-found]  # run by path, found through harness
from mxnet import autograd, gluon
from mxnet.gluon import nn
from progress import Progress  # type: ignore[import-not-found]  # run by path, through harness

CLASSES = 1000
# Expansion, channels, blocks, stride of the first block.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


class ReLU6(gluon.HybridBlock):
    """min(max(x, 0), 6)."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803  # Gluon's own name
        """Clip, any shape."""
        return F.clip(x, 0, 6)


def conv_bn(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.HybridSequential:
    """Make a convolution, batch normalisation and ReLU6."""
    block = nn.HybridSequential()
    block.add(
        nn.Conv2D(
            outputs,
            kernel,
            stride,
            kernel // 2,
            groups=groups,
            in_channels=inputs,
            use_bias=False,
        ),
        nn.BatchNorm(in_channels=outputs),
        ReLU6(),
    )
    return block


class InvertedResidual(gluon.HybridBlock):
    """Expand (1×1), filter each channel (3×3), project (1×1); add the input where it fits."""

    def __init__(
        self, inputs: int, outputs: int, stride: int, expansion: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        hidden = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        with self.name_scope():
            self.body = nn.HybridSequential()
            if expansion != 1:
                self.body.add(conv_bn(inputs, hidden, 1))
            self.body.add(
                conv_bn(hidden, hidden, 3, stride, groups=hidden),
                nn.Conv2D(outputs, 1, in_channels=hidden, use_bias=False),
                nn.BatchNorm(in_channels=outputs),
            )

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002, N803  # Gluon's own name
        """(batch, inputs, h, w) → (batch, outputs, h / stride, w / stride)."""
        return x + self.body(x) if self.residual else self.body(x)


class MobileNetV2(gluon.HybridBlock):
    """Stem, inverted residuals, 1280 features, global pooling, classifier (no dropout)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential()
            self.features.add(conv_bn(3, 32, 3, stride=2))
            inputs = 32
            for expansion, outputs, blocks, first in STAGES:
                for block in range(blocks):
                    stride = first if block == 0 else 1
                    self.features.add(InvertedResidual(inputs, outputs, stride, expansion))
                    inputs = outputs
            self.features.add(conv_bn(inputs, 1280, 1))
            self.pool = nn.GlobalAvgPool2D()
            self.output = nn.Dense(CLASSES, in_units=1280, weight_initializer=mx.init.Normal(0.01))

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002, N803  # Gluon's own name
        """(batch, 3, h, w) → (batch, classes)."""
        return self.output(self.pool(self.features(x)))


# He et al. (2015) fan in for convolutions, N(0, 0.01) for the classifier, biases 0.
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
    args = harness.parse(__doc__, size=("image-size", 64, 32), batch_size=8, steps=100)
    net = MobileNetV2()
    net.initialize(INIT, ctx=harness.context(args))
    data = harness.batches(args, samples.images(args, CLASSES, harness.INDEX))
    log = harness.start(args, "mobilenet_v2", net)
    if args.execution == "hybridize":
        net.hybridize(static_alloc=True, static_shape=True)
    if args.mode == "train":
        train(args, net, data, log)
    else:
        infer(args, net, data, log)


if __name__ == "__main__":
    main()
