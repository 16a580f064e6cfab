"""The tables of a trace as Arrow tables: for notebooks, SQL and files.

``arrow_table(table, "slices")`` returns one of `TABLES`; ``rows_as_arrow`` does
the same for any result of `trace.metrics`. What is not known is null. Times are
nanoseconds since the table's zero; the schema's metadata holds ``origin_ns``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.trace import metrics
from diptych.profiling.trace.metrics import trees
from diptych.profiling.trace.metrics.kernels import device_of
from diptych.profiling.trace.table import Kind, TraceTable

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 1_000_000
_TEXTS = ("name", "category", "shape")
_HIDDEN = ("rows", "group")


class _Texts:
    """The table's texts as Arrow has them, made once and shared by all columns."""

    def __init__(self, table: TraceTable) -> None:
        import pyarrow as pa

        self._pa = pa
        self._table = table
        self._strings: Any = None

    def __call__(self, numbers: NDArray[Any]) -> Any:
        """Return a dictionary-encoded column; −1 is null."""
        if self._strings is None:
            self._strings = self._pa.array([sound(text) for text in self._table.strings], "string")
        return self._coded(numbers.astype(np.int32), self._strings)

    def of(self, numbers: NDArray[Any], texts: list[str]) -> Any:
        """Return a column of ``texts``, by number."""
        return self._coded(numbers.astype(np.int32), self._pa.array(texts, "string"))

    def _coded(self, numbers: NDArray[np.int32], texts: Any) -> Any:
        indices = self._pa.array(numbers, mask=numbers < 0)
        return self._pa.DictionaryArray.from_arrays(indices, texts)


def sound(text: str) -> str:
    """Return ``text`` without lone surrogates, which UTF-8 cannot hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def arrow_tables(table: TraceTable) -> dict[str, pa.Table]:
    """Return all of `TABLES`, by name."""
    return {name: arrow_table(table, name) for name in TABLES}


def arrow_table(table: TraceTable, name: str) -> pa.Table:
    """Return one of `TABLES`.

    Raises:
        KeyError: there is no table of that name.
    """
    import pyarrow as pa

    columns = TABLES[name](table)
    return pa.table(columns).replace_schema_metadata(_metadata(table))


def slice_batches(table: TraceTable, size: int = _BATCH) -> Iterator[pa.Table]:
    """Yield the table ``slices`` in pieces of ``size`` rows (one, without rows, if there are none).

    All pieces have the same schema.
    """
    import pyarrow as pa

    columns = _SliceColumns(table)
    for first in range(0, max(len(table.slices), 1), size):
        part = columns(slice(first, first + size))
        yield pa.table(part).replace_schema_metadata(_metadata(table))


def rows_as_arrow(table: TraceTable, result: Any) -> pa.Table:
    """Return a result of ``trace.metrics`` (its columns of one length) as an Arrow table."""
    import pyarrow as pa

    texts = _Texts(table)
    columns = {}
    for field in dataclasses.fields(result):
        value = getattr(result, field.name)
        if not isinstance(value, np.ndarray) or field.name in _HIDDEN:
            continue
        columns[field.name] = _column(texts, field.name, value)
    return pa.table(columns)


def _column(texts: _Texts, name: str, values: NDArray[Any]) -> Any:
    if name in _TEXTS:
        return texts(values)
    if name == "kind":
        return texts.of(values, _KINDS)
    return _known(values) if name in ("device", "first") else values


def _known(values: NDArray[Any]) -> Any:
    import pyarrow as pa

    return pa.array(values, mask=values < 0)


def _metadata(table: TraceTable) -> dict[str, str]:
    return {
        "file": sound(table.path.name),
        "source": table.source,
        "origin_ns": str(table.origin_ns),
        "absolute": str(table.absolute).lower(),
        "duration_ns": str(table.duration_ns),
    }


_KINDS = [kind.name.lower() for kind in Kind]


class _SliceColumns:
    """The columns of ``slices``, for any part of its rows."""

    def __init__(self, table: TraceTable) -> None:
        self._slices = table.slices
        self._texts = _Texts(table)
        self._self_ns = trees.slices_self_ns(table.slices)
        self._device = device_of(table)
        tracks = table.tracks
        self._stream = np.array([-1 if t.stream is None else t.stream for t in tracks], np.int64)
        self._process = [sound(t.process or t.pid) for t in tracks]
        self._thread = [sound(t.thread or t.tid) for t in tracks]

    def __call__(self, part: slice) -> dict[str, Any]:
        s, texts = self._slices, self._texts
        track = s.track[part]
        return {
            "row": np.arange(len(s), dtype=np.int32)[part],
            "name": texts(s.name[part]),
            "category": texts(s.category[part]),
            "kind": texts.of(s.kind[part], _KINDS),
            "start_ns": s.start[part],
            "duration_ns": s.duration[part],
            "self_ns": self._self_ns[part],
            "process": texts.of(track, self._process),
            "thread": texts.of(track, self._thread),
            "device": _known(self._device[track]),
            "stream": _known(self._stream[track]),
            "track": track,
            "depth": s.depth[part],
            "parent": _known(s.parent[part]),
            "correlation": _known(s.correlation[part]),
            "launch": _known(s.launch[part]),
            "operator": _known(s.operator[part]),
            "partner": _known(s.partner[part]),
            "shape": texts(s.shape[part]),
        }


def _slices(table: TraceTable) -> dict[str, Any]:
    return _SliceColumns(table)(slice(None))


def _tracks(table: TraceTable) -> dict[str, Any]:
    import pyarrow as pa

    tracks = table.tracks
    return {
        "track": np.arange(len(tracks), dtype=np.int32),
        "pid": pa.array([sound(t.pid) for t in tracks], "string"),
        "tid": pa.array([sound(t.tid) for t in tracks], "string"),
        "process": pa.array([sound(t.process) for t in tracks], "string"),
        "thread": pa.array([sound(t.thread) for t in tracks], "string"),
        "device": pa.array([t.device for t in tracks], "int32"),
        "stream": pa.array([t.stream for t in tracks], "int64"),
        "slices": np.array([t.count for t in tracks], np.int64),
        "depth": np.array([t.depth for t in tracks], np.int32),
    }


def _operators(table: TraceTable) -> dict[str, Any]:
    import pyarrow as pa

    found = rows_as_arrow(table, metrics.by_operator(table))
    made = {name: found[name] for name in found.column_names if name not in ("shape", "first")}
    if not metrics.has_device_work(table):
        made |= {name: pa.nulls(len(found), "int64") for name in ("device_ns", "device_self_ns")}
    return made


def _kernels(table: TraceTable) -> dict[str, Any]:
    found = rows_as_arrow(table, metrics.by_kernel(table))
    return {name: found[name] for name in found.column_names}


def _counters(table: TraceTable) -> dict[str, Any]:
    counters = table.counters
    texts = _Texts(table)
    number = np.repeat(np.arange(len(counters), dtype=np.int32), [len(c.time) for c in counters])
    nothing = np.zeros(0)
    return {
        "name": texts.of(number, [sound(c.name) for c in counters]),
        "process": texts.of(number, [sound(c.process or c.pid) for c in counters]),
        "time_ns": np.concatenate([nothing.astype(np.int64), *(c.time for c in counters)]),
        "value": np.concatenate([nothing, *(c.value for c in counters)]),
    }


def _memory(table: TraceTable) -> dict[str, Any]:
    events = table.memory
    return {
        "time_ns": events.time,
        "device_type": _known(events.device_type),
        "device": _known(events.device),
        "bytes": events.size,
        "address": events.address,
        "allocated": _known(events.allocated),
        "reserved": _known(events.reserved),
    }


def _steps(table: TraceTable) -> dict[str, Any]:
    import pyarrow as pa

    split = metrics.split_steps(table)
    steps = split.steps
    return {
        "name": pa.array([sound(name) for name in steps.names], "string"),
        "origin": pa.array([steps.origin] * len(steps), "string"),
        "start_ns": steps.start,
        "duration_ns": steps.duration,
        **{f"{part}_ns": split.parts[:, i] for i, part in enumerate(metrics.PARTS)},
    }


def _devices(table: TraceTable) -> dict[str, Any]:
    import pyarrow as pa

    found = [dataclasses.asdict(device) for device in metrics.by_device(table)]
    schema = pa.schema(
        [("id", "int32"), ("name", "string")] + [(name, "int64") for name in _DEVICE_NUMBERS]
    )
    made = pa.Table.from_pylist(found, schema=schema)
    return {name: made[name] for name in made.column_names}


_DEVICE_NUMBERS = (
    "streams",
    "kernels",
    "kernel_ns",
    "first_ns",
    "span_ns",
    "busy_ns",
    "compute_ns",
    "communication_ns",
    "overlap_ns",
)


def _instants(table: TraceTable) -> dict[str, Any]:
    marks, texts = table.instants, _Texts(table)
    return {
        "time_ns": marks.time,
        "name": texts(marks.name),
        "category": texts(marks.category),
        "track": _known(marks.track),
    }


def _flows(table: TraceTable) -> dict[str, Any]:
    flows = table.flows
    return {
        "source": flows.source,
        "target": flows.target,
        "category": _Texts(table)(flows.category),
    }


TABLES: dict[str, Callable[[TraceTable], dict[str, Any]]] = {
    "slices": _slices,
    "tracks": _tracks,
    "operators": _operators,
    "kernels": _kernels,
    "devices": _devices,
    "steps": _steps,
    "counters": _counters,
    "memory": _memory,
    "instants": _instants,
    "flows": _flows,
}
"""Name of each table → its columns."""
