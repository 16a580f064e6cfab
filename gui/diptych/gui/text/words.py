"""Words that more than one view says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from diptych.gui.text.tr import tr
from diptych.profiling.runner.runtimes import TITLES


@dataclass(frozen=True, slots=True)
class Option:
    """One of `ProfileOptions`: what it adds and what it costs."""

    key: str
    title: str
    help: str
    cost: str
    only: str | None = None
    """The one framework whose profiler can do it; ``None`` where both can."""

    def lacking(self, frameworks: Collection[str | None]) -> str:
        """Say why it cannot be had of ``frameworks``; nothing while one can or is not known."""
        if self.only is None or not frameworks or {self.only, None} & set(frameworks):
            return ""
        titles = ", ".join(TITLES.get(name or "", name or "") for name in frameworks)
        return tr(
            "{only} only: {titles} does not record it.", only=TITLES[self.only], titles=titles
        )


OPTIONS = (
    Option(
        "shapes",
        tr("Shapes"),
        tr("Input shapes of every operator."),
        tr("A little time per operator; traces about a third larger. PyTorch only."),
        "torch",
    ),
    Option(
        "stacks",
        tr("Stacks"),
        tr("The Python line that called each operator."),
        tr("Steps in the window run noticeably slower; traces several times larger. PyTorch only."),
        "torch",
    ),
    Option(
        "memory",
        tr("Memory"),
        tr("What each operator allocates and frees."),
        tr("An event per allocation; traces about twice as large."),
    ),
)

OBSERVE = tr("Watches without disturbing; the device may run ahead of the Python loop.")
FENCED = tr("Waits for the device at the end of each step: the same ruler for both frameworks.")
