"""Writes a comparison in any of the forms that leave the program: see `FORMATS`.

What stands under a name is whole: a write that fails leaves nothing, and
nothing that was there is replaced unasked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from diptych.profiling.compare.as_json import as_json
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.report.errors import ReportError
from diptych.profiling.trace.errors import TraceCancelledError, TraceError
from diptych.profiling.trace.placing import placed

if TYPE_CHECKING:
    from diptych.profiling.report.trace import Opener

__all__ = ["FORMATS", "Align", "Format", "ReportError", "format_of", "text_of", "write_report"]

Format = Literal["html", "markdown", "latex", "json", "csv", "parquet", "trace"]
FORMATS: tuple[Format, ...] = get_args(Format)
Align = Literal["steps", "time"]

_ENDINGS: dict[str, Format] = {
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".tex": "latex",
    ".csv": "csv",
    ".parquet": "parquet",
    ".json.gz": "trace",
    ".json": "json",
}


def format_of(path: Path) -> Format | None:
    """Return the format that the name of a file asks for; ``None`` where it tells none."""
    name = path.name.lower()
    return next((form for end, form in _ENDINGS.items() if name.endswith(end)), None)


def write_report(
    comparison: Comparison,
    path: Path,
    *,
    format: Format | None = None,  # noqa: A002 - as everybody calls it, and as the option is named
    force: bool = False,
    align: Align = "time",
    opener: Opener | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Path:
    """Write a comparison to ``path`` and return it; without a format as its name says.

    ``align`` and ``opener`` (which opens a trace file) matter to a trace only; a
    trace is given up when ``cancel`` returns true, and then nothing is there.

    Raises:
        ReportError: the file is there and not ``force``, or it cannot be written.
        TraceCancelledError: ``cancel`` said so.
    """
    form = format or format_of(path)
    if form is None:
        endings = ", ".join(_ENDINGS)
        raise ReportError(f"{path.name} does not say what to write: end it in one of {endings}")
    try:
        if form == "trace":
            from diptych.profiling.report.trace import write_trace

            write_trace(comparison, path, align=align, force=force, opener=opener, cancel=cancel)
        else:
            with placed(path, force=force) as temporary:
                _write(comparison, temporary, form)
    except TraceCancelledError:
        raise
    except TraceError as error:
        raise ReportError(str(error)) from None
    return path


def _write(comparison: Comparison, path: Path, form: Format) -> None:
    if form in ("csv", "parquet"):
        _write_steps(comparison, path, form)
    else:
        path.write_text(text_of(comparison, form), encoding="utf-8", newline="\n")


def text_of(comparison: Comparison, form: Format) -> str:
    """Return one of the formats that are text: html, markdown, latex, json.

    Raises:
        KeyError: it is none of them.
    """
    # Each is imported where it is asked for: whoever wants JSON waits for no page.
    from diptych.profiling.report import page, table

    makers: dict[str, Callable[[Comparison], str]] = {
        "html": page.page,
        "markdown": table.markdown,
        "latex": table.latex,
        "json": lambda found: json.dumps(as_json(found), indent=1) + "\n",
    }
    return makers[form](comparison)


def _write_steps(comparison: Comparison, path: Path, form: Format) -> None:
    from pyarrow import csv, parquet

    from diptych.profiling.report.steps import for_spreadsheets, steps_table

    table = steps_table(comparison)
    if form == "parquet":
        parquet.write_table(table, path, compression="zstd")
    else:
        csv.write_csv(for_spreadsheets(table), path)
