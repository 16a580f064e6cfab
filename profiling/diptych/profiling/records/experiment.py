"""A comparison on disk: what was asked, ``comparison.json``, and how it stands, ``state.json``."""

from __future__ import annotations

from typing import Literal

import msgspec

from diptych.profiling.records.manifest import RunRequest

FORMAT = "diptych.comparison"
VERSION = (1, 0)

Order = Literal["turns", "sequence"]


class SideSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One side: what it is called, and the run that it is."""

    label: str
    request: RunRequest


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """Written once. ``created`` is Unix time in ns.

    ``turns``: after ``warm`` steps each side makes ``rounds`` x 2 turns of
    ``turn`` steps, one side at a time; without a number as many as the slowest
    side makes in a second. ``sequence``: one run after the other, of as many steps.
    ``noise`` runs the first side a second time, to learn what the machine does
    to one and the same work. ``parity`` compares the losses of the first steps
    from the same weights, ``why`` profiles each side once more, apart from the
    steps that are timed. ``sweep`` names the knob in which sides differ.
    """

    format: str = FORMAT
    version: tuple[int, int] = VERSION
    id: str
    created: int
    name: str | None = None
    sides: tuple[SideSpec, ...]
    order: Order = "turns"
    rounds: int = 10
    turn: int | None = None
    warm: int = 10
    noise: bool = True
    parity: bool = False
    why: bool = True
    sweep: str | None = None


class ParityRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Runs from the same weights, by side; ``drifted`` is the first side from other last bits."""

    runs: tuple[str, ...]
    drifted: str | None = None


class ExperimentState(msgspec.Struct, frozen=True, kw_only=True):
    """Rewritten whenever something changes.

    ``stage`` says what is done now, ``done`` of ``total`` pieces of it are over.
    Runs are given by their ids, by side; ``None`` where there is none (yet).
    """

    status: Literal["running", "done", "failed", "cancelled"] = "running"
    text: str = ""
    stage: Literal["parity", "starting", "race", "profile", "done"] = "starting"
    done: int = 0
    total: int = 0
    runs: tuple[str | None, ...] = ()
    noise: str | None = None
    turn: int | None = None
    """Steps of a turn, once that is known."""
    profiled: tuple[str | None, ...] = ()
    parity: ParityRuns | None = None
    parity_text: str | None = None
    """Why there is no parity, where it was wanted."""
    pid: int | None = None
