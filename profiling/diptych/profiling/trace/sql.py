"""SQL over the tables of a trace (`trace.arrow`), in a database that can reach nothing else.

The database lives in memory and for one question; it may neither read nor
write files, nor load extensions, nor see Python's variables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from diptych.profiling.trace.arrow import TABLES, arrow_table
from diptych.profiling.trace.table import TraceTable

if TYPE_CHECKING:
    import pyarrow as pa

_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


class SqlError(Exception):
    """The question cannot be answered; one line says why."""


def ask(
    table: TraceTable,
    question: str,
    limit: int | None = None,
    interrupt: Callable[[Callable[[], None] | None], None] | None = None,
) -> pa.Table:
    """Return the answer to a SQL question, of ``limit`` rows at most.

    ``interrupt`` is given what interrupts the question, to be called on any
    thread, and ``None`` once that may not be called any more.

    Raises:
        SqlError: it is no SQL, or asks for what there is not, or may not be asked.
    """
    import duckdb

    with duckdb.connect(":memory:", config=_CLOSED) as database:
        database.execute("SET python_enable_replacements = false")
        for name in _meant(question):
            database.register(name, arrow_table(table, name))
        database.execute("SET lock_configuration = true")
        try:
            if interrupt is not None:
                interrupt(database.interrupt)
            asked = database.sql(question)
            if asked is None:
                raise SqlError("that is no question: begin with SELECT (or FROM, DESCRIBE, WITH)")
            return _taken(asked, limit)
        except duckdb.Error as error:
            raise SqlError(_plain(error)) from None
        finally:
            if interrupt is not None:
                interrupt(None)


def _meant(question: str) -> list[str]:
    """Return the tables that a question may speak of; all if it names none (``SHOW TABLES``)."""
    named = [name for name in TABLES if name in question.lower()]
    return named or list(TABLES)


def _taken(asked: Any, limit: int | None) -> pa.Table:
    found = (asked if limit is None else asked.limit(limit)).arrow()
    return found.read_all() if hasattr(found, "read_all") else found


def _plain(error: Exception) -> str:
    """Return DuckDB's message on one line; of what exists, only our tables are named."""
    text = " ".join(str(error).split("\n\n")[0].split("\n")[:2])
    if "Catalog Error: Table with name" in text:
        return f"{text.split('!')[0]}; there are: {', '.join(TABLES)}"
    return text
