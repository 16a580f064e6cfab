"""What a side used, in words, and why it is not known. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr
from diptych.profiling.compare.comparison import Compared
from diptych.profiling.compare.resources import Resources
from diptych.profiling.runner.runtimes import TITLES
from diptych.profiling.runs.snapshot import RunSnapshot, Series


def joules(value: float | None) -> str:
    """Return such as ``121 mJ``."""
    if value is None or value >= 0.9995:
        return fmt.with_unit(value, "J")
    if value >= 0.9995e-3:
        return fmt.with_unit(value * 1e3, "mJ")
    return fmt.with_unit(value * 1e6, "µJ")


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that a side uses: ``of`` takes it out of `Resources`, ``show`` writes it."""

    key: str
    title: str
    note: str
    of: Callable[[Resources], float | None]
    show: Callable[[float | None], str]

    @property
    def gpu(self) -> bool:
        """Whether only a GPU has it."""
        return self.key in _COLUMNS


KINDS = (
    Kind(
        "process_memory",
        tr("Memory of the process"),
        tr("resident, at most"),
        lambda found: found.process_memory,
        fmt.memory,
    ),
    Kind(
        "framework_memory",
        tr("Memory of the framework"),
        tr("allocated, at most"),
        lambda found: found.framework_memory,
        fmt.memory,
    ),
    Kind(
        "gpu_memory",
        tr("Memory on the GPU"),
        tr("seen by the driver, at most"),
        lambda found: found.gpu_memory,
        fmt.memory,
    ),
    Kind("cpu", tr("Processor"), tr("of one core, mean"), lambda found: found.cpu, fmt.percent),
    Kind("gpu", tr("GPU"), tr("busy, mean"), lambda found: found.gpu, fmt.percent),
    Kind(
        "power",
        tr("Power of the GPU"),
        tr("mean"),
        lambda found: found.power,
        lambda value: fmt.with_unit(value, "W"),
    ),
    Kind(
        "energy",
        tr("Energy a sample"),
        tr("of the GPU"),
        lambda found: found.energy,
        joules,
    ),
)
_COLUMNS = {"gpu_memory": "tree_mem", "gpu": "util", "power": "power", "energy": "energy"}


def why_unknown(side: Compared, key: str) -> str:
    """Return in a sentence why a side has no such number."""
    run = side.run
    if key == "framework_memory":
        return _framework_memory(run)
    if key == "process_memory":
        return _of_series(run.process, "rss") or tr("The memory of the process was not sampled.")
    if key == "cpu":
        return _of_series(run.process, "cpu") or _too_short(side)
    return _gpu(side, key)


def _framework_memory(run: RunSnapshot) -> str:
    name = run.framework.name if run.framework is not None else ""
    reasons = [series.reasons for series in run.memory.values()]
    if any("not_supported" in (r.get("peak"), r.get("allocated")) for r in reasons):
        return tr(
            "{framework} does not tell how much memory it holds on this device.",
            framework=TITLES.get(name, name or tr("The framework")),
        )
    said = [reason for r in reasons for reason in (r.get("peak"), r.get("allocated")) if reason]
    if said:
        return _because(said[0])
    return tr("The run does not say how much memory the framework held.")


def _of_series(series: Series, column: str) -> str:
    """Return why a series has no value at all; "" where it has some."""
    values = series.columns.get(column)
    if values is not None and np.isfinite(values).any():
        return ""
    reason = series.reasons.get(column)
    return _because(reason) if reason else ""


def _because(code: str) -> str:
    return tr("Not known: {reason}.", reason=fmt.reason(code))


def _too_short(side: Compared) -> str:
    if side.timed.raced:
        return tr("The turns were too short to be sampled.")
    return tr("No sample fell into the steps that count.")


def without_gpu(side: Compared) -> bool:
    """Say whether a side is known to use no GPU."""
    device = _device(side.run)
    return bool(device) and not device.startswith("cuda")


def _device(run: RunSnapshot) -> str:
    request = run.manifest.request if run.manifest is not None else None
    return str(request.knobs.get("device", "")) if request is not None else ""


def _gpu(side: Compared, key: str) -> str:
    run = side.run
    device = _device(run)
    if not device:
        return tr("Which GPU this side used is not known.")
    if not device.startswith("cuda"):
        return tr("No GPU is used.")
    series = run.gpus.get(int(device.partition(":")[2] or 0))
    if series is None:
        text = run.nvml_text
        return (
            tr("The GPU was not watched: {why}.", why=text)
            if text
            else tr("The GPU was not watched.")
        )
    found = _of_series(series, _COLUMNS[key])
    if found:
        return found
    if key == "energy" and not np.isfinite(run.steps.samples).any():
        return tr("How many samples a step has is not known.")
    return _too_short(side)
