"""The end of `diptych run`: the summary in words, and the tail of a failure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.summary import PeakMemory, StepTimes, Summary
from diptych.profiling.report.figures import number, size
from diptych.profiling.runner.output import tail

_TAIL_LINES = 20
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_PEAKS = (
    ("process_rss", "process tree (RSS)"),
    ("framework_allocated", "framework, allocated"),
    ("framework_reserved", "framework, reserved"),
    ("device_used", "device"),
)


def lines(summary: Summary) -> Iterator[str]:
    """Return the summary for people, line by line."""
    what = summary.workload or Path(summary.script or "?").name
    framework = " ".join(filter(None, (summary.framework, summary.framework_version)))
    yield f"{summary.id}: {summary.status}, {summary.status_text}"
    yield _row("run", f"{what} under {framework or 'an unknown framework'}")
    yield _row("steps", _steps(summary))
    yield _row("step time", _times(summary.step_ms))
    if summary.step_ms.ruler not in (None, "sync"):
        yield _row("dispatched", _times(summary.dispatched_ms))
    phases = [f"{k} {number(v)}" for k, v in summary.phases_ms.items() if v is not None]
    if phases:
        yield _row("phases", "ms: " + ", ".join(phases))
    if summary.samples_per_s is not None:
        yield _row("throughput", f"{number(summary.samples_per_s)} samples/s")
    if summary.parameters is not None:
        yield _row("parameters", f"{summary.parameters:,}")
    yield _row("peak memory", _peaks(summary.peak_memory_bytes))
    yield from _endings(summary)


def _endings(summary: Summary) -> Iterator[str]:
    for index, trace in enumerate(summary.traces):
        yield _row("" if index else "traces", trace)
    if not summary.traces:
        yield _row("traces", "none")
    for index, text in enumerate(summary.warnings):
        yield _row("" if index else "warnings", _CONTROL.sub("", text))
    yield _row("directory", summary.dir)


def _row(title: str, text: str) -> str:
    return f"  {title:<12} {text}"


def _steps(summary: Summary) -> str:
    if summary.warmup_steps is None:
        return f"{summary.steps:,} (too few to tell warm-up apart)"
    return f"{summary.steps:,}, of which {summary.warmup_steps:,} warm-up"


def _times(times: StepTimes) -> str:
    values = (("median", times.median), ("p95", times.p95), ("p99", times.p99))
    known = [f"{name} {number(value)} ms" for name, value in values if value is not None]
    if not known:
        return "not known"
    ruler = f", by {times.ruler}" if times.ruler else ""
    return f"{', '.join(known)} ({times.counted:,} steps{ruler})"


def _peaks(peaks: PeakMemory) -> str:
    texts = [
        f"{title} {size(value)}"
        for name, title in _PEAKS
        if (value := getattr(peaks, name)) is not None
    ]
    return ", ".join(texts) or "not known"


def failure(directory: Path) -> list[str]:
    """Return the end of the worker's stderr, safe for a terminal."""
    text = tail(RunPaths(directory).stderr).rstrip()
    if not text:
        return []
    shown = [_CONTROL.sub("", line) for line in text.splitlines()[-_TAIL_LINES:]]
    return ["the end of its stderr:", *(f"  | {line}" for line in shown)]
