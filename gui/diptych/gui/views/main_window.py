"""The window: header, error bar, runs, stage, status; and what its actions do."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QMoveEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QLineEdit,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.context import Context
from diptych.gui.models.trouble import Trouble
from diptych.gui.text.tr import tr
from diptych.gui.theme import CHOICES, Choice, manager, scaled
from diptych.gui.theme.tokens import SIDEBAR
from diptych.gui.views.actions import TAB_NAMES, Actions, tab_action
from diptych.gui.views.care_commands import CareCommands
from diptych.gui.views.closing import Closing
from diptych.gui.views.commands import Commands
from diptych.gui.views.empty import EmptyView
from diptych.gui.views.error_bar import ErrorBar
from diptych.gui.views.experiment_bar import ExperimentBar
from diptych.gui.views.experiment_commands import ExperimentCommands
from diptych.gui.views.finding import Finding
from diptych.gui.views.header import Header, logo
from diptych.gui.views.jumping import Jumping
from diptych.gui.views.memory import Memory
from diptych.gui.views.plot_actions import PlotActions
from diptych.gui.views.report_commands import ReportCommands
from diptych.gui.views.runs_list import RunsList
from diptych.gui.views.screen import fit_screen, room
from diptych.gui.views.stage import Stage
from diptych.gui.views.status_bar import StatusBar
from diptych.gui.views.timeline.wiring import Tracing
from diptych.gui.views.trace_operators.wiring import TraceMenu

_FRAME_MS = 250
_LEAST = QSize(900, 560)


class MainWindow(QMainWindow):
    """One window on one home folder. Closing it leaves the runs going."""

    _reported = Signal(object)

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.setWindowTitle("Diptych")
        self.setWindowIcon(logo())
        # Large type wants more room, but no more than there is.
        self.setMinimumSize(
            QSize(scaled(900), scaled(560)).boundedTo(room(self)).expandedTo(_LEAST)
        )
        self.context = Context(home, self)
        self._choose_theme(self.context.settings.get("theme"))
        manager().calm = self.context.settings.read("calm", bool) or False
        self.actions_ = Actions(self)
        self.errors = ErrorBar()
        self.racing = ExperimentBar()
        context = self.context
        self.stage = Stage(
            context.hub, context.selection, self.actions_["follow"], context.settings
        )
        self.empty = EmptyView(context.runtimes, context.machine)
        self.commands = Commands(self, context, self.actions_, self.errors)
        self.closing = Closing(self, context, self.errors)
        self.runs = RunsList(context.hub, context.queue, context.selection, self.commands.for_run())
        self.status = StatusBar(
            context.hub, context.selection, context.machine, context.runtimes, home
        )
        self._lay_out()
        self.tracing = Tracing(self)
        self.trace_menu = TraceMenu(self)
        self.finding = Finding(self)
        self.care = CareCommands(self)
        self.experiments = ExperimentCommands(self, self.racing)
        self.reports = ReportCommands(self)
        self.plots = PlotActions(self.stage, self.context.selection, self.actions_)
        self.jumping = Jumping(self)
        self.memory = Memory(self)
        self._connect()
        self._connect_actions()
        self.memory.restore()
        self._fit_screen()
        self._started = False
        self._greeted = False

    def _lay_out(self) -> None:
        self.middle = QStackedWidget()
        self.middle.addWidget(self.empty)
        self.middle.addWidget(self.stage)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setHandleWidth(1)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.runs)
        self.split.addWidget(self.middle)
        self.split.setStretchFactor(1, 1)
        self.split.setSizes([scaled(SIDEBAR), 10_000])
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = Header(self.actions_)
        for widget in (self.header, self.errors, self.racing):
            column.addWidget(widget)
        column.addWidget(self.split, 1)
        column.addWidget(self.status)
        self.setCentralWidget(whole)

    def _connect(self) -> None:
        context, actions = self.context, self.actions_
        self.status.follow(context.recovery)
        for sender in (context.queue, context.runtimes, context.steering, self.stage):
            sender.trouble.connect(self.errors.say)
        context.steering.told.connect(self.errors.say)
        self._reported.connect(self.errors.say)
        context.hub.trouble.connect(
            lambda text: self.errors.say_once(Trouble(tr("Reading the runs met an error"), text))
        )
        context.hub.entries_changed.connect(self._entries)
        context.queue.started.connect(self._run_started)
        context.selection.shown_changed.connect(self._show_middle)
        self.runs.opened.connect(lambda _: self.stage.choose(0))
        self.runs.new_wanted.connect(actions["new"].trigger)
        self.runs.cancel_wanted.connect(context.queue.cancel)
        self.empty.new_wanted.connect(self.commands.new_run)
        self.empty.open_wanted.connect(actions["open"].trigger)
        self.empty.install_wanted.connect(self.commands.install_runtime)
        self.empty.runtimes_wanted.connect(actions["runtimes"].trigger)
        self.commands.opened.connect(self._focus_list)
        self.stage.about.more_wanted.connect(self.commands.show_guide)

    def _connect_actions(self) -> None:
        context, actions = self.context, self.actions_
        context.selection.follow_changed.connect(actions["follow"].setChecked)
        actions["follow"].setChecked(context.selection.follow)
        actions["follow"].toggled.connect(context.selection.set_follow)
        for number, name in enumerate(TAB_NAMES):
            actions[tab_action(name)].triggered.connect(
                lambda _=False, number=number: self.stage.choose(number)
            )
        for action in actions.themes():
            action.triggered.connect(lambda _=False, a=action: self._choose_theme(a.data()))
        for action in actions.closing():
            action.setChecked(action.data() == self.closing.choice)
            action.triggered.connect(lambda _=False, a=action: self.closing.choose(a.data()))
        actions["calm"].setChecked(manager().calm)
        actions["calm"].triggered.connect(self._rest)
        actions["clear"].triggered.connect(self._clear)
        actions["close"].triggered.connect(self.close)
        actions["keys"].triggered.connect(lambda: self.commands.show_keys(self.header.menus))
        about = self.stage.about
        actions["explain"].triggered.connect(about.explain)
        about.changed.connect(lambda: actions["explain"].setChecked(about.explains))
        actions["explain"].setChecked(about.explains)

    # -- what is shown ------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to look around once the window stands."""
        super().showEvent(event)
        if not self._started:
            self._started = True
            self.memory.restore_split()
            # Else it would be on the first thing that takes keys, the search field.
            (self.runs.view if self.runs.view.isVisible() else self.empty).setFocus()
            QTimer.singleShot(0, self, self.context.runtimes.refresh)
            QTimer.singleShot(0, self, self.context.machine.look)
            QTimer.singleShot(0, self, self.context.queue.resume)
            QTimer.singleShot(0, self, self.context.experiments.follow)
            # The window manager tells its frame a little later.
            QTimer.singleShot(_FRAME_MS, self, self._fit_screen)

    def _fit_screen(self) -> None:
        if not self.isMaximized() and not self.isFullScreen():
            fit_screen(self)

    def _entries(self) -> None:
        if not self._greeted and self.context.hub.entries:
            self._greeted = True
            self._greet()
        self._show_middle()

    def _greet(self) -> None:
        """Show what a person who opens the window wants to see: what runs, else what was shown."""
        context = self.context
        if context.selection.shown or not context.hub.entries:
            return
        live, kept = context.live(), self.memory.runs()
        if kept and (not live or set(live) & set(kept)):
            context.selection.show(kept)
            self.memory.restore_brush()
        else:
            context.selection.show(live or [context.hub.entries[0].id])
        self._focus_list()

    def _show_middle(self) -> None:
        context = self.context
        some = context.hub.entries or context.queue.waiting or context.traces.in_use
        self.middle.setCurrentWidget(self.stage if some else self.empty)

    def _run_started(self, directory: Path) -> None:
        """Show a run that was started here, beside the one that it is to be compared with."""
        context = self.context
        run = directory.name
        context.hub.refresh()
        before = [r for r in context.selection.shown if self._same_pair(r, directory)]
        context.selection.show([*before, run])
        self.stage.choose(0)
        self._focus_list()

    def _focus_list(self) -> None:
        """Put the focus on the run that is shown, unless somebody is typing."""
        if not isinstance(self.focusWidget(), QLineEdit):
            self.runs.view.setFocus()

    def _same_pair(self, run: str, directory: Path) -> bool:
        entry = self.context.hub.entry(run)
        pair = self.commands.pair_of(directory)
        return entry is not None and pair is not None and entry.pair == pair

    def _choose_theme(self, choice: object) -> None:
        chosen: Choice = next((known for known in CHOICES if known == choice), "system")
        manager().choose(chosen)
        self.context.settings.set(theme=chosen)

    def _rest(self, calm: bool) -> None:
        manager().calm = calm
        self.context.settings.set(calm=calm)

    def _clear(self) -> None:
        """Undo one thing at a time: the brush, then the filter, then the error."""
        if self.context.selection.range is not None:
            self.context.selection.set_range(None)
        elif self.runs.filter.text():
            self.runs.filter.clear()
        elif self.errors.shown is not None:
            self.errors.dismiss()
        self.runs.view.setFocus()

    def report(self, trouble: Trouble) -> None:
        """Say what went wrong. May be called from any thread."""
        self._reported.emit(trouble)

    # -- coming and going -----------------------------------------------------------

    def geometry_state(self) -> dict[str, str]:
        """Return place and size of the window and its parts, for `restore_geometry`."""
        return {"geometry": _coded(self.saveGeometry()), "split": _coded(self.split.saveState())}

    def restore_split(self, split: str | None) -> None:
        """Take up the places of the splitter again."""
        if split is not None:
            self.split.restoreState(_decoded(split))

    def restore_geometry(self, geometry: str | None) -> None:
        """Take up place and size again; what is no such thing changes nothing."""
        self.resize(scaled(1280), scaled(800))
        if geometry is not None:
            self.restoreGeometry(_decoded(geometry))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Remember the size."""
        super().resizeEvent(event)
        self.memory.soon()

    def moveEvent(self, event: QMoveEvent) -> None:
        """Remember the place."""
        super().moveEvent(event)
        self.memory.soon()

    def close_unasked(self) -> None:
        """Close without a question, as when the system ends the session."""
        self.closing.agree()
        self.close()
        # From within a question the close above is only the end of that question.
        if self.isVisible():
            QTimer.singleShot(0, self, self.close)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask once when something is live or waits, then end every thread."""
        if not self.closing.may_close():
            event.ignore()
            return
        self.memory.save()
        self.memory.stop()
        self.context.close()
        super().closeEvent(event)


def _coded(state: QByteArray) -> str:
    return bytes(state.toBase64().data()).decode("ascii")


def _decoded(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii", "replace"))
