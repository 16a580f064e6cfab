"""Which theme is shown, and the change of it while the window is open.

One manager an application. The choice is ``system`` (follow the desktop),
``light`` or ``dark``; where it is kept is the affair of whoever calls `choose`.
"""

from __future__ import annotations

from typing import Literal, get_args

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyle

from diptych.gui.theme.fonts import font
from diptych.gui.theme.sheet import style_sheet
from diptych.gui.theme.tokens import DARK, LIGHT, Tokens

Choice = Literal["system", "light", "dark"]
CHOICES: tuple[Choice, ...] = get_args(Choice)


class ThemeManager(QObject):
    """The application's theme. ``changed`` is emitted after palette and sheet are set."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choice: Choice = "system"
        self._tokens = _of_system()
        self._styled = False
        self.calm = False
        """Whether nothing is to move that need not; see `moves`."""
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._follow)

    @property
    def tokens(self) -> Tokens:
        """The colours that are shown now."""
        return self._tokens

    @property
    def choice(self) -> Choice:
        """What was chosen; ``system`` at first."""
        return self._choice

    def choose(self, choice: Choice) -> None:
        """Show that theme now and from now on."""
        self._choice = choice
        self._follow()

    def apply(self) -> None:
        """Give the application its style, palette, font and sheet."""
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return
        if not self._styled:
            app.setStyle("Fusion")
            app.setFont(font())
            self._styled = True
        app.setPalette(palette(self._tokens))
        app.setStyleSheet(style_sheet(self._tokens))

    def _follow(self) -> None:
        tokens = {"dark": DARK, "light": LIGHT}.get(self._choice) or _of_system()
        if tokens is self._tokens and self._styled:
            return
        self._tokens = tokens
        self.apply()
        self.changed.emit()


def _of_system() -> Tokens:
    scheme = QGuiApplication.styleHints().colorScheme()
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def palette(tokens: Tokens) -> QPalette:
    """Return a whole palette: nothing of the desktop's own colours is left in."""
    made = QPalette()
    role = QPalette.ColorRole
    colours = {
        role.Window: tokens.bg0,
        role.WindowText: tokens.text1,
        role.Base: tokens.bg1,
        role.AlternateBase: tokens.bg2,
        role.Text: tokens.text1,
        role.Button: tokens.bg2,
        role.ButtonText: tokens.text1,
        role.BrightText: tokens.error,
        role.ToolTipBase: tokens.bg2,
        role.ToolTipText: tokens.text1,
        role.PlaceholderText: tokens.text3,
        role.Highlight: tokens.selection,
        role.HighlightedText: tokens.text1,
        role.Link: tokens.accent,
        role.LinkVisited: tokens.accent,
        role.Accent: tokens.accent,
        role.Light: tokens.line1,
        role.Midlight: tokens.line1,
        role.Mid: tokens.line2,
        role.Dark: tokens.line3,
        role.Shadow: tokens.bg0,
    }
    for key, value in colours.items():
        made.setColor(key, QColor(value))
    off = QColor(tokens.text_off)
    for key in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, key, off)
    return made


def manager() -> ThemeManager:
    """Return the application's manager, made at the first call.

    Raises:
        RuntimeError: there is no QApplication yet.
    """
    app = QApplication.instance()
    if app is None:
        raise RuntimeError("the theme needs a QApplication")
    found = app.findChild(ThemeManager)
    return found if found is not None else ThemeManager(app)


def moves() -> bool:
    """Say whether things may move: neither the desktop nor the user wants them to rest."""
    wanted = QApplication.style().styleHint(QStyle.StyleHint.SH_Widget_Animate)
    return bool(wanted) and not manager().calm


def current() -> Tokens:
    """Return the colours that are shown now."""
    return manager().tokens
