"""The header bar: logo, menus, and the actions that are wanted most."""

from __future__ import annotations

from importlib import resources

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QMenuBar,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from diptych.gui.text.tr import tr
from diptych.gui.theme import bind_icon, font, scaled
from diptych.gui.theme.tokens import HEADER
from diptych.gui.views.actions import Actions
from diptych.gui.views.search import SearchField
from diptych.gui.views.widgets import icon_button, label, part

_LEAST = 150
"""Pixels below which a search field is none."""


def logo() -> QIcon:
    """Return the program's icon, in its own colours."""
    file = resources.files("diptych.resources").joinpath("icons").joinpath("logo.svg")
    pixmap = QPixmap()
    pixmap.loadFromData(file.read_bytes(), "svg")
    icon = QIcon(pixmap)
    for size in (32, 64, 128):
        icon.addPixmap(_scaled(file.read_bytes(), size))
    return icon


def _scaled(svg: bytes, size: int) -> QPixmap:
    pixmap = QPixmap()
    pixmap.loadFromData(
        svg.replace(b'width="16" height="16"', b'width="%d" height="%d"' % (size, size)), "svg"
    )
    return pixmap


class Header(QWidget):
    """44 px high; ``primary`` is New run. Words give way to icons where there is little room."""

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        part(self, "header")
        self.setFixedHeight(scaled(HEADER))
        # It makes do with what it gets, so it must not hold the window wide.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(14, 0, 12, 0)
        self._row.setSpacing(4)
        mark = QLabel()
        mark.setPixmap(logo().pixmap(QSize(18, 18)))
        self._row.addWidget(mark)
        self._row.addSpacing(4)
        self._name = label(tr("Diptych"), size=13, weight=600)
        self._row.addWidget(self._name)
        self._row.addSpacing(4)
        self._row.addWidget(self._make_menus(actions), 0, Qt.AlignmentFlag.AlignVCenter)
        self._make_search(actions)
        self.primary = self._button(actions["new"], tr("New run"), icon="play", primary=True)
        self._row.addWidget(self.primary)
        self._row.addSpacing(4)
        named = (
            ("compare", tr("Compare")),
            ("stop", tr("Stop")),
            ("capture", tr("Capture")),
            ("open_trace", tr("Open trace")),
        )
        self._words = [self._button(actions[name], words) for name, words in named]
        self._words.append(self._export(actions))
        for button in self._words:
            self._row.addWidget(button)
        self._wide = self._words_width()

    def _make_menus(self, actions: Actions) -> QMenuBar:
        self.menus = QMenuBar()
        self.menus.setNativeMenuBar(False)
        self.menus.setFont(font())
        self.menus.setAccessibleName(tr("Menus"))
        self.menus.setSizePolicy(
            self.menus.sizePolicy().Policy.Minimum, self.menus.sizePolicy().Policy.Fixed
        )
        actions.fill(self.menus)
        return self.menus

    def _make_search(self, actions: Actions) -> None:
        action = actions["search"]
        self.search = SearchField(action.shortcut().toString())
        self.search.setMaximumWidth(scaled(340))
        self.search.left.connect(self.fit)
        self.magnifier = icon_button("search", action.text(), action.shortcut().toString())
        self.magnifier.clicked.connect(action.trigger)
        self._row.addStretch(1)
        self._row.addWidget(self.search, 8)
        self._row.addWidget(self.magnifier)
        self._row.addStretch(1)

    def begin_search(self) -> None:
        """Give the search field its room and the focus."""
        self.search.show()
        self.magnifier.hide()
        if self._room(words=False) < scaled(_LEAST):
            for button in self._words:
                button.hide()
        self.search.begin()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say in words what there is room for."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Choose between words and icons, and between the search field and its icon."""
        if self.search.searching:
            return
        words = self._room(words=True) >= scaled(_LEAST + 40)
        style = Qt.ToolButtonStyle
        for button in self._words:
            button.show()
            button.setToolButtonStyle(
                style.ToolButtonTextBesideIcon if words else style.ToolButtonIconOnly
            )
        room = words or self._room(words=False) >= scaled(_LEAST)
        self.search.setVisible(room)
        self.magnifier.setVisible(not room)

    def _room(self, *, words: bool) -> int:
        """Return the pixels that are left for the search field."""
        fixed = (self._name, self.menus, self.primary)
        taken = sum(widget.sizeHint().width() for widget in fixed) + 18
        taken += self._wide if words else len(self._words) * 40
        return self.width() - taken - 26 - 4 * self._row.count()

    def _words_width(self) -> int:
        return sum(button.sizeHint().width() for button in self._words)

    @staticmethod
    def _button(
        action: QAction, text: str, *, icon: str | None = None, primary: bool = False
    ) -> QToolButton:
        """Return a button for ``action`` that keeps a text of its own."""
        made = QToolButton()
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setFont(font(12, 600 if primary else 500))
        made.setIconSize(QSize(scaled(16), scaled(16)))
        # A style sheet leaves no other way to set the text apart from the icon.
        made.setText(f" {text}")
        made.setAccessibleName(text)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(action.trigger)
        if primary and icon is not None:
            made.setProperty("primary", True)
            bind_icon(made, icon, "on_accent")

        def follow() -> None:
            made.setEnabled(action.isEnabled())
            made.setToolTip(action.toolTip())
            made.setAccessibleDescription(action.toolTip())
            if not primary:
                made.setIcon(action.icon())

        action.changed.connect(follow)
        follow()
        return made

    def _export(self, actions: Actions) -> QToolButton:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        both = [actions["export_csv"], actions["export_traces"], actions["export_png"]]
        menu.addActions([*both, actions["report"]])
        made = QToolButton()
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setFont(font(12, 500))
        made.setIconSize(QSize(scaled(16), scaled(16)))
        words = tr("Export")
        made.setText(f" {words}")
        made.setAccessibleName(words)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.setMenu(menu)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        bind_icon(made, "export")

        def follow() -> None:
            made.setEnabled(any(action.isEnabled() for action in both))
            tip = tr("Write what is shown to files")
            made.setToolTip(tip if made.isEnabled() else f"{tip}\n{tr('No run is shown.')}")

        for action in both:
            action.changed.connect(follow)
        follow()
        return made
