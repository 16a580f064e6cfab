"""The table of the operators of a trace: a list or a tree, painted in one delegate."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from diptych.gui.models.trace_operators_table import (
    BAR_ROLE,
    BRANCH_ROLE,
    COLOUR_ROLE,
    INDENT_ROLE,
    TraceOperatorsModel,
)
from diptych.gui.models.trace_selection import TableColumn
from diptych.gui.plots.timeline.palette import slice_colour
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, scaled
from diptych.gui.theme.tokens import ROW
from diptych.gui.views.cells import PAD, paint_bar, paint_ground, paint_swatch, paint_text

_BAR, _INDENT = 64, 14
_SHARE, _TREE = 132, 270
_TEXTS = {"name": 150, "note": 170}
_FIRST_TO_GO = ("p50", "device_self", "p99", "mean", "self")
"""Columns that are left out where there is too little room, in this order."""


class OperatorTable(QTableView):
    """``chosen`` tells the node of the current row, ``opened`` that of Enter or a double click."""

    chosen = Signal(int)
    opened = Signal(int)
    copied = Signal()
    menu_wanted = Signal(int, QPoint)

    def __init__(self, model: TraceOperatorsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = model
        self._quiet = False
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName(tr("Operators of the trace"))
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setCornerWidget(QWidget())
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(scaled(ROW))
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setFont(font(11))
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setMinimumSectionSize(scaled(50))
        header.sectionClicked.connect(self._turn)
        self.selectionModel().currentRowChanged.connect(self._tell)
        self.doubleClicked.connect(lambda index: self.opened.emit(model.node_of(index.row())))

    # -- rows ---------------------------------------------------------------------

    @property
    def node(self) -> int:
        """The node of the current row; −1 without one."""
        return self.rows.node_of(self.currentIndex().row())

    def choose(self, node: int) -> None:
        """Make a node the current row, unfolding what is above it; nobody is told."""
        self._quiet = True
        if node >= 0 and self.rows.row_of(node) < 0:
            self.rows.reveal(node)
        row = self.rows.row_of(node)
        if row >= 0:
            self.selectRow(row)
            self.scrollTo(self.rows.index(row, 0), QAbstractItemView.ScrollHint.EnsureVisible)
        else:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        self._quiet = False

    def keep(self, change: object) -> None:
        """Do what rearranges the rows, and stay at the node."""
        node = self.node
        if callable(change):
            change()
        self._quiet = True
        row = self.rows.row_of(node)
        if row >= 0:
            self.selectRow(row)
        self._quiet = False

    def _turn(self, column: int) -> None:
        self.keep(lambda: self.rows.turn(column))

    def unfold(self, node: int, *, on: bool) -> None:
        """Show what is below a node, or hide it."""
        self.keep(lambda: self.rows.unfold(node, on=on))

    def _tell(self, index: QModelIndex) -> None:
        if not self._quiet and index.isValid():
            self.chosen.emit(self.rows.node_of(index.row()))

    def fit(self) -> None:
        """Give each column its width; names take what is left, others go where it is too little."""
        shown = [c for c in self.rows.possible if c.key not in self.rows.hidden]
        widths = {c.key: self._width(c) for c in shown if c.key not in ("name", "note")}
        texts = {c.key: scaled(_TEXTS[c.key]) for c in shown if c.key in _TEXTS}
        forest = self.rows.forest
        if forest is not None and forest.is_tree:
            texts["name"] = scaled(_TREE)
        room, crowded = self.viewport().width(), set[str]()
        for key in _FIRST_TO_GO:
            if sum(widths.values()) + sum(texts.values()) > room and widths.pop(key, 0):
                crowded.add(key)
        self.keep(lambda: self.rows.set_crowded(frozenset(crowded)))
        left = room - sum(widths.values())
        header = self.horizontalHeader()
        for at, column in enumerate(self.rows.columns):
            wide = widths.get(column.key, 0)
            if column.key in texts:
                wide = max(texts[column.key], left * texts[column.key] // sum(texts.values()))
            header.setSectionResizeMode(at, QHeaderView.ResizeMode.Fixed)
            self.setColumnWidth(at, wide)

    def _width(self, column: TableColumn) -> int:
        title = self.horizontalHeader().fontMetrics().horizontalAdvance(f"{column.title} ↓") + 18
        return scaled(_SHARE) if column.key == "share" else max(title, scaled(64))

    def resizeEvent(self, event: object) -> None:
        """Fit the columns to the room."""
        super().resizeEvent(event)  # type: ignore[arg-type]  # Qt hands on its own event
        self.fit()

    # -- mouse and keys -----------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Unfold with a click on the arrow; the right button offers what can be done."""
        index = self.indexAt(event.position().toPoint())
        branch = index.data(BRANCH_ROLE) if index.isValid() and index.column() == 0 else None
        if branch is not None and event.button() is Qt.MouseButton.LeftButton:
            box = QRectF(self.visualRect(index))
            left = box.left() + _moved_in(box, index)
            if left <= event.position().x() <= left + _INDENT + PAD:
                self.unfold(self.rows.node_of(index.row()), on=not branch)
                return
        super().mousePressEvent(event)
        if event.button() is Qt.MouseButton.RightButton and index.isValid():
            where = event.globalPosition().toPoint()
            self.menu_wanted.emit(self.rows.node_of(index.row()), where)

    def event(self, event: QEvent) -> bool:
        """Claim Ctrl+C before the window does."""
        override = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if override and cast("QKeyEvent", event).matches(QKeySequence.StandardKey.Copy):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, ← and → fold and unfold, Ctrl+C copies whole rows."""
        key, node = Qt.Key(event.key()), self.node
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copied.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and node >= 0:
            self.opened.emit(node)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._fold(key, node):
            event.accept()
        elif event.text() and event.text().isprintable():
            event.ignore()  # letters are keys of the view, no search for a cell
        else:
            super().keyPressEvent(event)

    def _fold(self, key: Qt.Key, node: int) -> bool:
        forest = self.rows.forest
        if forest is None or node < 0 or not forest.is_tree:
            return False
        branch = self.rows.index(self.currentIndex().row(), 0).data(BRANCH_ROLE)
        if key is Qt.Key.Key_Right:
            if branch is False:
                self.unfold(node, on=True)
        elif branch is True:
            self.unfold(node, on=False)
        elif forest.parent[node] >= 0:
            row = self.rows.row_of(int(forest.parent[node]))
            self.setCurrentIndex(self.rows.index(row, 0))
        return True


class _Delegate(QStyledItemDelegate):
    """Paints branch, swatch, text, bar, number and a hairline. Text is never read as HTML."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one cell."""
        painter.save()
        rect = paint_ground(painter, option)
        name = index.column() == 0
        if name:
            rect = _paint_name(painter, rect, index)
        share = index.data(BAR_ROLE)
        if share is not None:
            bar = QRectF(rect.left() + 8, rect.top(), scaled(_BAR) - 8, rect.height())
            paint_bar(painter, bar, float(share), _colour(index))
            rect.setLeft(rect.left() + 4 + scaled(_BAR))
        side = index.data(Qt.ItemDataRole.TextAlignmentRole)
        note = not name and int(side) & int(Qt.AlignmentFlag.AlignLeft)
        ink = current().text2 if note else current().text1
        paint_text(painter, rect, index, ink, strong=name)
        painter.restore()


def _colour(index: QModelIndex | QPersistentModelIndex) -> QColor:
    # A range has the colour of a panel: its bar would not be seen.
    name = str(index.data(COLOUR_ROLE))
    return QColor(current().line3 if name == "frame" else slice_colour(current(), name))


def _moved_in(rect: QRectF, index: QModelIndex | QPersistentModelIndex) -> float:
    """Return how far a name is moved in: never so far that there is no room for it."""
    return min(float(index.data(INDENT_ROLE)) * _INDENT, rect.width() * 0.4)


def _paint_name(
    painter: QPainter, rect: QRectF, index: QModelIndex | QPersistentModelIndex
) -> QRectF:
    """Paint what stands before a name; return the room that is left."""
    model = index.model()
    forest = model.forest if isinstance(model, TraceOperatorsModel) else None
    rect.adjust(_moved_in(rect, index), 0, 0, 0)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if forest is not None and forest.is_tree:
        branch = index.data(BRANCH_ROLE)
        if branch is not None:
            _paint_branch(painter, QPointF(rect.left() + PAD + 4, rect.center().y()), branch)
        rect.adjust(_INDENT, 0, 0, 0)
    return paint_swatch(painter, rect, _colour(index))


def _paint_branch(painter: QPainter, at: QPointF, unfolded: bool) -> None:
    pen = QPen(QColor(current().text2), 1.4)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    ends = [(-3, -1.5), (0, 1.5), (3, -1.5)] if unfolded else [(-1.5, -3), (1.5, 0), (-1.5, 3)]
    painter.drawPolyline(QPolygonF([at + QPointF(x, y) for x, y in ends]))
