"""`diptych report` as it is called: files, standard output, and errors of one line."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest
from pyarrow import parquet
from tests.helpers.fake_comparison import run_of

from diptych.profiling.compare import conduct, saved
from diptych.profiling.compare.as_json import as_json
from diptych.profiling.compare.sides import parse, workload_sides
from diptych.profiling.records.experiment import Experiment
from diptych.profiling.runner.request import Settings


def report(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "diptych.profiling.cli", "report", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def runs(home: Path) -> tuple[str, str]:
    made = [run_of(home / "runs", kind, seed=at) for at, kind in enumerate(("torch", "mxnet"))]
    return made[0].id, made[1].id


def test_two_runs_become_a_page(runs: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    done = report(*runs, "-o", out)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{out}\n", "")
    root = ET.fromstring(out.read_text(encoding="utf-8").partition("\n")[2])
    assert root.tag == "html"
    assert list(tmp_path.glob(".*")) == []


def test_texts_go_to_standard_output_unless_a_file_is_named(
    runs: tuple[str, str], tmp_path: Path
) -> None:
    texts = {form: report(*runs, "--format", form) for form in ("markdown", "latex", "json")}
    assert {form: done.returncode for form, done in texts.items()} == dict.fromkeys(texts, 0)
    assert texts["latex"].stdout.startswith("% ")
    assert "\\begin{tabular}" in texts["latex"].stdout
    assert len(json.loads(texts["json"].stdout)["sides"]) == 2
    out = tmp_path / "table.md"
    assert report(*runs, "-o", out).returncode == 0
    assert out.read_text(encoding="utf-8") == texts["markdown"].stdout


def test_errors_are_one_line(runs: tuple[str, str], tmp_path: Path) -> None:
    taken = tmp_path / "taken.html"
    taken.write_text("precious")
    cases = (
        ((*runs,), 2, "report needs a file: -o FILE"),
        ((*runs, "-o", tmp_path / "x.docx"), 2, "does not say what to write"),
        ((*runs, "-o", taken), 1, "exists already; --force replaces it"),
        ((*runs, "-o", tmp_path / "no" / "x.html"), 1, "No such file or directory"),
        (("nothing", "-o", tmp_path / "x.html"), 1, "there is no comparison 'nothing'"),
        ((runs[0], "nobody", "-o", tmp_path / "x.html"), 1, "nobody"),
        (("last", "-o", tmp_path / "x.html"), 1, "there is no comparison yet"),
        ((*runs, "--format", "pdf"), 2, "invalid choice"),
    )  # fmt: skip
    for words, status, text in cases:
        done = report(*words)
        assert done.returncode == status, done.stderr
        assert text in done.stderr
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""
    assert taken.read_text() == "precious"
    assert [path.name for path in tmp_path.glob("*") if path.is_file()] == ["taken.html"]


@pytest.mark.torch
@pytest.mark.mxnet
def test_a_real_race_is_taken_away_in_every_form(home_with_runtimes: Path, tmp_path: Path) -> None:
    # GIVEN a short race of both frameworks, with their operators
    home = home_with_runtimes
    knobs = {"features": 16, "batch_size": 8, "threads": 1}
    settings = Settings(fenced=True, schedule=None)
    wanted = [parse("torch"), parse("mxnet")]
    sides = workload_sides("mlp", wanted, knobs, settings=settings, home=home)
    renamed = (msgspec.structs.replace(sides[0], label='<script>&" torch'), sides[1])
    experiment = Experiment(
        id=conduct.new_id(sides), created=time.time_ns(), sides=renamed, rounds=7, turn=4, warm=3
    )
    directory = conduct.create(experiment, home)
    state = conduct.conduct(directory)
    assert state.status == "done", state.text
    expected = saved.open_comparison(directory)

    # WHEN it is written in every form
    outs = [tmp_path / f"r.{end}" for end in ("html", "md", "tex", "json", "csv", "parquet")]
    for out in outs:
        done = report("last", "-o", out)
        assert done.returncode == 0, done.stderr
    root = ET.fromstring(outs[0].read_text(encoding="utf-8").partition("\n")[2])

    # THEN all say the same, and the name that is markup stays a name
    assert not list(root.iter("script"))
    data = as_json(expected)
    values = {element.get("value") for element in root.iter("data")}
    assert {repr(side["median_ms"]["estimate"]) for side in data["sides"]} <= values
    assert json.loads(outs[3].read_text()) == json.loads(json.dumps(data))
    rows = parquet.read_table(outs[5]).num_rows
    assert rows == sum(side["steps"] for side in data["sides"])
    assert len(outs[4].read_text().splitlines()) == rows + 1
    titles = [svg.get("aria-label") for svg in root.iter("{http://www.w3.org/2000/svg}svg")]
    assert any(title and title.startswith("From a step of <script>") for title in titles)

    # AND its traces are sound and aligned
    for align, runs in (("time", 5), ("steps", 2)):
        trace = tmp_path / f"{align}.json.gz"
        done = report("last", "-o", trace, "--align", align)
        assert done.returncode == 0, done.stderr
        command = [sys.executable, "-m", "diptych.profiling.cli", "trace", "check", "--strict"]
        checked = subprocess.run([*command, str(trace)], capture_output=True, text=True,
                                 timeout=120, check=False)  # fmt: skip
        assert checked.returncode == 0, checked.stdout + checked.stderr
        _look(trace, align, runs)


def _look(path: Path, align: str, runs: int) -> None:
    from diptych.profiling.trace.metrics.steps import marked_steps
    from diptych.profiling.trace.store import open_trace

    table = open_trace(path, cache=False)
    assert len({counter.pid for counter in table.counters}) >= runs
    steps = marked_steps(table)
    process = [table.tracks[int(track)].process for track in table.slices.track[steps.rows]]
    firsts = []
    for name in ("MXNet imperative", "<script>"):
        mine = [s for s, p in zip(steps.start.tolist(), process, strict=True) if p.startswith(name)]
        assert len(mine) >= 5
        firsts.append(min(mine))
    assert (firsts[0] == firsts[1]) is (align == "steps")
