"""Whether a comparison is fair: a list of lines, each ✓, ✗ or unknown, with its evidence.

Computed from what the runs themselves say: manifest, framework, steps, samples
of the machine. Nothing is promised; what is not known is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from diptych.profiling.compare.fairness_machine import MACHINE_LINES
from diptych.profiling.compare.fairness_side import NOT_KNOWN, Answer, Line, Side, same
from diptych.profiling.compare.flops import step_flops
from diptych.profiling.compare.parity import Parity
from diptych.profiling.runs.snapshot import RunSnapshot, StepFlag

__all__ = ["Answer", "Line", "Side", "fair", "fairness"]

_EXACT = {"sync": "complete when Python is", "fence": "a fence after each step"}
_RULERS = {**_EXACT, "event": "a mark in the device's order of work", "loss": "the step's loss"}
_SIZES = ("image_size", "seq_len", "features")
_IMAGES = ("resnet18", "mobilenet_v2")


def fairness(
    runs: Sequence[RunSnapshot],
    parity: Parity | None = None,
    labels: Sequence[str] = (),
    beside: Sequence[RunSnapshot] = (),
) -> tuple[Line, ...]:
    """Return the list for two or more runs, named A, B, … unless ``labels`` say otherwise.

    ``beside`` are runs of the same experiment that are no sides.
    """
    named = [*labels, *(chr(ord("A") + i % 26) for i in range(len(labels), len(runs)))]
    sides = [Side(label, run, tuple(beside)) for label, run in zip(named, runs, strict=False)]
    lines = [make(sides) for make in (*_LINES, *MACHINE_LINES)]
    return (*lines, _numbers(parity))


def fair(lines: Sequence[Line]) -> Answer:
    """Return ``no`` if a line does, else ``unknown`` if a line is, else ``yes``."""
    answers = {line.answer for line in lines}
    return "no" if "no" in answers else "unknown" if "unknown" in answers else "yes"


def _work(sides: Sequence[Side]) -> Line:
    modes = [_mode(side) for side in sides]
    if all(side.workload for side in sides):
        values = [f"{s.workload}, {m or NOT_KNOWN}" for s, m in zip(sides, modes, strict=True)]
        return same("work", "same work", sides, values)
    scripts = [side.request.script if side.request else None for side in sides]
    if None not in scripts and len(set(scripts)) == 1 and len(set(modes)) == 1:
        return Line("work", "same work", "yes", f"the same script: {scripts[0]}")
    return Line("work", "same work", "unknown", "scripts of your own: Diptych cannot tell")


def _mode(side: Side) -> str | None:
    if not len(side.run.steps):
        value = side.knob("mode")
        return str(value) if value is not None else None
    infer = (side.run.steps.flags & int(StepFlag.INFERENCE)).astype(bool)
    return "inference" if infer.all() else "training" if not infer.any() else "both"


def _parameters(sides: Sequence[Side]) -> Line:
    models = [side.run.model for side in sides]
    values = [f"{m.parameters:,}" if m and m.parameters is not None else None for m in models]
    return same("parameters", "same number of parameters", sides, values)


def _batch(sides: Sequence[Side]) -> Line:
    return same("batch", "same batch size", sides, [_samples(side) for side in sides], "samples")


def _samples(side: Side) -> str | None:
    known = side.run.steps.samples[np.isfinite(side.run.steps.samples)]
    if not len(known):
        value = side.knob("batch_size")
        return str(value) if value is not None else None
    sizes = np.unique(known).astype(int).tolist()
    return f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"


def _shapes(sides: Sequence[Side]) -> Line:
    values: list[str | None] = []
    for side in sides:
        found = [f"{name} {side.knob(name)}" for name in _SIZES if side.knob(name) is not None]
        values.append(", ".join(found) if side.workload and found else None)
    return same("shapes", "same shape of a sample", sides, values)


def _dtype(sides: Sequence[Side]) -> Line:
    values = [_text(side.knob("precision")) if side.workload else None for side in sides]
    title = "same precision"
    if set(values) == {"bf16"} and len({side.framework for side in sides}) > 1:
        text = "bf16 on both, but PyTorch also uses it in recurrent and attention products"
        return Line("dtype", title, "no", text)
    return same("dtype", title, sides, values)


def _optimizer(sides: Sequence[Side]) -> Line:
    title = "same optimizer and settings"
    if all(_mode(side) == "inference" for side in sides):
        return Line("optimizer", title, "yes", "inference: none")
    values = [_settings(side) for side in sides]
    return same("optimizer", title, sides, values)


def _settings(side: Side) -> str | None:
    name, rate = side.knob("optimizer"), side.knob("lr")
    if not side.workload or name is None or rate is None:
        return None
    usual = 0.01 if name == "sgd" else 0.001
    more = "momentum 0.9" if name == "sgd" else "β 0.9 and 0.999, ε 1e-8"
    return f"{name}, learning rate {float(rate) or usual:g}, {more}, no weight decay"


def _flops(sides: Sequence[Side]) -> Line:
    values = [_flops_of(side) for side in sides]
    return same("flops", "same operations in a step", sides, values, "GFLOP by formula")


def _flops_of(side: Side) -> str | None:
    if side.workload is None or side.request is None:
        return None
    found = step_flops(side.workload, side.request.knobs)
    return None if found is None else f"{found / 1e9:.6g}"


def _ruler(sides: Sequence[Side]) -> Line:
    title = "same ruler"
    rulers = [side.run.ruler for side in sides]
    names = [_RULERS[ruler] if ruler else None for ruler in rulers]
    if all(ruler in _EXACT for ruler in rulers):
        told = "; ".join(f"{s.label}: {name}" for s, name in zip(sides, names, strict=True))
        return Line("ruler", title, "yes", f"exact on every side ({told})")
    line = same("ruler", title, sides, names)
    if line.answer == "no":
        more = "; run all sides with --fenced"
        return Line("ruler", title, "no", line.evidence + more)
    return line


def _threads(sides: Sequence[Side]) -> Line:
    values: list[str | None] = []
    for side in sides:
        framework = side.run.framework
        known = framework is not None and framework.threads is not None
        values.append(str(framework.threads) if known and framework else None)
    line = same("threads", "same number of threads", sides, values, "for an operator")
    notes = [note for side in sides for note in side.thread_notes()]
    if line.answer == "yes" and any("at once" in note for note in notes):
        return Line(line.code, line.title, "no", "; ".join([line.evidence, *notes]))
    return Line(line.code, line.title, line.answer, "; ".join([line.evidence, *notes]))


def _layout(sides: Sequence[Side]) -> Line:
    title = "same data layout"
    if not all(side.workload for side in sides):
        return Line("layout", title, "unknown", "scripts of your own: Diptych cannot tell")
    if all(side.workload in _IMAGES for side in sides):
        return Line("layout", title, "yes", "channels first (NCHW) on every side")
    return Line("layout", title, "yes", "no images: samples first on every side")


def _tf32(sides: Sequence[Side]) -> Line:
    title = "same TF32 and automatic mixed precision"
    if all(side.device == "cpu" for side in sides):
        return Line("tf32", title, "yes", "no TF32 on a CPU")
    return same("tf32", title, sides, [side.tf32() for side in sides])


def _autotune(sides: Sequence[Side]) -> Line:
    title = "same autotuning of cuDNN"
    if all(side.device == "cpu" for side in sides):
        return Line("autotune", title, "yes", "no cuDNN on a CPU")
    return same("autotune", title, sides, [side.autotune() for side in sides])


def _execution(sides: Sequence[Side]) -> Line:
    title = "same way of execution"
    values = [side.execution() for side in sides]
    return same("execution", title, sides, values)


def _bulk(sides: Sequence[Side]) -> Line:
    title = "same bulking and static allocation"
    mxnet = [side for side in sides if side.framework == "mxnet"]
    if any(side.framework is None for side in sides):
        return Line("bulk", title, "unknown", "a framework is not known")
    if not mxnet:
        return Line("bulk", title, "yes", "PyTorch has none")
    values = [side.bulk() for side in mxnet]
    if len(set(values)) > 1:
        return same("bulk", title, mxnet, values)
    more = "" if len(mxnet) == len(sides) else "; PyTorch has none"
    return Line("bulk", title, "yes", f"MXNet: {values[0]}{more}")


def _numbers(parity: Parity | None) -> Line:
    title = "same numbers"
    if parity is None:
        return Line("numbers", title, "unknown", "not compared; --parity does")
    answers: dict[str, Answer] = {"same": "yes", "different": "no", "unknown": "unknown"}
    return Line("numbers", title, answers[parity.status], parity.text)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


_Maker = Callable[[Sequence[Side]], Line]
_LINES: tuple[_Maker, ...] = (
    _work, _parameters, _batch, _shapes, _dtype, _optimizer, _flops, _ruler,
    _threads, _layout, _tf32, _autotune, _execution, _bulk,
)  # fmt: skip
