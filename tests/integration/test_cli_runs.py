"""``diptych runs`` as a person and as a script use it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers.fake_run import LiveRun, make_run

from diptych.profiling.records.layout import RunPaths


def diptych(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "diptych.profiling.cli", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(result: subprocess.CompletedProcess[str], status: int = 1) -> str:
    assert result.returncode == status
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


@pytest.fixture
def runs(home: Path) -> Path:
    folder = home / "runs"
    make_run(folder, framework="torch", steps=40, seed=1, name="baseline")
    make_run(folder, framework="mxnet", steps=40, seed=2)
    make_run(folder, framework="torch", steps=40, seed=3, status="failed", code=1, text="boom")
    return folder


def test_list(runs: Path) -> None:
    with LiveRun(runs, seed=4) as run:
        run.step(3)
        (runs / "notes").mkdir()
        lines = diptych("runs", "list").stdout.splitlines()
    assert lines[0].split()[:3] == ["run", "framework", "workload"]
    states = {line.split()[0][-4:]: line for line in lines[1:6]}
    assert "running" in states["0004"]
    assert "failed" in states["0003"]
    assert "mxnet" in states["0002"]
    assert any("baseline" in line and "done" in line and " 40 " in line for line in lines)
    assert "not a Diptych run" in lines[-1]


def test_list_json_and_limit(runs: Path) -> None:
    listed = json.loads(diptych("runs", "list", "--json", "--limit", "2").stdout)
    assert [(e["framework"], e["state"], e["steps"]) for e in listed] == [
        ("torch", "failed", 40),
        ("mxnet", "done", 40),
    ]
    assert "not a positive whole number" in refused(diptych("runs", "list", "--limit", "0"), 2)


def test_a_live_run_is_listed_with_its_steps_so_far(home: Path) -> None:
    with LiveRun(home / "runs", warmup=0) as run:
        (before,) = json.loads(diptych("runs", "list", "--json").stdout)
        assert (before["state"], before["steps"]) == ("running", 0)
        run.step(1500)
        journal = RunPaths(run.directory).worker_journal(0)
        assert journal.stat().st_size > 3 * 64 * 1024
        with journal.open("ab") as file:
            file.write(b'{"k":"step","n":9999')
        (now,) = json.loads(diptych("runs", "list", "--json").stdout)
        assert now["steps"] == 1500
        assert " 1,500 " in diptych("runs", "list").stdout


def test_steps_far_from_the_end_of_a_journal_are_found(home: Path) -> None:
    with LiveRun(home / "runs", warmup=0) as run:
        run.step(3)
        with RunPaths(run.directory).worker_journal(0).open("ab") as file:
            file.write(b'{"k":"what","text":"' + b"x" * 200_000 + b'"}\n')
        (now,) = json.loads(diptych("runs", "list", "--json").stdout)
        assert now["steps"] == 3


def test_list_of_nothing(home: Path) -> None:
    result = diptych("runs", "list")
    assert (result.returncode, result.stdout) == (0, "")
    assert "no runs" in result.stderr
    assert json.loads(diptych("runs", "list", "--json").stdout) == []


def test_show(runs: Path) -> None:
    shown = diptych("runs", "show", "baseline").stdout
    assert "12.0 ms median" in shown
    assert "40 (3 of them warm-up)" in shown
    assert str(runs) in shown
    assert "(means, ms)" in shown
    data = json.loads(diptych("runs", "show", "baseline", "--json").stdout)
    assert {"id", "dir", "framework", "workload", "status", "exit_code", "steps"} <= set(data)
    assert {"median", "p95", "p99"} <= set(data["step_ms"])
    assert data["manifest"]["request"]["name"] == "baseline"
    assert Path(data["traces"][0]).exists()


def test_show_says_which_learning_rate_was_used(home: Path) -> None:
    run = make_run(home / "runs", framework="torch", steps=40, name="open")
    kept = RunPaths(run).manifest
    manifest = json.loads(kept.read_text())
    manifest["request"]["knobs"] |= {"optimizer": "sgd", "lr": 0.0}
    kept.write_text(json.dumps(manifest))
    assert "lr=0.01 (automatic)" in diptych("runs", "show", "open").stdout


def test_text_from_outside_cannot_drive_the_terminal(runs: Path) -> None:
    make_run(runs, steps=12, seed=7, name="\x1b[2Jgone\nrow", text="\x1b]0;title\x07")
    for words in (("list",), ("show", "0007")):
        shown = diptych("runs", *words).stdout
        assert "\x1b" not in shown
        assert "gone row" in shown


def test_export(runs: Path, tmp_path: Path) -> None:
    out = tmp_path / "steps.csv"
    result = diptych("runs", "export", "baseline", "--format", "csv", "-o", out)
    assert (result.returncode, result.stdout) == (0, f"{out}\n")
    assert len(out.read_bytes().split(b"\r\n")) == 42
    again = diptych("runs", "export", "baseline", "--format", "csv", "-o", out)
    assert "--force" in refused(again)
    for form, name in (("json", "run.json"), ("chrome", "trace.json")):
        target = tmp_path / name
        assert diptych("runs", "export", "0002", "--format", form, "-o", target).returncode == 0
        assert json.loads(target.read_text())


def test_wrong_usage(runs: Path, tmp_path: Path) -> None:
    assert "near it: baseline" in refused(diptych("runs", "show", "basline"))
    assert "fits" in refused(diptych("runs", "show", "20"))
    refused(diptych("runs"), 2)
    refused(diptych("runs", "export", "baseline", "--format", "xml", "-o", "x"), 2)
    words = ("runs", "export", "baseline", "--format", "csv", "-o", tmp_path / "x")
    assert "--window" in refused(diptych(*words, "--window", "1"), 2)
    assert "not a Diptych run" in refused(diptych("runs", "show", tmp_path))


def test_a_damaged_run_is_told_and_does_not_hide_the_others(runs: Path) -> None:
    victim = next(path for path in runs.iterdir() if path.name.endswith("0002"))
    RunPaths(victim).manifest.write_text("{")
    listed = json.loads(diptych("runs", "list", "--json").stdout)
    assert len(listed) == 3
    assert "not valid JSON" in refused(diptych("runs", "show", "0002"))


def test_a_reader_that_leaves_is_no_traceback(runs: Path) -> None:
    words = [sys.executable, "-m", "diptych.profiling.cli", "runs", "show", "baseline", "--json"]
    reading, writing = os.pipe()
    os.close(reading)
    result = subprocess.run(
        words, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    os.close(writing)
    assert "Traceback" not in result.stderr


def test_a_copied_run_and_a_journal_that_vanished(runs: Path) -> None:
    original = next(path for path in runs.iterdir() if path.name.endswith("0002"))
    shutil.copytree(original, runs / "kept")
    assert f"kept (id {original.name})" in diptych("runs", "list").stdout
    assert "no record" in diptych("runs", "show", "kept").stdout
    RunPaths(runs / "kept").worker_journal(0).unlink()
    shown = diptych("runs", "show", "kept").stdout
    assert "the summary names 40 steps, the journal holds 0 now" in shown
    assert "lost         40 missing" in shown
