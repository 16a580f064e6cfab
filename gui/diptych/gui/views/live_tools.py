"""What belongs to the plots beside the tabs: axis, brush, pause, follow."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QWidget

from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.text import format as fmt
from diptych.gui.text.spans import span_words
from diptych.gui.text.tr import tr
from diptych.gui.theme import bind_icon, font
from diptych.gui.views.widgets import Segments, icon_button

_BEHIND_MS = 500


class LiveTools(QWidget):
    """Chips say what is unusual: a brushed stretch, a picture that stands still.

    Where there is little room (`fit`), words go first, the axis at last.
    """

    def __init__(self, hub: RunHub, selection: Selection, follow: QAction) -> None:
        super().__init__()
        self._hub, self._selection, self._follows = hub, selection, follow
        self._plots, self._live = True, False
        self._room = 10_000
        self.axis = Segments((("time", tr("Time")), ("step", tr("Steps"))), tr("Axis"))
        for key, tip in (
            ("time", tr("Seconds since each run began (X)")),
            ("step", tr("Step numbers, so that the same steps stand together (X)")),
        ):
            self.axis.button(key).setToolTip(tip)
        self.axis.chosen.connect(selection.set_axis)
        self.brush = _chip(tr("Clear the brush"), tr("Clear the brush (Esc)"))
        self.brush.clicked.connect(lambda: selection.set_range(None))
        self.paused = _chip(tr("Show the newest again"), tr("Show the newest again (H)"))
        self.paused.clicked.connect(lambda: selection.hold(None))
        self.pause = icon_button("pause", tr("Hold the picture while reading goes on"), "H")
        self.pause.clicked.connect(self._pause)
        self._make_follow()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self.axis, self.brush, self.paused, self.pause, self.follow):
            row.addWidget(widget)
        self._timer = QTimer(self)
        self._timer.setInterval(_BEHIND_MS)
        self._timer.timeout.connect(self._say_behind)
        for changed in (
            selection.range_changed,
            selection.shown_changed,
            selection.axis_changed,
            selection.paused_changed,
        ):
            changed.connect(self.refresh)
        hub.entries_changed.connect(self.refresh)
        hub.snapshot_changed.connect(self._news)
        self.refresh()

    def _make_follow(self) -> None:
        follow = self._follows
        self.follow = QToolButton()
        self.follow.setDefaultAction(follow)
        self.follow.setFont(font(12, 500))
        self.follow.setProperty("toggle", True)
        self.follow.setAccessibleName(follow.text())
        follow.toggled.connect(lambda on: follow.setIconText(_follow_words(on)))
        follow.setIconText(_follow_words(follow.isChecked()))

    def show_plots(self, plots: bool) -> None:
        """Say whether the tab that is shown has plots."""
        self._plots = plots
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Show what holds now."""
        selection = self._selection
        self.axis.choose(selection.axis)
        span, held = selection.range, selection.held is not None
        self.brush.setVisible(span is not None)
        if span is not None:
            self.brush.setText(span_words(span, selection.axis))
        self.paused.setVisible(held)
        self._live = any(self._is_live(run) for run in selection.shown)
        self.pause.setVisible(self._plots and self._live and not held)
        self.follow.setVisible(self._plots and not held)
        self.axis.setVisible(self._plots)
        self._say_behind()
        self._arrange()

    def _news(self, _run: str, _snapshot: object) -> None:
        """Offer the pause as soon as a run is known to be live, and no longer than it is."""
        live = any(self._is_live(run) for run in self._selection.shown)
        if live != self._live:
            self.refresh()

    def _is_live(self, run: str) -> bool:
        snapshot = self._hub.latest(run)
        return snapshot is not None and snapshot.state.live

    def _pause(self) -> None:
        known = {run: self._hub.latest(run) for run in self._selection.shown}
        self._selection.hold({run: s for run, s in known.items() if s is not None})

    def _say_behind(self) -> None:
        """Say how old the picture is that stands still."""
        held = self._selection.held
        if held is None:
            self._timer.stop()
            return
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()
        behind = max((self._behind(run) for run in held), default=0.0)
        self.paused.setText(tr("Paused, {time} behind", time=fmt.elapsed(behind)))

    def _behind(self, run: str) -> float:
        from diptych.gui.views.live_series import last_second

        newest, held = self._hub.latest(run), self._selection.seen(run, None)
        if newest is None or held is None:
            return 0.0
        return max(0.0, last_second(newest) - last_second(held))

    def showEvent(self, event: QShowEvent) -> None:
        """Go on counting."""
        super().showEvent(event)
        self._say_behind()

    def hideEvent(self, event: QHideEvent) -> None:
        """Count no more."""
        super().hideEvent(event)
        self._timer.stop()

    def fit(self, room: int) -> None:
        """Make do with ``room`` pixels."""
        if room != self._room:
            self._room = room
            self._arrange()

    def _arrange(self) -> None:
        style = Qt.ToolButtonStyle
        chips = not self.brush.isHidden() or not self.paused.isHidden()
        for words, axis in ((True, True), (False, True), (False, not chips)):
            wanted = style.ToolButtonTextBesideIcon if words else style.ToolButtonIconOnly
            self.follow.setToolButtonStyle(wanted)
            self.axis.setVisible(self._plots and axis)
            if self._wanted() <= self._room:
                break

    def _wanted(self) -> int:
        parts = (self.axis, self.brush, self.paused, self.pause, self.follow)
        shown = [part.sizeHint().width() for part in parts if not part.isHidden()]
        return sum(shown) + 8 * max(0, len(shown) - 1)

    def minimumSizeHint(self) -> QSize:
        """Ask for nothing: `fit` decides."""
        return QSize(0, super().minimumSizeHint().height())


def _chip(name: str, tip: str) -> QPushButton:
    made = QPushButton()
    made.setFont(font(12, 500))
    made.setAccessibleName(name)
    made.setToolTip(tip)
    made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    made.setProperty("link", True)
    bind_icon(made, "cross", "accent")
    return made


def _follow_words(on: bool) -> str:
    words = tr("Following") if on else tr("Follow")
    return f" {words}"
