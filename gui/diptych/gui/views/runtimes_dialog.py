"""The interpreters of this machine: what they hold, what is wrong, and the cure."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.runtimes import RuntimeModel
from diptych.gui.text.runs import short_path
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, manager, pixmap, scaled
from diptych.gui.views.help import Plain, ask
from diptych.gui.views.progress import ProgressLine
from diptych.gui.views.screen import room
from diptych.gui.views.widgets import Elided, Mark, hairline, label, link, part
from diptych.profiling.runner.runtimes import FRAMEWORKS, TITLES, Problem, RuntimeInfo

_SOURCES = {
    "managed": tr("created by Diptych"),
    "current": tr("the environment of Diptych"),
    "venv": tr("virtual environment"),
    "conda": tr("conda environment"),
    "pyenv": "pyenv",
    "named": tr("added by you"),
    "path": tr("on the PATH"),
}


_NOT_CREATED = tr("Not created. Diptych can make one, with pip, in its own folder.")
_AGAIN = tr(
    "All of its packages are downloaded and installed anew. Until that is done no run can "
    "start in it; if it fails or is cancelled, the present one stays."
)


class RuntimesDialog(Plain):
    """Nothing here blocks: looking and installing go on while it is closed."""

    def __init__(self, runtimes: RuntimeModel, parent: QWidget | None = None) -> None:
        super().__init__(tr("Runtimes"), parent)
        self._runtimes = runtimes
        self.close_ = QPushButton(tr("Close"))
        self.managed = {name: _Managed(name, runtimes, self.close_) for name in FRAMEWORKS}
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self._going: set[str] = set()
        self._state = label(ink="hint", size=11)
        self._again = QPushButton(tr("Look again"))
        self._again.setToolTip(tr("Probe every interpreter anew"))
        self._again.clicked.connect(lambda: runtimes.refresh(again=True))
        self._add_button = QPushButton(tr("Add an interpreter…"))
        self._add_button.clicked.connect(self._add)
        self.close_.setDefault(True)
        self.close_.clicked.connect(self.accept)
        self.fill(self._body(), self._again, self._add_button, self._state, None, self.close_)
        runtimes.changed.connect(self.refresh)
        # A bound method: Qt lets go of it when the dialog is gone.
        runtimes.progressed.connect(self._progressed)
        manager().changed.connect(self.refresh)
        self.resize(QSize(scaled(720), scaled(560)).boundedTo(room(self)))
        # Not the first button in the window, which makes a runtime anew.
        self.close_.setFocus()
        self.refresh()
        if not runtimes.known and not runtimes.looking:
            runtimes.refresh()

    def _body(self) -> QVBoxLayout:
        body = QVBoxLayout()
        body.setSpacing(10)
        body.addWidget(label(tr("Runtimes"), size=14, weight=600))
        words = "Each framework lives in a Python of its own; Diptych adds nothing to it."
        body.addWidget(label(words, ink="label"))
        for row in self.managed.values():
            body.addWidget(row)
        body.addSpacing(6)
        body.addWidget(label(tr("Found on this machine"), ink="label", size=11, weight=600))
        inside = QWidget()
        part(inside, "dialogbody")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.addLayout(self._list)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName(tr("Interpreters found on this machine"))
        self._scroll.setWidget(inside)
        body.addWidget(self._scroll, 1)
        return body

    def refresh(self) -> None:
        """Show what is known now."""
        while self._list.count():
            item = self._list.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        for info in self._runtimes.infos:
            self._list.addWidget(_Card(info, self._runtimes))
        if self._runtimes.known and not self._runtimes.infos:
            words = tr(
                "No interpreter with PyTorch or MXNet was found. Create one above, or add one."
            )
            self._list.addWidget(label(words, ink="label", wrap=True))
        self._again.setEnabled(not self._runtimes.looking)
        self.refresh_managed()
        self._order()

    def _order(self) -> None:
        """Let Tab go through the cards, which are made anew, before the buttons at the foot."""
        before = self._scroll.viewport()
        for number in range(self._list.count()):
            item = self._list.itemAt(number)
            widget = item.widget() if item is not None else None
            for button in widget.findChildren(QPushButton) if widget is not None else ():
                QWidget.setTabOrder(before, button)
                before = button
        for button in (self._again, self._add_button, self.close_):
            QWidget.setTabOrder(before, button)
            before = button

    def refresh_managed(self) -> None:
        """Show how the installations go."""
        self._going = set(self._runtimes.installations)
        words = "Looking…" if self._runtimes.looking else ""
        self._state.setText(tr("Goes on when this is closed") if self._going else words)
        for row in self.managed.values():
            row.refresh()

    def _progressed(self, _framework: str) -> None:
        if self._going == set(self._runtimes.installations):
            self.refresh_managed()
        else:
            self.refresh()

    def _add(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, tr("Add a Python interpreter"), "/")
        if chosen:
            self._runtimes.add(chosen)


class _Managed(QFrame):
    """The runtime of one framework that Diptych makes: there, being made, or to be made."""

    def __init__(self, framework: str, runtimes: RuntimeModel, rest: QWidget) -> None:
        """Make it; ``rest`` gets the focus of a button that is over."""
        super().__init__()
        part(self, "card")
        self.framework, self._runtimes, self._rest = framework, runtimes, rest
        hues = current().mxnet if framework == "mxnet" else current().torch
        self._words = Elided(ink="label")
        self.install = QPushButton(tr("Create"))
        self.install.setAccessibleName(
            tr("Create the {framework} runtime", framework=TITLES[framework])
        )
        self.install.clicked.connect(self._install)
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setAccessibleName(
            tr("Cancel creating the {framework} runtime", framework=TITLES[framework])
        )
        self.cancel.clicked.connect(lambda: runtimes.cancel(framework))
        self.bar = ProgressLine(tr("Creating the {framework} runtime", framework=TITLES[framework]))
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Mark(square=framework == "mxnet", colour=hues[0]))
        title = label(TITLES[framework], weight=600)
        title.setFixedWidth(scaled(64))
        head.addWidget(title)
        head.addWidget(self._words, 1)
        head.addWidget(self.install)
        head.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 9, 8, 5)
        column.setSpacing(5)
        column.addLayout(head)
        column.addWidget(self.bar)

    def refresh(self) -> None:
        """Show what is known now."""
        going = self._runtimes.installations.get(self.framework)
        own = [info for info in self._runtimes.infos if self._is_own(info)]
        # Both buttons keep their places: a late click on Cancel must meet nothing else.
        self._enable(self.cancel, enabled=going is not None and not going.cancel.is_set())
        self._enable(self.install, enabled=going is None)
        self.install.setText(tr("Create again") if own else tr("Create"))
        if going is not None:
            stopping = going.cancel.is_set()
            self._words.show_text(tr("Cancelling…") if stopping else going.progress.text)
            self.bar.show_fraction(None if stopping else going.progress.fraction or None)
        else:
            self.bar.clear()
            end = self._runtimes.ends.get(self.framework)
            state = _state(own[0], self.framework) if own else _NOT_CREATED
            self._words.show_text(f"{end}. {state}" if end else state)

    def _enable(self, button: QPushButton, *, enabled: bool) -> None:
        # Else the focus would go on to the next button, which makes a runtime.
        if button.hasFocus() and not enabled:
            self._rest.setFocus()
        button.setEnabled(enabled)

    def _is_own(self, info: RuntimeInfo) -> bool:
        return info.source == "managed" and info.name == self.framework

    def _install(self) -> None:
        again = any(self._is_own(info) for info in self._runtimes.infos)
        title = tr("Create the {name} runtime again", name=TITLES[self.framework])
        if not again or ask(self, title, _AGAIN, tr("Create again")):
            self._runtimes.install(self.framework, again=again)


def _state(info: RuntimeInfo, framework: str) -> str:
    place = short_path(info.python)
    if info.ok(framework):
        return tr("Created, in {place}", place=place)
    return tr("Broken, in {place}", place=place)


class _Card(QFrame):
    """One interpreter."""

    def __init__(self, info: RuntimeInfo, runtimes: RuntimeModel) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 4)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(8)
        good = bool(info.usable) and not any(problem.fatal for problem in info.problems)
        replaced = runtimes.being_replaced(info)
        mark = ("check", "ok") if good else ("warning", "warning")
        head.addWidget(_image(*(("clock", "text3") if replaced else mark)))
        head.addWidget(label(holds(info), weight=500))
        head.addWidget(Elided(short_path(info.python), ink="hint", size=11, fixed=True), 1)
        source = tr("being created again") if replaced else _SOURCES.get(info.source, info.source)
        head.addWidget(label(source, ink="hint", size=11))
        check = link(tr("Check"), tr("Check {python}", python=info.python))
        check.clicked.connect(lambda: runtimes.check(info.python))
        check.setEnabled(not replaced)
        head.addWidget(check)
        if info.source == "named":
            forget = link(tr("Forget"), tr("Forget {python}", python=info.python))
            forget.clicked.connect(lambda: runtimes.forget(info.python))
            head.addWidget(forget)
        column.addLayout(head)
        for problem in info.problems:
            column.addWidget(_trouble(problem))
        column.addWidget(hairline())


def _trouble(problem: Problem) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(24, 0, 0, 0)
    row.setSpacing(8)
    token = "error" if problem.fatal else "warning"
    row.addWidget(
        _image("error" if problem.fatal else "warning", token), 0, Qt.AlignmentFlag.AlignTop
    )
    words = QVBoxLayout()
    words.setSpacing(1)
    words.addWidget(label(problem.what, wrap=True))
    words.addWidget(label(problem.cure, ink="label", size=11, wrap=True))
    row.addLayout(words, 1)
    return made


def _image(name: str, token: str) -> QLabel:
    made = QLabel()
    made.setPixmap(pixmap(name, getattr(current(), token), 16, made.devicePixelRatioF()))
    made.setFixedSize(16, 16)
    return made


def holds(info: RuntimeInfo) -> str:
    """Return what is in an interpreter: ``PyTorch 2.13.0 (CPU), Python 3.11.7``."""
    words = []
    for name, found in info.frameworks.items():
        build = f"CUDA {found.cuda}" if found.cuda else "CPU"
        version = (found.version or "").partition("+")[0]
        words.append(f"{TITLES.get(name, name)} {version} ({build})".replace("  ", " "))
    python = tr("does not start")
    if info.python_version:
        python = tr("Python {version}", version=info.python_version)
    return ", ".join([*words, python])
