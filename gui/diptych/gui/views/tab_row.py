"""The tabs, and beside them what belongs to the plots."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, scaled
from diptych.gui.theme.tokens import TABS
from diptych.gui.views.actions import TAB_TITLES
from diptych.gui.views.live_tools import LiveTools
from diptych.gui.views.widgets import part


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

    def __init__(
        self, names: Sequence[str], hub: RunHub, selection: Selection, follow: QAction
    ) -> None:
        super().__init__()
        part(self, "tabs")
        self.setFixedHeight(scaled(TABS))
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
        self._offer = QToolButton()
        self._offer.setFont(font(12, 500))
        self._offer.setProperty("toggle", True)
        self._offer.hide()
        row.addWidget(self._offer)
        self.tools = LiveTools(hub, selection, follow)
        row.addWidget(self.tools)
        row.setSpacing(8)

    def offer(self, action: QAction) -> None:
        """Have a button for ``action``, which `show_offer` shows."""
        self._offer.setDefaultAction(action)
        self._offer.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)

    def show_offer(self, on: bool) -> None:
        """Show the button, or hide it where it leads nowhere."""
        self._offer.setVisible(on)
        self._fit()

    def choose(self, number: int, *, plots: bool) -> None:
        """Mark a tab as the current one; ``plots`` says whether it has the time axis."""
        self._tabs[number].setChecked(True)
        self.tools.show_plots(plots)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell the tools how much room the tabs leave them."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        tabs = sum(tab.width() + 8 for tab in self._tabs)
        offer = 0 if self._offer.isHidden() else self._offer.sizeHint().width() + 8
        self.tools.fit(self.width() - tabs - offer - 24)
