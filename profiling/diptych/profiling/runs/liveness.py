"""Whether somebody still writes a run: its locks are asked, never a process id."""

from __future__ import annotations

import fcntl
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from diptych.profiling.records.layout import RunPaths


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
    runner = is_locked(paths.runner_lock)
    return Liveness(runner, any(is_locked(path) for path in worker_journals(paths).values()))


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


def is_locked(path: Path) -> bool:
    """Whether another open file holds an exclusive flock on ``path``."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return False
        # Shared: two readers that ask at once must not see each other.
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    else:
        return False
    finally:
        os.close(fd)
