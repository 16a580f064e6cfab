"""The display and Qt's libraries: told from the environment and the linker."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from diptych.profiling.runner import syslibs


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, []),
        ({"DISPLAY": ":0"}, ["xcb"]),
        ({"WAYLAND_DISPLAY": "wayland-0"}, ["wayland"]),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, ["wayland", "xcb"]),
        ({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}, ["offscreen"]),
        ({"QT_QPA_PLATFORM": "wayland;xcb", "DISPLAY": ":0"}, ["wayland"]),
    ],
)
def test_the_plugins_that_qt_would_try(environment: dict[str, str], expected: list[str]) -> None:
    assert syslibs.platforms(environment) == expected


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "neither DISPLAY nor WAYLAND_DISPLAY"),
        ({"DISPLAY": ":98765"}, "no display answers at DISPLAY=:98765"),
        ({"WAYLAND_DISPLAY": "w", "XDG_RUNTIME_DIR": "/nonexistent"}, "WAYLAND_DISPLAY=w"),
        ({"QT_QPA_PLATFORM": "xcb"}, "DISPLAY is not set"),
    ],
)
def test_why_there_is_no_display(environment: dict[str, str], words: str) -> None:
    reason = syslibs.no_display(environment)
    assert reason is not None
    assert words in reason


@pytest.mark.parametrize(
    "environment", [{"QT_QPA_PLATFORM": "offscreen"}, {"DISPLAY": "far.example.org:10.0"}]
)
def test_a_display_that_may_be_there_is_not_refused(environment: dict[str, str]) -> None:
    assert syslibs.no_display(environment) is None


def test_a_socket_makes_a_wayland_display(tmp_path: Path) -> None:
    (tmp_path / "wayland-1").touch()
    environment = {"WAYLAND_DISPLAY": "wayland-1", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert syslibs.no_display(environment) is None


def test_qt_has_what_it_needs_to_draw_offscreen() -> None:
    assert syslibs.missing("offscreen") == []


def test_a_missing_library_is_found_through_the_linker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = shutil.which("cc") or shutil.which("g++")
    if compiler is None:
        pytest.skip("no compiler")
    # GIVEN a platform plugin that needs a library which is then removed
    plugins = tmp_path / "Qt" / "plugins" / "platforms"
    plugins.mkdir(parents=True)
    source = tmp_path / "empty.c"
    source.write_text("int nothing_else;\n")
    library = tmp_path / "libxcb-cursor.so.0"
    shared = [compiler, "-shared", "-fPIC", str(source)]
    subprocess.run([*shared, "-Wl,-soname," + library.name, "-o", str(library)], check=True)
    plugin = str(plugins / "libqxcb.so")
    subprocess.run([*shared, "-Wl,--no-as-needed", str(library), "-o", plugin], check=True)
    library.unlink()
    monkeypatch.setattr(syslibs, "qt_folder", lambda: tmp_path)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nonexistent")
    missing = syslibs.missing("xcb")
    # THEN it is named, unless this system has it anyway
    found = subprocess.run(["ldd", plugin], capture_output=True, text=True, check=True)
    assert missing == (["libxcb-cursor.so.0"] if "not found" in found.stdout else [])


def test_the_install_line_names_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"apt-get"}
    monkeypatch.setattr(shutil, "which", lambda name: name if name in there else None)
    libraries = ["libEGL.so.1", "libxcb-cursor.so.0"]
    assert syslibs.install_line(libraries) == "sudo apt-get install libegl1 libxcb-cursor0"
    there = {"dnf"}
    assert "'libEGL.so.1()(64bit)'" in syslibs.install_line(libraries)
    there = set()
    assert syslibs.install_line(libraries).endswith("libEGL.so.1 libxcb-cursor.so.0")


def test_without_qt_that_is_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syslibs, "qt_folder", lambda: None)
    with pytest.raises(FileNotFoundError, match="PySide6 is not installed"):
        syslibs.missing()
