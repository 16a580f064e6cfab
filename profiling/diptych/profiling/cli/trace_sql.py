"""``diptych trace sql``: the tables of a trace, asked in SQL."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from diptych.profiling.cli.errors import CliError
from diptych.profiling.cli.trace_open import open_one
from diptych.profiling.cli.trace_text import as_json, cut
from diptych.profiling.trace.table import TraceTable

if TYPE_CHECKING:
    import pyarrow as pa

_TOP = 100


def run(args: argparse.Namespace) -> int:
    """Print the answer: a table, or with ``--json`` a list of objects."""
    from diptych.profiling.trace.sql import SqlError

    top = args.top or (None if args.json else _TOP)
    table = open_one(args.file)
    try:
        # One more than is shown, to know that there are more.
        answer = _asked(table, args.question, None if top is None else top + 1)
    except SqlError as error:
        raise CliError(f"SQL: {error}") from None
    shown = answer if top is None else answer.slice(0, top)
    if args.json:
        print(as_json([{k: _value(v) for k, v in row.items()} for row in shown.to_pylist()]))
        return 0
    print(_text(shown))
    if answer.num_rows > shown.num_rows:
        print(f"diptych: the first {top:,} rows; --top N shows more", file=sys.stderr)
    return 0


def _asked(table: TraceTable, question: str, limit: int | None) -> pa.Table:
    """Return the answer. On a thread, since a database that works hears no Ctrl-C."""
    from diptych.profiling.trace.sql import ask

    stop: list[Callable[[], None] | None] = [None]
    with ThreadPoolExecutor(1, "sql") as pool:
        answer = pool.submit(ask, table, question, limit, partial(stop.__setitem__, 0))
        try:
            return answer.result()
        except KeyboardInterrupt:
            while not wait([answer], 0.05).done:
                if (interrupt := stop[0]) is not None:
                    interrupt()
            raise


def _value(value: Any) -> Any:
    """Return what JSON has for a value of SQL: sums of integers are decimals there."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _value(item) for key, item in value.items()}
    return str(value)


def _text(answer: pa.Table) -> str:
    from diptych.profiling.cli.runs_text import plain

    rows = [[plain(_cell(v)) for v in row.values()] for row in answer.to_pylist()]
    cells = [list(answer.column_names), *rows]
    right = [_is_number(answer.schema.field(i).type) for i in range(answer.num_columns)]
    widths = [max(len(row[i]) for row in cells) for i in range(answer.num_columns)]
    lines = []
    for row in cells:
        parts = [
            c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)
        ]
        lines.append(cut("  ".join(parts).rstrip()))
    return "\n".join(lines)


def _cell(value: Any) -> str:
    value = _value(value)
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) >= 1 else f"{value:.6g}"
    return str(value)


def _is_number(kind: Any) -> bool:
    import pyarrow.types as types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))
