"""The menus of the operators of a trace: its columns, and what can be done with a call."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from diptych.gui.text.tr import tr

if TYPE_CHECKING:
    from diptych.gui.views.trace_operators.view import TraceOperatorsView


def fill_columns(view: TraceOperatorsView) -> None:
    """Fill the menu of the columns anew."""
    menu, model, keep = view.bar.columns_menu, view.model, view.table.keep
    menu.clear()
    sorting = menu.addMenu(tr("Sort by"))
    for at, column in enumerate(model.columns):
        turn = partial(model.turn, at)
        sorting.addAction(column.title).triggered.connect(lambda _=False, turn=turn: keep(turn))
    if view.forest is not None and view.forest.is_tree:
        for text, on in ((tr("Unfold all"), True), (tr("Fold all"), False)):
            unfold = partial(model.unfold_all, on=on)
            menu.addAction(text).triggered.connect(lambda _=False, act=unfold: keep(act))
    menu.addSeparator()
    for column in model.possible:
        if column.key == "name":
            continue
        crowded = column.key in model.crowded
        text = tr("{title} (no room now)", title=column.title) if crowded else column.title
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(column.key not in model.hidden)
        action.triggered.connect(lambda on, key=column.key: view.hide_column(key, hidden=not on))


def call_menu(view: TraceOperatorsView) -> QMenu:
    """Return what can be done with the chosen call."""
    menu = QMenu(view)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    acts: list[tuple[str, Callable[[], object]]] = [
        (tr("Show in timeline") + "\tEnter", view.show_in_timeline),
        (tr("Next occurrence") + "\t]", lambda: view.traces.step(1)),
        (tr("Previous occurrence") + "\t[", lambda: view.traces.step(-1)),
        (tr("Copy name"), lambda: _copy_name(view)),
    ]
    for text, act in acts:
        menu.addAction(text).triggered.connect(lambda _=False, act=act: act())
    return menu


def _copy_name(view: TraceOperatorsView) -> None:
    if view.side.chosen is not None:
        QGuiApplication.clipboard().setText(view.side.chosen.name)
