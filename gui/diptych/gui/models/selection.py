"""What the window looks at: which runs, which stretch of time, whether it follows.

Lives on the GUI thread. A run keeps its colour for as long as it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from diptych.gui.models.placing import AXES, Axis
from diptych.gui.theme import current
from diptych.profiling.runs.snapshot import RunSnapshot

Span = tuple[float, float]

MOST = 6
"""Runs that can be shown at once: as many as have a colour of their own."""


@dataclass(frozen=True, slots=True)
class Look:
    """How one run is drawn: hue by ``framework``, shade by ``index`` (0–2)."""

    framework: str | None
    index: int

    @property
    def colour(self) -> str:
        """``#RRGGBB`` in the theme shown now."""
        return current().run_colour(self.framework, self.index)

    @property
    def square(self) -> bool:
        """Whether the mark is ■ (MXNet); else it is ●."""
        return self.framework == "mxnet"


class Selection(QObject):
    """Shown runs, brush, crosshair, follow flag, pause.

    Places are seconds since each run's own origin, or step numbers, by
    `axis`, so that runs overlay. ``models.brush.brushed`` says which stretch
    of a run the brush is.
    """

    shown_changed = Signal()
    """Which runs are shown, or how one is drawn."""
    range_changed = Signal()
    cursor_changed = Signal()
    follow_changed = Signal(bool)
    axis_changed = Signal()
    """Brush and crosshair speak of the new axis already."""
    paused_changed = Signal()
    window_wanted = Signal(str, int, int)
    """Somebody asks for the operators of a profile window: run, rank, number."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[str, ...] = ()
        self._looks: dict[str, Look] = {}
        self._frameworks: dict[str, str | None] = {}
        self._range: tuple[float, float] | None = None
        self._cursor: float | None = None
        self._follow = True
        self._axis: Axis = "time"
        self._held: dict[str, RunSnapshot] | None = None
        self.convert: Callable[[Span, Axis], Span | None] = lambda _span, _axis: None
        """Turns a span of the axis into one of the other axis; set by whoever knows the runs."""

    @property
    def shown(self) -> tuple[str, ...]:
        """Ids of the shown runs, in the order in which they were chosen."""
        return self._shown

    def show(self, run_ids: Iterable[str]) -> None:
        """Show these runs, `MOST` at the most; the brush is cleared when they are others."""
        wanted = tuple(dict.fromkeys(run_ids))[:MOST]
        if wanted == self._shown:
            return
        self._shown = wanted
        self._assign()
        if self._range is not None:
            self.set_range(None)
        self.set_cursor(None)
        self.hold(None)
        self.shown_changed.emit()

    def learn(self, frameworks: Mapping[str, str | None]) -> None:
        """Take in which framework each run has; ``None`` and ``auto`` mean not known yet."""
        self._frameworks.update(frameworks)
        before = dict(self._looks)
        self._assign()
        if before != self._looks:
            self.shown_changed.emit()

    def _assign(self) -> None:
        kept = {
            run: look
            for run, look in self._looks.items()
            if run in self._shown and look.framework == self._frameworks.get(run)
        }
        for run in self._shown:
            if run not in kept:
                framework = self._frameworks.get(run)
                kept[run] = Look(framework, _free(framework, kept.values()))
        self._looks = kept

    def look(self, run_id: str) -> Look:
        """Return how the run is drawn; for one that is not shown, how it would be first."""
        return self._looks.get(run_id) or Look(self._frameworks.get(run_id), 0)

    def colour(self, run_id: str) -> str:
        """Return the run's colour, ``#RRGGBB``, in the theme shown now."""
        return self.look(run_id).colour

    @property
    def range(self) -> tuple[float, float] | None:
        """The brushed stretch in seconds, start before end; ``None`` when there is none."""
        return self._range

    def set_range(self, span: tuple[float, float] | None) -> None:
        """Brush a stretch, or clear the brush."""
        ordered = None if span is None else (min(span), max(span))
        if ordered != self._range:
            self._range = ordered
            self.range_changed.emit()

    @property
    def cursor(self) -> float | None:
        """Where the crosshair stands, in seconds; ``None`` when nowhere."""
        return self._cursor

    def set_cursor(self, seconds: float | None) -> None:
        """Move the crosshair of every plot."""
        if seconds != self._cursor:
            self._cursor = seconds
            self.cursor_changed.emit()

    @property
    def axis(self) -> Axis:
        """What the shared axis counts: seconds, or steps."""
        return self._axis

    def set_axis(self, axis: object) -> None:
        """Count something else; the brush stays on the same steps. Unknown ones change nothing."""
        chosen = next((known for known in AXES if known == axis), self._axis)
        if chosen == self._axis:
            return
        span = None if self._range is None else self.convert(self._range, chosen)
        self._axis, self._range, self._cursor = chosen, span, None
        for changed in (self.axis_changed, self.range_changed, self.cursor_changed):
            changed.emit()

    @property
    def held(self) -> Mapping[str, RunSnapshot] | None:
        """While paused: what was known of each run then. Else ``None``."""
        return self._held

    def hold(self, snapshots: Mapping[str, RunSnapshot] | None) -> None:
        """Pause: numbers and pictures speak of ``snapshots``; with ``None`` go on."""
        if (snapshots is None) != (self._held is None):
            self._held = None if snapshots is None else dict(snapshots)
            self.paused_changed.emit()

    def seen(self, run: str, newest: RunSnapshot | None) -> RunSnapshot | None:
        """Return what is to be shown of a run: while paused what was known then."""
        return newest if self._held is None else self._held.get(run, newest)

    @property
    def follow(self) -> bool:
        """Whether the plots stay at the newest step."""
        return self._follow

    def set_follow(self, follow: bool) -> None:
        """Follow the newest step, or stay."""
        if follow != self._follow:
            self._follow = follow
            self.follow_changed.emit(follow)


def _free(framework: str | None, looks: Iterable[Look]) -> int:
    """Return the first shade of the framework's hue that nobody has, else the least used."""
    hue = framework == "mxnet"
    used: Sequence[int] = [look.index for look in looks if look.square == hue]
    return min(range(3), key=lambda index: (used.count(index), index))
