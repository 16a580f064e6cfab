"""How fast traces are opened: against msgspec alone, from 10 thousand events on.

Each opening is a process of its own, as in the window, with compiled code
at hand and the file in the page cache; the figure is from the call to the
finished table (columns, lanes, ties), without the keeping of it. The floor
is msgspec's decoding of the same bytes into typed structs, ``args`` left as
they are, measured in turns with it.

``python -m benchmarks.trace_open [EVENTS ...]`` measures other sizes, up to
10 million.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._user import environment
from benchmarks.trace_files import write

Row = tuple[str, float, str, str]

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
MILLION = 1_000_000
TARGETS = {MILLION: "<= 500", 5 * MILLION: "<= 1024"}

# Not ru_maxrss: a process begins with what its parent had when it forked.
_OPEN = """
import json, sys, time
from diptych.profiling.trace.prepare import prepare
from diptych.profiling.trace import open_trace
prepare(lambda *_: None)
began = time.perf_counter()
table = open_trace(sys.argv[1], cache=False)
seconds = time.perf_counter() - began
peak = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({"seconds": seconds, "peak": peak, "events": table.events}))
"""
_AGAIN = """
import json, sys, time
began = time.perf_counter()
from diptych.profiling.trace import open_trace
table = open_trace(sys.argv[1])
print(json.dumps({"seconds": time.perf_counter() - began, "events": table.events}))
"""
_FLOOR = """
import json, sys, time
from typing import Optional, Union
import msgspec

class Event(msgspec.Struct, gc=False):
    ph: str
    name: str = ""
    cat: str = ""
    pid: Union[int, str, None] = None
    tid: Union[int, str, None] = None
    ts: Optional[float] = None
    dur: Optional[float] = None
    id: Union[int, str, None] = None
    args: msgspec.Raw = msgspec.Raw(b"")

class Trace(msgspec.Struct):
    traceEvents: list[Event]

decoder = msgspec.json.Decoder(Trace)
data = open(sys.argv[1], "rb").read()
began = time.perf_counter()
trace = decoder.decode(data)
seconds = time.perf_counter() - began
peak = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({"seconds": seconds, "peak": peak, "events": len(trace.traceEvents)}))
"""


def _run(code: str, path: Path, home: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _repeats(events: int) -> int:
    return 5 if events <= MILLION else 3


def run(sizes: tuple[int, ...] = SIZES) -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for events in sizes:
            rows += _size(folder, events)
    return rows


def _size(folder: Path, events: int) -> list[Row]:
    path = folder / f"{events}.json"
    count = write(path, events)
    label = f"trace of {events:,} events ({path.stat().st_size / 1e6:,.0f} MB)"
    floor, opened = [], []
    for _ in range(_repeats(events)):
        if events <= MILLION:
            floor.append(_run(_FLOOR, path, folder))
        opened.append(_run(_OPEN, path, folder))
    assert all(r["events"] == count for r in floor + opened), "an event was lost"
    seconds = median(r["seconds"] for r in opened)
    peak = max(r["peak"] for r in opened)
    rows: list[Row] = [
        (f"{label}: opened", seconds, "s", ""),
        (f"{label}: opened, an event", seconds / count * 1e9, "ns", ""),
        (f"{label}: peak memory", peak, "MiB", TARGETS.get(events, "")),
    ]
    if floor:
        least = median(r["seconds"] for r in floor)
        rows.append((f"{label}: against msgspec alone", seconds / least, "×", _ratio(events)))
    if events == MILLION:
        rows += _million(folder, path, label, median(r["seconds"] for r in floor))
    path.unlink()
    return rows


def _ratio(events: int) -> str:
    return "<= 1.2" if events == MILLION else ""


def _million(folder: Path, path: Path, label: str, least: float) -> list[Row]:
    zipped = folder / "zipped.json.gz"
    write(zipped, MILLION)
    opened = [_run(_OPEN, zipped, folder) for _ in range(3)]
    zipped.unlink()
    _run(_AGAIN, path, folder)
    again = [_run(_AGAIN, path, folder)["seconds"] for _ in range(5)]
    ratio = median(r["seconds"] for r in opened) / least
    return [
        (f"{label}: its .gz against msgspec on the .json", ratio, "×", "<= 1.2"),
        (f"{label}: its .gz, peak memory", max(r["peak"] for r in opened), "MiB", "<= 500"),
        (f"{label}: opened again, imports and all", median(again), "s", "<= 0.3"),
    ]


def main() -> None:
    """Print the rows."""
    sizes = tuple(int(size) for size in sys.argv[1:]) or SIZES
    for name, value, unit, target in run(sizes):
        print(f"{name:75} {value:10,.3f} {unit:4} {target}")


if __name__ == "__main__":
    main()
