"""A GPT-2 style decoder as a language model: python gpt.py --batch-size 8 --seq-len 64."""

import argparse
from typing import Any

import harness  # type: ignore[import-not-found]  # run by path, beside this file; before mxnet
import mxnet as mx
import samples  # type: ignore[import-not-found]  # run by path, found through harness
from mxnet import autograd, gluon
from mxnet.gluon import nn
from progress import Progress  # type: ignore[import-not-found]  # run by path, through harness

VOCABULARY = 8192
WIDTH = 256
HEADS = 4
HIDDEN = 1024
LAYERS = 4
CONTEXT = 1024


def heads(F: Any, x: Any) -> Any:  # noqa: N803  # as in hybrid_forward
    """(batch, time, width) → (batch × heads, time, width / heads)."""
    x = F.reshape(x, (0, 0, -4, HEADS, -1)).transpose((0, 2, 1, 3))
    return F.reshape(x, (-3, 0, 0))


def causal(F: Any, scores: Any) -> Any:  # noqa: N803  # as in hybrid_forward
    """1 where a token (second to last axis) may see another (last axis), in the shape of scores."""
    time = F.contrib.arange_like(scores, axis=1)
    mask = F.broadcast_greater_equal(F.reshape(time, (1, -1, 1)), F.reshape(time, (1, 1, -1)))
    return F.broadcast_like(mask, scores)


class SelfAttention(gluon.HybridBlock):
    """Scaled dot-product attention of all heads, written as batched matrix products."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.qkv = nn.Dense(3 * WIDTH, in_units=WIDTH, flatten=False)
            self.project = nn.Dense(WIDTH, in_units=WIDTH, flatten=False)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803  # Gluon's own name
        """(batch, time, width) → the same; a token sees those before it and itself."""
        query, key, value = (heads(F, part) for part in F.split(self.qkv(x), 3, axis=2))
        scores = F.batch_dot(query, key, transpose_b=True) * (WIDTH // HEADS) ** -0.5
        scores = F.where(causal(F, scores), scores, F.ones_like(scores) * -1e9)
        mixed = F.batch_dot(F.softmax(scores, axis=-1), value)
        mixed = F.reshape(mixed, (-4, -1, HEADS, 0, 0)).transpose((0, 2, 1, 3))
        return self.project(F.reshape(mixed, (0, 0, -3)))


class DecoderBlock(gluon.HybridBlock):
    """Attention and a feed-forward net, each on the normalised input and added to it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.norm1 = nn.LayerNorm(in_channels=WIDTH)
            self.attention = SelfAttention()
            self.norm2 = nn.LayerNorm(in_channels=WIDTH)
            self.mlp = nn.HybridSequential()
            self.mlp.add(
                nn.Dense(HIDDEN, in_units=WIDTH, flatten=False),
                nn.GELU(),
                nn.Dense(WIDTH, in_units=HIDDEN, flatten=False),
            )

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002, N803  # Gluon's own name
        """(batch, time, width) → the same."""
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(gluon.HybridBlock):
    """Learned positions, pre-norm blocks, and the token embedding again as the classifier."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.tokens = nn.Embedding(VOCABULARY, WIDTH)
            self.positions = nn.Embedding(CONTEXT, WIDTH)
            self.blocks = nn.HybridSequential()
            for _ in range(LAYERS):
                self.blocks.add(DecoderBlock())
            self.norm = nn.LayerNorm(in_channels=WIDTH)
            self.output = nn.Dense(
                VOCABULARY,
                in_units=WIDTH,
                use_bias=False,
                flatten=False,
                params=self.tokens.params,
            )

    def hybrid_forward(self, F: Any, tokens: Any) -> Any:  # noqa: N803  # Gluon's own name
        """(batch, time) → (batch, time, vocabulary); time is at most CONTEXT."""
        positions = self.positions(F.contrib.arange_like(tokens, axis=1))
        x = F.broadcast_add(self.tokens(tokens), F.expand_dims(positions, 0))
        return self.output(self.norm(self.blocks(x)))


# Matrices N(0, 0.02), biases 0, as in GPT-2.
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
    args = harness.parse(__doc__, size=("seq-len", 64, 1), batch_size=8, steps=100)
    net = GPT()
    net.initialize(INIT, ctx=harness.context(args))
    data = harness.batches(args, samples.sentences(args, VOCABULARY, harness.INDEX))
    log = harness.start(args, "gpt", net)
    if args.execution == "hybridize":
        net.hybridize(static_alloc=True, static_shape=True)
    if args.mode == "train":
        train(args, net, data, log)
    else:
        infer(args, net, data, log)


if __name__ == "__main__":
    main()
