"""``diptych trace ops``: operators, modules or kernels of a trace, one a row."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from diptych.profiling.cli.trace_open import open_one
from diptych.profiling.cli.trace_text import as_json, duration, grid
from diptych.profiling.trace import metrics
from diptych.profiling.trace.metrics.kernels import KernelRows
from diptych.profiling.trace.metrics.operators import OperatorRows
from diptych.profiling.trace.table import TraceTable

_TOP = 30
NO_DEVICE_WORK = "no work on a device was recorded"
_EMPTY = {
    "kernel": "this trace has no kernels: nothing was recorded on a device",
    "module": "this trace has no modules: record it with stacks (with_stack, with_modules)",
}


def run(args: argparse.Namespace) -> int:
    """Print the rows, those with the most self time (kernels: total time) first."""
    table = open_one(args.file)
    top = args.top or (None if args.json else _TOP)
    rows = kernels(table, top) if args.by == "kernel" else operators(table, args.by, top)
    if args.json:
        print(as_json(rows))
    elif rows:
        print(_kernel_text(rows) if args.by == "kernel" else _operator_text(rows))
    if not rows:
        print(f"diptych: {_EMPTY.get(args.by, 'this trace has no operators')}", file=sys.stderr)
    return 0


def operators(table: TraceTable, by: Any, top: int | None) -> list[dict[str, Any]]:
    """Return rows of operators or modules as ``--json`` prints them."""
    rows: OperatorRows = metrics.by_operator(table, by)
    made = [_operator(table, rows, i) for i in range(len(rows.name))[:top]]
    if not metrics.has_device_work(table):
        # Not measured is not 0.
        nothing = {"device_ns": None, "device_self_ns": None, "device_ns_reason": NO_DEVICE_WORK}
        made = [row | nothing for row in made]
    return made


def _operator(table: TraceTable, rows: OperatorRows, i: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": table.text(int(rows.name[i])),
        "category": table.text(int(rows.category[i])),
        "calls": int(rows.calls[i]),
        "total_ns": int(rows.total_ns[i]),
        "self_ns": int(rows.self_ns[i]),
        "device_ns": int(rows.device_ns[i]),
        "device_self_ns": int(rows.device_self_ns[i]),
        "outer_ns": int(rows.outer_ns[i]),
        "runtime_ns": int(rows.runtime_ns[i]),
        "min_ns": int(rows.min_ns[i]),
        "mean_ns": int(rows.total_ns[i]) / int(rows.calls[i]),
        "max_ns": int(rows.max_ns[i]),
    }
    if rows.by == "shape":
        row["shape"] = table.text(int(rows.shape[i])) if rows.shape[i] >= 0 else None
    if rows.by == "stack":
        row["stack"] = metrics.stack_of(table, int(rows.first[i]))
    if rows.by == "module":
        row["backward_ns"] = int(rows.backward_ns[i])
    return row


def kernels(table: TraceTable, top: int | None) -> list[dict[str, Any]]:
    """Return rows of kernels as ``--json`` prints them."""
    rows: KernelRows = metrics.by_kernel(table)
    return [
        {
            "name": table.text(int(rows.name[i])),
            "device": int(rows.device[i]) if rows.device[i] >= 0 else None,
            "calls": int(rows.calls[i]),
            "total_ns": int(rows.total_ns[i]),
            "min_ns": int(rows.min_ns[i]),
            "mean_ns": float(rows.mean_ns[i]),
            "max_ns": int(rows.max_ns[i]),
        }
        for i in range(len(rows.name))[:top]
    ]


def _operator_text(rows: list[dict[str, Any]]) -> str:
    shown = []
    for row in rows:
        name = row["name"]
        if row.get("shape"):
            name += f"  {row['shape']}"
        if row.get("stack"):
            name += f"  < {' < '.join(reversed(row['stack']))}"
        times = (row["self_ns"], row["total_ns"], row["mean_ns"])
        device = "—" if row["device_ns"] is None else duration(row["device_ns"])
        shown.append([f"{row['calls']:,}", *map(duration, times), device, name])
    return grid(["calls", "self", "total", "mean", "device", "name"], shown)


def _kernel_text(rows: list[dict[str, Any]]) -> str:
    shown = []
    for row in rows:
        device = "-" if row["device"] is None else str(row["device"])
        times = (row["total_ns"], row["min_ns"], row["mean_ns"], row["max_ns"])
        shown.append([f"{row['calls']:,}", *map(duration, times), device, row["name"]])
    return grid(["calls", "total", "min", "mean", "max", "device", "name"], shown)
