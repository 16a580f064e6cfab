"""From one side's step to another's: what each family of operators adds or saves."""

from __future__ import annotations

from collections.abc import Sequence

from diptych.profiling.compare.why import Why
from diptych.profiling.report.drawing.frame import WIDTH, Figure, across, drawing, text
from diptych.profiling.report.drawing.ratio import shortened
from diptych.profiling.report.looks import Look
from diptych.profiling.report.markup import Piece, coordinate, tag
from diptych.profiling.report.scale import Axis, digits_for, fixed

_TOP, _ROW, _BAR, _NAMES, _END = 6, 26, 14, 220, 90
Named = tuple[str, float]
"""What a bar is called, and how many ms it adds."""


def waterfall(
    why: Why, names: Sequence[str], labels: tuple[str, str], marks: tuple[Look, Look]
) -> Figure | None:
    """Return the figure of ``why.families``, called ``names``; ``None`` where there is none."""
    if not why.comparable or not why.families:
        return None
    bars = [(name, bar.delta / 1e6) for name, bar in zip(names, why.families, strict=True)]
    start, end = why.a / 1e6, why.b / 1e6
    axis = _axis(start, bars)
    bottom = _TOP + _ROW * (len(bars) + 2)
    digits = decimals(why)
    parts: list[Piece] = [*across(axis, _TOP, bottom)]
    parts += _end(0, shortened(labels[0]), start, axis, marks[0], digits)
    now = start
    for row, (name, delta) in enumerate(bars, start=1):
        look = marks[1] if delta >= 0 else marks[0]
        parts += _bar(row, name, now, delta, axis, look, digits)
        now += delta
    parts += _end(len(bars) + 1, shortened(labels[1]), end, axis, marks[1], digits)
    says = f"A step of {labels[0]} takes {fixed(start, digits)} ms, one of {labels[1]} " + (
        f"{fixed(end, digits)} ms. "
        + ", ".join(f"{name} {fixed(d, digits, sign=True)}" for name, d in bars)
    )
    title = f"From a step of {labels[0]} to one of {labels[1]}"
    notes = (
        "Steps of the profiled runs, by families of operators; the scale does not begin at 0.",
        f"Compared is {why.what}.",
    )
    return Figure(title, "ms", f"{says}.", drawing(bottom + 24, title, f"{says}.", parts), notes)


def decimals(why: Why) -> int:
    """Return how many decimals of a ms tell bars apart: two digits of the largest."""
    largest = max((abs(bar.delta) for bar in why.families), default=0)
    return max(digits_for([largest / 1e6]), digits_for([why.a / 1e6], 4))


def _axis(start: float, bars: Sequence[Named]) -> Axis:
    places = [start]
    for _, delta in bars:
        places.append(places[-1] + delta)
    low, high = min(places), max(places)
    room = max((high - low) * 0.05, high * 0.005)
    return Axis(low - room, high + room, _NAMES, WIDTH - _END)


def _middle(row: int) -> float:
    return _TOP + _ROW * (row + 0.5)


def _end(row: int, label: str, value: float, axis: Axis, look: Look, digits: int) -> list[Piece]:
    y = _middle(row)
    return [
        text(_NAMES - 16, y + 4, label, anchor="end", class_="name"),
        tag("g", look.mark(axis(value), y, 5), class_=look.hue),
        text(WIDTH - 8, y + 4, fixed(value, digits), anchor="end", class_="name"),
    ]


def _bar(
    row: int, name: str, now: float, delta: float, axis: Axis, look: Look, digits: int
) -> list[Piece]:
    y = _middle(row)
    left, right = sorted((axis(now), axis(now + delta)))
    joint = f"M{coordinate(axis(now))} {coordinate(y - _ROW + _BAR / 2)}V{coordinate(y)}"
    box = tag("rect", x=left, y=y - _BAR / 2, width=max(right - left, 1), height=_BAR, rx=2,
              class_="ink")  # fmt: skip
    return [
        tag("path", d=joint, class_="joint"),
        text(_NAMES - 16, y + 4, name, anchor="end", class_="label"),
        tag("g", box, class_=look.hue),
        text(WIDTH - 8, y + 4, fixed(delta, digits, sign=True), anchor="end", class_="value"),
    ]
