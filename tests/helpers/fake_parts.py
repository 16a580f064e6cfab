"""The contents of fake runs: journals, manifest, operators, trace."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from diptych.profiling.records import kinds
from diptych.profiling.records.kinds import AnyRecord, Operator
from diptych.profiling.records.manifest import (
    GpuDescription,
    HostInfo,
    Manifest,
    RunRequest,
    Schedule,
)

MS = 1_000_000
GIB = 1 << 30
OPERATORS = {
    "torch": ("aten::convolution", "aten::mm", "aten::batch_norm", "aten::relu_", "aten::add_"),
    "mxnet": ("Convolution", "FullyConnected", "BatchNorm", "Activation", "elemwise_add"),
}
VERSIONS = {"torch": ("torch", "2.13.0+cpu"), "mxnet": ("mxnet", "1.9.1")}


@dataclass
class FakeJournal:
    """One journal with true ``seq`` numbers, written at chosen times ``t``."""

    path: Path
    writer: str
    seq: int = 0
    lines: list[bytes] = field(default_factory=list)

    def put(self, kind: type[AnyRecord], t: int, **fields: Any) -> None:
        """Add a record; nothing is on disk before ``flush``."""
        if self.seq == 0 and kind is not kinds.Open:
            self.put(
                kinds.Open,
                t,
                schema=kinds.SCHEMA,
                version=kinds.VERSION,
                writer=self.writer,
                pid=4242,
            )
        self.lines.append(msgspec.json.encode(kind(seq=self.seq, t=t, **fields)) + b"\n")
        self.seq += 1

    def flush(self) -> None:
        """Append what was put to the file."""
        with self.path.open("ab") as file:
            file.write(b"".join(self.lines))
        self.lines.clear()


def manifest(
    *,
    run_id: str,
    framework: str,
    workload: str,
    created: int,
    started: int,
    knobs: dict[str, str | int | float | bool],
    gpu: bool,
    name: str | None,
    pair: str | None = None,
) -> Manifest:
    """Return what the runner would have written."""
    distribution, version = VERSIONS[framework]
    options = (f"--{key}={value}" for key, value in knobs.items())
    return Manifest(
        id=run_id,
        created=created,
        started=started,
        app_version="0.1.0",
        request=RunRequest(
            framework=framework,
            python="/opt/runtimes/python",
            runtime=framework,
            workload=workload,
            knobs=knobs,
            schedule=Schedule(),
            name=name,
            pair=pair,
        ),
        command=("/opt/runtimes/python", f"{workload}.py", *options),
        cwd="/tmp",
        python_version="3.11.9",
        versions={distribution: version, "numpy": "2.4.6"},
        host=HostInfo(
            name="testhost",
            system="Linux 6.8",
            cpu="Simulated CPU",
            cores_logical=16,
            cores_physical=8,
            memory=64 * GIB,
        ),
        gpus=_gpu_descriptions() if gpu else (),
        gpu_reason=None if gpu else "no NVIDIA driver on this machine",
    )


def _gpu_descriptions() -> tuple[GpuDescription, ...]:
    return (
        GpuDescription(
            index=0, name="Simulated GPU", memory=80 * GIB, driver="570.1", simulated=True
        ),
    )


def operators(framework: str, span: int, steps: int, *, gpu: bool) -> list[Operator]:
    """Return a plausible operator summary of ``steps`` steps that took ``span`` ns."""
    shares = (0.42, 0.21, 0.12, 0.06, 0.04)
    summed = "host" if framework == "torch" else "engine"
    summary = []
    for name, share in zip(OPERATORS[framework], shares, strict=True):
        times: dict[str, Any] = {
            f"{summed}_total": int(span * share * 1.1),
            f"{summed}_self": int(span * share),
        }
        if gpu and framework == "torch":
            times |= {
                "device_total": int(span * share * 0.9),
                "device_self": int(span * share * 0.9),
            }
        summary.append(
            Operator(name=name, calls=20 * steps, phase="forward", device="cpu", **times)
        )
    return summary


def chrome(framework: str, spans: list[tuple[int, int, int]]) -> dict[str, Any]:
    """Return a small valid Chrome trace of steps ``(n, start, end)``, in ns."""
    name = OPERATORS[framework][0]
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "process_name", "pid": 1, "tid": 0, "args": {"name": "worker"}}
    ]
    for n, start, end in spans:
        at, length = start / 1_000, (end - start) / 1_000
        events += [
            {
                "ph": "X",
                "cat": cat,
                "name": label,
                "pid": 1,
                "tid": 1,
                "ts": at + shift,
                "dur": length * part,
            }
            for cat, label, shift, part in (
                ("user_annotation", f"ProfilerStep#{n}", 0.0, 1.0),
                ("cpu_op", name, length * 0.1, 0.4),
            )
        ]
    return {"schemaVersion": 1, "traceEvents": events}
