"""The menus of the timeline: of a band, of the marks, of the view."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from diptych.gui.plots.timeline import ticks
from diptych.gui.text.tr import tr

if TYPE_CHECKING:
    from diptych.gui.views.timeline.pane import Pane


def _menu(pane: Pane) -> QMenu:
    made = QMenu(pane)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return made


def band_menu(pane: Pane, key: str) -> QMenu:
    """Return what can be done to a band, with the keys that do it."""
    made, canvas = _menu(pane), pane.canvas
    band = canvas.layout_.find(key)
    if band is None:
        return made

    def add(text: str, keys: str, act: Callable[[], object]) -> None:
        def change() -> None:
            act()
            canvas.rearranged()

        made.addAction(f"{text}\t{keys}" if keys else text).triggered.connect(change)

    layout = canvas.layout_
    add(tr("Expand") if band.collapsed else tr("Collapse"), "C", lambda: layout.collapse(key))
    add(tr("Unpin") if band.pinned else tr("Pin on top"), "P", lambda: layout.pin(key))
    made.addSeparator()
    add(tr("Move up"), "Alt+↑", lambda: layout.move(key, -1))
    add(tr("Move down"), "Alt+↓", lambda: layout.move(key, 1))
    made.addSeparator()
    add(tr("Collapse all"), "", lambda: layout.collapse_all(on=True))
    add(tr("Expand all"), "", lambda: layout.collapse_all(on=False))
    made.addSeparator()
    empty = made.addAction(tr("Hide lanes that are empty in sight") + "\tH")
    empty.setCheckable(True)
    empty.setChecked(pane.only_seen)
    empty.toggled.connect(pane.set_only_seen)
    return made


def more_menu(pane: Pane, frames: Callable[[], object]) -> QMenu:
    """Return what can be done with a trace: its lanes and its marks; ``frames`` turns Python's."""
    made = mark_menu(pane)
    first = made.actions()[0]
    if pane.scene.has_frames:
        python = QAction(tr("Python frames") + "\tY", made)
        python.setCheckable(True)
        python.setChecked(pane.scene.frames)
        python.triggered.connect(lambda _: frames())
        made.insertAction(first, python)
    empty = QAction(tr("Hide lanes that are empty in sight") + "\tH", made)
    empty.setCheckable(True)
    empty.setChecked(pane.only_seen)
    empty.toggled.connect(pane.set_only_seen)
    made.insertAction(first, empty)
    made.insertSeparator(first)
    return made


def mark_menu(pane: Pane) -> QMenu:
    """Return a list of the marks, each with what can be done to it."""
    made = _menu(pane)
    made.addAction(tr("Mark this instant") + "\tM").triggered.connect(lambda _: pane.add_mark())
    marks = pane.canvas.marks.all
    if marks:
        made.addSeparator()
        made.addAction(tr("Next mark") + "\t.").triggered.connect(
            lambda: pane.next_mark(forward=True)
        )
        made.addAction(tr("Previous mark") + "\t,").triggered.connect(
            lambda: pane.next_mark(forward=False)
        )
        made.addSeparator()
    for mark in marks:
        at = ticks.exact(mark.time, float(pane.scene.table.duration_ns) / 50)
        name = tr("{name}, {time}", name=mark.name, time=at).replace("&", "&&")
        one = made.addMenu(name)
        one.addAction(tr("Go there")).triggered.connect(lambda _=False, m=mark: pane.go_to_mark(m))
        one.addAction(tr("Rename…")).triggered.connect(lambda _=False, m=mark: pane.ask_name(m))
        one.addAction(tr("Delete")).triggered.connect(lambda _=False, m=mark: pane.remove_mark(m))
    return made
