"""The operator summary of a window can be read before its trace is finished."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from diptych.profiling.records import kinds
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.reader import JournalTail
from diptych.profiling.records.writer import JournalWriter
from diptych.profiling.trace import chrome
from diptych.profiling.trace.tracer import Tracer

SAMPLE = Path(__file__).parents[2] / "data" / "mxnet" / "first.json"


def readable(paths: RunPaths) -> list[str]:
    """Return what any reader finds in the tracer's journal and among the traces."""
    tail = JournalTail(paths.tracer_journal)
    said = [f"{type(r).__name__} {r.window}" for r in tail.read()[1:] if hasattr(r, "window")]
    tail.close()
    return said + [path.name for path in sorted(paths.traces.glob("*.json.gz"))]


def test_the_operators_are_told_before_the_trace_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = RunPaths(tmp_path / "run")
    paths.events.mkdir(parents=True)
    paths.raw_traces.mkdir(parents=True)
    with JournalWriter(paths.worker_journal(0), "worker-r0") as journal:
        for number in (0, 1):
            shutil.copyfile(SAMPLE, paths.raw_trace(0, number))
            journal.write(
                kinds.Window,
                id=number,
                state="captured",
                origin="schedule",
                format="mxnet",
                steps=((10, 1, 2),),
            )
    seen: list[list[str]] = []
    compress = chrome.write_gzip

    def watched(data: bytes, path: Path) -> int:
        seen.append(readable(paths))
        return compress(data, path)

    monkeypatch.setattr(chrome, "write_gzip", watched)
    tracer = Tracer(paths.root)
    tracer.step()
    tracer.finish()
    one = ["Operators 0"]
    two = ["Operators 0", "Trace 0", "Operators 1", "r0-w000.json.gz"]
    assert seen == [one, two], "when compression began"
    assert readable(paths)[-3:] == ["Trace 1", "r0-w000.json.gz", "r0-w001.json.gz"]
