"""A small card about one step: what was different in it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from diptych.gui.text import format as fmt
from diptych.gui.text.outlier import (
    PHASE_WORDS,
    difference,
    different,
    headline,
    the_same,
    unknown,
)
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, scaled
from diptych.gui.views.widgets import Bar, Mark, icon_button, label, link
from diptych.profiling.runs.outlier import Explanation

_WIDE = 336
_APART = 14
"""Pixels between the card and the step that it speaks of."""
_LOUD = 0.2
"""A phase with this part of the difference is written strongly."""


class StepCard(QFrame):
    """Phase by phase against the steps around it, and what the records know besides.

    Esc, × or a click beside every mark closes it; ``stepped`` asks for the
    unusual step after it (1) or before it (−1), ``brush_wanted`` for a brush.
    """

    closed = Signal()
    stepped = Signal(int)
    brush_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("part", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedWidth(scaled(_WIDE))
        self.found: Explanation | None = None
        self._mark, self.title = Mark(), label(size=13, weight=600)
        self._before = icon_button("chevron-up", tr("Unusual step before"), "Shift+P")
        self._after = icon_button("chevron-down", tr("Next unusual step"), "Shift+N")
        self._close = icon_button("cross", tr("Close"), "Esc")
        self.headline = label(wrap=True)
        self._body = QWidget()
        self._brush = link(tr("Select the steps around it"))
        self._lay_out()
        self._before.clicked.connect(lambda: self.stepped.emit(-1))
        self._after.clicked.connect(lambda: self.stepped.emit(1))
        self._close.clicked.connect(self.closed)
        self._brush.clicked.connect(self.brush_wanted)
        self.hide()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._mark)
        head.addWidget(self.title, 1)
        for button in (self._before, self._after, self._close):
            head.addWidget(button)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 8, 8, 10)
        self._column.setSpacing(6)
        self._column.addLayout(head)
        self._column.addWidget(self.headline)
        self._column.addWidget(self._body)
        self._column.addWidget(self._brush, 0, Qt.AlignmentFlag.AlignLeft)

    def show_step(self, found: Explanation, name: str, *, square: bool, colour: str) -> None:
        """Fill the card; ``name`` is the run's."""
        self.found = found
        self._mark.look(square=square, colour=colour)
        self.title.setText(tr("Step {n}, {run}", n=f"{found.n:,}", run=name))
        self.headline.setText(headline(found))
        old, self._body = self._body, self._make_body(found)
        self._column.replaceWidget(old, self._body)
        old.hide()
        old.deleteLater()
        self.setAccessibleName(self.title.text())
        self.setAccessibleDescription("\n".join(self.words()))
        self.adjustSize()

    def words(self) -> list[str]:
        """Return what the card says, line by line."""
        found = self.found
        if found is None:
            return []
        lines = [self.title.text(), self.headline.text()]
        for line in (found.gap, *found.phases):
            parts = (_length(line.here), _length(line.usual), difference(line))
            lines.append(" ".join((PHASE_WORDS[line.name], *parts)))
        return [*lines, *different(found), _same(found), _unknown(found)]

    def _make_body(self, found: Explanation) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 2, 4, 2)
        column.setSpacing(4)
        column.addLayout(self._table(found))
        column.addSpacing(4)
        sentences = different(found)
        if not sentences:
            column.addWidget(label(tr("Nothing else that is recorded was different."), wrap=True))
        for sentence in sentences:
            column.addWidget(label(sentence, wrap=True, weight=500))
        for text in (_same(found), _unknown(found)):
            if text:
                column.addWidget(label(text, ink="label", size=11, wrap=True))
        return body

    def _table(self, found: Explanation) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for column, text in ((2, tr("here")), (3, tr("around it")), (4, tr("more"))):
            grid.addWidget(label(text, ink="label", size=11), 0, column, right)
        lines = (*found.phases, found.gap)
        most = max((abs(line.more or 0.0) for line in lines), default=0.0)
        colours = (*current().phases, current().text3)
        for row, (line, colour) in enumerate(zip(lines, colours, strict=True), 1):
            loud = most > 0 and abs(line.more or 0.0) > _LOUD * most
            grid.addWidget(label(PHASE_WORDS[line.name], ink="label"), row, 0)
            bar = Bar(64, 6)
            bar.show_fraction(max(0.0, line.more or 0.0) / most if most else 0.0, colour)
            grid.addWidget(bar, row, 1, Qt.AlignmentFlag.AlignVCenter)
            for column, text in enumerate((_length(line.here), _length(line.usual)), 2):
                grid.addWidget(_number(text), row, column, right)
            grid.addWidget(_number(difference(line), 600 if loud else 400), row, 4, right)
        return grid

    def stand_at(self, at: QPoint, room: QRect) -> None:
        """Stand beside ``at``, within ``room`` (both in pixels of the parent)."""
        self.adjustSize()
        right = at.x() + _APART
        left = at.x() - _APART - self.width()
        x = right if right + self.width() <= room.right() else max(room.left(), left)
        y = max(room.top(), min(at.y() + _APART, room.bottom() - self.height()))
        self.move(x, y)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close with Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


def _number(text: str, weight: int = 400) -> QLabel:
    return label(text, weight=weight)


def _length(ns: float | None) -> str:
    return fmt.duration(ns)


def _same(found: Explanation) -> str:
    names = the_same(found)
    return tr("Not different: {names}.", names=names) if names else ""


def _unknown(found: Explanation) -> str:
    names = unknown(found)
    return tr("Not known: {names}.", names=names) if names else ""
