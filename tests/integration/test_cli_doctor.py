"""`diptych doctor`, `diptych runtimes` and `diptych demo`, as a user calls them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from diptych.profiling.cli import doctor


def _diptych(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the real program without a display, unless ``environment`` names one."""
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    kept.pop("QT_QPA_PLATFORM", None)
    return subprocess.run(
        [sys.executable, "-m", "diptych.profiling.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**kept, **environment},
        timeout=150,
    )


def _bare(home: Path) -> dict[str, str]:
    """An environment in which no interpreter of this machine holds a framework."""
    return {"HOME": str(home), "PATH": "/usr/bin:/bin", "PYENV_ROOT": str(home / "none")}


@pytest.mark.torch
@pytest.mark.mxnet
def test_doctor_finds_a_machine_that_is_set_up(home_with_runtimes: Path) -> None:
    done = _diptych("doctor", "--json", **_bare(home_with_runtimes))
    answer: dict[str, Any] = json.loads(done.stdout)
    states = {check["name"]: check["state"] for check in answer["checks"]}
    assert (done.returncode, answer["ready"], done.stderr) == (0, True, "")
    assert [states[name] for name in ("Python", "home", "Qt", "PyTorch", "MXNet")] == ["ok"] * 5
    assert states["display"] == "off"


def test_doctor_says_what_keeps_the_main_job_from_running(home: Path) -> None:
    done = _diptych("doctor", **_bare(home))
    assert done.returncode == 1
    assert "✗ PyTorch: no runtime can import PyTorch" in done.stdout
    assert "→ diptych runtimes install torch" in done.stdout
    assert done.stderr.splitlines() == [
        "diptych: the main job cannot run here yet: see PyTorch, MXNet above"
    ]


def test_doctor_names_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    checks = list(doctor._home(tmp_path / "file" / "home"))
    assert [(check.name, check.state, check.needed) for check in checks] == [("home", "bad", True)]
    assert checks[0].cure is not None
    assert "DIPTYCH_HOME" in checks[0].cure


def test_without_a_display_make_run_gets_one_line_that_names_the_demo() -> None:
    done = _diptych("doctor", "--window")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "no display" in done.stderr
    assert "make demo" in done.stderr


def test_with_a_platform_that_needs_no_display_the_window_may_open() -> None:
    done = _diptych("doctor", "--window", QT_QPA_PLATFORM="offscreen")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("text", "root", "state"),
    [
        ("RmProfilingAdminOnly: 1\n", False, "bad"),
        ("RmProfilingAdminOnly: 1\n", True, "ok"),
        ("RmProfilingAdminOnly: 0\n", False, "ok"),
        (None, False, "off"),
    ],
)
def test_a_driver_that_restricts_profiling_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, root: bool, state: str
) -> None:
    parameters = tmp_path / "params"
    if text is not None:
        parameters.write_text(text)
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    check = doctor._cupti(parameters)
    assert check.state == state
    assert (check.cure is not None) == (state == "bad")


def test_a_missing_compiler_is_no_fault() -> None:
    check = doctor._compiler(lambda _name: None)
    assert (check.state, check.cure) == ("off", "sudo apt-get install g++")


@pytest.mark.torch
@pytest.mark.mxnet
def test_runtimes_are_listed_for_people_and_for_scripts(home_with_runtimes: Path) -> None:
    environment = _bare(home_with_runtimes)
    done = _diptych("runtimes", "list", "--json", **environment)
    listed = json.loads(done.stdout)
    assert [(r["name"], r["usable"]) for r in listed] == [
        ("mxnet", ["mxnet"]),
        ("torch", ["torch"]),
    ]
    text = _diptych("runtimes", "list", **environment).stdout.splitlines()
    assert [line.split()[:2] for line in text] == [["✓", "mxnet"], ["✓", "torch"]]


def _with_a_broken_torch(root: Path) -> Path:
    """Make an environment whose torch cannot be imported and return its interpreter."""
    name = f"python3.{sys.version_info[1]}"
    sites = root / "lib" / name / "site-packages"
    sites.mkdir(parents=True)
    (sites / "torch.py").write_text("import this_is_missing")
    (root / "bin").mkdir()
    base = Path(sys.base_prefix, "bin")
    (root / "bin" / "python").symlink_to(base / name)
    (root / "pyvenv.cfg").write_text(f"home = {base}\ninclude-system-site-packages = false\n")
    return root / "bin" / "python"


def test_a_broken_runtime_is_added_and_shown_with_its_cure(home: Path, tmp_path: Path) -> None:
    python = _with_a_broken_torch(tmp_path / "env")
    environment = _bare(home)
    assert _diptych("runtimes", "add", str(python), **environment).returncode == 1
    listed = _diptych("runtimes", "list", **environment)
    assert listed.returncode == 0
    assert "needs the module this_is_missing" in listed.stdout
    python.unlink()
    python.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    python.chmod(0o755)
    listed = _diptych("runtimes", "list", **environment)
    assert "it does not start: broken" in listed.stdout
    assert "cure: put it back, or forget it" in listed.stdout
    assert _diptych("runtimes", "check", str(python), **environment).returncode == 1
    assert _diptych("runtimes", "forget", str(python), **environment).returncode == 0
    assert "No Python here" in _diptych("runtimes", "list", **environment).stdout


def test_what_is_no_python_is_not_added(home: Path) -> None:
    environment = _bare(home)
    refused = _diptych("runtimes", "add", "/bin/true", **environment)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "/bin/true was not added: it does not start" in refused.stderr
    assert "No Python here" in _diptych("runtimes", "list", **environment).stdout


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("runtimes",), 2, "ACTION"),
        (("runtimes", "install", "jax"), 2, "invalid choice: 'jax'"),
        (("runtimes", "check", "nope"), 1, "no runtime named 'nope'"),
        (("runtimes", "add", "/nowhere"), 1, "give a Python interpreter"),
        (("runtimes", "forget", "nope"), 1, "was not added by hand"),
        (("demo", "--workload", "nope"), 1, "nope"),
        (("doctor", "--nope"), 2, "--nope"),
    ],
)
def test_wrong_input_is_one_line(
    home: Path, words: tuple[str, ...], status: int, message: str
) -> None:
    done = _diptych(*words, **_bare(home))
    assert done.returncode == status
    assert len(done.stderr.splitlines()) == 1
    assert message in done.stderr


@pytest.mark.torch
@pytest.mark.mxnet
def test_the_demo_runs_both_frameworks_and_leaves_traces(home_with_runtimes: Path) -> None:
    done = _diptych("demo", "--workload", "mlp", "--steps", "30", **_bare(home_with_runtimes))
    assert done.returncode == 0, done.stderr
    rows = {line.split("  ")[0]: line.split("  ")[1:] for line in done.stdout.splitlines()}
    table = {name: [cell.strip() for cell in cells if cell.strip()] for name, cells in rows.items()}
    assert table["status"] == ["done", "done"]
    assert table["ruler"] == ["fence", "fence"]
    torch_parameters, mxnet_parameters = table["parameters"]
    assert torch_parameters == mxnet_parameters
    traces = [line.strip() for line in done.stdout.splitlines() if line.endswith(".json.gz")]
    assert len(traces) == 2
    assert all(Path(trace).stat().st_size > 0 for trace in traces)
    assert "perfetto" in done.stdout
