"""Follows the workers' journals and finishes every profile window they announce.

Runs in a process of its own, so that neither the training nor the runner ever
waits for parsing or compression, and so that a file that cannot be digested
takes nothing else down.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from diptych.profiling.records import kinds
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.reader import JournalTail
from diptych.profiling.records.writer import JournalWriter
from diptych.profiling.trace import chrome, finish
from diptych.profiling.trace.chrome import TraceContext
from diptych.profiling.trace.finish import Understood

_log = logging.getLogger(__name__)
_READ = 4 << 20


@dataclass(slots=True)
class _Worker:
    """What is known of one rank from its journal."""

    rank: int
    tail: JournalTail
    framework: str = "unknown"
    version: str | None = None
    clock: tuple[int, int] = (0, 0)


class Tracer:
    """The windows of one run directory."""

    def __init__(self, directory: Path) -> None:
        self._paths = RunPaths(directory)
        self._workers: dict[Path, _Worker] = {}
        self._done: set[Path] = set()
        self._journal = JournalWriter(self._paths.tracer_journal, "tracer")

    def step(self) -> bool:
        """Read what is new and finish what is ready; return whether there was anything."""
        for path in sorted(self._paths.events.glob("worker-r*.jsonl")):
            if path not in self._workers:
                rank = int(path.stem.rpartition("-r")[2])
                self._workers[path] = _Worker(rank, JournalTail(path))
        busy = False
        for worker in self._workers.values():
            for record in worker.tail.read(_READ):
                busy = True
                self._take(worker, record)
        return busy

    def finish(self) -> None:
        """Finish what is left, also windows whose announcement was lost with the worker."""
        while self.step():
            pass
        for raw in sorted(self._paths.raw_traces.glob("r*-w*.json")):
            if raw in self._done:
                continue
            rank, _, window = raw.stem.removeprefix("r").partition("-w")
            if rank.isdigit() and window.isdigit():
                worker = next((w for w in self._workers.values() if w.rank == int(rank)), None)
                worker = worker or _Worker(int(rank), JournalTail(raw))
                self._finish_window(worker, raw, int(window), finish.guess_form(raw), ())
        self._journal.close()

    def _take(self, worker: _Worker, record: kinds.AnyRecord) -> None:
        if isinstance(record, kinds.Clock):
            worker.clock = (record.t, record.real)
        elif isinstance(record, kinds.Framework):
            worker.framework, worker.version = record.name, record.version
        elif isinstance(record, kinds.Window) and record.state == "captured":
            # The name is made anew rather than taken from the journal, which
            # the script could have written to: nothing outside is touched.
            raw = self._paths.raw_trace(worker.rank, record.id)
            form = record.format or "kineto"
            self._finish_window(worker, raw, record.id, form, record.steps)

    def _finish_window(
        self,
        worker: _Worker,
        raw: Path,
        window: int,
        form: str,
        steps: tuple[tuple[int, int, int], ...],
    ) -> None:
        if not raw.is_file():
            return  # finished by an earlier tracer of this run
        self._done.add(raw)
        try:
            understood = finish.understand(raw, form, self._context(worker, window, steps))
            self._tell_operators(worker.rank, window, len(steps), understood)
            size = self._write(worker.rank, window, understood)
        except (OSError, ValueError, MemoryError) as error:
            _log.warning("window %d of rank %d: %s", window, worker.rank, error)
            self._failed(worker.rank, window, str(error))
            return
        raw.unlink(missing_ok=True)
        self._journal.write(
            kinds.Trace,
            window=window,
            rank=worker.rank,
            path=str(self._paths.trace(worker.rank, window).relative_to(self._paths.root)),
            events=understood.events,
            bytes=size,
            dropped=understood.dropped,
        )

    def _context(
        self, worker: _Worker, window: int, steps: tuple[tuple[int, int, int], ...]
    ) -> TraceContext:
        return TraceContext(
            run=self._paths.root.name,
            rank=worker.rank,
            window=window,
            framework=worker.framework,
            framework_version=worker.version,
            monotonic=worker.clock[0],
            real=worker.clock[1],
            steps=steps,
        )

    def _tell_operators(self, rank: int, window: int, steps: int, understood: Understood) -> None:
        self._journal.write(
            kinds.Operators,
            window=window,
            rank=rank,
            steps=steps,
            span=understood.span,
            ops=understood.operators,
            reasons=understood.reasons,
        )

    def _write(self, rank: int, window: int, understood: Understood) -> int:
        self._paths.traces.mkdir(mode=0o700, exist_ok=True)
        return chrome.write_gzip(understood.render(), self._paths.trace(rank, window))

    def _failed(self, rank: int, window: int, error: str) -> None:
        self._journal.write(
            kinds.Trace, window=window, rank=rank, path=None, events=0, bytes=0, error=error
        )
