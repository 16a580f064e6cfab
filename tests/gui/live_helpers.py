"""Views of real runs on disk, read by the real hub, outside the window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.plots.row import Row
from diptych.gui.theme import manager
from diptych.gui.views.live import LiveView
from diptych.profiling.runs.snapshot import RunSnapshot

V_co = TypeVar("V_co", bound=QWidget, covariant=True)


class Makes(Protocol[V_co]):
    """A view's class."""

    def __call__(self, hub: RunHub, selection: Selection) -> V_co: ...


@contextmanager
def showing(
    qtbot: QtBot, view: Makes[V_co], runs: list[Path], size: tuple[int, int] = (1000, 760)
) -> Iterator[V_co]:
    """Show ``runs`` in a view, with hub and selection as its attributes."""
    manager().apply()
    folder = runs[0].parent if runs else Path("/nonexistent")
    hub, selection = RunHub(folder), Selection()
    made = view(hub, selection)
    try:
        show(qtbot, hub, selection, runs)
        made.resize(*size)
        made.show()
        made.activateWindow()
        qtbot.waitUntil(made.isActiveWindow, timeout=5000)
        yield made
    finally:
        made.close()
        made.deleteLater()
        hub.close()
        hub.deleteLater()
        selection.deleteLater()


def show(qtbot: QtBot, hub: RunHub, selection: Selection, runs: list[Path]) -> None:
    """Follow ``runs`` and show them, as the window does."""
    ids = [run.name for run in runs]
    hub.show(ids)
    qtbot.waitUntil(lambda: all(hub.latest(run) is not None for run in ids), timeout=10_000)
    qtbot.waitUntil(lambda: all(known(hub, run) for run in ids), timeout=10_000)
    selection.learn(_names(hub, ids))
    selection.show(ids)


def _names(hub: RunHub, ids: list[str]) -> dict[str, str | None]:
    frameworks = {run: latest(hub, run).framework for run in ids}
    return {run: f.name if f else None for run, f in frameworks.items()}


def known(hub: RunHub, run: str) -> bool:
    """Whether all that is on disk was read: a run that ended says so."""
    snapshot = hub.latest(run)
    return snapshot is not None and (snapshot.framework is not None or not snapshot.state.live)


def latest(hub: RunHub, run: str) -> RunSnapshot:
    """Return the newest snapshot of a run that is followed."""
    snapshot = hub.latest(run)
    assert snapshot is not None
    return snapshot


def settled(qtbot: QtBot, view: LiveView, key: str = "step") -> Row:
    """Return a plot of a live view once it shows all that is known."""
    row = view.rows[key]

    def whole() -> bool:
        charts = [chart for chart in row.charts if chart.isVisible()]
        drawn = bool(charts) and all(chart.pairs and not chart._stale for chart in charts)
        return drawn and not view._dirty and all(c._range == view.time.range for c in charts)

    qtbot.waitUntil(whole, timeout=10_000)
    return row
