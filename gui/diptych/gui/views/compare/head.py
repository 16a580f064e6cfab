"""The verdict: a sentence, its interval, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from diptych.gui.models.comparing import Found
from diptych.gui.models.selection import Look
from diptych.gui.text import compare as words
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, manager
from diptych.gui.views.compare.interval_plot import IntervalPlot
from diptych.gui.views.compare.sentence import Sentence
from diptych.gui.views.widgets import Mark, hairline, label, part
from diptych.profiling.compare.comparison import Comparison


class Head(QFrame):
    """Tab stops at it; its accessible name is the verdict itself."""

    def __init__(self) -> None:
        super().__init__()
        part(self, "card")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.verdict = Sentence(20, 600)
        self.evidence = label(wrap=True)
        self.evidence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.settles = label(ink="warning", wrap=True)
        self.noise = label(ink="label", size=11, wrap=True)
        self.method = label(ink="hint", size=11, wrap=True)
        self.others = QWidget()
        self._rows = QVBoxLayout(self.others)
        self._rows.setContentsMargins(0, 2, 0, 2)
        self._rows.setSpacing(6)
        self.plot = IntervalPlot()
        left = QVBoxLayout()
        left.setSpacing(6)
        for widget in (
            self.verdict, self.evidence, self.others, self.settles, self.noise, self.method,
        ):  # fmt: skip
            left.addWidget(widget)
        left.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 14, 14, 14)
        row.setSpacing(16)
        row.addLayout(left, 1)
        row.addWidget(hairline(vertical=True))
        row.addWidget(self.plot)
        manager().changed.connect(self.update)

    def show_found(self, found: Found, looks: Sequence[Look]) -> None:
        """Say how it came out."""
        comparison, pictures = found.comparison, found.pictures
        if comparison is None or pictures is None:
            return
        sentence = words.headline(comparison)
        self.verdict.tell(sentence, looks)
        self.setAccessibleName(words.bare(sentence))
        two = len(comparison.sides) == 2
        told = words.evidence(comparison, 1, pictures.medians) if two else ""
        _say(self.evidence, told)
        _say(self.settles, _doubts(comparison) if two else "")
        _say(self.noise, words.noise(comparison))
        _say(self.method, words.method(comparison))
        self._fill_others(comparison, pictures.medians, looks, several=not two)
        self.plot.show_comparison(comparison, looks)
        self.setAccessibleDescription(" ".join([told, words.noise(comparison)]))

    def _fill_others(
        self,
        comparison: Comparison,
        medians: Sequence[float],
        looks: Sequence[Look],
        *,
        several: bool,
    ) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.others.setVisible(several)
        for side in range(1, len(comparison.sides)) if several else ():
            self._rows.addWidget(_other(comparison, side, medians, looks))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ring around what has the focus."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(current().accent), 2.0))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 5, 5)
            painter.end()


def _doubts(comparison: Comparison) -> str:
    said = (words.settles(comparison.verdicts[1]), words.check(comparison, 1))
    return " ".join(filter(None, said))


def _say(widget: QLabel, text: str) -> None:
    widget.setText(text)
    widget.setVisible(bool(text))


def _other(
    comparison: Comparison, side: int, medians: Sequence[float], looks: Sequence[Look]
) -> QWidget:
    """Return the row of one of several sides: its verdict, and what it rests on."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    row.addWidget(
        Mark(square=looks[side].square, colour=looks[side].colour),
        0,
        Qt.AlignmentFlag.AlignTop,
    )
    column = QVBoxLayout()
    column.setSpacing(1)
    sentence = Sentence(12, 500)
    sentence.tell(words.side_sentence(comparison, side), looks)
    column.addWidget(sentence)
    rest = words.evidence(comparison, side, medians)
    doubts = words.settles(comparison.verdicts[side])
    column.addWidget(label(" ".join(filter(None, (rest, doubts))), ink="label", size=11, wrap=True))
    row.addLayout(column, 1)
    made.setAccessibleName(tr("{verdict}. {rest}", verdict=sentence.text, rest=rest))
    return made
