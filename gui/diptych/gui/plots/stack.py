"""Plots one above the other, with one time axis, crosshair, brush and overview."""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from diptych.gui.plots.foot import Foot
from diptych.gui.plots.overview import Overview
from diptych.gui.plots.row import HEAD, Row
from diptych.gui.plots.timeview import TimeView

_TURN = 0.006
"""Seconds of drawing before the rest of the window gets a turn."""

_TURNS = 4
"""Turns that others get at the most before a picture is drawn."""


class PlotStack(QWidget):
    """Rows over a shared time axis; scrolls where they do not fit.

    Keys: Space follow, F all, + and − zoom, ← and → move, Esc clears the brush.
    """

    def __init__(self, time: TimeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.time = time
        self.rows: list[Row] = []
        self._turns = 0
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
        heads = sum(HEAD + 2 for _ in shown)
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
            row.setFixedHeight(HEAD + 2 + int(each * count))

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
        """Steer the time axis."""
        if not self._steer(Qt.Key(event.key())):
            super().keyPressEvent(event)

    def _steer(self, key: Qt.Key) -> bool:
        time = self.time
        tenth = (time.range[1] - time.range[0]) / 10
        if key is Qt.Key.Key_Space:
            time.set_follow(not time.following)
        elif key is Qt.Key.Key_F:
            time.fit()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            time.zoom(0.7, time.cross)
        elif key is Qt.Key.Key_Minus:
            time.zoom(1 / 0.7, time.cross)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            time.pan(-tenth if key is Qt.Key.Key_Left else tenth)
        elif key is Qt.Key.Key_Escape and time.brush is not None:
            time.set_brush(None)
        else:
            return False
        return True
