"""Everything known of a run besides its curves: facts, files, cautions, its command."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.text import format as fmt
from diptych.gui.text.names import short_names
from diptych.gui.text.plain import plain
from diptych.gui.text.tr import tr
from diptych.gui.theme import mono, scaled
from diptych.gui.views.details_facts import (
    Caution,
    Fact,
    File,
    Group,
    cautions,
    command,
    created,
    files,
    groups,
    where,
)
from diptych.gui.views.notes_panel import NotesPanel
from diptych.gui.views.now_background import Background
from diptych.gui.views.widgets import Elided, as_tooltip, hairline, icon_button, label, part
from diptych.profiling.runs.snapshot import RunSnapshot

_REFRESH_MS = 1000
"""Facts change slowly, and working them out takes a while in a long run."""
_NAME = 128
_LONGEST = 4_000
"""Characters of one value that are shown; a command can be copied whole."""


class DetailsView(QWidget):
    """Facts of one shown run. ``shown`` is what stands there now."""

    def __init__(self, hub: RunHub, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hub, self.selection = hub, selection
        self.shown: list[Group] = []
        self._values: list[QLabel] = []
        self._shape: object = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._background = Background(self)
        self._background.done.connect(self._show)
        self._lay_out()
        hub.snapshot_changed.connect(self._news)
        selection.shown_changed.connect(self._soon)

    def _lay_out(self) -> None:
        self.runs = QComboBox()
        self.runs.setAccessibleName(tr("Run whose details are shown"))
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.runs.activated.connect(self._soon)
        self.folder = Elided(ink="label", mode=Qt.TextElideMode.ElideMiddle, fixed=True)
        self.open_folder = QPushButton(tr("Open folder"))
        self.open_folder.clicked.connect(self._open_folder)
        self.copy_path = QPushButton(tr("Copy path"))
        self.copy_path.clicked.connect(self._copy_path)
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 16, 8)
        bar.setSpacing(8)
        bar.addWidget(self.runs)
        bar.addWidget(self.folder, 1)
        bar.addWidget(self.copy_path)
        bar.addWidget(self.open_folder)
        self.empty = label(tr("Choose a run in the list to see what it was."), ink="label")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setAccessibleName(tr("Details of the run"))
        self._make_page()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(bar)
        whole.addWidget(hairline())
        whole.addWidget(self.empty, 1)
        whole.addWidget(self._scroll, 1)
        self.setFocusProxy(self._scroll)

    def _make_page(self) -> None:
        """Make what scrolls: what a person says of the run, and below it what is made anew."""
        page = QWidget()
        part(page, "stage")
        self.notes = NotesPanel(self.hub)
        self._inside = QWidget()
        self._column = QVBoxLayout(page)
        self._column.setContentsMargins(16, 12, 16, 24)
        self._column.setSpacing(16)
        self._column.addWidget(self.notes)
        self._column.addWidget(self._inside)
        self._column.addStretch(1)
        self._scroll.setWidget(page)

    # -- when ---------------------------------------------------------------

    def _news(self, run: str, _snapshot: object) -> None:
        if run in self.selection.shown and self.isVisible() and not self._timer.isActive():
            self._timer.start(_REFRESH_MS)

    def _soon(self) -> None:
        if self.isVisible():
            self._timer.start(0)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        super().showEvent(event)
        self._timer.start(0)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Look no more."""
        self._timer.stop()
        self._background.close()
        super().closeEvent(event)

    # -- what ---------------------------------------------------------------

    @property
    def snapshot(self) -> RunSnapshot | None:
        """The run whose details are shown."""
        run = self.runs.currentData()
        return self.hub.latest(run) if run is not None else None

    def refresh(self) -> None:
        """Work the newest facts out, beside, and show them."""
        self._offer_runs()
        snapshot = self.snapshot
        for widget in (self._scroll, self.folder, self.copy_path, self.open_folder):
            widget.setVisible(snapshot is not None)
        self.empty.setVisible(snapshot is None)
        if snapshot is None:
            self.shown, self._shape = [], None
            return
        self._background.submit(lambda: (snapshot, groups(snapshot), files(snapshot)))

    def _show(self, known: tuple[RunSnapshot, list[Group], list[File]]) -> None:
        snapshot, self.shown, found = known
        said = cautions(snapshot)
        self.folder.show_text(
            " · ".join(filter(None, (where(snapshot), created(snapshot.manifest))))
        )
        self.notes.show_run(snapshot)
        names = tuple((g.title, tuple(f.name for f in g.facts)) for g in self.shown)
        shape = (snapshot.id, names, tuple(said), tuple(found))
        if shape != self._shape:
            self._shape = shape
            self._build(snapshot, said, found)
        self._fill()

    def _offer_runs(self) -> None:
        found = [s for s in map(self.hub.latest, self.selection.shown) if s is not None]
        chosen = self.runs.currentData()
        self.runs.blockSignals(True)
        self.runs.clear()
        for snapshot, name in zip(found, short_names(found), strict=True):
            self.runs.addItem(name, snapshot.id)
        self.runs.setCurrentIndex(max(0, self.runs.findData(chosen)) if found else -1)
        self.runs.blockSignals(False)
        self.runs.setVisible(len(found) > 1)

    def _fill(self) -> None:
        facts = [fact for group in self.shown for fact in group.facts]
        for value, fact in zip(self._values, facts, strict=True):
            value.setText(_shown(fact.value))
            value.setToolTip(as_tooltip(fact.hint))
            value.setAccessibleName(f"{fact.name}: {_shown(fact.value)}")

    def _build(self, snapshot: RunSnapshot, said: list[Caution], found: list[File]) -> None:
        """Make the page anew: other facts, files or cautions than before."""
        self._values = []
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        if said:
            column.addLayout(self._cautions(said))
        text = command(snapshot.manifest)
        if text:
            column.addWidget(self._command(text))
        column.addLayout(self._columns(found))
        self._column.replaceWidget(self._inside, inside)
        inside.show()
        self._inside.hide()
        self._inside.deleteLater()
        self._inside = inside

    def _columns(self, found: list[File]) -> QLayout:
        """Put the groups into two columns, the result and the files at the left."""
        row = QHBoxLayout()
        row.setSpacing(32)
        sides = (QVBoxLayout(), QVBoxLayout())
        for side in sides:
            side.setSpacing(20)
            row.addLayout(side, 1)
        made = [self._group(group) for group in self.shown]
        for number, layout in enumerate(made):
            sides[0 if number == 0 else 1].addLayout(layout)
        sides[0].addLayout(self._files(found))
        for side in sides:
            side.addStretch(1)
        return row

    def _group(self, group: Group) -> QLayout:
        grid = _grid(group.title)
        for number, fact in enumerate(group.facts, 1):
            name = label(fact.name, ink="label")
            name.setMinimumWidth(scaled(_NAME))
            value = _value(fact)
            self._values.append(value)
            grid.addWidget(name, number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, number, 1)
        return grid

    def _cautions(self, said: list[Caution]) -> QLayout:
        grid = _grid(tr("Worth knowing"))
        for number, caution in enumerate(said, 1):
            grid.addWidget(
                label(_shown(caution.text), ink="warning", wrap=True), 2 * number - 1, 0, 1, 2
            )
            if caution.cure:
                grid.addWidget(label(caution.cure, ink="label", wrap=True), 2 * number, 0, 1, 2)
        return grid

    def _command(self, text: str) -> QWidget:
        card = QFrame()
        card.setProperty("part", "well")
        row = QHBoxLayout(card)
        row.setContentsMargins(12, 8, 8, 8)
        words = label(_shown(text), wrap=True)
        words.setFont(mono(12))
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        copy = icon_button("copy", tr("Copy command"))
        copy.clicked.connect(lambda: _copy(text))
        row.addWidget(words, 1)
        row.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        return card

    def _files(self, found: list[File]) -> QLayout:
        grid = _grid(tr("Files"))
        grid.setColumnStretch(1, 1)
        for number, file in enumerate(found, 1):
            name = label(file.name)
            name.setFont(mono(11))
            name.setMinimumWidth(scaled(_NAME))
            what = Elided(file.what, ink="label")
            size = label(fmt.UNKNOWN if file.size is None else fmt.file_size(file.size))
            copy = icon_button("copy", tr("Copy path of {file}", file=file.name))
            copy.clicked.connect(lambda _=False, path=file.path: _copy(str(path)))
            open_it = icon_button("folder", tr("Open folder of {file}", file=file.name))
            open_it.clicked.connect(lambda _=False, path=file.path: _open(path.parent))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            grid.addWidget(name, number, 0)
            grid.addWidget(what, number, 1)
            grid.addWidget(size, number, 2, right)
            grid.addWidget(copy, number, 3)
            grid.addWidget(open_it, number, 4)
        return grid

    def _open_folder(self) -> None:
        if self.snapshot is not None:
            _open(self.snapshot.directory)

    def _copy_path(self) -> None:
        if self.snapshot is not None:
            _copy(str(self.snapshot.directory))


def _grid(title: str) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(5)
    grid.setColumnStretch(1, 1)
    grid.addWidget(label(title, weight=600), 0, 0, 1, 5)
    return grid


def _value(fact: Fact) -> QLabel:
    made = label(_shown(fact.value), wrap=True)
    # One long word must not make the page wider than the window.
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    if fact.fixed:
        made.setFont(mono(11))
    made.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return made


def _shown(text: str) -> str:
    """Return text from outside as a label bears it."""
    return plain(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)


def _open(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
