"""What `make` says where there is no Python that fits. Nothing is installed here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "Makefile", folder)
    return subprocess.run(
        ["make", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(autouse=True)
def _needs_make() -> None:
    if shutil.which("make") is None:
        pytest.skip("no make")


def test_without_a_python_it_says_what_to_install(tmp_path: Path) -> None:
    done = _make(tmp_path, ".venv/bin/python", "PYTHONS=no-such-python")
    assert done.returncode != 0
    assert "no Python from 3.10 to 3.14 was found" in done.stderr


def test_without_venv_it_names_the_package(tmp_path: Path) -> None:
    # GIVEN an interpreter that fits but cannot make environments
    python = tmp_path / "python3.11"
    python.write_text(
        '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *print*) echo 3.11;; *) exit 0;; esac\n'
    )
    python.chmod(0o755)
    done = _make(tmp_path, ".venv/bin/python", f"PYTHONS={python}")
    assert done.returncode != 0
    assert "sudo apt-get install python3.11-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_without_a_goal_it_tells_the_goals(tmp_path: Path) -> None:
    done = _make(tmp_path)
    assert done.returncode == 0
    for goal in ("run", "demo", "test", "setup", "bench", "clean"):
        assert f"make {goal} " in done.stdout
