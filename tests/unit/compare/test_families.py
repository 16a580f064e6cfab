"""Every operator of the workloads is in a family; what ran as one is told by its parts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.recorded_operators import recorded
from tests.helpers.shared_traces import NAMES as TRACES
from tests.helpers.shared_traces import table_of

from diptych.profiling.compare.breakdown import (
    Breakdown,
    breakdown,
    comparable,
    single_costs,
)
from diptych.profiling.compare.families import UNMATCHED, FamiliesError, active, classify
from diptych.profiling.compare.families_data import built_in, load
from diptych.profiling.records.kinds import Operator, Operators
from diptych.profiling.trace.table import Kind
from diptych.workloads.catalogue import WORKLOADS


@pytest.fixture(autouse=True)
def _no_rules_of_the_user(home: Path) -> None:
    """Each test has a home of its own."""


def window(*ops: Operator, steps: int = 1) -> Operators:
    return Operators(seq=0, t=0, window=0, rank=0, steps=steps, span=10**6, ops=ops)


def times(found: Breakdown) -> dict[tuple[str, str], int]:
    return {(row.family, row.phase): row.ns for row in found.rows}


@pytest.mark.parametrize("framework", ["torch", "mxnet"])
@pytest.mark.parametrize("workload", list(WORKLOADS))
def test_the_operators_of_every_workload_are_in_families(framework: str, workload: str) -> None:
    operators = recorded(f"{framework}-{workload}")
    found = breakdown(operators, framework)
    assert found.matched_share is not None
    assert found.matched_share >= 0.95
    assert found.clock == "cpu"
    assert {"forward", "backward", "optimizer"} <= {row.phase for row in found.rows}
    own = sum((o.host_self or 0) + (o.engine_self or 0) for o in operators.ops)
    assert found.total == pytest.approx(own / operators.steps, rel=1e-5)


@pytest.mark.parametrize(
    ("workload", "families"),
    [
        ("resnet18", {"convolution", "normalisation", "pooling", "activation", "matmul"}),
        ("lstm", {"recurrent", "embedding", "matmul", "softmax_loss"}),
        ("transformer", {"matmul", "normalisation", "softmax_loss", "activation", "embedding"}),
    ],
)
def test_both_frameworks_have_the_families_of_the_model(workload: str, families: set[str]) -> None:
    for framework in ("torch", "mxnet"):
        found = breakdown(recorded(f"{framework}-{workload}"), framework)
        for phase in ("forward", "backward"):
            missing = families - {row.family for row in found.rows if row.phase == phase}
            # MXNet's gradient of the embedding is an operator of its own; torch's too.
            assert not missing, (framework, phase)


@pytest.mark.parametrize(
    ("name", "family", "phase"),
    [
        ("aten::addmm", "matmul", "forward"),
        ("FullyConnected", "matmul", "forward"),
        ("_backward_FullyConnected", "matmul", "backward"),
        ("AddmmBackward0", "matmul", "backward"),
        ("autograd::engine::evaluate_function: AddmmBackward0", "overhead", "backward"),
        ("multi_sgd_mom_update", "optimizer", "optimizer"),
        ("mp_adamw_update", "optimizer", "optimizer"),
        ("aten::_foreach_add_", "optimizer", "optimizer"),
        ("aten::_scaled_dot_product_flash_attention_for_cpu_backward", "attention", "backward"),
        ("_contrib_interleaved_matmul_selfatt_qk", "attention", "forward"),
        ("aten::mkldnn_rnn_layer", "recurrent", "forward"),
        ("RNN", "recurrent", "forward"),
        ("aten::clamp_min", "activation", "forward"),
        ("clip", "activation", "forward"),
        ("aten::_log_softmax_backward_data", "softmax_loss", "backward"),
        ("aten::embedding_dense_backward", "embedding", "backward"),
        ("CopyCPU2GPU", "copy", "other"),
        ("aten::t", "copy", "other"),
        ("aten::sum", "reduction", "other"),
        ("_mul_scalar", "elementwise", "other"),
        ("aten::normal_", "random", "other"),
        ("_random_uniform", "random", "other"),
        ("DeleteVariable", "overhead", "other"),
        ("ncclDevKernel_AllReduce_Sum_f32_RING_LL(ncclDevKernelArgs)", "communication", "other"),
        ("void flash_fwd_kernel<Flash_traits<64>, true>(Params, int t)", "attention", "forward"),
        ("cudnn_ampere_scudnn_128x64_relu_xregs_large_nn_v1", "convolution", "forward"),
        ("sm80_xmma_dgrad_implicit_gemm_tf32f32_nhwckrsc_nchw", "convolution", "backward"),
        ("igemm_wrw_gtcx3_nhwc_bf16_bx0_ex1", "convolution", "backward"),
        ("ampere_sgemm_128x64_nn", "matmul", "forward"),
        ("Cijk_Ailk_Bljk_SB_MT64x64x64", "matmul", "forward"),
        ("nvjet_tst_64x64_64x16_2x1_2cta_v_bz_bias_TNT", "matmul", "forward"),
        ("void cutlass::Kernel<cutlass_80_tensorop_s1688gemm_64x64>()", "matmul", "forward"),
        ("void fbgemm_gpu::permute_indices_weights_kernel<float>(int)", "copy", "other"),
        ("void cudnn::ops::nchwToNhwcKernel<float>(float*)", "copy", "other"),
        (
            "void at::native::vectorized_elementwise_kernel<4, threshold_kernel_impl<float>>(int)",
            "activation",
            "forward",
        ),
        (
            "void at::native::elementwise_kernel<128, 2, CUDAFunctor_add<float>>(int)",
            "elementwise",
            "other",
        ),
        ("void at::native::batch_norm_backward_kernel<float>()", "normalisation", "backward"),
        ("my_own_thing", UNMATCHED, "other"),
        ("", UNMATCHED, "other"),
    ],
)  # fmt: skip
def test_names(name: str, family: str, phase: str) -> None:
    found = classify(name)
    assert (found.family, found.phase, found.parts) == (family, phase, ())


def test_the_recorded_phase_counts_and_the_optimizer_takes_all_of_its_own() -> None:
    assert classify("aten::mm", "backward").phase == "backward"
    assert classify("aten::add_", "optimizer").family == "optimizer"
    assert classify("aten::stack", "data") == classify("aten::cat", "data")


def test_bulked_and_fused_names_are_told_by_their_parts() -> None:
    bulk = classify("_backward_Activation,_backward_FullyConnected,add_n", "backward", "mxnet")
    assert [(p.family, p.phase, p.share) for p in bulk.parts] == [
        ("activation", "backward", 1 / 3),
        ("matmul", "backward", 1 / 3),
        ("elementwise", "backward", 1 / 3),
    ]
    fused = classify("triton_per_fused__softmax__to_copy_native_layer_norm_backward_12")
    assert [p.family for p in fused.parts] == ["softmax_loss", "copy", "normalisation"]
    assert fused.parts[2].phase == "backward"
    strange = classify("graph_0_cpp_fused_relu_zork_blah_add_3").parts
    assert [p.name for p in strange] == ["relu", "zork_blah", "add"]
    assert strange[1].family == UNMATCHED
    assert classify("void f<int, float>(int, float)").parts == ()


def test_a_name_that_was_cut_off_leaves_its_last_part_out() -> None:
    name = ("Convolution,BatchNorm," * 9)[:127]
    found = classify(name, None, "mxnet")
    assert found.cut
    assert {p.name for p in found.parts} == {"Convolution", "BatchNorm"}


def test_shared_time_is_divided_equally_unless_the_parts_are_known() -> None:
    bulk = Operator("Activation,FullyConnected", 1, "forward", engine_self=1000)
    found = breakdown(window(bulk), "mxnet")
    assert times(found) == {("activation", "forward"): 500, ("matmul", "forward"): 500}
    assert found.shared == 1000

    alone = window(
        Operator("Activation", 2, "forward", engine_self=20),
        Operator("FullyConnected", 1, "forward", engine_self=90),
    )
    found = breakdown(window(bulk), "mxnet", costs=single_costs(alone))
    assert times(found) == {("activation", "forward"): 100, ("matmul", "forward"): 900}


def test_bulks_without_names_are_unmatched_and_say_what_would_name_them() -> None:
    found = breakdown(recorded("mxnet-resnet18-bulked"), "mxnet")
    assert found.hidden > 0.2 * found.total
    assert found.matched_share == pytest.approx(1 - found.hidden / found.total, abs=0.01)
    assert "MXNET_EXEC_BULK_EXEC_MAX_NODE_TRAIN=0" in (found.hint or "")
    assert found.rows[-1].family == UNMATCHED


def test_hybridized_and_compiled_windows_are_in_families_too() -> None:
    hybrid = breakdown(recorded("mxnet-resnet18-hybridized"), "mxnet")
    assert hybrid.shared > 0.5 * hybrid.total
    assert (hybrid.matched_share or 0) > 0.9
    compiled = breakdown(recorded("torch-gpt-compiled"), "torch")
    assert (compiled.matched_share or 0) >= 0.95
    assert compiled.hidden == 0
    adam = breakdown(recorded("torch-mlp-adam"), "torch")
    assert adam.matched_share == 1
    assert times(adam)["optimizer", "optimizer"] > 0


def test_what_waits_for_a_stream_is_not_compared() -> None:
    waiting = window(Operator("Convolution", 1, "forward", "gpu/0", engine_self=5))
    kernels = window(
        Operator("aten::conv2d", 1, "forward", "gpu:0", host_self=9, device_self=0),
        Operator("aten::cudnn_convolution", 1, "forward", "gpu:0", host_self=7, device_self=4),
    )
    mxnet, torch = breakdown(waiting, "mxnet"), breakdown(kernels, "torch")
    assert not mxnet.comparable
    assert torch.comparable
    assert torch.total == 4
    can, text = comparable((torch, mxnet))
    assert not can
    assert "waiting" in text
    assert comparable((torch, torch)) == (True, torch.what)


def test_a_window_without_times_has_no_share() -> None:
    found = breakdown(window(), "torch")
    assert found.matched_share is None
    assert found.clock == "none"
    assert not found.comparable


def test_rules_of_the_user_come_first(home: Path) -> None:
    assert classify("my_fast_add").family == "elementwise"
    rules = {
        "families": {"mine": "of my own"},
        "rules": [{"family": "mine", "parts": ["my_fast"]}, {"family": "matmul", "names": "relu"}],
    }
    (home / "families.json").write_text(json.dumps(rules))
    assert classify("my_fast_add").family == "mine"
    assert classify("aten::relu_").family == "matmul"
    assert classify("aten::mm").family == "matmul"
    assert active().titles["mine"] == "of my own"
    (home / "families.json").unlink()
    assert classify("my_fast_add").family == "elementwise"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not valid JSON"),
        ("[]", "is no file of families"),
        ('{"version": 2}', "is of version 2"),
        ('{"rules": 3}', '"rules" has to be a list'),
        ('{"rules": [{"family": "convolutoin"}]}', "rule 1: there is no family 'convolutoin'"),
        ('{"rules": [{"family": "matmul", "name": "x"}]}', "'name' is not known"),
        ('{"rules": [{"family": "matmul", "words": [""]}]}', '"words" has to be'),
        ('{"families": {"unmatched": "x"}}', "no family"),
        ('{"families": {"x": ""}}', "a title"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "families.json"
    path.write_text(text)
    with pytest.raises(FamiliesError) as error:
        load(path)
    assert says in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_no_name_has_two_families() -> None:
    seen: dict[str, str] = {}
    for rule in built_in().rules:
        for name in rule.names:
            assert seen.setdefault(name, rule.family) == rule.family, name


@pytest.mark.parametrize("trace", TRACES)
def test_kernels_of_real_gpus_are_in_families(trace: str) -> None:
    table = table_of(trace)
    rows = np.isin(table.slices.kind, (Kind.KERNEL, Kind.COMMUNICATION))
    time: dict[str, int] = {}
    for name, length in zip(
        table.slices.name[rows].tolist(), table.slices.duration[rows].tolist(), strict=True
    ):
        found = classify(table.strings[name])
        time[found.family] = time.get(found.family, 0) + length
    assert time.get(UNMATCHED, 0) <= 0.1 * sum(time.values())
