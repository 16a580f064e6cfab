"""How long the GUI's event loop did not turn."""

from __future__ import annotations

from time import perf_counter, process_time

from PySide6.QtCore import QObject, Qt, QTimer

_TICK_MS = 4


class StallMeter(QObject):
    """Ticks on the thread that makes it; a tick that comes late was held up by a stall.

    ``stalls`` holds how late each tick came since `start`, in s, and the processor
    time of the whole process meanwhile: what is late without it waited for others.
    Its own share of a processor is below one percent.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stalls: list[tuple[float, float]] = []
        self._last = self._worked = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Forget what was, and watch."""
        self.stalls.clear()
        self._last, self._worked = perf_counter(), process_time()
        self._timer.start()

    def stop(self) -> None:
        """Watch no more."""
        self._timer.stop()

    def _tick(self) -> None:
        now, worked = perf_counter(), process_time()
        late = max(0.0, now - self._last - _TICK_MS / 1e3)
        self.stalls.append((late, worked - self._worked))
        self._last, self._worked = now, worked
