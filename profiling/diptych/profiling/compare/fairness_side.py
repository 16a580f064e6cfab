"""What one side of a comparison says of itself, and the line that asks all for the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runs.snapshot import RunSnapshot

Answer = Literal["yes", "no", "unknown"]
NOT_KNOWN = "not known"

_COMPILED = {"compile": "compiled", "hybridize": "compiled"}
_FALSE = ("0", "false")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the fairness list. ``code`` is stable, ``title`` and ``evidence`` are words."""

    code: str
    title: str
    answer: Answer
    evidence: str


def same(
    code: str,
    title: str,
    sides: Sequence[Side],
    values: Sequence[str | None],
    unit: str = "",
) -> Line:
    """Return ``yes`` if all values are equal, ``unknown`` if one is ``None``, else ``no``."""
    after = f" {unit}" if unit else ""
    if values and None not in values and len(set(values)) == 1:
        return Line(code, title, "yes", f"{values[0]}{after}")
    told = ", ".join(
        f"{side.label}: {NOT_KNOWN if value is None else value}"
        for side, value in zip(sides, values, strict=True)
    )
    if all(value is None for value in values):
        told = NOT_KNOWN
    known = {value for value in values if value is not None}
    differ = len(known) > 1
    return Line(code, title, "no" if differ else "unknown", told + (after if known else ""))


@dataclass(frozen=True, slots=True)
class Side:
    """One run and what it is called."""

    label: str
    run: RunSnapshot
    beside: tuple[RunSnapshot, ...] = ()
    """Runs of the same experiment that are no sides, such as one that tells the noise."""

    @property
    def request(self) -> RunRequest | None:
        """What was asked, where the manifest can be read."""
        return self.run.manifest.request if self.run.manifest else None

    @property
    def workload(self) -> str | None:
        """The workload of the catalogue, if it is one."""
        return self.request.workload if self.request else None

    @property
    def framework(self) -> str | None:
        """The framework that was seen, else the one that was asked for."""
        if self.run.framework:
            return self.run.framework.name
        return self.request.framework if self.request else None

    @property
    def device(self) -> str | None:
        """Where the model runs: cpu, cuda:0."""
        value = self.knob("device")
        if value is not None:
            return str(value)
        return self.run.framework.device if self.run.framework else None

    def knob(self, name: str) -> str | int | float | bool | None:
        """Return a knob of the workload."""
        return self.request.knobs.get(name) if self.request else None

    def detail(self, name: str) -> str | None:
        """Return what the framework said of itself, or the variable of that name."""
        framework = self.run.framework
        if framework and name in framework.details:
            return framework.details[name]
        return self.run.manifest.environment.get(name) if self.run.manifest else None

    def thread_notes(self) -> list[str]:
        """Say what else there is of threads: MXNet may run several operators at once."""
        engine = self.detail("MXNET_CPU_WORKER_NTHREADS")
        if self.framework == "mxnet" and engine and engine.isdigit() and int(engine) > 1:
            return [f"{self.label}: MXNet runs up to {engine} operators at once"]
        return []

    def tf32(self) -> str | None:
        """Return whether products and convolutions may use TF32, where that is known."""
        if self.device == "cpu" or self.detail("NVIDIA_TF32_OVERRIDE") == "0":
            return "off"
        products, convolutions = self.detail("matmul_tf32"), self.detail("cudnn_tf32")
        if self.framework != "torch" or products is None or convolutions is None:
            return None
        on = [
            name
            for name, value in (("products", products), ("convolutions", convolutions))
            if value == "True"
        ]
        return f"on for {' and '.join(on)}" if on else "off"

    def autotune(self) -> str | None:
        """Return whether cuDNN tries its algorithms first."""
        if self.framework == "mxnet":
            return "off" if self.detail("MXNET_CUDNN_AUTOTUNE_DEFAULT") == "0" else "on"
        benchmark = self.detail("cudnn_benchmark")
        return None if benchmark is None else "on" if benchmark == "True" else "off"

    def execution(self) -> str | None:
        """Return whether the model runs operator by operator or compiled, for a workload."""
        value = self.knob("execution")
        if not self.workload or value is None:
            return None
        return _COMPILED.get(str(value), "operator by operator")

    def bulk(self) -> str:
        """Return how MXNet bulks operators, and whether memory is laid out once."""
        most = self.detail("MXNET_EXEC_BULK_EXEC_MAX_NODE_TRAIN") or "15"
        switch = (self.detail("MXNET_EXEC_BULK_EXEC_TRAIN") or "1").lower()
        off = most == "0" or switch in _FALSE
        text = "bulking off" if off else f"up to {most} operators as one"
        static = self.execution() == "compiled"
        return f"{text}, memory laid out once" if static else text
