"""A Transformer encoder that classifies documents: python transformer.py --seq-len 128."""

import argparse
from typing import Any

import harness  # type: ignore[import-not-found]  # run by path, beside this file; before mxnet
import mxnet as mx
import samples  # type: ignore[import-not-found]  # run by path, found through harness
from mxnet import autograd, gluon
from mxnet.gluon import nn
from progress import Progress  # type: ignore[import-not-found]  # run by path, through harness

VOCABULARY = 8192
CLASSES = 16
WIDTH = 256
HEADS = 4
HIDDEN = 1024
LAYERS = 4
CONTEXT = 1024


def heads(F: Any, x: Any) -> Any:  # noqa: N803  # as in hybrid_forward
    """(batch, time, width) → (batch × heads, time, width / heads)."""
    x = F.reshape(x, (0, 0, -4, HEADS, -1)).transpose((0, 2, 1, 3))
    return F.reshape(x, (-3, 0, 0))


class SelfAttention(gluon.HybridBlock):
    """Scaled dot-product attention of all heads, written as batched matrix products."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.qkv = nn.Dense(3 * WIDTH, in_units=WIDTH, flatten=False)
            self.project = nn.Dense(WIDTH, in_units=WIDTH, flatten=False)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803  # Gluon's own name
        """(batch, time, width) → the same."""
        query, key, value = (heads(F, part) for part in F.split(self.qkv(x), 3, axis=2))
        scores = F.batch_dot(query, key, transpose_b=True) * (WIDTH // HEADS) ** -0.5
        mixed = F.batch_dot(F.softmax(scores, axis=-1), value)
        mixed = F.reshape(mixed, (-4, -1, HEADS, 0, 0)).transpose((0, 2, 1, 3))
        return self.project(F.reshape(mixed, (0, 0, -3)))


class EncoderLayer(gluon.HybridBlock):
    """Attention and a feed-forward net, each added to its input and then normalised."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.attention = SelfAttention()
            self.widen = nn.Dense(HIDDEN, in_units=WIDTH, flatten=False)
            self.gelu = nn.GELU()
            self.narrow = nn.Dense(WIDTH, in_units=HIDDEN, flatten=False)
            self.norm1 = nn.LayerNorm(in_channels=WIDTH)
            self.norm2 = nn.LayerNorm(in_channels=WIDTH)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002, N803  # Gluon's own name
        """(batch, time, width) → the same."""
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.narrow(self.gelu(self.widen(x))))


class Encoder(gluon.HybridBlock):
    """Learned positions, post-norm layers (Vaswani et al. 2017) with GELU, mean of all tokens."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.tokens = nn.Embedding(VOCABULARY, WIDTH)
            self.positions = nn.Embedding(CONTEXT, WIDTH)
            self.layers = nn.HybridSequential()
            for _ in range(LAYERS):
                self.layers.add(EncoderLayer())
            self.output = nn.Dense(CLASSES, in_units=WIDTH)

    def hybrid_forward(self, F: Any, tokens: Any) -> Any:  # noqa: N803  # Gluon's own name
        """(batch, time) → (batch, classes); time is at most CONTEXT."""
        positions = self.positions(F.contrib.arange_like(tokens, axis=1))
        x = F.broadcast_add(self.tokens(tokens), F.expand_dims(positions, 0))
        return self.output(self.layers(x).mean(axis=1))


# Matrices N(0, 0.02), biases 0, as in BERT.
INIT = mx.init.Normal(0.02)


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
    args = harness.parse(__doc__, size=("seq-len", 64, 1), batch_size=16, steps=100)
    net = Encoder()
    net.initialize(INIT, ctx=harness.context(args))
    data = harness.batches(args, samples.documents(args, VOCABULARY, CLASSES, harness.INDEX))
    log = harness.start(args, "transformer", net)
    if args.execution == "hybridize":
        net.hybridize(static_alloc=True, static_shape=True)
    if args.mode == "train":
        train(args, net, data, log)
    else:
        infer(args, net, data, log)


if __name__ == "__main__":
    main()
