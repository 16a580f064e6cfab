"""The middle of the window: tabs and the views behind them, built when first shown."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.models.settings import Settings
from diptych.gui.models.trouble import Trouble
from diptych.gui.text.runs import NOT_A_RUN, is_foreign
from diptych.gui.text.tr import tr
from diptych.gui.theme import scaled
from diptych.gui.theme.tokens import PANEL
from diptych.gui.views.about_line import AboutLine
from diptych.gui.views.actions import TAB_NAMES, TAB_TITLES
from diptych.gui.views.tab_row import TabRow
from diptych.gui.views.widgets import label, part

# By name, because the plots take longest to import and the window stands before.
_VIEWS = {
    "Live": ("diptych.gui.views.live", "LiveView"),
    "Operators": ("diptych.gui.views.operators", "OperatorsView"),
    "Timeline": ("diptych.gui.views.timeline.view", "TimelineView"),
    "Compare": ("diptych.gui.views.compare.view", "CompareView"),
    "Log": ("diptych.gui.views.log", "LogView"),
    "Details": ("diptych.gui.views.details", "DetailsView"),
}
_NOW = ("diptych.gui.views.now", "NowPanel")
_STATES = "views"
_PANEL_MOST = 420


@runtime_checkable
class Remembers(Protocol):
    """A view that keeps something for the next start: plain data, small."""

    def save_state(self) -> dict[str, Any]:
        """Return what is to be remembered."""

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take it up again; whatever does not fit is passed over without a word."""


class Stage(QWidget):
    """``trouble`` tells of a view that could not be built; the others go on.

    A view may have any of the methods ``focus_search()``, ``find_next(backward=)``
    and ``copy_rows()``, which the actions call, and those of `Remembers`.
    """

    trouble = Signal(object)
    changed = Signal()
    """Another tab is shown."""

    def __init__(
        self, hub: RunHub, selection: Selection, follow: QAction, settings: Settings
    ) -> None:
        super().__init__()
        part(self, "stage")
        self._hub, self._selection, self._settings = hub, selection, settings
        self._states = settings.read(_STATES, dict[str, dict[str, Any]]) or {}
        self.about = AboutLine(settings)
        self.tabs = TabRow(TAB_NAMES, hub, selection, follow)
        self.pages = QStackedWidget()
        self._pages: list[QWidget] = []
        self._built: dict[str, QWidget] = {}
        for name in TAB_NAMES:
            page = QWidget()
            page.setAccessibleName(TAB_TITLES[name])
            column = QVBoxLayout(page)
            column.setContentsMargins(0, 0, 0, 0)
            self._pages.append(page)
            self.pages.addWidget(page)
        self.panel = _Panel()
        inside = QWidget()
        self._no_run = label(ink="label", wrap=True)
        self._no_run.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._whole = QStackedLayout(self)
        self._whole.addWidget(inside)
        self._whole.addWidget(self._no_run)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addWidget(self.about)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.pages, 1)
        body.addWidget(self.panel)
        column.addLayout(body, 1)
        self.tabs.chosen.connect(self.choose)
        selection.shown_changed.connect(self._tell_foreign)
        selection.shown_changed.connect(self.panel.start_over)
        selection.window_wanted.connect(self._show_window)
        hub.entries_changed.connect(self._tell_foreign)
        self._number = 0
        self.choose(0)

    def _tell_foreign(self, _: object = None) -> None:
        """Say of folders that are no runs only that; there is nothing to show of them."""
        entries = [self._hub.entry(run) for run in self._selection.shown]
        foreign = [entry for entry in entries if entry is not None and is_foreign(entry)]
        words = [f"{entry.directory.name}: {NOT_A_RUN}" for entry in foreign]
        self._no_run.setText("\n".join(words))
        self._whole.setCurrentIndex(1 if entries and len(foreign) == len(entries) else 0)

    def _show_window(self, run: str, rank: int, window: int) -> None:
        """Show the operators of a profile window that was chosen in the plots."""
        self.choose(TAB_NAMES.index("Operators"))
        show = getattr(self._built.get("Operators"), "show_window", None)
        if show is not None:
            show(run, rank, window)

    @property
    def current(self) -> int:
        """Number of the tab that is shown, from 0."""
        return self._number

    def choose(self, number: int) -> None:
        """Show a tab."""
        self._number = number
        self.about.show_view(TAB_NAMES[number])
        plots = TAB_NAMES[number] == "Live"
        self.tabs.choose(number, plots=plots)
        for at, page in enumerate(self._pages):
            # A page that is not seen must not make the window wider.
            kind = QSizePolicy.Policy.Preferred if at == number else QSizePolicy.Policy.Ignored
            page.setSizePolicy(kind, QSizePolicy.Policy.Preferred)
        self.pages.setCurrentIndex(number)
        self.panel.setVisible(plots)
        if self.isVisible():
            self.build_current()
            view = self._built.get(TAB_NAMES[number])
            if view is not None:
                # Else the focus would jump to the first button of the window.
                view.setFocus(Qt.FocusReason.TabFocusReason)
        self.changed.emit()

    def save(self) -> None:
        """Remember the tab and what the views keep."""
        for name, view in self._built.items():
            if isinstance(view, Remembers):
                self._states[name] = view.save_state()
        self._settings.set(**{_STATES: dict(self._states), "tab": TAB_NAMES[self._number]})

    def restore(self) -> None:
        """Show the tab that was shown last."""
        kept = self._settings.read("tab", str)
        if kept in TAB_NAMES:
            self.choose(TAB_NAMES.index(kept))

    def showEvent(self, event: QShowEvent) -> None:
        """Build what is behind the tab, once the window stands."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self.build_current)

    def build_current(self) -> None:
        """Build what is shown, if that was not done yet."""
        name = TAB_NAMES[self._number]
        self._build(name, _VIEWS[name], self._fill_page)
        if name == "Live":
            self._build("Now", _NOW, self._fill_panel)
        self.changed.emit()

    def view(self, name: str) -> QWidget | None:
        """Return the view of a tab, or ``Now``, if it was built."""
        return self._built.get(name)

    def _build(self, name: str, where: tuple[str, str], fill: Callable[[QWidget], None]) -> None:
        if name in self._built:
            return
        try:
            kind = getattr(import_module(where[0]), where[1])
            view: QWidget = kind(self._hub, self._selection)
        except Exception as error:  # one broken view must not take the window down
            self._built[name] = QWidget(self)
            why = f"{type(error).__name__}: {error}"
            details = traceback.format_exc()
            self.trouble.emit(
                Trouble(
                    tr("The view {name} cannot be shown", name=TAB_TITLES.get(name, name)),
                    why,
                    details=details,
                )
            )
            return
        self._built[name] = view
        self._restore_view(name, view)
        fill(view)

    def _restore_view(self, name: str, view: QWidget) -> None:
        if isinstance(view, Remembers) and name in self._states:
            # What another version wrote must not take the view down.
            with contextlib.suppress(Exception):
                view.restore_state(self._states[name])

    def _fill_page(self, view: QWidget) -> None:
        inside = self._pages[self._number].layout()
        if inside is not None:
            inside.addWidget(view)

    def _fill_panel(self, view: QWidget) -> None:
        self.panel.setWidget(view)


class _Panel(QScrollArea):
    """As wide as what is in it wants to be, within bounds: a number is never cut."""

    def __init__(self) -> None:
        super().__init__()
        part(self, "panel")
        self.setFixedWidth(scaled(PANEL))
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setAccessibleName(tr("Numbers of the shown runs"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at the width again when what is inside has changed."""
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        inside = self.widget()
        if inside is None:
            return
        bar = self.verticalScrollBar().sizeHint().width()
        wanted = inside.minimumSizeHint().width() + bar + 2
        # It grows and does not shrink: numbers get longer and shorter all the time.
        width = max(self.width(), scaled(PANEL), min(wanted, scaled(_PANEL_MOST)))
        if width != self.width():
            self.setFixedWidth(width)

    def start_over(self) -> None:
        """Be no wider than usual again, for other runs."""
        self.setFixedWidth(scaled(PANEL))
        QTimer.singleShot(0, self, self._fit)
