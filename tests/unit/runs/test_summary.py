"""The summary: right numbers, or none with a reason; and a file that can be made again."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.helpers.fake_run import LiveRun, make_run

from diptych.profiling.records import kinds
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runs import summary as summary_module
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.summary import (
    checked_summary,
    load_summary,
    read_summary,
    write_summary,
)

MS = 1_000_000


def step(run: LiveRun, n: int, ms: float, **fields: object) -> None:
    length = int(ms * MS)
    values = {
        "dispatched": length // 2,
        "phases": (length // 10, length // 10, length // 10, length // 10, length // 10),
        "completed": length,
        "ruler": "fence",
        "samples": 8,
        "cost": length // 200,
    } | fields
    run.worker.put(kinds.Step, run.now + length, n=n, t0=run.now, **values)
    run.now += length


def test_numbers_by_hand(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        step(run, 0, 900.0, warm=True, loss=9.0)
        for n in range(1, 101):
            # Profiled steps and one that compiles must not count.
            if n in (50, 51):
                step(run, n, 700.0, window=0)
            elif n == 70:
                step(run, n, 600.0, warm=True)
            else:
                step(run, n, 10.0 + n % 2, loss=1.0)
        summary = write_summary(run.finish())
    assert (summary.steps, summary.warmup_steps) == (101, 1)
    times = [10.0 + n % 2 for n in range(1, 101) if n not in (50, 51, 70)]
    assert summary.step_ms.counted == len(times)
    assert summary.step_ms.median == np.median(times)
    assert summary.step_ms.p95 == np.percentile(times, 95)
    assert summary.step_ms.mean == pytest.approx(np.mean(times))
    assert summary.step_ms.ruler == "fence"
    assert summary.dispatched_ms.median == np.median(times) / 2
    assert summary.phases_ms["forward"] == pytest.approx(np.mean(times) / 10)
    assert summary.samples_per_s == pytest.approx(8 * len(times) / sum(times) * 1000)
    assert summary.overhead_percent == pytest.approx(0.5)
    assert (summary.first_loss, summary.last_loss) == (9.0, 1.0)
    assert summary.status == "done"


def test_a_run_without_a_step(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.finish("failed", code=1, text="exited with 1: ImportError")
    summary = load_summary(run.directory)
    assert (summary.status, summary.exit_code, summary.steps) == ("failed", 1, 0)
    assert summary.step_ms.median is summary.samples_per_s is summary.warmup_steps is None
    assert set(summary.phases_ms.values()) == {None}
    assert summary.peak_memory_bytes.process_rss is None
    assert summary.peak_memory_bytes.reasons["process_rss"] == "not_measured"
    assert summary.status_text == "exited with 1: ImportError"


def test_unknown_peaks_have_their_reason(tmp_path: Path) -> None:
    peaks = load_summary(make_run(tmp_path, framework="mxnet", steps=40)).peak_memory_bytes
    assert peaks.process_rss is not None
    assert peaks.framework_allocated is None
    assert peaks.reasons["framework_allocated"] == "not_supported"
    assert peaks.reasons["device_used"] == "not_measured"


def test_a_gpu_that_others_use_is_not_the_run_s(tmp_path: Path) -> None:
    with LiveRun(tmp_path, gpu=True) as run:
        for index, tree_mem in ((0, 2 << 30), (1, 0)):
            run.system.put(
                kinds.Gpu,
                run.now,
                index=index,
                util=50.0,
                mem_used=(3 + 40 * index) << 30,
                tree_mem=tree_mem,
            )
        summary = write_summary(run.finish())
    assert summary.peak_memory_bytes.device_used == 3 << 30


def test_a_trace_that_leads_out_of_the_run_is_none(tmp_path: Path) -> None:
    directory = make_run(tmp_path, steps=40)
    (trace,) = load_summary(directory).traces
    outside = tmp_path / "outside.json.gz"
    Path(trace).rename(outside)
    Path(trace).symlink_to(outside)
    (directory / "summary.json").unlink()
    assert load_summary(directory).traces == ()


def test_traces_are_absolute_and_follow_a_moved_run(tmp_path: Path) -> None:
    directory = make_run(tmp_path / "a", steps=40)
    (trace,) = load_summary(directory).traces
    assert Path(trace) == RunPaths(directory).trace(0, 0)
    moved = tmp_path / "b"
    shutil.move(directory, moved)
    summary = load_summary(moved)
    assert summary.traces == (str(RunPaths(moved).trace(0, 0)),)
    assert summary.dir == str(moved)


def test_a_trace_path_cannot_lead_out_of_the_run(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        for number, path in enumerate(("/etc/passwd", "../../secret", "traces/../../x")):
            run.tracer.put(
                kinds.Trace, run.now, window=number, rank=0, path=path, events=1, bytes=1
            )
        assert load_summary(run.finish()).traces == ()


def test_written_once_then_read(tmp_path: Path) -> None:
    directory = make_run(tmp_path, steps=40)
    assert read_summary(directory) is None
    written = write_summary(directory)
    assert read_summary(directory) == load_summary(directory) == written


@pytest.mark.parametrize("damage", ["{", "", '{"format": "x"}', "[]", "\x00" * 100])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: str) -> None:
    directory = make_run(tmp_path, steps=40)
    written = write_summary(directory)
    RunPaths(directory).summary.write_text(damage)
    assert read_summary(directory) is None
    assert load_summary(directory) == written
    assert read_summary(directory) == written


def test_a_stale_file_is_made_again(tmp_path: Path) -> None:
    with LiveRun(tmp_path, lock=False) as run:
        run.step(20)
        run.finish()
        assert write_summary(run.directory).steps == 20
        run.step(5)
        later = run.paths.summary.stat().st_mtime_ns + 10 * MS
        os.utime(run.paths.worker_journal(0), ns=(later, later))
        assert load_summary(run.directory).steps == 25


def test_another_version_is_made_again(tmp_path: Path) -> None:
    directory = make_run(tmp_path, steps=40)
    written = write_summary(directory)
    newer = msgspec.structs.replace(written, version=(7, 0), steps=3)
    RunPaths(directory).summary.write_bytes(msgspec.json.encode(newer))
    assert load_summary(directory).steps == 40


def test_a_full_disk_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = make_run(tmp_path, steps=40)

    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(summary_module, "write_atomically", full)
    assert write_summary(directory).steps == 40
    assert not RunPaths(directory).summary.exists()


def test_a_live_run_gets_no_file(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(20)
        assert load_summary(run.directory).status == "running"
        assert not run.paths.summary.exists()


def test_the_runner_writes_it_while_it_still_holds_its_lock(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(20)
        with run.paths.worker_journal(0).open("ab") as file:
            file.write(b'{"k":"st')
        run.runner.put(kinds.Exited, run.now, rank=0, status="failed", code=None, signal="SIGKILL",
                       text="killed")  # fmt: skip
        run.flush()
        run.drop("worker")
        summary = write_summary(run.directory)
        assert (summary.status, summary.losses.malformed) == ("failed", 1)
        assert read_summary(run.directory) == summary


def test_framework_of_a_run_that_never_imported_it(tmp_path: Path) -> None:
    directory = make_run(tmp_path, steps=20, window_at=None)
    RunPaths(directory).worker_journal(0).write_bytes(b"")
    summary = load_summary(directory)
    assert (summary.framework, summary.framework_version) == ("torch", "2.13.0+cpu")
    with RunSession(directory) as session:
        manifest = session.drain().manifest
    assert manifest is not None
    automatic = msgspec.structs.replace(
        manifest, request=RunRequest(framework="auto", python="/p", script="t.py")
    )
    RunPaths(directory).manifest.write_bytes(msgspec.json.encode(automatic))
    assert write_summary(directory).framework is None


@pytest.mark.parametrize("damage", ["missing", "cut", "folder"])
def test_a_journal_that_vanished_is_told_and_the_numbers_stay(tmp_path: Path, damage: str) -> None:
    directory = make_run(tmp_path, steps=40)
    written = write_summary(directory)
    assert checked_summary(directory) == written
    journal = RunPaths(directory).worker_journal(0)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.unlink()
    if damage == "folder":
        journal.mkdir()
    elif damage == "cut":
        journal.write_bytes(b"".join(lines[: len(lines) // 2]))
        later = RunPaths(directory).summary.stat().st_mtime_ns + 10 * MS
        os.utime(journal, ns=(later, later))
    for _ in range(2):
        summary = checked_summary(directory)
        assert (summary.steps, summary.step_ms) == (40, written.step_ms)
        (text,) = summary.warnings
        assert text.startswith("the summary names 40 steps, the journal holds ")
        assert summary.losses.missing >= 15
        write_summary(directory)
