"""Is it fair? One line a check, ✓, ✗ or ?, with its evidence."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from diptych.gui.text import compare as words
from diptych.gui.text.plain import plain
from diptych.gui.text.tr import tr
from diptych.gui.theme import scaled
from diptych.gui.views.widgets import hairline, label
from diptych.profiling.compare.fairness_side import Line

_INKS = {"yes": "ok", "no": "warning", "unknown": "hint"}
_ORDER = ("no", "unknown", "yes")
_LONGEST = 600


class FairnessList(QWidget):
    """What does not hold stands first. The rows are made anew only when a line is another."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Line, ...] = ()
        self._columns = 1
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._inside = QWidget()
        self._column.addWidget(self._inside)
        self._column.addStretch(1)
        self.setAccessibleName(tr("Fairness list"))

    def arrange(self, columns: int) -> None:
        """Put the lines into so many columns."""
        if columns != self._columns:
            self._columns = columns
            self._build()

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show another list."""
        ordered = tuple(sorted(lines, key=lambda line: _ORDER.index(line.answer)))
        if ordered == self._lines:
            return
        self._lines = ordered
        told = (
            tr(
                "{title}: {answer}",
                title=words.line_title(line.code, line.title),
                answer=words.ANSWERS[line.answer][1],
            )
            for line in ordered
        )
        self.setAccessibleDescription("; ".join(told))
        self._build()

    def _build(self) -> None:
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(28)
        size = -(-len(self._lines) // self._columns)
        for first in range(0, len(self._lines), max(size, 1)):
            row.addWidget(_rows(self._lines[first : first + size]), 1, Qt.AlignmentFlag.AlignTop)
        self._column.replaceWidget(self._inside, inside)
        self._inside.hide()
        self._inside.deleteLater()
        self._inside = inside


def _rows(lines: Sequence[Line]) -> QWidget:
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(2, 1)
    for row, line in enumerate(lines):
        _fill(grid, 2 * row, line)
    return made


def _fill(grid: QGridLayout, row: int, line: Line) -> None:
    sign, said = words.ANSWERS[line.answer]
    mark = label(sign, ink=_INKS[line.answer], weight=600)
    mark.setFixedWidth(scaled(14))
    mark.setAccessibleName(said)
    mark.setToolTip(said)
    strong = line.answer == "no"
    title = label(words.line_title(line.code, line.title), weight=500 if strong else 400, wrap=True)
    title.setFixedWidth(scaled(172))
    evidence = label(_shown(line.evidence), ink=None if strong else "label", wrap=True)
    evidence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    evidence.setAccessibleName(
        tr("{title}: {answer}, {evidence}", title=title.text(), answer=said,
           evidence=evidence.text())
    )  # fmt: skip
    top = Qt.AlignmentFlag.AlignTop
    for column, widget in enumerate((mark, title, evidence)):
        grid.addWidget(widget, row, column, top if column < 2 else Qt.AlignmentFlag(0))
    grid.addWidget(hairline(), row + 1, 0, 1, 3)


def _shown(text: str) -> str:
    return plain(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


class Counts(QWidget):
    """How many lines hold, do not, and are not known."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(14)
        self._labels: dict[str, QLabel] = {}
        for answer in ("yes", "no", "unknown"):
            self._labels[answer] = label(ink=_INKS[answer], size=11)
            row.addWidget(self._labels[answer])

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Count another list."""
        for answer, widget in self._labels.items():
            n = sum(line.answer == answer for line in lines)
            sign, said = words.ANSWERS[answer]
            text = tr("{sign} {n} {answer}", sign=sign, n=n, answer=said)
            widget.setText(text)
            widget.setVisible(n > 0)
