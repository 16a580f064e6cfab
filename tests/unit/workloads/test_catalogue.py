"""The catalogue: complete, consistent, and clear in what it refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from diptych.workloads.catalogue import (
    FRAMEWORKS,
    WORKLOADS,
    KnobError,
    WorkloadError,
    automatic_rate,
    check_against_runtime,
    command,
    script_path,
    validate,
    workload,
)

NAMES = ["mlp", "resnet18", "mobilenet_v2", "lstm", "transformer", "gpt"]


def refusal(name: str, framework: str, knobs: Mapping[str, object]) -> str:
    with pytest.raises(KnobError) as refused:
        validate(name, framework, knobs)
    return str(refused.value)


def test_it_lists_the_six_pairs() -> None:
    assert list(WORKLOADS) == NAMES
    assert all(key == item.name for key, item in WORKLOADS.items())
    assert all(script_path(name, f).is_file() for name in NAMES for f in FRAMEWORKS)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_valid_and_each_knob_has_help_and_its_own_name(
    name: str, framework: str
) -> None:
    item = workload(name)
    values = validate(item, framework, {})

    assert values == validate(name, framework, values)
    knobs = item.knobs_for("torch" if framework == "torch" else "mxnet")
    assert [knob.name for knob in knobs] == list(values)
    assert all(knob.help.endswith(".") for knob in knobs)
    assert all(knob.read(knob.default) == knob.default for knob in knobs)


def test_both_frameworks_have_the_same_knobs_by_name_and_flag() -> None:
    for item in WORKLOADS.values():
        sides = [[knob.flag for knob in item.knobs_for(f)] for f in FRAMEWORKS]
        assert sides[0] == sides[1]


def test_the_known_counts_of_parameters() -> None:
    assert workload("resnet18").parameters_text == "11,689,512 parameters"
    assert workload("mobilenet_v2").parameters == 3_504_872
    assert workload("mlp").parameters_text == "2,913,290 parameters (with 784 features)"


def test_given_knobs_are_kept_and_the_rest_filled_in() -> None:
    values = validate("resnet18", "mxnet", {"batch_size": "4", "execution": "hybridize"})

    assert values["batch_size"] == 4
    assert values["execution"] == "hybridize"
    assert values["image_size"] == 64


def test_a_learning_rate_of_0_is_the_optimizers_usual_one() -> None:
    assert automatic_rate(validate("mlp", "torch", {})) == 0.01
    assert automatic_rate(validate("mlp", "mxnet", {"optimizer": "adam"})) == 0.001
    assert automatic_rate(validate("mlp", "torch", {"lr": "0.2"})) is None
    assert automatic_rate({"lr": 0.0, "optimizer": "unheard of"}) is None
    assert automatic_rate({}) is None


def test_a_misspelt_knob_gets_a_suggestion() -> None:
    assert refusal("resnet18", "torch", {"bach_size": 1}).startswith(
        "unknown knob 'bach_size' for resnet18; did you mean 'batch_size'? allowed: batch_size,"
    )


def test_a_knob_of_another_workload_is_unknown() -> None:
    message = refusal("gpt", "torch", {"image_size": 64})

    assert message.startswith("unknown knob 'image_size' for gpt; allowed: batch_size, steps, seq")


@pytest.mark.parametrize(
    ("framework", "value", "allowed"),
    [("mxnet", "compile", "imperative, hybridize"), ("torch", "hybridize", "eager, compile")],
)
def test_the_other_frameworks_execution_is_refused(
    framework: str, value: str, allowed: str
) -> None:
    assert refusal("mlp", framework, {"execution": value}) == (
        f"execution '{value}' is not available under {framework}; allowed: {allowed}"
    )


def test_workers_without_a_loader_are_refused() -> None:
    assert "workers 2 needs data 'loader'" in refusal("mlp", "torch", {"workers": 2})
    assert validate("mlp", "torch", {"workers": 2, "data": "loader"})["workers"] == 2


def test_bf16_under_mxnet_is_for_the_cpu() -> None:
    knobs = {"precision": "bf16", "device": "cuda:0"}

    assert "precision 'bf16' under mxnet needs device 'cpu'" in refusal("gpt", "mxnet", knobs)
    assert validate("gpt", "torch", knobs)["device"] == "cuda:0"


def test_a_hybridized_lstm_in_bf16_is_refused_under_mxnet_only() -> None:
    knobs = {"precision": "bf16", "execution": "hybridize"}

    message = refusal("lstm", "mxnet", knobs)
    assert message.startswith("precision 'bf16' with execution 'hybridize' is not available for")
    assert validate("lstm", "mxnet", {"precision": "bf16"})["precision"] == "bf16"
    assert validate("gpt", "mxnet", knobs)["precision"] == "bf16"


def test_batch_normalisation_of_one_value_is_refused_in_training() -> None:
    knobs = {"batch_size": 1, "image_size": 32}

    assert "allowed: batch_size 2 or more" in refusal("resnet18", "torch", knobs)
    assert validate("resnet18", "torch", {**knobs, "mode": "infer"})["batch_size"] == 1
    assert validate("resnet18", "torch", {**knobs, "image_size": 33})["batch_size"] == 1


def test_unknown_workloads_and_frameworks_are_named_with_what_there_is() -> None:
    with pytest.raises(WorkloadError, match=re.escape("did you mean 'resnet18'? available: mlp")):
        workload("resnet-18")
    with pytest.raises(WorkloadError, match="unknown framework 'tensorflow'; available: torch, mx"):
        validate("mlp", "tensorflow", {})


def test_the_command_spells_out_every_knob() -> None:
    argv = command("gpt", "mxnet", {"steps": 3})

    assert argv[0] == str(script_path("gpt", "mxnet"))
    assert argv[argv.index("--steps") + 1] == "3"
    assert argv[argv.index("--execution") + 1] == "imperative"
    assert argv[1::2] == [knob.flag for knob in workload("gpt").knobs_for("mxnet")]


def check(
    framework: str, cuda: bool | None, devices: int | None, bf16: bool | None = None
) -> list[str]:
    knobs = validate("mlp", framework, {"device": "cuda:1"})
    return check_against_runtime(framework, knobs, cuda=cuda, devices=devices, bf16=bf16)


def test_a_runtime_without_the_device_objects_in_words() -> None:
    (no_gpu,) = check("mxnet", cuda=False, devices=0)
    (too_few,) = check("torch", cuda=True, devices=1)

    assert no_gpu == "device 'cuda:1': this MXNet runtime has no usable GPU; allowed: cpu"
    assert too_few == "device 'cuda:1' is not there; this PyTorch runtime sees: cpu, cuda:0"


def test_a_runtime_that_suits_or_is_not_known_objects_to_nothing() -> None:
    assert check("torch", cuda=True, devices=2) == []
    assert check("torch", cuda=None, devices=None) == []
    cpu = validate("mlp", "torch", {})
    assert check_against_runtime("torch", cpu, cuda=False, devices=0, bf16=False) == []


def test_a_device_that_cannot_do_bf16_objects() -> None:
    knobs = validate("mlp", "torch", {"precision": "bf16"})

    (error,) = check_against_runtime("torch", knobs, cuda=False, devices=0, bf16=False)
    assert error == "precision 'bf16': not possible in this PyTorch runtime; allowed: fp32"
