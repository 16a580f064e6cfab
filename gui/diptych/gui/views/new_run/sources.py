"""Where a run comes from: the catalogue's workloads, or the user's own script."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.draft import Sourced
from diptych.gui.text.tr import tr
from diptych.gui.theme import bind_icon, current, font, scaled
from diptych.gui.views.widgets import Segments, label, part
from diptych.workloads.catalogue import WORKLOADS, Workload

_NAME = Qt.ItemDataRole.UserRole + 1
_SECOND = Qt.ItemDataRole.UserRole + 2


class _Delegate(QStyledItemDelegate):
    """A family in one line, a workload in two."""

    def sizeHint(
        self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the height of the row."""
        return QSize(100, scaled(42 if index.data(_NAME) else 28))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the row."""
        tokens = current()
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if index.data(_NAME) and (chosen or state & QStyle.StateFlag.State_MouseOver):
            painter.setBrush(QColor(tokens.selection if chosen else tokens.bg3))
            painter.drawRoundedRect(QRectF(rect).adjusted(0, 1, 0, -1), 4, 4)
        text: Any = index.data(Qt.ItemDataRole.DisplayRole)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if not index.data(_NAME):
            painter.setFont(font(11, 600))
            painter.setPen(QColor(tokens.text2))
            painter.drawText(rect.adjusted(8, 4, -8, 0), left, text)
        else:
            painter.setFont(font(12, 500))
            painter.setPen(QColor(tokens.text1))
            painter.drawText(rect.adjusted(10, 3, -8, -20), left, text)
            painter.setFont(font(11))
            painter.setPen(QColor(tokens.text2))
            painter.drawText(rect.adjusted(10, 20, -8, -3), left, index.data(_SECOND))
        painter.restore()


class Sources(QFrame):
    """``changed`` comes when another source or workload was chosen; the draft has it then."""

    changed = Signal()

    def __init__(self, draft: Sourced) -> None:
        super().__init__()
        part(self, "dialogside")
        self.setFixedWidth(scaled(256))
        self._draft = draft
        choices = (("catalogue", tr("Catalogue")), ("script", tr("Own script")))
        self.source = Segments(choices, tr("Source"))
        self.search = QLineEdit()
        self.search.setFont(font())
        self.search.setPlaceholderText(tr("Search workloads"))
        self.search.setAccessibleName(tr("Search workloads"))
        self.search.setClearButtonEnabled(True)
        action = QAction(self.search)
        bind_icon(action, "search", "text2")
        self.search.addAction(action, QLineEdit.ActionPosition.LeadingPosition)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Workloads"))
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setMouseTracking(True)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._catalogue())
        self._pages.addWidget(self._own())
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 10, 12)
        column.setSpacing(8)
        column.addWidget(self.source)
        column.addWidget(self._pages, 1)
        self._fill("")
        self.refresh()
        self.source.chosen.connect(self._source_chosen)
        self.search.textChanged.connect(self._fill)
        self.list.currentItemChanged.connect(self._workload_chosen)

    def _catalogue(self) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        return made

    @staticmethod
    def _own() -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(4, 8, 4, 0)
        column.setSpacing(8)
        column.addWidget(label(tr("Any training script"), weight=600))
        for words in (
            tr("Steps are found from the optimizer; in inference from the calls of the model."),
            tr("Nothing is imported, installed or changed. What the script prints is in the Log."),
        ):
            column.addWidget(label(words, ink="label", wrap=True))
        column.addStretch(1)
        return made

    def refresh(self) -> None:
        """Show the draft."""
        self.source.choose(self._draft.source)
        self._pages.setCurrentIndex(0 if self._draft.source == "catalogue" else 1)
        for row in range(self.list.count()):
            item = self.list.item(row)
            if item.data(_NAME) == self._draft.workload:
                self.list.setCurrentItem(item)

    def _fill(self, needle: str) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        families: dict[str, list[Workload]] = {}
        for item in WORKLOADS.values():
            words = f"{item.name} {item.title} {item.description} {item.family}".casefold()
            if all(word in words for word in needle.casefold().split()):
                families.setdefault(item.family, []).append(item)
        for family in sorted(families, key=("Vision", "Language", "Basic").index):
            head = QListWidgetItem(family, self.list)
            head.setFlags(Qt.ItemFlag.NoItemFlags)
            for item in families[family]:
                self._add(item)
        self.refresh()
        self.list.blockSignals(False)

    def _add(self, item: Workload) -> None:
        row = QListWidgetItem(item.title, self.list)
        row.setData(_NAME, item.name)
        row.setData(_SECOND, tr("{n} parameters, torch and mxnet", n=parameters(item.parameters)))
        row.setToolTip(f"{item.description} {item.parameters_text}.")

    def _source_chosen(self, key: str) -> None:
        self._draft.source = "script" if key == "script" else "catalogue"
        self.refresh()
        self.changed.emit()

    def _workload_chosen(self, item: QListWidgetItem | None) -> None:
        name = item.data(_NAME) if item is not None else None
        if name and name != self._draft.workload:
            self._draft.workload = name
            self.changed.emit()


def parameters(count: int) -> str:
    """Return such as ``11.7 M``."""
    return f"{count / 1e6:.3g}\N{NO-BREAK SPACE}M" if count >= 10**6 else f"{count:,}"
