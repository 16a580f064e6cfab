"""Comparisons of synthetic runs: races with turns, runs on their own, sweeps."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from tests.helpers.fake_run import make_run

from diptych.profiling.compare.comparison import Comparison, compare
from diptych.profiling.compare.saved import read_run
from diptych.profiling.runs.snapshot import RunSnapshot, TurnSpan

T0 = 5_000_000_000_000
CREATED = 1_790_000_000_000_000_000


def run_of(root: Path, framework: str = "torch", **options: Any) -> RunSnapshot:
    """Return a synthetic run, completed by its end, without a window unless asked for."""
    chosen = {
        "steps": 120,
        "window_at": None,
        "done_later": False,
        "created": CREATED,
        "t0": T0,
        "run_id": f"{framework}-{len(list(root.glob('*')))}",
        **options,
    }
    root.mkdir(parents=True, exist_ok=True)
    return read_run(make_run(root, framework=framework, **chosen))


def in_turns(runs: Sequence[RunSnapshot], length: int = 6, warm: int = 12) -> list[RunSnapshot]:
    """Return the runs as if they had taken turns: one warming up, then rounds of A B B A."""
    rounds = (min(len(run.steps) for run in runs) - warm) // (2 * length)
    order = [(at, -1) for at in range(len(runs))]
    for number in range(rounds):
        forth = [(at, number) for at in range(len(runs))]
        order += forth + forth[::-1]
    steps = [_Columns(run) for run in runs]
    now = T0 + 1_000_000_000
    for number, (at, round_) in enumerate(order):
        now = steps[at].take(number, round_, warm if round_ < 0 else length, now) + 1_000_000
    return [one.run() for one in steps]


class _Columns:
    """The steps of one run, moved turn by turn to when they are made."""

    def __init__(self, run: RunSnapshot) -> None:
        self._run, self._done = run, 0
        self._turns: list[TurnSpan] = []
        self._shift = np.zeros(len(run.steps), np.int64)

    def take(self, number: int, round_: int, count: int, now: int) -> int:
        """Make ``count`` steps from ``now`` on; return when they are complete."""
        first, last = self._done, self._done + count - 1
        self._done += count
        steps = self._run.steps
        shift = now - int(steps.start[first])
        self._shift[first : last + 1] = shift
        ends = (int(steps.end[last]), int(np.nan_to_num(steps.completed_at[last])))
        end = shift + max(ends)
        before = self._turns[-1].end if self._turns else now
        self._turns.append(TurnSpan(number, round_, first, last, now, end, now - before))
        return end

    def run(self) -> RunSnapshot:
        """Return the run without the steps for which there was no turn."""
        made = slice(0, self._done)
        found = {
            field.name: getattr(self._run.steps, field.name)[..., made]
            for field in dataclasses.fields(self._run.steps)
        }
        shift = self._shift[made]
        for name in ("start", "end", "completed_at"):
            found[name] = found[name] + shift
        steps = dataclasses.replace(self._run.steps, **found)
        return dataclasses.replace(self._run, steps=steps, turns=tuple(self._turns))


def race(
    root: Path,
    labels: Sequence[str] = ("PyTorch eager", "MXNet imperative"),
    *,
    gpu: bool = False,
    profiled: bool = True,
    noise: bool = True,
) -> Comparison:
    """Return a race of two sides, MXNet slower by a fifth, with profiled runs and a noise run."""
    kinds = ("torch", "mxnet")
    made = [run_of(root, kind, ms=10.0 + 2 * at, seed=at, gpu=gpu) for at, kind in enumerate(kinds)]
    made += [run_of(root, "torch", ms=10.0, seed=7)] if noise else []
    raced = in_turns(made)
    runs, again = raced[:2], raced[2] if noise else None
    apart = {}
    if profiled:
        apart = {
            at: run_of(root, kind, ms=10.0 + 2 * at, seed=20 + at, steps=20, window_at=10, gpu=gpu,
                       t0=T0 + 60_000_000_000)
            for at, kind in enumerate(kinds)
        }  # fmt: skip
    return compare(runs, labels, identity="20261123T101502-compare-made", noise=again,
                   profiled=apart)  # fmt: skip


def alone(root: Path, *kinds: str, **options: Any) -> Comparison:
    """Return runs that were not made for it, compared."""
    runs = [run_of(root, kind, seed=at, **options) for at, kind in enumerate(kinds)]
    return compare(runs, [f"{kind} {at}" for at, kind in enumerate(kinds)])


def swept(root: Path, knob: str = "batch", values: Sequence[float] = (8, 16, 32)) -> Comparison:
    """Return both frameworks with each value of a knob."""
    runs, labels = [], []
    for value in values:
        for kind in ("torch", "mxnet"):
            made = run_of(root, kind, ms=2.0 + value / 8, batch=int(value))
            assert made.manifest is not None
            request = made.manifest.request
            asked = msgspec.structs.replace(request, knobs={**request.knobs, knob: value})
            changed = msgspec.structs.replace(made.manifest, request=asked)
            runs.append(dataclasses.replace(made, manifest=changed))
            labels.append(f"{kind}, {knob.replace('_', ' ')} {value:g}")
    runs = in_turns(runs)
    return compare(runs, labels, identity="swept")
