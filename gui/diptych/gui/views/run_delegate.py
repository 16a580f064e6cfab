"""Draws the rows of the runs list."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from diptych.gui.models.run_list import ROW
from diptych.gui.models.run_rows import Row
from diptych.gui.models.selection import Selection
from diptych.gui.text import format as fmt
from diptych.gui.text.runs import ICONS, RunWords
from diptych.gui.text.tr import tr
from diptych.gui.theme import Tokens, current, font, pixmap, scaled
from diptych.gui.views.widgets import paint_mark
from diptych.profiling.runs.notes import LONGEST_NAME
from diptych.profiling.runs.snapshot import RunState

_INDENT, _EDGE, _GAP = 34, 8, 10
Index = QModelIndex | QPersistentModelIndex


class RunDelegate(QStyledItemDelegate):
    """Groups in one line, runs in two; a run's name can be typed in its place."""

    def __init__(self, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._selection = selection

    # -- typing a name ----------------------------------------------------------------

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:
        """Return the field in which the name is typed."""
        row: Row = index.data(ROW)
        made = QLineEdit(parent)
        made.setAccessibleName(tr("Name of {run}", run=row.title))
        made.setPlaceholderText(row.title)
        made.setMaxLength(LONGEST_NAME)
        made.setFont(font(12, 500))
        made.setProperty("inline", True)
        return made

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Fill it once: news of the run must not take away what is being typed."""
        if isinstance(editor, QLineEdit) and not editor.property("filled"):
            editor.setProperty("filled", True)
            editor.setText(index.data(Qt.ItemDataRole.EditRole) or "")

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Hand over the name if there is another one."""
        # A field of one line shows line breaks as something else: untouched, it says nothing.
        if isinstance(editor, QLineEdit) and editor.isModified():
            model.setData(index, editor.text())

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, _index: Index
    ) -> None:
        """Lay it over the first line."""
        rect: QRect = option.rect
        height = max(scaled(22), editor.minimumSizeHint().height())
        indent = scaled(_INDENT) - 6
        editor.setGeometry(rect.x() + indent, rect.y() + 3, rect.width() - indent - 8, height)

    # -- drawing ------------------------------------------------------------------------

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the row."""
        row: Row = index.data(ROW)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.group:
            self._group(painter, rect, row, state)
        else:
            self._background(painter, rect, state)
            self._bracket(painter, rect, row, index)
            self._mark(painter, rect, row)
            if row.run is not None:
                self._run(painter, rect, row, row.run)
            else:
                self._waiting(painter, rect, row)
        painter.restore()

    def _group(self, painter: QPainter, rect: QRect, row: Row, state: QStyle.StateFlag) -> None:
        tokens = current()
        ratio = painter.device().devicePixelRatioF()
        name = "chevron-down" if row.open else "chevron-right"
        top = rect.y() + (rect.height() - 14) // 2 + 1
        painter.drawPixmap(rect.x() + 8, top, pixmap(name, tokens.text3, 14, ratio))
        left = QRect(rect.x() + 27, rect.y(), rect.width() - 30, rect.height())
        _text(painter, left, row.title, font(11, 600), tokens.text2)
        if state & QStyle.StateFlag.State_HasFocus:
            _focus(painter, rect, tokens)

    def _background(self, painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
        tokens = current()
        box = QRectF(rect).adjusted(6, 1, -6, -1)
        if state & QStyle.StateFlag.State_Selected:
            _fill(painter, box, tokens.selection)
        elif state & QStyle.StateFlag.State_MouseOver:
            _fill(painter, box, tokens.bg3)
        if state & QStyle.StateFlag.State_HasFocus:
            _focus(painter, rect, tokens)

    def _bracket(self, painter: QPainter, rect: QRect, row: Row, index: Index) -> None:
        """Tie runs that stand together and were started together by a line at their left."""
        if row.pair is None:
            return
        above, below = (_pair_at(index, index.row() + step) == row.pair for step in (-1, 1))
        if not above and not below:
            return
        painter.setPen(QPen(QColor(current().line3), 1.5))
        x, foot = rect.x() + 9.5, 4
        top = rect.y() + (0 if above else 7)
        bottom = rect.bottom() + 1 - (0 if below else 7)
        painter.drawLine(QPointF(x, top), QPointF(x, bottom))
        for y, there in ((top, above), (bottom, below)):
            if not there:
                painter.drawLine(QPointF(x, y), QPointF(x + foot, y))

    def _mark(self, painter: QPainter, rect: QRect, row: Row) -> None:
        if row.run is not None and row.run.state is RunState.DAMAGED and row.framework is None:
            return  # nobody knows whose it is
        look = self._selection.look(row.key)
        shown = row.key in self._selection.shown
        paint_mark(
            painter,
            QPointF(rect.x() + scaled(20), rect.y() + scaled(15)),
            square=row.framework == "mxnet",
            colour=look.colour if shown else current().text3,
            filled=shown,
        )

    def _run(self, painter: QPainter, rect: QRect, row: Row, run: RunWords) -> None:
        tokens = current()
        top, bottom = _lines(rect)
        room = _text(painter, top, run.value, font(12, 500), tokens.text1, right=True)
        _text(painter, top.adjusted(0, 0, -room, 0), row.title, font(12, 500), tokens.text1)
        used = self._state(painter, bottom, run)
        ink = tokens.error if run.bad else tokens.text2
        _text(painter, bottom.adjusted(0, 0, -used, 0), run.second, font(11), ink)

    def _state(self, painter: QPainter, line: QRect, run: RunWords) -> int:
        """Draw the state at the right end of ``line``; return the width that it took."""
        tokens = current()
        ratio = painter.device().devicePixelRatioF()
        if not run.state.live:
            name, token = ICONS[run.state]
            if run.lost and run.state is RunState.DONE:
                name, token = "warning", "warning"
            image = pixmap(name, getattr(tokens, token), 14, ratio)
            painter.drawPixmap(line.right() - 13, line.y() + (line.height() - 14) // 2, image)
            return 14 + _GAP
        _ring(painter, line, run.fraction, tokens)
        if run.fraction is None:
            return 16 + _GAP
        left = line.adjusted(0, 0, -19, 0)
        text = fmt.percent(int(run.fraction * 100))
        return 19 + _text(painter, left, text, font(11), tokens.text1, right=True)

    def _waiting(self, painter: QPainter, rect: QRect, row: Row) -> None:
        tokens = current()
        top, bottom = _lines(rect)
        _text(painter, top, row.title, font(12, 500), tokens.text2)
        _text(painter, bottom.adjusted(0, 0, -20, 0), row.second, font(11), tokens.text3)
        ratio = painter.device().devicePixelRatioF()
        image = pixmap("clock", tokens.text3, 14, ratio)
        painter.drawPixmap(bottom.right() - 13, bottom.y() + (bottom.height() - 14) // 2, image)


def _pair_at(index: Index, number: int) -> str | None:
    row = index.sibling(number, 0).data(ROW)
    return row.pair if isinstance(row, Row) else None


def _lines(rect: QRect) -> tuple[QRect, QRect]:
    indent = scaled(_INDENT)
    x, width = rect.x() + indent, rect.width() - indent - _EDGE - 6
    top, first, second = scaled(5), scaled(18), scaled(17)
    return QRect(x, rect.y() + top, width, first), QRect(x, rect.y() + top + first, width, second)


def _text(
    painter: QPainter, box: QRect, text: str, face: QFont, colour: str, *, right: bool = False
) -> int:
    """Draw one line, cut where there is no room; return its width and a gap."""
    painter.setFont(face)
    painter.setPen(QColor(colour))
    metrics = QFontMetrics(face)
    shown = metrics.elidedText(" ".join(text.split()), Qt.TextElideMode.ElideRight, box.width())
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, shown)
    return metrics.horizontalAdvance(shown) + _GAP


def _fill(painter: QPainter, box: QRectF, colour: str) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(box, 5, 5)


def _focus(painter: QPainter, rect: QRect, tokens: Tokens) -> None:
    painter.setPen(QPen(QColor(tokens.accent), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(rect).adjusted(7, 2, -7, -2), 5, 5)


def _ring(painter: QPainter, line: QRect, fraction: float | None, tokens: Tokens) -> None:
    """Draw how far a live run is; a quarter turn when nobody can know."""
    box = QRectF(line.right() - 11, line.y() + (line.height() - 11) / 2, 11, 11)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(tokens.line3), 2))
    painter.drawEllipse(box)
    pen = QPen(QColor(tokens.accent), 2)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    share = 0.25 if fraction is None else fraction
    painter.drawArc(box, 90 * 16, -round(share * 360 * 16))
