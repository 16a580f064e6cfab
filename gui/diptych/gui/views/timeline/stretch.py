"""The table under the lanes: what lies in the selected stretch, or in what is in sight."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models import jobs
from diptych.gui.models.trace_scene import Scene
from diptych.gui.models.trace_selection import TABS, Rows, in_stretch
from diptych.gui.models.trace_table import BAR_ROLE, COLOUR_ROLE, StretchModel
from diptych.gui.plots.timeline import ticks
from diptych.gui.plots.timeline.palette import slice_colour
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager, scaled
from diptych.gui.theme.tokens import ROW
from diptych.gui.views.cells import paint_bar, paint_ground, paint_swatch, paint_text
from diptych.gui.views.timeline.tabs import TextTabs
from diptych.gui.views.widgets import Elided, label, link, part

_WAIT_MS, _STILL_MS = 30, 250
_BAR_WIDTH = 96
_WIDTHS = {"count": 72, "share": 74, "cause": 150, "device": 52}


class StretchPanel(QWidget):
    """``jump_wanted`` tells the slice of a row that was chosen; ``cleared`` wants no brush."""

    jump_wanted = Signal(int)
    cleared = Signal()

    def __init__(self) -> None:
        super().__init__()
        part(self, "stage")
        self.model = StretchModel(self)
        self._scene: Scene | None = None
        self._wanted: tuple[int, int] | None = None
        self._busy = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._work)
        self.titles = {
            "kernels": tr("Kernels"),
            "operators": tr("Operators"),
            "idle": tr("Idle gaps"),
            "memory": tr("Memory"),
        }
        self.tabs = TextTabs([(key, self.titles[key]) for key in TABS], tr("What is listed"))
        self.tabs.chosen.connect(lambda _: self._soon(0))
        self._make_head()
        self._make_table()
        self.nothing = label("", ink="label", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.table)
        self.pages.addWidget(self.nothing)
        self.pages.setContentsMargins(8, 0, 8, 0)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._head)
        whole.addWidget(self.pages, 1)
        manager().changed.connect(self.table.viewport().update)

    def _make_head(self) -> None:
        self.what = label(tr("In sight"), weight=600)
        self.stretch = link("", tr("Clear the selected stretch"))
        self.stretch.setToolTip(tr("Clear the selected stretch (Esc)"))
        self.stretch.clicked.connect(self.cleared)
        self.summary = Elided(ink="label")
        self._head = QHBoxLayout()
        self._head.setContentsMargins(16, 4, 12, 4)
        self._head.setSpacing(8)
        for widget, stretch in ((self.what, 0), (self.stretch, 0), (self.summary, 1)):
            self._head.addWidget(widget, stretch)
        self._head.addWidget(self.tabs)

    def _make_table(self) -> None:
        self.table = _Table()
        self.table.setModel(self.model)
        self.table.setItemDelegate(_Delegate(self.table))
        self.table.setAccessibleName(tr("What lies in the stretch"))
        header = self.table.horizontalHeader()
        header.sectionClicked.connect(self.model.turn)
        self.table.activated.connect(lambda index: self._jump(index.row()))
        self.table.clicked.connect(lambda index: self._jump(index.row()))
        self.table.copied.connect(self.copy_rows)

    # -- what is shown -----------------------------------------------------------

    def show_scene(self, scene: Scene | None) -> None:
        """Speak of another trace from now on."""
        self._scene, self._wanted = scene, None
        if scene is not None:
            devices = any(track.device is not None for track in scene.table.tracks)
            self.tabs.choose("kernels" if devices else "operators")

    def show_stretch(self, low: float, high: float, *, brushed: bool, zero: float = 0.0) -> None:
        """List what lies between two instants of the trace; ``zero`` is written as 0."""
        self._wanted = (round(low), round(high))
        self.what.setText(tr("Selection") if brushed else tr("In sight"))
        ends = (ticks.exact(at - zero, high - low) for at in (low, high))
        self.stretch.setText(" – ".join(ends))
        self.stretch.setEnabled(brushed)
        # What is in sight is summed up when it stands still: not while it moves.
        if brushed:
            self._soon(_WAIT_MS)
        else:
            self._timer.start(_STILL_MS)

    def _soon(self, wait: int) -> None:
        if not self._timer.isActive():
            self._timer.start(wait)

    def _work(self) -> None:
        scene, wanted, tab = self._scene, self._wanted, self.tabs.value
        if scene is None or wanted is None or not self.isVisible():
            return
        if self._busy:
            return
        self._busy = True
        jobs.start(
            self,
            lambda: in_stretch(scene, tab, *wanted),
            lambda rows: self._done(rows, scene, (wanted, tab)),
            lambda error: self._failed(error, (wanted, tab)),
        )

    def _done(self, rows: Rows, scene: Scene, asked: tuple[tuple[int, int], str]) -> None:
        self._busy = False
        if scene is self._scene:
            self._show(rows)
        self._again(asked)

    def _failed(self, error: Exception, asked: tuple[tuple[int, int], str]) -> None:
        self._busy = False
        why = tr("This cannot be summed up: {why}", why=f"{type(error).__name__}: {error}")
        self._show(Rows((), self.model.order[:0].astype("int32"), (), why))
        self._again(asked)

    def _again(self, asked: tuple[tuple[int, int], str]) -> None:
        if self._wanted is not None and asked != (self._wanted, self.tabs.value):
            self._soon(0)

    def _show(self, rows: Rows) -> None:
        same = [c.key for c in rows.columns] == [c.key for c in self.model.rows.columns]
        self.model.set_rows(rows)
        self.summary.show_text(rows.summary)
        self.nothing.setText(rows.nothing)
        self.pages.setCurrentWidget(self.nothing if rows.nothing else self.table)
        if not same:
            self._fit()

    def _fit(self) -> None:
        header = self.table.horizontalHeader()
        for at, column in enumerate(self.model.rows.columns):
            wide = column.key == "name"
            mode = QHeaderView.ResizeMode.Stretch if wide else QHeaderView.ResizeMode.Fixed
            header.setSectionResizeMode(at, mode)
            if not wide:
                self.table.setColumnWidth(
                    at, scaled(_WIDTHS.get(column.key, 92) + (_BAR_WIDTH if column.bar else 0))
                )

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        super().showEvent(event)
        self._soon(0)

    # -- rows ------------------------------------------------------------------------

    def _jump(self, row: int) -> None:
        found = self.model.slice_of(row)
        if found >= 0:
            self.jump_wanted.emit(found)

    def copy_rows(self) -> None:
        """Put the selected rows, or all, on the clipboard with tabs between the cells."""
        chosen = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        rows = chosen or list(range(self.model.rowCount()))
        QGuiApplication.clipboard().setText(self.model.to_tsv(rows))


class _Table(QTableView):
    """A table whose rows are chosen whole and copied with Ctrl+C."""

    copied = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(scaled(ROW - 1))
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setFont(font(11))
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setMinimumSectionSize(scaled(40))

    def event(self, event: QEvent) -> bool:
        """Claim Ctrl+C before the window does."""
        override = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if override and cast("QKeyEvent", event).matches(QKeySequence.StandardKey.Copy):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy whole rows."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copied.emit()
        else:
            super().keyPressEvent(event)


class _Delegate(QStyledItemDelegate):
    """Paints swatch, text, number with a bar beside it, and a hairline."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one cell."""
        painter.save()
        rect = paint_ground(painter, option)
        colour = QColor(slice_colour(current(), str(index.data(COLOUR_ROLE))))
        name = index.column() == 0
        if name:
            rect = paint_swatch(painter, rect, colour)
        share = index.data(BAR_ROLE)
        if share is not None:
            bar = QRectF(rect.left() + 12, rect.top(), _BAR_WIDTH - 12, rect.height())
            paint_bar(painter, bar, float(share), colour)
            rect.setLeft(rect.left() + 8 + _BAR_WIDTH)
        paint_text(painter, rect, index, current().text1, strong=name)
        painter.restore()
