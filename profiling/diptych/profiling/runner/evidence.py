"""Signs that memory ran out: what the kernel counts, and how full it was."""

from __future__ import annotations

import json
from pathlib import Path

import psutil

from diptych.profiling.runner.output import tail

_NEARLY_ALL = 0.8


def _counter(path: Path, key: str) -> int | None:
    try:
        for line in path.read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == key:
                return int(value)
    except (OSError, ValueError):
        pass
    return None


def _cgroup_folders() -> list[Path]:
    """Return the folders of this process's memory cgroup, version 2 and 1."""
    folders = []
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        relative = path.lstrip("/")
        if not controllers:
            folders += [Path("/sys/fs/cgroup") / relative]
        elif "memory" in controllers.split(","):
            folders += [Path("/sys/fs/cgroup/memory") / relative]
    return folders


class MemoryEvidence:
    """Notes the kernel's counters when made, and compares when asked."""

    def __init__(self) -> None:
        self._before = self._kills()

    def verdict(self, system_journal: Path) -> str | None:
        """Return what speaks for a lack of memory in words, None if nothing does."""
        if any(now > before for before, now in zip(self._before, self._kills(), strict=True)):
            return "the kernel's out-of-memory killer struck during the run"
        used = last_rss(system_journal)
        total = memory_limit()
        if used and total and used > _NEARLY_ALL * total:
            share = round(100 * used / total)
            return f"it last used {used / 2**30:.1f} GiB, {share} % of the memory there is"
        return None

    @staticmethod
    def _kills() -> list[int]:
        counters = [_counter(Path("/proc/vmstat"), "oom_kill")]
        for folder in _cgroup_folders():
            counters += [
                _counter(folder / "memory.events", "oom_kill"),
                _counter(folder / "memory.oom_control", "oom_kill"),
            ]
        return [-1 if c is None else c for c in counters]


def memory_limit() -> int | None:
    """Return the bytes that processes here may use: the machine's or the cgroup's."""
    total = int(psutil.virtual_memory().total)
    for folder in _cgroup_folders():
        for name in ("memory.max", "memory.limit_in_bytes"):
            try:
                total = min(total, int((folder / name).read_text()))
            except (OSError, ValueError):
                continue
    return total


def last_rss(system_journal: Path) -> int | None:
    """Return the newest resident size of the process tree that the sampler saw."""
    for line in reversed(tail(system_journal, 64 << 10).splitlines()):
        if '"proc"' not in line:
            continue
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if record.get("k") == "proc" and isinstance(record.get("rss"), int):
            return int(record["rss"])
    return None
