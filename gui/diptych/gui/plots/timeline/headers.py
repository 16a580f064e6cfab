"""The names at the left of the lanes, and the axes of the curves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPixmap

from diptych.gui.models.trace_layout import Placed
from diptych.gui.plots.items import line_pen
from diptych.gui.plots.scale import Axis
from diptych.gui.plots.timeline.picture import curve_room
from diptych.gui.plots.timeline.strip import margin
from diptych.gui.theme import Tokens, font, pixmap, scaled

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def chevron() -> int:
    """Return the pixels at the left that collapse a band."""
    return scaled(24)


def _axis_room() -> int:
    return scaled(44)


def paint_names(
    placed: Sequence[Placed],
    ranges: Sequence[Axis],
    size: tuple[int, int],
    current_key: str,
    tokens: Tokens,
    ratio: float,
    pinned: int,
) -> QPixmap:
    """Return the column of names; the readings of curves are left out."""
    made = QPixmap(round(margin() * ratio), max(1, round(size[1] * ratio)))
    made.setDevicePixelRatio(ratio)
    made.fill(QColor(tokens.bg1))
    painter = QPainter(made)
    for part in (False, True):
        painter.setClipRect(QRect(0, 0 if part else pinned, margin(), size[1]))
        for item in placed:
            if item.band.pinned is part and item.bottom > 0 and item.y < size[1]:
                top = _top(item, 0 if part else pinned)
                _name(painter, item, top, tokens, current=item.band.key == current_key)
                if item.band.curve >= 0:
                    _axis(painter, item, ranges[item.band.curve], tokens)
    painter.setClipping(False)
    painter.setPen(line_pen(tokens.line1))
    painter.drawLine(margin() - 1, 0, margin() - 1, size[1])
    painter.end()
    return made


def _below(item: Placed) -> bool:
    """Whether there is room for the details below the title."""
    return item.band.height >= scaled(40)


def _top(item: Placed, edge: int) -> int:
    """Return where the name of a band begins: it stays in sight while any of its lanes is.

    ``edge`` is the first pixel in which lanes of its kind are seen. A curve's
    name stays beside its axis.
    """
    if item.band.curve >= 0:
        return item.y
    needed = scaled(18) + (scaled(16) + 9 if _below(item) else 8)
    return max(item.y, min(edge, item.bottom - needed))


def _name(painter: QPainter, item: Placed, at: int, tokens: Tokens, *, current: bool) -> None:
    band = item.band
    box = QRectF(0, item.y, margin() - 1, band.height)
    if current:
        painter.fillRect(box.adjusted(0, 0, 0, -1), QColor(tokens.selection))
    if band.pinned:
        painter.fillRect(QRectF(0, item.y, 2, band.height - 1), QColor(tokens.accent))
    below = _below(item)
    top, line = at + (5 if below else 4), scaled(18)
    icon = "chevron-right" if band.collapsed else "chevron-down"
    painter.drawPixmap(
        8,
        int(top + line / 2 - scaled(6)),
        pixmap(icon, tokens.text2, scaled(12), painter.device().devicePixelRatioF()),
    )
    painter.setFont(font(12, 600))
    wide = margin() - chevron() - 8 - (_axis_room() if band.curve >= 0 else 0)
    metrics = QFontMetricsF(painter.font())
    title = metrics.elidedText(band.title, Qt.TextElideMode.ElideRight, wide)
    painter.setPen(QColor(tokens.text1))
    painter.drawText(QRectF(chevron(), top, wide, line), _LEFT, title)
    used = metrics.horizontalAdvance(title) + 6
    painter.setFont(font(11))
    painter.setPen(QColor(tokens.text2))
    place = (
        QRectF(chevron(), top + line - 1, wide, scaled(16))
        if below
        else QRectF(chevron() + used, top, wide - used, line)
    )
    if place.width() > scaled(24):
        detail = QFontMetricsF(painter.font()).elidedText(
            band.detail, Qt.TextElideMode.ElideRight, place.width()
        )
        painter.drawText(place, _LEFT, detail)
    painter.setPen(line_pen(tokens.line1))
    painter.drawLine(0, item.bottom - 1, margin(), item.bottom - 1)


def _axis(painter: QPainter, item: Placed, rule: Axis, tokens: Tokens) -> None:
    if item.band.collapsed:
        return
    above, below = curve_room(item)
    painter.setFont(font(11))
    painter.setPen(QColor(tokens.text3))
    for value in (rule.low, rule.high):
        share = (value - rule.low) / (rule.high - rule.low)
        y = below - share * (below - above)
        painter.drawText(
            QRectF(margin() - _axis_room() - 6, y - scaled(8), _axis_room(), scaled(16)),
            _RIGHT,
            rule.label(value),
        )


def paint_reading(painter: QPainter, item: Placed, text: str, tokens: Tokens) -> None:
    """Write what a curve says under the crosshair, below its name."""
    painter.setFont(font(11))
    painter.setPen(QColor(tokens.text2))
    if item.band.collapsed:
        place = QRectF(margin() - scaled(78) - 6, item.y + 4, scaled(78), scaled(18))
        painter.drawText(place, _RIGHT, text)
    else:
        place = QRectF(
            chevron(), item.y + scaled(18) + 4, margin() - chevron() - _axis_room() - 8, scaled(16)
        )
        painter.drawText(place, _LEFT, text)
