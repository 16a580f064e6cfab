"""One card of the page: a heading, what stands right of it, and what it shows."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from diptych.gui.theme import current, manager
from diptych.gui.views.widgets import Elided, label, part


class Section(QFrame):
    """Tab stops at it, so that a keyboard can go through the page; a ring shows where it is."""

    def __init__(self, title: str, body: QWidget, *beside: QWidget, says: str = "") -> None:
        super().__init__()
        part(self, "card")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(title)
        self.setAccessibleDescription(says)
        self.body = body
        self.heading = label(title, weight=600)
        self.note = Elided(ink="hint", size=11)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.heading)
        head.addWidget(self.note, 1)
        for widget in beside:
            head.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(body, 1)
        manager().changed.connect(self.update)

    def rename(self, title: str, note: str = "") -> None:
        """Give it another heading, and a note beside it."""
        self.heading.setText(title)
        self.setAccessibleName(title)
        self.note.show_text(note)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ring around what has the focus."""
        super().paintEvent(event)
        if not self.hasFocus():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(current().accent), 2.0))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        painter.end()
