"""The line below the timeline: what the colours mean, and the keys that one needs most."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from diptych.gui.models.trace_names import legend
from diptych.gui.plots.items import line_pen
from diptych.gui.plots.timeline.palette import slice_colour
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager, scaled

_HEIGHT = 24


class TimelineFoot(QWidget):
    """Legend and hints; what has no room is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.colours: Sequence[str] = ()
        self.hints = tr("W/S zoom   A/D move   F fit   M mark   Shift+drag select   / search")
        self.setFixedHeight(scaled(_HEIGHT))
        self.setAccessibleName(tr("Colours and keys"))
        manager().changed.connect(self.update)

    def show_colours(self, colours: Sequence[str]) -> None:
        """Say what these colours mean."""
        self.colours = colours
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        tokens = current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(tokens.bg1))
        painter.setPen(line_pen(tokens.line1))
        painter.drawLine(0, 0, self.width(), 0)
        painter.setFont(font(11))
        metrics = QFontMetricsF(painter.font())
        room = self.width() - metrics.horizontalAdvance(self.hints) - 32
        middle = Qt.AlignmentFlag.AlignVCenter
        x = 16.0
        for colour in self.colours:
            words = legend(colour)
            wide = metrics.horizontalAdvance(words)
            if x + wide + 16 > self.width() - 16:
                break
            painter.fillRect(
                QRectF(x, (self.height() - 8) / 2, 9, 9), QColor(slice_colour(tokens, colour))
            )
            painter.setPen(QColor(tokens.text2))
            painter.drawText(QRectF(x + 14, 0, wide + 2, self.height()), middle, words)
            x += wide + 30
        if x < room:
            painter.setPen(QColor(tokens.text3))
            box = QRectF(room, 0, self.width() - room - 16, self.height())
            painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, self.hints)
        painter.end()
