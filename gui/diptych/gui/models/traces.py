"""The traces that a window has open: opening, cancelling, what is shown, recent files.

One `Traces` a window; views find it with `traces_of`. Lives on the GUI thread;
files are read and folded in threads or processes of their own.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from PySide6.QtCore import QObject, Signal

from diptych.gui.models import jobs
from diptych.gui.models.trouble import Trouble
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.profiling.trace.errors import TraceCancelledError, TraceError
from diptych.profiling.trace.table import Int64, TraceTable, loose_arrows, lost

if TYPE_CHECKING:
    # It brings the compiler, which must not be loaded before the window stands.
    from diptych.gui.models.trace_scene import Scene

Place = Literal["upper", "lower"]
_RECENT = "recent_traces"
_MOST_RECENT = 12
_POLL = 0.02
"""Seconds between two looks at how far the reading is."""


class Memory(Protocol):
    """What remembers values by name (`Settings`)."""

    def get(self, name: str) -> Any:
        """Return a value or ``None``."""

    def set(self, **values: Any) -> None:
        """Keep values."""


class Opening(QObject):
    """One file that is being opened."""

    progressed = Signal()

    def __init__(self, path: Path, place: Place, parent: QObject) -> None:
        super().__init__(parent)
        self.path, self.place = path, place
        self.words, self.fraction = tr("Opening {file}", file=path.name), 0.0
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Open it no more."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for it."""
        return self._cancelled.is_set()

    def work(self, tell: jobs.Tell) -> Scene:
        """Read the file and fold it; runs beside the GUI's thread."""
        from diptych.gui.models.trace_scene import make_scene
        from diptych.gui.plots.timeline.pixels import prepare

        table = read_table(self.path, lambda *known: tell(known), self._cancelled.is_set)
        tell((tr("arranging the lanes"), 0, 0))
        if self._cancelled.is_set():
            raise TraceCancelledError
        scene = make_scene(table)
        prepare(scene.lod)
        for curve in scene.curves:
            # Worked out here rather than in the first frame.
            _ = curve.levels
        return scene

    def told(self, known: tuple[str, int, int]) -> None:
        """Take in how far it is."""
        words, done, whole = known
        self.fraction = done / whole if whole else 1.0
        self.words = tr("Opening {file}: {what}", file=self.path.name, what=words)
        self.progressed.emit()


def read_table(
    path: Path, progress: Callable[[str, int, int], object], cancel: Callable[[], bool]
) -> TraceTable:
    """Read a trace file in a process of its own; call it on a thread that may wait.

    Raises:
        TraceError: it is no trace or cannot be read; one line that says why.
        TraceCancelledError: ``cancel`` returned true.
    """
    from diptych.profiling.trace.opener import start_open

    handle = start_open(path)
    try:
        while not (state := handle.poll()).over:
            if cancel():
                raise TraceCancelledError
            progress(state.what, state.done, state.total)
            time.sleep(_POLL)
    finally:
        handle.cancel()
    if state.error is not None:
        raise TraceError(state.error)
    if state.table is None:
        raise TraceCancelledError
    return state.table


class Traces(QObject):
    """``upper`` is the trace that is shown, ``lower`` the one below it, for comparison."""

    changed = Signal()
    """Another trace is shown, or none."""
    opening_changed = Signal()
    failed = Signal(object)
    """A file (its path) could not be opened; ``trouble`` says why."""
    trouble = Signal(object)
    wanted = Signal()
    """Somebody wants the timeline to be seen."""
    jump_wanted = Signal(int)
    """Row of the upper trace that is to be selected and shown."""
    brush_changed = Signal()
    """Another stretch of the upper trace is selected, or none."""
    occurrences_changed = Signal()
    sql_wanted = Signal()
    """Somebody wants to ask the upper trace in SQL."""

    def __init__(self, memory: Memory | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._memory = memory
        self.upper: Scene | None = None
        self.lower: Scene | None = None
        self.opening: Opening | None = None
        self.brush: tuple[int, int] | None = None
        """The selected stretch, in ns of the upper trace's table."""
        self.occurrences: Int64 = np.empty(0, np.int64)
        """Slices of the upper trace that are gone through one by one, by start."""
        self.occurrence = -1
        """Which of them is the present one; −1 before the first."""

    @property
    def in_use(self) -> bool:
        """Whether a trace is open, or will be."""
        return self.upper is not None or self.opening is not None

    @property
    def recent(self) -> list[Path]:
        """Files that were opened before, the latest first."""
        kept = self._memory.get(_RECENT) if self._memory is not None else None
        texts = kept if isinstance(kept, list) else []
        return [Path(text) for text in texts if isinstance(text, str)]

    def open(self, path: Path, place: Place = "upper", *, show: bool = True) -> None:
        """Open a file; what was being opened is no longer. ``show`` brings the timeline up."""
        self.cancel()
        opening = Opening(path.absolute(), place, self)
        self.opening = opening
        if show:
            self.wanted.emit()
        self.opening_changed.emit()
        jobs.start_told(
            self,
            opening.work,
            lambda scene: self._opened(opening, scene),
            lambda error: self._failed(opening, error),
            opening.told,
        )

    def cancel(self) -> None:
        """Give up what is being opened."""
        if self.opening is not None:
            self.opening.cancel()
            self._end(self.opening)

    def close_lower(self) -> None:
        """Show one trace only."""
        if self.lower is not None:
            self.lower = None
            self.changed.emit()

    def jump(self, row: int) -> None:
        """Bring a slice of the upper trace into sight and select it."""
        self.wanted.emit()
        self.jump_wanted.emit(row)

    def set_brush(self, brush: tuple[int, int] | None) -> None:
        """Select a stretch of the upper trace, or with ``None`` none."""
        if brush != self.brush:
            self.brush = brush
            self.brush_changed.emit()

    def set_occurrences(self, rows: Int64, at: int = -1) -> None:
        """Let `go` lead from one of these slices of the upper trace to the next."""
        self.occurrences, self.occurrence = rows, at if 0 <= at < len(rows) else -1
        self.occurrences_changed.emit()

    def step(self, by: int) -> int:
        """Make the next occurrence (or the one before) the present one; −1 if there is none."""
        if not len(self.occurrences):
            return -1
        first = 0 if by > 0 else len(self.occurrences) - 1
        later = (self.occurrence + by) % len(self.occurrences)
        self.occurrence = first if self.occurrence < 0 else later
        self.occurrences_changed.emit()
        return int(self.occurrences[self.occurrence])

    def go(self, by: int) -> None:
        """Show the next occurrence (or the one before) in the timeline."""
        row = self.step(by)
        if row >= 0:
            self.jump(row)

    def show_frames(self, scene: Scene, *, on: bool) -> None:
        """Show or leave out Python's frames of an open trace; worked out aside."""
        from diptych.gui.models.trace_scene import make_scene

        def done(made: Scene) -> None:
            if scene in (self.upper, self.lower):
                self.show(made, "upper" if scene is self.upper else "lower")

        jobs.start(self, lambda: make_scene(scene.table, frames=on), done, lambda _: None)

    def show(self, scene: Scene, place: Place = "upper") -> None:
        """Show a trace that is ready."""
        if place == "upper" or self.upper is None:
            if self.upper is None or self.upper.table is not scene.table:
                self.set_brush(None)
                self.set_occurrences(self.occurrences[:0])
            self.upper = scene
        else:
            self.lower = scene
        self.changed.emit()

    def _opened(self, opening: Opening, scene: Scene) -> None:
        if opening.cancelled:
            return
        self._end(opening)
        self._remember(opening.path)
        self.show(scene, opening.place)

    def _failed(self, opening: Opening, error: Exception) -> None:
        if opening.cancelled:
            return
        self._end(opening)
        if isinstance(error, TraceCancelledError):
            return
        known = isinstance(error, TraceError | OSError)
        why = str(error) if known else f"{type(error).__name__}: {error}"
        do = tr("Choose a .json or .json.gz trace of PyTorch, MXNet or Chrome.")
        what = tr("{file} cannot be opened as a trace", file=opening.path.name)
        self.trouble.emit(Trouble(what, why, do, str(opening.path)))
        self.failed.emit(opening.path)

    def _end(self, opening: Opening) -> None:
        if self.opening is opening:
            self.opening = None
            opening.deleteLater()
            self.opening_changed.emit()

    def _remember(self, path: Path) -> None:
        if self._memory is not None:
            others = [str(known) for known in self.recent if known != path]
            with contextlib.suppress(OSError):
                self._memory.set(**{_RECENT: [str(path), *others][:_MOST_RECENT]})


def traces_of(owner: QObject) -> Traces:
    """Return the traces of whoever owns them, made at the first call."""
    return owner.findChild(Traces) or Traces(None, owner)


def losses(table: TraceTable) -> list[str]:
    """Return, each in a sentence, what of a file could not be used."""
    said = []
    if table.truncated is not None:
        at = (
            fmt.memory(table.truncated.at)
            if table.truncated.at >= 2**20
            else (tr("byte {at}", at=f"{table.truncated.at:,}"))
        )
        said.append(tr("truncated at {at}, everything before it is shown", at=at))
    if unusable := sum(lost(table).values()):
        said.append(trn("{n} event could not be used", "{n} events could not be used", unusable))
    return said


def arrow_words(table: TraceTable) -> str:
    """Return what is to be said of arrows that cannot be drawn; nothing where all can."""
    arrows = loose_arrows(table)
    if not arrows:
        return ""
    return trn(
        "{n} arrow leads outside the recording", "{n} arrows lead outside the recording", arrows
    )
