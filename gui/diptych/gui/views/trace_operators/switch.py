"""The switch above the operators: the summary of the run's windows, or an open trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.models.traces import traces_of
from diptych.gui.text.tr import tr
from diptych.gui.views.timeline.choices import run_traces
from diptych.gui.views.widgets import Segments

if TYPE_CHECKING:
    from diptych.gui.views.trace_operators.view import TraceOperatorsView

SUMMARY, TRACE = "summary", "trace"


class Switch(QObject):
    """Puts both pages and the switch into ``layout``; there is none where there is no trace.

    ``preferred`` names the trace that is opened when the switch asks for one
    and none is open.
    """

    changed = Signal()

    def __init__(
        self,
        hub: RunHub,
        selection: Selection,
        summary: QWidget,
        layout: QVBoxLayout,
        preferred: Callable[[], Path | None],
    ) -> None:
        super().__init__(summary.parent())
        self._hub, self._selection, self._preferred = hub, selection, preferred
        self.traces = traces_of(hub)
        self.chosen: str | None = None
        """What a person chose; ``None`` as long as nobody did."""
        self._built: TraceOperatorsView | None = None
        self._state: dict[str, Any] = {}
        words = [(SUMMARY, tr("Summary of the run's windows")), (TRACE, tr("Trace"))]
        self.segments = Segments(words, tr("Operators of"))
        self.segments.button(TRACE).setToolTip(
            tr("Every call of one trace: as a list or a tree, with its durations")
        )
        self.segments.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.segments.chosen.connect(self._choose)
        self.line = QWidget()
        row = self._row = QHBoxLayout(self.line)
        row.setContentsMargins(16, 8, 12, 8)
        row.setSpacing(12)
        row.addWidget(self.segments)
        row.addStretch(0)
        self.pages = QStackedWidget()
        self.pages.addWidget(summary)
        layout.addWidget(self.line)
        layout.addWidget(self.pages, 1)
        self.traces.changed.connect(self.refresh)
        self.traces.opening_changed.connect(self.refresh)
        self.refresh()

    @property
    def trace(self) -> TraceOperatorsView:
        """The page of the trace, built when it is first wanted: it brings the compiler."""
        if self._built is None:
            from diptych.gui.views.trace_operators.view import TraceOperatorsView

            self._built = TraceOperatorsView(self._hub, self._selection)
            self._built.restore_state(self._state)
            self.pages.addWidget(self._built)
            self._row.insertWidget(1, self._built.head, 1)
        return self._built

    def save_state(self) -> dict[str, Any]:
        """Return what the page of the trace remembers."""
        return self._built.save_state() if self._built is not None else self._state

    def restore_state(self, state: dict[str, Any]) -> None:
        """Let the page of the trace take it up, now or once it is built."""
        self._state = state
        if self._built is not None:
            self._built.restore_state(state)

    @property
    def value(self) -> str:
        """Which page is shown."""
        return TRACE if self.pages.currentIndex() == 1 else SUMMARY

    def show(self, page: str) -> None:
        """Show a page because a person asked for it."""
        self.chosen = page
        self.refresh()

    def _choose(self, page: str) -> None:
        self.show(page)
        if page == TRACE and not self.traces.in_use:
            path = self._preferred()
            if path is not None:
                self.trace.open(path)

    def refresh(self) -> None:
        """Offer what there is: a trace that is open, or that a shown run has."""
        possible = self.traces.in_use or bool(run_traces(self._hub, self._selection))
        self.line.setVisible(possible)
        default = TRACE if self.traces.upper is not None else SUMMARY
        page = (self.chosen or default) if possible else SUMMARY
        self.segments.choose(page)
        if page == TRACE or self._built is not None:
            self.trace.head.setVisible(page == TRACE)
        before = self.value
        self.pages.setCurrentIndex(1 if page == TRACE else 0)
        if page != before:
            self.changed.emit()
