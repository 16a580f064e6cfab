"""What lies in a stretch of a trace, as tables: kernels, operators, idle gaps, memory.

No Qt here. Each function may take up to 100 ms with ten million slices, so
views call them beside the GUI's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diptych.gui.models.trace_names import COLOURS, distinct, short
from diptych.gui.models.trace_scene import Scene
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.profiling.trace import metrics
from diptych.profiling.trace.table import DEVICE_WORK, Int32, Kind

_CALLS = (Kind.OPERATOR, Kind.ENGINE, Kind.RUNTIME, Kind.SYNC, Kind.DATA)
"""What the host does itself; ranges and frames only contain it."""
_MOST_GAPS = 5000
"""Rows that anybody looks through."""
TABS = ("kernels", "operators", "idle", "memory")


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: texts, or numbers that are shown with ``decimals``."""

    key: str
    title: str
    values: NDArray[Any]
    decimals: int = 0
    hint: str = ""
    bar: bool = False
    """Whether a bar from zero stands beside the number."""

    @property
    def is_text(self) -> bool:
        """Whether the values are texts."""
        return self.values.dtype.kind not in "fiu"


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of one tab; ``nothing`` says why it has no rows."""

    columns: Sequence[TableColumn]
    row: Int32
    """A slice for each row, to jump to; −1 without one."""
    colour: Sequence[str]
    nothing: str = ""
    summary: str = ""
    tips: Sequence[str] = field(default_factory=tuple)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.row)


def in_stretch(scene: Scene, tab: str, low: int, high: int) -> Rows:
    """Return the table of a tab for the stretch of ``low`` to ``high`` ns."""
    of_tab: dict[str, Callable[[Scene, int, int], Rows]] = {
        "kernels": _kernels,
        "operators": _operators,
        "idle": _idle,
        "memory": _memory,
    }
    return of_tab[tab](scene, low, high)


def unit_of(most: float) -> tuple[float, str, int]:
    """Return factor, unit and decimals for a column of times up to ``most`` ns."""
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if most >= size:
            return 1 / size, unit, 3
    return 1.0, "ns", 0


def _empty(why: str) -> Rows:
    return Rows((), np.empty(0, np.int32), (), why)


def _times(title: str, key: str, values: NDArray[Any], *, bar: bool = False) -> TableColumn:
    scale, unit, decimals = unit_of(float(values.max(initial=0)))
    name = tr("{title}, {unit}", title=title, unit=unit)
    return TableColumn(key, name, values * scale, decimals, bar=bar)


def _kernels(scene: Scene, low: int, high: int) -> Rows:
    tracks = [n for n, track in enumerate(scene.table.tracks) if track.device is not None]
    if not tracks:
        return _empty(tr("This trace has no work on a device: it was recorded on a CPU."))
    rows = metrics.select(scene.table, low, high, tracks)
    kind = scene.table.slices.kind[rows.first]
    keep = np.isin(kind, np.array(DEVICE_WORK, np.uint8))
    made = _summed(scene, rows, keep, tr("Kernel"), of_self=False)
    if not len(made):
        return _empty(tr("No device works in this stretch."))
    return made


def _operators(scene: Scene, low: int, high: int) -> Rows:
    tracks = [n for n, track in enumerate(scene.table.tracks) if track.device is None]
    rows = metrics.select(scene.table, low, high, tracks)
    kinds = scene.table.slices.kind[rows.first]
    keep = np.isin(kinds, np.array(_CALLS, np.uint8))
    if not (kinds == Kind.OPERATOR).any():
        # A file that names no operators: whatever it names is listed.
        keep = np.ones(len(kinds), bool)
    made = _summed(scene, rows, keep, tr("Operator"), of_self=True)
    return made if len(made) else _empty(tr("Nothing runs on the host in this stretch."))


def _summed(
    scene: Scene,
    rows: metrics.selection.SelectionRows,
    keep: NDArray[Any],
    title: str,
    *,
    of_self: bool,
) -> Rows:
    first, base = rows.first[keep], (rows.self_ns if of_self else rows.total_ns)[keep]
    texts = [scene.table.text(int(number)) for number in rows.name[keep]]
    whole = int(base.sum())
    share = base / whole * 100 if whole else np.zeros(len(base))
    hint = tr("Of the time of all rows")
    columns = [
        TableColumn("name", title, np.array(distinct(texts), object)),
        TableColumn("count", tr("Count"), rows.calls[keep]),
        _times(tr("Total"), "total", rows.total_ns[keep], bar=not of_self),
        _times(tr("Mean"), "mean", rows.mean_ns[keep]),
        TableColumn("share", tr("Share, %"), share, 1, hint),
    ]
    if of_self:
        columns.insert(3, _times(tr("Self"), "self", rows.self_ns[keep], bar=True))
    calls = int(rows.calls[keep].sum())
    summary = tr("{calls} slices, {names} names", calls=f"{calls:,}", names=f"{len(texts):,}")
    colour = [COLOURS[number] for number in scene.lod.colour[first].tolist()]
    return Rows(columns, first, colour, summary=summary, tips=texts)


@dataclass(frozen=True, slots=True)
class _Gaps:
    start: NDArray[Any]
    length: NDArray[Any]
    after: NDArray[Any]
    cause: NDArray[Any]
    device: NDArray[Any]


def _idle(scene: Scene, low: int, high: int) -> Rows:
    """Return the gaps of each device, the longest first."""
    found = [gaps.within(low, high) for gaps in metrics.gaps_by_device(scene.table)]
    if not found:
        return _empty(tr("This trace has no work on a device, so no gaps in it either."))
    length = np.concatenate([gaps.duration for gaps in found])
    if not len(length):
        return _empty(tr("The device has no gap in this stretch."))
    order = np.argsort(-length, kind="stable")[:_MOST_GAPS]
    gaps = _Gaps(
        np.concatenate([gaps.start for gaps in found])[order],
        length[order],
        np.concatenate([gaps.after for gaps in found])[order],
        np.concatenate([gaps.cause for gaps in found])[order],
        np.concatenate([np.full(len(gaps.start), gaps.device) for gaps in found])[order],
    )
    return _gap_rows(scene, gaps, high - low, (len(length), int(length.sum())))


def _gap_rows(scene: Scene, gaps: _Gaps, extent: int, whole: tuple[int, int]) -> Rows:
    """Return rows of gaps; ``whole`` is how many there are in all, and how long."""
    table = scene.table
    causes = (tr("waits for the host"), tr("between kernels"), tr("other"), tr("not known"))
    names = [short(table.text(int(table.slices.name[row]))) for row in gaps.after]
    scale, unit, decimals = unit_of(float(table.duration_ns))
    begin = TableColumn(
        "start", tr("Start, {unit}", unit=unit), gaps.start * scale, min(6, decimals + 1)
    )
    columns = [
        TableColumn("name", tr("Idle until"), np.array(names, object)),
        TableColumn("cause", tr("Cause"), np.array([causes[c] for c in gaps.cause], object)),
        TableColumn("device", tr("GPU"), gaps.device),
        begin,
        _times(tr("Gap"), "gap", gaps.length, bar=True),
        TableColumn("share", tr("Share, %"), gaps.length / max(extent, 1) * 100, 1,
                    tr("Of the stretch")),
    ]  # fmt: skip
    colour = [COLOURS[n] for n in scene.lod.colour[gaps.after].tolist()]
    summary = trn(
        "{n} gap, {time} idle", "{n} gaps, {time} idle", whole[0], time=fmt.duration(whole[1])
    )
    if whole[0] > len(names):
        summary = tr("{all}; the {n} longest", all=summary, n=f"{len(names):,}")
    return Rows(columns, gaps.after.astype(np.int32), colour, summary=summary, tips=names)


def _memory(scene: Scene, low: int, high: int) -> Rows:
    events = scene.table.memory
    if not len(events.time):
        return _empty(tr("This trace has no memory events: record with the option Memory."))
    here = (events.time >= low) & (events.time <= high)
    pairs = np.stack([events.device_type[here], events.device[here]], axis=1)
    curves = {curve.device: curve for curve in metrics.memory_curves(scene.table)}
    lines = []
    for kind, number in np.unique(pairs, axis=0).tolist():
        mine = here & (events.device_type == kind) & (events.device == number)
        size = events.size[mine]
        name = "cpu" if kind == 0 else f"gpu {number}"
        curve = curves.get(name)
        inside = curve.allocated[(curve.time >= low) & (curve.time <= high)] if curve else size[:0]
        shown = tr("CPU") if kind == 0 else tr("GPU {device}", device=number)
        up, down = int(size[size > 0].sum()), int(-size[size < 0].sum())
        most = float(inside.max()) if len(inside) else float("nan")
        lines.append((shown, len(size), up, down, up - down, most))
    if not lines:
        return _empty(tr("No memory was taken or freed in this stretch."))
    titles = (tr("Allocated, MiB"), tr("Freed, MiB"), tr("Net, MiB"), tr("Peak, MiB"))
    sizes = [np.array([line[at] for line in lines], np.float64) / 2**20 for at in range(2, 6)]
    columns = [
        TableColumn("name", tr("Memory of"), np.array([line[0] for line in lines], object)),
        TableColumn("count", tr("Events"), np.array([line[1] for line in lines])),
        *(
            TableColumn(f"size{at}", title, value, 2, bar=at == 0)
            for at, (title, value) in enumerate(zip(titles, sizes, strict=True))
        ),
    ]
    return Rows(columns, np.full(len(lines), -1, np.int32), ["copy"] * len(lines))
