"""Floating-point operations of a step, by formula: one per kind of layer.

What is counted are the products (two operations a multiply-add), as torch's own
counter does: convolutions, dense layers, recurrent and attention products,
forward and, in training, both gradients. Attention counts in full, masked or
not, and nothing that is computed anew in the backward pass counts twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from diptych.workloads.catalogue import WORKLOADS


@dataclass(frozen=True, slots=True)
class Products:
    """Multiply-adds of one layer: forward, and of each gradient in the backward pass.

    ``to_inputs`` is less than ``forward`` where the inputs need no gradient.
    """

    forward: int
    to_weights: int
    to_inputs: int


def step_flops(workload: str, knobs: Mapping[str, object]) -> int | None:
    """Return the operations of one step of a workload; ``None`` for one that is not ours.

    Knobs that are not given have their defaults.
    """
    layers = _LAYERS.get(workload)
    if layers is None:
        return None
    size = {k.name: k.default for k in WORKLOADS[workload].knobs} | dict(knobs)
    total = 0
    for layer in layers(size):
        total += layer.forward
        if size["mode"] == "train":
            total += layer.to_weights + layer.to_inputs
    return 2 * total


def dense(rows: int, inputs: int, outputs: int, first: bool = False) -> Products:
    """Return the products of a dense layer; the ``first`` one needs no gradient of its input."""
    macs = rows * inputs * outputs
    return Products(macs, macs, 0 if first else macs)


def convolution(
    batch: int, inputs: int, outputs: int, kernel: int, side: int, first: bool = False
) -> Products:
    """Return the products of a square convolution; ``side`` is that of its output.

    ``inputs`` are those that one output sees: channels divided by groups.
    """
    macs = batch * side * side * outputs * inputs * kernel * kernel
    return Products(macs, macs, 0 if first else macs)


def recurrent(batch: int, time: int, inputs: int, width: int, gates: int = 4) -> Products:
    """Return the products of a recurrent layer that starts from zeros (no gradient there)."""
    into, along = batch * time * inputs * gates * width, batch * width * gates * width
    macs = into + along * time
    return Products(macs, macs, into + along * (time - 1))


def attention(batch: int, time: int, width: int) -> Products:
    """Return the two products of self-attention, all heads; each has two gradients."""
    macs = 2 * batch * time * time * width
    return Products(macs, macs, macs)


Sizes = Mapping[str, object]


def _int(sizes: Sizes, name: str) -> int:
    return int(str(sizes[name]))


def _mlp(sizes: Sizes) -> Iterator[Products]:
    batch, features = _int(sizes, "batch_size"), _int(sizes, "features")
    yield dense(batch, features, 1024, first=True)
    yield dense(batch, 1024, 1024)
    yield dense(batch, 1024, 1024)
    yield dense(batch, 1024, 10)


def _out(side: int, kernel: int, stride: int) -> int:
    """Return the side after a window of ``kernel`` with half of it as padding."""
    return (side + 2 * (kernel // 2) - kernel) // stride + 1


def _resnet18(sizes: Sizes) -> Iterator[Products]:
    batch = _int(sizes, "batch_size")
    side = _out(_int(sizes, "image_size"), 7, 2)
    yield convolution(batch, 3, 64, 7, side, first=True)
    side, inputs = _out(side, 3, 2), 64
    for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        side = _out(side, 3, stride)
        yield convolution(batch, inputs, outputs, 3, side)
        if stride != 1:
            yield convolution(batch, inputs, outputs, 1, side)
        for _ in range(3):
            yield convolution(batch, outputs, outputs, 3, side)
        inputs = outputs
    yield dense(batch, 512, 1000)


_INVERTED = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
    (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip
"""MobileNetV2: expansion, channels, blocks, stride of the first block."""


def _mobilenet_v2(sizes: Sizes) -> Iterator[Products]:
    batch = _int(sizes, "batch_size")
    side, inputs = _out(_int(sizes, "image_size"), 3, 2), 32
    yield convolution(batch, 3, 32, 3, side, first=True)
    for expansion, outputs, blocks, first in _INVERTED:
        for block in range(blocks):
            hidden = inputs * expansion
            if expansion != 1:
                yield convolution(batch, inputs, hidden, 1, side)
            side = _out(side, 3, first if block == 0 else 1)
            yield convolution(batch, 1, hidden, 3, side)  # each channel on its own
            yield convolution(batch, hidden, outputs, 1, side)
            inputs = outputs
    yield convolution(batch, inputs, 1280, 1, side)
    yield dense(batch, 1280, 1000)


def _lstm(sizes: Sizes) -> Iterator[Products]:
    batch, time = _int(sizes, "batch_size"), _int(sizes, "seq_len")
    for _ in range(2):
        yield recurrent(batch, time, 256, 256)
    yield dense(batch * time, 256, 10_000)


def _block(batch: int, time: int) -> Iterator[Products]:
    yield dense(batch * time, 256, 3 * 256)
    yield attention(batch, time, 256)
    yield dense(batch * time, 256, 256)
    yield dense(batch * time, 256, 1024)
    yield dense(batch * time, 1024, 256)


def _transformer(sizes: Sizes) -> Iterator[Products]:
    batch, time = _int(sizes, "batch_size"), _int(sizes, "seq_len")
    for _ in range(4):
        yield from _block(batch, time)
    yield dense(batch, 256, 16)


def _gpt(sizes: Sizes) -> Iterator[Products]:
    batch, time = _int(sizes, "batch_size"), _int(sizes, "seq_len")
    for _ in range(4):
        yield from _block(batch, time)
    yield dense(batch * time, 256, 8192)


_LAYERS: dict[str, Callable[[Sizes], Iterator[Products]]] = {
    "mlp": _mlp,
    "resnet18": _resnet18,
    "mobilenet_v2": _mobilenet_v2,
    "lstm": _lstm,
    "transformer": _transformer,
    "gpt": _gpt,
}
