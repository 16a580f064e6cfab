"""The panel beside the table: one slice, its arguments and stack, with links that jump."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.trace_details import Details, Fact
from diptych.gui.plots.timeline.palette import slice_colour
from diptych.gui.text.timeline import rich
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, mono, scaled
from diptych.gui.views.widgets import Elided, hairline, icon_button, label, part

_NAME = 96


class Swatch(QWidget):
    """A square in the colour of a slice."""

    def __init__(self) -> None:
        super().__init__()
        self.colour = "other"
        self.setFixedSize(12, 12)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(slice_colour(current(), self.colour)))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 2, 2)
        painter.end()


class DetailsPanel(QWidget):
    """``jump_wanted`` tells which slice a link leads to."""

    jump_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        part(self, "stage")
        self.shown: Details | None = None
        self.setAccessibleName(tr("Details of the selected slice"))
        self._swatch = Swatch()
        self.title = Elided(weight=600)
        self.copy = icon_button("copy", tr("Copy the details"))
        self.copy.clicked.connect(self._copy)
        head = QHBoxLayout()
        head.setContentsMargins(16, 4, 8, 4)
        head.setSpacing(8)
        for widget, stretch in ((self._swatch, 0), (self.title, 1), (self.copy, 0)):
            head.addWidget(widget, stretch)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(hairline())
        whole.addWidget(self._scroll, 1)
        self.show_nothing()

    def show_nothing(self) -> None:
        """Say how to get something shown here."""
        self.shown = None
        self._swatch.hide()
        self.copy.hide()
        self.title.show_text(tr("No slice selected"))
        page = QWidget()
        part(page, "stage")
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 8, 16, 8)
        text = tr(
            "Click a slice, or press → in the lanes, to see its arguments, its stack, "
            "and what launched it."
        )
        column.addWidget(label(text, ink="label", wrap=True))
        column.addStretch(1)
        self._scroll.setWidget(page)

    def show_details(self, details: Details) -> None:
        """Show what is known of a slice."""
        self.shown = details
        self._swatch.colour = details.colour
        self._swatch.show()
        self._swatch.update()
        self.copy.show()
        self.title.show_text(details.title)
        page = QWidget()
        part(page, "stage")
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(self._grid(details.facts))
        if details.arguments or details.arguments_note:
            column.addWidget(label(tr("Arguments"), weight=600))
            if details.arguments_note:
                column.addWidget(label(details.arguments_note, ink="warning", wrap=True))
            column.addLayout(self._grid(details.arguments))
        if details.stack:
            column.addWidget(label(tr("Stack, innermost first"), weight=600))
            for frame in details.stack:
                column.addWidget(self._link(frame, fixed=True))
        column.addStretch(1)
        self._scroll.setWidget(page)

    def _grid(self, facts: Sequence[Fact]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        grid.setColumnMinimumWidth(0, scaled(_NAME))
        grid.setColumnStretch(1, 1)
        for at, fact in enumerate(facts):
            name = Elided(fact.name, ink="label")
            name.setFixedWidth(scaled(_NAME))
            grid.addWidget(name, at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(self._link(fact) if fact.row >= 0 else _text(fact), at, 1)
        return grid

    def _link(self, fact: Fact, *, fixed: bool = False) -> QWidget:
        made = _Link(fact.value, fixed=fixed)
        words = tr("{name}: {value}", name=fact.name, value=fact.value) if fact.name else fact.value
        made.setAccessibleName(words)
        made.setToolTip(rich([fact.hint or fact.value, tr("Click to go there")]))
        made.clicked.connect(lambda _=False, row=fact.row: self.jump_wanted.emit(row))
        return made

    def _copy(self) -> None:
        if self.shown is not None:
            QGuiApplication.clipboard().setText(self.shown.text())


class _Link(QAbstractButton):
    """A link that is cut where there is no room; as high as a line of text."""

    def __init__(self, text: str, *, fixed: bool) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFont(mono(11) if fixed else font(12, 500))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.whole = text
        self.setText(text)
        self.setFixedHeight(self.fontMetrics().height() + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it, from the left edge on."""
        tokens = current()
        painter = QPainter(self)
        wide = min(self.width(), self.fontMetrics().horizontalAdvance(self.whole) + 4)
        if self.underMouse():
            painter.fillRect(0, 0, wide, self.height(), QColor(tokens.bg3))
        painter.setFont(self.font())
        painter.setPen(QColor(tokens.accent))
        text = self.fontMetrics().elidedText(
            self.whole, Qt.TextElideMode.ElideRight, self.width() - 2
        )
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, text)
        if self.hasFocus():
            painter.drawRoundedRect(self.rect().adjusted(0, 0, wide - self.width() - 1, -1), 3, 3)
        painter.end()


def _text(fact: Fact) -> QLabel:
    made = label(fact.value, wrap=True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    if fact.hint and fact.hint != fact.value:
        made.setToolTip(rich([fact.hint]))
    return made
