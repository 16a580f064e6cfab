"""What the tracks of a trace are called, and in which order they stand. No Qt here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from diptych.gui.text.tr import tr
from diptych.profiling.trace.table import TraceTable, Track

_THREAD = re.compile(r"^thread (-?\d+)(?: \((.*)\))?$")
_DEEP = 24
"""Levels of the host that fill a screen."""
_STREAM = re.compile(r"^stream \S+ ?")


@dataclass(frozen=True, slots=True)
class TrackWords:
    """Two lines beside a track."""

    title: str
    detail: str


def track_words(track: Track) -> TrackWords:
    """Return the words of a track: what it is, then where.

    An overflow lane (`Track.order` ends with its number) says that it is one.
    """
    words = _words(track)
    if not track.order or track.order[-1] == 0:
        return words
    return TrackWords(words.title, tr("{place}, overlapping", place=words.detail))


def _words(track: Track) -> TrackWords:
    if track.device is not None:
        title = tr("GPU {device}", device=track.device)
        stream = track.tid if track.stream is None else str(track.stream)
        return TrackWords(title, tr("stream {stream}", stream=stream))
    found = _THREAD.match(track.thread.strip())
    name = (found.group(2) or "") if found else _STREAM.sub("", track.thread).strip()
    place = f"{track.process} {track.pid}".strip()
    if track.pid == track.tid and (found or not track.thread):
        return TrackWords(tr("main thread"), place)
    if name.startswith("pt_autograd"):
        number = name.removeprefix("pt_autograd").strip("_")
        return TrackWords(tr("autograd {number}", number=number), _thread(track))
    if not name and track.thread.startswith("stream"):
        return TrackWords(track.thread.strip(), place)
    if not track.thread and not _is_number(track.tid):
        return TrackWords(track.tid or tr("thread"), place)
    return TrackWords(name or tr("thread {id}", id=track.tid), _thread(track) if name else place)


def _thread(track: Track) -> str:
    return tr("thread {id}", id=track.tid)


def _is_number(text: str) -> bool:
    return text.lstrip("-").isdigit()


def track_order(table: TraceTable) -> Sequence[int]:
    """Return the tracks that have slices: threads of the host first, then streams of devices.

    Among the host's the one with steps or most slices is first; the file's
    own order, where it has one, tells the rest. Below threads of many levels
    (with Python's stacks) devices would be out of sight, so they come first.
    """
    deep = sum(track.depth for track in table.tracks if track.device is None) > _DEEP

    def key(number: int) -> tuple[object, ...]:
        track = table.tracks[number]
        spans = not _is_number(track.pid) and track.device is None
        main = track.pid == track.tid
        stream = track.stream if track.stream is not None else 0
        return (
            (track.device is not None) != deep,
            spans,
            not main,
            -(track.device is None and track.count > 100),
            track.device or 0,
            stream,
            track.order or (0,),
            number,
        )

    return sorted((n for n, track in enumerate(table.tracks) if track.count), key=key)
