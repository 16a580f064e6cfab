"""The largest differences as a table, with ways to the operators and timelines of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from diptych.gui.models.compare_differences import NAMES, DifferencesModel
from diptych.gui.models.selection import Look
from diptych.gui.plots.compare.look import family_colour
from diptych.gui.text import compare_why as words
from diptych.gui.text import format as fmt
from diptych.gui.text.plain import one_line
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, scaled
from diptych.gui.theme.tokens import ROW
from diptych.gui.views.cells import PAD, paint_ground, paint_swatch, paint_text
from diptych.gui.views.compare.panel import Panel, SideChoice, hint
from diptych.profiling.compare.comparison import Comparison

_FIXED = {"family": 158, "phase": 84, "a": 72, "b": 72, "delta": 80}
_FIRST_TO_GO = ("a", "b", "phase")
"""Columns that are left out where names would have too little room.

Δ tells the numbers in its tooltip, the family its phase.
"""
_WITH_PHASE = 40
"""Pixels that a family needs more where it tells its phase, too."""
_LEAST = 150
_IN_MENU = 5
"""Operators of a side that the menu offers."""


class DifferencesPanel(Panel):
    """``wanted`` tells run, operator and where to go: ``operators`` or ``timeline``."""

    wanted = Signal(str, str, str)
    side_changed = Signal(int)

    def __init__(self) -> None:
        super().__init__(tr("Largest differences"))
        self.side = SideChoice(tr("Side that is held against the first"))
        self.head.addWidget(self.side)
        self.model = DifferencesModel(self)
        self.table = DifferencesTable(self.model)
        self.keys = hint()
        self.column.addWidget(self.table)
        self.column.addWidget(self.keys)
        self.column.addStretch(1)
        self.table.wanted.connect(self.wanted)
        self.side.chosen.connect(self._turn)
        self.set_comparison(None)

    def set_comparison(
        self, comparison: Comparison | None, looks: Sequence[Look] | None = None
    ) -> None:
        """Show another comparison, or none."""
        self.take(comparison, looks)
        self.side.offer(comparison)
        self._draw()

    def set_side(self, side: int) -> None:
        """Hold another side against the first, without a signal."""
        self.side.choose(side)
        self._draw()

    def _turn(self, side: int) -> None:
        self._draw()
        self.side_changed.emit(side)

    def _draw(self) -> None:
        comparison, side = self.comparison, self.side.side
        reason = words.no_bars(comparison, side)
        self.model.show_comparison(None if reason else comparison, side)
        if not reason and not self.model.rows:
            reason = tr("No family takes longer on one side than on the other.")
        self.explain(reason)
        self.table.fit()
        a, b = self.model.labels
        self.keys.show_text(
            tr(
                "A: {a}. B: {b}. A name leads to the table of operators.",
                a=a,
                b=b,
            )
        )


class DifferencesTable(QTableView):
    """Names are links; Enter does what a click does, Shift+Enter goes to the timeline."""

    wanted = Signal(str, str, str)

    def __init__(self, model: DifferencesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = model
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName(tr("Largest differences"))
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(scaled(ROW))
        header = self.horizontalHeader()
        header.setFont(font(11))
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.sectionClicked.connect(model.turn)

    def fit(self) -> None:
        """Be as high as the rows; names take the width that numbers leave."""
        rows = len(self.rows.rows) * scaled(ROW)
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + rows + 2)
        room = self.viewport().width() - sum(scaled(wide) for wide in _FIXED.values())
        for name in _FIRST_TO_GO:
            crowded = room // 2 < scaled(_LEAST)
            self.setColumnHidden(NAMES.index(name), crowded)
            room += scaled(_FIXED[name]) if crowded else 0
        merged = self.isColumnHidden(NAMES.index("phase"))
        self.rows.tell_phase(on=merged)
        more = scaled(_WITH_PHASE) if merged else 0
        room -= more
        each = max(room // 2, scaled(_LEAST))
        for at, name in enumerate(NAMES):
            if not self.isColumnHidden(at):
                self.setColumnWidth(at, scaled(_FIXED[name]) if name in _FIXED else each)
        self.setColumnWidth(0, scaled(_FIXED["family"]) + more)

    def resizeEvent(self, event: object) -> None:
        """Fit the columns to the room."""
        super().resizeEvent(event)  # type: ignore[arg-type]  # Qt hands on its own event
        self.fit()

    # -- links ------------------------------------------------------------------------

    def go(self, index: QModelIndex | QPersistentModelIndex, where: str) -> None:
        """Ask for the operator that a cell names first; a cell that names none leads nowhere."""
        name = NAMES[index.column()] if index.isValid() else ""
        if name.startswith("behind"):
            targets = self.rows.targets(index.row(), int(name == "behind_b"))
            if targets:
                target = targets[0][1]
                self.wanted.emit(target.run, target.operator, where)

    def menu(self, row: int) -> QMenu:
        """Return all ways that lead from a row."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for side, label in enumerate(self.rows.labels):
            title = menu.addAction(one_line(label, 60))
            title.setEnabled(False)
            targets = self.rows.targets(row, side)
            if not targets:
                menu.addAction(tr("no operator")).setEnabled(False)
            for behind, target in targets[:_IN_MENU]:
                for where, text in (
                    ("operators", tr("{name} in the operators", name=one_line(behind.name, 50))),
                    ("timeline", tr("{name} in the timeline", name=one_line(behind.name, 50))),
                ):
                    act = partial(self.wanted.emit, target.run, target.operator, where)
                    menu.addAction(text).triggered.connect(lambda _=False, act=act: act())
            menu.addSeparator()
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer all ways from a row."""
        index = self.indexAt(self.viewport().mapFromGlobal(event.globalPos()))
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        row = self.currentIndex().row() if by_key else index.row()
        if row >= 0:
            self.menu(row).popup(event.globalPos())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Follow a link."""
        super().mouseReleaseEvent(event)
        where = self._link_at(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and where:
            self.go(self.indexAt(event.position().toPoint()), where)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show a hand over links."""
        super().mouseMoveEvent(event)
        shape = Qt.CursorShape.PointingHandCursor
        over = self._link_at(event.position().toPoint())
        self.viewport().setCursor(shape if over else Qt.CursorShape.ArrowCursor)

    def _link_at(self, point: QPoint) -> str:
        """Return where a click at a pixel leads to; "" for nowhere."""
        index = self.indexAt(point)
        if not index.isValid() or not NAMES[index.column()].startswith("behind"):
            return ""
        if index.data() == fmt.UNKNOWN:
            return ""
        box = way_box(QRectF(self.visualRect(index)))
        return "timeline" if point.x() >= box.left() - 6 else "operators"

    def event(self, event: QEvent) -> bool:
        """Keep Enter for the links."""
        override = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if override and _enters(event):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter leads to the operators, Shift+Enter to the timeline."""
        if _enters(event):
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.go(self.currentIndex(), "timeline" if shift else "operators")
        elif event.text() and event.text().isprintable():
            event.ignore()
        else:
            super().keyPressEvent(event)


def _enters(event: QEvent) -> bool:
    keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
    return isinstance(event, QKeyEvent) and Qt.Key(event.key()) in keys


def way_box(cell: QRectF) -> QRectF:
    """Return where a cell has the word that leads to the timeline."""
    wide = QFontMetricsF(font(11, 500)).horizontalAdvance(tr("Timeline"))
    return QRectF(cell.right() - wide - PAD, cell.top(), wide, cell.height())


class _Delegate(QStyledItemDelegate):
    """Paints swatch, text, links and a hairline."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one cell."""
        model, name, tokens = index.model(), NAMES[index.column()], current()
        if not isinstance(model, DifferencesModel):
            return
        painter.save()
        rect = paint_ground(painter, option)
        known = index.data() != fmt.UNKNOWN
        ink = tokens.text1
        if name == "family":
            family = model.rows[index.row()].bar.family or "other"
            rect = paint_swatch(painter, rect, QColor(family_colour(family)))
        elif name.startswith("behind"):
            ink = tokens.accent if known else tokens.text3
            if known:
                self._paint_way(painter, rect)
                rect.setRight(way_box(rect).left() - 4)
        elif name != "delta":
            ink = tokens.text2
        paint_text(painter, rect, index, ink, strong=name in ("family", "delta"))
        painter.restore()

    @staticmethod
    def _paint_way(painter: QPainter, rect: QRectF) -> None:
        painter.setFont(font(11, 500))
        painter.setPen(QColor(current().accent))
        painter.drawText(way_box(rect), Qt.AlignmentFlag.AlignVCenter, tr("Timeline"))

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the height of a row and the width that the text needs."""
        return QSize(super().sizeHint(option, index).width() + 2 * PAD, scaled(ROW))
