"""The legend of a plot: names, marks and the values under the crosshair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from diptych.gui.plots import paint
from diptych.gui.plots.items import line_pen
from diptych.gui.plots.reading import Reading
from diptych.gui.plots.series import Kind
from diptych.gui.text.format import UNKNOWN, number
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, scaled

_GAP, _NARROW = 14, 7
_INNER = 4
_MOST = 250
"""Pixels for which the title has to give way at the most."""
_SHORT = {"forward": "fwd", "backward": "bwd", "optimizer": "opt"}
_SIGN = {"dot": 8, "square": 8, "swatch": 9, "line": 16, "dash": 16}


@dataclass(frozen=True, slots=True)
class Entry:
    """A sign (``dot``, ``square``, ``swatch``, ``line``, ``dash``), a name, values.

    ``values`` are (text, colour or ``None``), ``why`` says why they are not
    known. Of ``rank`` 1 the name may be left out where there is little room;
    ``short`` is a shorter one.
    """

    sign: str
    colour: str
    name: str
    values: tuple[tuple[str, str | None], ...] = ()
    rank: int = 0
    short: str = ""
    why: str = ""

    @property
    def text(self) -> str:
        """The entry in words."""
        words = " ".join([self.name, *(value for value, _ in self.values)]).strip()
        return f"{words} ({self.why})" if self.why and UNKNOWN in words else words

    def without_name(self) -> Entry:
        """Return what is left where there is no room for names."""
        return replace(self, name="") if self.rank else self

    def shortened(self) -> Entry:
        """Return it with its shorter name."""
        return replace(self, name=self.short or self.name)

    def without_values(self) -> Entry:
        """Return what is left where there is no room for values."""
        return replace(self, values=())


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
            value = (_text(group[0], show), None)
            label = first.label or name
            made.append(Entry(first.mark, first.colour, label, (value,), 1, why=_why(group[0])))
            continue
        made.append(Entry(first.mark, first.colour, name, rank=1))
        for reading in group:
            series = reading.series
            sign = "dash" if series.dashed else "line"
            value = (_text(reading, show), None)
            why = _why(reading)
            made.append(Entry(sign, series.colour, series.label, (value,), rank=1, why=why))
    return made


def _text(reading: Reading, show: Callable[[float], str]) -> str:
    return "NaN" if reading.lost else show(reading.value)


def _why(reading: Reading) -> str:
    """Return why a value is not known: nothing was recorded there, or what the series says."""
    if reading.lost:
        return reading.lost
    if isfinite(reading.value):
        return ""
    return reading.series.why or tr("nothing was recorded there")


def _stacked(readings: Sequence[Reading], show: Callable[[float], str]) -> list[Entry]:
    series = readings[0].series
    made = []
    why = tr("no step there")
    for row, (name, colour) in enumerate(zip(series.labels, series.colours, strict=True)):
        values = tuple(
            (show(r.parts[row]) if row < len(r.parts) else UNKNOWN, r.series.colour)
            for r in readings
        )
        made.append(Entry("swatch", colour, name, values, 1, _SHORT.get(name, ""), why))
    return made


class Legend(QWidget):
    """Paints entries, right-aligned. ``entries`` is what it shows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self.pointing = False
        """Whether the values are those under a crosshair: then they matter more than names."""
        self._least = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_entries(self, made: Sequence[Entry]) -> None:
        """Show other entries."""
        if list(made) != self.entries:
            self.entries = list(made)
            words = ", ".join(entry.text for entry in self.entries)
            self.setAccessibleName(words)
            # Whole, where there is too little room for the names.
            self.setToolTip(as_plain(words))
            self._ask_for_room()
            self.update()

    def _ask_for_room(self) -> None:
        """Let the title give way to the names of a stack, or a value of each run."""
        least = [e.without_values() if e.sign == "swatch" else e for e in self.entries]
        least = [e.shortened() if e.sign == "swatch" else e.without_name() for e in least]
        least = [e for e in least if e.sign != "dash"]
        wanted = sum(map(_width, least)) + _NARROW * max(0, len(least) - 1)
        if abs(wanted - self._least) > _NARROW:
            self._least = wanted
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """Return the room for what must be seen."""
        return QSize(int(min(self._least, scaled(_MOST))) + 2, scaled(20))

    def sizeHint(self) -> QSize:
        """Return the same: more is taken where there is more."""
        return self.minimumSizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint as many entries as there is room for, the last at the right edge."""
        painter = QPainter(self)
        paint_entries(painter, QRectF(self.rect()), self.entries, pointing=self.pointing)


def as_plain(text: str) -> str:
    """Return ``text`` so that a tooltip shows it as it is, tags included."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<qt>{escaped}</qt>" if escaped != text else text


def paint_entries(
    painter: QPainter, rect: QRectF, entries: Sequence[Entry], *, pointing: bool = False
) -> None:
    """Paint as many of ``entries`` as ``rect`` has room for, the last at its right edge."""
    shown, gap = fitting(entries, rect.width(), pointing=pointing)
    x = rect.right()
    for entry in reversed(shown):
        x -= _width(entry)
        _paint(painter, x, rect, entry)
        x -= gap


def fitting(entries: Sequence[Entry], room: float, *, pointing: bool) -> tuple[list[Entry], float]:
    """Return what of ``entries`` fits, and the gap between two of them.

    First they move closer, then names get shorter, then values go, or names
    where a crosshair asks for values; at last entries from the left.
    """
    bare = [entry.without_name() for entry in entries]
    short = [entry.shortened() for entry in entries]
    named = [entry.without_values() for entry in entries if entry.name]
    brief = [entry.shortened() for entry in named]
    stacked = any(entry.sign == "swatch" for entry in entries)
    if stacked:
        tries = [list(entries), short, bare] if pointing else [list(entries), short]
        tries += [named, brief]
    else:
        solid = [entry for entry in entries if entry.sign != "dash"]
        tries = [list(entries), solid, bare, [entry.without_name() for entry in solid]]
    if sum(map(_width, entries)) + _GAP * (len(entries) - 1) <= room:
        return list(entries), _GAP
    for shown in tries:
        if sum(map(_width, shown)) + _NARROW * (len(shown) - 1) <= room:
            return shown, _NARROW
    left = list(tries[-1])
    while left and sum(map(_width, left)) + _NARROW * (len(left) - 1) > room:
        del left[0]
    return left, _NARROW


def _paint(painter: QPainter, x: float, rect: QRectF, entry: Entry) -> None:
    tokens = current()
    _sign(painter, x, rect.center().y(), entry)
    x += scaled(_SIGN[entry.sign]) + _INNER
    parts = [(entry.name, tokens.text2, font(11))] if entry.name else []
    parts += [(v, _text_colour(c), font(11, 600)) for v, c in entry.values]
    for text, colour, face in parts:
        painter.setFont(face)
        painter.setPen(QColor(colour))
        width = QFontMetricsF(face).horizontalAdvance(text)
        box = QRectF(x, rect.top(), width + 2, rect.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
        x += width + _INNER


def _text_colour(colour: str | None) -> str:
    """Only the first torch and mxnet colours may colour text; the rest would not be legible."""
    tokens = current()
    return colour if colour in (tokens.torch[0], tokens.mxnet[0]) and colour else tokens.text1


def _width(entry: Entry) -> float:
    plain, strong = QFontMetricsF(font(11)), QFontMetricsF(font(11, 600))
    width = float(scaled(_SIGN[entry.sign]))
    if entry.name:
        width += _INNER + plain.horizontalAdvance(entry.name)
    return width + sum(_INNER + strong.horizontalAdvance(text) for text, _ in entry.values)


def _sign(painter: QPainter, x: float, middle: float, entry: Entry) -> None:
    size = scaled(_SIGN[entry.sign])
    if entry.sign in ("line", "dash"):
        painter.setPen(line_pen(entry.colour, dashed=entry.sign == "dash"))
        y = round(middle) + 0.5
        painter.drawLine(QPointF(x, y), QPointF(x + size, y))
        return
    painter.setPen(Qt.PenStyle.NoPen)
    shape = "dot" if entry.sign == "dot" else "square"
    paint.paint_mark(painter, QPointF(x + size / 2, middle), size / 2, entry.colour, shape)
