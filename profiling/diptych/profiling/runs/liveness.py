"""Whether somebody still writes a run: its locks are asked, never a process id."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runner.locks import is_held


@dataclass(frozen=True, slots=True)
class Liveness:
    """Who holds a lock of the run."""

    runner: bool
    worker: bool

    @property
    def live(self) -> bool:
        """Whether more records may come."""
        return self.runner or self.worker


def probe(directory: Path) -> Liveness:
    """Ask the locks of the run in ``directory``. Never raises, never blocks."""
    paths = RunPaths(directory)
    runner = _is_held(paths.runner_lock, 0)
    # A worker locks its journal before it writes to it, and does not wait for
    # a lock: an empty journal is left alone, so as not to be in its way.
    return Liveness(runner, any(_is_held(path, 1) for path in worker_journals(paths).values()))


def worker_journals(paths: RunPaths) -> dict[int, Path]:
    """Return the journals of the workers that have one, by rank."""
    try:
        names = [path.name for path in paths.events.iterdir()]
    except OSError:
        return {}
    ranks = [_rank(name) for name in names]
    return {rank: paths.worker_journal(rank) for rank in sorted(r for r in ranks if r is not None)}


def _rank(name: str) -> int | None:
    digits = name.removeprefix("worker-r").removesuffix(".jsonl")
    if name != f"worker-r{digits}.jsonl" or not digits.isdecimal() or not digits.isascii():
        return None
    return int(digits) if len(digits) <= 6 else None


def _is_held(path: Path, smallest: int) -> bool:
    try:
        # Only plain files: to open a fifo would block.
        return path.is_file() and path.stat().st_size >= smallest and is_held(path)
    except OSError:
        return False
