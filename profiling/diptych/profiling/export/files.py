"""Puts what was exported where the user wants it, and never over something else unasked."""

from __future__ import annotations

import gzip
import os
import shutil
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from diptych.profiling.export.csv import write_steps
from diptych.profiling.runs.snapshot import RunSnapshot, WindowState
from diptych.profiling.runs.summary import summarise, trace_files


class ExportError(Exception):
    """Nothing was exported; the text says why and what to do, in one line."""


def export_csv(snapshot: RunSnapshot, out: Path, *, force: bool = False) -> list[Path]:
    """Write the steps as CSV to ``out``.

    Raises:
        ExportError: there are no steps, or ``out`` cannot be written.
    """
    if not len(snapshot.steps):
        raise ExportError(f"{snapshot.id} has no steps to export")

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            write_steps(snapshot, file)

    return [_place(out, write, force=force)]


def export_json(snapshot: RunSnapshot, out: Path, *, force: bool = False) -> list[Path]:
    """Write the summary and the manifest as one JSON object to ``out``.

    Raises:
        ExportError: ``out`` cannot be written.
    """
    data = {"summary": summarise(snapshot), "manifest": snapshot.manifest}
    text = msgspec.json.format(msgspec.json.encode(data)) + b"\n"
    return [_place(out, lambda path: _write(path, text), force=force)]


def export_chrome(
    snapshot: RunSnapshot, out: Path, *, window: int | None = None, force: bool = False
) -> list[Path]:
    """Copy the Chrome traces: one to the file ``out``, several into the folder ``out``.

    The traces of a run are gzip-compressed; a name that ends in ``.json`` gets
    the plain text.

    Raises:
        ExportError: there is no such trace, or ``out`` cannot be written.
    """
    traces = _traces(snapshot, window)
    if len(traces) == 1 and not out.is_dir():
        return [_place(out, partial(_copy, traces[0], named=out), force=force)]
    if out.exists() and not out.is_dir():
        raise ExportError(
            f"{snapshot.id} has {len(traces)} traces and {out} is a file: "
            "name a folder, or one window with --window N"
        )
    targets = [out / trace.name for trace in traces]
    _refuse_existing(targets, force=force)
    _make_folder(out)
    return [
        _place(target, partial(_copy, trace, named=trace), force=force)
        for trace, target in zip(traces, targets, strict=True)
    ]


def _traces(snapshot: RunSnapshot, window: int | None) -> list[Path]:
    wanted = [w for w in snapshot.windows if window is None or w.id == window]
    if not wanted:
        known = ", ".join(str(w.id) for w in snapshot.windows) or "none"
        asked = "no profile window" if window is None else f"no window {window}"
        raise ExportError(f"{snapshot.id} has {asked} (windows: {known})")
    names = {w.trace.path for w in wanted if w.trace and w.trace.path}
    traces = [
        path
        for path in trace_files(snapshot)
        if str(path.relative_to(snapshot.directory.absolute())) in names and path.is_file()
    ]
    if not traces:
        raise ExportError(f"{snapshot.id}: no finished trace ({_why_none(snapshot, wanted)})")
    return traces


def _why_none(snapshot: RunSnapshot, wanted: list[WindowState]) -> str:
    for window in wanted:
        if window.trace is not None and window.trace.path is not None:
            return f"{window.trace.path} is no longer in {snapshot.directory}"
    return next((w.text for w in wanted if w.text), f"state {wanted[0].state}")


def _refuse_existing(targets: list[Path], *, force: bool) -> None:
    for target in targets:
        if not force and os.path.lexists(target):
            raise ExportError(f"{target} exists already; --force replaces it")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"{folder}: {error.strerror or error}") from None


def _place(out: Path, write: Callable[[Path], None], *, force: bool) -> Path:
    """Write beside ``out``, then give it its name: never half a file under that name."""
    if out.is_dir():
        raise ExportError(f"{out} is a folder; name a file")
    _refuse_existing([out], force=force)
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        write(temporary)
        if force:
            temporary.replace(out)
        else:
            # A link fails where the name was taken in the meantime.
            _link(temporary, out)
    except OSError as error:
        raise ExportError(f"{out}: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)
    return out


def _link(temporary: Path, out: Path) -> None:
    try:
        out.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        # File systems without hard links.
        temporary.replace(out)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _copy(trace: Path, path: Path, named: Path) -> None:
    """Copy a trace, unpacked where the name asks for it; one that is damaged is no trace."""
    plain = named.suffix == ".json"
    try:
        with gzip.open(trace, "rb") as source, path.open("wb") as target:
            while block := source.read(1 << 20):
                if plain:
                    target.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ExportError(
            f"{trace} is damaged and was not exported: {str(error) or type(error).__name__}"
        ) from None
    if not plain:
        shutil.copyfile(trace, path)
