"""``diptych trace summary``: what is in a trace, and where the time of its steps went."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from diptych.profiling.cli.runs_text import plain
from diptych.profiling.cli.trace_open import open_one
from diptych.profiling.cli.trace_text import as_json, duration, grid, percent
from diptych.profiling.report.figures import size
from diptych.profiling.trace import metrics
from diptych.profiling.trace.metrics.devices import Device
from diptych.profiling.trace.table import TraceTable, loose_arrows, lost


def run(args: argparse.Namespace) -> int:
    """Print the summary."""
    table = open_one(args.file)
    print(as_json(summary(table)) if args.json else "\n".join(_page(table)))
    return 0


def summary(table: TraceTable) -> dict[str, Any]:
    """Return what ``--json`` prints; times in ns, from the trace's zero on."""
    steps, split = metrics.marked_steps(table), metrics.split_steps(table)
    return {
        "file": str(table.path),
        "source": table.source,
        "events": table.events,
        "slices": len(table.slices),
        "origin_ns": table.origin_ns,
        "absolute": table.absolute,
        "duration_ns": table.duration_ns,
        "categories": _categories(table),
        "steps": [
            {"name": name, "start_ns": int(start), "duration_ns": int(length)}
            for name, start, length in zip(steps.names, steps.start, steps.duration, strict=True)
        ],
        "split": {
            "of": split.steps.origin,
            "parts": [
                {"name": name, **_parts(row)}
                for name, row in zip(split.steps.names, split.parts, strict=True)
            ],
        },
        "devices": [_device(device) for device in metrics.by_device(table)],
        "idle": [{**asdict(i), "total_ns": i.total_ns} for i in metrics.idle_by_device(table)],
        "launches": _launches(table),
        "queues": [
            {
                "device": q.device,
                "stream": q.stream,
                "longest": q.longest,
                "mean": q.mean,
                "full_ns": q.full_ns,
            }
            for q in metrics.queues(table)
        ],
        "memory": [
            {
                "device": c.device,
                "peak_bytes": c.peak,
                "peak_at_ns": c.peak_time,
                "peak_reserved_bytes": c.peak_reserved,
                "since": c.since,
            }
            for c in metrics.memory_curves(table)
        ],
        "dropped": dict(table.dropped),
        "truncated": table.truncated is not None,
        "truncation": None if table.truncated is None else asdict(table.truncated),
    }


def _categories(table: TraceTable) -> dict[str, dict[str, int]]:
    rows = metrics.by_category(table)
    return {
        table.text(int(category)): {"count": int(calls), "total_ns": int(total)}
        for category, calls, total in zip(rows.category, rows.calls, rows.total_ns, strict=True)
    }


def _parts(row: Any) -> dict[str, int]:
    return {f"{part}_ns": int(ns) for part, ns in zip(metrics.PARTS, row, strict=True)}


def _device(device: Device) -> dict[str, Any]:
    return {**asdict(device), "idle_ns": device.idle_ns, "exposed_ns": device.exposed_ns}


def _launches(table: TraceTable) -> dict[str, Any] | None:
    found = metrics.launches(table)
    if not len(found.work):
        return None
    p50, p95, p99 = np.percentile(found.delay_ns, (50, 95, 99))
    return {
        "count": len(found.work),
        "mean_ns": float(found.delay_ns.mean()),
        "p50_ns": float(p50),
        "p95_ns": float(p95),
        "p99_ns": float(p99),
        "max_ns": int(found.delay_ns.max()),
        "early": found.early,
    }


def _page(table: TraceTable) -> Iterator[str]:
    yield plain(str(table.path))
    facts, lasts = summary(table), duration(table.duration_ns)
    yield f"  {table.events:,} events, {len(table.slices):,} slices in {lasts}"
    if table.truncated is not None:
        yield f"  the file breaks off at byte {table.truncated.at:,}: {plain(table.truncated.why)}"
    yield from (f"  not used: {count:,} events, {plain(why)}" for why, count in lost(table).items())
    if arrows := loose_arrows(table):
        yield f"  {arrows:,} arrows lead outside the recording"
    yield ""
    rows = [
        [f"{c['count']:,}", duration(c["total_ns"]), name or "(none)"]
        for name, c in facts["categories"].items()
    ]
    yield grid(["slices", "time", "category"], rows)
    yield from _split_lines(facts["split"])
    yield from (line for device in facts["devices"] for line in _device_lines(device, facts))
    for curve in facts["memory"]:
        yield (
            f"\nmemory, {curve['device']}: peak {size(curve['peak_bytes'])}"
            f" after {duration(curve['peak_at_ns'])}"
        )


def _split_lines(split: dict[str, Any]) -> Iterator[str]:
    whole = {"step": "steps", "annotation": "ranges that recur", "trace": "the whole trace"}
    parts = split["parts"]
    sums = {name: sum(p[f"{name}_ns"] for p in parts) for name in metrics.PARTS}
    total = sum(sums.values())
    yield f"\n{whole[split['of']]}: {len(parts)}, {duration(total)} together, of which"
    shown = [[duration(ns), percent(ns, total), name] for name, ns in sums.items() if ns]
    yield grid(["time", "part", ""], shown)


def _device_lines(device: dict[str, Any], facts: dict[str, Any]) -> Iterator[str]:
    name = f" ({device['name']})" if device["name"] else ""
    span, kernels = device["span_ns"], f"{device['kernels']:,} kernels"
    yield f"\ndevice {device['id']}{name}: {kernels} in {duration(span)}, of which"
    idle = next(i for i in facts["idle"] if i["device"] == device["id"])
    rows = [
        [duration(device["busy_ns"]), percent(device["busy_ns"], span), "busy"],
        [duration(device["compute_ns"]), percent(device["compute_ns"], span), "  computing"],
    ]
    if device["communication_ns"]:
        ns, hidden = device["communication_ns"], device["overlap_ns"]
        rows.append([duration(ns), percent(ns, span), "  communicating"])
        rows.append([duration(hidden), percent(hidden, span), "    hidden behind computing"])
    rows.append([duration(device["idle_ns"]), percent(device["idle_ns"], span), "idle"])
    causes = {
        "host_ns": "  waiting for the host",
        "between_ns": "  between kernels",
        "other_ns": "  other",
        "unknown_ns": "  not known: the launch is not in the file",
    }
    rows += [[duration(idle[k]), percent(idle[k], span), v] for k, v in causes.items() if idle[k]]
    yield grid(["time", "part", ""], rows)
