"""Sums a profile window up by operator.

Definitions, for both frameworks:

* *calls*: number of intervals of that name (and phase).
* *total*: time inside the operator; intervals that lie inside another of the
  same row do not count again, so that recursion cannot exceed the window.
* *self*: time inside the operator and not inside an operator it called.
* *device*: time of kernels, copies and memsets that the operator launched
  (self) or that anything inside it launched (total).
* *memory*: bytes allocated minus bytes freed in the operator itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from diptych.profiling.records.kinds import Operator
from diptych.profiling.trace import nesting
from diptych.profiling.trace.kineto import Event, KinetoTrace
from diptych.profiling.trace.mxnet import MxSlice, MxTrace

DEVICE_WORK = frozenset({"kernel", "gpu_memcpy", "gpu_memset"})
RUNTIME = frozenset({"cuda_runtime", "cuda_driver", "hip_runtime", "runtime"})
_NESTED = RUNTIME | {"cpu_op", "user_annotation"}
_BACKWARD = "autograd::engine::evaluate_function"
UNTIED = "(device work without an operator)"

Key = tuple[str, str | None]


@dataclass(slots=True)
class _Row:
    calls: int = 0
    total: int = 0
    self_: int = 0
    device_total: int = 0
    device_self: int = 0
    memory: int = 0
    devices: set[str] = field(default_factory=set)


class _Threads:
    """The nested events of a Kineto trace, thread by thread, with parents."""

    def __init__(self, trace: KinetoTrace) -> None:
        self.events: list[Event] = []
        self.parent: list[int] = []
        self.self_time: list[int] = []
        self.spans: list[nesting.Interval] = []
        threads: dict[tuple[object, object], list[Event]] = defaultdict(list)
        for event in trace.events:
            if (event.ph == "X" and event.cat in _NESTED) or event.name == "[memory]":
                threads[event.pid, event.tid].append(event)
        for events in threads.values():
            self._add(events)
        self.op_parent = [self._operator_above(i) for i in range(len(self.events))]

    def _add(self, events: list[Event]) -> None:
        offset = len(self.events)
        spans = [(e.start, e.end) for e in events]
        above = nesting.parents(spans)
        # Only operators are parts of operators: calls of the CUDA runtime are
        # an operator's own time, annotations are transparent.
        is_op = [e.cat == "cpu_op" for e in events]
        chain = [self._first(i, above, is_op) if is_op[i] else -1 for i in range(len(events))]
        self.self_time += nesting.self_times(spans, chain)
        self.events += events
        self.spans += spans
        self.parent += [p + offset if p >= 0 else -1 for p in above]

    @staticmethod
    def _first(index: int, above: list[int], wanted: list[bool]) -> int:
        index = above[index]
        while index >= 0 and not wanted[index]:
            index = above[index]
        return index

    def _operator_above(self, index: int) -> int:
        index = self.parent[index]
        while index >= 0 and self.events[index].cat != "cpu_op":
            index = self.parent[index]
        return index

    def ancestors(self, index: int) -> Iterator[int]:
        """Yield indices from ``index`` itself up to the outermost event."""
        while index >= 0:
            yield index
            index = self.parent[index]


class _Phases:
    """Tells in which phase of its step an operator ran, where that is certain."""

    def __init__(self, threads: _Threads) -> None:
        self._threads = threads
        steps: list[nesting.Interval] = []
        backward: list[int] = []
        for index, event in enumerate(threads.events):
            if event.cat == "user_annotation" and event.name.startswith("ProfilerStep#"):
                steps.append(threads.spans[index])
            elif event.name.startswith(_BACKWARD):
                backward.append(event.start)
        backward.sort()
        self._steps = [(s, e, next((b for b in backward if s <= b < e), e)) for s, e in steps]

    def of(self, index: int) -> str | None:
        for above in self._threads.ancestors(index):
            name = self._threads.events[above].name
            if name.startswith(_BACKWARD):
                return "backward"
            if name.startswith("Optimizer.step"):
                return "optimizer"
            if name.startswith("enumerate(DataLoader)"):
                return "data"
            if name.startswith("Optimizer.zero_grad"):
                return "other"
        start = self._threads.spans[index][0]
        for begin, end, backward in self._steps:
            if begin <= start < end:
                return "forward" if start < backward else "other"
        return None


def summarise_kineto(trace: KinetoTrace) -> tuple[Operator, ...]:
    """Sum a torch window up; rows sorted by the time they explain."""
    threads = _Threads(trace)
    phases = _Phases(threads)
    keys: list[Key | None] = [
        (event.name, phases.of(i)) if event.cat == "cpu_op" else None
        for i, event in enumerate(threads.events)
    ]
    rows: dict[Key, _Row] = defaultdict(_Row)
    for index, key in enumerate(keys):
        if key is not None:
            _count_host(threads, keys, rows, index, key)
    has_memory = _count_memory(threads, keys, rows)
    has_device = _count_device(trace, threads, keys, rows)
    summary = [
        Operator(
            name=name,
            calls=row.calls,
            phase=phase,
            device=", ".join(sorted(row.devices)) or None,
            host_total=None if name == UNTIED else row.total,
            host_self=None if name == UNTIED else row.self_,
            device_total=row.device_total if has_device else None,
            device_self=row.device_self if has_device else None,
            memory=row.memory if has_memory and name != UNTIED else None,
        )
        for (name, phase), row in rows.items()
    ]
    return tuple(sorted(summary, key=lambda o: -((o.device_self or 0) or (o.host_self or 0))))


def _count_host(
    threads: _Threads, keys: Sequence[Key | None], rows: dict[Key, _Row], index: int, key: Key
) -> None:
    row = rows[key]
    row.calls += 1
    row.self_ += threads.self_time[index]
    if not any(keys[a] == key for a in threads.ancestors(threads.parent[index])):
        start, end = threads.spans[index]
        row.total += end - start


def _count_memory(threads: _Threads, keys: Sequence[Key | None], rows: dict[Key, _Row]) -> bool:
    found = False
    for index, event in enumerate(threads.events):
        if event.name != "[memory]" or event.args is None or event.args.bytes_ is None:
            continue
        found = True
        above = threads.op_parent[index]
        if above >= 0 and (key := keys[above]) is not None:
            rows[key].memory += event.args.bytes_
    return found


def _count_device(
    trace: KinetoTrace,
    threads: _Threads,
    keys: Sequence[Key | None],
    rows: dict[Key, _Row],
) -> bool:
    external: dict[str, int] = {}
    launches: dict[int, int] = {}
    for index, event in enumerate(threads.events):
        if event.args is None:
            continue
        if event.cat == "cpu_op" and event.args.external is not None:
            external[str(event.args.external)] = index
        elif event.cat in RUNTIME and event.args.correlation is not None:
            launches[event.args.correlation] = threads.op_parent[index]
    found = False
    for event in trace.events:
        if event.ph != "X" or event.cat not in DEVICE_WORK:
            continue
        found = True
        _charge(event, _launcher(event, external, launches), threads, keys, rows)
    return found


def _launcher(event: Event, external: dict[str, int], launches: dict[int, int]) -> int:
    if event.args is None:
        return -1
    if event.args.correlation is not None:
        index = launches.get(event.args.correlation, -1)
        if index >= 0:
            return index
    return external.get(str(event.args.external), -1)


def _charge(
    event: Event,
    index: int,
    threads: _Threads,
    keys: Sequence[Key | None],
    rows: dict[Key, _Row],
) -> None:
    length = event.end - event.start
    own = keys[index] if index >= 0 else None
    if own is None:
        row = rows[UNTIED, None]
        row.calls += 1
        row.device_self += length
        row.device_total += length
        return
    rows[own].device_self += length
    rows[own].devices.add(f"gpu:{event.pid}")
    for key in {k for a in threads.ancestors(index) if (k := keys[a]) is not None}:
        rows[key].device_total += length


def _mx_phase(name: str, names: set[str]) -> str | None:
    parts = name.split(",")
    if all(p.startswith("_backward_") for p in parts):
        return "backward"
    if all(p.endswith("_update") or p.startswith("multi_") for p in parts):
        return "optimizer"
    # A forward operator is known by its gradient: names alone do not tell a
    # metric's operators from the model's.
    if any(f"_backward_{p}" in names for p in parts):
        return "forward"
    return None


def summarise_mxnet(trace: MxTrace) -> tuple[Operator, ...]:
    """Sum an MXNet window up. All times are the engine's; see :class:`Operator`."""
    groups: dict[tuple[str, int], list[MxSlice]] = defaultdict(list)
    for piece in trace.slices:
        if piece.category == "operator":
            groups[piece.device, piece.thread].append(piece)
    rows: dict[Key, _Row] = defaultdict(_Row)
    names = {part for piece in trace.slices for part in piece.name.split(",")}
    for pieces in groups.values():
        spans = [(p.start, p.end) for p in pieces]
        above = nesting.parents(spans)
        own = nesting.self_times(spans, above)
        for index, piece in enumerate(pieces):
            row = rows[piece.name, _mx_phase(piece.name, names)]
            row.calls += 1
            row.self_ += own[index]
            row.devices.add(piece.device)
            if not _inside_same(index, above, pieces):
                row.total += piece.end - piece.start
    noise = {p.name for p in trace.slices if p.noise}
    summary = [
        Operator(
            name=name,
            calls=row.calls,
            phase=None if name in noise else phase,
            device=", ".join(sorted(row.devices)),
            engine_total=row.total,
            engine_self=row.self_,
            noise=name in noise,
        )
        for (name, phase), row in rows.items()
    ]
    return tuple(sorted(summary, key=lambda o: (o.noise, -(o.engine_self or 0))))


def _inside_same(index: int, above: Sequence[int], pieces: Sequence[MxSlice]) -> bool:
    name = pieces[index].name
    index = above[index]
    while index >= 0:
        if pieces[index].name == name:
            return True
        index = above[index]
    return False
