"""The tracer on run directories: what it announces, writes, removes and keeps."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from diptych.profiling.records import kinds
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.reader import JournalTail
from diptych.profiling.records.writer import JournalWriter
from diptych.profiling.trace import chrome
from diptych.profiling.trace.tracer import Tracer

SAMPLE = Path(__file__).parents[2] / "data" / "mxnet" / "first.json"


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    paths = RunPaths(tmp_path / "20261123T101502-mxnet-mlp-aaaa")
    paths.events.mkdir(parents=True)
    paths.raw_traces.mkdir(parents=True)
    return paths


def announce(paths: RunPaths, **fields: Any) -> None:
    with JournalWriter(paths.worker_journal(0), "worker-r0") as journal:
        journal.write(kinds.Clock, boot=0, real=1_795_439_454_000_000_000)
        journal.write(kinds.Framework, name="mxnet", version="1.9.1")
        journal.write(
            kinds.Window,
            id=0,
            state="captured",
            origin="schedule",
            format="mxnet",
            steps=((10, 1, 2), (11, 2, 3)),
            **fields,
        )


def told(paths: RunPaths) -> list[kinds.AnyRecord]:
    return JournalTail(paths.tracer_journal).read()[1:]


def test_a_captured_window_gets_its_summary_then_its_trace(paths: RunPaths) -> None:
    paths.raw_trace(0, 0).write_bytes(SAMPLE.read_bytes())
    announce(paths)
    tracer = Tracer(paths.root)
    assert tracer.step()
    summary, trace = told(paths)
    assert isinstance(summary, kinds.Operators)
    assert isinstance(trace, kinds.Trace)
    assert (summary.window, summary.steps) == (0, 2)
    assert trace.path == "traces/r0-w000.json.gz"
    written = json.loads(gzip.decompress((paths.root / trace.path).read_bytes()))
    assert {e["name"] for e in written["traceEvents"]} >= {"ProfilerStep#10", "ProfilerStep#11"}
    assert not paths.raw_trace(0, 0).exists()
    tracer.finish()
    assert len(told(paths)) == 2


def test_a_window_whose_announcement_was_lost_is_finished_at_the_end(paths: RunPaths) -> None:
    paths.raw_trace(0, 3).write_bytes(SAMPLE.read_bytes())
    tracer = Tracer(paths.root)
    tracer.step()
    assert told(paths) == []
    tracer.finish()
    assert paths.trace(0, 3).exists()
    assert [type(r) for r in told(paths)] == [kinds.Operators, kinds.Trace]


def test_a_window_that_cannot_be_read_is_told_and_kept(paths: RunPaths) -> None:
    paths.raw_trace(0, 0).write_bytes(b"noise")
    announce(paths)
    tracer = Tracer(paths.root)
    tracer.step()
    (record,) = told(paths)
    assert isinstance(record, kinds.Trace)
    assert record.path is None
    assert record.error
    assert paths.raw_trace(0, 0).exists()
    tracer.finish()
    assert len(told(paths)) == 1


def test_a_full_disk_keeps_the_raw_window_and_the_summary(
    paths: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(data: bytes, path: Path) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(chrome, "write_gzip", full)
    paths.raw_trace(0, 0).write_bytes(SAMPLE.read_bytes())
    announce(paths)
    Tracer(paths.root).step()
    summary, trace = told(paths)
    assert isinstance(summary, kinds.Operators)
    assert isinstance(trace, kinds.Trace)
    assert "No space left" in (trace.error or "")
    assert paths.raw_trace(0, 0).exists()


def test_paths_in_the_journal_are_not_followed(paths: RunPaths, tmp_path: Path) -> None:
    outside = tmp_path / "precious.json"
    outside.write_bytes(SAMPLE.read_bytes())
    announce(paths, raw="../precious.json")
    tracer = Tracer(paths.root)
    tracer.step()
    tracer.finish()
    assert outside.exists()
    assert told(paths) == []
