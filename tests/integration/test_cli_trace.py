"""``diptych trace`` as a person and as a script use it."""

from __future__ import annotations

import csv
import gzip
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.fake_run import make_run
from tests.helpers.raw_trace import RawTrace
from tests.helpers.shared_traces import path_of

from diptych.profiling.cli import main
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.trace import sql

_SMALL: list[dict[str, Any]] = [
    {"ph": "M", "name": "process_name", "pid": 9, "tid": 0, "args": {"name": "python3"}},
    {"ph": "X", "cat": "user_annotation", "name": "ProfilerStep#4", "ts": 0, "dur": 100},
    {"ph": "X", "cat": "cpu_op", "name": "aten::mm", "ts": 10, "dur": 50},
    {"ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "ts": 20, "dur": 5},
    {"ph": "X", "cat": "kernel", "name": "gemm", "pid": 0, "tid": 7, "ts": 40.5, "dur": 30.25},
    {"ph": "X", "cat": "kernel", "name": "lost", "pid": 0, "tid": 7, "ts": 80, "dur": 1},
]
_ARGS: dict[str, dict[str, Any]] = {
    "aten::mm": {"External id": 3, "Input Dims": [[2, 2], [2, 2]]},
    "cudaLaunchKernel": {"correlation": 5, "External id": 3},
    "gemm": {"correlation": 5, "device": 0, "stream": 7},
    "lost": {"correlation": 99, "device": 0, "stream": 7},
}


@pytest.fixture
def small(tmp_path: Path, home: Path) -> Path:
    """A trace that is small enough to know every number of it."""
    events = [
        {"pid": 9, "tid": 9, **e, "args": _ARGS.get(e["name"], e.get("args", {}))} for e in _SMALL
    ]
    path = tmp_path / "small.json"
    path.write_text(json.dumps({"traceEvents": events, "schemaVersion": 1}), encoding="utf-8")
    return path


def answer(capsys: pytest.CaptureFixture[str], *words: str | Path) -> Any:
    assert main(["trace", *map(str, words)]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *words: str | Path, status: int = 1) -> str:
    assert main(["trace", *map(str, words)]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    assert err.startswith("diptych")
    return err


def test_summary(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, "summary", small, "--json")
    assert said["events"] == 6
    assert said["duration_ns"] == 100_000
    assert said["categories"]["kernel"] == {"count": 2, "total_ns": 31_250}
    assert said["categories"]["cpu_op"] == {"count": 1, "total_ns": 50_000}
    assert said["steps"] == [{"name": "ProfilerStep#4", "start_ns": 0, "duration_ns": 100_000}]
    (device,) = said["devices"]
    assert {k: device[k] for k in ("id", "name", "busy_ns", "kernels", "kernel_ns")} == {
        "id": 0,
        "name": None,
        "busy_ns": 31_250,
        "kernels": 2,
        "kernel_ns": 31_250,
    }
    assert said["dropped"] == {}
    assert said["truncated"] is False
    (parts,) = said["split"]["parts"]
    assert parts.pop("name") == "ProfilerStep#4"
    assert sum(parts.values()) == 100_000
    assert main(["trace", "summary", str(small)]) == 0
    page = capsys.readouterr().out
    assert "6 events" in page
    assert "device 0: 2 kernels" in page


def test_open_shows_the_files_in_the_window(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[list[str]] = []

    def window(words: list[str]) -> int:
        shown.append(words)
        return 0

    monkeypatch.setattr("diptych.gui.app.main", window)
    assert main(["trace", "open", str(small), str(small)]) == 0
    assert shown == [[str(small), str(small)]]
    assert main(["trace", "open", str(tmp_path / "no.json")]) == 1
    assert "there is no file" in capsys.readouterr().err
    assert main(["trace", "open", *[str(small)] * 3]) == 2
    assert len(shown) == 1


def test_device_time_that_was_not_recorded_is_not_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "host.json"
    event = {"ph": "X", "cat": "cpu_op", "name": "mm", "ts": 1, "dur": 5, "pid": 1, "tid": 1}
    path.write_text(json.dumps({"schemaVersion": 1, "traceEvents": [event]}))
    (row,) = answer(capsys, "ops", path, "--json")
    assert (row["device_ns"], row["device_self_ns"]) == (None, None)
    assert row["device_ns_reason"] == "no work on a device was recorded"
    assert main(["trace", "ops", str(path)]) == 0
    assert "—" in capsys.readouterr().out
    assert main(["trace", "sql", str(path), "SELECT device_ns FROM operators", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"device_ns": None}]


def test_operators_and_kernels(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = answer(capsys, "ops", small, "--json")
    wanted = {
        "name": "aten::mm",
        "category": "cpu_op",
        "calls": 1,
        "total_ns": 50_000,
        "self_ns": 50_000,
        "device_ns": 30_250,
    }
    assert {name: row[name] for name in wanted} == wanted
    kernels = answer(capsys, "ops", small, "--by", "kernel", "--json")
    assert kernels[0] == {
        "name": "gemm",
        "device": 0,
        "calls": 1,
        "total_ns": 30_250,
        "min_ns": 30_250,
        "mean_ns": 30_250,
        "max_ns": 30_250,
    }
    assert len(answer(capsys, "ops", small, "--by", "kernel", "--top", "1", "--json")) == 1
    (shaped,) = answer(capsys, "ops", small, "--by", "shape", "--json")
    assert json.loads(shaped["shape"]) == [[2, 2], [2, 2]]
    assert main(["trace", "ops", str(small), "--by", "module"]) == 0
    assert "no modules" in capsys.readouterr().err
    assert main(["trace", "ops", str(small)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[-1] == "aten::mm"


def test_a_real_trace_says_the_same_in_all_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    path = path_of("h100_bert_small")
    raw = RawTrace(path)
    said = answer(capsys, "summary", path, "--json")
    assert said["events"] == len(raw.all)
    assert {n: (c["count"], c["total_ns"]) for n, c in said["categories"].items()} == (
        raw.categories()
    )
    assert {d["id"]: d["busy_ns"] for d in said["devices"]} == raw.busy()
    question = "SELECT category, count(*) n, sum(duration_ns) ns FROM slices GROUP BY 1"
    found = answer(capsys, "sql", path, question, "--json")
    assert {row["category"]: (row["n"], row["ns"]) for row in found} == raw.categories()
    modules = answer(capsys, "ops", path, "--by", "module", "--json")
    assert "nn.Module: BertModel_0" in {row["name"] for row in modules}
    stacks = answer(capsys, "ops", path, "--by", "stack", "--top", "3", "--json")
    assert all(row["stack"] for row in stacks)


def test_convert(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow.parquet as parquet

    out = tmp_path / "out.parquet"
    assert answer(capsys, "convert", small, "--to", "parquet", "-o", out, "--json")["rows"] == 5
    table = parquet.read_table(out)
    rows = {row["name"]: row for row in table.to_pylist()}
    assert rows["gemm"]["start_ns"] == 40_500
    assert rows["gemm"]["device"] == 0
    assert rows["aten::mm"]["device"] is None
    assert rows["gemm"]["launch"] == rows["cudaLaunchKernel"]["row"]
    assert table.schema.metadata[b"source"] == b"kineto"
    assert main(["trace", "convert", str(small), "--to", "csv", "-o", str(tmp_path / "o.csv")]) == 0
    with (tmp_path / "o.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [line["name"] for line in lines if line["kind"] == "kernel"] == ["gemm", "lost"]
    words = ("convert", small, "--to", "csv", "--table", "operators", "-o", tmp_path / "ops.csv")
    assert main(["trace", *map(str, words)]) == 0
    assert "aten::mm" in (tmp_path / "ops.csv").read_text(encoding="utf-8")
    capsys.readouterr()
    assert "exists already" in refused(capsys, "convert", small, "--to", "parquet", "-o", out)
    assert "no table" in refused(
        capsys, "convert", small, "--to", "csv", "--table", "nosuch", status=2
    )


def test_convert_to_chrome_and_merge(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = tmp_path / "again.json.gz"
    assert main(["trace", "convert", str(small), "--to", "chrome", "-o", str(again)]) == 0
    capsys.readouterr()
    both = tmp_path / "both.json"
    said = answer(capsys, "merge", small, again, "-o", both, "--align", "step", "--json")
    assert said["clock"] == "first step"
    events = json.loads(both.read_bytes())["traceEvents"]
    pids = {e["pid"] for e in events if e["ph"] == "X"}
    assert len(pids) == 4
    launches = [e["args"]["correlation"] for e in events if e["name"] == "cudaLaunchKernel"]
    assert len(set(launches)) == 2
    merged = answer(capsys, "summary", both, "--json")
    assert [d["busy_ns"] for d in merged["devices"]] == [31_250, 31_250]
    assert [s["start_ns"] for s in merged["steps"]] == [0, 0]
    assert "name another file" in refused(
        capsys, "merge", small, both, "-o", both, "--force", status=2
    )


def test_check(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, "check", small, "--json")
    assert not said["sound"]
    (finding,) = said["findings"]
    assert (finding["what"], finding["count"]) == ("orphan_correlation", 1)
    assert finding["examples"][0]["name"] == "lost"
    assert main(["trace", "check", str(small), "--strict"]) == 1
    assert "correlation leads nowhere" in capsys.readouterr().out
    cut = tmp_path / "cut.json"
    cut.write_bytes(small.read_bytes()[:-150])
    said = answer(capsys, "check", cut, "--json")
    assert "truncated" in {finding["what"] for finding in said["findings"]}
    assert answer(capsys, "summary", cut, "--json")["truncated"] is True


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("SELECT * FROM nosuch", "there are: slices"),
        ("SELEC name FROM slices", "syntax error"),
        ("SELECT wrong FROM slices", "wrong"),
        ("COPY slices TO '/tmp/x.csv'", "disabled"),
        ("SELECT * FROM read_csv('/etc/passwd')", "disabled"),
        ("SET enable_external_access = true", "locked"),
        ("INSTALL httpfs", "disabled"),
        ("ATTACH '/tmp/other.db'", "disabled"),
    ],
)
def test_sql_refuses(
    small: Path, capsys: pytest.CaptureFixture[str], question: str, why: str
) -> None:
    assert why in refused(capsys, "sql", small, question)
    assert not Path("/tmp/x.csv").exists()


def test_sql(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = (
        "SELECT o.name AS operator, k.name AS kernel, k.duration_ns FROM slices k "
        'JOIN slices o ON k."operator" = o."row" WHERE k.kind = \'kernel\''
    )
    assert answer(capsys, "sql", small, question, "--json") == [
        {"operator": "aten::mm", "kernel": "gemm", "duration_ns": 30_250}
    ]
    assert main(["trace", "sql", str(small), "SELECT name FROM slices", "--top", "2"]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert "--top N" in err
    tables = answer(capsys, "sql", small, "SHOW TABLES", "--json")
    assert {"slices", "operators", "kernels", "steps"} <= {row["name"] for row in tables}


def test_ctrl_c_ends_a_question_that_takes_long(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = threading.Event()
    ask: Callable[..., Any] = sql.ask

    def asked(*args: Any) -> Any:
        *rest, interrupt = args

        def told(stop: Callable[[], None] | None) -> None:
            interrupt(stop)
            asking.set()

        return ask(*rest, told)

    def interrupts() -> None:
        if asking.wait(60):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(sql, "ask", asked)
    hand = threading.Thread(target=interrupts)
    hand.start()
    long = "SELECT count(*) FROM range(100000000000) a, range(1000) b WHERE a.range % 7 = b.range"
    assert main(["trace", "sql", str(small), long]) == 130
    hand.join()
    assert capsys.readouterr().out == ""


def test_aligned_because_it_was_asked_for(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["trace", "merge", str(small), str(small), "-o"]
    assert main([*words, str(tmp_path / "asked.json"), "--align", "step"]) == 0
    assert "not all files have a clock" not in capsys.readouterr().err
    assert main([*words, str(tmp_path / "had.json")]) == 0
    assert "not all files have a clock" in capsys.readouterr().err


def test_a_run_stands_for_its_traces(
    small: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = make_run(home / "runs", framework="torch", steps=20, seed=1, name="traced")
    assert "no trace" in refused(capsys, "summary", "traced")
    folder = RunPaths(directory).traces
    folder.mkdir(exist_ok=True)
    for window in (0, 1):
        data = gzip.compress(small.read_bytes())
        RunPaths(directory).trace(0, window).write_bytes(data)
    assert main(["trace", "summary", "traced", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["file"].endswith("r0-w001.json.gz")
    assert "2 traces" in err
    said = answer(capsys, "merge", directory, "-o", tmp_path / "m.json", "--json")
    assert len(set(said["labels"])) == 2


def test_errors_are_one_line(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no file" in refused(capsys, "summary", tmp_path / "nosuch.json")
    assert "no run" in refused(capsys, "summary", "nosuch")
    assert "folder" in refused(capsys, "summary", tmp_path)
    (tmp_path / "text.json").write_text("hello", encoding="utf-8")
    assert "text.json" in refused(capsys, "ops", tmp_path / "text.json")
    assert "invalid choice" in refused(capsys, "ops", small, "--by", "colour", status=2)
    assert "required" in refused(capsys, "merge", small, status=2)
    out = tmp_path / "no" / "such" / "folder.json"
    assert "folder.json" in refused(capsys, "convert", small, "--to", "chrome", "-o", out)


def _many(path: Path, count: int) -> None:
    event = '{"ph":"X","cat":"cpu_op","name":"op %d","pid":1,"tid":1,"ts":%d,"dur":1,"args":{}},\n'
    with path.open("w", encoding="utf-8") as file:
        file.write('{"traceEvents":[\n')
        file.writelines(event % (i % 50, 2 * i) for i in range(count))
        file.write('{"ph":"X","cat":"cpu_op","name":"last","pid":1,"tid":1,"ts":0,"dur":1}]}\n')


def test_ctrl_c_leaves_nothing_and_says_nothing(tmp_path: Path, home: Path) -> None:
    path, folder = tmp_path / "many.json", tmp_path / "out"
    folder.mkdir()
    _many(path, 300_000)
    out = folder / "out.json"
    words = ["trace", "convert", str(path), "--to", "chrome", "-o", str(out)]
    watcher, terminal = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "diptych.profiling.cli", *words],
        stdout=subprocess.PIPE,
        stderr=terminal,
        env={**os.environ, "PYTHONFAULTHANDLER": "0"},
    )
    os.close(terminal)
    deadline = time.monotonic() + 60
    while not list(folder.iterdir()) and time.monotonic() < deadline:
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=60)
    said = b""
    while True:
        try:
            piece = os.read(watcher, 1 << 16)
        except OSError:
            break
        if not piece:
            break
        said += piece
    os.close(watcher)
    assert running.returncode == 130
    assert output == b""
    assert list(folder.iterdir()) == []
    assert b"Traceback" not in said
    assert b" %" in said, said
