"""The namespace package, and what the wheel holds."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE_ROOTS = ("gui", "profiling", "workloads", "resources")


def _expected() -> set[str]:
    """Files of the four source roots as the wheel should name them."""
    return {
        str(path.relative_to(ROOT / root))
        for root in SOURCE_ROOTS
        for path in (ROOT / root).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_no_portion_has_an_init_file() -> None:
    assert [root for root in SOURCE_ROOTS if (ROOT / root / "diptych/__init__.py").exists()] == []


def test_nothing_of_ours_shadows_another_package() -> None:
    stray = [
        str(path.relative_to(ROOT))
        for root in SOURCE_ROOTS
        for path in (ROOT / root).iterdir()
        if path.name not in {"diptych", "__pycache__"}
    ]
    assert stray == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built without network and without isolation."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_holds_every_file_of_the_source_roots(wheel: zipfile.ZipFile) -> None:
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert _expected() - held == set()
    assert held - _expected() == set()


def test_the_wheel_has_both_entry_points_and_the_licence(wheel: zipfile.ZipFile) -> None:
    info = {Path(n).name: n for n in wheel.namelist() if ".dist-info/" in n}
    entries = wheel.read(info["entry_points.txt"]).decode()
    assert "diptych = diptych.profiling.cli:main" in entries
    assert "diptych-gui = diptych.gui.app:main" in entries
    assert "LICENSE" in info
