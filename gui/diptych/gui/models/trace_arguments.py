"""The arguments of a slice, decoded from the file when somebody asks. No Qt here."""

from __future__ import annotations

from typing import Any

from diptych.gui.text.tr import tr
from diptych.profiling.trace.args import decode_args
from diptych.profiling.trace.errors import TraceError
from diptych.profiling.trace.table import TraceTable


def arguments(table: TraceTable, row: int) -> tuple[dict[str, Any], str]:
    """Return the arguments of a slice, and why there are none if there could be."""
    if int(table.slices.args_at[row]) < 0:
        return {}, ""
    try:
        return dict(decode_args(table, row)), ""
    except (OSError, ValueError, TraceError) as error:
        return {}, tr("The arguments cannot be read: {why}", why=str(error))
