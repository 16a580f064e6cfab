"""What a side used while its steps were made: memory, processor, GPU, energy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.compare.samples import Floats, Ints
from diptych.profiling.compare.timed import Timed
from diptych.profiling.runs.snapshot import RunSnapshot, Series

_SETTLE = 300_000_000
"""So many ns after a stretch began its samples still speak of what was before."""


@dataclass(frozen=True, slots=True)
class Resources:
    """``None``: not known. Memory in bytes, at most; the rest are means over the steps' time.

    ``cpu`` and ``gpu`` in percent (of one core, of the GPU), ``power`` in watts,
    ``energy`` in joules a sample, from the GPU's own counter.
    """

    framework_memory: float | None
    memory_device: str | None
    process_memory: float | None
    gpu_memory: float | None
    cpu: float | None
    gpu: float | None
    power: float | None
    energy: float | None


def resources(part: Timed) -> Resources:
    """Return what a side used, over its own turns or over its steps."""
    run = part.run
    own = stretches(part)
    device, allocated = _framework_memory(run)
    gpu = _gpu_of(run)
    return Resources(
        framework_memory=allocated,
        memory_device=device,
        process_memory=_most(run.process, "rss"),
        gpu_memory=_most(gpu, "tree_mem") if gpu else None,
        cpu=_mean(run.process, "cpu", own),
        gpu=_mean(gpu, "util", own) if gpu else None,
        power=_mean(gpu, "power", own) if gpu else None,
        energy=_energy(part, gpu, own) if gpu else None,
    )


def parked_cpu(part: Timed) -> float | None:
    """Return the median of what the side's processes used while it was parked, % of a core."""
    turns = part.turns
    spans = np.array([(t.start - t.waited, t.start) for t in turns], np.int64).reshape(-1, 2)
    values = _during(part.run.process, "cpu", spans, _SETTLE)
    return float(np.median(values)) if len(values) else None


def stretches(part: Timed) -> Ints:
    """Return the stretches in which the side made its steps, ns, shape (stretches, 2)."""
    steps = part.run.steps
    spans = [(turn.start, turn.end) for turn in part.turns]
    if not part.rounds and len(part.rows):
        spans = [(int(steps.start[part.rows[0]]), int(steps.end[part.rows[-1]]))]
    for aside in sorted((span.start, span.end) for span in part.run.aside):
        spans = [piece for span in spans for piece in _without(span, aside)]
    return np.array(spans, np.int64).reshape(-1, 2)


def _without(span: tuple[int, int], aside: tuple[int, int]) -> list[tuple[int, int]]:
    """Return what is left of a stretch: up to two, none of them empty."""
    pieces = ((span[0], min(span[1], aside[0])), (max(span[0], aside[1]), span[1]))
    if aside[0] >= span[1] or aside[1] <= span[0]:
        return [span]
    return [(low, high) for low, high in pieces if low < high]


def _during(series: Series, name: str, spans: Ints, settle: int) -> Floats:
    values = series.columns.get(name)
    if values is None or not len(values):
        return np.empty(0)
    found = values[_inside(series.t, spans, settle)]
    return found[np.isfinite(found)]


def _inside(t: Ints, spans: Ints, settle: int) -> NDArray[np.bool_]:
    """Say which samples lie in a stretch, ``settle`` ns after it began."""
    if not len(spans):
        return np.zeros(len(t), bool)
    at = np.searchsorted(spans[:, 0], t, "right") - 1
    clipped = np.maximum(at, 0)
    within: NDArray[np.bool_] = (at >= 0) & (t - settle >= spans[clipped, 0])
    within &= t <= spans[clipped, 1]
    return within


def _mean(series: Series, name: str, spans: Ints) -> float | None:
    values = _during(series, name, spans, _SETTLE)
    return float(values.mean()) if len(values) else None


def _most(series: Series, name: str) -> float | None:
    values = series.columns.get(name)
    known = values[np.isfinite(values)] if values is not None else np.empty(0)
    return float(known.max()) if len(known) else None


def _framework_memory(run: RunSnapshot) -> tuple[str | None, float | None]:
    for device, series in sorted(run.memory.items(), reverse=True):
        most = _most(series, "peak") or _most(series, "allocated")
        if most is not None:
            return device, most
    return None, None


def _gpu_of(run: RunSnapshot) -> Series | None:
    request = run.manifest.request if run.manifest else None
    device = str(request.knobs.get("device", "")) if request else ""
    if not device.startswith("cuda"):
        return None
    return run.gpus.get(int(device.partition(":")[2] or 0))


def _energy(part: Timed, gpu: Series, spans: Ints) -> float | None:
    """Return joules a sample: what the counter grew by over the stretches, read between samples."""
    counter = gpu.columns.get("energy")
    steps = part.run.steps
    if counter is None:
        return None
    known = np.isfinite(counter)
    if known.sum() < 2:
        return None
    t, energy = gpu.t[known], counter[known]
    # The last turn of a race ends after the last sample of its run: it is left out.
    spans = spans[(spans[:, 0] >= t[0]) & (spans[:, 1] <= t[-1])]
    samples = float(steps.samples[_inside(steps.end, spans, 0)].sum())
    if not np.isfinite(samples) or samples <= 0:
        return None
    grown = np.interp(spans[:, 1], t, energy) - np.interp(spans[:, 0], t, energy)
    return float(grown.sum()) / 1e3 / samples
