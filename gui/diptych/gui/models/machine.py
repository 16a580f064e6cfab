"""What this machine has: asked once, in a job, when somebody wants to show it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from diptych.gui.models import jobs
from diptych.profiling.records.manifest import GpuDescription, HostInfo
from diptych.profiling.runner import facts


@dataclass(frozen=True, slots=True)
class Machine:
    """``gpu_reason`` says why there are no ``gpus``."""

    host: HostInfo
    gpus: tuple[GpuDescription, ...]
    gpu_reason: str | None


class MachineModel(QObject):
    """``machine`` is ``None`` until it was found out."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.machine: Machine | None = None

    def look(self) -> None:
        """Find out; ``changed`` says when it is known."""
        jobs.start(self, _look, self._found, lambda _: None)

    def _found(self, machine: Machine) -> None:
        self.machine = machine
        self.changed.emit()


def _look() -> Machine:
    gpus, reason = facts.gpus()
    return Machine(facts.host(), gpus, reason)
