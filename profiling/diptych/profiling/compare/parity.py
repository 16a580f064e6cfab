"""Whether two sides compute the same numbers: their loss curves, step by step.

Both have to start from the same weights and see the same data. What rounding
alone may do grows with the steps; how it is bounded is in docs/metrics.md,
"Comparison".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diptych.profiling.runs.snapshot import RunSnapshot

Status = Literal["same", "different", "unknown"]

EPSILON = {"fp64": 2.0**-52, "fp32": 2.0**-23, "tf32": 2.0**-10, "fp16": 2.0**-10, "bf16": 2.0**-7}
"""Distance from 1 to the next number that the dtype has."""

LEAST = 5
"""Fewer losses of both sides prove nothing."""

STEPS = 30
"""So many steps are looked at: what comes later tells of chaos, not of the models."""

_FORWARD = 64
"""Roundings that one forward pass may add up."""

_MOST = 0.1
"""However long it goes on: curves further apart are not the same."""

_OVER_DRIFT = 10
"""A measured drift counts as bound when it is multiplied by this."""


@dataclass(frozen=True, slots=True)
class Parity:
    """The outcome. Differences and ``tolerance`` are relative to the largest loss so far.

    ``difference`` and ``tolerance`` have one value a step that was compared,
    NaN where a side has no loss; ``first_step_beyond`` counts from 0.
    """

    status: Status
    text: str
    max_rel_diff: float | None = None
    first_step_beyond: int | None = None
    tolerance: tuple[float, ...] = ()
    difference: tuple[float, ...] = ()
    compared: int = 0


def tolerance(dtype: str, steps: int) -> NDArray[np.float64]:
    """Return how far apart rounding may bring two curves, by step, shape (steps,).

    64 ε at the first step, which no update has touched; at step n (from 1) after
    it √ε 3ⁿ⁻¹: one update turns a rounding into as much as √ε where normalisation
    and ReLU amplify it, and each further one triples that; never more than 0.1.
    Raises KeyError for another dtype.
    """
    epsilon = EPSILON[dtype]
    growth = 3.0 ** np.minimum(np.arange(steps), 60)
    allowed = math.sqrt(epsilon) * growth
    allowed[:1] = _FORWARD * epsilon
    return np.asarray(np.minimum(allowed, _MOST))


def parity(
    a: ArrayLike, b: ArrayLike, dtype: str, drift: ArrayLike | None = None, steps: int = STEPS
) -> Parity:
    """Compare two loss curves from the same weights and data, shape (steps,) each.

    NaN says that a loss is not known. ``drift`` is the curve of side ``a`` from
    weights that differ in their last bit, where somebody made one: ten times what it
    differs from ``a`` is then the bound (never less than the first step's, never more than
    without it), which tells much smaller errors.
    """
    if dtype not in EPSILON:
        return Parity("unknown", f"no tolerance is known for {dtype}")
    left, right = _curves(a, b, steps)
    difference = relative(left, right)
    known = np.isfinite(difference)
    if np.any(np.isinf(left) | np.isinf(right)):
        return Parity("unknown", "a loss is infinite")
    if abs(_last(left) - _last(right)) >= LEAST:
        return Parity("unknown", "the losses of one side end before those of the other")
    if known.sum() < min(LEAST, steps):
        return Parity("unknown", f"only {known.sum()} steps have a loss on both sides")
    allowed = tolerance(dtype, len(left))
    if drift is not None:
        allowed = np.minimum(allowed, _measured(left, drift, dtype))
    beyond = np.flatnonzero(known & (difference > allowed))
    first = int(beyond[0]) if len(beyond) else None
    return Parity(
        "same" if first is None else "different",
        _text(first, difference, allowed, int(known.sum())),
        float(np.nanmax(difference)), first,
        tuple(allowed.tolist()), tuple(difference.tolist()), int(known.sum()),
    )  # fmt: skip


def parity_of_runs(a: RunSnapshot, b: RunSnapshot, drift: RunSnapshot | None = None) -> Parity:
    """Compare what two runs of workloads recorded; see `parity`.

    That they were given the same weights is for the caller to see to; here only
    their precision is looked at.
    """
    found = {
        run.manifest.request.knobs.get("precision") if run.manifest else None for run in (a, b)
    }
    dtype = found.pop()
    if found or dtype is None:
        text = "different precision" if found else "the precision is not known"
        return Parity("unknown", f"{text}: no tolerance holds")
    other = None if drift is None else _losses(drift)
    return parity(_losses(a), _losses(b), str(dtype), other)


def _losses(run: RunSnapshot) -> NDArray[np.float64]:
    """Return the first losses by number of the step; NaN where there is none."""
    first = np.full(STEPS, np.nan)
    early = run.steps.n < STEPS
    first[run.steps.n[early]] = run.steps.loss[early]
    count = int(run.steps.n[early].max(initial=-1)) + 1
    return first[:count]


def write_drifted(source: Path, target: Path, seed: int = 0) -> None:
    """Write weights that differ from those of ``source`` in the last bit, up or down.

    Both are files of ``--save-init``. A side that starts from ``target`` shows
    what rounding does to its model: the ``drift`` of `parity`. Raises OSError and
    ValueError where ``source`` cannot be read.
    """
    generator = np.random.default_rng(seed)
    with np.load(source) as file:
        arrays = {name: file[name] for name in file.files}
    for name, array in arrays.items():
        if name.startswith("p"):
            towards = np.where(generator.random(array.shape) < 0.5, -np.inf, np.inf)
            arrays[name] = np.nextafter(array, towards.astype(array.dtype))
    with target.open("wb") as raw:
        np.savez(raw, **arrays)


def relative(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the difference by step, relative to the largest loss of either side so far.

    Relative to the loss itself it would grow without bound where a model learns its data.
    """
    scale = np.fmax.accumulate(np.fmax(np.abs(a), np.abs(b)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(a == b, 0.0, np.abs(a - b) / scale))


def _curves(
    a: ArrayLike, b: ArrayLike, steps: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    left, right = np.asarray(a, np.float64)[:steps], np.asarray(b, np.float64)[:steps]
    count = min(len(left), len(right))
    return left[:count], right[:count]


def _last(curve: NDArray[np.float64]) -> int:
    """Return the last step with a loss, -1 where there is none."""
    return int(np.flatnonzero(np.isfinite(curve)).max(initial=-1))


def _measured(a: NDArray[np.float64], drift: ArrayLike, dtype: str) -> NDArray[np.float64]:
    other = np.asarray(drift, np.float64)[: len(a)]
    found = np.full(len(a), np.inf)
    apart = relative(a[: len(other)], other)
    found[: len(other)] = _OVER_DRIFT * np.fmax.accumulate(np.fmax(apart, 0.0))
    return np.asarray(np.fmax(found, _FORWARD * EPSILON[dtype]))


def _text(
    first: int | None, difference: NDArray[np.float64], allowed: NDArray[np.float64], count: int
) -> str:
    if first is None:
        return f"{count} losses agree; the largest difference is {np.nanmax(difference):.1e}"
    found = f"the losses differ by {difference[first]:.1e} at step {first + 1}"
    where = " before any update: other weights, data or models" if first == 0 else ""
    return f"{found}{where}; rounding explains at most {allowed[first]:.1e}"
