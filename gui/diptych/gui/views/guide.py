"""The guide: what every view shows and what its words mean. In the package, read offline."""

from __future__ import annotations

import re
from importlib import resources

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPushButton, QTextBrowser, QVBoxLayout, QWidget

from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager, scaled
from diptych.gui.views.help import Plain
from diptych.gui.views.screen import room


def text() -> str:
    """Return the guide, as Markdown."""
    folder = resources.files("diptych.resources").joinpath("help")
    return folder.joinpath("guide.md").read_text(encoding="utf-8")


def sections() -> list[str]:
    """Return the headings of the views, in order."""
    return re.findall(r"^## (.+)$", text(), re.MULTILINE)


class GuideDialog(Plain):
    """Opens at the section of a view."""

    def __init__(self, section: str = "", parent: QWidget | None = None) -> None:
        super().__init__(tr("Guide"), parent)
        self.page = QTextBrowser()
        self.page.setAccessibleName(tr("Guide"))
        self.page.setOpenLinks(False)
        self.page.setFont(font(13))
        self.page.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.page.document().setDocumentMargin(8)
        self.page.anchorClicked.connect(_open)
        body = QVBoxLayout()
        body.addWidget(self.page)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.accept)
        close.setDefault(True)
        self.fill(body, None, close)
        self.resize((room(self) * 0.72).boundedTo(self.maximumSize()))
        manager().changed.connect(self._fill)
        self._fill()
        if section:
            self.go(section)
        self.page.setFocus()

    def _fill(self) -> None:
        self.page.document().setDefaultStyleSheet(f"a {{ color: {current().accent}; }}")
        # Our own file: nothing from outside is ever shown here.
        self.page.setMarkdown(text())
        self._space()

    def _space(self) -> None:
        """Give headings and paragraphs their room, and headings the window's own weights."""
        block = self.page.document().begin()
        while block.isValid():
            cursor = QTextCursor(block)
            form = block.blockFormat()
            level = form.headingLevel()
            form.setTopMargin(scaled(18) if level == 2 else 0)
            form.setBottomMargin(scaled(6))
            form.setLineHeight(135, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
            cursor.setBlockFormat(form)
            if level:
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
                look = QTextCharFormat()
                look.setFont(font(20 if level == 1 else 15, 600))
                cursor.mergeCharFormat(look)
            block = block.next()

    def go(self, section: str) -> None:
        """Scroll to a heading."""
        document = self.page.document()
        block = document.begin()
        while block.isValid():
            if block.blockFormat().headingLevel() == 2 and block.text() == section:
                self.page.moveCursor(QTextCursor.MoveOperation.End)
                self.page.setTextCursor(QTextCursor(block))
                return
            block = block.next()


def _open(url: QUrl) -> None:
    QDesktopServices.openUrl(url)
