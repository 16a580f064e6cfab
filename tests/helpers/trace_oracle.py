"""What a trace holds, worked out with nothing but ``json``: slow, simple, for comparison."""

from __future__ import annotations

import gzip
import json
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

DEVICE = {"kernel", "gpu_memcpy", "gpu_memset", "gpu_user_annotation", "cuda_sync", "cuda_event"}
WORK = {"kernel", "gpu_memcpy", "gpu_memset"}
CALLS = {"cuda_runtime", "cuda_driver"}


def ns(value: Any) -> int:
    """Microseconds as text or number, in ns."""
    return int((Decimal(value) * 1000).to_integral_value(ROUND_HALF_UP))


@dataclass(frozen=True)
class Piece:
    """One ``X`` event."""

    index: int
    pid: str
    tid: str
    start: int
    duration: int
    name: str
    category: str
    args: Any

    @property
    def end(self) -> int:
        return self.start + self.duration

    @property
    def key(self) -> tuple[str, str, int, int, str, str]:
        return self.pid, self.tid, self.start, self.duration, self.name, self.category


class Oracle:
    """A Kineto file as ``json`` sees it."""

    def __init__(self, path: Path) -> None:
        raw = path.read_bytes()
        text = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
        data = json.loads(text, parse_float=Decimal)
        self.top = data if isinstance(data, dict) else {}
        self.events = self.top.pop("traceEvents") if self.top else data
        self.base = int(self.top.get("baseTimeNanoseconds", 0))
        self.pieces = [
            Piece(
                n, str(e.get("pid", "")), str(e.get("tid", "")), ns(e["ts"]), ns(e["dur"]),
                e["name"], e.get("cat", ""), e.get("args", {}),
            )
            for n, e in enumerate(self.events)
            if e.get("ph") == "X"
        ]  # fmt: skip

    def phases(self) -> Counter[str]:
        return Counter(e["ph"] for e in self.events)

    def arrows(self) -> Counter[tuple[str, Any]]:
        """Arrows by category and id: one for each ``f`` whose ``s`` is there."""
        starts = {(e["cat"], e["id"]) for e in self.events if e["ph"] == "s"}
        ends = Counter((e["cat"], e["id"]) for e in self.events if e["ph"] == "f")
        return Counter({key: n for key, n in ends.items() if key in starts})

    def launches(self) -> dict[int, list[int]]:
        """Correlation → starts of the calls that have it."""
        found: dict[int, list[int]] = defaultdict(list)
        for piece in self.pieces:
            if piece.category in CALLS and piece.args.get("correlation", -1) > 0:
                found[piece.args["correlation"]].append(piece.start)
        return found

    def innermost_operator(self) -> dict[int, Piece | None]:
        """Index of each call → the shortest operator that contains it on its thread."""
        threads: dict[tuple[str, str], list[Piece]] = defaultdict(list)
        for piece in self.pieces:
            if piece.category == "cpu_op":
                threads[piece.pid, piece.tid].append(piece)
        found: dict[int, Piece | None] = {}
        ready = {key: _Thread(pieces) for key, pieces in threads.items()}
        for piece in self.pieces:
            if piece.category in CALLS:
                thread = ready.get((piece.pid, piece.tid))
                found[piece.index] = thread.around(piece) if thread else None
        return found


class _Thread:
    def __init__(self, pieces: list[Piece]) -> None:
        self._pieces = sorted(pieces, key=lambda p: (p.start, -p.duration, p.index))
        self._starts = [p.start for p in self._pieces]
        self._reach: list[int] = []
        for piece in self._pieces:
            self._reach.append(max(piece.end, self._reach[-1] if self._reach else piece.end))

    def around(self, inner: Piece) -> Piece | None:
        place = bisect_right(self._starts, inner.start) - 1
        best: Piece | None = None
        while place >= 0 and self._reach[place] >= inner.end:
            piece = self._pieces[place]
            if piece.end >= inner.end and (best is None or piece.duration < best.duration):
                best = piece
            place -= 1
        return best
