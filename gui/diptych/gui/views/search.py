"""The search field of the header, and what it finds below it; by keyboard alone if need be."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.search import Hit
from diptych.gui.text.tr import tr
from diptych.gui.theme import bind_icon, current, font, pixmap
from diptych.gui.views.widgets import part

Index = QModelIndex | QPersistentModelIndex
HIT = Qt.ItemDataRole.UserRole + 1
_ICONS = {"run": "play", "operator": "chip", "action": "chevron-right", "log": "terminal"}
_KINDS = {
    "run": tr("Run"),
    "operator": tr("Operator"),
    "action": tr("Action"),
    "log": tr("Log"),
}
_MOST_ROWS, _WIDTH = 14, 460


class _Hits(QAbstractListModel):
    """The hits as rows; role `HIT` gives the `Hit`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.hits: list[Hit] = []

    def show(self, hits: list[Hit]) -> None:
        """Show others."""
        self.beginResetModel()
        self.hits = hits
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Return how many there are."""
        return 0 if parent is not None and parent.isValid() else len(self.hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the hit, or what a screen reader says of it."""
        if not index.isValid():
            return None
        hit = self.hits[index.row()]
        if role == HIT:
            return hit
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return ", ".join(part for part in (_KINDS[hit.kind], hit.title, hit.detail) if part)
        return None


class _Painter(QStyledItemDelegate):
    """Icon, title, detail, kind; always plain text."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one hit."""
        hit: Hit = index.data(HIT)
        tokens = current()
        box = QRectF(option.rect)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.selection))
            painter.drawRoundedRect(box.adjusted(2, 1, -2, -1), 4, 4)
        ratio = painter.device().devicePixelRatioF()
        image = pixmap(_ICONS[hit.kind], tokens.text2, 16, ratio)
        painter.drawPixmap(QPoint(int(box.left()) + 10, int(box.center().y()) - 8), image)
        words = box.adjusted(36, 0, -12, 0)
        kind = QFontMetrics(font(11)).horizontalAdvance(_KINDS[hit.kind])
        _text(painter, words, _KINDS[hit.kind], tokens.text3, right=True)
        words.setRight(words.right() - kind - 12)
        used = _text(painter, words, hit.title, tokens.text1, strong=True)
        words.setLeft(words.left() + used + 10)
        _text(painter, words, hit.detail, tokens.text3)
        painter.restore()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Return a row's height."""
        return QSize(200, QFontMetrics(font()).height() + 14)


def _text(
    painter: QPainter,
    box: QRectF,
    text: str,
    ink: str,
    *,
    strong: bool = False,
    right: bool = False,
) -> float:
    """Draw as much of ``text`` as fits; return how wide that is."""
    face = font(12, 500) if strong else font(11)
    metrics = QFontMetrics(face)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, int(box.width())))
    painter.setFont(face)
    painter.setPen(QColor(ink))
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    flags = int(side | Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine)
    painter.drawText(box, flags, shown)
    return float(metrics.horizontalAdvance(shown))


class SearchField(QLineEdit):
    """Up and Down choose, Enter goes there, Esc gives the focus back to where it was.

    ``look`` is called with what is typed and returns the hits.
    """

    chosen = Signal(object)
    """`Hit`."""
    left = Signal()
    """The focus went, or the search is over."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.setPlaceholderText(tr("Search runs, operators, actions ({key})", key=key))
        self.setAccessibleName(tr("Search"))
        self.setAccessibleDescription(
            tr("Finds runs, operators and actions; Down and Up choose, Enter goes there")
        )
        self.setToolTip(tr("Search runs, operators and actions ({key})", key=key))
        self.setClearButtonEnabled(True)
        icon = QAction(self)
        bind_icon(icon, "search", "text2")
        self.addAction(icon, QLineEdit.ActionPosition.LeadingPosition)
        self.look: Callable[[str], list[Hit]] = lambda _: []
        self._came_from: QWidget | None = None
        self._searching = False
        self.model = _Hits(self)
        self.popup: QFrame | None = None
        # Hidden in here until there is something to show.
        self.list = QListView(self)
        self.list.hide()
        self.list.setModel(self.model)
        self.textChanged.connect(lambda _: self.refresh())

    def _make_popup(self, window: QWidget) -> QFrame:
        # A part of the window, not a window of its own: the focus stays in the field.
        made = QFrame(window)
        part(made, "popup")
        self.list.setItemDelegate(_Painter(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(tr("Search results"))
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._go)
        column = QVBoxLayout(made)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.list)
        self.list.show()
        return made

    @property
    def searching(self) -> bool:
        """Whether somebody is typing here."""
        return self._searching

    def begin(self) -> None:
        """Take the focus, and remember who had it."""
        window = self.window()
        had = window.focusWidget()
        if had is not self:
            self._came_from = had
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()
        self._searching = True
        self.refresh()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show what is found for what stands here."""
        super().focusInEvent(event)
        self._searching = True
        self.refresh()

    def refresh(self) -> None:
        """Look again for what is typed."""
        hits = self.look(self.text()) if self._searching and self.text().strip() else []
        self.model.show(hits)
        if hits:
            self._choose(0)
        self._place()

    def _place(self) -> None:
        if not self.model.hits:
            if self.popup is not None:
                self.popup.hide()
            return
        window = self.window()
        if self.popup is None:
            self.popup = self._make_popup(window)
        rows = min(len(self.model.hits), _MOST_ROWS)
        height = rows * (QFontMetrics(font()).height() + 14) + 10
        below = self.mapTo(window, QPoint(0, self.height() + 4))
        width = min(max(self.width(), _WIDTH), window.width() - 16)
        left = max(8, min(below.x(), window.width() - width - 8))
        self.popup.setGeometry(left, below.y(), width, min(height, window.height() - below.y() - 8))
        self.popup.raise_()
        self.popup.show()

    def _choose(self, row: int) -> None:
        count = len(self.model.hits)
        if count:
            self.list.setCurrentIndex(self.model.index(row % count))

    def _go(self, index: QModelIndex) -> None:
        hit = index.data(HIT) if index.isValid() else None
        if hit is not None:
            self.clear()
            self._back()
            self.chosen.emit(hit)

    def _back(self) -> None:
        self._searching = False
        self.refresh()
        came_from, self._came_from = self._came_from, None
        if came_from is not None and came_from.isVisible():
            came_from.setFocus()
        else:
            self.clearFocus()
        self.left.emit()

    def event(self, event: QEvent) -> bool:
        """Claim Esc before the window's own shortcut."""
        claim = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if claim and cast("QKeyEvent", event).key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose, go, leave; the rest is typing."""
        row = self.list.currentIndex().row() if self.model.hits else 0
        key = event.key()
        if key == Qt.Key.Key_Down:
            self._choose(row + 1)
        elif key == Qt.Key.Key_Up:
            self._choose(row - 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.model.hits:
            self._go(self.list.currentIndex())
        elif key == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif key == Qt.Key.Key_Escape:
            self._back()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the results away."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._searching = False
            self.refresh()
            self.left.emit()
