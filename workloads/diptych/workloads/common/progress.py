"""Progress lines: rare, because reading a loss makes the program wait for the device."""

from __future__ import annotations

import argparse
import time


class Progress:
    """Counts steps, says when a line is due, prints it. Every line is flushed."""

    def __init__(self, args: argparse.Namespace, headline: str) -> None:
        self._batch: int = args.batch_size
        self._every: int = args.log_every
        self._steps: int = args.steps
        self.done = 0
        self._begin = self._last = time.perf_counter()
        self._last_done = 0
        batch = f"batch {args.batch_size}, {args.steps} steps"
        how = f"{args.mode} {args.precision} {args.execution} on {args.device}"
        print(f"{headline}, {batch}, {how}", flush=True)

    def due(self) -> bool:
        """Count one step; true when it is time for a line."""
        self.done += 1
        return self.done % self._every == 0 or self.done == self._steps

    def line(self, loss: float) -> None:
        """Print where we are; the times are averages since the line before."""
        now = time.perf_counter()
        seconds = (now - self._last) / (self.done - self._last_done)
        self._last, self._last_done = now, self.done
        rate = self._batch / seconds
        print(
            f"step {self.done}/{self._steps}  loss {loss:.6f}"
            f"  {1e3 * seconds:.2f} ms/step  {rate:.1f} samples/s",
            flush=True,
        )
        if self.done == self._steps:
            total = now - self._begin
            print(f"finished {self.done} steps in {total:.2f} s, loss {loss:.6f}", flush=True)
