"""Words that more than one view says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One of `ProfileOptions`: what it adds and what it costs."""

    key: str
    title: str
    help: str
    cost: str


OPTIONS = (
    Option(
        "shapes",
        "Shapes",
        "Input shapes of every operator.",
        "A little time per operator; traces about a third larger. PyTorch only.",
    ),
    Option(
        "stacks",
        "Stacks",
        "The Python line that called each operator.",
        "Steps in the window run noticeably slower; traces several times larger. PyTorch only.",
    ),
    Option(
        "memory",
        "Memory",
        "What each operator allocates and frees.",
        "An event per allocation; traces about twice as large.",
    ),
)

OBSERVE = "Watches without disturbing; the device may run ahead of the Python loop."
FENCED = "Waits for the device at the end of each step: the same ruler for both frameworks."
