"""The stretch of time that a timeline shows, its crosshair and its brush.

One `Span` may serve two traces on one ruler. Times are nanoseconds on the
ruler, as floats: exact up to weeks.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

LEAST = 20.0
"""Nothing shorter is shown, in ns."""
Stretch = tuple[float, float]


class Span(QObject):
    """``changed``, ``cross_changed`` and ``brush_changed`` say what moved."""

    changed = Signal()
    cross_changed = Signal()
    brush_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._extent: Stretch = (0.0, 1e6)
        self._low, self._high = self._extent
        self._cross: float | None = None
        self._brush: Stretch | None = None

    @property
    def low(self) -> float:
        """First instant in sight."""
        return self._low

    @property
    def high(self) -> float:
        """Last instant in sight."""
        return self._high

    @property
    def length(self) -> float:
        """How much is in sight."""
        return self._high - self._low

    @property
    def extent(self) -> Stretch:
        """All that there is."""
        return self._extent

    @property
    def cross(self) -> float | None:
        """Where the crosshair stands."""
        return self._cross

    @property
    def brush(self) -> Stretch | None:
        """The selected stretch, start before end."""
        return self._brush

    def set_extent(self, low: float, high: float, *, fit: bool) -> None:
        """Say what there is; ``fit`` shows all of it."""
        self._extent = (low, max(high, low + LEAST))
        if fit:
            self.fit()
        else:
            self.show(self._low, self._high)

    def fit(self) -> None:
        """Show everything, with a little room at both ends."""
        low, high = self._extent
        room = (high - low) * 0.01
        self._set(low - room, high + room)

    def show(self, low: float, high: float) -> None:
        """Show a stretch, of which some lies within what there is."""
        first, last = self._extent
        most = (last - first) * 1.1 + LEAST
        length = min(max(high - low, LEAST), most)
        if high - low > most or high - low < LEAST:
            low = (low + high - length) / 2
        low = min(max(low, first - 0.9 * length), last - 0.1 * length)
        self._set(low, low + length)

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Show ``factor`` times as much; what is at ``at`` (else the middle) stays there."""
        centre = (self._low + self._high) / 2 if at is None else at
        first, last = self._extent
        length = min(max(self.length * factor, LEAST), (last - first) * 1.1 + LEAST)
        low = centre - (centre - self._low) * length / self.length
        self.show(low, low + length)

    def pan(self, share: float) -> None:
        """Move by a share of what is in sight."""
        move = self.length * share
        self.show(self._low + move, self._high + move)

    def reveal(self, low: float, high: float) -> None:
        """Move, and show more if need be, so that a stretch is in sight and wide enough to see."""
        wide = high - low
        if wide > self.length or wide < self.length / 400:
            room = max(wide, LEAST)
            self.show(low - 2 * room, high + 2 * room)
        elif low < self._low or high > self._high:
            middle = (low + high) / 2
            self.show(middle - self.length / 2, middle + self.length / 2)

    def set_cross(self, at: float | None) -> None:
        """Put the crosshair there, or take it away."""
        if at != self._cross:
            self._cross = at
            self.cross_changed.emit()

    def set_brush(self, brush: Stretch | None) -> None:
        """Select a stretch, or nothing; an empty one is nothing."""
        if brush is not None:
            brush = (min(brush), max(brush))
            brush = brush if brush[1] > brush[0] else None
        if brush != self._brush:
            self._brush = brush
            self.brush_changed.emit()

    def _set(self, low: float, high: float) -> None:
        if (low, high) != (self._low, self._high):
            self._low, self._high = low, high
            self.changed.emit()
