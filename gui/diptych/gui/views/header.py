"""The header bar: logo, menus, and the actions that are wanted most."""

from __future__ import annotations

from importlib import resources

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QIcon, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QMenuBar, QToolButton, QWidget

from diptych.gui.text.tr import tr
from diptych.gui.theme import bind_icon, font
from diptych.gui.theme.tokens import HEADER
from diptych.gui.views.actions import Actions
from diptych.gui.views.widgets import label, part


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
    """44 px high; ``primary`` is New run."""

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        part(self, "header")
        self.setFixedHeight(HEADER)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 12, 0)
        row.setSpacing(4)
        mark = QLabel()
        mark.setPixmap(logo().pixmap(QSize(18, 18)))
        row.addWidget(mark)
        row.addSpacing(4)
        row.addWidget(label(tr("Diptych"), size=13, weight=600))
        row.addSpacing(4)
        self.menus = QMenuBar()
        self.menus.setNativeMenuBar(False)
        self.menus.setFont(font())
        self.menus.setSizePolicy(
            self.menus.sizePolicy().Policy.Minimum, self.menus.sizePolicy().Policy.Fixed
        )
        actions.fill(self.menus)
        row.addWidget(self.menus, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        self.primary = self._button(actions["new"], tr("New run"), icon="play", primary=True)
        row.addWidget(self.primary)
        row.addSpacing(4)
        for name, text in (("stop", "Stop"), ("capture", "Capture"), ("open", "Open run folder")):
            row.addWidget(self._button(actions[name], text))
        row.addWidget(self._export(actions))

    @staticmethod
    def _button(
        action: QAction, text: str, *, icon: str | None = None, primary: bool = False
    ) -> QToolButton:
        """Return a button for ``action`` that keeps a text of its own."""
        made = QToolButton()
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setFont(font(12, 600 if primary else 500))
        made.setIconSize(QSize(16, 16))
        # A style sheet leaves no other way to set the text apart from the icon.
        made.setText(f" {text}")
        made.setAccessibleName(text)
        made.setToolTip(action.toolTip())
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(action.trigger)
        if primary and icon is not None:
            made.setProperty("primary", True)
            bind_icon(made, icon, "on_accent")
        else:
            made.setIcon(action.icon())

        def follow() -> None:
            made.setEnabled(action.isEnabled())
            if not primary:
                made.setIcon(action.icon())

        action.changed.connect(follow)
        follow()
        return made

    def _export(self, actions: Actions) -> QToolButton:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.addActions([actions["export_csv"], actions["export_traces"]])
        made = QToolButton()
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setFont(font(12, 500))
        made.setText(tr(" Export"))
        made.setAccessibleName(tr("Export"))
        made.setToolTip(tr("Write what is shown to files"))
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.setMenu(menu)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        bind_icon(made, "export")

        def follow() -> None:
            names = ("export_csv", "export_traces")
            made.setEnabled(any(actions[name].isEnabled() for name in names))

        actions["export_csv"].changed.connect(follow)
        actions["export_traces"].changed.connect(follow)
        follow()
        return made
