"""The foot of the window: how far the shown runs are, and whether to trust it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from diptych.gui.models.brush import Brushed, brushed
from diptych.gui.models.completion import completed_count, progress
from diptych.gui.models.hub import RunHub
from diptych.gui.models.machine import MachineModel
from diptych.gui.models.recovery import Recovery
from diptych.gui.models.runtimes import RuntimeModel
from diptych.gui.models.selection import Selection
from diptych.gui.text import format as fmt
from diptych.gui.text.names import short_names
from diptych.gui.text.runs import is_foreign, lost_count, lost_of, lost_parts, short_path
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import manager, scaled
from diptych.gui.theme.tokens import STATUS
from diptych.gui.views.widgets import Bar, Elided, Mark, label, part, set_ink
from diptych.profiling.runner.runtimes import TITLES
from diptych.profiling.runs.snapshot import RunSnapshot

NO_GPU = tr("No NVIDIA GPU: showing CPU and memory")
_SLOTS = 3
_REFRESH_MS = 200
"""Words that change faster cannot be read."""
_LATE_NS = 2_000_000_000


class _Progress(QWidget):
    """Mark, step, bar of one run."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 10, 0)
        row.setSpacing(6)
        self._mark, self._words, self._bar = Mark(), label(size=11), Bar()
        for widget in (self._mark, self._words, self._bar):
            row.addWidget(widget)

    def show_run(self, snapshot: RunSnapshot, *, square: bool, colour: str) -> None:
        """Show how far the run is."""
        done, total = progress(snapshot), snapshot.total_steps
        self._mark.look(square=square, colour=colour)
        words = tr("step {done}", done=fmt.count(done))
        if total:
            words = tr("step {done}/{total}", done=fmt.count(done), total=fmt.count(total))
        elif done == 0:
            words = snapshot.state_text or tr("starting")
        if snapshot.read < 1:
            words = tr("reading the run: {share}", share=fmt.percent(100 * snapshot.read))
        self._words.setText(words)
        completed, dispatched = completed_count(snapshot), len(snapshot.steps)
        self._words.setToolTip(
            tr(
                "{completed} completed, {dispatched} dispatched by the loop",
                completed=fmt.count(completed),
                dispatched=fmt.count(dispatched),
            )
        )
        self._bar.setVisible(bool(total))
        if total:
            self._bar.show_fraction(done / total, colour)


class StatusBar(QWidget):
    """26 px high."""

    def __init__(
        self,
        hub: RunHub,
        selection: Selection,
        machine: MachineModel,
        runtimes: RuntimeModel,
        home: Path,
    ) -> None:
        super().__init__()
        part(self, "status")
        self.setFixedHeight(scaled(STATUS))
        self._hub, self._selection, self._machine = hub, selection, machine
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 14, 0)
        row.setSpacing(12)
        self._slots = [_Progress() for _ in range(_SLOTS)]
        for slot in self._slots:
            row.addWidget(slot)
        self._place = Elided(
            tr("Runs are kept in {place}", place=short_path(home / "runs")),
            ink="label",
            size=11,
            mode=Qt.TextElideMode.ElideMiddle,
        )
        self._place.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.brush = Elided(ink="accent", size=11)
        self.brush.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._lag = label(ink="label", size=11)
        self._lost = label(ink="label", size=11)
        self._installing = Elided(ink="label", size=11)
        self._finishing = Elided(ink="label", size=11)
        self._runtimes = runtimes
        self._runtime = Elided(ink="label", size=11)
        self._gpu = label(ink="label", size=11)
        for widget in (self._place, self.brush, self._lag, self._lost):
            row.addWidget(widget)
        row.addStretch(1)
        for words in (self._finishing, self._installing, self._runtime):
            words.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        row.addWidget(self._finishing, 0)
        row.addWidget(self._installing, 0)
        row.addWidget(self._runtime, 0)
        row.addWidget(self._gpu)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_REFRESH_MS)
        self._soon.timeout.connect(self.refresh)
        hub.snapshot_changed.connect(self._news)
        selection.shown_changed.connect(self.refresh)
        selection.range_changed.connect(self.refresh)
        machine.changed.connect(self.refresh)
        runtimes.progressed.connect(self._show_installing)
        manager().changed.connect(self.refresh)
        self.refresh()

    def _news(self, run: str) -> None:
        if run in self._selection.shown and not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        """Show what is known now."""
        shown = [(run, self._hub.latest(run)) for run in self._selection.shown]
        known = [(run, s) for run, s in shown if s is not None and not self._foreign(run)]
        for slot, pair in zip(self._slots, [*known, *[None] * _SLOTS], strict=False):
            slot.setVisible(pair is not None)
            if pair is not None:
                look = self._selection.look(pair[0])
                slot.show_run(pair[1], square=look.square, colour=look.colour)
        snapshots = [snapshot for _, snapshot in known]
        self._place.setVisible(not snapshots)
        self._show_brush(snapshots)
        self._show_lag(snapshots)
        self._show_lost(snapshots)
        self._show_machine(snapshots)
        self._show_installing()

    def follow(self, recovery: Recovery) -> None:
        """Say what goes on with the windows that a killed runner has left."""

        def tell() -> None:
            self._finishing.show_text(recovery.words)
            self._finishing.setVisible(bool(recovery.words))

        recovery.changed.connect(tell)
        tell()

    def _foreign(self, run: str) -> bool:
        entry = self._hub.entry(run)
        return entry is not None and is_foreign(entry)

    def _show_installing(self, _framework: str = "") -> None:
        going = self._runtimes.installations.items()
        words = [f"{TITLES[name]}: {begun.progress.text}" for name, begun in going]
        self._installing.show_text(" · ".join(words))
        self._installing.setVisible(bool(words))

    def _show_brush(self, snapshots: list[RunSnapshot]) -> None:
        """Say which steps of which run are selected."""
        span, axis = self._selection.range, self._selection.axis
        names = short_names(snapshots)
        parts = [
            _brush_words(name, brushed(span, axis, snapshot))
            for name, snapshot in zip(names, snapshots, strict=True)
        ]
        self.brush.setVisible(span is not None and bool(parts))
        said = tr(", ").join(parts)
        self.brush.show_text(tr("{what} selected", what=said) if parts else "")

    def _show_lag(self, snapshots: list[RunSnapshot]) -> None:
        lags = [s.lag for s in snapshots if s.state.live and s.lag is not None]
        self._lag.setVisible(bool(lags))
        if lags:
            self._lag.setText(tr("lag {value}", value=fmt.duration(max(lags))))
            self._lag.setToolTip(tr("Age of the newest record when it was read"))
            set_ink(self._lag, "warning" if max(lags) > _LATE_NS else "label")

    def _show_lost(self, snapshots: list[RunSnapshot]) -> None:
        losses = lost_of(snapshot.losses for snapshot in snapshots)
        total = lost_count(losses)
        self._lost.setVisible(bool(snapshots))
        self._lost.setText(trn("{n} record lost", "{n} records lost", total))
        self._lost.setToolTip(lost_parts(losses))
        set_ink(self._lost, "warning" if total else "label")

    def _show_machine(self, snapshots: list[RunSnapshot]) -> None:
        names = dict.fromkeys(words for words in map(runtime_words, snapshots) if words)
        self._runtime.show_text(" · ".join(names))
        self._runtime.setVisible(bool(names))
        self._gpu.setText(self._gpu_words(snapshots))

    def _gpu_words(self, snapshots: list[RunSnapshot]) -> str:
        # Two runs that share a GPU speak of one.
        names = {
            info.uuid or info.index: info.name
            for snapshot in snapshots
            for info in snapshot.gpu_info.values()
        }
        if names:
            return gpu_words(list(names.values()))
        if snapshots and all(snapshot.nvml_state == "absent" for snapshot in snapshots):
            return NO_GPU
        machine = self._machine.machine
        # Without a run the empty view says what this machine lacks; once is enough.
        if machine is None or snapshots:
            return ""
        return gpu_words([gpu.name for gpu in machine.gpus])


def _brush_words(name: str, part: Brushed | None) -> str:
    """Return such as ``steps 120–480 of torch``."""
    if part is None or part.first is None or part.last is None:
        return tr("no step of {run}", run=name)
    if part.first == part.last:
        return tr("step {n} of {run}", n=fmt.count(part.first), run=name)
    first, last = fmt.count(part.first), fmt.count(part.last)
    return tr("steps {first}–{last} of {run}", first=first, last=last, run=name)


def runtime_words(snapshot: RunSnapshot) -> str:
    """Return such as ``torch 2.13.0 (CUDA 13.0)``; empty while not known."""
    framework = snapshot.framework
    if framework is None:
        return ""
    version = framework.version.partition("+")[0]
    cuda = f" (CUDA {framework.cuda})" if framework.cuda else " (CPU)"
    return f"{framework.name} {version}{cuda}"


def gpu_words(names: list[str | None]) -> str:
    """Return such as ``2 × RTX 3090``."""
    parts = []
    for name in dict.fromkeys(names):
        count = names.count(name)
        parts.append(f"{count} × {name or 'GPU'}" if count > 1 else name or "GPU")
    return ", ".join(parts)
