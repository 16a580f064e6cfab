"""A card of the lower half of the Compare view: a head, and a content or why there is none."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.selection import Look
from diptych.gui.plots.compare.look import MOST_NAMED, looks_of
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, manager, pixmap, scaled
from diptych.gui.views.widgets import Elided, ElidedCombo, Mark, label, part
from diptych.profiling.compare.comparison import Comparison


class Panel(QFrame):
    """``head`` takes what stands right of the title, ``column`` the content."""

    def __init__(self, title: str) -> None:
        super().__init__()
        part(self, "card")
        self.comparison: Comparison | None = None
        self.looks: list[Look] = []
        self.title = Elided(title, weight=600)
        self.setAccessibleName(title)
        self.head = QHBoxLayout()
        self.head.setSpacing(8)
        self.head.addWidget(self.title, 1)
        self.nothing = label(ink="label", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setContentsMargins(24, 16, 24, 16)
        self.nothing.setMinimumHeight(scaled(64))
        self.inside = QWidget()
        self.column = QVBoxLayout(self.inside)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(6)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(14, 10, 14, 12)
        whole.setSpacing(8)
        whole.addLayout(self.head)
        whole.addWidget(self.nothing, 1)
        whole.addWidget(self.inside, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.explain(tr("No comparison is open."))

    def take(self, comparison: Comparison | None, looks: Sequence[Look] | None) -> None:
        """Keep what is to be shown; without looks the sides get those of `looks_of`."""
        self.comparison = comparison
        self.looks = list(looks or looks_of(comparison)) if comparison is not None else []

    @property
    def has_content(self) -> bool:
        """Whether there is more to see than a reason."""
        return self.inside.isVisibleTo(self)

    def explain(self, reason: str) -> None:
        """Say why there is nothing; with "" the content is shown."""
        self.nothing.setText(reason)
        self.nothing.setVisible(bool(reason))
        self.inside.setVisible(not reason)
        self.setAccessibleDescription(reason)


class SideChoice(QWidget):
    """Which side is held against the first; hidden while there are only two.

    ``chosen`` tells the number of the side when a person chooses another.
    """

    chosen = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.box = ElidedCombo()
        self.box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.box.setFixedWidth(scaled(180))
        self.box.setAccessibleName(name)
        self.box.activated.connect(lambda at: self.chosen.emit(at + 1))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(label(tr("against"), ink="label"))
        row.addWidget(self.box)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.hide()

    @property
    def side(self) -> int:
        """The number of the side, 1 at least."""
        return max(self.box.currentIndex(), 0) + 1

    def offer(self, comparison: Comparison | None) -> None:
        """Offer the sides; the one that was chosen stays where it is still there."""
        labels = [side.label for side in comparison.sides[1:]] if comparison else []
        if labels != [self.box.itemText(at) for at in range(self.box.count())]:
            before = self.box.currentText()
            self.box.clear()
            self.box.addItems(labels)
            self.box.setCurrentIndex(max(self.box.findText(before), 0) if labels else -1)
        self.setVisible(len(labels) > 1)

    def choose(self, side: int) -> None:
        """Choose a side without a signal."""
        if 0 < side <= self.box.count():
            self.box.setCurrentIndex(side - 1)


class Legend(QWidget):
    """Mark and name of sides, in a row; of many sides nothing: their names stand in the plot."""

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._sides: list[tuple[str, Look]] = []
        manager().changed.connect(self._draw)

    def show_sides(self, labels: Sequence[str], looks: Sequence[Look]) -> None:
        """Name these sides."""
        self._sides = list(zip(labels, looks, strict=True))
        self._draw()

    def _draw(self) -> None:
        clear(self._row)
        if len(self._sides) > MOST_NAMED:
            return
        for name, look in self._sides:
            self._row.addWidget(Mark(square=look.square, colour=look.colour))
            self._row.addWidget(label(name, ink="label", size=11))
            self._row.addSpacing(6)


class More(QWidget):
    """What the two colours of bars say: which side takes more."""

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._labels: tuple[str, ...] = ()
        self._looks: tuple[Look, ...] = ()
        manager().changed.connect(self._draw)

    def show_sides(self, labels: tuple[str, ...], looks: tuple[Look, ...]) -> None:
        """Name these sides."""
        self._labels, self._looks = labels, looks
        self._draw()

    def _draw(self) -> None:
        clear(self._row)
        for name, look in zip(self._labels, self._looks, strict=True):
            self._row.addWidget(Mark(square=True, colour=look.colour))
            text = tr("{side} takes more", side=name)
            self._row.addWidget(label(text, ink="label", size=11))
            self._row.addSpacing(8)
        self._row.addStretch(1)


class Cautions(QWidget):
    """Sentences that warn, one below the other; hidden without any."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 2, 0, 0)
        self._column.setSpacing(3)
        self.hide()
        manager().changed.connect(self._draw)

    def show_texts(self, texts: list[str]) -> None:
        """Say these."""
        self.texts = texts
        self._draw()

    def _draw(self) -> None:
        clear(self._column)
        for text in self.texts:
            sign = QLabel()
            sign.setPixmap(pixmap("warning", current().warning, 14, self.devicePixelRatioF()))
            sign.setAlignment(Qt.AlignmentFlag.AlignTop)
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(6)
            row.addWidget(sign)
            row.addWidget(label(text, ink="label", size=11, wrap=True), 1)
            self._column.addWidget(line)
        self.setVisible(bool(self.texts))


def clear(layout: QLayout) -> None:
    """Take everything out of a layout."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()


def hint(text: str = "") -> Elided:
    """Return a line of small print."""
    return Elided(text, ink="hint", size=11)
