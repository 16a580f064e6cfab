"""The stretch of time that all plots of a view show, its crosshair and its brush."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from diptych.gui.plots.scale import SECONDS, Unit

Span = tuple[float, float]


class TimeView(QObject):
    """Places on the axis that plots share: seconds since each run began, or step numbers.

    While *following*, the view's end stays at the newest data: all of it, or
    as long a stretch as was chosen by zooming. What is not live is not followed. ``range_changed``,
    ``cross_changed``, ``brush_changed`` and ``follow_changed`` say what moved.
    """

    range_changed = Signal()
    cross_changed = Signal()
    brush_changed = Signal()
    follow_changed = Signal(bool)
    unit_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.unit = SECONDS
        self._extent: Span = (0.0, 1.0)
        self._range: Span = (0.0, 1.0)
        self._length: float | None = None
        self._follow = self._live = True
        self._cross: float | None = None
        self._brush: Span | None = None

    @property
    def range(self) -> Span:
        """First and last second that are shown."""
        return self._range

    @property
    def extent(self) -> Span:
        """From 0 to the newest data."""
        return self._extent

    @property
    def following(self) -> bool:
        """Whether the view stays at the newest data."""
        return self._follow

    @property
    def cross(self) -> float | None:
        """Where the crosshair stands."""
        return self._cross

    @property
    def brush(self) -> Span | None:
        """The selected stretch."""
        return self._brush

    def set_unit(self, unit: Unit, last: float, span: Span | None, brush: Span | None) -> None:
        """Count something else from now on: up to ``last``, with ``span`` and ``brush`` in it.

        Without a ``span``, all is shown.
        """
        self.unit = unit
        self._extent = (0.0, max(last, unit.least))
        self._length = None if span is None else max(span[1] - span[0], unit.least)
        self._cross, self._brush = None, brush
        self._range = self._extent if span is None else (span[0], span[0] + (self._length or 1.0))
        if self._follow:
            self._go_to_end()
        for changed in (self.unit_changed, self.range_changed, self.cross_changed):
            changed.emit()
        self.brush_changed.emit()

    def set_extent(self, last: float) -> None:
        """Say where the newest data is."""
        last = max(last, self.unit.least)
        if last == self._extent[1]:
            return
        whole = self._range == self._extent
        self._extent = (0.0, last)
        if self._follow or (whole and not self._live):
            self._go_to_end()

    def set_range(self, low: float, high: float) -> None:
        """Show that stretch, and follow no longer."""
        self._follow_quietly(False)
        self._show(low, high)

    def set_follow(self, follow: bool) -> None:
        """Stay at the newest data, or stop doing so."""
        self._follow_quietly(follow and self._live)
        if follow and not self._live:
            self.follow_changed.emit(False)
        if follow:
            self._go_to_end()

    def set_live(self, live: bool) -> None:
        """Say whether more data may come; where none does there is nothing to follow."""
        self._live = live
        if not live:
            self._follow_quietly(False)

    def go_to_newest(self) -> None:
        """Show as much as now, up to the newest; follow it where more comes."""
        low, high = self._range
        if self._live:
            self.set_follow(True)
        else:
            self.set_range(self._extent[1] - (high - low), self._extent[1])

    def fit(self) -> None:
        """Show everything, and the newest that comes."""
        self._length = None
        self.set_follow(True)

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Show ``factor`` times as much, around ``at``, which ends following.

        Without ``at`` it is around the middle, or while following up to the end.
        """
        low, high = self._range
        length = min(
            max((high - low) * factor, self.unit.least),
            max(self._extent[1] * 1.05, self.unit.least),
        )
        if self._follow and at is None:
            self._length = None if length >= self._extent[1] else length
            self._go_to_end()
            return
        centre = (low + high) / 2 if at is None else at
        start = centre - (centre - low) * length / (high - low)
        self._follow_quietly(False)
        self._show(start, start + length)

    def pan(self, seconds: float) -> None:
        """Move by ``seconds``, and follow no longer."""
        self.set_range(self._range[0] + seconds, self._range[1] + seconds)

    def set_cross(self, at: float | None) -> None:
        """Put the crosshair there, or take it away."""
        if at != self._cross:
            self._cross = at
            self.cross_changed.emit()

    def set_brush(self, brush: Span | None) -> None:
        """Select a stretch, or nothing; an empty one is nothing."""
        if brush is not None:
            brush = (max(0.0, min(brush)), max(brush))
            brush = brush if brush[1] - brush[0] > 1e-9 else None
        if brush != self._brush:
            self._brush = brush
            self.brush_changed.emit()

    def _follow_quietly(self, follow: bool) -> None:
        if follow != self._follow:
            self._follow = follow
            low, high = self._range
            length = high - low
            self._length = length if follow and length < self._extent[1] * 0.98 else None
            self.follow_changed.emit(follow)

    def _go_to_end(self) -> None:
        last = self._extent[1]
        first = 0.0 if self._length is None else max(0.0, last - self._length)
        self._set(first, last if self._length is None else max(last, self._length))

    def _show(self, low: float, high: float) -> None:
        """Keep the stretch's length and some data in sight."""
        length = max(high - low, self.unit.least)
        last = self._extent[1]
        low = min(max(low, -0.1 * length), max(last - 0.1 * length, 0.0))
        self._set(low, low + length)

    def _set(self, low: float, high: float) -> None:
        if (low, high) != self._range:
            self._range = (low, high)
            self.range_changed.emit()
