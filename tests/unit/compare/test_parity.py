"""Rounding is let pass, other numbers are not."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.helpers.fake_run import make_run

from diptych.profiling.compare.parity import (
    EPSILON,
    LEAST,
    STEPS,
    parity,
    parity_of_runs,
    relative,
    tolerance,
    write_drifted,
)
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot

N = 24
CURVE: NDArray[np.float64] = 2.3 * np.exp(-np.arange(N) / 8.0)


def test_equal_curves_are_the_same() -> None:
    found = parity(CURVE, CURVE, "fp32")
    assert (found.status, found.max_rel_diff, found.first_step_beyond) == ("same", 0, None)
    assert len(found.tolerance) == len(found.difference) == found.compared == N


def test_the_tolerance_follows_from_dtype_and_steps() -> None:
    single = tolerance("fp32", 40)
    assert single[0] == 64 * 2.0**-23
    assert single[1] == pytest.approx(3 * math.sqrt(2.0**-23))
    assert np.all(np.diff(single) >= 0)
    assert single[-1] == 0.1
    for small, large in (("fp64", "fp32"), ("fp32", "bf16")):
        assert np.all(tolerance(small, 5) < tolerance(large, 5))
    assert len(tolerance("fp32", 0)) == 0
    assert np.isfinite(tolerance("fp32", 5000)).all()


def test_a_difference_before_any_update_is_another_model() -> None:
    found = parity(CURVE * (1 + 1e-4), CURVE, "fp32")
    assert (found.status, found.first_step_beyond) == ("different", 0)
    assert "before any update" in found.text


def test_what_grows_as_rounding_does_passes_and_what_jumps_does_not() -> None:
    growing = CURVE * (1 + np.minimum(1e-7 * 4.0 ** np.arange(N), 0.02))
    assert parity(CURVE, growing, "fp32").status == "same"
    jumped = CURVE.copy()
    jumped[1:] *= 1.01
    found = parity(CURVE, jumped, "fp32")
    assert (found.status, found.first_step_beyond) == ("different", 1)


def test_a_measured_drift_tells_small_errors_of_well_behaved_models() -> None:
    drift = CURVE * (1 + 2e-7)
    slower = CURVE * np.exp(np.arange(N) * 2e-5)
    assert parity(CURVE, slower, "fp32").status == "same"
    assert parity(CURVE, slower, "fp32", drift).status == "different"
    assert parity(CURVE, CURVE * (1 + 1e-6), "fp32", drift).status == "same"


def test_differences_are_relative_to_the_largest_loss_so_far() -> None:
    assert relative(np.array([4.0, 1e-6]), np.array([4.0, 3e-6]))[1] == pytest.approx(5e-7)
    assert relative(np.zeros(2), np.zeros(2)).tolist() == [0, 0]


def with_nan(at: slice) -> NDArray[np.float64]:
    curve: NDArray[np.float64] = np.array(CURVE, np.float64)
    curve[at] = np.nan
    return curve


@pytest.mark.parametrize(
    ("a", "b", "dtype", "says"),
    [
        (CURVE, CURVE, "int8", "no tolerance is known for int8"),
        (CURVE[: LEAST - 1], CURVE, "fp32", "only 4 steps"),
        (with_nan(slice(None)), CURVE, "fp32", "only 0 steps|end before"),
        (CURVE, with_nan(slice(10, None)), "fp32", "end before"),
        (CURVE, np.where(CURVE < 1, np.inf, CURVE), "fp32", "infinite"),
        ([], [], "fp32", "only 0 steps"),
    ],
)
def test_what_cannot_be_told_is_unknown(a: object, b: object, dtype: str, says: str) -> None:
    found = parity(np.asarray(a), np.asarray(b), dtype)
    assert found.status == "unknown"
    assert any(part in found.text for part in says.split("|"))
    assert found.max_rel_diff is None


def test_losses_that_were_not_read_are_left_out() -> None:
    found = parity(with_nan(slice(1, None, 2)), CURVE, "fp32")
    assert (found.status, found.compared) == ("same", N // 2)


def test_only_the_first_steps_are_looked_at() -> None:
    long = np.concatenate((CURVE, np.ones(200)))
    other = np.concatenate((CURVE, np.ones(16), np.full(184, 9.0)))
    assert parity(long, other, "fp32").compared == STEPS
    assert parity(long, other, "fp32").status == "same"


def test_drifted_weights_differ_in_their_last_bit(tmp_path: Path) -> None:
    weights = np.linspace(-2, 2, 1000, dtype=np.float32)
    with (tmp_path / "a.npz").open("wb") as file:
        np.savez(file, p0000=weights, s0000=np.ones(3, np.float32))
    write_drifted(tmp_path / "a.npz", tmp_path / "b.npz")
    with np.load(tmp_path / "b.npz") as found:
        assert found["s0000"].tolist() == [1, 1, 1]
        assert found["p0000"].dtype == np.float32
        moved = np.abs(found["p0000"] - weights)
        assert np.all(moved > 0)
        assert np.all(moved <= np.spacing(np.abs(weights)))
    assert EPSILON["fp32"] == np.finfo(np.float32).eps


def run_of(folder: Path, seed: int, **knobs: str) -> RunSnapshot:
    session = RunSession(make_run(folder, seed=seed, steps=40, window_at=None))
    snapshot = session.drain()
    session.close()
    assert snapshot.manifest is not None
    request = msgspec.structs.replace(snapshot.manifest.request, knobs=knobs)
    manifest = msgspec.structs.replace(snapshot.manifest, request=request)
    return replace(snapshot, manifest=manifest)


def test_runs_are_compared_by_what_they_recorded(tmp_path: Path) -> None:
    a, b = (run_of(tmp_path, seed, precision="fp32") for seed in (1, 2))
    again = parity_of_runs(a, a)
    assert (again.status, again.compared) == ("same", STEPS)
    found = parity_of_runs(a, b)
    assert (found.status, found.first_step_beyond) == ("different", 0)
    assert parity_of_runs(a, a, drift=b).status == "same"


def test_runs_of_other_or_unknown_precision_are_not_compared(tmp_path: Path) -> None:
    single, half = (run_of(tmp_path, s, precision=p) for s, p in ((1, "fp32"), (2, "bf16")))
    script = run_of(tmp_path, 3)
    assert parity_of_runs(single, half).text == "different precision: no tolerance holds"
    for pair in ((script, script), (single, script)):
        assert parity_of_runs(*pair).status == "unknown"
