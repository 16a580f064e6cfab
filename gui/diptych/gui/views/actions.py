"""Every action of the window, with its key, its menu and its tooltip."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget

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
    _Spec("new", "New run…", "Start a workload or your own script", ("Ctrl+N",), "play"),
    _Spec("open", "Open run folder…", "Show a run that lies anywhere", ("Ctrl+O",), "folder"),
    _Spec("export_csv", "Steps as CSV…", "Write one row a step to a file", ("Ctrl+E",), "file"),
    _Spec("export_traces", "Chrome traces…", "Copy the traces to a folder", ("Ctrl+Shift+E",)),
    _Spec("runtimes", "Runtimes…", "Find, check and create interpreters", ("Ctrl+R",), "chip"),
    _Spec("close", "Close window", "Runs that are live go on", ("Ctrl+W", "Ctrl+Q")),
    _Spec("copy_path", "Copy path", "Copy the folder of the run", ("Ctrl+Shift+C",), "copy"),
    _Spec("copy_command", "Copy command", "Copy the command that starts such a run"),
    _Spec("filter", "Filter runs", "Look for runs by name", ("/", "Ctrl+F"), "search"),
    _Spec("clear", "Clear brush and filter", "Look at everything again", ("Esc",)),
    _Spec("refresh", "Refresh", "Look for runs and runtimes now", ("F5",), "refresh"),
    _Spec("follow", "Follow the newest step", "Stay at the newest step", ("Space",), "follow"),
    _Spec("stop", "Stop", "End the runs that are shown and live", ("Ctrl+.",), "stop"),
    _Spec("capture", "Capture", "Profile the next steps now", ("Ctrl+T",), "capture"),
    _Spec("capture_setup", "Capture with…", "Choose steps and what to record", ("Ctrl+Shift+T",)),
    _Spec("folder", "Open folder", "Show the run's files in the file manager", (), "external"),
    _Spec("cancel_waiting", "Cancel waiting runs", "Do not start what still waits"),
    _Spec("keys", "Keyboard shortcuts", "List every key", ("F1",), "help"),
    _Spec("about", "About Diptych", "Version, licence, where things are kept", (), "info"),
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
                    themes = menu.addMenu("&Theme")
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
        _Spec(name.lower(), name, f"Show the tab {name}", (f"Ctrl+{n}",))
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
