"""Unmodified PyTorch scripts under the agent: exact steps, phases, samples, windows."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.integration.agent_runs import SCRIPTS, AgentRun, Outcome, outcome

from diptych.profiling.records.kinds import AnyRecord

pytestmark = pytest.mark.torch
DECODE = msgspec.json.Decoder(AnyRecord)
SCHEDULE = {"skip": 3, "wait": 1, "warmup": 1, "active": 2, "repeat": 2}


def watched(
    python: str, tmp_path: Path, script: Path, *args: str, **config: Any
) -> tuple[AgentRun, Outcome]:
    """Run ``script`` under the agent; its journal must be sound and free of warnings."""
    run = AgentRun.make(tmp_path / "run", python, **config)
    done = run.run(script, *args)
    for line in run.journal.read_bytes().splitlines():
        DECODE.decode(line)
    assert run.records("warning", "lost") == [], done.stderr.decode()
    assert_sound(run.records("step"))
    return run, done


def assert_sound(steps: list[dict[str, Any]]) -> None:
    assert [step["n"] for step in steps] == list(range(len(steps)))
    for step in steps:
        fence = step["completed"] - step["dispatched"] if step["ruler"] == "fence" else 0
        assert sum(step["phases"]) == step["dispatched"] + fence
        assert step["t"] == step["t0"] + step["dispatched"]
        assert step["warm"] or step["n"]
        assert step["cost"] >= 0
        assert min(step["phases"]) >= 0


EXPECTED: dict[str, tuple[list[int], str, list[tuple[int, int]], list[tuple[str, int]]]] = {
    # script: samples of each step, mode, (batches, samples) of validations, models
    "torch_plain.py": ([32] * 12, "train", [], [("Sequential", 1994)]),
    "torch_gan.py": ([12] * 7, "train", [], [("Sequential", 161), ("Sequential", 216)]),
    "torch_accumulate.py": ([32] * 5, "train", [], [("Linear", 7)]),
    "torch_lbfgs.py": ([24] * 5, "train", [], [("Linear", 4)]),
    "torch_scaler.py": ([16] * 6, "train", [], [("Linear", 7)]),
    "torch_teacher.py": ([9] * 5, "train", [], [("Linear", 10)]),
    "torch_infer.py": ([5] * 6 + [2], "infer", [], [("Sequential", 195)]),
    "torch_compiled.py": ([10] * 6, "train", [], [("Net", 212)]),
    "torch_loader.py": ([16, 16, 16, 16, 6] * 2, "train", [(2, 40)] * 2, [("Sequential", 451)]),
}


@pytest.mark.parametrize("script", EXPECTED)
def test_steps_are_exact_and_the_output_is_the_same(
    script: str, torch_python: str, tmp_path: Path
) -> None:
    samples, mode, evals, models = EXPECTED[script]
    args = ("2",) if script == "torch_loader.py" else ()
    run, done = watched(torch_python, tmp_path, SCRIPTS / script, *args)

    if script in ("torch_compiled.py", "torch_loader.py"):
        # For torch.compile this compares Dynamo's counters too: graphs, frames, breaks.
        assert done == outcome([torch_python, str(SCRIPTS / script), *args])
    assert (done.code, done.stderr) == (0, b"")
    steps = run.records("step")
    assert [step["samples"] for step in steps] == samples
    assert {step["mode"] for step in steps} == {mode}
    assert {step["ruler"] for step in steps} == {"sync"}
    assert [(e["batches"], e["samples"]) for e in run.records("eval")] == evals
    assert [(m["name"], m["parameters"]) for m in run.records("model")] == models
    data, forward, backward, optimizer, _ = (
        sum(step["phases"][i] for step in steps) for i in range(5)
    )
    assert (data > 0) == (script in ("torch_loader.py", "torch_infer.py"))
    assert forward > 0
    assert (backward > 0) == (optimizer > 0) == (mode == "train")
    framework = run.records("framework")[-1]
    assert (framework["name"], framework["device"]) == ("torch", "cpu")
    assert set(run.records("mem")[0]["reasons"].values()) == {"not_supported"}


@pytest.mark.parametrize("script", ["torch_plain.py", "torch_scaler.py"])
def test_losses_are_the_ones_that_the_script_prints(
    script: str, torch_python: str, tmp_path: Path
) -> None:
    run, done = watched(torch_python, tmp_path, SCRIPTS / script)
    words = done.stdout.decode().split()
    losses = [f"{step['loss']:.6f}" for step in run.records("step")]
    assert losses == [word for word in words if "." in word and "e" not in word][: len(losses)]


def test_fenced_steps_are_measured_to_the_end_of_the_fence(
    torch_python: str, tmp_path: Path
) -> None:
    run, _ = watched(torch_python, tmp_path, SCRIPTS / "torch_gan.py", fenced=True)
    steps = run.records("step")
    assert len(steps) == 7
    assert {step["ruler"] for step in steps} == {"fence"}
    assert all(step["completed"] >= step["dispatched"] for step in steps)


def names_of(raw: Path) -> list[str]:
    trace = json.loads(raw.read_text())
    return [event["name"] for event in trace["traceEvents"] if event.get("ph") == "X"]


def test_a_schedule_gives_whole_windows_and_a_clean_stderr(
    torch_python: str, tmp_path: Path
) -> None:
    script = SCRIPTS / "torch_plain.py"
    plain = outcome([torch_python, str(script), "20"])
    run, done = watched(torch_python, tmp_path, script, "20", schedule=SCHEDULE)
    assert done == plain
    windows = run.records("window")
    assert [w["state"] for w in windows] == ["open", "active", "captured"] * 2
    captured = [w for w in windows if w["state"] == "captured"]
    assert [(w["id"], w["first"], w["last"]) for w in captured] == [(0, 5, 6), (1, 9, 10)]
    steps = {step["n"]: step for step in run.records("step")}
    for window in captured:
        spans = [(n, steps[n]["t0"], steps[n]["t"]) for n in (window["first"], window["last"])]
        assert [tuple(span) for span in window["steps"]] == spans
        assert [n for n, step in steps.items() if step["window"] == window["id"]] == [
            window["first"],
            window["last"],
        ]
        names = names_of(run.folder / window["raw"])
        for n in (window["first"], window["last"]):
            assert names.count(f"ProfilerStep#{n}") == 1
        assert names.count("Optimizer.step#SGD.step") == 2
        assert names.count("aten::addmm") == 4
        # The script prints each loss; what the agent reads for itself is not there.
        assert names.count("aten::item") == 2
        # The profiler's warm-up costs, and is set apart.
        assert steps[window["first"] - 1]["warm"]
        # The pause for writing belongs to no step.
        assert steps[window["last"] + 1]["t0"] >= steps[window["last"]]["t"] + window["pause"]
    assert not list(run.folder.rglob("*.part"))


@pytest.mark.parametrize("skip", [0, 1])
def test_a_window_may_begin_with_the_first_steps(
    skip: int, torch_python: str, tmp_path: Path
) -> None:
    schedule = {"skip": skip, "wait": 0, "warmup": 0, "active": 3, "repeat": 1}
    run, _ = watched(torch_python, tmp_path, SCRIPTS / "torch_plain.py", schedule=schedule)
    captured = run.records("window")[-1]
    assert captured["state"] == "captured"
    assert [span[0] for span in captured["steps"]][-1] - captured["first"] == 2


def test_a_window_still_open_at_the_end_keeps_what_there_is(
    torch_python: str, tmp_path: Path
) -> None:
    schedule = {"skip": 4, "wait": 0, "warmup": 1, "active": 100, "repeat": 1}
    options = {"shapes": True, "stacks": True, "memory": True}
    run, _ = watched(
        torch_python, tmp_path, SCRIPTS / "torch_plain.py", schedule=schedule, options=options
    )
    last = run.records("window")[-1]
    assert (last["state"], last["first"], last["last"]) == ("captured", 5, 11)
    assert sorted(last["options"]) == ["memory", "shapes", "stacks"]
    text = (run.folder / last["raw"]).read_text()
    assert "Input Dims" in text
    assert "python_function" in text
    assert "[memory]" in text


ENDLESS = """
import sys, torch
model = torch.nn.Linear(4, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
import select
while not select.select([sys.stdin], [], [], 0.002)[0]:
    optimizer.zero_grad()
    model(torch.randn(3, 4)).sum().backward()
    optimizer.step()
"""


def test_capture_now(torch_python: str, tmp_path: Path) -> None:
    import subprocess
    import time

    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    run = AgentRun.make(tmp_path / "run", torch_python)
    order = {"k": "capture", "id": "one", "steps": 3, "options": ["shapes", "nonsense"]}
    with subprocess.Popen(run.argv(script), stdin=subprocess.PIPE) as process:
        guard = threading.Timer(60, process.kill)
        guard.start()
        control = run.folder / "control.jsonl"
        # A torn line, a foreign one, and the same request twice.
        line = json.dumps(order) + "\n"
        control.write_text('not json\n{"k":"stop","by":"x"}\n' + line + line + '{"k":"cap')
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if b'"captured"' in (run.journal.read_bytes() if run.journal.exists() else b""):
                break
            time.sleep(0.05)
        process.communicate(b"\n")
        guard.cancel()
    windows = run.records("window")
    assert [w["state"] for w in windows] == ["open", "active", "captured"]
    assert {w["origin"] for w in windows} == {"capture"}
    assert windows[-1]["last"] - windows[-1]["first"] == 2
    assert windows[-1]["options"] == ["shapes"]


FAILING = """
import torch
from torch import nn

class Broken(nn.Module):
    def forward(self, x):
        raise ValueError("inside forward")

model = nn.Sequential(nn.Linear(2, 2), Broken())
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(2):
    try:
        model(torch.ones(1, 2))
    except ValueError:
        model[0](torch.ones(1, 2)).sum().backward()
        optimizer.step()
%s
"""
ENDS = {
    "forward": "model(torch.ones(1, 2))",
    "optimizer": "optimizer.step(lambda: 1 / 0)",
    "loader": "for x in torch.utils.data.DataLoader([1, 'a'], batch_size=2): pass",
}


@pytest.mark.parametrize("end", ENDS)
def test_tracebacks_through_hooks_are_the_same(end: str, torch_python: str, tmp_path: Path) -> None:
    script = tmp_path / "failing.py"
    script.write_text(FAILING % ENDS[end])
    plain = outcome([torch_python, str(script)])
    assert plain.code == 1
    run, done = watched(torch_python, tmp_path, script)
    assert done == plain
    assert len(run.records("step")) == 2


def test_a_script_that_profiles_itself_keeps_its_profile(torch_python: str, tmp_path: Path) -> None:
    # GIVEN a window that is open when the script's own profile begins, and one due inside it
    schedule = {"skip": 6, "wait": 0, "warmup": 1, "active": 4, "repeat": 2}
    run = AgentRun.make(tmp_path / "run", torch_python, schedule=schedule)
    done = run.run(SCRIPTS / "torch_own_profile.py")
    # THEN the script has every call, and the windows say why they have none
    assert done.code == 0, done.stderr.decode()
    assert done.stdout == b"linear calls 20\n"
    windows = run.records("window")
    assert [w["text"] for w in windows if w["state"] == "failed"] == [
        "the script uses torch.profiler itself; Diptych leaves it alone"
    ] * 2
    assert "captured" not in {w["state"] for w in windows}


def test_a_loader_in_another_thread_does_not_take_the_run_with_it(
    torch_python: str, tmp_path: Path
) -> None:
    run, done = watched(torch_python, tmp_path, SCRIPTS / "torch_prefetch.py")
    assert (done.code, done.stdout) == (0, b"16 steps\n")
    assert len(run.records("step")) == 16
