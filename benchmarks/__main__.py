"""``python -m benchmarks``: run all measurements, print one table, write docs/benchmarks.md.

A measurement is a module of this folder with ``run()``, which returns rows of
(name, value, unit, target). A target is ``<= 1.1`` or ``>= 500,000``; without
one the row only informs. Names after ``-m benchmarks`` choose among them.
"""

from __future__ import annotations

import importlib
import math
import os
import platform
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import psutil

Row = tuple[str, float, str, str]

FOLDER = Path(__file__).parent
REPORT = FOLDER.parent / "docs" / "benchmarks.md"


def main(chosen: list[str]) -> int:
    """Run, print, write; status 1 when a target was missed or a measurement failed."""
    names = [path.stem for path in sorted(FOLDER.glob("*.py")) if not path.stem.startswith("_")]
    unknown = set(chosen) - set(names)
    if unknown:
        print(f"no such measurement: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
        return 2
    where, started = machine(), time.monotonic()
    rows = list(_measure(chosen or names))
    text = report(rows, where, time.monotonic() - started)
    print(f"\n{text}")
    if not chosen:
        REPORT.write_text(text, encoding="utf-8")
        print(f"written to {REPORT}")
    return 0 if all(met(value, target) is not False for _, value, _, target in rows) else 1


def _measure(names: list[str]) -> Iterator[Row]:
    for name in names:
        module = importlib.import_module(f"benchmarks.{name}")
        if not hasattr(module, "run"):
            continue
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            yield from module.run()
        except Exception:
            # Minutes of the others' figures are not to be lost with it.
            traceback.print_exc()
            yield f"{name} did not finish", math.nan, "", "≥ 0"


def met(value: float, target: str) -> bool | None:
    """Say whether ``value`` meets ``target``; None when there is none."""
    words = target.replace("≤", "<= ").replace("≥", ">= ").split()
    if len(words) < 2 or words[0] not in {"<=", ">="}:
        return None
    limit = float(words[1].replace(",", "").rstrip("%×x"))
    return value <= limit if words[0] == "<=" else value >= limit


def report(rows: list[Row], where: list[str], seconds: float) -> str:
    """Return the page: the machine, then one table."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Ratios are of one run, side by side.",
        "",
    ]
    lines += [f"- {line}" for line in where]
    lines += [f"- All measurements took {seconds:.0f} s", ""]
    lines += ["| what | value | unit | target | met |", "|---|---:|---|---|---|"]
    marks = {True: "yes", False: "**no**", None: ""}
    for name, value, unit, target in rows:
        cells = (name, _number(value), unit, target, marks[met(value, target)])
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> list[str]:
    """Say what the figures were taken on."""
    memory = psutil.virtual_memory().total / 2**30
    return [
        f"{datetime.now(timezone.utc):%Y-%m-%d}, commit {_commit()}",
        f"{_cpu()}, {os.cpu_count()} logical cores, {memory:.0f} GiB memory",
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        f"load average before: {os.getloadavg()[0]:.2f}",
    ]


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else "unknown processor"


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
