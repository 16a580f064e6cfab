"""The machine and the worker's process tree, through psutil."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Any

import psutil

_CHILDREN_EVERY = 1.0


class Machine:
    """Samples the whole machine; CPU figures are over the time since the last one."""

    def __init__(self) -> None:
        psutil.cpu_percent(percpu=True)
        self._last = time.monotonic()

    def sample(self) -> dict[str, Any]:
        """Return the fields of a ``host`` record."""
        reasons: dict[str, str] = {}
        cores = tuple(psutil.cpu_percent(percpu=True))
        elapsed, self._last = time.monotonic() - self._last, time.monotonic()
        # The kernel counts in hundredths of a second: nothing can be said of less.
        cpu = round(sum(cores) / len(cores), 2) if cores and elapsed >= 0.05 else None
        if cpu is None:
            reasons["cpu"] = "not_measured"
        memory = psutil.virtual_memory()
        swap = self._swap()
        if swap is None:
            reasons["swap_used"] = "not_supported"
        return {
            "cpu": cpu,
            "mem_used": int(memory.total - memory.available),
            "mem_total": int(memory.total),
            "swap_used": swap,
            "load1": os.getloadavg()[0],
            "cores": cores if cpu is not None else (),
            "reasons": reasons,
        }

    @staticmethod
    def _swap() -> int | None:
        try:
            return int(psutil.swap_memory().used)
        except (OSError, RuntimeError):
            return None


class Tree:
    """Samples one process and its descendants, which are looked for once a second.

    ``rss`` is the sum over the processes: pages that they share (a DataLoader's,
    say) count once for each.
    """

    def __init__(self, pid: int) -> None:
        self._root = _process(pid)
        self._members: dict[int, psutil.Process] = {}
        self._times: dict[int, float] = {}
        self._faults: dict[int, tuple[int, int]] = {}
        self._looked = float("-inf")
        self._last: float | None = None

    @property
    def alive(self) -> bool:
        """Whether the root is still there (a zombie is not)."""
        if self._root is None:
            return False
        try:
            return bool(self._root.is_running() and self._root.status() != psutil.STATUS_ZOMBIE)
        except psutil.Error:
            return False

    @property
    def pids(self) -> set[int]:
        """The processes of the latest sample."""
        return set(self._members)

    def sample(self) -> dict[str, Any]:
        """Return the fields of a ``proc`` record."""
        now = time.monotonic()
        if now - self._looked >= _CHILDREN_EVERY:
            self._looked = now
            self._refresh()
        spent, rss, count = self._sum()
        faults = self._faulted()
        elapsed = None if self._last is None else now - self._last
        self._last = now
        if count == 0:
            gone = {"cpu": "not_measured", "rss": "not_measured"}
            return {"cpu": None, "rss": None, "count": 0, "reasons": gone}
        if not elapsed:
            return {"cpu": None, "rss": rss, "count": count, "reasons": {"cpu": "not_measured"}}
        sample = {"cpu": round(100.0 * spent / elapsed, 1), "rss": rss, "count": count}
        if faults is not None:
            sample["minor_faults"], sample["major_faults"] = (
                round(number / elapsed, 1) for number in faults
            )
        return sample

    def _refresh(self) -> None:
        if self._root is None:
            return
        found = {self._root.pid: self._root}
        with contextlib.suppress(psutil.Error):
            found.update((p.pid, p) for p in self._root.children(recursive=True))
        self._members = {
            pid: self._members[pid] if self._members.get(pid) == process else process
            for pid, process in found.items()
        }
        self._times = {pid: t for pid, t in self._times.items() if pid in found}
        self._faults = {pid: f for pid, f in self._faults.items() if pid in found}

    def _faulted(self) -> tuple[int, int] | None:
        """Return minor and major page faults since the last sample; ``None``: not told here."""
        minor, major, told = 0, 0, False
        for pid in self._members:
            now = _page_faults(pid)
            if now is None:
                continue
            told = True
            before = self._faults.get(pid, now)
            minor += max(0, now[0] - before[0])
            major += max(0, now[1] - before[1])
            self._faults[pid] = now
        return (minor, major) if told else None

    def _sum(self) -> tuple[float, int, int]:
        """Return seconds of CPU since the last sample, resident bytes, and how many live."""
        spent, rss, count = 0.0, 0, 0
        for pid, process in self._members.items():
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    resident = int(process.memory_info().rss)
            except psutil.Error:
                continue
            if not resident:  # a zombie: its memory is gone, and so is it
                continue
            rss += resident
            count += 1
            total = times.user + times.system
            spent += max(0.0, total - self._times.get(pid, total))
            self._times[pid] = total
        return spent, rss, count


def _page_faults(pid: int) -> tuple[int, int] | None:
    """Return minor and major page faults of a process since it began (Linux only)."""
    try:
        with Path(f"/proc/{pid}/stat").open("rb", 0) as file:
            # The name, in parentheses, may hold anything.
            words = file.read(4096).rpartition(b")")[2].split()
        return int(words[7]), int(words[9])
    except (OSError, ValueError, IndexError):
        return None


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None
