"""How the sides of a comparison are drawn: as the runs that they are, wherever those are shown."""

from __future__ import annotations

from diptych.gui.models.selection import Look, Selection
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.runs.snapshot import RunSnapshot


def looks_of(comparison: Comparison, selection: Selection) -> tuple[Look, ...]:
    """Return the look of each side; one whose run is not shown gets a shade that is free."""
    looks: list[Look | None] = [
        selection.look(side.run.id) if side.run.id in selection.shown else None
        for side in comparison.sides
    ]
    for at, side in enumerate(comparison.sides):
        if looks[at] is None:
            looks[at] = _free(_framework(side.run), looks)
    return tuple(look for look in looks if look is not None)


def _free(framework: str | None, taken: list[Look | None]) -> Look:
    square = framework == "mxnet"
    used = [look.index for look in taken if look is not None and look.square == square]
    return Look(framework, min(range(3), key=lambda index: (used.count(index), index)))


def _framework(run: RunSnapshot) -> str | None:
    if run.framework is not None:
        return run.framework.name
    return run.manifest.request.framework if run.manifest else None
