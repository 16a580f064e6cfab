"""Runs as text and as JSON, for the terminal and for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from diptych.profiling.records.manifest import Manifest
from diptych.profiling.records.summary import StepTimes, Summary
from diptych.profiling.report.figures import UNKNOWN, number, size
from diptych.profiling.runner.home import home, runs_dir
from diptych.profiling.runs.index import INDEX_FILE
from diptych.profiling.runs.notes import read_notes
from diptych.profiling.runs.store import RunEntry, RunStore
from diptych.profiling.runs.trash import Trashed, folder_size
from diptych.workloads.catalogue import automatic_rate

_HEADS = ("run", "framework", "workload", "state", "steps", "ms/step", "when", "tags")
_TRASH_HEADS = ("run", "size", "deleted", "from")
_RIGHT = {"steps", "ms/step", "size"}
_SHORT = 60
"""Characters of a name in a table."""


def open_store() -> RunStore:
    """Return the store of the user's runs; with the window it shares what is known of them."""
    return RunStore(runs_dir(), home() / INDEX_FILE)


def listing(entries: Sequence[RunEntry]) -> str:
    """Return a table of runs; ``ms/step`` is the median of completed time."""
    problems = [f"{plain(e.id)}: {plain(e.problem)}" for e in entries if e.problem]
    return "\n".join([*_table(_HEADS, [_row(entry) for entry in entries]), *problems])


def trash_listing(found: Sequence[Trashed]) -> str:
    """Return a table of what is in the trash."""
    return "\n".join(_table(_TRASH_HEADS, [_trash_row(trashed) for trashed in found]))


def _trash_row(trashed: Trashed) -> tuple[str, ...]:
    name = f"{short(trashed.entry.name)} ({trashed.key})" if trashed.entry.name else trashed.key
    where = str(trashed.origin.parent) if trashed.origin else UNKNOWN
    return (plain(name), size(folder_size(trashed.directory)), _when(trashed.moved), plain(where))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    return [_line(row, widths, heads) for row in (heads, *rows)]


def _row(entry: RunEntry) -> tuple[str, ...]:
    return (
        plain(_called(entry)),
        plain(entry.framework or UNKNOWN),
        plain(entry.subject or UNKNOWN),
        entry.state.value,
        UNKNOWN if entry.steps is None else f"{entry.steps:,}",
        number(entry.median_ms),
        _when(entry.created),
        tag_words(entry.tags),
    )


def tag_words(tags: Iterable[str]) -> str:
    """Return such as ``#baseline #fp16``."""
    return " ".join(f"#{short(tag)}" for tag in tags)


def _called(entry: RunEntry) -> str:
    """Return what a run is found by: its name, its folder, and its id where that differs."""
    folder, *ids = entry.names
    found = [*([short(entry.name)] if entry.name else []), folder, *(f"id {name}" for name in ids)]
    first, *more = found
    return f"{first} ({', '.join(more)})" if more else first


def _line(row: Sequence[str], widths: Sequence[int], heads: Sequence[str]) -> str:
    cells = [
        cell.rjust(width) if head in _RIGHT else cell.ljust(width)
        for head, cell, width in zip(heads, row, widths, strict=True)
    ]
    return "  ".join(cells).rstrip()


def listing_json(entries: Sequence[RunEntry]) -> str:
    """Return a JSON array, one object a run."""
    return as_json([entry_object(entry) for entry in entries])


def entry_object(entry: RunEntry) -> dict[str, Any]:
    """Return one run as a script reads it."""
    return {
        "id": entry.id,
        "dir": str(entry.directory),
        "name": entry.name,
        "framework": entry.framework,
        "workload": entry.request.workload if entry.request else None,
        "script": entry.request.script if entry.request else None,
        "state": entry.state.value,
        "steps": entry.steps,
        "median_ms": entry.median_ms,
        "created": stamp(entry.created),
        "problem": entry.problem,
        "tags": list(entry.tags),
        "note": read_notes(entry.directory).note,
    }


def shown_json(entry: RunEntry, summary: Summary) -> str:
    """Return the summary as one JSON object, with what was asked as ``manifest``."""
    data = msgspec.to_builtins(summary)
    data["manifest"] = msgspec.to_builtins(entry.manifest)
    return as_json(data)


def shown(entry: RunEntry, summary: Summary) -> str:
    """Return a page on one run."""
    rows = [*_said(entry), *_asked(entry.manifest), *_came_out(summary)]
    width = max(len(head) for head, _ in rows)
    title = short(entry.name or summary.id)
    return "\n".join([title, *(f"  {head:<{width}}  {plain(text)}" for head, text in rows)])


def _said(entry: RunEntry) -> Iterable[tuple[str, str]]:
    if entry.tags:
        yield "tags", tag_words(entry.tags)
    for at, line in enumerate(read_notes(entry.directory).note.splitlines()):
        yield "" if at else "note", line


def _asked(manifest: Manifest | None) -> Iterable[tuple[str, str]]:
    if manifest is None:
        return
    request = manifest.request
    yield "started", _when(manifest.created)
    yield "workload" if request.workload else "script", request.workload or request.script or "-"
    if request.knobs:
        yield "knobs", " ".join(_knob(name, request.knobs) for name in request.knobs)
    yield "command", " ".join(manifest.command)
    versions = ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
    yield "python", f"{manifest.python_version or 'unknown'}; {versions or 'no versions known'}"
    host = manifest.host
    yield "host", f"{host.name}, {host.cpu or 'unknown CPU'}, {host.cores_logical or '?'} threads"
    gpus = ", ".join(gpu.name or f"GPU {gpu.index}" for gpu in manifest.gpus)
    yield "GPU", gpus or manifest.gpu_reason or "none"
    if manifest.git is not None:
        dirty = " with changes" if manifest.git.dirty else ""
        yield "revision", f"{manifest.git.revision[:12]}{dirty} in {manifest.git.root}"


def _knob(name: str, knobs: Mapping[str, object]) -> str:
    rate = automatic_rate(knobs) if name == "lr" else None
    return f"{name}={knobs[name]}" if rate is None else f"{name}={rate:g} (automatic)"


def _came_out(summary: Summary) -> Iterable[tuple[str, str]]:
    warmup = "too few to find a warm-up" if summary.warmup_steps is None else None
    version = summary.framework_version or ""
    yield "framework", f"{summary.framework or 'none was imported'} {version}".strip()
    yield "state", f"{summary.status}: {summary.status_text}"
    yield "steps", f"{summary.steps:,} ({warmup or f'{summary.warmup_steps} of them warm-up'})"
    yield "completed", _times(summary.step_ms)
    yield "dispatched", _times(summary.dispatched_ms)
    if summary.step_ms.counted:
        phases = (f"{name} {number(value)}" for name, value in summary.phases_ms.items())
        yield "phases", "  ".join(phases) + "  (means, ms)"
    if summary.samples_per_s is not None:
        yield "throughput", f"{number(summary.samples_per_s)} samples/s"
    if summary.parameters is not None:
        yield "parameters", f"{summary.parameters:,}"
    yield "peak memory", _memory(summary)
    if summary.first_loss is not None and summary.last_loss is not None:
        yield "loss", f"{summary.first_loss:.4g} → {summary.last_loss:.4g}"
    if summary.duration_s is not None:
        yield "duration", f"{summary.duration_s:.1f} s"
    if summary.overhead_percent is not None:
        yield "overhead", f"at least {summary.overhead_percent:.2g} % of the steps' time"
    yield "lost", _lost(summary)
    yield from (("warning", text) for text in summary.warnings)
    yield from (("trace", path) for path in summary.traces)
    yield "directory", summary.dir


def _times(times: StepTimes) -> str:
    if times.median is None:
        return "no step to count outside warm-up and profile windows"
    ruler = f", ruler: {times.ruler}" if times.ruler else ""
    return (
        f"{number(times.median)} ms median, {number(times.p95)} p95, {number(times.p99)} p99 "
        f"({times.counted:,} steps counted{ruler})"
    )


def _memory(summary: Summary) -> str:
    peaks = summary.peak_memory_bytes
    parts = {
        "process": peaks.process_rss,
        "allocated": peaks.framework_allocated,
        "reserved": peaks.framework_reserved,
        "device": peaks.device_used,
    }
    known = [f"{name} {size(value)}" for name, value in parts.items() if value is not None]
    return ", ".join(known) or "not measured"


def _lost(summary: Summary) -> str:
    losses = msgspec.to_builtins(summary.losses)
    parts = [f"{count:,} {name.replace('_', ' ')}" for name, count in losses.items() if count]
    return ", ".join(parts) or "no record"


def short(text: str) -> str:
    """Return ``text`` on one line and no longer than a table bears."""
    line = " ".join(plain(text[: 4 * _SHORT]).split())
    return line if len(line) <= _SHORT else f"{line[: _SHORT - 1]}…"


def plain_lines(text: str) -> str:
    """Return ``text`` without control characters, its lines as they are."""
    return "\n".join(map(plain, text.splitlines()))


def plain(text: str) -> str:
    """Return ``text`` on one line and without control characters: it may come from anywhere."""
    return "".join(c if c.isprintable() else "�" if c not in "\n\t" else " " for c in text)


def stamp(ns: int) -> str | None:
    """Return a Unix time as scripts read it; nothing when there is no such time."""
    try:
        return datetime.fromtimestamp(ns / 1e9).astimezone().isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return None


def _when(ns: int) -> str:
    found = stamp(ns)
    return found[:19].replace("T", " ") if found else UNKNOWN


def as_json(data: Any) -> str:
    """Return plain data as JSON over several lines."""
    return msgspec.json.format(msgspec.json.encode(data)).decode()
