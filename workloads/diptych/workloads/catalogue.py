"""The workloads: what there is, what can be set, and the command that runs one.

Pure data and functions of the standard library; the scripts themselves are run
by path in a runtime and never imported. Errors are ``WorkloadError`` (no such
workload or framework) and ``KnobError``, both ValueError, each one line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from diptych.workloads.knobs import FRAMEWORKS, TITLES, Framework, Knob, KnobError, Value

__all__ = [
    "FRAMEWORKS",
    "USUAL_RATES",
    "WORKLOADS",
    "Framework",
    "Knob",
    "KnobError",
    "Refusal",
    "Value",
    "Workload",
    "WorkloadError",
    "automatic_rate",
    "check_against_runtime",
    "command",
    "script_path",
    "validate",
    "workload",
]


USUAL_RATES = {"sgd": 0.01, "adam": 0.001}
"""Learning rate of an optimizer where none is asked for."""


class WorkloadError(ValueError):
    """No workload, or no framework, of that name."""


@dataclass(frozen=True)
class Refusal:
    """Knob values that are fine alone and impossible together, and why."""

    framework: Framework
    values: Mapping[str, Value]
    reason: str


@dataclass(frozen=True)
class Workload:
    """One model, written for both frameworks.

    ``parameters`` is the number of trained parameters, at the default knobs
    where it depends on them (then ``parameters_note`` says on which).
    """

    name: str
    title: str
    family: Literal["Vision", "Language", "Basic"]
    description: str
    parameters: int
    knobs: tuple[Knob, ...]
    parameters_note: str = ""
    downscale: int | None = None  # image pixels a pixel of the last feature map
    refusals: tuple[Refusal, ...] = ()

    @property
    def parameters_text(self) -> str:
        """Such as ``11,689,512 parameters``."""
        note = f" ({self.parameters_note})" if self.parameters_note else ""
        return f"{self.parameters:,} parameters{note}"

    def knobs_for(self, framework: Framework) -> tuple[Knob, ...]:
        """List the knobs under one framework, each name once, in the order to show."""
        return tuple(knob for knob in self.knobs if framework in knob.applies_to)

    def defaults(self, framework: Framework) -> dict[str, Value]:
        """Every knob of that framework at its default."""
        return {knob.name: knob.default for knob in self.knobs_for(framework)}


_SHARED = (
    Knob("mode", "choice", "train", "Train, or forward passes only.", ("train", "infer")),
    Knob(
        "execution",
        "choice",
        "eager",
        "Operator by operator, or compiled by torch.compile (needs a C++ compiler).",
        ("eager", "compile"),
        applies_to=("torch",),
    ),
    Knob(
        "execution",
        "choice",
        "imperative",
        "Operator by operator, or hybridized with static allocation and shapes.",
        ("imperative", "hybridize"),
        applies_to=("mxnet",),
    ),
    Knob(
        "precision",
        "choice",
        "fp32",
        "bf16 is mixed precision (MXNet: on the CPU, convolutions and dense layers only).",
        ("fp32", "bf16"),
    ),
    Knob("device", "device", "cpu", "Where the model runs."),
    Knob("threads", "int", 0, "CPU threads; 0 leaves it to the framework.", (), 0, 1024),
    Knob("optimizer", "choice", "sgd", "SGD has momentum 0.9.", ("sgd", "adam")),
    Knob("lr", "float", 0.0, "Learning rate; 0 is 0.01 for SGD, 0.001 for Adam.", (), 0, 10),
    Knob(
        "data",
        "choice",
        "memory",
        "Batches held in memory, or through the framework's DataLoader.",
        ("memory", "loader"),
    ),
    Knob("workers", "int", 0, "Processes of the DataLoader.", (), 0, 64, "processes"),
    Knob("seed", "int", 0, "Of the data and of the first weights.", (), 0, 2**32 - 1),
)


def _knobs(batch_size: int, steps: int, size: Knob) -> tuple[Knob, ...]:
    return (
        Knob("batch_size", "int", batch_size, "Samples in one step.", (), 1, 65_536, "samples"),
        Knob("steps", "int", steps, "How many steps to run.", (), 1, 10_000_000, "steps"),
        size,
        *_SHARED,
    )


def _image_size(default: int) -> Knob:
    return Knob("image_size", "int", default, "Side of the square images.", (), 32, 2048, "px")


def _seq_len(default: int) -> Knob:
    return Knob("seq_len", "int", default, "Tokens in one sample.", (), 1, 1024, "tokens")


_LSTM_BF16 = Refusal(
    "mxnet",
    {"precision": "bf16", "execution": "hybridize"},
    "MXNet's mixed precision cannot make the first state of a hybridized LSTM",
)
_FEATURES = Knob("features", "int", 784, "Values in one sample.", (), 1, 65_536, "values")

WORKLOADS: dict[str, Workload] = {
    item.name: item
    for item in (
        Workload(
            "mlp",
            "MLP",
            "Basic",
            "Multilayer perceptron, three hidden layers of 1024 units.",
            2_913_290,
            _knobs(256, 200, _FEATURES),
            "with 784 features",
        ),
        Workload(
            "resnet18",
            "ResNet-18",
            "Vision",
            "Residual convolutional network for images of 1000 classes.",
            11_689_512,
            _knobs(16, 100, _image_size(64)),
            downscale=32,
        ),
        Workload(
            "mobilenet_v2",
            "MobileNetV2",
            "Vision",
            "Depthwise separable convolutional network for images of 1000 classes.",
            3_504_872,
            _knobs(8, 100, _image_size(64)),
            downscale=32,
        ),
        Workload(
            "lstm",
            "LSTM language model",
            "Language",
            "Two LSTM layers of 256 units that predict the next of 10,000 words.",
            6_182_672,
            _knobs(20, 100, _seq_len(35)),
            refusals=(_LSTM_BF16,),
        ),
        Workload(
            "transformer",
            "Transformer encoder",
            "Language",
            "Four post-norm encoder layers, 256 wide, that classify documents.",
            5_522_448,
            _knobs(16, 100, _seq_len(64)),
        ),
        Workload(
            "gpt",
            "GPT decoder",
            "Language",
            "Four causal GPT-2 blocks, 256 wide, that predict the next of 8192 tokens.",
            5_518_848,
            _knobs(8, 100, _seq_len(64)),
        ),
    )
}


def workload(name: str) -> Workload:
    """Find the workload of that name; raises WorkloadError."""
    try:
        return WORKLOADS[name]
    except KeyError:
        message = f"unknown workload {name!r}{_hint(name, WORKLOADS)}"
        raise WorkloadError(f"{message} available: {', '.join(WORKLOADS)}") from None


def validate(
    workload: str | Workload, framework: str, knobs: Mapping[str, object]
) -> dict[str, Value]:
    """All knobs of the workload under that framework: the given ones read, the rest default.

    Values may be text or numbers. Raises WorkloadError and KnobError.
    """
    chosen = _resolve(workload)
    known = {knob.name: knob for knob in chosen.knobs_for(_framework(framework))}
    for name in knobs:
        if name not in known:
            message = f"unknown knob {name!r} for {chosen.name}{_hint(name, known)}"
            raise KnobError(f"{message} allowed: {', '.join(known)}")
    values = {
        name: _read(chosen, framework, knob, knobs[name]) if name in knobs else knob.default
        for name, knob in known.items()
    }
    _check_together(chosen, framework, values)
    return values


def automatic_rate(knobs: Mapping[str, object]) -> float | None:
    """Tell the learning rate that an ``lr`` of 0 stands for; ``None`` where ``lr`` is none such."""
    lr = knobs.get("lr")
    if isinstance(lr, bool) or not isinstance(lr, int | float) or lr != 0:
        return None
    return USUAL_RATES.get(str(knobs.get("optimizer")))


def script_path(name: str, framework: str) -> Path:
    """Locate the script of that workload for that framework; raises WorkloadError."""
    return Path(__file__).parent / f"{_framework(framework)}_models" / f"{workload(name).name}.py"


def command(name: str, framework: str, knobs: Mapping[str, object]) -> list[str]:
    """Build the script path and its arguments, every knob spelled out; raises as ``validate``."""
    chosen = workload(name)
    values = validate(chosen, framework, knobs)
    flags = {knob.name: knob.flag for knob in chosen.knobs}
    arguments = [text for k, value in values.items() for text in (flags[k], str(value))]
    return [str(script_path(name, framework)), *arguments]


def check_against_runtime(
    framework: str,
    knobs: Mapping[str, object],
    *,
    cuda: bool | None,
    devices: int | None,
    bf16: bool | None,
) -> list[str]:
    """Say what these (validated) knobs ask for and the runtime lacks; [] if nothing.

    ``cuda``: can use a GPU; ``devices``: how many it sees; ``bf16``: can
    compute in it on the device asked for. None means not known, and objects to nothing.
    """
    title = TITLES[_framework(framework)]
    device = str(knobs.get("device", "cpu"))
    errors = []
    if device != "cpu" and (cuda is False or devices == 0):
        errors.append(f"device {device!r}: this {title} runtime has no usable GPU; allowed: cpu")
    elif device != "cpu" and devices is not None and int(device.partition(":")[2]) >= devices:
        seen = ", ".join(["cpu", *(f"cuda:{i}" for i in range(devices))])
        errors.append(f"device {device!r} is not there; this {title} runtime sees: {seen}")
    if knobs.get("precision") == "bf16" and bf16 is False:
        errors.append(f"precision 'bf16': not possible in this {title} runtime; allowed: fp32")
    return errors


def _resolve(item: str | Workload) -> Workload:
    return workload(item) if isinstance(item, str) else item


def _framework(name: str) -> Framework:
    for framework in FRAMEWORKS:
        if framework == name:
            return framework
    hint = _hint(name, FRAMEWORKS)
    raise WorkloadError(f"unknown framework {name!r}{hint} available: {', '.join(FRAMEWORKS)}")


def _hint(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"; did you mean {close[0]!r}?" if close else ";"


def _read(chosen: Workload, framework: str, knob: Knob, value: object) -> Value:
    elsewhere = {c for other in chosen.knobs if other.name == knob.name for c in other.choices}
    if isinstance(value, str) and value in elsewhere and value not in knob.choices:
        raise KnobError(
            f"{knob.name} {value!r} is not available under {framework}; allowed: {knob.allowed}"
        )
    return knob.read(value)


def _check_together(chosen: Workload, framework: str, values: Mapping[str, Value]) -> None:
    """Knobs that are fine alone and not together."""
    if values["workers"] and values["data"] != "loader":
        raise KnobError(f"workers {values['workers']} needs data 'loader'; with 'memory' it is 0")
    on_gpu = values["device"] != "cpu"
    if framework == "mxnet" and on_gpu and values["precision"] == "bf16":
        raise KnobError("precision 'bf16' under mxnet needs device 'cpu'; on a GPU allowed: fp32")
    for refusal in chosen.refusals:
        if refusal.framework == framework and refusal.values.items() <= values.items():
            pair = " with ".join(f"{name} {value!r}" for name, value in refusal.values.items())
            raise KnobError(
                f"{pair} is not available for {chosen.name} under {framework}: {refusal.reason};"
                f" allowed: either of them alone"
            )
    single = values["mode"] == "train" and values["batch_size"] == 1
    if chosen.downscale and single and int(values["image_size"]) <= chosen.downscale:
        raise KnobError(
            f"batch_size 1 with image_size {values['image_size']} leaves batch normalisation one"
            f" value a channel; allowed: batch_size 2 or more, or image_size above"
            f" {chosen.downscale}"
        )
