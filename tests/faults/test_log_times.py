"""A real run leaves times for its log, and page faults of its processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diptych.profiling.runs.session import RunSession

RunScript = Callable[..., Any]

_FAULTS = """
import mmap, sys, time
print("begin", flush=True)
until = time.monotonic() + 1.5
while time.monotonic() < until:
    room = mmap.mmap(-1, 16 << 20)
    for page in range(0, 16 << 20, 4096):
        room[page] = 1
    room.close()
print("end of", "ä" * 1000, file=sys.stderr)
"""


def test_a_run_knows_when_its_log_grew_and_its_page_faults(run_script: RunScript) -> None:
    run = run_script(_FAULTS)
    ended = run.exited()
    with RunSession(run.directory) as session:
        snapshot = session.drain()
    sizes = {
        name: path.stat().st_size
        for name, path in (("stdout", run.paths.stdout), ("stderr", run.paths.stderr))
    }
    assert {name: int(times.size[-1]) for name, times in snapshot.logs.items()} == sizes
    assert snapshot.logs["stdout"].t[0] < snapshot.logs["stderr"].t[0]
    assert snapshot.losses.unknown_kind == 0
    minor = snapshot.process.columns["minor_faults"]
    assert max(minor[minor == minor], default=0.0) > 2_000
    assert ended
