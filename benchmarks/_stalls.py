"""How long the GUI's event loop did not turn."""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import QObject, Qt, QTimer

_TICK_MS = 4


class StallMeter(QObject):
    """Ticks on the thread that makes it; a tick that comes late was held up by a stall.

    ``stalls`` holds how late each of the latest ticks came, in s, from
    `start` on. Its own share of a processor is below one percent.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stalls: list[float] = []
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Forget what was, and watch."""
        self.stalls.clear()
        self._last = perf_counter()
        self._timer.start()

    def stop(self) -> None:
        """Watch no more."""
        self._timer.stop()

    @property
    def longest(self) -> float:
        """The longest stall in s; 0 before the first tick."""
        return max(self.stalls, default=0.0)

    def _tick(self) -> None:
        now = perf_counter()
        self.stalls.append(max(0.0, now - self._last - _TICK_MS / 1e3))
        self._last = now
