"""Numbers worked out from the raw JSON of a Kineto trace, the slow and obvious way.

Nothing of Diptych is used: plain ``json``, exact decimals, loops. What this
says is what ``trace.metrics`` has to say.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

WORK = ("kernel", "gpu_memcpy", "gpu_memset")
CALLS = ("cuda_runtime", "cuda_driver", "hip_runtime")
Span = tuple[int, int]


@dataclass(slots=True, eq=False)
class Raw:
    """One complete event; times in ns."""

    name: str
    category: str
    pid: Any
    tid: Any
    start: int
    end: int
    args: dict[str, Any]
    operator: Raw | None = None
    """The innermost operator around it on its thread."""
    inside: list[Raw] = field(default_factory=list)
    """On operators: operators directly inside."""

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def collective(self) -> bool:
        return self.category == "kernel" and self.name.lower().startswith(("nccl", "rccl"))


class RawTrace:
    """A file, read; all times are as in the file (not shifted)."""

    def __init__(self, path: Path) -> None:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rb") as file:
            data = json.loads(file.read(), parse_float=Decimal)
        self.top = {k: v for k, v in data.items() if k != "traceEvents"}
        self.all = data["traceEvents"]
        self.events = [_raw(e) for e in self.all if e.get("ph") == "X" and "dur" in e]
        self._tie()

    def of(self, *categories: str) -> list[Raw]:
        return [e for e in self.events if e.category in categories]

    @property
    def zero(self) -> int:
        return min(e.start for e in self.events)

    def _tie(self) -> None:
        """Find the operator around each operator and runtime call."""
        threads: dict[Any, list[Raw]] = defaultdict(list)
        for event in self.of("cpu_op", *CALLS):
            threads[event.pid, event.tid].append(event)
        for events in threads.values():
            events.sort(key=lambda e: (e.start, -e.end, e.category != "cpu_op"))
            stack: list[Raw] = []
            for event in events:
                while stack and stack[-1].end < event.end:
                    stack.pop()
                event.operator = stack[-1] if stack and stack[-1].start <= event.start else None
                if event.category == "cpu_op":
                    if event.operator is not None:
                        event.operator.inside.append(event)
                    stack.append(event)

    def categories(self) -> dict[str, tuple[int, int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for event in self.events:
            found[event.category].append(event.length)
        return {name: (len(lengths), sum(lengths)) for name, lengths in found.items()}

    def operators(self) -> dict[str, dict[str, int]]:
        """calls, total, self, device and device_self by name."""
        rows: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for op in self.of("cpu_op"):
            row = rows[op.name]
            row["calls"] += 1
            row["total"] += op.length
            row["self"] += op.length - covered([(e.start, e.end) for e in op.inside])
        for work, starter in self.started():
            names: set[str] = set()
            above: Raw | None = starter
            if above is not None:
                rows[above.name]["device_self"] += work.length
            while above is not None:
                names.add(above.name)
                above = above.operator
            for name in names:
                rows[name]["device"] += work.length
        return {name: dict(row) for name, row in rows.items()}

    def started(self) -> list[tuple[Raw, Raw | None]]:
        """Each piece of device work with the operator that started it."""
        calls = {e.args["correlation"]: e for e in self.of(*CALLS) if "correlation" in e.args}
        ops = {str(e.args["External id"]): e for e in self.of("cpu_op") if "External id" in e.args}
        found = []
        for work in self.of(*WORK):
            call = calls.get(work.args.get("correlation"))
            op = call.operator if call is not None else None
            found.append((work, op or ops.get(str(work.args.get("External id")))))
        return found

    def kernels(self) -> dict[tuple[str, int], tuple[int, int, int, int]]:
        """calls, total, min, max by (name, device)."""
        found: dict[tuple[str, int], list[int]] = defaultdict(list)
        for event in self.of("kernel"):
            found[event.name, int(event.pid)].append(event.length)
        return {k: (len(v), sum(v), min(v), max(v)) for k, v in found.items()}

    def busy(self) -> dict[int, int]:
        devices: dict[int, list[Span]] = defaultdict(list)
        for event in self.of(*WORK):
            devices[int(event.pid)].append((event.start, event.end))
        return {device: covered(spans) for device, spans in devices.items()}

    def steps(self) -> list[Raw]:
        marked = self.of("user_annotation", "cpu_op")
        found = [e for e in marked if e.name.startswith("ProfilerStep#")]
        return sorted(found, key=lambda e: e.start)

    def overlap(self) -> tuple[int, int]:
        """Communication, and the part of it beside which a kernel computes."""
        collectives = [(e.start, e.end) for e in self.of("kernel") if e.collective]
        kernels = [(e.start, e.end) for e in self.of("kernel") if not e.collective]
        both = sweep([collectives, kernels], lambda on: on[0] and on[1])
        return covered(collectives), both

    def split(self, start: int, end: int) -> list[int]:
        """Kernel, memcpy, memset, communication, runtime, data, host, idle."""
        named = [
            [e for e in self.of("kernel") if not e.collective],
            self.of("gpu_memcpy"),
            self.of("gpu_memset"),
            [e for e in self.of("kernel") if e.collective],
            self.of(*CALLS),
            [
                e
                for e in self.of("user_annotation", "cpu_op")
                if e.name.startswith("enumerate(DataLoader)")
            ],
            self.of("cpu_op"),
        ]
        sets = [
            [
                (max(e.start, start), min(e.end, end))
                for e in events
                if e.start < end and e.end > start
            ]
            for events in named
        ]
        parts = [0] * len(sets)
        for length, on in stretches(sets):
            if any(on):
                parts[on.index(True)] += length
        return [*parts, end - start - sum(parts)]


def _raw(event: dict[str, Any]) -> Raw:
    start = ns(event["ts"])
    return Raw(
        event.get("name", ""),
        event.get("cat", ""),
        event.get("pid"),
        event.get("tid"),
        start,
        start + ns(event["dur"]),
        event.get("args") or {},
    )


def ns(microseconds: Any) -> int:
    return int((Decimal(microseconds) * 1000).to_integral_value())


def covered(spans: Iterable[Span]) -> int:
    """Return the length of a union."""
    total, reach = 0, None
    for start, end in sorted(spans):
        if reach is None or start > reach:
            total += end - start
            reach = end
        elif end > reach:
            total += end - reach
            reach = end
    return total


def stretches(sets: Sequence[Sequence[Span]]) -> Iterable[tuple[int, list[bool]]]:
    """Yield stretches of time in which nothing changes: length, and which sets go on."""
    edges = [
        (time, i, d) for i, s in enumerate(sets) for a, b in s for time, d in ((a, 1), (b, -1))
    ]
    edges.sort()
    running, before = [0] * len(sets), None
    for time, which, change in edges:
        if before is not None and time > before:
            yield time - before, [count > 0 for count in running]
        running[which] += change
        before = time


def sweep(sets: Sequence[Sequence[Span]], wanted: Any) -> int:
    return sum(length for length, on in stretches(sets) if wanted(on))
