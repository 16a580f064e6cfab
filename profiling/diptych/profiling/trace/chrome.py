"""Writes Chrome traces that Perfetto, chrome://tracing and HolisticTraceAnalysis accept.

What those readers ask for (small integer pids and tids, nested complete
events, escaped names, a rank) is written down in ``docs/traces.md``.
"""

from __future__ import annotations

import gzip
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from diptych.profiling.trace import nesting
from diptych.profiling.trace.kineto import KinetoTrace
from diptych.profiling.trace.mxnet import MxSlice, MxTrace

HOST_PID = 1
"""Process of the training loop in a trace made from MXNet's profile."""

_RANK = b'"distributedInfo": {"backend": "none", "rank": %d, "world_size": 1}'


@dataclass(frozen=True, slots=True)
class TraceContext:
    """What a trace file says about where it came from.

    ``monotonic`` and ``real`` are one instant on CLOCK_MONOTONIC and in Unix
    time, ns; ``steps`` holds ``(n, start, end)`` on CLOCK_MONOTONIC.
    """

    run: str
    rank: int
    window: int
    framework: str
    framework_version: str | None
    monotonic: int
    real: int
    steps: tuple[tuple[int, int, int], ...] = ()

    def metadata(self, dropped: dict[str, int]) -> dict[str, Any]:
        """Return the object under the key ``diptych`` of every trace."""
        return {
            "run": self.run,
            "rank": self.rank,
            "window": self.window,
            "framework": self.framework,
            "framework_version": self.framework_version,
            "clock": {"monotonic_ns": str(self.monotonic), "unix_ns": str(self.real)},
            "dropped": dropped,
        }


def kineto_bytes(trace: KinetoTrace, context: TraceContext) -> bytes:
    """Return torch's own trace with our metadata and a rank added."""
    parts = [b"{" + (_RANK % context.rank)]
    if "distributedInfo" in trace.top:
        parts = [b'{"distributedInfo": ' + trace.top["distributedInfo"]]
    for key, value in trace.top.items():
        # traceName is the path of the raw file, which nobody else needs to know.
        if key not in ("distributedInfo", "diptych", "traceName"):
            parts.append(msgspec.json.encode(key) + b": " + value)
    metadata = msgspec.json.encode(context.metadata(trace.dropped))
    parts.append(b'"diptych": ' + metadata)
    parts.append(b'"traceEvents": ' + trace.raw_events)
    return b",\n".join(parts) + b"}\n"


def _meta(kind: str, pid: int, tid: int, **args: Any) -> dict[str, Any]:
    return {"ph": "M", "name": kind, "pid": pid, "tid": tid, "ts": 0, "args": args}


def _span(name: str, cat: str, pid: int, tid: int, start: int, end: int) -> dict[str, Any]:
    return {
        "ph": "X",
        "name": name,
        "cat": cat,
        "pid": pid,
        "tid": tid,
        "ts": start / 1000,
        "dur": (end - start) / 1000,
    }


def _device_order(name: str) -> tuple[str, int]:
    kind, _, number = name.partition("/")
    return kind, int(number) if number.isdigit() else 0


def _device_events(
    pid: int, device: str, slices: Sequence[MxSlice], base: int
) -> list[dict[str, Any]]:
    """Events of one device, one lane a thread, more where intervals overlap."""
    events = [_meta("process_name", pid, 0, name=f"MXNet, {device}")]
    events.append(_meta("process_sort_index", pid, 0, sort_index=pid))
    threads: dict[int, list[MxSlice]] = defaultdict(list)
    for piece in slices:
        threads[piece.thread].append(piece)
    tid = 0
    for thread, pieces in sorted(threads.items()):
        lane = nesting.lanes([(p.start, p.end) for p in pieces])
        for number in range(max(lane) + 1):
            suffix = f", overlapping {number}" if number else ""
            label = f"thread {thread}{suffix}"
            events.append(_meta("thread_name", pid, tid + number + 1, name=label))
        for piece, number in zip(pieces, lane, strict=True):
            category = "engine_noise" if piece.noise else piece.category
            span = _span(
                piece.name,
                category,
                pid,
                tid + number + 1,
                piece.start - base,
                piece.end - base,
            )
            span["args"] = {"device": device, "noise": piece.noise}
            events.append(span)
        tid += max(lane) + 1
    return events


def _step_events(context: TraceContext, base: int) -> list[dict[str, Any]]:
    events = [
        _meta("process_name", HOST_PID, 0, name="training loop (dispatch)"),
        _meta("process_sort_index", HOST_PID, 0, sort_index=0),
        _meta("thread_name", HOST_PID, 1, name="steps"),
    ]
    shift = context.real - context.monotonic - base
    for number, start, end in context.steps:
        label = f"ProfilerStep#{number}"
        events.append(_span(label, "user_annotation", HOST_PID, 1, start + shift, end + shift))
    return events


def mxnet_bytes(trace: MxTrace, context: TraceContext) -> bytes:
    """Return MXNet's profile as a Chrome trace: one copy of each operator, X events."""
    shift = context.real - context.monotonic
    starts = [p.start for p in trace.slices] + [s + shift for _, s, _ in context.steps]
    # Whole seconds, so that Unix time is base + ts without rounding a µs away.
    base = min(starts, default=context.real) // 1_000_000_000 * 1_000_000_000
    devices: dict[str, list[MxSlice]] = defaultdict(list)
    for piece in trace.slices:
        devices[piece.device].append(piece)
    events = _step_events(context, base)
    pids: dict[str, int] = {}
    for pid, device in enumerate(sorted(devices, key=_device_order), start=HOST_PID + 1):
        pids[device] = pid
        events += _device_events(pid, device, devices[device], base)
    for counter in trace.counters:
        device = counter.name.removeprefix("Memory: ").strip("/")
        events.append(
            {
                "ph": "C",
                "name": f"allocated since profiling began, {device}",
                "pid": pids.get(device, HOST_PID),
                "tid": 0,
                "ts": (counter.t - base) / 1000,
                "args": {"bytes": counter.value},
            }
        )
    top = {
        "schemaVersion": 1,
        "displayTimeUnit": "ms",
        "baseTimeNanoseconds": base,
        "diptych": context.metadata(trace.dropped),
        "traceEvents": events,
    }
    body = msgspec.json.encode(top)
    return b"{" + (_RANK % context.rank) + b",\n" + body[1:] + b"\n"


def write_gzip(data: bytes, path: Path) -> int:
    """Compress ``data`` to ``path``, atomically; return the size in bytes.

    Raises:
        OSError: when it cannot be written; then ``path`` is as it was.
    """
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            with gzip.GzipFile(filename="", mode="wb", compresslevel=5, fileobj=file) as zipped:
                zipped.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return path.stat().st_size
