"""The tabs, and beside them what belongs to the plots: the brush and Follow."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from diptych.gui.models.selection import Selection
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr
from diptych.gui.theme import bind_icon, current, font, scaled
from diptych.gui.theme.tokens import TABS
from diptych.gui.views.actions import TAB_TITLES
from diptych.gui.views.widgets import label, part


class _Tab(QPushButton):
    """One tab: the current one is underlined."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFont(font(12, 500))
        self.setFixedHeight(scaled(TABS))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(text) + 28)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        tokens = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bright = self.isChecked() or self.underMouse()
        painter.setPen(QColor(tokens.text1 if bright else tokens.text2))
        painter.setFont(self.font())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked():
            painter.setBrush(QColor(tokens.accent))
            painter.drawRect(QRectF(12, self.height() - 2, self.width() - 24, 2))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(5, 6, -5, -6), 5, 5)
        painter.end()


class TabRow(QWidget):
    """``chosen`` tells the number of the tab, from 0."""

    chosen = Signal(int)

    def __init__(self, names: Sequence[str], selection: Selection, follow: QAction) -> None:
        super().__init__()
        part(self, "tabs")
        self.setFixedHeight(scaled(TABS))
        self._selection = selection
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 12, 0)
        row.setSpacing(2)
        self._tabs = [_Tab(TAB_TITLES[name]) for name in names]
        for number, tab in enumerate(self._tabs):
            tip = tr("Show the tab {name} (Ctrl+{number})", name=tab.text(), number=number + 1)
            tab.setToolTip(tip)
            tab.setAccessibleDescription(tip)
            tab.clicked.connect(lambda _=False, number=number: self.chosen.emit(number))
            row.addWidget(tab)
        row.addStretch(1)
        self._axis = label(tr("Elapsed since each run began"), ink="hint", size=11)
        self._brush = QPushButton()
        self._brush.setFont(font(12, 500))
        self._brush.setAccessibleName(tr("Clear the brush"))
        self._brush.setToolTip(tr("Clear the brush (Esc)"))
        self._brush.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self._brush.setProperty("link", True)
        bind_icon(self._brush, "cross", "accent")
        self._brush.clicked.connect(lambda: selection.set_range(None))
        self._follow = QToolButton()
        self._follow.setDefaultAction(follow)
        self._follow.setFont(font(12, 500))
        self._follow.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._follow.setProperty("toggle", True)
        self._follow.setAccessibleName(follow.text())
        follow.toggled.connect(lambda on: follow.setIconText(_follow_words(on)))
        follow.setIconText(_follow_words(follow.isChecked()))
        for widget in (self._axis, self._brush, self._follow):
            row.addWidget(widget)
        row.setSpacing(8)
        selection.range_changed.connect(self._show_brush)
        selection.shown_changed.connect(self._show_brush)
        self._show_brush()

    def choose(self, number: int, *, plots: bool) -> None:
        """Mark a tab as the current one; ``plots`` says whether it has the time axis."""
        self._tabs[number].setChecked(True)
        self._follow.setVisible(plots)
        self._plots = plots
        self._show_brush()

    _plots = True

    def _show_brush(self) -> None:
        span = self._selection.range
        self._brush.setVisible(span is not None)
        self._axis.setVisible(self._plots and span is None and len(self._selection.shown) > 1)
        if span is not None:
            low, high = (fmt.fixed(value, 1) for value in span)
            self._brush.setText(f"{low} – {high}{fmt.NBSP}s")


def _follow_words(on: bool) -> str:
    words = tr("Following") if on else tr("Follow")
    return f" {words}"
