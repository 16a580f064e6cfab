"""Opens a trace file of any of the formats we know as one `TraceTable`."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from diptych.profiling.trace.errors import TraceCancelledError, TraceError
from diptych.profiling.trace.table import (
    Counter,
    Flows,
    Instants,
    Kind,
    MemoryEvents,
    Slices,
    Track,
    TraceTable,
)

Progress = Callable[[str, int, int], None]
"""Called with what is done now, how much of it is done, and of how much."""

_KINDS = {
    "cpu_op": Kind.OPERATOR,
    "operator": Kind.OPERATOR,
    "kernel": Kind.KERNEL,
    "gpu_memcpy": Kind.MEMCPY,
    "memcpy": Kind.MEMCPY,
    "gpu_memset": Kind.MEMSET,
    "memset": Kind.MEMSET,
    "cuda_runtime": Kind.RUNTIME,
    "cuda_driver": Kind.RUNTIME,
    "runtime": Kind.RUNTIME,
    "cuda_sync": Kind.SYNC,
    "python_function": Kind.PYTHON,
    "user_annotation": Kind.ANNOTATION,
    "gpu_user_annotation": Kind.DEVICE_ANNOTATION,
    "overhead": Kind.OVERHEAD,
}
_DEVICE = {Kind.KERNEL, Kind.COMMUNICATION, Kind.MEMCPY, Kind.MEMSET, Kind.DEVICE_ANNOTATION}


def _kind(category: str, name: str) -> Kind:
    kind = _KINDS.get(category.lower(), Kind.OTHER)
    if kind is Kind.KERNEL and "nccl" in name.lower():
        return Kind.COMMUNICATION
    if kind in (Kind.ANNOTATION, Kind.OPERATOR):
        if name.startswith("ProfilerStep#"):
            return Kind.STEP
        if name.startswith("enumerate(DataLoader)"):
            return Kind.DATA
    if kind is Kind.RUNTIME and name.endswith("Synchronize"):
        return Kind.SYNC
    if kind is Kind.PYTHON and name.startswith("nn.Module: "):
        return Kind.MODULE
    return kind


def open_trace(
    path: Path | str,
    *,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
    cache: bool = True,
) -> TraceTable:
    """Read a file (first, slow version)."""
    path = Path(path)
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    try:
        data = json.loads(raw, parse_float=Decimal)
    except ValueError as error:
        raise TraceError(f"{path.name} is not JSON: {error}") from None
    if cancel and cancel():
        raise TraceCancelledError
    top = data if isinstance(data, dict) else {"traceEvents": data}
    events = top.pop("traceEvents")
    strings: dict[str, int] = {}

    def intern(text: str) -> int:
        return strings.setdefault(text, len(strings))

    base = int(top.get("baseTimeNanoseconds", 0))
    ns = lambda v: int(Decimal(v) * 1000)  # noqa: E731
    names: dict[tuple[Any, ...], str] = {}
    lanes: dict[tuple[str, str, bool], list[Any]] = defaultdict(list)
    memory: list[Any] = []
    dropped: dict[str, int] = defaultdict(int)
    counters: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for e in events:
        ph, args = e.get("ph"), e.get("args") or {}
        if ph == "X" and "ts" in e and "dur" in e:
            kind = _kind(e.get("cat", ""), e.get("name", ""))
            key = (str(e.get("pid", "")), str(e.get("tid", "")), kind in _DEVICE)
            lanes[key].append((ns(e["ts"]), -ns(e["dur"]), kind, e))
        elif ph == "M" and e.get("name") in ("process_name", "thread_name"):
            names[e["name"], str(e["pid"]), str(e.get("tid", ""))] = args.get("name", "")
        elif ph == "i" and e.get("name") == "[memory]":
            memory.append((ns(e["ts"]), e))
        elif ph == "C":
            for k, v in args.items():
                counters[e["name"] + (f" {k}" if len(args) > 1 else ""), str(e["pid"])].append(
                    (ns(e["ts"]), float(v))
                )
        else:
            dropped["not read by this version"] += 1
    origin = min((x[0] for l in lanes.values() for x in l), default=0)
    process = {k[1]: v for k, v in names.items() if k[0] == "process_name"}
    tracks, cols = [], defaultdict(list)
    for number, ((pid, tid, device), rows) in enumerate(lanes.items()):
        rows.sort(key=lambda r: r[:2])
        stack: list[tuple[int, int]] = []
        first, deepest = len(cols["start"]), 0
        for start, minus, kind, e in rows:
            row, end = len(cols["start"]), start - minus
            while stack and stack[-1][1] <= start and not (stack[-1][1] == start == end):
                stack.pop()
            args = e.get("args") or {}
            dims = args.get("Input Dims")
            cols["start"].append(start - origin)
            cols["duration"].append(-minus)
            cols["name"].append(intern(e.get("name", "")))
            cols["category"].append(intern(e.get("cat", "")))
            cols["kind"].append(int(kind))
            cols["track"].append(number)
            cols["depth"].append(len(stack))
            cols["parent"].append(stack[-1][0] if stack else -1)
            cols["correlation"].append(args.get("correlation", -1))
            cols["shape"].append(-1 if dims is None else intern(json.dumps(dims)))
            stack.append((row, end))
            deepest = max(deepest, len(stack))
        tracks.append(
            Track(
                pid,
                tid,
                process.get(pid, ""),
                names.get(("thread_name", pid, tid), ""),
                first,
                len(rows),
                deepest,
                int(pid) if device and pid.isdigit() else None,
                int(tid) if device and tid.isdigit() else None,
            )
        )
    n = len(cols["start"])
    launch, operator = [-1] * n, [-1] * n
    calls = {}
    for row in range(n):
        if cols["kind"][row] in (Kind.RUNTIME, Kind.SYNC):
            up = cols["parent"][row]
            while up >= 0 and cols["kind"][up] != Kind.OPERATOR:
                up = cols["parent"][up]
            operator[row] = up
            calls.setdefault(cols["correlation"][row], row)
    for row in range(n):
        call = calls.get(cols["correlation"][row], -1) if cols["correlation"][row] >= 0 else -1
        if cols["kind"][row] in (2, 3, 4, 5) and call >= 0:
            launch[row], operator[row] = call, operator[call]
            if launch[call] < 0:
                launch[call] = row
    i4 = lambda v: np.array(v, np.int32)  # noqa: E731
    i8 = lambda v: np.array(v, np.int64)  # noqa: E731
    memory.sort(key=lambda m: m[0])
    got = lambda k, d: [m[1]["args"].get(k, d) for m in memory]  # noqa: E731
    end = max((s + d for s, d in zip(cols["start"], cols["duration"])), default=0)
    return TraceTable(
        path=path,
        source="kineto",
        origin_ns=base + origin,
        absolute=True,
        duration_ns=end,
        events=len(events),
        strings=list(strings),
        tracks=tracks,
        slices=Slices(
            i8(cols["start"]),
            i8(cols["duration"]),
            i4(cols["name"]),
            i4(cols["category"]),
            np.array(cols["kind"], np.uint8),
            i4(cols["track"]),
            np.array(cols["depth"], np.uint16),
            i4(cols["parent"]),
            i8(cols["correlation"]),
            i4(launch),
            i4(operator),
            i4([-1] * n),
            i4(cols["shape"]),
            i8([-1] * n),
            i4([0] * n),
        ),
        instants=Instants(i8([]), i4([]), i4([]), i4([]), i8([]), i4([])),
        counters=[
            Counter(
                k[0],
                k[1],
                process.get(k[1], ""),
                i8([t - origin for t, _ in v]),
                np.array([x for _, x in v]),
            )
            for k, v in counters.items()
        ],
        memory=MemoryEvents(
            i8([m[0] - origin for m in memory]),
            i8(got("Bytes", 0)),
            np.array(got("Addr", 0), np.uint64),
            np.array(got("Device Type", -1), np.int16),
            np.array(got("Device Id", -1), np.int16),
            i8(got("Total Allocated", -1)),
            i8(got("Total Reserved", -1)),
            i4([0] * len(memory)),
        ),
        flows=Flows(i4([]), i4([]), i4([])),
        dropped=dict(dropped),
        properties=top,
    )
