"""What is said of a comparison that is carried out: its name, where it stands, how it ended."""

from __future__ import annotations

from pathlib import Path

from diptych.gui.text.plain import one_line
from diptych.gui.text.tr import tr
from diptych.profiling.records.experiment import Experiment, ExperimentState

_NAMED = 2
"""Sides that are named before the others are only counted."""


def title(experiment: Experiment) -> str:
    """Return the name a person gave it, else such as ``resnet18: PyTorch eager against …``."""
    if experiment.name:
        return one_line(experiment.name)
    first = experiment.sides[0].request
    subject = first.workload or Path(first.script or "").name
    labels = [side.label for side in experiment.sides]
    if len(labels) > _NAMED:
        return tr(
            "{subject}: {first} against {n} others", subject=subject, first=labels[0],
            n=len(labels) - 1,
        )  # fmt: skip
    return tr("{subject}: {first} against {other}", subject=subject, first=labels[0],
              other=labels[-1])  # fmt: skip


def stage(experiment: Experiment, state: ExperimentState) -> str:
    """Return where it stands, such as ``Turn 14 of 40: MXNet hybridize``."""
    values = {"n": min(state.done + 1, max(state.total, 1)), "total": state.total}
    side = one_line(state.text)
    if state.stage == "parity":
        return tr("Same weights, run {n} of {total}: {side}", side=side, **values)
    if state.stage == "profile":
        return tr("Operators, run {n} of {total}: {side}", side=side, **values)
    if state.stage == "race" and side and experiment.order == "turns":
        return tr("Turn {n} of {total}: {side}", side=side, **values)
    if state.stage == "race" and side:
        return tr("Run {n} of {total}: {side}", side=side, **values)
    return tr("Starting {side}", side=side) if side else tr("Starting")


def fraction(state: ExperimentState) -> float:
    """Return how much of its present stage is over, from 0 to 1."""
    return state.done / state.total if state.total else 0.0


def ended(state: ExperimentState) -> str:
    """Return how it ended."""
    return tr("Done") if state.status == "done" else tr("Cancelled")
