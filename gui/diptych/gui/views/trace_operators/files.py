"""The operators of a trace as text: for the clipboard, and as CSV."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diptych.gui.models.trace_operators import Forest


def as_tsv(rows: Sequence[Sequence[str]]) -> str:
    """Return cells with tabs between; within a cell there is none."""
    lines = ("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row) for row in rows)
    return "\n".join(lines) + "\n"


def cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; what is not known is empty."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def write_csv(path: Path, forest: Forest, nodes: Sequence[int]) -> None:
    """Write nodes with every number, times in ns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        _write(csv.writer(file, lineterminator="\n"), forest, nodes)


def write_rows(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    """Write rows as they are, formulas defused."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([cell(value) for value in row] for row in rows)


def _write(writer: Any, forest: Forest, nodes: Sequence[int]) -> None:
    notes = {"shape": "input_shapes", "stack": "called_from"}.get(forest.wish.by)
    shown = notes if forest.notes is not None and notes else None
    keys = list(forest.times)
    writer.writerow(
        ["node", "parent", "name", *([shown] if shown else []), "calls", *(f"{k}_ns" for k in keys)]
    )
    for node in nodes:
        parent = int(forest.parent[node])
        row: list[Any] = [node, parent if parent >= 0 else None, _name(forest, node)]
        if shown and forest.notes is not None:
            row.append(forest.notes[node])
        row.append(int(forest.calls[node]))
        row += [forest.times[key][node].item() for key in keys]
        writer.writerow([cell(value) for value in row])


def _name(forest: Forest, node: int) -> str:
    if forest.wish.by == "shape" and forest.wish.tree and forest.parent[node] >= 0:
        return forest.names[node]
    return forest.tips[node]
