"""Makes a `TraceTable` out of the events that a scan found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from diptych.profiling.trace import classify, links, roles
from diptych.profiling.trace.aside import counters_of, instants_of, memory_of
from diptych.profiling.trace.flows import Ends, Places, arrows, bound
from diptych.profiling.trace.gather import Raw
from diptych.profiling.trace.meta import Names, names_of
from diptych.profiling.trace.outer import Outer
from diptych.profiling.trace.pieces import Pieces, pieces_of
from diptych.profiling.trace.renumber import Renumbering, unescaped
from diptych.profiling.trace.roles import FLOW, METADATA, Roles, roles_of
from diptych.profiling.trace.scan_event import ENCLOSING
from diptych.profiling.trace.table import (
    NO_EVENT,
    NO_OTHER_END,
    NO_SLICE,
    Flows,
    Kind,
    Slices,
    TraceTable,
)
from diptych.profiling.trace.tracks import Layout, layout_of

YEAR_2000, YEAR_2100 = 946_684_800_000_000_000, 4_102_444_800_000_000_000
LAUNCHES = frozenset({"ac2g", "async_cpu_to_gpu"})


@dataclass(slots=True)
class Build:
    """The state of the making of a table, step by step."""

    raw: Raw
    roles: Roles
    properties: Mapping[str, Any]
    source: str
    names: Names
    words: Callable[[int], str]


def built(path: Path, raw: Raw, outer: Outer, step: Callable[[float], None]) -> TraceTable:
    """Make the table; ``step`` is told the share that is done."""
    events = len(raw) + raw.malformed
    build = _begin(raw, outer)
    step(0.1)
    pieces = pieces_of(raw, build.roles, build.source)
    _sort_out_counters(build)
    origin = _origin(build, pieces)
    step(0.2)
    layout = layout_of(raw, build.roles, pieces, build.names, build.words, build.source)
    pieces.forget_times()
    del raw.columns["duration"]
    step(0.5)
    rows = _rows(layout, pieces, raw)
    made = links.linked(rows)
    _partners(build, layout, rows, made.partner)
    step(0.7)
    flows = _flows(build, layout, rows, made)
    step(0.85)
    instants = instants_of(raw, build.roles, layout.track_of, origin)
    memory = memory_of(raw, build.roles, layout.track_of, origin)
    counters, counter_events = counters_of(raw, build.roles, build.names, build.words, origin)
    slices = _slices(raw, layout, pieces, rows, made, origin)
    used = _used(build, pieces, layout, instants, memory, counter_events)
    step(0.95)
    texts = Renumbering(raw.texts)
    for column in (
        slices.name, slices.category, instants.name, instants.category, flows.category,
    ):  # fmt: skip
        texts.apply(column)
    texts.apply(slices.shape, one_line=True)
    ends = [slices.start + slices.duration, instants.time, memory.time]
    ends += [counter.time for counter in counters]
    shift = _base(build)
    absolute = YEAR_2000 <= origin + shift <= YEAR_2100
    dropped = dict(build.roles.dropped)
    dropped.update({f"{NO_EVENT}{key}": 1 for key in outer.left_out})
    return TraceTable(
        path=path,
        source=build.source,
        origin_ns=origin + shift,
        absolute=absolute,
        duration_ns=max((int(end.max()) for end in ends if len(end)), default=0),
        events=events,
        strings=texts.finish(),
        tracks=layout.tracks,
        slices=slices,
        instants=instants,
        counters=counters,
        memory=memory,
        flows=flows,
        dropped=dropped,
        truncated=outer.truncated,
        properties=outer.properties,
        used=used,
    )


def _begin(raw: Raw, outer: Outer) -> Build:
    roles_ = roles_of(raw)
    texts = raw.texts

    def words(number: int) -> str:
        return unescaped(texts[number]) if number >= 0 else ""

    categories = np.unique(raw.columns["category"])
    known = [words(int(c)) for c in categories if c >= 0]
    pairs = bool(np.any(roles_.role == roles.BEGIN))
    source = classify.source_of(outer.properties, known, pairs=pairs)
    rows = roles_.rows(METADATA)
    columns = (raw.columns[name][rows].tolist() for name in ("name", "lane", "extra"))
    pids, tids = raw.threads.pids, raw.threads.tids
    said = (
        (words(name), words(pids[lane]), words(tids[lane]), texts[extra] if extra >= 0 else b"{}")
        for name, lane, extra in zip(*columns, strict=True)
    )
    names = names_of(said, outer.properties)
    return Build(raw, roles_, outer.properties, source, names, words)


def _sort_out_counters(build: Build) -> None:
    """Drop what counts calls of MXNet's own interface, and counters without a number."""
    raw, rows = build.raw, build.roles.rows(roles.COUNTER)
    category = raw.columns["category"][rows]
    calls = [c for c in np.unique(category).tolist() if build.words(c) == "MXNET_C_API"]
    is_call = np.isin(category, calls)
    build.roles.drop(rows[is_call], "call counter of MXNet's interface")
    has = np.zeros(len(raw), bool)
    has[raw.counters["row"]] = True
    build.roles.drop(rows[~is_call & ~has[rows]], "counter without a number")


def _origin(build: Build, pieces: Pieces) -> int:
    """Return the first time at which anything happens, ns of the file's clock."""
    role, time = build.roles.role, build.raw.columns["time"]
    others = (role == roles.INSTANT) | (role == roles.COUNTER) | (role == roles.MEMORY)
    firsts = [pieces.start, time[others]]
    return min((int(t.min()) for t in firsts if len(t)), default=0)


def _base(build: Build) -> int:
    base = build.properties.get("baseTimeNanoseconds", 0)
    try:
        return int(base)
    except (TypeError, ValueError):
        return 0


def _rows(layout: Layout, pieces: Pieces, raw: Raw) -> links.Rows:
    event = layout.event
    correlation = raw.columns["ident"][event]
    # The id of a pair of events is no correlation.
    correlation[pieces.pairs(layout.order)] = -1
    return links.Rows(
        start=layout.start,
        kind=layout.kind,
        track=layout.track,
        parent=layout.parent,
        correlation=correlation,
        external=raw.take("external", event),
        on_device=layout.on_device[layout.track],
    )


def _partners(build: Build, layout: Layout, rows: links.Rows, partner: Any) -> None:
    event, sequence, forward = build.raw.sequences
    if not len(event):
        return
    row_of = np.full(len(build.raw), -1, np.int32)
    row_of[layout.event] = np.arange(len(layout.event), dtype=np.int32)
    row = row_of[event]
    has = row >= 0
    links.tie_partners(rows, partner, row[has], sequence[has], forward[has])


def _flows(build: Build, layout: Layout, rows: links.Rows, made: links.Links) -> Flows:
    raw, events = build.raw, build.roles.rows(FLOW)
    ident, category = raw.columns["ident"][events], raw.columns["category"][events]
    launches = [c for c in np.unique(category).tolist() if build.words(c) in LAUNCHES]
    wanted = np.where(np.isin(category, launches), ident, -1)
    call = np.flatnonzero(
        ((rows.kind == Kind.RUNTIME) | (rows.kind == Kind.SYNC))
        & ~rows.on_device
        & (rows.correlation > 0)
    )
    work = np.flatnonzero(rows.on_device & (rows.correlation > 0))
    ends = Ends(
        event=events,
        phase=raw.columns["phase"][events],
        time=raw.columns["time"][events],
        thread=raw.columns["lane"][events],
        ident=ident,
        category=category,
        name=raw.columns["name"][events],
        enclosing=(raw.columns["flags"][events] & ENCLOSING).astype(bool),
        by_call=links.lookup(rows.correlation[call], call, wanted),
        by_work=links.lookup(rows.correlation[work], work, wanted),
    )
    found = bound(ends, _places(layout, len(raw.threads)))
    flows, lost, lonely = arrows(ends, found)
    build.roles.drop(events[lost], NO_SLICE)
    build.roles.drop(events[lonely], NO_OTHER_END)
    _partners_by_flows(build, flows, rows, made.partner)
    return flows


def _partners_by_flows(build: Build, flows: Flows, rows: links.Rows, partner: Any) -> None:
    """Tie what the sequence numbers leave open."""
    codes = [c for c in np.unique(flows.category).tolist() if build.words(c) == "fwdbwd"]
    for at in np.flatnonzero(np.isin(flows.category, codes)).tolist():
        source, target = int(flows.source[at]), int(flows.target[at])
        if rows.kind[source] == rows.kind[target] == Kind.OPERATOR:
            partner[target] = source if partner[target] < 0 else partner[target]
            partner[source] = target if partner[source] < 0 else partner[source]


def _places(layout: Layout, threads: int) -> Places:
    thread_of = layout.thread_of
    order = np.argsort(thread_of, kind="stable").astype(np.int64)
    at = np.searchsorted(thread_of[order], np.arange(threads + 1))
    return Places(
        layout.start, layout.duration, layout.parent, layout.track, layout.first, layout.count,
        thread_of, at, order,
    )  # fmt: skip


def _slices(
    raw: Raw, layout: Layout, pieces: Pieces, rows: links.Rows, made: links.Links, origin: int
) -> Slices:
    event = layout.event
    args_at, args_length = pieces.args(raw, layout.order, event)
    layout.start -= origin
    return Slices(
        start=layout.start,
        duration=layout.duration,
        name=raw.take("name", event),
        category=raw.take("category", event),
        kind=layout.kind,
        track=layout.track,
        depth=layout.depth,
        parent=layout.parent,
        correlation=rows.correlation,
        launch=made.launch,
        operator=made.operator,
        partner=made.partner,
        shape=raw.take("extra", event),
        args_at=args_at,
        args_length=args_length,
    )


def _used(
    build: Build, pieces: Pieces, layout: Layout, instants: Any, memory: Any, counters: int
) -> dict[str, int]:
    """Return how many events were used as what; with those that were dropped these are all."""
    pairs = len(pieces.pairs(layout.order))
    return {
        "slices": len(layout.order) - pairs,
        "pairs": 2 * pairs,
        "instants": len(instants.time),
        "memory": len(memory.time),
        "counters": counters,
        "metadata": len(build.roles.rows(METADATA)),
        "flows": len(build.roles.rows(FLOW)),
    }
