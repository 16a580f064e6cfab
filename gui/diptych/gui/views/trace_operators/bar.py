"""The lines above the operators of a trace: which trace and stretch; how they are listed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from diptych.gui.models.trace_operators import BYS
from diptych.gui.text.tr import tr
from diptych.gui.theme import bind_icon, scaled
from diptych.gui.views.widgets import Elided, ElidedCombo, Segments, icon_button


class TraceHead(QWidget):
    """Which trace is shown, and which stretch of it."""

    file_chosen = Signal(object)
    open_wanted = Signal()
    stretch_cleared = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.files = ElidedCombo()
        self.files.setAccessibleName(tr("Trace whose operators are shown"))
        self.files.setToolTip(tr("Traces of the shown runs, and the file that is open"))
        self.files.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.files.setFixedWidth(scaled(210))
        self.files.activated.connect(lambda at: self.file_chosen.emit(self.files.itemData(at)))
        self.open = icon_button("folder", tr("Open trace…"), "Ctrl+Alt+O")
        self.open.clicked.connect(self.open_wanted)
        self.stretch = QPushButton()
        self.stretch.setProperty("link", True)
        self.stretch.setAutoDefault(False)
        self.stretch.setToolTip(tr("Only what lies in the stretch selected in the timeline counts"))
        bind_icon(self.stretch, "cross", "accent")
        self.stretch.clicked.connect(self.stretch_cleared)
        self.stretch.setAccessibleName(tr("Show all of the trace again"))
        self.stretch.hide()
        self.summary = Elided(ink="label")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget, room in ((self.files, 0), (self.open, 0), (self.stretch, 0), (self.summary, 1)):
            row.addWidget(widget, room)

    def show_files(self, files: Sequence[tuple[str, Path]], current: Path | None) -> None:
        """List the traces that can be shown."""
        self.files.clear()
        for at, (name, path) in enumerate(files):
            self.files.addItem(name, path)
            self.files.setItemData(at, str(path), Qt.ItemDataRole.ToolTipRole)
        self.files.setCurrentIndex(
            next((at for at, (_, path) in enumerate(files) if path == current), -1)
        )
        self.files.setVisible(bool(files))

    def show_stretch(self, words: str) -> None:
        """Say which stretch is selected; "" for all of the trace."""
        self.stretch.setVisible(bool(words))
        self.stretch.setText(words)
        self.stretch.setAccessibleName(tr("{stretch}: show all of the trace again", stretch=words))


_SIDES, _APART = 28, 10
"""Pixels beside all of the bar, and between two parts of it."""


class TraceBar(QWidget):
    """How operators are grouped, which time counts, what is looked for."""

    changed = Signal()
    """Another grouping, list or tree, or another time."""
    filtered = Signal(str)
    left = Signal()
    """The filter was left with Esc."""

    def __init__(self) -> None:
        super().__init__()
        titles = {
            "operator": tr("Operator"),
            "shape": tr("Shape"),
            "module": tr("Module"),
            "stack": tr("Stack"),
            "kernel": tr("Kernel"),
        }
        self.by = Segments([(by, titles[by]) for by in BYS], tr("Group by"))
        self.tree = Segments([("flat", tr("List")), ("tree", tr("Tree"))], tr("Show as"))
        self.measure = Segments([("host", tr("Host")), ("device", tr("Device"))], tr("Time"))
        hints = {
            "operator": tr("One row an operator; as a tree, who calls whom"),
            "shape": tr("One row an operator and its input shapes"),
            "module": tr("One row a module of the network; as a tree, with their operators"),
            "stack": tr("One row an operator and the Python frames around it"),
            "kernel": tr("One row a kernel; as a tree, with the operators that started it"),
        }
        for by in BYS:
            self.by.button(by).setToolTip(hints[by])
        self.measure.button("host").setToolTip(tr("Shares, means and the icicle: time on the host"))
        self.let_device(True)
        for segments in (self.by, self.tree, self.measure):
            segments.chosen.connect(lambda _: self.changed.emit())
        self._make_filter()
        self.columns = QPushButton(tr("Columns"))
        self.columns.setToolTip(tr("Choose which columns are shown"))
        self.columns_menu = QMenu(self.columns)
        self.columns.setMenu(self.columns_menu)
        self.export = icon_button("export", tr("Export CSV"))
        self.sql = icon_button("terminal", tr("Ask in SQL…"), "Ctrl+Shift+Q")
        self._lay_out()

    def let_device(self, known: bool) -> None:
        """Let device time be chosen, or say why it cannot."""
        button = self.measure.button("device")
        button.setEnabled(known)
        why = tr("This trace has no work on a device: it was recorded on a CPU.")
        words = tr("Shares, means and the icicle: device work that was started")
        button.setToolTip(words if known else why)

    def _lay_out(self) -> None:
        self._left, self._right = QWidget(), QWidget()
        self._pair = QWidget()
        left, right = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._left), QHBoxLayout()
        self._right.setLayout(right)
        pair = QHBoxLayout(self._pair)
        for segments in (self.by, self.tree, self.measure):
            segments.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for segments in (self.tree, self.measure):
            pair.addWidget(segments)
        pair.addStretch(1)
        left.addWidget(self.by)
        left.addWidget(self._pair, 1)
        self._choices = left
        right.addStretch(1)
        right.addWidget(self.filter, 1)
        for button in (self.columns, self.export, self.sql):
            right.addWidget(button)
        self._whole = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        # Else it could never become narrower than one line.
        self._whole.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._whole.setContentsMargins(16, 0, 12, 8)
        for inner in (left, right, pair):
            inner.setContentsMargins(0, 0, 0, 0)
        for layout in (left, right, pair, self._whole):
            layout.setSpacing(_APART)
        self._whole.addWidget(self._left)
        self._whole.addWidget(self._right, 1)

    def _widths(self) -> tuple[int, int, int]:
        """Return the room that the grouping, the other choices and the rest need."""
        return (
            self.by.sizeHint().width(),
            self._pair.minimumSizeHint().width(),
            self._right.minimumSizeHint().width(),
        )

    def minimumSizeHint(self) -> QSize:
        """Ask for room for the widest part: the others can stand below it."""
        high = super().minimumSizeHint().height()
        return QSize(max(self._widths()) + _SIDES, high)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand on two lines where there is no room for one, or on three."""
        room = event.size().width() - _SIDES
        by, pair, rest = self._widths()
        self._turn(self._choices, by + pair + _APART > room)
        self._turn(self._whole, by + pair + rest + 2 * _APART > room)
        super().resizeEvent(event)

    def _turn(self, layout: QBoxLayout, down: bool) -> None:
        box = QBoxLayout.Direction
        wanted = box.TopToBottom if down else box.LeftToRight
        if layout.direction() != wanted:
            layout.setDirection(wanted)
            self.updateGeometry()

    def _make_filter(self) -> None:
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(tr("Filter, e.g. conv"))
        self.filter.setAccessibleName(tr("Filter operators of the trace"))
        self.filter.setToolTip(tr("Words of the name or of the family (Ctrl+F)"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(scaled(90))
        self.filter.setMaximumWidth(scaled(170))
        self.filter.textChanged.connect(self.filtered)
        self.filter.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the filter with Esc, before the window takes the key."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() is QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress:
                self.filter.clear()
                self.left.emit()
                return True
        return super().eventFilter(watched, event)
