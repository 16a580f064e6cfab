"""Where HolisticTraceAnalysis means the same by a number, ours is the same number.

Its results were recorded once: see ``tests/data/hta/README.md``.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.helpers.shared_traces import table_of

from diptych.profiling.trace import metrics
from diptych.profiling.trace.metrics.trees import kinds_mask
from diptych.profiling.trace.table import DEVICE_WORK, Kind, TraceTable

_RESULTS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "hta" / "results.json").read_text(encoding="utf-8")
)
_US = 1000
_ROUNDED = 0.5
"""µs: it adds doubles up that hold microseconds since the boot of a machine."""


def _said(name: str) -> dict[str, Any]:
    found: dict[str, Any] = _RESULTS[f"{name}.json.gz"]
    return found


def _without_orphans(table: TraceTable) -> TraceTable:
    """Forget device work without a launch, as it does where a trace has steps."""
    slices = table.slices
    kind = np.array(slices.kind)
    kind[kinds_mask(slices, *DEVICE_WORK) & (slices.launch < 0)] = Kind.OTHER
    return replace(table, slices=replace(slices, kind=kind))


# Not b200: an operator there has an argument "stream", and it takes it for work of the device.
# Not alexnet: it counts waits (cuda_sync) as work of the device.
@pytest.mark.parametrize(
    "name",
    [
        "a100_training_rank3",
        "h100_bert_small",
        "mi250_minitoy_train",
        "mi300_resnet_training",
        "v100_training_rank1",
    ],
)
def test_temporal_breakdown(name: str) -> None:
    (device,) = metrics.by_device(_without_orphans(table_of(name)))
    said = _said(name)["temporal_us"]
    ours = (device.idle_ns, device.compute_ns, device.busy_ns - device.compute_ns, device.span_ns)
    theirs = (said["idle"], said["compute"], said["non_compute"], said["kernel"])
    assert [n / _US for n in ours] == pytest.approx(theirs, abs=_ROUNDED)


@pytest.mark.parametrize(
    "name", ["a100_training_rank3", "mi300_resnet_training", "v100_training_rank1"]
)
def test_overlap_of_communication_and_computing(name: str) -> None:
    (device,) = metrics.by_device(_without_orphans(table_of(name)))
    percent = 100 * device.overlap_ns / device.communication_ns
    assert percent == pytest.approx(_said(name)["overlap_percent"], abs=0.006)


@pytest.mark.parametrize("key", ["idle_30_us", "idle_30_ns"])
@pytest.mark.parametrize(
    "name",
    ["a100_alexnet_cuda_sync", "a100_training_rank3", "h100_bert_small", "mi250_minitoy_train"],
)
def test_idle_time_by_cause(name: str, key: str) -> None:
    between = 30_000 if key == "idle_30_us" else 30
    said = _said(name)[key]
    streams = metrics.idle_by_stream(table_of(name), between)
    ours = {
        str(idle.stream): [idle.host_ns / _US, idle.between_ns / _US, idle.other_ns / _US]
        for idle in streams
    }
    assert set(ours) == set(said)
    for stream, causes in said.items():
        theirs = [causes.get(cause, 0) for cause in ("host_wait", "kernel_wait", "other")]
        assert ours[stream] == pytest.approx(theirs, abs=0.01)


@pytest.mark.parametrize(
    "name",
    ["a100_alexnet_cuda_sync", "a100_training_rank3", "h100_bert_small", "mi250_minitoy_train"],
)
def test_queue_lengths(name: str) -> None:
    ours = {
        str(q.stream): {"count": len(q.time), "max": q.longest}
        for q in metrics.queues(table_of(name))
    }
    assert ours == _said(name)["queue"]


@pytest.mark.parametrize("name", ["a100_alexnet_cuda_sync", "a100_training_rank3"])
def test_launch_delays(name: str) -> None:
    found, said = metrics.launches(table_of(name)), _said(name)["launches"]
    assert len(found.work) == said["count"]
    assert found.delay_ns.sum() / _US == pytest.approx(said["delay_us_sum"])
    assert found.delay_ns.max() / _US == pytest.approx(said["delay_us_max"])
