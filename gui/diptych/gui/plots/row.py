"""A row of the stack: title, unit, legend, and one chart or one for each run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from diptych.gui.plots.chart import Chart
from diptych.gui.plots.items import line_pen
from diptych.gui.plots.legend import Entry, Legend, entries
from diptych.gui.plots.marks import Marks
from diptych.gui.plots.paint import RIGHT
from diptych.gui.plots.series import Kind, Series
from diptych.gui.plots.timeview import TimeView
from diptych.gui.text.format import number
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, scaled

_LEGEND_MS = 120


def head() -> int:
    """Return how high the line with title and legend is."""
    return scaled(24)


class Title(QWidget):
    """Title and unit; a click, or Enter, folds the row."""

    toggled = Signal()

    def __init__(self, title: str, unit: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.unit = title, unit
        self.folded = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setToolTip(tr("Fold or unfold (Enter)"))
        self.setAccessibleName(f"{title}, {unit}" if unit else title)

    def sizeHint(self) -> QSize:
        """Return the room that title and unit need."""
        width = 28 + QFontMetricsF(font(12, 600)).horizontalAdvance(self.title)
        return QSize(int(width + QFontMetricsF(font(11)).horizontalAdvance(self.unit)) + 12, head())

    def minimumSizeHint(self) -> QSize:
        """Return the room for the title alone."""
        width = 32 + QFontMetricsF(font(12, 600)).horizontalAdvance(self.title)
        return QSize(int(width), head())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the chevron, title and unit."""
        tokens, painter = current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(line_pen(tokens.text3))
        y = self.height() / 2
        if self.underMouse() or self.hasFocus() or self.folded:
            tips = [(3, -3), (6, 0), (3, 3)] if self.folded else [(1, -1.5), (4, 1.5), (7, -1.5)]
            painter.drawPolyline([QPointF(1 + dx, y + dy) for dx, dy in tips])
        x = 13.0
        for text, face, colour in (
            (self.title, font(12, 600), tokens.text1),
            (self.unit, font(11), tokens.text3),
        ):
            painter.setFont(face)
            painter.setPen(QColor(colour))
            metrics = QFontMetricsF(face)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, self.width() - x)
            shown = shown if len(shown) > len(text) // 2 else ""
            box = QRectF(x, 0, self.width() - x, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)
            x += metrics.horizontalAdvance(text) + 8 if text else 0
        if self.hasFocus():
            painter.setPen(QColor(tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Fold or unfold."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.toggled.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Fold or unfold with Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.toggled.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the focus is gone."""
        super().focusOutEvent(event)
        self.update()


def _signature(series: Series) -> tuple[object, ...]:
    size = len(series.t)
    last = (int(series.t[-1]), float(series.values[-1])) if size else ()
    return (series.group, series.label, series.colour, series.per, series.key, size, *last)


class Row(QWidget):
    """One plot of the stack, or one a run when ``each`` is set.

    ``height`` is what one chart should have, ``least`` what it needs, before the type is scaled.
    """

    folded_changed = Signal()
    outdated = Signal()
    """A chart has something newer to draw."""
    mark_chosen = Signal(object)
    place_chosen = Signal(object, float, float)
    """This row, the place on the axis that was clicked, and how much of it is near."""
    menu_wanted = Signal(object, object)
    """This row, and where."""

    def __init__(
        self,
        key: str,
        title: str,
        unit: str,
        time: TimeView,
        *,
        height: int = 60,
        least: int = 48,
        zero: bool = True,
        named: bool = False,
        each: bool = False,
        top: float | None = None,
        show: Callable[[float], str] = number,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.key, self.each = key, each
        self.wanted, self.least = scaled(height), scaled(least)
        self._time, self._zero, self._named = time, zero, named
        self._top, self._show = top, show
        self.title = Title(title, unit)
        self.legend = Legend()
        self.charts: list[Chart] = []
        self._shown: object = None
        self.folded = False
        self._lay_out()
        self.title.toggled.connect(self.toggle)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_LEGEND_MS)
        self._later.timeout.connect(self.update_legend)
        time.cross_changed.connect(self.update_legend)

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setContentsMargins(3, 0, RIGHT, 0)
        line.setSpacing(12)
        line.addWidget(self.title)
        line.addWidget(self.legend, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 2, 0, 0)
        self._column.setSpacing(0)
        self._column.addLayout(line)

    def is_news(self, series: Sequence[Series], marks: Marks) -> bool:
        """Whether `set_series` would change the picture.

        Of lines of samples the last row tells; other columns may change in their midst.
        """
        lines = all(s.kind is Kind.LINE for s in series)
        signature = (marks, tuple(_signature(s) for s in series)) if lines else None
        same = signature is not None and signature == self._shown
        self._shown = signature
        return not same

    def set_series(self, series: Sequence[Series], marks: dict[str, Marks], shared: Marks) -> None:
        """Take ``series``; ``marks`` by group for charts of one run each, else ``shared``."""
        groups = list(dict.fromkeys(s.group for s in series)) if self.each else [""]
        while len(self.charts) > len(groups):
            self._drop(self.charts.pop())
        while len(self.charts) < len(groups):
            self._add()
        for chart, group in zip(self.charts, groups, strict=True):
            chart.peers = self.charts
            own = [s for s in series if not self.each or s.group == group]
            chart.tag = (group, own[0].colour, own[0].mark) if self.each and own else None
            chart.set_series(own, marks.get(group, Marks()) if self.each else shared)

    def _add(self) -> None:
        chart = Chart(self._time, zero=self._zero, named=self._named, parent=self)
        chart.top = self._top
        chart.setVisible(not self.folded)
        chart.redrawn.connect(self._legend_soon)
        chart.outdated.connect(self.outdated)
        chart.mark_chosen.connect(self.mark_chosen)
        chart.place_chosen.connect(partial(self.place_chosen.emit, self))
        chart.menu_wanted.connect(partial(self.menu_wanted.emit, self))
        chart.setAccessibleName(self.title.title)
        self.charts.append(chart)
        self._column.addWidget(chart, 1)

    def _drop(self, chart: Chart) -> None:
        self._column.removeWidget(chart)
        chart.hide()
        chart.deleteLater()

    def _legend_soon(self) -> None:
        """Read the newest: at once at first, then no faster than anybody can read."""
        if not self.legend.entries or self._time.cross is not None:
            self.update_legend()
        elif not self._later.isActive():
            self._later.start()

    def update_legend(self) -> None:
        """Read the curves under the crosshair anew."""
        if self.folded or not self.isVisible():
            return
        self.legend.pointing = self._time.cross is not None
        self.legend.set_entries(self.current_entries())

    def current_entries(self) -> list[Entry]:
        """Return what the legend says for the crosshair's place, or for the newest data."""
        at = self._time.cross
        made = entries([r for chart in self.charts for r in chart.readings(at)], self._show)
        limits = self.charts[0].marks.limits if self.charts else ()
        tokens = current()
        extra = [
            Entry("dash", tokens.text2, name, ((self._show(value), None),))
            for value, name in limits
        ]
        return extra + made

    def toggle(self) -> None:
        """Fold or unfold the charts."""
        self.folded = not self.folded
        self.title.folded = self.folded
        self.title.update()
        for chart in self.charts:
            chart.setVisible(not self.folded)
        self.legend.setVisible(not self.folded)
        self.folded_changed.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the hairline above."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(current().bg1))
        painter.setPen(line_pen(current().line1))
        painter.drawLine(0, 0, self.width(), 0)
