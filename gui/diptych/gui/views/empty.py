"""What a window without a run shows: the ways on, and what this machine has."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from diptych.gui.models.machine import MachineModel
from diptych.gui.models.runtimes import RuntimeModel
from diptych.gui.text import format as fmt
from diptych.gui.text.runs import short_path
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import bind_icon, current, font, manager, pixmap, scaled
from diptych.gui.views.widgets import Elided, hairline, label, link, paint_mark, part, set_ink
from diptych.profiling.records.manifest import GpuDescription
from diptych.profiling.runner.runtimes import TITLES, RuntimeInfo

_WIDTH = 520
_NOTICE_MS = 2000
"""Between two looks at whether a runtime was made elsewhere."""


class _Picture(QWidget):
    """Two hinged panels."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(208, 78)
        manager().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        tokens = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for left, colour, square in ((1, tokens.torch[0], False), (110, tokens.mxnet[0], True)):
            self._panel(painter, left, colour, square=square)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.line3))
        for y in (20, 50):
            painter.drawRoundedRect(QRectF(100, y, 8, 7), 1.5, 1.5)
        painter.end()

    @staticmethod
    def _panel(painter: QPainter, left: float, colour: str, *, square: bool) -> None:
        tokens = current()
        painter.setPen(QPen(QColor(tokens.line2), 1.3))
        painter.setBrush(QColor(tokens.bg2))
        painter.drawRoundedRect(QRectF(left, 1, 97, 75), 5, 5)
        painter.setPen(QPen(QColor(tokens.grid), 1))
        for y in (19, 37, 55):
            painter.drawLine(QPointF(left + 11, y), QPointF(left + 86, y))
        painter.setPen(QPen(QColor(colour), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        high, low = (16, 36) if square else (30, 50)
        line = QPolygonF()
        for n in range(38):
            wave = 2.2 * math.sin(n * (1.7 if square else 2.3)) * math.cos(n * 0.9)
            line.append(QPointF(left + 11 + 2 * n, low - (low - high) * math.exp(-n / 4) + wave))
        painter.drawPolyline(line)
        paint_mark(painter, QPointF(left + 15, 64), square=square, colour=colour)


class _Way(QPushButton):
    """A card that is a button: icon, title, what it does, its key."""

    def __init__(self, icon: str, title: str, text: str, key: str, *, first: bool = False) -> None:
        super().__init__()
        self.setObjectName("way")
        self.setMinimumHeight(scaled(56))
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setProperty("first", first)
        image = QPushButton()
        image.setObjectName("picture")
        image.setIconSize(QSize(18, 18))
        image.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        bind_icon(image, icon, "accent", 18)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(title, size=13, weight=600))
        words.addWidget(label(text, ink="label"))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(14)
        row.addWidget(image)
        row.addLayout(words, 1)
        if key:
            chip = label(key, size=11, weight=500)
            chip.setProperty("chip", True)
            row.addWidget(chip, 0, Qt.AlignmentFlag.AlignVCenter)
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        """Ask for the height of the words."""
        inside = self.layout()
        return QSize(_WIDTH, max(58, inside.sizeHint().height() if inside else 0))


class _Finding(QWidget):
    """One line of what was found; ``offer`` is what can be done about it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._icon = QLabel()
        self._icon.setFixedWidth(16)
        self._words = Elided(ink="label")
        self.offer = link(tr("Create one"), tr("Create a runtime for {name}", name=name))
        self.offer.hide()
        self._state = ("clock", "text3")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        title = label(name, weight=500)
        title.setFixedWidth(scaled(70))
        row.addWidget(self._icon)
        row.addWidget(title)
        row.addWidget(self._words, 1)
        row.addWidget(self.offer)
        self.setFixedHeight(scaled(26))
        manager().changed.connect(self._draw)

    def tell(self, state: str, words: str, *, offer: str = "") -> None:
        """Show ``words``; ``state`` is ok, warning, none or looking; ``offer`` names a button."""
        self._state = {
            "ok": ("check", "ok"),
            "warning": ("warning", "warning"),
            "none": ("info", "text3"),
        }.get(state, ("clock", "text3"))
        self._words.show_text(words)
        set_ink(self._words, "hint" if state == "looking" else "label")
        self.offer.setVisible(bool(offer))
        if offer:
            self.offer.setText(offer)
            self.offer.setAccessibleName(f"{offer}: {self._name}")
        self._draw()

    def _draw(self) -> None:
        name, token = self._state
        colour = getattr(current(), token)
        self._icon.setPixmap(pixmap(name, colour, 16, self.devicePixelRatioF()))


class EmptyView(QWidget):
    """Signals say which way was chosen."""

    new_wanted = Signal(str)
    """``catalogue`` or ``script``."""
    open_wanted = Signal()
    install_wanted = Signal(str)
    """Framework of which a runtime is to be created."""
    sample_wanted = Signal()
    runtimes_wanted = Signal()
    """What is wrong with the runtimes is to be seen."""

    def __init__(self, runtimes: RuntimeModel, machine: MachineModel) -> None:
        super().__init__()
        part(self, "stage")
        self._runtimes, self._machine = runtimes, machine
        self._gpu = _Finding(tr("GPU"))
        self._found = {framework: _Finding(title) for framework, title in TITLES.items()}
        self._host = _Finding(tr("Machine"))
        for framework, finding in self._found.items():
            finding.offer.clicked.connect(
                lambda _=False, framework=framework: self._offered(framework)
            )
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 16, 16, 16)
        grid.setRowStretch(0, 2)
        grid.setRowStretch(2, 3)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(2, 1)
        grid.addWidget(self._column(), 1, 1)
        runtimes.changed.connect(self.refresh)
        runtimes.progressed.connect(lambda _: self.refresh())
        machine.changed.connect(self.refresh)
        self._notice = QTimer(self)
        self._notice.setInterval(_NOTICE_MS)
        self._notice.timeout.connect(runtimes.notice)
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Keep an eye on what is installed elsewhere."""
        super().showEvent(event)
        self._notice.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Look no more."""
        super().hideEvent(event)
        self._notice.stop()

    def _offered(self, framework: str) -> None:
        if self._holding(framework):
            self.runtimes_wanted.emit()
        else:
            self.install_wanted.emit(framework)

    def _holding(self, framework: str) -> list[RuntimeInfo]:
        """Return interpreters that have the framework and cannot use it."""
        infos = self._runtimes.infos
        return [i for i in infos if framework in i.frameworks and i.fatal(framework)]

    def _column(self) -> QWidget:
        made = QWidget()
        made.setFixedWidth(scaled(_WIDTH))
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(_Picture(), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        title = label(tr("Run it under PyTorch, under MXNet, or both"), size=20, weight=600)
        under = label(
            tr("See where the time goes, and compare with numbers that hold."), ink="label"
        )
        under.setFont(font(13))
        for words in (title, under):
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(words)
        column.addSpacing(12)
        ways = self._ways()
        for way in ways:
            column.addWidget(way)
        self.setFocusProxy(ways[0])
        column.addSpacing(14)
        column.addWidget(label(tr("Found on this machine"), ink="label", size=11, weight=600))
        findings = QVBoxLayout()
        findings.setSpacing(0)
        for finding in (self._gpu, *self._found.values(), self._host):
            findings.addWidget(finding)
            findings.addWidget(hairline())
        column.addLayout(findings)
        return made

    def _ways(self) -> list[_Way]:
        sample = _Way(
            "compare",
            tr("Open the sample comparison"),
            tr("resnet18 under PyTorch and MXNet, recorded on a CPU"),
            "",
            first=True,
        )
        new = _Way("play", tr("New run"), tr("Pick a workload from the catalogue"), "Ctrl+N")
        own = _Way(
            "terminal", tr("Run your own script"), tr("Unchanged, with its own arguments"), ""
        )
        old = _Way("folder", tr("Open a run folder"), tr("A run that was made elsewhere"), "Ctrl+O")
        sample.clicked.connect(self.sample_wanted)
        new.clicked.connect(lambda: self.new_wanted.emit("catalogue"))
        own.clicked.connect(lambda: self.new_wanted.emit("script"))
        old.clicked.connect(self.open_wanted)
        return [sample, new, own, old]

    def refresh(self) -> None:
        """Show what is known now."""
        for framework, finding in self._found.items():
            self._show_runtime(framework, finding)
        machine = self._machine.machine
        if machine is None:
            self._gpu.tell("looking", tr("Looking…"))
            self._host.tell("looking", tr("Looking…"))
            return
        if machine.gpus:
            self._gpu.tell("ok", _gpu_words(machine.gpus))
        else:
            why = machine.gpu_reason or tr("no NVIDIA GPU was found")
            # Why there is none is long; that runs go without it is what matters here.
            self._gpu.tell("none", tr("None, so runs use the CPU ({why})", why=why))
        host = machine.host
        cores = fmt.UNKNOWN
        if host.cores_logical is not None:
            cores = trn("{n} core", "{n} cores", host.cores_logical)
        cpu = host.cpu or host.system
        self._host.tell("ok", f"{cpu}, {cores}, {fmt.memory(host.memory)}")

    def _show_runtime(self, framework: str, finding: _Finding) -> None:
        going = self._runtimes.installations.get(framework)
        if going is not None:
            finding.tell("looking", tr("Being created: {text}", text=going.progress.text))
            return
        usable = self._runtimes.usable(framework)
        if usable:
            finding.tell("ok", runtime_line(usable[0], framework))
        elif not self._runtimes.known:
            finding.tell("looking", tr("Looking…"))
        elif self._holding(framework):
            info = self._holding(framework)[0]
            problem = info.fatal(framework)[0]
            words = tr(
                "{name}: {what}. {cure}", name=info.title, what=problem.what, cure=problem.cure
            )
            finding.tell("warning", words, offer=tr("What to do…"))
        else:
            words = tr("No interpreter with {name} was found", name=TITLES[framework])
            finding.tell("warning", words, offer=tr("Create one"))


def _gpu_words(gpus: Sequence[GpuDescription]) -> str:
    first = gpus[0]
    name, driver = first.name or tr("GPU"), first.driver or fmt.UNKNOWN
    memory = fmt.memory(first.memory)
    return tr(
        "{n} × {name}, {memory}, driver {driver}",
        n=len(gpus),
        name=name,
        memory=memory,
        driver=driver,
    )


def runtime_line(info: RuntimeInfo, framework: str) -> str:
    """Return such as ``torch 2.13.0 (CUDA 13.0) in ~/venvs/torch``."""
    found = info.frameworks.get(framework)
    version = (found.version or "").partition("+")[0] if found else ""
    build = f"CUDA {found.cuda}" if found and found.cuda else "CPU"
    place = info.python.removesuffix("/bin/python").removesuffix("/bin/python3")
    return tr(
        "{framework} {version} ({build}) in {place}",
        framework=framework,
        version=version,
        build=build,
        place=short_path(place),
    )
