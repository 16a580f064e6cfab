"""A trace made ready to be drawn: lanes, colours, names of tracks, curves, steps. No Qt here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from diptych.gui.models.trace_curves import Curve, curves
from diptych.gui.models.trace_names import row_colours
from diptych.gui.models.trace_tracks import TrackWords, track_words
from diptych.profiling.trace import metrics
from diptych.profiling.trace.lod import Lod, make_lod
from diptych.profiling.trace.table import Int64, TraceTable


@dataclass(frozen=True, slots=True)
class Step:
    """One step of training in the trace."""

    name: str
    start: int
    end: int
    row: int


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything of one trace that the timeline shows. Made once, off the GUI's thread."""

    table: TraceTable
    lod: Lod
    tracks: Sequence[TrackWords]
    """Of each track of the table."""
    curves: Sequence[Curve]
    steps: Sequence[Step]
    step_starts: Int64 = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def name(self) -> str:
        """What the file is called."""
        return self.table.path.name

    def step_at(self, time: float) -> Step | None:
        """Return the step in which an instant lies."""
        at = int(np.searchsorted(self.step_starts, int(time), side="right")) - 1
        found = self.steps[at] if at >= 0 else None
        return found if found is not None and time <= found.end else None

    def end(self, row: int) -> int:
        """Return when a slice ends, in ns."""
        return int(self.table.slices.start[row] + self.table.slices.duration[row])


def make_scene(table: TraceTable) -> Scene:
    """Return the scene of a table; 10 million slices take about 2 s."""
    lod = make_lod(table, row_colours(table))
    found = steps(table)
    return Scene(
        table,
        lod,
        [track_words(track) for track in table.tracks],
        curves(table),
        found,
        np.array([step.start for step in found], np.int64),
    )


def steps(table: TraceTable) -> list[Step]:
    """Return the steps that the trace names, or the ranges that stand in for them, by start."""
    found = metrics.find_steps(table)
    if found.origin == "trace":
        return []
    ends = found.start + found.duration
    columns = (found.names, found.start.tolist(), ends.tolist(), found.rows.tolist())
    return [Step(*values) for values in zip(*columns, strict=True)]
