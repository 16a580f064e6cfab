"""Where a trace comes from: the shown runs, a file; and what of it could not be used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.models.traces import Traces, arrow_words
from diptych.gui.text.names import short_names
from diptych.gui.text.tr import tr
from diptych.gui.theme import scaled
from diptych.gui.views.operators_words import window_title
from diptych.gui.views.widgets import label
from diptych.profiling.trace.table import TraceTable, lost

_FILTER = "*.json *.json.gz *.gz *.trace"


def run_traces(hub: RunHub, selection: Selection) -> list[tuple[str, Path]]:
    """Return the finished traces of the shown runs, each with its name; the newest is last."""
    found = [s for s in map(hub.latest, selection.shown) if s is not None]
    made = []
    for snapshot, name in zip(found, short_names(found), strict=True):
        for window in snapshot.windows:
            if window.trace is not None and window.trace.path:
                title = window_title(name, window, several=len(found) > 1)
                made.append((title, (snapshot.directory / window.trace.path).absolute()))
    return made


def ask_file(parent: QWidget, opened: Callable[[Path], object]) -> None:
    """Let the user choose a trace file; nothing waits meanwhile."""
    dialog = QFileDialog(parent, tr("Open a trace"))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters([tr("Traces ({types})", types=_FILTER), tr("All files (*)")])
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: opened(Path(name)))
    dialog.open()


def compare_menu(parent: QWidget, traces: Traces, files: Sequence[tuple[str, Path]]) -> QMenu:
    """Return a menu of traces to be shown below the one that is shown."""
    made = QMenu(parent)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def add(text: str, path: Path) -> None:
        action = made.addAction(text.replace("&", "&&"))
        action.setToolTip(str(path))
        action.triggered.connect(lambda: traces.open(path, "lower"))

    for name, path in files:
        add(name, path)
    known = {path for _, path in files}
    recent = [path for path in traces.recent if path not in known]
    if recent and files:
        made.addSeparator()
    for path in recent[:8]:
        add(path.name, path)
    if made.actions():
        made.addSeparator()
    made.addAction(tr("Open a file below…")).triggered.connect(
        lambda: ask_file(parent, lambda path: traces.open(path, "lower"))
    )
    if traces.lower is not None:
        made.addAction(tr("Close the lower trace")).triggered.connect(traces.close_lower)
    return made


def losses_dialog(parent: QWidget, table: TraceTable) -> QDialog:
    """Return a list of what could not be used, by reason."""
    made = QDialog(parent)
    made.setWindowTitle(tr("What could not be used"))
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    column = QVBoxLayout(made)
    column.setContentsMargins(24, 20, 24, 16)
    column.setSpacing(12)
    column.addWidget(label(tr("What could not be used"), size=14, weight=600))
    if table.truncated is not None:
        text = tr(
            "The file breaks off at byte {at}: {why}. Everything before it is shown.",
            at=f"{table.truncated.at:,}",
            why=table.truncated.why,
        )
        column.addWidget(label(text, wrap=True))
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    reasons = sorted(lost(table).items(), key=lambda item: -item[1])
    for at, (reason, count) in enumerate(reasons):
        grid.addWidget(label(reason), at, 0)
        grid.addWidget(label(f"{count:,}"), at, 1, Qt.AlignmentFlag.AlignRight)
    grid.setColumnStretch(0, 1)
    column.addLayout(grid)
    if arrows := arrow_words(table):
        why = tr("Their other end was not recorded; nothing else is missing.")
        column.addWidget(label(f"{arrows}. {why}", wrap=True))
    whole = tr("Of {count} events in the file.", count=f"{table.events:,}")
    column.addWidget(label(whole, ink="label"))
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(made.reject)
    column.addWidget(buttons)
    made.setMinimumWidth(scaled(420))
    return made
