"""What metadata events say: names of processes and threads, and how to sort them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

_LOOSE_NAME = re.compile(r'"name"\s*:\s*"(.*)"\s*\}\s*$', re.DOTALL)


@dataclass(slots=True)
class Names:
    """By pid, and by (pid, tid), as texts."""

    processes: dict[str, str] = field(default_factory=dict)
    threads: dict[tuple[str, str], str] = field(default_factory=dict)
    process_order: dict[str, int] = field(default_factory=dict)
    thread_order: dict[tuple[str, str], int] = field(default_factory=dict)

    def order(self, pid: str, tid: str) -> tuple[int, int]:
        """Return what to sort a thread by; what the file does not place comes after."""
        return (
            self.process_order.get(pid, 1 << 30),
            self.thread_order.get((pid, tid), 1 << 30),
        )


def names_of(events: Iterable[tuple[str, str, str, bytes]], properties: Any) -> Names:
    """Read metadata events: (name of the event, pid, tid, text of its ``args``)."""
    names = Names()
    own = properties.get("diptych")
    if isinstance(own, dict) and isinstance(own.get("pids"), dict):
        names.processes.update({str(p): str(n) for p, n in own["pids"].items()})
    for what, pid, tid, raw in events:
        _take(names, what, pid, tid, raw)
    return names


def _take(names: Names, what: str, pid: str, tid: str, raw: bytes) -> None:
    if what in ("process_name", "thread_name"):
        name = _args(raw).get("name")
        if isinstance(name, str) and what == "process_name":
            names.processes[pid] = _plain(name)
        elif isinstance(name, str):
            names.threads[pid, tid] = _plain(name)
    elif what in ("process_sort_index", "thread_sort_index"):
        index = _args(raw).get("sort_index")
        if not isinstance(index, int):
            return
        if what == "process_sort_index":
            names.process_order[pid] = index
        else:
            names.thread_order[pid, tid] = index


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _args(raw: bytes) -> dict[str, Any]:
    try:
        args = json.loads(raw, strict=False)
    except (ValueError, RecursionError):
        loose = _LOOSE_NAME.search(raw.decode("utf-8", "replace"))
        return {"name": loose[1]} if loose else {}
    return args if isinstance(args, dict) else {}
