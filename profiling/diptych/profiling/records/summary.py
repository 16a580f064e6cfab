"""What came out of a run: ``summary.json``, and ``run --json``.

Written last; it can be rebuilt from the journals at any time.
"""

from __future__ import annotations

import msgspec

FORMAT = "diptych.summary"
VERSION = (1, 0)


class StepTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds over the steps that are neither warm-up nor profiled."""

    median: float | None
    p95: float | None
    p99: float | None
    mean: float | None
    ruler: str | None
    counted: int


class PeakMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes; ``null`` where not known, with the reason beside it."""

    process_rss: int | None
    framework_allocated: int | None
    framework_reserved: int | None
    device_used: int | None
    reasons: dict[str, str] = {}


class Losses(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that could not be recorded or read, counted."""

    missing: int = 0
    malformed: int = 0
    unknown_kind: int = 0
    not_written: int = 0


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One run in one object. Keys are stable: scripts read them."""

    format: str = FORMAT
    version: tuple[int, int] = VERSION
    id: str
    dir: str
    framework: str | None
    framework_version: str | None
    workload: str | None
    script: str | None
    status: str
    status_text: str
    exit_code: int | None
    steps: int
    warmup_steps: int | None
    step_ms: StepTimes
    dispatched_ms: StepTimes
    phases_ms: dict[str, float | None]
    samples_per_s: float | None
    parameters: int | None
    peak_memory_bytes: PeakMemory
    first_loss: float | None
    last_loss: float | None
    duration_s: float | None
    overhead_percent: float | None
    traces: tuple[str, ...]
    losses: Losses
    warnings: tuple[str, ...]
    first_nan_loss: int | None = None
    """The first step whose loss was NaN."""
    nan_loss_since: int | None = None
    """The step since which every loss that was read was NaN."""
    first_inf_loss: int | None = None
