"""Managed runtimes made by the real venv and the real pip, from packages made here."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from diptych.profiling.runner import runtimes
from diptych.profiling.runner.home import runtimes_dir
from diptych.profiling.runner.locks import is_held
from diptych.profiling.runner.runtimes import InstallProgress, bases, install

_TORCH = """
from types import SimpleNamespace as N
__version__ = "2.13.0"
class T:
    def __getattr__(self, name): return lambda *a: self
ones = zeros = lambda *a: T()
get_num_threads = lambda: 1
version, backends, distributed = N(cuda=None), N(), N(is_available=lambda: True)
cuda = N(is_available=lambda: False)
"""
_DEADLINE = 60.0


def _wheel(folder: Path, source: str) -> None:
    """Write a wheel of a PyTorch that only says what it is asked."""
    info = "torch-2.13.0.dist-info"
    with zipfile.ZipFile(folder / "torch-2.13.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("torch.py", source)
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with pip, made once: bringing pip in takes most of the time."""
    folder = tmp_path_factory.mktemp("template")
    subprocess.run([bases.pick("torch").python, "-m", "venv", str(folder / "venv")], check=True)
    copier = folder / "python"
    copier.write_text(f'#!/bin/sh\nexec cp -a "{folder}/venv/." "$3"\n')
    copier.chmod(0o755)
    return copier


@pytest.fixture
def quick_base(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A base interpreter whose ``-m venv FOLDER`` copies the template."""
    base = bases.Base(str(template), sys.version_info[:2], has_venv=True)
    monkeypatch.setattr(bases, "pick", lambda _framework: base)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all the packages there are, and a list that pins one of them."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    pins = tmp_path / "pins.txt"
    pins.write_text("torch==2.13.0\n")
    monkeypatch.setattr(
        "diptych.profiling.runner.runtimes.installing.requirements", lambda _name: pins
    )
    return folder


@pytest.fixture
def silent_index(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An index that takes a connection and never answers, so that pip waits."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/simple"
        for name in [name for name in os.environ if name.startswith("PIP_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_INDEX_URL", address)
        monkeypatch.setenv("PIP_RETRIES", "0")
        yield


def _tree(folder: Path) -> set[str]:
    """What stands in the folder of runtimes, but for logs and locks."""
    return {p.name for p in folder.iterdir() if p.suffix not in {".log", ".lock"}}


def _with_marker(marker: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if marker.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
    return found


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + _DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


@pytest.mark.usefixtures("quick_base")
def test_an_installation_reports_and_ends_as_a_runtime(home: Path, index: Path) -> None:
    _wheel(index, _TORCH)
    seen: list[InstallProgress] = []
    info = install("torch", home, seen.append)
    # THEN it is a runtime as any other
    assert info.ok("torch")
    assert (info.name, info.source) == ("torch", "managed")
    assert runtimes.find("torch", home=home) == info
    # AND progress went from the start to the end, and never back
    stages = list(dict.fromkeys(progress.stage for progress in seen))
    assert stages[0] == "venv"
    assert stages[-2:] == ["check", "done"]
    fractions = [p.fraction for p in seen if p.fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    # AND nothing else is left
    assert _tree(runtimes_dir(home)) == {"torch"}
    assert not (runtimes_dir(home) / "torch/.installing").exists()
    assert not (runtimes_dir(home) / "torch/.tmp").exists()
    # AND asked again, it is taken as it is
    seen.clear()
    assert install("torch", home, seen.append) == info
    assert [progress.stage for progress in seen] == ["done"]


@pytest.mark.usefixtures("quick_base")
def test_one_that_fails_leaves_what_was_there(home: Path, index: Path) -> None:
    # GIVEN something that was there before
    before = runtimes_dir(home) / "torch"
    before.mkdir(parents=True)
    (before / "kept").touch()
    # WHEN pip finds no package
    with pytest.raises(runtimes.InstallError, match="No matching distribution found") as caught:
        install("torch", home, again=True)
    # THEN the message is one line and names the log, and the old folder is back
    assert "\n" not in str(caught.value)
    log = runtimes_dir(home) / ".torch.log"
    assert str(log) in str(caught.value)
    assert "torch==2.13.0" in log.read_text()
    assert _tree(runtimes_dir(home)) == {"torch"}
    assert (before / "kept").exists()


@pytest.mark.usefixtures("quick_base")
def test_one_that_installs_but_does_not_import_is_taken_back(home: Path, index: Path) -> None:
    _wheel(index, "raise ImportError('libnothing.so.1: cannot open shared object file')")
    with pytest.raises(runtimes.InstallError, match=r"does not work: .*libnothing\.so\.1"):
        install("torch", home)
    assert _tree(runtimes_dir(home)) == set()


@pytest.mark.usefixtures("silent_index", "quick_base")
def test_cancelling_kills_pip_and_leaves_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN an installation whose pip is at work
    monkeypatch.setenv("DIPTYCH_TEST_MARK", str(home))
    cancel, caught = threading.Event(), []

    def work() -> None:
        try:
            install("torch", home, cancel=cancel)
        except runtimes.InstallCancelled as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    log = runtimes_dir(home) / ".torch.log"
    _until(lambda: log.exists() and b"127.0.0.1" in log.read_bytes())
    assert len(_with_marker(str(home))) == 1
    # WHEN it is cancelled
    cancel.set()
    thread.join(_DEADLINE)
    # THEN that is what it says, and neither a process nor a file is left
    assert len(caught) == 1
    assert _with_marker(str(home)) == []
    assert _tree(runtimes_dir(home)) == set()


def _command(home: Path) -> subprocess.Popen[str]:
    """Start the real command in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "diptych.profiling.cli", "runtimes", "install", "torch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "DIPTYCH_TEST_MARK": str(home)},
        start_new_session=True,
    )


@pytest.mark.usefixtures("silent_index")
def test_ctrl_c_cancels_cleanly(home: Path) -> None:
    process = _command(home)
    log = runtimes_dir(home) / ".torch.log"
    _until(lambda: log.exists() and b"127.0.0.1" in log.read_bytes())
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=_DEADLINE)
    assert process.returncode == 130
    assert stderr.splitlines()[-1].endswith("was cancelled; nothing half done is left")
    assert "Traceback" not in stderr
    assert _with_marker(str(home)) == []
    assert _tree(runtimes_dir(home)) == set()


@pytest.mark.usefixtures("silent_index")
def test_a_killed_installation_is_swept_by_the_next(home: Path) -> None:
    # GIVEN an installation that is killed while its pip works on
    process = _command(home)
    log = runtimes_dir(home) / ".torch.log"
    _until(lambda: log.exists() and b"127.0.0.1" in log.read_bytes())
    process.kill()
    process.communicate()
    # THEN it counts as unfinished, and as under way for as long as pip lives
    (left,) = runtimes.list_runtimes(home)[:1]
    assert [problem.code for problem in left.problems] == ["half_installed"]
    with pytest.raises(runtimes.InstallError, match="is being installed already"):
        install("torch", home)
    # WHEN pip is gone too, and the next installation fails early
    (pip,) = _with_marker(str(home))
    os.kill(pip, signal.SIGKILL)
    _until(lambda: not is_held(runtimes_dir(home) / ".torch.lock"))
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(runtimes.InstallCancelled):
        install("torch", home, cancel=cancel)
    # THEN nothing of the first one is left
    assert _tree(runtimes_dir(home)) == set()


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(runtimes.InstallError, match=r"cannot be written.*DIPTYCH_HOME"):
        install("torch", blocked / "home")


def _base(version: tuple[int, int], *, venv: bool = True) -> bases.Base:
    return bases.Base(f"/usr/bin/python{version[0]}.{version[1]}", version, venv)


@pytest.mark.parametrize(
    ("framework", "there", "chosen"),
    [
        ("mxnet", [(3, 8), (3, 11), (3, 13)], (3, 11)),
        ("mxnet", [(3, 8), (3, 9)], (3, 9)),
        ("mxnet", [(3, 7), (3, 12), (3, 13), (3, 14)], (3, 13)),
        ("torch", [(3, 9), (3, 10)], (3, 10)),
        ("torch", [sys.version_info[:2], (3, 14)], sys.version_info[:2]),
    ],
)
def test_the_best_python_is_picked(
    framework: str, there: list[tuple[int, int]], chosen: tuple[int, int]
) -> None:
    assert bases.pick(framework, [_base(version) for version in there]).version == chosen


def test_a_python_that_can_make_environments_is_preferred() -> None:
    found = [_base((3, 11), venv=False), _base((3, 9))]
    assert bases.pick("mxnet", found).version == (3, 9)


def test_a_lone_python_without_venv_names_the_package() -> None:
    with pytest.raises(runtimes.InstallError, match=r"apt-get install python3\.11-venv"):
        bases.pick("torch", [_base((3, 11), venv=False)])


def test_without_a_fitting_python_the_versions_are_named() -> None:
    with pytest.raises(runtimes.InstallError, match=r"from 3\.8 to 3\.13 and none was found"):
        bases.pick("mxnet", [_base((3, 7)), _base((3, 14))])


def test_this_machine_has_a_python_for_both() -> None:
    for framework in runtimes.FRAMEWORKS:
        assert Path(bases.pick(framework).python).exists()
