"""Memory of a worker over many profile windows, against the bare profiler's.

Growth is the resident set after the last window less that after the first
sixth (allocators and caches have settled by then). The target is the bare
profiler's own growth, and one MiB for what an allocator does by chance.
"""

from __future__ import annotations

from benchmarks.window_pause import worker

WINDOWS = {"torch": 300, "mxnet": 300}
SLACK = 1.0

Row = tuple[str, float, str, str]


def growth(framework: str, mode: str) -> float:
    """Return by how many MiB the worker has grown."""
    memory = worker(framework, mode, WINDOWS[framework])["memory"]
    return float(memory[-1] - memory[0]) / 2**20


def rows(framework: str) -> list[Row]:
    """Return the rows of one framework."""
    bare, agent = growth(framework, "bare"), growth(framework, "agent")
    what = f"{framework}: growth over {WINDOWS[framework]} windows"
    limit = max(bare, 0.0) + SLACK
    return [
        (f"{what}, bare profiler", bare, "MiB", ""),
        (f"{what}, agent", agent, "MiB", f"<= {limit:.1f}"),
    ]


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    return [row for framework in ("torch", "mxnet") for row in rows(framework)]


if __name__ == "__main__":
    for name, value, unit, target in run():
        print(f"{name:<52} {value:>10.3f} {unit} {target}")
