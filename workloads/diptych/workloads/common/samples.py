"""Synthetic data, bit for bit the same under every framework and numpy.

Drawn from ``numpy.random.RandomState``, whose streams never change. A few
distinct batches are made once and repeated: sample i is sample i modulo the
number that exists, so that the batches of a loader are those held in memory.
"""

from __future__ import annotations

import argparse
from typing import Any, List, Tuple

import numpy as np

BATCHES = 4
BUDGET = 512 << 20  # bytes that the distinct batches may take as float32


class Samples:
    """A map-style dataset of (input, target) pairs, as both data loaders want it."""

    def __init__(self, inputs: Any, targets: Any, length: int) -> None:
        self.inputs = inputs
        self.targets = targets
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Tuple[Any, Any]:
        if not 0 <= index < self.length:
            raise IndexError(index)
        row = index % len(self.inputs)
        return prepare(self.inputs[row]), self.targets[row]

    def batches(self, size: int) -> List[Tuple[Any, Any]]:
        """Make the distinct batches, each (inputs, targets) of ``size`` samples."""
        starts = range(0, len(self.inputs), size)
        return [(prepare(self.inputs[s : s + size]), self.targets[s : s + size]) for s in starts]


def prepare(raw: Any) -> Any:
    """Bytes become float32 of zero mean and unit variance, all else stays as it is."""
    if raw.dtype != np.uint8:
        return raw
    return (raw.astype(np.float32) - np.float32(127.5)) / np.float32(73.9)


def _count(args: argparse.Namespace, values_per_sample: int) -> int:
    batch_bytes = 4 * int(args.batch_size) * values_per_sample
    return int(args.batch_size) * max(1, min(BATCHES, BUDGET // batch_bytes, int(args.steps)))


def _length(args: argparse.Namespace) -> int:
    return int(args.steps) * int(args.batch_size)


def _whole(random: Any, below: int, shape: Tuple[int, ...], kind: str) -> Any:
    # Drawn as int64 whatever comes out: the width decides what the stream yields.
    return random.randint(0, below, shape, dtype=np.int64).astype(kind)


def images(args: argparse.Namespace, classes: int, index: str) -> Samples:
    """Draw RGB images of ``image_size``² pixels, channels first, and their classes."""
    size = args.image_size
    count = _count(args, 3 * size * size)
    random = np.random.RandomState(args.seed)
    pixels = random.randint(0, 256, (count, 3, size, size), dtype=np.uint8)
    return Samples(pixels, _whole(random, classes, (count,), index), _length(args))


def vectors(args: argparse.Namespace, classes: int, index: str) -> Samples:
    """Draw normally distributed vectors of ``features`` values, and their classes."""
    count = _count(args, args.features)
    random = np.random.RandomState(args.seed)
    values = random.standard_normal((count, args.features)).astype(np.float32)
    return Samples(values, _whole(random, classes, (count,), index), _length(args))


def sentences(args: argparse.Namespace, vocabulary: int, index: str) -> Samples:
    """Draw ``seq_len`` tokens, and as target the same sentence one token further on."""
    count = _count(args, args.seq_len)
    random = np.random.RandomState(args.seed)
    tokens = _whole(random, vocabulary, (count, args.seq_len + 1), index)
    return Samples(tokens[:, :-1].copy(), tokens[:, 1:].copy(), _length(args))


def documents(args: argparse.Namespace, vocabulary: int, classes: int, index: str) -> Samples:
    """Draw ``seq_len`` tokens, and the class of the whole."""
    count = _count(args, args.seq_len)
    random = np.random.RandomState(args.seed)
    tokens = _whole(random, vocabulary, (count, args.seq_len), index)
    return Samples(tokens, _whole(random, classes, (count,), index), _length(args))
