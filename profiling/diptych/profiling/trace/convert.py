"""Writes a table of a trace as Parquet or CSV, a piece at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from diptych.profiling.trace.arrow import TABLES, arrow_table, slice_batches
from diptych.profiling.trace.errors import TraceCancelledError
from diptych.profiling.trace.placing import placed
from diptych.profiling.trace.table import TraceTable

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[str, int, int], None]


def write_table(
    table: TraceTable,
    out: Path,
    form: Literal["parquet", "csv"],
    name: str = "slices",
    *,
    force: bool = False,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
) -> int:
    """Write one of ``arrow.TABLES`` to ``out``; return the number of rows.

    Raises:
        KeyError: there is no table of that name.
        TraceError: ``out`` is there already or cannot be written.
        TraceCancelledError: ``cancel`` said so; nothing is left.
    """
    if name not in TABLES:
        raise KeyError(name)
    rows = 0
    with placed(out, force=force) as temporary:
        writer: Any = None
        try:
            for batch in _batches(table, name):
                if cancel is not None and cancel():
                    raise TraceCancelledError
                writer = writer or _writer(form, temporary, batch)
                writer.write_table(batch if form == "parquet" else _flat(batch))
                rows += batch.num_rows
                if progress is not None:
                    progress("writing", rows, len(table.slices) if name == "slices" else rows)
        finally:
            if writer is not None:
                writer.close()
    return rows


def _batches(table: TraceTable, name: str) -> Iterator[pa.Table]:
    return slice_batches(table) if name == "slices" else iter([arrow_table(table, name)])


def _writer(form: Literal["parquet", "csv"], path: Path, batch: pa.Table) -> Any:
    if form == "parquet":
        from pyarrow import parquet

        return parquet.ParquetWriter(path, batch.schema, compression="zstd")
    from pyarrow import csv

    return csv.CSVWriter(path, _flat(batch).schema)


def _flat(batch: pa.Table) -> pa.Table:
    """Return the table with texts in place of numbers of texts: CSV has no dictionaries."""
    import pyarrow as pa

    fields = [
        pa.field(f.name, "string" if pa.types.is_dictionary(f.type) else f.type)
        for f in batch.schema
    ]
    return batch.cast(pa.schema(fields))
