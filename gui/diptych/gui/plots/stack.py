"""Plots one above the other, with one time axis, crosshair, brush and overview."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from diptych.gui.plots.foot import Foot
from diptych.gui.plots.keys import steer
from diptych.gui.plots.overview import Overview
from diptych.gui.plots.paint import RIGHT, margin
from diptych.gui.plots.row import Row, head
from diptych.gui.plots.timeview import TimeView
from diptych.gui.text.tr import tr

_TURN = 0.006
"""Seconds of drawing before the rest of the window gets a turn."""

_TURNS = 4
"""Turns that others get at the most before a picture is drawn."""


class PlotStack(QWidget):
    """Rows over a shared axis; scrolls where they do not fit. For its keys see ``keys``."""

    def __init__(self, time: TimeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.time = time
        self.rows: list[Row] = []
        self._turns = 0
        self.other_keys: Callable[[QKeyEvent], bool] = lambda _event: False
        """Is asked what to do with keys that do not steer the axis."""
        self.overview = Overview(time)
        self.foot = Foot(time)
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(0)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.overview)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self.foot)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Plots"))
        self.setAccessibleDescription(
            tr("Arrow keys move, plus and minus zoom, Ctrl with arrows moves the crosshair.")
        )
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._draw_some)
        self._scroll.verticalScrollBar().valueChanged.connect(self._soon)
        self._scroll.viewport().installEventFilter(self)

    def add_row(self, row: Row) -> None:
        """Put ``row`` below the others."""
        self.rows.append(row)
        self._column.insertWidget(self._column.count() - 1, row)
        row.folded_changed.connect(self.fit_heights)
        row.outdated.connect(self._soon)

    def fit_heights(self) -> None:
        """Share the height among the rows; where it is short, each gets its least."""
        shown = [row for row in self.rows if not row.isHidden()]
        top = head() + 2
        heads = top * len(shown)
        open_rows = [(row, max(1, len(row.charts))) for row in shown if not row.folded]
        wanted = sum(row.wanted * n for row, n in open_rows)
        least = sum(row.least * n for row, n in open_rows)
        room = self._scroll.viewport().height() - heads
        spare = max(0, room - least)
        share = spare / max(1, sum((row.wanted - row.least + 1) * n for row, n in open_rows))
        for row in shown:
            count = 0 if row.folded else max(1, len(row.charts))
            grow = (row.wanted - row.least + 1) * share if room < wanted else None
            each = row.least + grow if grow is not None else row.wanted * room / max(1, wanted)
            row.setFixedHeight(top + int(each * count))

    def place_in_view(self, place: float) -> QPoint:
        """Return where a place on the axis is, in pixels of the stack, at the top of the plots."""
        low, high = self.time.range
        width = self._scroll.viewport().width() - margin() - RIGHT
        x = margin() + (place - low) / (high - low) * width
        return QPoint(int(x), self._scroll.y())

    def _soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _draw_some(self) -> None:
        """Draw what is outdated and in sight, all plots at once: they show one time.

        What takes long is prepared before; after some milliseconds of it others have a turn.
        """
        begun = perf_counter()
        charts = [chart for row in self.rows for chart in row.charts]
        for chart in charts:
            # While the time moves on, what was prepared is soon void: not for ever.
            if perf_counter() - begun > _TURN and self._turns < _TURNS:
                self._turns += 1
                self._soon()
                return
            chart.prepare()
        self._turns = 0
        for chart in charts:
            chart.redraw()

    def _align(self) -> None:
        """Keep axis and overview as wide as the plots beside a scroll bar."""
        inset = self.width() - self._scroll.viewport().width()
        for widget in (self.foot, self.overview):
            widget.inset = inset
            widget.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Share the new height, and keep the axes as wide as the plots."""
        if event.type() is QEvent.Type.Resize and watched is self._scroll.viewport():
            self.fit_heights()
            self._align()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Steer the shared axis; other keys are for ``other_keys``."""
        if not steer(self.time, event) and not self.other_keys(event):
            super().keyPressEvent(event)
