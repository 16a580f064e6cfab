"""Every action of the window, with its key, its menu and its tooltip."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget

from diptych.gui.text.tr import tr
from diptych.gui.theme import CHOICES, Choice, bind_icon, font, manager

TAB_NAMES = ("Live", "Operators", "Log", "Details")


@dataclass(frozen=True, slots=True)
class _Spec:
    key: str
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    icon: str | None = None


_SPECS = (
    _Spec("new", tr("New run…"), tr("Start a workload or your own script"), ("Ctrl+N",), "play"),
    _Spec(
        "open", tr("Open run folder…"), tr("Show a run that lies anywhere"), ("Ctrl+O",), "folder"
    ),
    _Spec(
        "export_csv", tr("Steps as CSV…"), tr("Write one row a step to a file"), ("Ctrl+E",), "file"
    ),
    _Spec(
        "export_traces", tr("Chrome traces…"), tr("Copy the traces to a folder"), ("Ctrl+Shift+E",)
    ),
    _Spec(
        "runtimes", tr("Runtimes…"), tr("Find, check and create interpreters"), ("Ctrl+R",), "chip"
    ),
    _Spec("close", tr("Close window"), tr("Runs that are live go on"), ("Ctrl+W", "Ctrl+Q")),
    _Spec(
        "copy_path", tr("Copy path"), tr("Copy the folder of the run"), ("Ctrl+Shift+C",), "copy"
    ),
    _Spec("copy_command", tr("Copy command"), tr("Copy the command that starts such a run")),
    _Spec("filter", tr("Filter runs"), tr("Look for runs by name"), ("/", "Ctrl+F"), "search"),
    _Spec("clear", tr("Clear brush and filter"), tr("Look at everything again"), ("Esc",)),
    _Spec("refresh", tr("Refresh"), tr("Look for runs and runtimes now"), ("F5",), "refresh"),
    _Spec(
        "follow", tr("Follow the newest step"), tr("Stay at the newest step"), ("Space",), "follow"
    ),
    _Spec("stop", tr("Stop"), tr("End the runs that are shown and live"), ("Ctrl+.",), "stop"),
    _Spec("capture", tr("Capture"), tr("Profile the next steps now"), ("Ctrl+T",), "capture"),
    _Spec(
        "capture_setup",
        tr("Capture with…"),
        tr("Choose steps and what to record"),
        ("Ctrl+Shift+T",),
    ),
    _Spec(
        "folder", tr("Open folder"), tr("Show the run's files in the file manager"), (), "external"
    ),
    _Spec("cancel_waiting", tr("Cancel waiting runs"), tr("Do not start what still waits")),
    _Spec("keys", tr("Keyboard shortcuts"), tr("List every key"), ("F1",), "help"),
    _Spec("about", tr("About Diptych"), tr("Version, licence, where things are kept"), (), "info"),
)

_MENUS: tuple[tuple[str, tuple[str | None, ...]], ...] = (
    (
        "&File",
        ("new", "open", None, "export_csv", "export_traces", None, "runtimes", None, "close"),
    ),
    ("&Edit", ("copy_path", "copy_command", None, "filter", "clear")),
    ("&View", ("live", "operators", "log", "details", None, "follow", "refresh", None, "@theme")),
    ("&Run", ("stop", "capture", "capture_setup", None, "folder", "cancel_waiting")),
    ("&Help", ("keys", "about")),
)


class Actions:
    """The actions by name, as attributes of ``by_name``; made for one window."""

    def __init__(self, window: QWidget) -> None:
        self.by_name: dict[str, QAction] = {}
        for spec in (*_SPECS, *_tab_specs()):
            self.by_name[spec.key] = self._make(window, spec)
        self.by_name["follow"].setCheckable(True)
        # In a menu an icon stands where the tick should be.
        self.by_name["follow"].setIconVisibleInMenu(False)
        self._themes = QActionGroup(window)
        for choice in CHOICES:
            self._theme_action(window, choice)

    def __getitem__(self, name: str) -> QAction:
        return self.by_name[name]

    def fill(self, bar: QMenuBar) -> None:
        """Put every action into its menu."""
        for title, names in _MENUS:
            menu = bar.addMenu(title)
            menu.setToolTipsVisible(True)
            for name in names:
                if name is None:
                    menu.addSeparator()
                elif name == "@theme":
                    themes = menu.addMenu(tr("&Theme"))
                    themes.addActions(self._themes.actions())
                else:
                    menu.addAction(self.by_name[name])

    def themes(self) -> list[QAction]:
        """Return the choices of theme."""
        return self._themes.actions()

    @staticmethod
    def _make(window: QWidget, spec: _Spec) -> QAction:
        action = QAction(spec.text, window)
        action.setFont(font())
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        keys = f" ({spec.keys[0]})" if spec.keys else ""
        action.setToolTip(f"{spec.tip}{keys}")
        action.setStatusTip(spec.tip)
        if spec.icon is not None:
            bind_icon(action, spec.icon)
        window.addAction(action)
        return action

    def _theme_action(self, window: QWidget, choice: Choice) -> None:
        action = QAction(choice.capitalize(), window)
        action.setCheckable(True)
        action.setData(choice)
        action.setChecked(manager().choice == choice)
        tips = {"system": "As the desktop is", "light": "Always light", "dark": "Always dark"}
        action.setToolTip(tips[choice])
        self._themes.addAction(action)


def _tab_specs() -> list[_Spec]:
    return [
        _Spec(name.lower(), name, tr("Show the tab {name}", name=name), (f"Ctrl+{n}",))
        for n, name in enumerate(TAB_NAMES, 1)
    ]


def key_table(actions: Actions) -> list[tuple[str, str]]:
    """Return what each action is called and its keys, in the order of the menus."""
    rows = []
    for _, names in _MENUS:
        for name in names:
            action = actions.by_name.get(name or "")
            if action is not None and action.shortcuts():
                keys = " or ".join(key.toString() for key in action.shortcuts())
                rows.append((action.text().rstrip("…"), keys))
    return rows
