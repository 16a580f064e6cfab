"""Names as rows of grey pixels, each drawn by Qt once and stamped from then on.

Drawing text is what costs most in a timeline: thousands of labels a frame
would take tens of milliseconds as text, and take one as pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from diptych.gui.theme import font, scaled

_WIDEST = 420
_SIZE = 11


def line_height() -> int:
    """Return the logical pixels of a line of text."""
    return scaled(14)


class Glyphs:
    """The names of one trace as pixels, at one pixel ratio.

    ``offset`` is −1 for a name that was not drawn yet. The last number is the ellipsis.
    """

    def __init__(self, names: Sequence[str], ratio: float) -> None:
        self._names = names
        self.ratio = ratio
        self.dots = len(names)
        self.offset = np.full(len(names) + 1, -1, np.int32)
        self.length = np.zeros(len(names) + 1, np.int32)
        self.rows = ceil(line_height() * ratio)
        self.atlas: NDArray[np.uint8] = np.zeros((self.rows, 1 << 14), np.uint8)
        self._used = 0
        made = font(_SIZE, 400, tabular=False)
        made.setPixelSize(max(1, round(scaled(_SIZE) * ratio)))
        self._font = made
        self._metrics = QFontMetricsF(made)
        self._add(self.dots, "…")

    def add(self, number: int, text: str) -> None:
        """Draw name ``number`` as ``text``."""
        self._add(number, text)

    def _add(self, number: int, text: str) -> None:
        shown = self._metrics.elidedText(
            text, Qt.TextElideMode.ElideRight, scaled(_WIDEST) * self.ratio
        )
        # Painted letters stand on whole pixels, so a name is wider than it is measured.
        wide = ceil(self._metrics.horizontalAdvance(shown) + 0.6 * len(shown)) + 4
        image = QImage(wide, self.rows, QImage.Format.Format_Grayscale8)
        image.fill(QColor("black"))
        painter = QPainter(image)
        painter.setFont(self._font)
        painter.setPen(QColor("white"))
        down = (self.rows + self._metrics.ascent() - self._metrics.descent()) / 2
        painter.drawText(QPointF(0, round(down)), shown)
        painter.end()
        line = image.bytesPerLine()
        grey = np.frombuffer(image.constBits(), np.uint8).reshape(self.rows, line)[:, :wide]
        drawn = np.flatnonzero(grey.any(axis=0))
        grey = grey[:, : int(drawn[-1]) + 1 if len(drawn) else 1]
        self._keep(number, grey)

    def _keep(self, number: int, grey: NDArray[np.uint8]) -> None:
        wide = grey.shape[1]
        # One empty column stands after each name, where a cut may end.
        while self._used + wide + 1 >= self.atlas.shape[1]:
            self.atlas = np.concatenate([self.atlas, np.zeros_like(self.atlas)], axis=1)
        self.atlas[:, self._used : self._used + wide] = grey
        self.offset[number], self.length[number] = self._used, wide
        self._used += wide + 1
