"""An icicle: where the time goes, from the outermost calls down; click to come closer.

Every node with any time is painted at any zoom: what is narrower than two
pixels is folded into grey boxes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QToolTip, QWidget

from diptych.gui.models.trace_names import COLOURS
from diptych.gui.plots.icicle_layout import Boxes
from diptych.gui.plots.items import blended, colour_with
from diptych.gui.plots.timeline.palette import make_palette, slice_colour
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager

ROW = 22
_FOLD = 2.0
"""Pixels below which boxes are folded."""
_LABEL = 34.0
"""Pixels that a box needs for a label."""
_NONE = np.empty(0, np.int64)


class Icicle(QWidget):
    """``picked`` tells the node that was chosen; ``zoomed`` that another one fills the width.

    ``words`` returns the tooltip of a node, ``label`` what stands in its box:
    name and number.
    """

    picked = Signal(int)
    zoomed = Signal()
    menu_wanted = Signal(int, QPoint)
    left = Signal()
    """Esc was pressed and there is nothing to go back from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boxes: Boxes | None = None
        self.colours: NDArray[np.uint8] = np.empty(0, np.uint8)
        self.label: Callable[[int], tuple[str, str]] = lambda _: ("", "")
        self.words: Callable[[int], str] = lambda _: ""
        self.root = -1
        """The node that fills the width; −1 for everything."""
        self.current = -1
        """The node that is chosen."""
        self.same: NDArray[np.int64] = _NONE
        """Nodes that stand for the same operator as what is chosen."""
        self.found: NDArray[np.bool_] | None = None
        """Nodes that a search found; ``None`` without a search."""
        self._hover = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Where the time goes"))
        manager().changed.connect(self.update)

    # -- what is shown --------------------------------------------------------------

    def show_boxes(self, boxes: Boxes | None, colours: NDArray[np.uint8]) -> None:
        """Show other nodes, all of them."""
        self.boxes, self.colours = boxes, colours
        self.root = self.current = self._hover = -1
        self.same, self.found = _NONE, None
        self._fit()
        self.zoomed.emit()

    def show_found(self, found: NDArray[np.bool_] | None) -> None:
        """Let what a search found stand out."""
        self.found = found
        self.update()

    def choose(self, node: int, same: NDArray[np.int64] = _NONE) -> None:
        """Mark a node, and others that stand for the same; nobody is told."""
        self.current, self.same = node, same
        words = self.label(node) if node >= 0 else ("", "")
        self.setAccessibleDescription(" ".join(words))
        if node >= 0 and not self._in_sight(node):
            self.zoom(self._common(node))
        self.update()

    def zoom(self, node: int) -> None:
        """Let a node fill the width, or with −1 everything."""
        if node != self.root:
            self.root = node
            self._fit()
            self.zoomed.emit()
            self.update()

    def back(self) -> bool:
        """Zoom out by one node; false when everything is in sight."""
        if self.root < 0 or self.boxes is None:
            return False
        # Nodes that fill their parent look the same as it.
        up, low, high = self.root, *self._ends()
        while up >= 0 and self.boxes.left[up] <= low and self.boxes.right[up] >= high:
            up = int(self.boxes.parent[up])
            if up >= 0 and (self.boxes.left[up] < low or self.boxes.right[up] > high):
                break
        self.zoom(up)
        return True

    def path(self, node: int) -> list[int]:
        """Return the nodes from the top down to a node."""
        made: list[int] = []
        while node >= 0 and self.boxes is not None:
            made.append(node)
            node = int(self.boxes.parent[node])
        return made[::-1]

    def depth_of(self, node: int) -> int:
        """Return how deep a node lies."""
        return len(self.path(node)) - 1

    def _ends(self) -> tuple[float, float]:
        if self.boxes is None or self.root < 0:
            return 0.0, 1.0
        return float(self.boxes.left[self.root]), float(self.boxes.right[self.root])

    def _in_sight(self, node: int) -> bool:
        low, high = self._ends()
        if self.boxes is None:
            return False
        return bool(self.boxes.right[node] > low and self.boxes.left[node] < high)

    def _common(self, node: int) -> int:
        """Return the innermost node above both a node and what fills the width."""
        above = set(self.path(self.root))
        return next((up for up in reversed(self.path(node)) if up in above), -1)

    def _fit(self) -> None:
        deep = self.boxes.deepest if self.boxes is not None else 0
        self.setMinimumHeight(max(1, deep) * ROW + 2)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for room for all levels."""
        return QSize(400, self.minimumHeight())

    # -- geometry -------------------------------------------------------------------

    def box(self, node: int) -> QRectF:
        """Return where a node is painted, within the width."""
        low, high = self._ends()
        if self.boxes is None or high <= low:
            return QRectF()
        scale = self.width() / (high - low)
        left = max(0.0, (float(self.boxes.left[node]) - low) * scale)
        right = min(float(self.width()), (float(self.boxes.right[node]) - low) * scale)
        return QRectF(left, self.depth_of(node) * ROW, max(1.0, right - left), ROW)

    def node_at(self, point: QPointF) -> int:
        """Return the node at a point; −1 without one."""
        low, high = self._ends()
        if self.boxes is None or point.y() < 0:
            return -1
        place = low + (point.x() + 0.5) / max(1, self.width()) * (high - low)
        return self.boxes.at(int(point.y() // ROW), place)

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the levels that are to be seen."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(current().bg1))
        if self.boxes is not None:
            first = event.rect().top() // ROW
            last = event.rect().bottom() // ROW
            for depth in range(max(0, first), min(last + 1, self.boxes.deepest)):
                self._paint_level(painter, self.boxes, depth)
            self._paint_marks(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(current().accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.visibleRegion().boundingRect().adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_level(self, painter: QPainter, boxes: Boxes, depth: int) -> None:
        low, high = self._ends()
        level = boxes.levels[depth]
        level = level[(boxes.right[level] > low) & (boxes.left[level] < high)]
        scale = self.width() / max(high - low, 1e-300)
        left = np.maximum((boxes.left[level] - low) * scale, 0.0)
        right = np.minimum((boxes.right[level] - low) * scale, float(self.width()))
        wide = right - left >= _FOLD
        self._paint_folded(painter, depth, left[~wide], right[~wide])
        tokens = current()
        inks = make_palette(tokens).inks
        painter.setFont(font(11, 500))
        metrics = QFontMetricsF(painter.font())
        for node, begin, end in zip(level[wide].tolist(), left[wide], right[wide], strict=True):
            number = int(self.colours[node])
            colour = QColor(slice_colour(tokens, COLOURS[number]))
            off = self.found is not None and not self.found[node]
            if off:
                colour = blended(colour.name(), tokens.bg1, 0.28)
            rect = QRectF(begin, depth * ROW, max(1.0, end - begin - 1), ROW - 1)
            painter.fillRect(rect, colour)
            if end - begin >= _LABEL:
                ink = QColor(tokens.text3) if off else QColor.fromRgb(int(inks[number]))
                self._paint_label(painter, metrics, rect, node, ink)

    @staticmethod
    def _paint_folded(painter: QPainter, depth: int, left: object, right: object) -> None:
        lefts, rights = np.asarray(left, np.float64), np.asarray(right, np.float64)
        if not len(lefts):
            return
        ends = np.maximum(np.ceil(rights), np.floor(lefts) + 1).astype(np.int64)
        begins = np.floor(lefts).astype(np.int64)
        fresh = np.concatenate([[True], begins[1:] > np.maximum.accumulate(ends)[:-1]])
        first = np.flatnonzero(fresh)
        last = np.concatenate([first[1:] - 1, [len(begins) - 1]])
        reach = np.maximum.accumulate(ends)
        colour = QColor(current().line3)
        for begin, end in zip(begins[first].tolist(), reach[last].tolist(), strict=True):
            painter.fillRect(QRectF(begin, depth * ROW, end - begin, ROW - 1), colour)

    def _paint_label(
        self, painter: QPainter, metrics: QFontMetricsF, rect: QRectF, node: int, ink: QColor
    ) -> None:
        name, number = self.label(node)
        room = rect.width() - 10
        painter.setPen(ink)
        side = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        inside = rect.adjusted(6, 0, -4, 0)
        needed = metrics.horizontalAdvance(name)
        if needed + 10 + metrics.horizontalAdvance(number) <= room:
            painter.drawText(inside, int(side), name)
            painter.drawText(inside.adjusted(needed + 8, 0, 0, 0), int(side), number)
            return
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
        if len(shown) > 4:
            painter.drawText(inside, int(side), shown)

    def _paint_marks(self, painter: QPainter) -> None:
        tokens = current()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for node in self.same.tolist():
            if self._in_sight(node) and node != self.current:
                painter.setPen(QPen(colour_with(tokens.text1, 0.75), 1))
                painter.drawRect(self.box(node).adjusted(0.5, 0.5, -1.5, -1.5))
        for node, width in ((self._hover, 1.0), (self.current, 2.0)):
            if node >= 0 and self._in_sight(node):
                painter.setPen(QPen(QColor(tokens.text1), width))
                painter.drawRect(self.box(node).adjusted(1, 1, -2, -2))

    # -- mouse and keys -------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark what is under the mouse."""
        node = self.node_at(event.position())
        if node != self._hover:
            self._hover = node
            hand = Qt.CursorShape.PointingHandCursor if node >= 0 else Qt.CursorShape.ArrowCursor
            self.setCursor(hand)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Mark nothing."""
        self._hover = -1
        self.update()
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a node and let it fill the width; the right button offers what can be done."""
        node = self.node_at(event.position())
        if node < 0:
            return
        if event.button() is Qt.MouseButton.LeftButton:
            self.zoom(node)
            self.picked.emit(node)
        elif event.button() is Qt.MouseButton.RightButton:
            self.picked.emit(node)
            self.menu_wanted.emit(node, event.globalPosition().toPoint())
        elif event.button() is Qt.MouseButton.BackButton:
            self.back()

    def event(self, event: QEvent) -> bool:
        """Tell of the node under the mouse; claim the keys before the window does."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            node = self.node_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self.words(node) if node >= 0 else "", self)
            return True
        override = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if override and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with the arrows, zoom with Enter, back with Backspace or Esc."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Backspace, Qt.Key.Key_Escape):
            if not self.back():
                self.left.emit()
        elif key is Qt.Key.Key_Home:
            self.zoom(-1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.zoom(self.current)
        elif key in _ARROWS and self.boxes is not None:
            node = self._towards(key, self.boxes)
            if node >= 0:
                self.picked.emit(node)
        else:
            super().keyPressEvent(event)

    def _towards(self, key: Qt.Key, boxes: Boxes) -> int:
        node = self.current
        if node < 0:
            return int(boxes.levels[0][0]) if boxes.levels else -1
        if key is Qt.Key.Key_Up:
            return int(boxes.parent[node])
        if key is Qt.Key.Key_Down:
            return boxes.widest_below(node, self.depth_of(node))
        return boxes.beside(node, self.depth_of(node), 1 if key is Qt.Key.Key_Right else -1)


_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
_KEYS = (
    *_ARROWS, Qt.Key.Key_Backspace, Qt.Key.Key_Escape, Qt.Key.Key_Home, Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
)  # fmt: skip
