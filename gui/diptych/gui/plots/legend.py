"""The legend of a plot: names, marks and the values under the crosshair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from diptych.gui.plots import paint
from diptych.gui.plots.items import line_pen
from diptych.gui.plots.reading import Reading
from diptych.gui.plots.series import Kind
from diptych.gui.text.format import number
from diptych.gui.theme import current, font

_GAP, _NARROW = 14, 7
_INNER = 4
_SIGN = {"dot": 8, "square": 8, "swatch": 9, "line": 16, "dash": 16}


@dataclass(frozen=True, slots=True)
class Entry:
    """A sign (``dot``, ``square``, ``swatch``, ``line``, ``dash``), a name, values.

    ``values`` are (text, colour or ``None``). ``rank`` says what is left out
    first where there is little room: 0 never, 1 the name, 2 all of it.
    """

    sign: str
    colour: str
    name: str
    values: tuple[tuple[str, str | None], ...] = ()
    rank: int = 0

    @property
    def text(self) -> str:
        """The entry in words."""
        return " ".join([self.name, *(value for value, _ in self.values)]).strip()


def entries(readings: Sequence[Reading], show: Callable[[float], str] = number) -> list[Entry]:
    """Return the legend for what was read, in the order of the series."""
    if any(reading.series.kind is Kind.STACK for reading in readings):
        return _stacked(readings, show)
    made: list[Entry] = []
    by_group: dict[str, list[Reading]] = {}
    for reading in readings:
        by_group.setdefault(reading.series.group, []).append(reading)
    alone = all(len(group) == 1 for group in by_group.values())
    for name, group in by_group.items():
        first = group[0].series
        if alone:
            value = (show(group[0].value), None)
            label = first.label or name
            made.append(Entry(first.mark, first.colour, label, (value,)))
            continue
        made.append(Entry(first.mark, first.colour, name))
        for reading in group:
            series = reading.series
            sign = "dash" if series.dashed else "line"
            value = (show(reading.value), None)
            made.append(Entry(sign, series.colour, series.label, (value,), rank=1))
    return made


def _stacked(readings: Sequence[Reading], show: Callable[[float], str]) -> list[Entry]:
    series = readings[0].series
    made = []
    for row, (name, colour) in enumerate(zip(series.labels, series.colours, strict=True)):
        values = tuple(
            (show(r.parts[row]) if row < len(r.parts) else "—", r.series.colour) for r in readings
        )
        made.append(Entry("swatch", colour, name, values, rank=1))
    return made


class Legend(QWidget):
    """Paints entries, right-aligned. ``entries`` is what it shows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self._gap = _GAP
        self.setMinimumHeight(20)

    def set_entries(self, made: Sequence[Entry]) -> None:
        """Show other entries."""
        if list(made) != self.entries:
            self.entries = list(made)
            words = ", ".join(entry.text for entry in self.entries)
            self.setAccessibleName(words)
            # Whole, where there is too little room for the names.
            self.setToolTip(words)
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint as many entries as there is room for, the last at the right edge."""
        painter = QPainter(self)
        plain, strong = font(11), font(11, 600)
        shown = self._fitting(QFontMetricsF(plain), QFontMetricsF(strong))
        x = float(self.width())
        for entry, named in reversed(shown):
            x -= _width(entry, named, QFontMetricsF(plain), QFontMetricsF(strong))
            self._paint(painter, x, entry, named)
            x -= self._gap

    def _fitting(self, plain: QFontMetricsF, strong: QFontMetricsF) -> list[tuple[Entry, bool]]:
        """Move closer, leave out the names of lines, then from the left, until it fits."""
        for self._gap, spare in ((_GAP, False), (_NARROW, False), (_NARROW, True)):
            shown = [(entry, not spare or not entry.rank) for entry in self.entries]
            each = [_width(e, named, plain, strong) + self._gap for e, named in shown]
            if sum(each) - self._gap <= self.width():
                return shown
        while shown and sum(each) - self._gap > self.width():
            del shown[0], each[0]
        return shown

    def _paint(self, painter: QPainter, x: float, entry: Entry, named: bool) -> None:
        tokens = current()
        middle = self.height() / 2
        _sign(painter, x, middle, entry)
        x += _SIGN[entry.sign] + _INNER
        parts = [(entry.name, tokens.text2, font(11))] if named and entry.name else []
        parts += [(v, _text_colour(c), font(11, 600)) for v, c in entry.values]
        for text, colour, face in parts:
            painter.setFont(face)
            painter.setPen(QColor(colour))
            width = QFontMetricsF(face).horizontalAdvance(text)
            box = QRectF(x, 0, width + 2, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
            x += width + _INNER


def _text_colour(colour: str | None) -> str:
    """Only the first torch and mxnet colours may colour text; the rest would not be legible."""
    tokens = current()
    return colour if colour in (tokens.torch[0], tokens.mxnet[0]) and colour else tokens.text1


def _width(entry: Entry, named: bool, plain: QFontMetricsF, strong: QFontMetricsF) -> float:
    width = float(_SIGN[entry.sign])
    if named and entry.name:
        width += _INNER + plain.horizontalAdvance(entry.name)
    return width + sum(_INNER + strong.horizontalAdvance(text) for text, _ in entry.values)


def _sign(painter: QPainter, x: float, middle: float, entry: Entry) -> None:
    size = _SIGN[entry.sign]
    if entry.sign in ("line", "dash"):
        painter.setPen(line_pen(entry.colour, dashed=entry.sign == "dash"))
        y = round(middle) + 0.5
        painter.drawLine(QPointF(x, y), QPointF(x + size, y))
        return
    painter.setPen(Qt.PenStyle.NoPen)
    shape = "dot" if entry.sign == "dot" else "square"
    paint.paint_mark(painter, QPointF(x + size / 2, middle), size / 2, entry.colour, shape)
