"""Where the Python thread's time of a step goes: one bar a side, phase beside phase."""

from __future__ import annotations

from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.records.kinds import PHASES
from diptych.profiling.report.drawing.frame import WIDTH, Figure, across, base, drawing, text
from diptych.profiling.report.drawing.ratio import shortened
from diptych.profiling.report.markup import Piece, tag
from diptych.profiling.report.scale import Axis, digits_for, fixed

_TOP, _ROW, _BAR, _NAMES, _END = 6, 34, 18, 220, 80


def phases(comparison: Comparison) -> Figure | None:
    """Return the figure; ``None`` where no side's phases are known."""
    sides = comparison.sides
    totals = [sum(v or 0.0 for v in side.phases.values()) for side in sides]
    if not any(totals):
        return None
    digits = digits_for(totals)
    axis = Axis(0, max(totals) * 1.02, _NAMES, WIDTH - _END)
    bottom = _TOP + _ROW * len(sides)
    parts: list[Piece] = [*across(axis, _TOP, bottom)]
    for row, (side, total) in enumerate(zip(sides, totals, strict=True)):
        y = _TOP + _ROW * (row + 0.5)
        parts.append(text(_NAMES - 16, y + 4, shortened(side.label), anchor="end", class_="name"))
        parts += _bars(side.phases, axis, y)
        parts.append(text(axis(total) + 8, y + 4, fixed(total, digits), class_="value"))
    parts.append(base(bottom, _NAMES, WIDTH - _END))
    says = "Mean time of each phase of a step. " + " ".join(
        f"{side.label}: " + ", ".join(f"{k} {fixed(v or 0.0, digits)}" for k, v in known) + " ms."
        for side in sides
        if (known := [(k, v) for k, v in side.phases.items() if v is not None])
    )
    legend = [tag("span", tag("i", class_=f"swatch p-{name}"), name) for name in PHASES]
    return Figure(
        "Phases of a step, means", "ms", says,
        drawing(bottom + 24, "Phases of a step", says, parts), _notes(comparison),
        tag("p", legend, class_="legend"),
    )  # fmt: skip


def _bars(values: dict[str, float | None], axis: Axis, y: float) -> list[Piece]:
    parts, done = [], 0.0
    for name in PHASES:
        length = values.get(name) or 0.0
        left, right = axis(done), axis(done + length)
        done += length
        if right > left:
            parts.append(tag("rect", x=left, y=y - _BAR / 2, width=right - left, height=_BAR,
                             class_=f"phase p-{name}"))  # fmt: skip
    return parts


def _notes(comparison: Comparison) -> tuple[str, ...]:
    running = [s.label for s in comparison.sides if s.run.ruler not in ("sync", "fence")]
    if not running:
        return ("Exclusive times of the Python thread; they add up to the mean step time.",)
    names = ", ".join(running)
    return (f"Exclusive times of the Python thread, which may run ahead of the device ({names}).",)
