"""Lines of the fairness list about the machine: the same one, and quiet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from diptych.profiling.compare.fairness_side import Answer, Line, Side, same
from diptych.profiling.runs.series import THROTTLE
from diptych.profiling.runs.snapshot import Floats, Ints, RunSnapshot, Series

BUSY = 25.0
"""Percent of one core that other programs may use on the mean."""

SWAP = 1 << 20
"""Bytes by which swap may grow."""

OTHERS = 256 << 20
"""Bytes of a GPU that others may hold: a desktop does."""

THROTTLED = 0.01
"""Share of the samples in which a GPU may have been held back."""

_HARMLESS = ("application clocks", "display clocks")


def _machine(sides: Sequence[Side]) -> Line:
    values = []
    for side in sides:
        host = side.run.manifest.host if side.run.manifest else None
        gpus = sorted({gpu.name or "GPU" for gpu in side.run.gpu_info.values()})
        values.append(", ".join([f"{host.name} ({host.cpu})", *gpus]) if host else None)
    return same("machine", "same machine", sides, values)


def _device(sides: Sequence[Side]) -> Line:
    return same("device", "same device", sides, [side.device for side in sides])


def _load(sides: Sequence[Side]) -> Line:
    return _quiet("load", "no other programs at work", sides, partial(_other_programs, sides))


def _swap(sides: Sequence[Side]) -> Line:
    return _quiet("swap", "no swapping", sides, _swapped)


def _throttling(sides: Sequence[Side]) -> Line:
    return _quiet("throttling", "no throttling", sides, _held_back)


def _gpu_alone(sides: Sequence[Side]) -> Line:
    return _quiet("gpu_alone", "nobody else on the GPU", sides, partial(_others_on_gpu, sides))


def _quiet(
    code: str,
    title: str,
    sides: Sequence[Side],
    ask: Callable[[Side], tuple[Answer, str]],
) -> Line:
    asked = [(side.label, *ask(side)) for side in sides]
    answers = {answer for _, answer, _ in asked}
    verdict: Answer = "no" if "no" in answers else "unknown" if "unknown" in answers else "yes"
    texts = {text for _, _, text in asked}
    if len(texts) == 1:
        return Line(code, title, verdict, texts.pop())
    return Line(code, title, verdict, "; ".join(f"{label}: {text}" for label, _, text in asked))


def _during(run: RunSnapshot, series: Series, name: str) -> Floats:
    """Return a column while steps were made; of unknown samples nothing."""
    column = series.columns.get(name)
    if column is None or not len(run.steps):
        return np.empty(0)
    inside = (series.t >= run.steps.start[0]) & (series.t <= run.steps.end[-1])
    return np.asarray(column[inside], np.float64)


def _at_once(a: RunSnapshot, b: RunSnapshot) -> bool:
    if not len(a.steps) or not len(b.steps):
        return False
    return bool(a.steps.start[0] <= b.steps.end[-1] and b.steps.start[0] <= a.steps.end[-1])


def _other_programs(sides: Sequence[Side], side: Side) -> tuple[Answer, str]:
    """Take what all sides use from what the machine does: in a race each lives beside the others.

    Means, since the machine and a run are not sampled at the same instants.
    """
    run = side.run
    cores = run.manifest.host.cores_logical if run.manifest else None
    host = _during(run, run.host, "cpu")
    host = host[np.isfinite(host)]
    ours_all = [*(other.run for other in sides), *side.beside]
    own = [_during(run, other.process, "cpu") for other in ours_all]
    mine = _during(run, run.process, "cpu")
    blind = any(_at_once(run, o) and not len(c) for o, c in zip(ours_all, own, strict=True))
    if not cores or len(host) < 3 or np.isfinite(mine).sum() < 3 or blind:
        return "unknown", "too few samples of the processors"
    # A run that was there for a part of the time counts for that part.
    ours = sum(min(np.nansum(cpu) / len(host), np.nanmax(cpu)) for cpu in own if len(cpu))
    others = max(float(np.mean(host)) * cores - float(ours), 0.0)
    text = f"others use {others:.0f} % of a core"
    return ("no" if others > BUSY else "yes"), text


def _swapped(side: Side) -> tuple[Answer, str]:
    used = _during(side.run, side.run.host, "swap_used")
    used = used[np.isfinite(used)]
    if len(used) < 2:
        return "unknown", "too few samples of the swap"
    grown = float(used.max() - used[0])
    return ("no", f"swap grew by {grown / 2**20:.0f} MiB") if grown > SWAP else ("yes", "none")


def _held_back(side: Side) -> tuple[Answer, str]:
    if side.device == "cpu":
        return "unknown", "not known of a CPU"
    held: set[str] = set()
    seen = False
    for series in side.run.gpus.values():
        known = _during(side.run, series, "throttle")
        bits: Ints = known[np.isfinite(known)].astype(np.int64)
        seen = seen or len(bits) > 0
        for bit, word in enumerate(THROTTLE):
            often = float(np.mean((bits >> bit) & 1)) if len(bits) else 0.0
            if often > THROTTLED and word not in _HARMLESS:
                held.add(f"{word} {often:.0%}")
    if not seen:
        return "unknown", "no samples of the GPU"
    return ("no", ", ".join(sorted(held))) if held else ("yes", "none")


def _others_on_gpu(sides: Sequence[Side], side: Side) -> tuple[Answer, str]:
    if side.device == "cpu":
        return "yes", "no GPU is used"
    most = None
    for index, series in side.run.gpus.items():
        used = _middle(_during(side.run, series, "mem_used"))
        mine = _middle(_during(side.run, series, "tree_mem"))
        if used is None or not mine:
            continue
        runs = [*(other.run for other in sides), *side.beside]
        there = [other.gpus[index] for other in runs if index in other.gpus]
        ours = sum(_middle(_during(side.run, gpu, "tree_mem")) or 0.0 for gpu in there)
        reserved = _middle(_during(side.run, series, "mem_reserved")) or 0.0
        most = max(most or 0.0, used - ours - reserved)
    if most is None:
        return "unknown", "the driver does not say whose memory it is"
    return ("no" if most > OTHERS else "yes"), f"others hold {most / 2**20:.0f} MiB"


def _middle(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


MACHINE_LINES: tuple[Callable[[Sequence[Side]], Line], ...] = (
    _machine, _device, _load, _swap, _throttling, _gpu_alone,
)  # fmt: skip
