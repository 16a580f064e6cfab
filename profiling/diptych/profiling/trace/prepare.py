"""Compiles the reader before it is needed, and says so: the first time it takes seconds."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

PREPARING = "preparing the reader, once"

SMALL = b"""{"baseTimeNanoseconds": 0, "traceEvents": [
{"ph": "M", "name": "process_name", "pid": 1, "tid": 1, "args": {"name": "p"}},
{"ph": "X", "cat": "cpu_op", "name": "a\\\\n", "pid": 1, "tid": 1, "ts": 1, "dur": 9.5,
 "args": {"External id": 1, "Sequence number": 1, "Fwd thread id": 0, "Input Dims": [[1]]}},
{"ph": "X", "cat": "cpu_op", "name": "b", "pid": 1, "tid": 1, "ts": 20, "dur": 9,
 "args": {"External id": 2, "Sequence number": 1, "Fwd thread id": 1}},
{"ph": "X", "cat": "cuda_runtime", "name": "l", "pid": 1, "tid": 1, "ts": 2, "dur": 1,
 "args": {"External id": 1, "correlation": 3}},
{"ph": "X", "cat": "kernel", "name": "k", "pid": 0, "tid": 7, "ts": 4, "dur": 1,
 "args": {"External id": 1, "correlation": 3, "device": 0, "stream": 7}},
{"ph": "s", "cat": "ac2g", "name": "ac2g", "id": 3, "pid": 1, "tid": 1, "ts": 2},
{"ph": "f", "cat": "ac2g", "name": "ac2g", "id": 3, "pid": 0, "tid": 7, "ts": 4, "bp": "e"},
{"ph": "i", "name": "[memory]", "pid": 1, "tid": 1, "ts": 2, "args": {"Bytes": 1, "Addr": 1}},
{"ph": "C", "name": "c", "pid": 1, "tid": 1, "ts": 2, "args": {"v": 1.5}},
{"ph": "B", "name": "e", "pid": 1, "tid": 2, "ts": 2},
{"ph": "E", "name": "e", "pid": 1, "tid": 2, "ts": 3}
], "large": [1]}
"""
"""One event of each kind: whatever is compiled anywhere is compiled for it."""

_lock = threading.Lock()
_done = threading.Event()


def prepare(look: Callable[[str, int, int], None]) -> None:
    """Make sure that everything is compiled; ``look`` is told where that takes time."""
    from diptych.profiling.trace import store

    if _done.is_set():
        return
    with _lock:
        if _done.is_set():
            return
        # Set first: the small trace is opened by the same way.
        _done.set()
        if not _compiled():
            look(PREPARING, 0, 1)
            _forget_older()
        with tempfile.TemporaryDirectory() as folder:
            small = Path(folder, "small.json")
            small.write_bytes(SMALL)
            store.open_trace(small, cache=False, threads=1)
        _rest()


def _compiled() -> bool:
    """Say whether the largest part was compiled before, from the sources as they are."""
    from diptych.profiling.trace import scan_block
    from diptych.profiling.trace.jit import kept_in

    source = Path(scan_block.__file__)
    kept = kept_in().rglob(f"{source.stem}.scan-*.nbi")
    return any(k.stat().st_mtime >= source.stat().st_mtime for k in kept)


def _forget_older() -> None:
    from diptych.profiling.trace.jit import kept_in

    for other in kept_in().parent.glob("compiled-*"):
        if other != kept_in():
            shutil.rmtree(other, ignore_errors=True)


def _rest() -> None:
    """Compile what only large files need."""
    from diptych.profiling.trace.intern import Lanes, Texts
    from diptych.profiling.trace.jit import memory
    from diptych.profiling.trace.scan_event import event_start
    from diptych.profiling.trace.source import buffer_of

    Texts().grow()
    Lanes().grow()
    event_start(memory(buffer_of(64)), 0, 0, 0)
