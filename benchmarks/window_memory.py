"""Memory of a worker over 300 profile windows, against the bare profiler's.

Growth is the resident set after the last window less that after the first
sixth (allocators and caches have settled by then). Run by ``make bench``, or
by itself.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

Figure = tuple[str, float, str]
WINDOWS = 300


def _pause() -> Any:
    """Load the neighbour that has the worker; benchmarks are no package."""
    path = Path(__file__).with_name("window_pause.py")
    spec = importlib.util.spec_from_file_location("window_pause", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def growth(mode: str) -> float:
    """Return by how many MiB the worker has grown."""
    memory = _pause().worker(mode, WINDOWS)["memory"]
    return float(memory[-1] - memory[0]) / 2**20


def run() -> list[Figure]:
    """Return (name, value, target) of each figure."""
    bare, agent = growth("bare"), growth("agent")
    return [
        (f"torch: growth over {WINDOWS} bare windows, MiB", bare, ""),
        (f"torch: growth over {WINDOWS} windows of the agent, MiB", agent, "no more than bare"),
    ]


if __name__ == "__main__":
    for name, value, target in run():
        print(f"{name:<52}  {value:>10.3f}  {target}")
