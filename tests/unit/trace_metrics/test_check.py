"""What the check of a file finds, and that it finds nothing in a sound one."""

from __future__ import annotations

import pytest
from tests.helpers.shared_traces import NAMES, raw_of, table_of
from tests.helpers.tables import S, build

from diptych.profiling.trace.check import Finding, check
from diptych.profiling.trace.table import Kind, TraceTable, Truncation

CALL, KERNEL, GPU = Kind.RUNTIME, Kind.KERNEL, "gpu:0:7"
_SOUND = (
    S("ProfilerStep#1", 0, 100, Kind.STEP),
    S("mm", 0, 90),
    S("cudaLaunchKernel", 10, 20, CALL, launch=1),
    S("gemm", 25, 90, KERNEL, GPU, launch=1),
)


def found(table: TraceTable) -> dict[str, Finding]:
    return {finding.what: finding for finding in check(table)}


def test_a_sound_trace_has_no_finding() -> None:
    assert check(build(*_SOUND)) == []


def test_device_work_whose_launch_is_lost() -> None:
    table = build(
        *_SOUND, S("lost", 95, 99, KERNEL, GPU, launch=7), S("without", 99, 100, KERNEL, GPU)
    )
    findings = found(table)
    assert set(findings) == {"orphan_correlation", "no_correlation"}
    assert [e.name for e in findings["orphan_correlation"].examples] == ["lost"]
    assert [e.name for e in findings["no_correlation"].examples] == ["without"]


def test_launches_whose_work_is_lost_but_not_other_calls() -> None:
    table = build(
        *_SOUND,
        S("cudaLaunchKernel", 30, 32, CALL, launch=2),
        S("cudaEventQuery", 40, 41, CALL, launch=3),
        S("cudaStreamSynchronize", 42, 43, CALL, launch=4),
    )
    findings = found(table)
    assert set(findings) == {"launch_without_work"}
    assert findings["launch_without_work"].count == 1


def test_work_before_its_launch() -> None:
    early = S("early", 5, 8, KERNEL, GPU, launch=2)
    table = build(*_SOUND, S("cudaLaunchKernel", 50, 60, CALL, launch=2), early)
    (example,) = found(table)["before_launch"].examples
    assert (example.name, example.start_ns, example.duration_ns) == ("early", 5, 3)


def test_gaps_steps_that_are_missing_and_the_profilers_own_work() -> None:
    ms = 1_000_000
    table = build(
        S("ProfilerStep#1", 0, 10 * ms, Kind.STEP),
        S("ProfilerStep#4", 90 * ms, 100 * ms, Kind.STEP),
        S("mm", 0, 10 * ms),
        S("mm", 90 * ms, 100 * ms),
        S("Activity Buffer Request", 0, 5 * ms, Kind.OVERHEAD, "cpu:9"),
    )
    findings = found(table)
    assert set(findings) == {"gap", "missing_steps", "overhead"}
    assert findings["missing_steps"].count == 2
    (gap,) = findings["gap"].examples
    assert (gap.start_ns, gap.duration_ns) == (10 * ms, 80 * ms)


def test_what_the_reader_could_not_use() -> None:
    table = build(
        *_SOUND,
        dropped={"no time": 3, "flow without its other end": 2},
        truncated=Truncation(1234, "it ends in a name"),
    )
    findings = check(table)
    assert [(f.what, f.level, f.count) for f in findings] == [
        ("truncated", "lost", 1),
        ("dropped", "lost", 3),
        ("arrows", "note", 2),
    ]
    assert "1,234" in findings[0].text
    assert "empty" in found(build())


@pytest.mark.parametrize("name", NAMES)
def test_orphans_of_real_traces(name: str) -> None:
    raw = raw_of(name)
    calls = {
        event.args.get("correlation")
        for event in raw.of("cuda_runtime", "cuda_driver")
        if event.args.get("correlation", 0) > 0
    }
    work = raw.of("kernel", "gpu_memcpy", "gpu_memset")
    orphans = [e for e in work if e.args.get("correlation") not in calls]
    findings = found(table_of(name))
    count = findings["orphan_correlation"].count if "orphan_correlation" in findings else 0
    assert count == len(orphans)
