"""Ctrl-C and SIGTERM for a command that watches a run."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path


class Interrupts:
    """Stops the run at the first signal, kills it at the second, leaves at the third.

    Made before the run is launched, so that no moment is without it: a signal
    that comes while the run has no directory yet is obeyed when it has.
    """

    def __init__(self) -> None:
        self.count = 0
        self.number = signal.SIGINT
        self._directory: Path | None = None
        self._before = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGINT, signal.SIGTERM)
        }

    def now_known(self, directory: Path) -> None:
        """Name the run that signals are meant for."""
        self._directory = directory
        if self.count:
            self._ask()

    def restore(self) -> None:
        """Put the former handlers back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: object) -> None:
        self.count += 1
        self.number = signal.Signals(number)
        if self.count > 2:
            raise KeyboardInterrupt
        self._ask()

    def _ask(self) -> None:
        from diptych.profiling.runner.launch import ask_stop

        if self._directory is None:
            return
        by = "Ctrl-C" if self.number is signal.SIGINT else self.number.name
        with contextlib.suppress(OSError):  # a full disk: the next signal leaves
            ask_stop(self._directory, by, kill=self.count > 1)


class Flag:
    """Goes up at the first Ctrl-C or SIGTERM; the second leaves at once."""

    def __init__(self) -> None:
        self.up = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Flag:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # as signal() gave it

    def _on_signal(self, _number: int, _frame: object) -> None:
        if self.up:
            raise KeyboardInterrupt
        self.up = True
