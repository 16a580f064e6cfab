"""Shared fixtures: runtimes, a fresh home, and the Qt hygiene of window tests."""

from __future__ import annotations

import faulthandler
import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from diptych.profiling.runner.home import runtimes_dir

# Read before any test moves DIPTYCH_HOME.
_RUNTIMES = runtimes_dir()

faulthandler.enable()


def _managed(framework: str) -> str:
    python = _RUNTIMES / framework / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no {framework} runtime in {_RUNTIMES}: run `make setup`")
    return str(python)


@pytest.fixture(scope="session")
def torch_python() -> str:
    """Interpreter of the managed PyTorch runtime."""
    return _managed("torch")


@pytest.fixture(scope="session")
def mxnet_python() -> str:
    """Interpreter of the managed MXNet runtime."""
    return _managed("mxnet")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fresh, empty DIPTYCH_HOME, also seen by child processes."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("DIPTYCH_HOME", str(folder))
    return folder


@pytest.fixture
def home_with_runtimes(home: Path) -> Path:
    """Fresh DIPTYCH_HOME in which the user's managed runtimes can be found by name."""
    folder = home / "runtimes"
    folder.mkdir()
    for framework in ("torch", "mxnet"):
        _managed(framework)
        (folder / framework).symlink_to(_RUNTIMES / framework)
    return home
