"""The runtimes of this machine, as the window sees them.

Everything that may take time (probing, installing) happens in a job; the
signals say when there is something new. Lives on the GUI's thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from diptych.gui.models import jobs
from diptych.gui.models.trouble import Trouble
from diptych.gui.text.tr import tr
from diptych.profiling.runner import runtimes
from diptych.profiling.runner.runtimes import (
    TITLES,
    InstallCancelled,
    InstallProgress,
    RuntimeInfo,
)


@dataclass
class Installation:
    """One that goes on: how far it is, and the flag that cancels it."""

    progress: InstallProgress
    cancel: threading.Event = field(default_factory=threading.Event)


class RuntimeModel(QObject):
    """Lists, checks, adds, forgets and installs runtimes of ``home``."""

    changed = Signal()
    """Another list, or another state of looking for it."""
    progressed = Signal(str)
    """Framework whose installation went on, began or ended."""
    trouble = Signal(object)
    """`Trouble`."""

    def __init__(self, home: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self._infos: list[RuntimeInfo] | None = None
        self._looking = 0
        self._seen: runtimes.Seen | None = None
        self.installations: dict[str, Installation] = {}
        self.ends: dict[str, str] = {}
        """How the last installation of a framework ended, where it made none."""

    @property
    def known(self) -> bool:
        """Whether the list was made yet."""
        return self._infos is not None

    @property
    def looking(self) -> bool:
        """Whether interpreters are being looked at now."""
        return self._looking > 0

    @property
    def infos(self) -> list[RuntimeInfo]:
        """What was found, in order of preference; empty until then."""
        return self._infos or []

    def usable(self, framework: str) -> list[RuntimeInfo]:
        """Return the runtimes that run ``framework``, the preferred one first."""
        return [info for info in self.infos if info.ok(framework) and not self.being_replaced(info)]

    def being_replaced(self, info: RuntimeInfo) -> bool:
        """Say whether the runtime is being made anew, and so is not there now."""
        return info.source == "managed" and info.name in self.installations

    def find(self, python: str) -> RuntimeInfo | None:
        """Return the runtime with that interpreter."""
        return next((info for info in self.infos if info.python == python), None)

    def refresh(self, *, again: bool = False) -> None:
        """Look for runtimes; ``again`` probes also what is known."""
        self._look(lambda: runtimes.list_runtimes(self._home, refresh=again))

    def notice(self) -> None:
        """Look again if a runtime has come or gone since, whoever made it."""
        if self._seen is None or self.looking:
            return

        def done(seen: runtimes.Seen) -> None:
            if seen != self._seen and not self.looking:
                self.refresh()

        jobs.start(self, lambda: runtimes.glance(self._home), done, lambda _: None)

    def check(self, python: str) -> None:
        """Probe one interpreter anew."""

        def work() -> list[RuntimeInfo]:
            runtimes.check(python, self._home)
            return runtimes.list_runtimes(self._home)

        self._look(work)

    def add(self, path: str) -> None:
        """Remember an interpreter that the user names."""

        def work() -> list[RuntimeInfo]:
            runtimes.add(path, self._home)
            return runtimes.list_runtimes(self._home)

        self._look(work)

    def forget(self, python: str) -> None:
        """Forget an interpreter that the user named."""

        def work() -> list[RuntimeInfo]:
            runtimes.forget(python, self._home)
            return runtimes.list_runtimes(self._home)

        self._look(work)

    def install(self, framework: str, *, again: bool = False) -> None:
        """Create the managed runtime of ``framework``; does nothing while that goes on."""
        if framework in self.installations:
            return
        begun = Installation(InstallProgress(stage="venv", text=tr("Starting")))
        self.installations[framework] = begun
        self.ends.pop(framework, None)

        def work(told: Callable[[InstallProgress], None]) -> RuntimeInfo:
            return runtimes.install(framework, self._home, told, begun.cancel, again=again)

        def told(progress: InstallProgress) -> None:
            begun.progress = progress
            self.progressed.emit(framework)

        def failed(error: Exception) -> None:
            cancelled = isinstance(error, InstallCancelled)
            self.ends[framework] = tr("Cancelled") if cancelled else tr("Failed")
            self._installed(framework)
            if not cancelled:
                what = tr("{name} could not be installed", name=TITLES[framework])
                self.trouble.emit(Trouble(what, str(error)))

        jobs.start_told(self, work, lambda _: self._installed(framework), failed, told)
        self.progressed.emit(framework)

    def cancel(self, framework: str) -> None:
        """Ask the installation to end; nothing half done is left of it."""
        if framework in self.installations:
            self.installations[framework].cancel.set()
            self.progressed.emit(framework)

    def close(self) -> None:
        """Cancel whatever is being installed."""
        for begun in self.installations.values():
            begun.cancel.set()

    def _installed(self, framework: str) -> None:
        self.installations.pop(framework, None)
        self.progressed.emit(framework)
        self.refresh()

    def _look(self, work: Callable[[], list[RuntimeInfo]]) -> None:
        self._looking += 1
        self.changed.emit()

        def both() -> tuple[runtimes.Seen, list[RuntimeInfo]]:
            # Before the list: what comes in between is noticed later.
            return runtimes.glance(self._home), work()

        def done(found: tuple[runtimes.Seen, list[RuntimeInfo]]) -> None:
            self._looking -= 1
            self._seen, self._infos = found
            self.changed.emit()

        def failed(error: Exception) -> None:
            self._looking -= 1
            self._infos = self._infos or []
            self.changed.emit()
            self.trouble.emit(Trouble(tr("The runtimes could not be looked at"), str(error)))

        jobs.start(self, both, done, failed)
