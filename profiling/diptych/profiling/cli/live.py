"""The live line of `diptych run`: a snapshot in one line, in place on a terminal."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

import numpy as np

from diptych.profiling.report.figures import number, size
from diptych.profiling.runs.snapshot import RunSnapshot, RunState, StepColumns
from diptych.profiling.runs.statistics import counted_steps, samples_per_second

_RECENT = 2_000_000_000
"""The figures speak of this many ns before the newest step."""

_PLAIN_EVERY = 1.0
_TERMINAL_EVERY = 0.1


class LiveLine:
    """Shows where a run stands: rewritten in place on a terminal, else a line a second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._every = _TERMINAL_EVERY if self._terminal else _PLAIN_EVERY
        self._shown = float("-inf")
        self._text = ""

    def show(self, snapshot: RunSnapshot) -> None:
        """Show ``snapshot`` unless the last one was shown just now, or said the same."""
        now = time.monotonic()
        if now - self._shown < self._every:
            return
        text = describe(snapshot)
        if text == self._text:
            return
        self._shown, self._text = now, text
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r\x1b[2K{text[:width]}")
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()

    def say(self, text: str) -> None:
        """Write a line that stays."""
        self.clear()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Take the live line away."""
        if self._terminal and self._text:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
        self._text = ""


def describe(snapshot: RunSnapshot) -> str:
    """Return one line: step, ms/step, samples/s, memory, and what is special."""
    steps = snapshot.steps
    if not len(steps):
        return "no step yet" if snapshot.state.live else "no step was seen"
    total = f"/{snapshot.total_steps}" if snapshot.total_steps else ""
    parts = [f"step {len(steps)}{total}", *recent(steps, snapshot.warmup), *_memory(snapshot)]
    if any(w.state in ("open", "active") for w in snapshot.windows):
        parts.append("profiling")
    if snapshot.state is RunState.STOPPING:
        parts.append("stopping")
    return "  ".join(parts)


def recent(steps: StepColumns, warmup: int | None) -> list[str]:
    """Return ms/step and samples/s, both means over the same steps of the last seconds.

    By completed times; by dispatched ones, and marked so, where no completion is
    known. Warm-up and profiled steps are left out if there are others.
    """
    if not len(steps):
        return []
    latest = steps.end >= steps.end[-1] - _RECENT
    counted = latest & counted_steps(steps, warmup)
    chosen = counted if counted.any() else latest
    known = chosen & ~np.isnan(steps.completed)
    if not known.any():
        return [f"{number(float(steps.dispatched[chosen].mean()) / 1e6)} ms/step dispatched"]
    texts = [f"{number(float(steps.completed[known].mean()) / 1e6)} ms/step"]
    rate = samples_per_second(steps, known)
    if rate is not None and not np.isnan(steps.samples[known]).any():
        texts.append(f"{number(rate)} samples/s")
    return texts


def _memory(snapshot: RunSnapshot) -> list[str]:
    texts = []
    for device, series in snapshot.memory.items():
        allocated = _last(series.columns.get("allocated"))
        if allocated is not None:
            texts.append(f"{device} {size(allocated)}")
    rss = _last(snapshot.process.columns.get("rss"))
    if rss is not None:
        texts.append(f"RSS {size(rss)}")
    return texts


def _last(column: np.ndarray | None) -> float | None:
    if column is None or not len(column) or np.isnan(column[-1]):
        return None
    return float(column[-1])
