"""``python -m diptych.profiling.sampling.gpu_child HZ``: samples GPUs, one JSON line each.

Lines are ``[kind, fields]`` with the kinds ``nvml``, ``gpu_info``, ``gpu``
(``fields`` of the record of that kind, ``t`` included) and ``procs``
(``{"index", "bytes": {pid: bytes}, "reason"}``, once a second). Ends when
nobody reads any more, or when there is no GPU. May hang or die at any time:
its parent tells a hang from silence.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import msgspec

from diptych.profiling.sampling import gpu, nvml
from diptych.profiling.sampling.pace import Pace

_PROCESSES_EVERY = 1_000_000_000


def _emit(kind: str, fields: dict[str, Any]) -> None:
    os.write(1, msgspec.json.encode([kind, fields]) + b"\n")


def _sample(handles: dict[int, Any]) -> None:
    for index, handle in handles.items():
        t = time.monotonic_ns()
        _emit("gpu", {"t": t, **gpu.sample(index, handle)})


def _processes(handles: dict[int, Any]) -> None:
    for index, handle in handles.items():
        found = gpu.processes(handle)
        by_pid = {str(pid): size for pid, size in (found.value or {}).items()}
        _emit("procs", {"index": index, "bytes": by_pid, "reason": found.reason})


def main() -> int:
    """Sample until nobody listens."""
    state = nvml.start()
    handles = nvml.handles() if state.state == "ok" else {}
    if state.state == "ok" and not handles:
        state = nvml.State("failed", "no GPU could be opened")
    _emit("nvml", {"state": state.state, "text": state.text})
    for index, handle in handles.items():
        _emit("gpu_info", gpu.describe(index, handle))
    pace = Pace(float(sys.argv[1]))
    asked = 0
    while handles:
        now = time.monotonic_ns()
        if now - asked >= _PROCESSES_EVERY:
            asked = now
            _processes(handles)
        _sample(handles)
        time.sleep(pace.pause())
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(0)
