"""Opening a trace and saying where the time went, against what others use for it.

The same generated file, in the same run, one program after the other, each in a
process of its own. Imports do not count, nor (ours opens a small trace first) does
the loading of compiled code:

* HolisticTraceAnalysis 0.5.0: load, temporal breakdown;
* torch-tb-profiler 0.4.3: parse, process;
* Diptych: open (nothing kept from before), the same breakdown and the operators.

The two are installed once into an environment of their own in the cache folder.
Where that cannot be done the row says why, and there is no ratio.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks import trace_files

from diptych.profiling.trace.folders import cache_dir

EVENTS = int(os.environ.get("DIPTYCH_BENCH_EVENTS", "1000000"))
PEERS = ("HolisticTraceAnalysis==0.5.0", "torch-tb-profiler==0.4.3", "pandas<3", "setuptools<81")
LIMIT = 600
"""Seconds after which a program is given up."""
TIMES = 3
"""Repetitions of the quick one; the others run once."""

_SMALL = "small.json"

Row = tuple[str, float, str, str]

_HTA = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
from hta.trace_analysis import TraceAnalysis
began = time.perf_counter()
analysis = TraceAnalysis(trace_files={0: sys.argv[1]}, include_last_profiler_step=True)
found = analysis.get_temporal_breakdown(visualize=False).iloc[0]
took = time.perf_counter() - began
print(json.dumps({"s": took, "busy_us": float(found["kernel_time(us)"] - found["idle_time(us)"])}))
"""
_TB = """
import json, logging, sys, tempfile, time
logging.disable(logging.CRITICAL)
from torch_tb_profiler.profiler.data import RunProfileData
began = time.perf_counter()
profile = RunProfileData.parse("worker", "1", sys.argv[1], tempfile.gettempdir())
print(json.dumps({"s": time.perf_counter() - began}))
"""
_OURS = """
import json, sys, time
from diptych.profiling.trace import metrics, open_trace
def summed_up(path):
    table = open_trace(path, cache=False)
    (device,) = metrics.by_device(table)
    operators = metrics.by_operator(table)
    assert int(operators.calls.sum()) > 0
    return device
summed_up(sys.argv[2])
began = time.perf_counter()
device = summed_up(sys.argv[1])
took = time.perf_counter() - began
print(json.dumps({"s": took, "busy_us": device.busy_ns / 1000}))
"""


def environment() -> Path | str:
    """Return the interpreter that has the peers, installed if need be; else why there is none."""
    folder = cache_dir() / "bench-peers"
    python = folder / "bin" / "python"
    if (folder / ".installed").exists():
        return python
    for words in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", *PEERS],
    ):
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        if done.returncode:
            return (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
    (folder / ".installed").touch()
    return python


def timed(python: str | Path, code: str, path: Path) -> dict[str, float] | str:
    """Return what a program printed, or why it did not."""
    try:
        done = subprocess.run(
            [str(python), "-W", "ignore", "-c", code, str(path), str(path.with_name(_SMALL))],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
            # Else it cuts times to microseconds, which are half of a short kernel.
            env={**os.environ, "HTA_DISABLE_NS_ROUNDING": "1"},
        )
    except subprocess.TimeoutExpired:
        return f"not done after {LIMIT} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    python = environment()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        events = trace_files.write(path, EVENTS)
        trace_files.write(path.with_name(_SMALL), 1000)
        what = f"trace, {events:,} events"
        ours = [timed(sys.executable, _OURS, path) for _ in range(TIMES)]
        good = [one for one in ours if isinstance(one, dict)]
        if not good:
            raise RuntimeError(ours[0])
        seconds = median(one["s"] for one in good)
        rows: list[Row] = [(f"{what}: open and sum up", seconds, "s", "")]
        if isinstance(python, str):
            return [*rows, (f"peers are not installed ({python[:80]})", 0, "", "")]
        busy = good[0]["busy_us"]
        for name, code, target in (
            ("HolisticTraceAnalysis 0.5.0", _HTA, ">= 40"),
            ("torch-tb-profiler 0.4.3", _TB, ">= 25"),
        ):
            rows += _against(name, timed(python, code, path), what, seconds, busy, target)
    return rows


def _against(
    name: str, found: dict[str, float] | str, what: str, ours: float, busy: float, target: str
) -> list[Row]:
    if isinstance(found, str):
        return [(f"{what}: {name} failed ({found[:80]})", 0, "", "")]
    rows: list[Row] = [
        (f"{what}: {name}", found["s"], "s", ""),
        (f"{what}: times faster than {name}", found["s"] / ours, "×", target),
    ]
    if "busy_us" in found:
        apart = abs(found["busy_us"] - busy) / busy
        rows.append((f"{what}: busy time, {name} and ours apart", 100 * apart, "%", "<= 0.1"))
    return rows


if __name__ == "__main__":
    for line in run():
        print(line)
