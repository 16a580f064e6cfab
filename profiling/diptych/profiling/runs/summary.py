"""The summary of a run: made from a snapshot, kept in ``summary.json``.

The journals are the truth. A summary that is missing, damaged, of another
version or older than the journals is made again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.records.summary import FORMAT, VERSION, PeakMemory, Summary
from diptych.profiling.runner.files import write_atomically
from diptych.profiling.runs.files import read_bounded
from diptych.profiling.runs.liveness import worker_journals
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import Floats, RunSnapshot, Series, StepColumns
from diptych.profiling.runs.statistics import (
    counted_steps,
    overhead_percent,
    phase_means,
    samples_per_second,
    step_times,
)


def _script(request: RunRequest) -> str | None:
    """Return the script's absolute path; the request keeps it as it was spelled."""
    return str(Path(request.cwd or "/") / request.script) if request.script else None


def summarise(snapshot: RunSnapshot) -> Summary:
    """Return what ``snapshot`` amounts to; what is not known is ``None``."""
    steps = snapshot.steps
    counted = counted_steps(steps, snapshot.warmup)
    manifest, framework, model = snapshot.manifest, snapshot.framework, snapshot.model
    request = manifest.request if manifest else None
    named = None if request is None or request.framework == "auto" else request.framework
    first_loss, last_loss = _losses(steps)
    return Summary(
        id=snapshot.id,
        dir=str(snapshot.directory.absolute()),
        framework=framework.name if framework else named,
        framework_version=framework.version if framework else _installed(snapshot, named),
        workload=request.workload if request else None,
        script=_script(request) if request else None,
        status=snapshot.state.value,
        status_text=snapshot.state_text,
        exit_code=snapshot.exit_code,
        steps=len(steps),
        warmup_steps=snapshot.warmup,
        step_ms=step_times(steps.completed[counted], snapshot.ruler),
        dispatched_ms=step_times(steps.dispatched[counted].astype(np.float64), None),
        phases_ms=phase_means(steps, counted),
        samples_per_s=samples_per_second(steps, counted),
        parameters=model.parameters if model else None,
        peak_memory_bytes=peak_memory(snapshot),
        first_loss=first_loss,
        last_loss=last_loss,
        duration_s=(snapshot.ended - snapshot.origin) / 1e9 if snapshot.ended else None,
        overhead_percent=overhead_percent(steps, counted),
        traces=tuple(str(path) for path in trace_files(snapshot)),
        losses=snapshot.losses,
        warnings=tuple(notice.text for notice in snapshot.notices),
        first_nan_loss=snapshot.odd_losses.first_nan,
        nan_loss_since=snapshot.odd_losses.nan_since,
        first_inf_loss=snapshot.odd_losses.first_inf,
    )


def write_summary(directory: Path) -> Summary:
    """Read the run to its end, write its ``summary.json``, and return the summary.

    When the file cannot be written (a full disk, no permission) the summary
    is returned all the same: it can be made again at any time. A file that
    names more steps than the journals hold now is kept, and returned.
    """
    with RunSession(directory) as session:
        snapshot = session.drain()
        if not snapshot.state.live:
            session.keep(over=True)
    summary = summarise(snapshot)
    stored = _stored(directory)
    if stored is not None and stored.id == summary.id and stored.steps > summary.steps:
        # The better of the two stays: what has vanished since cannot be had again.
        return _compared(stored, summary.steps)
    if snapshot.manifest is not None and not snapshot.state.live:
        data = msgspec.json.format(msgspec.json.encode(summary)) + b"\n"
        with contextlib.suppress(OSError):
            write_atomically(RunPaths(directory).summary, data)
    return summary


def load_summary(directory: Path) -> Summary:
    """Return the summary of a run, made again where the file is of no use."""
    return read_summary(directory) or write_summary(directory)


def checked_summary(directory: Path) -> Summary:
    """Return the summary, which says so if the journals hold less than it was made of.

    Reads the whole run, unlike `load_summary`.
    """
    stored = read_summary(directory)
    if stored is None:
        return write_summary(directory)
    with RunSession(directory) as session:
        return _compared(stored, len(session.drain().steps))


def _compared(stored: Summary, steps: int) -> Summary:
    """Return ``stored`` with what has vanished since, when ``steps`` are left now."""
    gone = stored.steps - steps
    if gone <= 0:
        return stored
    text = (
        f"the summary names {stored.steps:,} steps, the journal holds {steps:,} now: records have "
        "vanished since; the numbers are those of the summary"
    )
    losses = msgspec.structs.replace(stored.losses, missing=stored.losses.missing + gone)
    return msgspec.structs.replace(stored, losses=losses, warnings=(*stored.warnings, text))


def read_summary(directory: Path) -> Summary | None:
    """Return what ``summary.json`` says, ``None`` when it is missing, stale or damaged."""
    try:
        if RunPaths(directory).summary.stat().st_mtime_ns < _last_record(directory):
            return None
    except OSError:
        return None
    return _stored(directory)


def _stored(directory: Path) -> Summary | None:
    """Return what ``summary.json`` says, however old it is."""
    path = RunPaths(directory).summary
    try:
        if not path.is_file():
            return None
        summary = msgspec.json.decode(read_bounded(path), type=Summary)
    except (OSError, ValueError, RecursionError):
        return None
    if summary.format != FORMAT or summary.version[0] != VERSION[0]:
        return None
    return _moved(summary, directory.absolute())


def _moved(summary: Summary, directory: Path) -> Summary:
    """Return the summary with the paths of today: a run directory may be moved."""
    if summary.dir == str(directory):
        return summary
    traces = (directory / "traces" / Path(trace).name for trace in summary.traces)
    return msgspec.structs.replace(
        summary, dir=str(directory), traces=tuple(str(trace) for trace in traces)
    )


def _last_record(directory: Path) -> int:
    """When a journal was last written, in ns of Unix time."""
    paths = RunPaths(directory)
    journals = (paths.runner_journal, paths.tracer_journal, *worker_journals(paths).values())
    times = [0]
    for path in journals:
        with contextlib.suppress(OSError):
            times.append(path.stat().st_mtime_ns)
    return max(times)


def trace_files(snapshot: RunSnapshot) -> list[Path]:
    """Return the absolute paths of the finished traces that are there."""
    root = snapshot.directory.absolute()
    paths = [root / w.trace.path for w in snapshot.windows if w.trace and w.trace.path]
    # The path comes from a file: it must not lead out of the run, also not by a link.
    inside = root.resolve()
    return [path for path in paths if path.resolve().is_relative_to(inside)]


def peak_memory(snapshot: RunSnapshot) -> PeakMemory:
    """Return the largest values of a run, and why one is not known."""
    peaks = {
        "process_rss": _peak((snapshot.process,), ("rss",)),
        "framework_allocated": _peak(snapshot.memory.values(), ("peak", "allocated")),
        "framework_reserved": _peak(snapshot.memory.values(), ("reserved",)),
        "device_used": _peak(_own_gpus(snapshot), ("mem_used",)),
    }
    return PeakMemory(
        **{name: value for name, (value, _) in peaks.items()},
        reasons={name: reason for name, (value, reason) in peaks.items() if value is None},
    )


def _own_gpus(snapshot: RunSnapshot) -> list[Series]:
    """Return the GPUs on which the run's processes had memory.

    Where the driver does not tell whose memory it is, a machine with one GPU
    leaves no doubt, provided that the run used a GPU at all.
    """
    gpus = list(snapshot.gpus.values())
    mine = [gpu for gpu in gpus if (_largest(gpu.columns["tree_mem"]) or 0) > 0]
    told = any(_largest(gpu.columns["tree_mem"]) is not None for gpu in gpus)
    device = (snapshot.framework.device or "cpu") if snapshot.framework else "cpu"
    alone = len(gpus) == 1 and not told and device != "cpu"
    return gpus if alone else mine


def _peak(series: Iterable[Series], names: tuple[str, ...]) -> tuple[int | None, str]:
    """Return the largest value of the columns ``names``, or a reason for having none."""
    largest: int | None = None
    reason = "not_measured"
    for one in series:
        for name in names:
            value = _largest(one.columns[name])
            largest = value if largest is None else max(largest, value or 0)
            reason = one.reasons.get(name, reason)
    return largest, reason


def _largest(values: Floats) -> int | None:
    known = values[~np.isnan(values)]
    return int(known.max()) if len(known) else None


def _losses(steps: StepColumns) -> tuple[float | None, float | None]:
    known = steps.loss[np.isfinite(steps.loss)]
    return (float(known[0]), float(known[-1])) if len(known) else (None, None)


def _installed(snapshot: RunSnapshot, framework: str | None) -> str | None:
    """Return the version in the manifest, for a run that ended before its import."""
    if snapshot.manifest is None or framework is None:
        return None
    return snapshot.manifest.versions.get(framework)
