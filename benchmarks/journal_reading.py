"""How fast a journal is read: records a second, of the reader and up to columns.

Both journals are as real ones: one of steps only (a synchronous ruler), one
in which each step is completed by a ``done`` record. The time is that of one
processor, from the file to the columns that a snapshot hands out.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from diptych.profiling.records import kinds
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.reader import JournalTail
from diptych.profiling.records.writer import JournalWriter
from diptych.profiling.runs.session import RunSession

STEPS = 300_000
TARGET = 500_000.0
REPEAT = 5

Row = tuple[str, float, str, str]


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    rows = []
    for name, with_done in (("step", False), ("step + done", True)):
        with tempfile.TemporaryDirectory() as folder:
            records = _write(Path(folder), with_done=with_done)
            path = RunPaths(Path(folder)).worker_journal(0)
            rows.append(_row(f"reader alone, {name}", records, partial(_read, path)))
            rows.append(
                _row(f"reader and columns, {name}", records, partial(_reduce, Path(folder)))
            )
    return rows


def _row(name: str, records: int, work: Callable[[], int]) -> Row:
    best = float("inf")
    for _ in range(REPEAT):
        start = time.perf_counter()
        seen = work()
        best = min(best, time.perf_counter() - start)
        assert seen >= STEPS, "the journal was not read"
    return (f"journal: {name}", records / best, "records/s", f">= {TARGET:,.0f}")


def _read(path: Path) -> int:
    tail, seen = JournalTail(path), 0
    while records := tail.read(1 << 20):
        seen += len(records)
    tail.close()
    return seen


def _reduce(directory: Path) -> int:
    with RunSession(directory) as session:
        while session.poll() or session.behind:
            pass
        return len(session.snapshot().steps)


def _write(directory: Path, *, with_done: bool) -> int:
    paths = RunPaths(directory)
    paths.events.mkdir()
    t = 7_000_000_000_000
    with JournalWriter(paths.worker_journal(0), "worker-r0") as journal:
        for n in range(STEPS):
            t += 1_000_000
            _write_step(journal, n, t, with_done=with_done)
    return 1 + STEPS * (2 if with_done else 1)


def _write_step(journal: JournalWriter, n: int, t: int, *, with_done: bool) -> None:
    inline = {} if with_done else {"completed": 934_567, "ruler": "sync"}
    journal.write(
        kinds.Step,
        t=t,
        n=n,
        t0=t - 934_567,
        dispatched=934_567,
        phases=(23_456, 345_678, 456_789, 96_789, 11_855),
        samples=32,
        loss=2.3025851 - n * 1e-6,
        cost=9_345,
        **inline,
    )
    if with_done:
        journal.write(kinds.Done, t=t + 80_000, n=n, completed=990_123, ruler="event")


def main() -> None:
    """Print the rows."""
    for name, value, unit, target in run():
        print(f"{name:45} {value:12,.0f} {unit}  (target {target})")


if __name__ == "__main__":
    main()
