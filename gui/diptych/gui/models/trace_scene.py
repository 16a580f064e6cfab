"""A trace made ready to be drawn: lanes, colours, names of tracks, curves, steps. No Qt here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diptych.gui.models.trace_curves import Curve, curves
from diptych.gui.models.trace_names import row_colours
from diptych.gui.models.trace_tracks import TrackWords, track_words
from diptych.profiling.trace import metrics
from diptych.profiling.trace.lod import Lod, make_lod
from diptych.profiling.trace.table import Int64, Kind, TraceTable

_RUN = re.compile(r"^\d{8}T\d{6}-(.+)-[^-]+$")
_WINDOW = re.compile(r"^r\d+-(w\d+)\.")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of training in the trace."""

    name: str
    start: int
    end: int
    row: int


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything of one trace that the timeline shows. Made once, off the GUI's thread."""

    table: TraceTable
    lod: Lod
    tracks: Sequence[TrackWords]
    """Of each track of the table."""
    curves: Sequence[Curve]
    steps: Sequence[Step]
    step_starts: Int64
    frames: bool = True
    """Whether Python's frames have lanes."""

    @property
    def name(self) -> str:
        """What the trace is called: by its run and window if it lies in a run."""
        path = self.table.path
        run, window = _RUN.match(path.parent.parent.name), _WINDOW.match(path.name)
        if path.parent.name == "traces" and run and window:
            return f"{run.group(1).replace('-', ' ')} {window.group(1)}"
        return path.name

    def step_at(self, time: float) -> Step | None:
        """Return the step in which an instant lies."""
        at = int(np.searchsorted(self.step_starts, int(time), side="right")) - 1
        found = self.steps[at] if at >= 0 else None
        return found if found is not None and time <= found.end else None

    @property
    def has_frames(self) -> bool:
        """Whether the trace has frames of Python at all."""
        return bool((self.table.slices.kind == Kind.PYTHON).any())

    def end(self, row: int) -> int:
        """Return when a slice ends, in ns."""
        return int(self.table.slices.start[row] + self.table.slices.duration[row])


def make_scene(table: TraceTable, *, frames: bool = True) -> Scene:
    """Return the scene of a table; 10 million slices take about 2 s.

    Without ``frames`` those of Python are left out, and what they called moves up.
    """
    hidden = None if frames else table.slices.kind == Kind.PYTHON
    lod = make_lod(table, row_colours(table), hidden)
    found = steps(table)
    return Scene(
        table,
        lod,
        [track_words(track) for track in table.tracks],
        curves(table),
        found,
        np.array([step.start for step in found], np.int64),
        frames,
    )


def steps(table: TraceTable) -> list[Step]:
    """Return the steps that the trace names, or the ranges that stand in for them, by start."""
    found = metrics.find_steps(table)
    if found.origin == "trace":
        return []
    ends = found.start + found.duration
    columns = (found.names, found.start.tolist(), ends.tolist(), found.rows.tolist())
    return [Step(*values) for values in zip(*columns, strict=True)]
