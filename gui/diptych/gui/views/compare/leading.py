"""From an operator of a comparison to the tables and the timeline of the run that has it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.models.window_trace import window_traces_of
from diptych.profiling.compare.comparison import Comparison

_PATIENCE_MS = 10_000


class Leading(QObject):
    """Waits until the run's windows are read, as it may not have been shown before."""

    found = Signal(str)
    """The operators of the window are shown: the operator to look for in them."""

    def __init__(self, hub: RunHub, selection: Selection, parent: QObject) -> None:
        super().__init__(parent)
        self._hub, self._selection = hub, selection
        self._wanted: tuple[str, str, str] | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._give_up)
        hub.snapshot_changed.connect(self._look)

    def go(self, comparison: Comparison, run: str, operator: str, where: str) -> None:
        """Show ``operator`` of ``run`` in ``operators`` or ``timeline``, beside the other sides."""
        profiled = zip(comparison.profiled, comparison.sides, strict=True)
        runs = [(shown or side.run).id for shown, side in profiled]
        known = [one for one in dict.fromkeys([run, *runs]) if self._hub.entry(one) is not None]
        if run not in known:
            return
        self._wanted = (run, operator, where)
        self._patience.start(_PATIENCE_MS)
        if not set(known) <= set(self._selection.shown):
            self._selection.show(known)
        self._look()

    def _give_up(self) -> None:
        self._wanted = None

    def _look(self, _run: object = None, _snapshot: object = None) -> None:
        if self._wanted is None:
            return
        run, operator, where = self._wanted
        snapshot = self._hub.latest(run)
        windows = [w for w in snapshot.windows if w.operators is not None] if snapshot else []
        if not windows:
            return
        self._give_up()
        window = windows[-1]
        if where == "timeline":
            window_traces_of(self._hub).open((run, window.rank, window.id))
            return
        self._selection.window_wanted.emit(run, window.rank, window.id)
        self.found.emit(operator)
