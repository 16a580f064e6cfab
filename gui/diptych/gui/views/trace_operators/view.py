"""The operators of an open trace: icicle, table and histogram hold one selection."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.models.trace_names import COLOURS
from diptych.gui.models.trace_operators import BYS, By, Forest, Measure, Wish
from diptych.gui.models.trace_operators_table import TraceOperatorsModel
from diptych.gui.models.trace_scene import Scene
from diptych.gui.models.traces import traces_of
from diptych.gui.models.writing import write_aside
from diptych.gui.plots.timeline import ticks
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import manager, scaled
from diptych.gui.views.timeline.choices import ask_file, run_traces
from diptych.gui.views.timeline.foot import TimelineFoot
from diptych.gui.views.timeline.pages import EmptyPage, OpeningPage
from diptych.gui.views.trace_operators import files, menus
from diptych.gui.views.trace_operators.bar import TraceBar, TraceHead
from diptych.gui.views.trace_operators.icicle_panel import IciclePanel
from diptych.gui.views.trace_operators.side import Chosen, Side
from diptych.gui.views.trace_operators.table import OperatorTable
from diptych.gui.views.trace_operators.work import Forests
from diptych.gui.views.widgets import hairline, label
from diptych.profiling.trace.table import DEVICE_WORK, Int32

_SIDE = 290
_ICICLE_ROWS = 9
_EMPTY, _OPENING, _CONTENT = range(3)


class TraceOperatorsView(QWidget):
    """Shows the upper trace of `Traces`; ``head`` stands in the line of the switch above."""

    def __init__(self, hub: RunHub, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hub, self.selection = hub, selection
        self.traces = traces_of(hub)
        self.scene: Scene | None = None
        self.forest: Forest | None = None
        self.model = TraceOperatorsModel(self)
        self.forests = Forests(self)
        self.head, self.bar = TraceHead(), TraceBar()
        self.icicle, self.side = IciclePanel(), Side(self.traces)
        self.table = OperatorTable(self.model)
        self.empty, self.opening = EmptyPage(), OpeningPage()
        self._measured = False
        """Whether a person chose the time that counts."""
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.table)
        self._show_trace()

    def _lay_out(self) -> None:
        self.nothing = label("", ink="label", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.lists = QStackedWidget()
        self.lists.addWidget(self.table)
        self.lists.addWidget(self.nothing)
        self.lists.setContentsMargins(8, 0, 0, 0)
        below = QSplitter(Qt.Orientation.Horizontal)
        below.setHandleWidth(1)
        below.setChildrenCollapsible(False)
        below.addWidget(self.lists)
        below.addWidget(self.side)
        below.setStretchFactor(0, 1)
        below.setSizes([10_000, scaled(_SIDE)])
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setHandleWidth(1)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.icicle)
        self.split.addWidget(below)
        self.split.setStretchFactor(1, 1)
        content = QWidget()
        column = QVBoxLayout(content)
        self.foot = TimelineFoot()
        self.foot.hints = tr(
            "Click zoom in   Backspace back   Enter show in timeline   [ ] call by call"
        )
        for widget, room in ((self.bar, 0), (hairline(), 0), (self.split, 1), (self.foot, 0)):
            column.addWidget(widget, room)
        self.pages = QStackedWidget()
        for page in (self.empty, self.opening, content):
            self.pages.addWidget(page)
        whole = QVBoxLayout(self)
        for layout in (column, whole):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        whole.addWidget(self.pages)

    def _connect(self) -> None:
        traces, head, bar, table = self.traces, self.head, self.bar, self.table
        traces.changed.connect(self._show_trace)
        traces.opening_changed.connect(self._show_opening)
        traces.brush_changed.connect(self._ask)
        head.file_chosen.connect(self.open)
        head.open_wanted.connect(lambda: ask_file(self, self.open))
        head.stretch_cleared.connect(lambda: traces.set_brush(None))
        self.empty.open_wanted.connect(lambda: ask_file(self, self.open))
        self.empty.file_wanted.connect(self.open)
        self.opening.cancelled.connect(traces.cancel)
        bar.changed.connect(self._ask)
        bar.measure.chosen.connect(self._measure_chosen)
        bar.filtered.connect(self._filter)
        bar.left.connect(table.setFocus)
        bar.columns_menu.aboutToShow.connect(lambda: menus.fill_columns(self))
        bar.export.clicked.connect(self._ask_and_export)
        bar.sql.clicked.connect(traces.sql_wanted)
        self.forests.made.connect(self._show_forests)
        table.chosen.connect(self.choose)
        table.opened.connect(lambda _: self.show_in_timeline())
        table.copied.connect(self.copy_rows)
        table.menu_wanted.connect(lambda _, where: menus.call_menu(self).popup(where))
        self.icicle.picked.connect(self.choose_box)
        self.icicle.menu_wanted.connect(lambda _, where: menus.call_menu(self).popup(where))
        self.side.show_wanted.connect(self.show_in_timeline)
        manager().changed.connect(self.table.viewport().update)

    # -- which trace -----------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Open a file and stay here."""
        self.traces.open(path, show=False)

    def _show_trace(self) -> None:
        scene = self.traces.upper
        if scene is not None and (self.scene is None or self.scene.table is not scene.table):
            self.side.show_chosen(None)
            self.icicle.show_forest(None, "host")
            kinds = np.bincount(scene.table.slices.kind, minlength=256)
            device = bool(kinds[list(DEVICE_WORK)].any())
            if not self._measured or not device:
                self.bar.measure.choose("device" if device else "host")
            self.bar.let_device(device)
        self.scene = scene
        self._show_opening()
        self._ask()

    def _show_opening(self) -> None:
        opening = self.traces.opening
        if opening is not None and opening.place == "upper":
            self.opening.show_opening(opening)
            self.pages.setCurrentIndex(_OPENING)
        else:
            self.pages.setCurrentIndex(_EMPTY if self.scene is None else _CONTENT)
        self._list_files()

    def _list_files(self) -> None:
        known = run_traces(self.hub, self.selection)
        opened = self.scene.table.path if self.scene is not None else None
        if opened is not None and all(path != opened for _, path in known):
            known = [*known, (opened.name, opened)]
        self.head.show_files(known, opened)
        why = tr(
            "Its operators would be listed here: which took the time, how they call each other, "
            "and how their durations are spread. Choose a .json or .json.gz trace of PyTorch, "
            "MXNet or Chrome, or drop it here."
        )
        self.empty.show_recent(self.traces.recent, why)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while something else was shown."""
        super().showEvent(event)
        self._list_files()
        self._ask()

    # -- what is asked for -----------------------------------------------------------

    @property
    def wish(self) -> Wish:
        """What the controls ask for."""
        by: By = next(by for by in BYS if by == self.bar.by.value)
        return Wish(by, self.bar.tree.value == "tree", self.traces.brush)

    @property
    def measure(self) -> Measure:
        """The time that counts."""
        return "device" if self.bar.measure.value == "device" else "host"

    def _measure_chosen(self) -> None:
        self._measured = True

    def _ask(self) -> None:
        if self.scene is None:
            return
        self._tell_stretch(self.scene)
        if self.isVisible():
            self.forests.ask(self.scene, self.wish)

    def _tell_stretch(self, scene: Scene) -> None:
        brush = self.traces.brush
        if brush is None:
            self.head.show_stretch("")
            return
        low, high = (ticks.exact(at, brush[1] - brush[0]) for at in brush)
        first, last = scene.step_at(brush[0]), scene.step_at(max(brush[0], brush[1] - 1))
        words = tr("Selection {low} – {high}", low=low, high=high)
        if first is not None and first is last:
            words = tr("{stretch}, in {step}", stretch=words, step=first.name)
        self.head.show_stretch(words)

    def _show_forests(self, forest: Forest, tree: Forest) -> None:
        if forest.wish != self.wish or forest.scene is not self.scene:
            return
        before = self.side.chosen
        other = forest is not self.forest
        self.forest = forest
        columns = [column.key for column in self.model.columns]
        self.model.set_forest(forest, self.measure)
        if other or columns != [column.key for column in self.model.columns]:
            self.table.fit()
        self.icicle.setVisible(bool(len(tree)))
        self.icicle.show_forest(tree, self.measure)
        self._mark_found()
        self.nothing.setText(forest.nothing)
        self.lists.setCurrentWidget(self.nothing if forest.nothing else self.table)
        self.side.setVisible(not forest.nothing)
        self._fit_icicle()
        used = np.bincount(np.concatenate([forest.colours, tree.colours]), minlength=len(COLOURS))
        self.foot.show_colours([name for at, name in enumerate(COLOURS) if used[at]])
        self._summarise(forest)
        self._choose_again(before)

    def _fit_icicle(self) -> None:
        from diptych.gui.plots.icicle import ROW

        rows = min(max(self.icicle.deepest, 2), _ICICLE_ROWS)
        high = rows * ROW + 38
        whole = max(self.split.height(), 400)
        high = min(high, whole * 2 // 5)
        if not self._split_moved():
            self.split.setSizes([high, whole - high])

    def _split_moved(self) -> bool:
        moved = bool(self.split.property("moved"))
        if not moved and not self.split.property("watched"):
            self.split.setProperty("watched", True)
            self.split.splitterMoved.connect(lambda *_: self.split.setProperty("moved", True))
        return moved

    def _summarise(self, forest: Forest) -> None:
        from diptych.gui.models.trace_operators_build import summary

        words = [summary(forest)] if not forest.nothing else []
        if forest.untied_ns:
            time = fmt.duration(forest.untied_ns)
            words.append(tr("{time} of device work tied to no operator", time=time))
        self.head.summary.show_text(" · ".join(words))

    # -- one selection ----------------------------------------------------------------

    def choose(self, node: int) -> None:
        """Choose a row of the table; icicle and histogram follow."""
        if self.forest is None or not 0 <= node < len(self.forest):
            return
        self._show_chosen(self.forest, node)
        self._mark_boxes()

    def choose_box(self, node: int) -> None:
        """Choose a box of the icicle; the table follows if it has its calls."""
        tree = self.icicle.forest
        if tree is None or self.forest is None:
            return
        if tree is self.forest:
            self.table.choose(node)
            self._show_chosen(tree, node)
            self.icicle.icicle.choose(node)
            return
        found = self._row_of_box(tree, node)
        self.table.choose(found)
        if found >= 0:
            self._show_chosen(self.forest, found)
        else:
            self._show_chosen(tree, node)
        self._mark_boxes(node)

    def _row_of_box(self, tree: Forest, node: int) -> int:
        """Return the node of the table that has the calls of a box; −1 without one."""
        rows, _ = tree.calls_of(node, "host")
        if self.forest is None or not len(rows):
            return -1
        found = np.flatnonzero(np.isin(self.forest.rows, rows[:1]))
        return int(self.forest.group[found[-1]]) if len(found) else -1

    def _show_chosen(self, forest: Forest, node: int) -> None:
        rows, spans = forest.calls_of(node, self.measure)
        self.traces.set_occurrences(rows.astype(np.int64))
        self.side.show_chosen(Chosen(forest, node, self.measure, rows, spans))

    def _mark_boxes(self, current: int = -1) -> None:
        tree, chosen = self.icicle.forest, self.side.chosen
        if tree is None or chosen is None or not len(tree):
            return
        if tree is chosen.forest:
            self.icicle.icicle.choose(chosen.node)
            return
        here = np.isin(tree.rows, self._on_host(chosen.rows))
        same = np.unique(tree.group[here]).astype(np.int64)
        if current < 0 and len(same):
            current = int(same[np.argmax(tree.times["total"][same])])
        self.icicle.icicle.choose(current, same)

    def _on_host(self, rows: Int32) -> Int32:
        """Return calls; of work of the device the calls that launched it."""
        if self.scene is None or not len(rows):
            return rows
        slices = self.scene.table.slices
        if int(slices.kind[rows[0]]) not in DEVICE_WORK:
            return rows
        launch = slices.launch[rows]
        return launch[launch >= 0]

    def _choose_again(self, before: Chosen | None) -> None:
        """Stay at the same operator when the rows are others; at first at the one on top."""
        if self.forest is None or not len(self.forest):
            self.side.show_chosen(None)
            return
        node = -1
        if before is not None:
            same = np.flatnonzero(self.forest.name == before.forest.name[before.node])
            same = same[np.argsort(-self.forest.calls[same], kind="stable")]
            node = int(same[0]) if len(same) else -1
            if before.forest is self.forest:
                node = before.node
        if node < 0:
            node = self.model.node_of(0)
        if node >= 0:
            self.table.choose(node)
            self.choose(node)

    def show_in_timeline(self) -> None:
        """Bring the present call of what is chosen into sight in the timeline."""
        traces = self.traces
        row = int(traces.occurrences[traces.occurrence]) if traces.occurrence >= 0 else -1
        if row < 0:
            row = traces.step(1)
        if row >= 0:
            traces.jump(row)

    # -- filter -------------------------------------------------------------------------

    def _filter(self, text: str) -> None:
        self.table.keep(lambda: self.model.set_filter(text))
        self._mark_found()

    def _mark_found(self) -> None:
        words, tree = self.bar.filter.text().casefold().split(), self.icicle.forest
        if not words or tree is None:
            self.icicle.icicle.show_found(None)
            return
        self.icicle.icicle.show_found(tree.found(words))

    def focus_search(self) -> None:
        """Put the cursor into the filter."""
        self.bar.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.filter.selectAll()

    def search_for(self, text: str) -> None:
        """Show the operators whose name holds ``text``."""
        self.bar.filter.setText(text)
        self.focus_search()

    # -- columns, copy, files --------------------------------------------------------------

    def hide_column(self, key: str, *, hidden: bool) -> None:
        """Take a column away, or show it again."""
        now = self.model.hidden | {key} if hidden else self.model.hidden - {key}
        self.table.keep(lambda: self.model.set_hidden(now))
        self.table.fit()

    def copy_rows(self) -> None:
        """Put the chosen rows, or all, on the clipboard with tabs between the cells."""
        chosen = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        rows = chosen or range(self.model.rowCount())
        QGuiApplication.clipboard().setText(files.as_tsv(self.model.to_table(rows)))

    def _ask_and_export(self) -> None:
        if self.scene is None or self.forest is None:
            return
        name = f"{self.scene.table.path.name.partition('.')[0]}-{self.forest.wish.by}.csv"
        title = tr("Export the operators of the trace")
        path, _ = QFileDialog.getSaveFileName(self, title, name, "CSV (*.csv)")
        if path:
            self.export_csv(Path(path))

    def export_csv(self, path: Path) -> None:
        """Write the shown rows, times in ns; how it went is told beside the trace's name."""
        forest, say = self.forest, self.head.summary.show_text
        if forest is None:
            return
        nodes = self.model.order.tolist()
        words = trn(
            "{n} row written to {path}", "{n} rows written to {path}", len(nodes), path=path
        )
        write_aside(self, path, lambda out: files.write_csv(out, forest, nodes), words, say)

    # -- keys, and what is remembered -------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Claim the keys of the view before the window's own."""
        override = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if override and self._acts(cast("QKeyEvent", event)) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from call to call; go back in the icicle; let go of the stretch."""
        act = self._acts(event)
        if act is not None:
            act()
        else:
            super().keyPressEvent(event)

    def _acts(self, event: QKeyEvent) -> Callable[[], object] | None:
        if self.bar.filter.hasFocus() or self.scene is None:
            return None
        acts: dict[str, Callable[[], object]] = {
            "]": lambda: self.traces.step(1),
            "[": lambda: self.traces.step(-1),
            "/": self.focus_search,
        }
        if event.key() == Qt.Key.Key_Backspace:
            return self.icicle.icicle.back
        if event.key() == Qt.Key.Key_Escape:
            return self._something_to_clear()
        return acts.get(event.text())

    def _something_to_clear(self) -> Callable[[], object] | None:
        if self.icicle.icicle.root >= 0:
            return self.icicle.icicle.back
        if self.bar.filter.text():
            return self.bar.filter.clear
        if self.traces.brush is not None:
            return lambda: self.traces.set_brush(None)
        return None

    def save_state(self) -> dict[str, Any]:
        """Return how operators are listed."""
        key, order = self.model.sorting
        return {
            "by": self.bar.by.value,
            "tree": self.bar.tree.value,
            "sort": key,
            "down": order is Qt.SortOrder.DescendingOrder,
            "hidden": sorted(self.model.hidden),
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        """List them so again."""
        self.bar.by.choose(str(state.get("by")))
        self.bar.tree.choose(str(state.get("tree")))
        hidden = state.get("hidden")
        if isinstance(hidden, list):
            self.model.set_hidden(frozenset(key for key in hidden if isinstance(key, str)))
        if isinstance(state.get("sort"), str):
            down, up = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder
            self.model.sorting = (cast("str", state["sort"]), down if state.get("down") else up)
