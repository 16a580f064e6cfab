"""The line above the timeline: which trace, how it was read, search, what else can be done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from diptych.gui.models.trace_scene import Scene
from diptych.gui.models.trace_search import Found
from diptych.gui.models.traces import arrow_words, losses
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import scaled
from diptych.gui.views.widgets import Elided, ElidedCombo, icon_button, label, link


class TimelineBar(QWidget):
    """What is open, and what can be done with it.

    ``chosen`` names a file of the list; ``searched`` tells what is looked for;
    ``next_wanted`` asks for the next hit (or with ``True`` the one before);
    ``losses_wanted``, ``open_wanted``, ``compare_wanted`` and ``more_wanted`` were clicked.
    """

    chosen = Signal(object)
    searched = Signal(str)
    next_wanted = Signal(bool)
    left = Signal()
    losses_wanted = Signal()
    open_wanted = Signal()
    compare_wanted = Signal()
    more_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.files = ElidedCombo()
        self.files.setAccessibleName(tr("Trace that is shown"))
        self.files.setToolTip(tr("Traces of the shown runs, and the file that is open"))
        self.files.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.files.setFixedWidth(scaled(260))
        self.files.activated.connect(lambda at: self.chosen.emit(self.files.itemData(at)))
        self.summary = Elided(ink="label")
        self.losses = link("", tr("What of the file could not be used"))
        self.losses.clicked.connect(self.losses_wanted)
        self._make_search()
        self.open = icon_button("folder", tr("Open trace…"), "Ctrl+Alt+O")
        self.open.clicked.connect(self.open_wanted)
        self.compare = icon_button("compare", tr("A second trace below"))
        self.compare.clicked.connect(self.compare_wanted)
        self.more = icon_button("more", tr("Marks, lanes and view"))
        self.more.clicked.connect(self.more_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 5, 8, 5)
        row.setSpacing(8)
        row.addWidget(self.files)
        row.addWidget(self.losses)
        row.addWidget(self.summary, 1)
        for widget in (self.count, self.search, self.before, self.after):
            row.addWidget(widget)
        for widget in (self.open, self.compare, self.more):
            row.addWidget(widget)

    def _make_search(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search slices"))
        self.search.setAccessibleName(tr("Search slices by name"))
        self.search.setToolTip(
            tr("Words of the name (/); Enter goes to the next, Shift+Enter back")
        )
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(scaled(170))
        self.search.textChanged.connect(self.searched)
        self.search.installEventFilter(self)
        self.count = label("", ink="label", size=11)
        self.before = icon_button("chevron-up", tr("Previous hit"), "Shift+Enter")
        self.after = icon_button("chevron-down", tr("Next hit"), "Enter")
        self.before.clicked.connect(lambda: self.next_wanted.emit(True))
        self.after.clicked.connect(lambda: self.next_wanted.emit(False))
        self.show_found(None, -1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Go from hit to hit with Enter; leave the field with Esc."""
        if not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        escape = event.key() == Qt.Key.Key_Escape
        if event.type() is QEvent.Type.ShortcutOverride and escape:
            event.accept()
            return True
        if event.type() is not QEvent.Type.KeyPress or not (enter or escape):
            return super().eventFilter(watched, event)
        if enter:
            self.next_wanted.emit(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            self.search.clear()
            self.left.emit()
        return True

    # -- what is shown -------------------------------------------------------------

    def show_files(self, files: Sequence[tuple[str, Path]], current: Path | None) -> None:
        """List the traces that can be shown."""
        self.files.blockSignals(True)
        self.files.clear()
        for name, path in files:
            self.files.addItem(name, path)
            self.files.setItemData(self.files.count() - 1, str(path), Qt.ItemDataRole.ToolTipRole)
        at = next((i for i, (_, path) in enumerate(files) if path == current), -1)
        self.files.setCurrentIndex(at)
        self.files.blockSignals(False)
        self.files.setVisible(bool(files))

    def show_scene(self, scene: Scene | None) -> None:
        """Say what is open."""
        for widget in (self.summary, self.search, self.before, self.after, self.compare, self.more):
            widget.setVisible(scene is not None)
        lost = losses(scene.table) if scene is not None else []
        self.losses.setVisible(bool(lost))
        self.losses.setText("; ".join(lost))
        arrows = arrow_words(scene.table) if scene is not None else ""
        self.losses.setToolTip(tr("Say which, and why"))
        if scene is None:
            self.count.setText("")
            return
        words = [trn("{n} slice", "{n} slices", len(scene.table.slices))]
        words.append(fmt.duration(scene.table.duration_ns))
        words.append({"kineto": "PyTorch", "mxnet": "MXNet"}.get(scene.table.source, "Chrome"))
        self.summary.show_text(" · ".join([*words, arrows] if arrows else words))

    def show_found(self, found: Found | None, at: int) -> None:
        """Say how many hits there are, and which is shown."""
        count = len(found) if found is not None else 0
        if found is None:
            self.count.setText("")
        elif not count:
            self.count.setText(tr("no hit"))
        elif at < 0:
            self.count.setText(trn("{n} hit", "{n} hits", count))
        else:
            self.count.setText(tr("{at} of {count}", at=f"{at + 1:,}", count=f"{count:,}"))
        for button in (self.before, self.after):
            button.setEnabled(count > 0)
