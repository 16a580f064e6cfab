"""Every action of the window, with its key, its menu and its tooltip."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from diptych.gui.text.tr import tr
from diptych.gui.theme import CHOICES, Choice, bind_icon, font, manager

TAB_NAMES = ("Live", "Operators", "Timeline", "Compare", "Log", "Details")
"""The keys of the tabs; `TAB_TITLES` is what they are called."""
TAB_TITLES = {
    "Live": tr("Live"),
    "Operators": tr("Operators"),
    "Timeline": tr("Timeline"),
    "Compare": tr("Compare"),
    "Log": tr("Log"),
    "Details": tr("Details"),
}


def tab_action(name: str) -> str:
    """Return the key of the action that shows a tab.

    ``compare`` is what starts a comparison; the tab of that name has another one.
    """
    return "compare_tab" if name == "Compare" else name.lower()


@dataclass(frozen=True, slots=True)
class _Spec:
    key: str
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    icon: str | None = None
    local: bool = False
    """Its keys hold only where it is put by whoever does it: they are single letters."""


_SPECS = (
    _Spec("new", tr("New run…"), tr("Start a workload or your own script"), ("Ctrl+N",), "play"),
    _Spec(
        "compare",
        tr("Compare…"),
        tr("Run the same work on several sides, in turns"),
        ("Ctrl+Shift+N",),
        "compare",
    ),
    _Spec(
        "open", tr("Open run folder…"), tr("Show a run that lies anywhere"), ("Ctrl+O",), "folder"
    ),
    _Spec(
        "open_trace",
        tr("Open trace…"),
        tr("Look at a trace file of PyTorch, MXNet or Chrome"),
        ("Ctrl+Alt+O",),
        "folder",
    ),
    _Spec(
        "export_csv", tr("Steps as CSV…"), tr("Write one row a step to a file"), ("Ctrl+E",), "file"
    ),
    _Spec(
        "export_traces", tr("Chrome traces…"), tr("Copy the traces to a folder"), ("Ctrl+Shift+E",)
    ),
    _Spec(
        "report",
        tr("Comparison report…"),
        tr("Write the comparison to a file that can be handed on"),
        ("Ctrl+Shift+R",),
        "file",
    ),
    _Spec(
        "runtimes", tr("Runtimes…"), tr("Find, check and create interpreters"), ("Ctrl+R",), "chip"
    ),
    _Spec("close", tr("Close window"), tr("Runs that are live can go on"), ("Ctrl+W", "Ctrl+Q")),
    _Spec("copy", tr("Copy rows"), tr("Copy the chosen rows of the table, or all"), ("Ctrl+C",)),
    _Spec(
        "copy_path", tr("Copy path"), tr("Copy the folder of the run"), ("Ctrl+Shift+C",), "copy"
    ),
    _Spec("copy_id", tr("Copy id"), tr("Copy the name of the run's folder")),
    _Spec("copy_command", tr("Copy command"), tr("Copy the command that starts such a run")),
    _Spec(
        "search",
        tr("Search everything"),
        tr("Look for runs, operators and actions"),
        ("/", "Ctrl+K"),
        "search",
    ),
    _Spec("find", tr("Find here"), tr("Look in what has the focus, else for runs"), ("Ctrl+F",)),
    _Spec("find_next", tr("Find next"), tr("Go to the next match in the log"), ("F3",)),
    _Spec(
        "find_before",
        tr("Find previous"),
        tr("Go to the match before it in the log"),
        ("Shift+F3",),
    ),
    _Spec("clear", tr("Clear brush and filter"), tr("Look at everything again"), ("Esc",)),
    _Spec("refresh", tr("Refresh"), tr("Look for runs and runtimes now"), ("F5",), "refresh"),
    _Spec(
        "follow", tr("Follow the newest step"), tr("Stay at the newest step"), ("Space",), "follow"
    ),
    _Spec("axis", tr("Count steps, not seconds"), tr("By step or by time"), ("X",), None, True),
    _Spec("pause", tr("Hold the picture"), tr("Reading goes on"), ("H", "Pause"), None, True),
    _Spec("fit", tr("Show everything"), tr("The whole of every run"), ("F",), None, True),
    _Spec(
        "next_window",
        tr("Next profile window"),
        tr("Enter opens its operators"),
        ("N",),
        None,
        True,
    ),
    _Spec(
        "previous_window",
        tr("Previous profile window"),
        tr("Enter opens its operators"),
        ("P",),
        None,
        True,
    ),
    _Spec(
        "next_unusual",
        tr("Next unusual step"),
        tr("Say what was different in it"),
        ("Shift+N",),
        None,
        True,
    ),
    _Spec(
        "previous_unusual",
        tr("Previous unusual step"),
        tr("Say what was different in it"),
        ("Shift+P",),
        None,
        True,
    ),
    _Spec(
        "jump",
        tr("Show in Timeline"),
        tr("Go from the operators of a window to its trace, and back"),
        ("Ctrl+J",),
    ),
    _Spec("export_png", tr("Plots as PNG…"), tr("Write a picture of the plots"), ("Ctrl+Shift+S",)),
    _Spec("copy_plots", tr("Copy plots"), tr("Put a picture of the plots on the clipboard")),
    _Spec("stop", tr("Stop"), tr("End the runs that are shown and live"), ("Ctrl+.",), "stop"),
    _Spec("capture", tr("Capture"), tr("Profile the next steps now"), ("Ctrl+T",), "capture"),
    _Spec(
        "capture_setup",
        tr("Capture with…"),
        tr("Choose steps and what to record"),
        ("Ctrl+Shift+T",),
    ),
    _Spec(
        "folder",
        tr("Open folder"),
        tr("Show the run's files in the file manager"),
        ("Ctrl+Shift+O",),
        "external",
    ),
    _Spec("rename", tr("Rename"), tr("Call the run something else"), ("F2",)),
    _Spec("notes", tr("Note and tags…"), tr("Keep a note and tags with the run"), ("Ctrl+I",)),
    _Spec(
        "its_comparison",
        tr("Open its comparison"),
        tr("Show the comparison for which the run was made"),
        (),
        "compare",
    ),
    _Spec("delete", tr("Delete"), tr("Move the selected runs to the trash"), ("Del",), "trash"),
    _Spec("undo", tr("Undo delete"), tr("Put back what was deleted last"), ("Ctrl+Z",)),
    _Spec("trash", tr("Trash…"), tr("Show deleted runs, put them back, or empty the trash")),
    _Spec("cancel_waiting", tr("Cancel waiting runs"), tr("Do not start what still waits")),
    _Spec("calm", tr("Reduce motion"), tr("Let nothing move that shows only that work goes on")),
    _Spec("keys", tr("Keyboard shortcuts"), tr("List every key"), ("?", "F1"), "help"),
    _Spec(
        "explain",
        tr("What am I looking at?"),
        tr("Say above each view what it shows"),
        ("Shift+F1",),
        "info",
    ),
    _Spec("guide", tr("Guide"), tr("What every view shows, and what its words mean"), ("Ctrl+F1",)),
    _Spec(
        "sample",
        tr("Open the sample comparison"),
        tr("Look at a recorded comparison of PyTorch and MXNet"),
    ),
    _Spec("problems", tr("Problems"), tr("All that went wrong since the window opened")),
    _Spec("about", tr("About Diptych"), tr("Version, licence, where things are kept")),
)

_TABS = tuple(tab_action(name) for name in TAB_NAMES)

PLOTS = (
    "follow",
    "pause",
    "fit",
    "axis",
    "next_window",
    "previous_window",
    "next_unusual",
    "previous_unusual",
)
"""What is done to the plots of the live view, by keys that hold there."""

_MENUS: tuple[tuple[str, tuple[str | None, ...]], ...] = (
    (
        tr("&File"),
        (
            "new",
            "compare",
            "open",
            "open_trace",
            None,
            "export_csv",
            "export_traces",
            "export_png",
            "report",
            None,
            "runtimes",
            None,
            "@closing",
            "close",
        ),
    ),
    (
        tr("&Edit"),
        (
            "undo",
            None,
            "copy",
            "copy_path",
            "copy_id",
            "copy_command",
            "copy_plots",
            None,
            "search",
            "find",
            "find_next",
            "find_before",
            "clear",
        ),
    ),
    (tr("&View"), (*_TABS, "jump", None, *PLOTS, None, "refresh", None, "@theme", "calm")),
    (
        tr("&Run"),
        (
            "stop",
            "capture",
            "capture_setup",
            "cancel_waiting",
            None,
            "rename",
            "notes",
            "folder",
            "its_comparison",
            None,
            "delete",
            "trash",
        ),
    ),
    (tr("&Help"), ("keys", "guide", "explain", "sample", None, "problems", "about")),
)

CLOSING = ("ask", "keep", "stop")
"""What closing the window does while runs go on."""
_CLOSING_WORDS = {
    "ask": (tr("Ask"), tr("Ask whether the runs go on")),
    "keep": (tr("Keep runs going"), tr("Close without asking; open Diptych again to see them")),
    "stop": (tr("Stop runs"), tr("Close without asking, and stop the runs that go on")),
}
_THEME_WORDS: dict[Choice, tuple[str, str]] = {
    "system": (tr("System"), tr("As the desktop is")),
    "light": (tr("Light"), tr("Always light")),
    "dark": (tr("Dark"), tr("Always dark")),
}


class Actions:
    """The actions by name, as attributes of ``by_name``; made for one window."""

    def __init__(self, window: QWidget) -> None:
        self.by_name: dict[str, QAction] = {}
        self._tips: dict[str, str] = {}
        for spec in (*_SPECS, *_tab_specs()):
            self.by_name[spec.key] = self._make(window, spec)
            self._tips[spec.key] = spec.tip
        for name in ("follow", "explain", "axis", "pause", "calm"):
            self.by_name[name].setCheckable(True)
            # In a menu an icon stands where the tick should be.
            self.by_name[name].setIconVisibleInMenu(False)
        self._themes, self._closing = QActionGroup(window), QActionGroup(window)
        for choice in CHOICES:
            action = _choice(self._themes, choice, _THEME_WORDS[choice])
            action.setChecked(manager().choice == choice)
        for name in CLOSING:
            _choice(self._closing, name, _CLOSING_WORDS[name])

    def __getitem__(self, name: str) -> QAction:
        return self.by_name[name]

    def fill(self, bar: QMenuBar) -> None:
        """Put every action into its menu."""
        groups = {
            "@theme": (tr("&Theme"), self._themes),
            "@closing": (tr("When runs go on"), self._closing),
        }
        for title, names in _MENUS:
            menu = _menu(bar.addMenu(title))
            for name in names:
                if name is None:
                    menu.addSeparator()
                elif name in groups:
                    words, group = groups[name]
                    _menu(menu.addMenu(words)).addActions(group.actions())
                else:
                    menu.addAction(self.by_name[name])

    def themes(self) -> list[QAction]:
        """Return the choices of theme."""
        return self._themes.actions()

    def closing(self) -> list[QAction]:
        """Return the choices of what closing does; ``data`` is one of `CLOSING`."""
        return self._closing.actions()

    def allow(self, name: str, reason: str = "") -> None:
        """Enable an action, or disable it and say why not: ``reason``, a whole sentence."""
        action = self.by_name[name]
        tip = with_key(self._tips[name], action)
        tip = f"{tip}\n{reason}" if reason else tip
        if action.isEnabled() is bool(reason) or action.toolTip() != tip:
            action.setToolTip(tip)
            action.setEnabled(not reason)

    @staticmethod
    def _make(window: QWidget, spec: _Spec) -> QAction:
        action = QAction(spec.text, window)
        action.setFont(font())
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setToolTip(with_key(spec.tip, action))
        action.setStatusTip(spec.tip)
        if spec.icon is not None:
            bind_icon(action, spec.icon)
        if spec.local:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        else:
            window.addAction(action)
        return action


def _choice(group: QActionGroup, data: str, words: tuple[str, str]) -> QAction:
    action = QAction(words[0], group)
    action.setCheckable(True)
    action.setData(data)
    action.setToolTip(words[1])
    return action


def _menu(menu: QMenu) -> QMenu:
    menu.setToolTipsVisible(True)
    menu.setFont(font())
    return menu


def _tab_specs() -> list[_Spec]:
    return [
        _Spec(
            tab_action(name),
            TAB_TITLES[name],
            tr("Show the tab {name}", name=TAB_TITLES[name]),
            (f"Ctrl+{n}",),
        )
        for n, name in enumerate(TAB_NAMES, 1)
    ]


def with_key(tip: str, action: QAction) -> str:
    """Return a tooltip with the action's first key."""
    key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{tip} ({key})" if key else tip


def words(action: QAction) -> str:
    """Return what an action is called, without what belongs to menus."""
    return action.text().replace("&", "").rstrip("…")


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One action as a list of keys shows it."""

    group: str
    name: str
    keys: tuple[str, ...]
    tip: str
    action: QAction | None = None
    """``None`` for a key of one view that no action has."""


def key_rows(bar: QMenuBar) -> list[KeyRow]:
    """Return every action of the menus that has a key, as the actions themselves tell it."""
    rows = []
    for top in bar.actions():
        menu = menu_of(top)
        for action in _all(menu) if menu is not None else ():
            keys = tuple(
                key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts()
            )
            if keys:
                tip = action.statusTip() or action.toolTip()
                rows.append(KeyRow(words(top), words(action), keys, tip, action))
    return rows


def menu_actions(bar: QMenuBar) -> list[QAction]:
    """Return every action of the menus, those of their menus too."""
    menus = (menu_of(top) for top in bar.actions())
    return [action for menu in menus if menu is not None for action in _all(menu)]


def _all(menu: QMenu) -> list[QAction]:
    found = []
    for action in menu.actions():
        below = menu_of(action)
        if below is not None:
            found += _all(below)
        elif not action.isSeparator():
            found.append(action)
    return found


def menu_of(action: QAction) -> QMenu | None:
    """Return the menu that an action opens."""
    menu = action.menu()
    return menu if isinstance(menu, QMenu) else None
