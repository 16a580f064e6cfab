"""What leaves Diptych is whole, readable elsewhere, and never put over something else."""

from __future__ import annotations

import csv
import gzip
import io
import json
import resource
from pathlib import Path

import pytest
from tests.helpers.fake_run import LiveRun, make_run

from diptych.profiling.export.csv import HEADER, write_steps
from diptych.profiling.export.files import ExportError, export_chrome, export_csv, export_json
from diptych.profiling.records import kinds
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.profiling.runs.summary import summarise


def read(directory: Path) -> RunSnapshot:
    with RunSession(directory) as session:
        return session.drain()


@pytest.fixture
def snapshot(tmp_path: Path) -> RunSnapshot:
    with LiveRun(tmp_path / "runs", framework="mxnet") as run:
        run.step(10)
        run.window(3)
        run.step(10)
        run.window(2)
        run.step(5)
        # Its completion never comes.
        run.worker.put(kinds.Step, run.now, n=30, t0=run.now, dispatched=5, phases=(1, 1, 1, 1, 1))
        run.finish()
        return read(run.directory)


def test_csv_holds_every_step_and_says_which_count(snapshot: RunSnapshot) -> None:
    out = io.StringIO(newline="")
    assert write_steps(snapshot, out) == 31
    text = out.getvalue()
    assert text.count("\r\n") == text.count("\n") == 32
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert tuple(rows[0]) == HEADER
    assert [int(row["step"]) for row in rows] == list(range(31))
    assert [int(row["profiled"]) for row in rows].count(1) == 5
    assert rows[-1]["completed_ms"] == rows[-1]["loss"] == rows[-1]["samples"] == ""
    for row, dispatched in zip(rows, snapshot.steps.dispatched.tolist(), strict=True):
        assert float(row["dispatched_ms"]) == pytest.approx(dispatched / 1e6, abs=1e-9)
        phases = sum(float(row[f"{phase}_ms"]) for phase in kinds.PHASES)
        assert phases == pytest.approx(float(row["dispatched_ms"]), abs=1e-5)


def test_the_summary_can_be_recomputed_from_the_csv(snapshot: RunSnapshot, tmp_path: Path) -> None:
    (path,) = export_csv(snapshot, tmp_path / "steps.csv")
    with path.open(newline="") as file:
        counted = [row for row in csv.DictReader(file) if row["counted"] == "1"]
    times = [float(row["completed_ms"]) for row in counted if row["completed_ms"]]
    summary = summarise(snapshot)
    assert summary.step_ms.mean == pytest.approx(sum(times) / len(times))
    assert summary.step_ms.counted == len(times)


def test_json(snapshot: RunSnapshot, tmp_path: Path) -> None:
    (path,) = export_json(snapshot, tmp_path / "run.json")
    data = json.loads(path.read_text())
    assert data["summary"]["id"] == data["manifest"]["id"] == snapshot.id


def test_several_traces_go_into_a_folder(snapshot: RunSnapshot, tmp_path: Path) -> None:
    paths = export_chrome(snapshot, tmp_path / "out")
    assert [path.name for path in paths] == ["r0-w000.json.gz", "r0-w001.json.gz"]
    assert "traceEvents" in json.loads(gzip.decompress(paths[1].read_bytes()))


def test_one_window_goes_into_a_file(snapshot: RunSnapshot, tmp_path: Path) -> None:
    (packed,) = export_chrome(snapshot, tmp_path / "t.json.gz", window=1)
    (plain,) = export_chrome(snapshot, tmp_path / "t.json", window=1)
    assert json.loads(gzip.decompress(packed.read_bytes())) == json.loads(plain.read_bytes())


def test_nothing_is_replaced_unasked(snapshot: RunSnapshot, tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_text("precious")
    for export in (export_csv, export_json, export_chrome):
        with pytest.raises(ExportError):
            export(snapshot, path)
        assert path.read_text() == "precious"
    export_csv(snapshot, path, force=True)
    assert path.read_text().startswith("step,")
    folder = tmp_path / "out"
    export_chrome(snapshot, folder)
    with pytest.raises(ExportError, match="--force"):
        export_chrome(snapshot, folder)
    assert len(export_chrome(snapshot, folder, force=True)) == 2


def test_what_cannot_be_exported_is_told(snapshot: RunSnapshot, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"no window 7 \(windows: 0, 1\)"):
        export_chrome(snapshot, tmp_path / "t.json", window=7)
    with pytest.raises(ExportError, match="No such file or directory"):
        export_csv(snapshot, tmp_path / "no" / "where.csv")
    with pytest.raises(ExportError, match="is a folder"):
        export_csv(snapshot, tmp_path)
    empty = read(make_run(tmp_path / "empty", steps=0, window_at=None))
    with pytest.raises(ExportError, match="has no steps"):
        export_csv(empty, tmp_path / "x.csv")
    with pytest.raises(ExportError, match="no profile window"):
        export_chrome(empty, tmp_path / "x.json")


def test_a_trace_that_failed_says_why(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(5)
        run.window(2)
        run.tracer.put(
            kinds.Trace, run.now, window=0, rank=0, path=None, events=0, bytes=0, error="disk full"
        )
        run.finish()
        with pytest.raises(ExportError, match="disk full"):
            export_chrome(read(run.directory), tmp_path / "t.json")


def test_a_full_disk_leaves_nothing_behind(snapshot: RunSnapshot, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
    try:
        with pytest.raises(ExportError, match="File too large"):
            export_csv(snapshot, tmp_path / "steps.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def _trace_of(snapshot: RunSnapshot, window: int) -> Path:
    trace = snapshot.windows[window].trace
    assert trace is not None
    assert trace.path is not None
    return snapshot.directory / trace.path


@pytest.mark.parametrize("name", ["t.json", "t.json.gz", "t.bin"])
@pytest.mark.parametrize("damage", ["short", "bits", "other"])
def test_a_damaged_trace_is_never_handed_out(
    snapshot: RunSnapshot, tmp_path: Path, name: str, damage: str
) -> None:
    trace = _trace_of(snapshot, 1)
    data = trace.read_bytes()
    middle = len(data) // 2
    damaged = {
        "short": data[:-20],
        "bits": data[:middle] + bytes(b ^ 0xFF for b in data[middle : middle + 8]) + data[middle:],
        "other": b"no gzip at all",
    }
    trace.write_bytes(damaged[damage])
    with pytest.raises(ExportError, match=r"r0-w001\.json\.gz is damaged"):
        export_chrome(snapshot, tmp_path / name, window=1)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_trace_that_was_deleted_is_named(snapshot: RunSnapshot, tmp_path: Path) -> None:
    _trace_of(snapshot, 1).unlink()
    with pytest.raises(ExportError, match=r"traces/r0-w001\.json\.gz is no longer in"):
        export_chrome(snapshot, tmp_path / "t.json", window=1)
