"""The icons: bundled 16 px outlines, drawn in a colour of the theme.

``icon`` and ``pixmap`` give one as it is now; ``bind_icon`` also redraws it
whenever the theme changes.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Protocol
from weakref import WeakKeyDictionary

import shiboken6
from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from diptych.gui.theme.fonts import scaled
from diptych.gui.theme.manager import current, manager


class HasIcon(Protocol):
    """A button or an action."""

    def setIcon(self, icon: QIcon, /) -> None:
        """Show ``icon``."""


@cache
def _source(name: str) -> str:
    folder = resources.files("diptych.resources").joinpath("icons")
    return folder.joinpath(f"{name}.svg").read_text(encoding="utf-8")


def pixmap(name: str, colour: str, size: int = 16, ratio: float = 1.0) -> QPixmap:
    """Return the icon ``name`` in ``colour`` (``#RRGGBB``), ``size`` logical pixels square."""
    return QPixmap(_draw(name, colour, size, ratio))


@cache
def _draw(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    made = QPixmap(QSize(size, size) * ratio)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    text = _source(name).replace("currentColor", colour)
    painter = QPainter(made)
    QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return made


def icon(name: str, token: str = "text1", size: int = 16) -> QIcon:  # noqa: S107 - a colour's name
    """Return the icon ``name`` in the colour ``token`` of the theme, greyed where disabled."""
    made, size = QIcon(), scaled(size)
    tokens = current()
    for ratio in _ratios():
        made.addPixmap(pixmap(name, getattr(tokens, token), size, ratio))
        off = pixmap(name, tokens.text_off, size, ratio)
        made.addPixmap(off, QIcon.Mode.Disabled)
    return made


def _ratios() -> set[float]:
    """Return how many pixels of the screens make a logical one: nothing is drawn for others."""
    return {screen.devicePixelRatio() for screen in QGuiApplication.screens()} or {1.0}


class _Bindings(QObject):
    """Redraws icons when the theme changes; one an application."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.known: WeakKeyDictionary[HasIcon, tuple[str, str, int]] = WeakKeyDictionary()
        manager().changed.connect(self._redraw)
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.screenAdded.connect(lambda _screen: self._redraw())

    def _redraw(self) -> None:
        for target, (name, token, size) in list(self.known.items()):
            if shiboken6.isValid(target):
                target.setIcon(icon(name, token, size))


def bind_icon(target: HasIcon, name: str, token: str = "text1", size: int = 16) -> None:  # noqa: S107
    """Give ``target`` that icon now and after every change of the theme."""
    bindings = manager().findChild(_Bindings) or _Bindings(manager())
    bindings.known[target] = (name, token, size)
    target.setIcon(icon(name, token, size))
