"""The facts of a manifest: no secrets, the right revision, signs of full memory."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import psutil
import pytest

from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runner import evidence, facts
from diptych.profiling.runner.prepare import worker_environment, write_agent_config


def test_the_environment_is_recorded_by_name() -> None:
    given = {
        "OMP_NUM_THREADS": "2",
        "MXNET_CUDNN_AUTOTUNE_DEFAULT": "0",
        "PYTHONHASHSEED": "0",
        "AWS_SECRET_ACCESS_KEY": "x",
        "CUDA_AUTH_TOKEN": "x",
        "NCCL_SECRET_KEY": "x",
        "WANDB_API_KEY": "x",
        "HOME": "/home/somebody",
    }
    assert facts.recorded_environment(given) == {
        "MXNET_CUDNN_AUTOTUNE_DEFAULT": "0",
        "OMP_NUM_THREADS": "2",
        "PYTHONHASHSEED": "0",
    }


def test_the_worker_gets_the_user_s_own_variables_and_ours() -> None:
    request = RunRequest(
        framework="torch",
        python="p",
        workload="mlp",
        knobs={"threads": 3},
        env={"MKL_NUM_THREADS": "1", "MINE": "x"},
    )
    given = worker_environment(request, "the-run", {"PATH": "/bin", "PYTHONUNBUFFERED": "0"})
    assert given["PATH"] == "/bin"
    assert given["PYTHONUNBUFFERED"] == "0", "set by the user"
    assert (given["OMP_NUM_THREADS"], given["MKL_NUM_THREADS"]) == ("3", "1")
    assert (given["MINE"], given["DIPTYCH_RUN"]) == ("x", "the-run")
    assert "OMP_NUM_THREADS" not in worker_environment(
        RunRequest(framework="torch", python="p", script="x.py"), "r", {}
    )


def test_agent_config(tmp_path: Path) -> None:
    write_agent_config(tmp_path, RunRequest(framework="auto", python="p", script="x.py"))
    assert json.loads((tmp_path / "agent.json").read_text()) == {
        "run": tmp_path.name,
        "dir": str(tmp_path),
        "rank": 0,
        "framework": "auto",
        "fenced": False,
        "schedule": None,
        "options": {"shapes": False, "stacks": False, "memory": False},
        "gate": None,
    }


def _git(folder: Path, *words: str) -> str:
    program = shutil.which("git")
    if program is None:
        pytest.skip("git is not installed")
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.com"]
    command = [program, "-C", str(folder), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_revision_of_a_script(tmp_path: Path) -> None:
    script = tmp_path / "sub" / "train.py"
    script.parent.mkdir()
    script.write_text("1")
    assert facts.git(str(script)) is None
    _git(tmp_path, "init", "-q")
    assert facts.git(str(script)) is None, "no commit yet"
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-q", "-m", "one")
    state = facts.git(str(script))
    assert state is not None
    assert Path(state.root).samefile(tmp_path)
    assert (state.revision, state.dirty) == (_git(tmp_path, "rev-parse", "HEAD"), False)
    script.write_text("2")
    state = facts.git(str(script))
    assert state is not None
    assert state.dirty is True


def test_host() -> None:
    host = facts.host()
    assert host.memory == psutil.virtual_memory().total
    assert host.cores_logical == psutil.cpu_count()
    assert host.name


def _journal(path: Path, *rss: int | None) -> Path:
    lines = [json.dumps({"k": "proc", "rss": value, "seq": n}) for n, value in enumerate(rss)]
    path.write_text("\n".join([*lines, '{"k":"host"}', '{"k":"proc","rs']))
    return path


def test_memory_nearly_full_is_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = evidence.MemoryEvidence()
    monkeypatch.setattr(evidence, "memory_limit", lambda: 10 << 30)
    assert watch.verdict(_journal(tmp_path / "a", 1 << 30, 9 << 30)) == (
        "it last used 9.0 GiB, 90 % of the memory there is"
    )
    assert watch.verdict(_journal(tmp_path / "b", 9 << 30, 1 << 30)) is None
    assert watch.verdict(tmp_path / "gone") is None


def test_the_kernel_s_own_count_is_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = [[0, -1, 4]]
    monkeypatch.setattr(evidence.MemoryEvidence, "_kills", staticmethod(lambda: kills[0]))
    watch = evidence.MemoryEvidence()
    assert watch.verdict(tmp_path / "gone") is None
    kills[0] = [0, -1, 5]
    verdict = watch.verdict(tmp_path / "gone")
    assert verdict is not None
    assert "out-of-memory killer" in verdict
