"""Where each slice stands: its track, its row, what contains it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from diptych.profiling.trace import classify, nest
from diptych.profiling.trace.gather import Raw, Threads
from diptych.profiling.trace.meta import Names
from diptych.profiling.trace.pieces import Pieces
from diptych.profiling.trace.roles import INSTANT, MEMORY, Roles
from diptych.profiling.trace.table import Kind, Track

OVERLAPS = f"overlaps {nest.LANES} others of its thread"


@dataclass(slots=True)
class Layout:
    """Sorted columns of the slices, and the tracks they stand on."""

    order: Any
    """Piece of each row."""
    event: Any
    """Event of each row."""
    start: Any
    duration: Any
    kind: Any
    track: Any
    depth: Any
    parent: Any
    tracks: list[Track]
    first: Any
    count: Any
    on_device: Any
    """bool a track."""
    thread_of: Any
    """Thread of each track; one behind the last where it has none (asynchronous pairs)."""
    track_of: Any
    """First track of each thread, −1 without one."""


@dataclass(slots=True)
class _Key:
    """A track before overflow: a thread's host or device side, or a group."""

    pid: str
    tid: str
    thread: int
    device: bool
    label: str | None = None


def layout_of(
    raw: Raw, roles: Roles, pieces: Pieces, names: Names, words: Callable[[int], str], source: str
) -> Layout:
    """Sort the slices and nest them."""
    kind, on_device = _kinds(raw, pieces, words, source)
    key = 2 * raw.columns["lane"][pieces.event].astype(np.int64) + on_device
    if pieces.groups:
        key = np.where(pieces.group >= 0, 2 * len(raw.threads) + pieces.group, key)
    keys = _keys(np.flatnonzero(np.bincount(key)) if len(key) else [], raw.threads, pieces, words)
    ranked = sorted(keys, key=lambda k: _rank(keys[k], names))
    number = np.zeros(max(keys, default=0) + 1, np.int32)
    number[ranked] = np.arange(len(ranked), dtype=np.int32)
    track = number[key]
    order = nest.sorted_by(track, pieces.start, pieces.duration)
    count = len(order)
    start, duration = pieces.start[order], pieces.duration[order]
    lane, parent = np.zeros(count, np.int16), np.full(count, -1, np.int32)
    depth, track = np.zeros(count, np.uint16), track[order]
    named = np.isin(kind[order], (Kind.STEP, Kind.ANNOTATION))
    most = nest.nested(track, start, duration, named, lane, parent, depth)
    columns = {"order": order, "start": start, "duration": duration, "depth": depth}
    if most > 1:
        track, lane, parent = _split(roles, pieces, columns, track, lane, parent)
    both = track.astype(np.int64) * nest.LANES + lane
    bounds = np.flatnonzero(np.diff(both, prepend=-1, append=-1)) if count else np.zeros(1, int)
    starts = bounds[:-1]
    made = [
        _Made(keys[ranked[t]], int(n)) for t, n in zip(track[starts], lane[starts], strict=True)
    ]
    track = np.repeat(np.arange(len(starts), dtype=np.int32), np.diff(bounds))
    order = columns["order"]
    return _laid_out(
        raw, roles, names, made, starts, np.diff(bounds), words,
        order=order, event=pieces.event[order], start=columns["start"],
        duration=columns["duration"], kind=kind[order], track=track, depth=columns["depth"],
        parent=parent,
    )  # fmt: skip


@dataclass(slots=True)
class _Made:
    key: _Key
    lane: int


def _kinds(raw: Raw, pieces: Pieces, words: Callable[[int], str], source: str) -> tuple[Any, Any]:
    """Return the kind of each piece, and whether it happens on a device."""
    category = raw.columns["category"][pieces.event]
    name = raw.columns["name"][pieces.event]
    # One more than there are texts: −1 finds the last.
    by_category = np.full(len(raw.texts) + 1, classify.category_code(""), np.int16)
    by_name = np.zeros(len(raw.texts) + 1, np.int16)
    for number in _distinct(category, len(raw.texts)):
        by_category[number] = classify.category_code(words(number))
    for number in _distinct(name, len(raw.texts)):
        by_name[number] = classify.name_code(words(number))
    codes = by_category[category]
    other = Kind.ANNOTATION if source == "mxnet" else Kind.OTHER
    kind = classify.kinds(codes, by_name[name], other=other)
    device = np.array([classify.is_device(int(c)) for c in range(-4, max(Kind) + 1)])
    return kind, device[codes + 4]


def _distinct(column: Any, count: int) -> Any:
    seen = np.zeros(count + 1, bool)
    seen[column] = True
    return np.flatnonzero(seen[:-1]).tolist()


def _keys(
    numbers: Any, threads: Threads, pieces: Pieces, words: Callable[[int], str]
) -> dict[int, _Key]:
    keys = {}
    for number in map(int, numbers):
        if number < 2 * len(threads):
            pid, tid = int(threads.pids[number // 2]), int(threads.tids[number // 2])
            keys[number] = _Key(words(pid), words(tid), number // 2, bool(number % 2))
        else:
            pid, category = pieces.groups[number - 2 * len(threads)]
            label = words(category)
            keys[number] = _Key(words(pid), label, len(threads), device=False, label=label)
    return keys


def _natural(text: str) -> tuple[int, int, str]:
    return (0, int(text), "") if text.isascii() and text.isdigit() else (1, 0, text)


def _rank(key: _Key, names: Names) -> Any:
    """Order tracks as the file asks, then by number."""
    place = names.order(key.pid, key.tid)
    return place[0], _natural(key.pid), place[1], _natural(key.tid), key.device, key.label or ""


def _split(
    roles: Roles, pieces: Pieces, columns: dict[str, Any], track: Any, lane: Any, parent: Any
) -> tuple[Any, Any, Any]:
    """Put each overflow lane on a track of its own; returns track, lane and parent anew."""
    lost = lane < 0
    roles.drop(pieces.event[columns["order"][lost]], OVERLAPS)
    if pieces.other is not None:
        ends = pieces.other[columns["order"][lost]]
        roles.drop(ends[ends >= 0], OVERLAPS)
    both = track.astype(np.int64) * (nest.LANES + 1) + lane
    both[lost] = np.iinfo(np.int64).max
    order = np.argsort(both, kind="stable")[: len(both) - int(np.count_nonzero(lost))]
    # One more: the parent −1 stays −1.
    moved = np.full(len(both) + 1, -1, np.int32)
    moved[order] = np.arange(len(order), dtype=np.int32)
    for name, column in columns.items():
        columns[name] = column[order]
    return track[order], lane[order], moved[parent[order]]


def _laid_out(
    raw: Raw, roles: Roles, names: Names, made: list[_Made], first: Any, count: Any,
    words: Callable[[int], str], **columns: Any,
) -> Layout:  # fmt: skip
    depth = columns["depth"]
    deepest = np.maximum.reduceat(depth, first) + 1 if len(first) else first
    tracks = [
        _track(m, names, raw.threads, int(first[n]), int(count[n]), int(deepest[n]))
        for n, m in enumerate(made)
    ]
    thread_of = [m.key.thread for m in made]
    on_device = [m.key.device for m in made]
    track_of = np.full(len(raw.threads) + 1, -1, np.int32)
    for number in range(len(made) - 1, -1, -1):
        track_of[thread_of[number]] = number
    track_of = track_of[:-1]
    for thread in _without_slices(raw, roles, track_of):
        pid, tid = int(raw.threads.pids[thread]), int(raw.threads.tids[thread])
        key = _Key(words(pid), words(tid), thread, device=False)
        track_of[thread] = len(tracks)
        tracks.append(_track(_Made(key, 0), names, raw.threads, len(depth), 0, 0))
        thread_of.append(thread)
        on_device.append(False)
    extra = len(tracks) - len(made)
    return Layout(
        tracks=tracks,
        first=np.concatenate([first, np.full(extra, len(depth))]).astype(np.int64),
        count=np.concatenate([count, np.zeros(extra)]).astype(np.int64),
        on_device=np.array(on_device, bool),
        thread_of=np.array(thread_of, np.int64),
        track_of=track_of,
        **columns,
    )


def _without_slices(raw: Raw, roles: Roles, track_of: Any) -> Any:
    """Return threads that have marks only."""
    marks = np.flatnonzero((roles.role == INSTANT) | (roles.role == MEMORY))
    threads = np.unique(raw.columns["lane"][marks])
    return threads[track_of[threads] < 0].tolist()


def _track(
    made: _Made, names: Names, threads: Threads, first: int, count: int, depth: int
) -> Track:
    key = made.key
    device = stream = None
    if key.device:
        device = _number(int(threads.devices[key.thread]), key.pid)
        stream = _number(int(threads.streams[key.thread]), key.tid)
    return Track(
        pid=key.pid,
        tid=key.tid,
        process=names.processes.get(key.pid, ""),
        thread=names.threads.get((key.pid, key.tid), key.label or ""),
        first=first,
        count=count,
        depth=min(depth, nest.DEEPEST),
        device=device,
        stream=stream,
        order=(*names.order(key.pid, key.tid), int(key.device), made.lane),
        asynchronous=key.label is not None,
    )


def _number(said: int, written: str) -> int | None:
    if said >= 0:
        return said
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None
