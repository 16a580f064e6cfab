"""The bars of the waterfall are the difference of the steps, to the nanosecond."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.fake_run import make_run
from tests.helpers.recorded_operators import recorded

from diptych.profiling.compare.breakdown import breakdown
from diptych.profiling.compare.explain import NoWindowError, explain
from diptych.profiling.compare.families import Classifier
from diptych.profiling.compare.families_data import built_in
from diptych.profiling.compare.why import REST, Why, why
from diptych.profiling.records.kinds import Operator, Operators
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.workloads.catalogue import WORKLOADS

RULES = Classifier(built_in())


def explained(a: Operators, b: Operators, a_step: int, b_step: int) -> Why:
    return why(breakdown(a, "torch", RULES), breakdown(b, "mxnet", RULES), a_step, b_step)


def adds_up(found: Why) -> None:
    for bars in (found.families, found.phases, found.cells):
        assert sum(bar.a for bar in bars) == found.a
        assert sum(bar.b for bar in bars) == found.b
        assert sum(bar.delta for bar in bars) == found.b - found.a


@pytest.mark.parametrize("workload", list(WORKLOADS))
def test_the_bars_of_every_workload_add_up(workload: str) -> None:
    found = explained(
        recorded(f"torch-{workload}"), recorded(f"mxnet-{workload}"), 90_000_001, 130_000_007
    )
    adds_up(found)
    assert found.comparable
    assert found.what == "time of execution on the CPU, without operators inside"
    assert (found.matched_share or 0) >= 0.95
    sizes = [abs(difference.bar.delta) for difference in found.top]
    assert sizes == sorted(sizes, reverse=True)
    assert all(difference.a or difference.b for difference in found.top)


NAMES = st.sampled_from(
    ["aten::mm", "aten::relu", "Convolution", "unheard_of", "relu,dot,add_n", "cpp_fused_add_mm_1"]
)
ROWS = st.lists(
    st.builds(
        Operator,
        name=NAMES,
        calls=st.integers(1, 50),
        phase=st.sampled_from([None, "forward", "backward", "optimizer", "other"]),
        host_self=st.integers(0, 10**12),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS, st.integers(1, 7), st.integers(0, 10**12), st.integers(0, 10**12))
def test_any_bars_add_up(
    a: list[Operator], b: list[Operator], steps: int, a_step: int, b_step: int
) -> None:
    left, right = (
        Operators(seq=0, t=0, window=0, rank=0, steps=steps, span=1, ops=tuple(ops))
        for ops in (a, b)
    )
    found = explained(left, right, a_step, b_step)
    if found.comparable:
        adds_up(found)
    else:
        assert not found.cells


def test_the_rest_is_last_and_may_be_negative() -> None:
    both = recorded("torch-mlp"), recorded("mxnet-mlp")
    found = explained(*both, 90_000_000, 1_000_000)
    assert found.families[-1].family == found.cells[-1].family == found.phases[-1].phase == REST
    assert found.families[-1].b < 0
    assert ("at_once", "B: operators ran at the same time; their sum exceeds the step") in (
        found.cautions
    )


def test_operators_behind_a_difference_are_named_on_both_sides() -> None:
    found = explained(recorded("torch-resnet18"), recorded("mxnet-resnet18"), 10**8, 10**8)
    cell = {(d.bar.family, d.bar.phase): d for d in found.top}
    convolution = cell["convolution", "backward"]
    assert convolution.a[0].name == "aten::convolution_backward"
    assert convolution.b[0].name == "_backward_Convolution"
    assert cell["optimizer", "optimizer"].b[0].name == "multi_sgd_mom_update"


def test_what_one_side_writes_out_is_said() -> None:
    found = explained(recorded("torch-gpt"), recorded("mxnet-gpt"), 10**8, 10**8)
    assert "written_out_attention" in dict(found.cautions)
    bulked = explained(recorded("torch-resnet18"), recorded("mxnet-resnet18-bulked"), 10**8, 10**8)
    assert "MXNET_EXEC_BULK" in dict(bulked.cautions)["hidden"]


def test_without_a_common_clock_there_are_no_bars() -> None:
    gpu = Operators(
        seq=0, t=0, window=0, rank=0, steps=1, span=1,
        ops=(Operator("Convolution", 1, "forward", "gpu/0", engine_self=5),),
    )  # fmt: skip
    found = explained(recorded("torch-mlp"), gpu, 10, 20)
    assert not found.comparable
    assert not found.families
    assert found.matched_share is None
    assert "waiting for the stream" in found.what


def run_with(folder: Path, framework: Literal["torch", "mxnet"], at: int | None) -> RunSnapshot:
    session = RunSession(make_run(folder, framework=framework, steps=60, window_at=at))
    snapshot = session.drain()
    session.close()
    return snapshot


def test_two_runs_are_explained_by_their_windows(tmp_path: Path) -> None:
    a, b = run_with(tmp_path, "torch", 20), run_with(tmp_path, "mxnet", 30)
    found = explain(a, b, RULES)
    adds_up(found)
    inside = (a.steps.n >= 20) & (a.steps.n < 25)
    assert found.a == round(float(a.steps.completed[inside].mean()))
    slowed = [text for code, text in found.cautions if code == "slowed"]
    assert [text[:2] for text in slowed] == ["A:", "B:"]
    assert "a step took 1.2" in slowed[0]


def test_a_run_without_a_window_is_refused_with_the_reason(tmp_path: Path) -> None:
    a, b = run_with(tmp_path, "torch", 20), run_with(tmp_path, "mxnet", None)
    with pytest.raises(NoWindowError, match="B: no profile window was recorded"):
        explain(a, b, RULES)
    with pytest.raises(NoWindowError, match="A: no framework was seen"):
        explain(replace(a, framework=None), b, RULES)
    unknown = replace(a.steps, completed=np.full(len(a.steps), np.nan))
    with pytest.raises(NoWindowError, match="A: when the steps of its window were complete"):
        explain(replace(a, steps=unknown), b, RULES)
