"""What a tracker produces: steps, stretches of validation, and how to join them.

All times are ns of one monotonic clock.
"""

from __future__ import annotations

from typing import List, Optional

DATA, FORWARD, BACKWARD, OPTIMIZER, OTHER = range(5)


class Step:
    """A finished step, or a piece of one.

    ``phases`` add up to ``end - t0`` (plus ``fence``, which is in OTHER).
    """

    # Defaults of the class, not of each instance: a step is made in the training thread.
    n = -1
    fence = 0
    samples: Optional[int] = None
    loaded = 0
    """Samples that a loader delivered."""
    micro = 0
    """Samples counted at the forward calls that a backward belongs to."""
    first = 0
    """Samples of the first forward call in this piece."""
    data = False
    """A loader was asked in this piece."""
    infer = False
    train = False
    """The forward call of this piece was made in training mode."""
    key = 0
    calls = 0
    warm = False
    loss: Optional[float] = None
    token: Optional[object] = None

    def __init__(self, t0: int, end: int, phases: List[int]) -> None:
        self.t0 = t0
        self.end = end
        self.phases = phases

    @property
    def dispatched(self) -> int:
        """Length of the step up to the end of its dispatch."""
        return self.end - self.t0


class Eval:
    """A stretch of validation between two steps."""

    __slots__ = ("batches", "end", "samples", "t0")

    def __init__(self, t0: int, end: int, batches: int, samples: Optional[int]) -> None:
        self.t0 = t0
        self.end = end
        self.batches = batches
        self.samples = samples


def add(into: List[int], phases: List[int]) -> None:
    """Add ``phases`` to ``into``, phase by phase."""
    for i in range(5):
        into[i] += phases[i]


def merged(pieces: List[Step]) -> Step:
    """Join the pieces that make up one step, in order; the last one ends it.

    Samples of a loader add up; those counted at forward calls are the last
    piece's, because each optimizer of a cycle sees the same batch.
    """
    last = pieces[-1]
    if len(pieces) == 1:
        return last
    phases = [0] * 5
    for piece in pieces:
        add(phases, piece.phases)
    last.phases = phases
    last.t0 = pieces[0].t0
    last.loaded = sum(piece.loaded for piece in pieces)
    last.calls = sum(piece.calls for piece in pieces)
    last.warm = any(piece.warm for piece in pieces)
    return last


def validation(held: List[Step]) -> Eval:
    """Return the stretch that the forward calls ``held`` (not empty) make up."""
    counts = [piece.loaded or piece.first for piece in held]
    samples = sum(counts) if all(counts) else None
    return Eval(held[0].t0, held[-1].end, len(held), samples)
