"""Can a window open here: Qt's system libraries and the display.

Asks the dynamic linker about the very files that Qt will load, so the answer
does not depend on a list of ours; only the names of Debian's packages do.
Imports no Qt.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
_MODULES = ("QtCore", "QtGui", "QtWidgets", "QtSvg")
_NEEDS_NO_DISPLAY = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs")
_NOT_FOUND = re.compile(r"^\s*(\S+) => not found", re.MULTILINE)


def platform(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the Qt platform plugin that a window would use; None without a display."""
    named = environment.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if named:
        return named
    if environment.get("WAYLAND_DISPLAY"):
        return "wayland"
    return "xcb" if environment.get("DISPLAY") else None


def platforms(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the plugins that Qt would try, in its order; none without a display."""
    first = platform(environment)
    both = first == "wayland" and not environment.get("QT_QPA_PLATFORM")
    return [*([first] if first else []), *(["xcb"] if both and environment.get("DISPLAY") else [])]


def no_display(environment: Mapping[str, str] = os.environ) -> str | None:
    """Say why there is no display; None when there seems to be one. Connects to nothing."""
    plugin = platform(environment)
    if plugin is None:
        return "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)"
    if plugin in _NEEDS_NO_DISPLAY:
        return None
    if plugin.startswith("wayland"):
        folder = Path(environment.get("XDG_RUNTIME_DIR", "/nonexistent"))
        socket = folder / environment.get("WAYLAND_DISPLAY", "wayland-0")
        return None if socket.exists() else f"no display answers at WAYLAND_DISPLAY={socket.name}"
    display = environment.get("DISPLAY", "")
    if not display:
        return f"QT_QPA_PLATFORM is {plugin} but DISPLAY is not set"
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", display)
    if local and not Path(f"/tmp/.X11-unix/X{local[1]}").exists():  # noqa: S108 - X11's own place
        return f"no display answers at DISPLAY={display}"
    return None


def qt_folder() -> Path | None:
    """Return where PySide6 is installed, without importing it."""
    spec = importlib.util.find_spec("PySide6")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent


def missing(plugin: str = "xcb") -> list[str]:
    """Return the libraries that Qt needs with this platform plugin and this system lacks.

    Raises:
        FileNotFoundError: PySide6 is not installed, or there is no ``ldd``.
    """
    folder = qt_folder()
    if folder is None:
        raise FileNotFoundError("PySide6 is not installed")
    if shutil.which("ldd") is None:
        raise FileNotFoundError("ldd is not installed")
    own = {path.name for path in (folder / "Qt" / "lib").glob("*.so*")}
    return sorted(_lacking(_files(folder, plugin)) - own)


def _files(folder: Path, plugin: str) -> list[Path]:
    modules = [path for name in _MODULES for path in folder.glob(f"{name}.*so")]
    return [*modules, *(folder / "Qt" / "plugins" / "platforms").glob(f"libq{plugin}*.so")]


def _lacking(files: Iterable[Path]) -> set[str]:
    done = subprocess.run(
        ["ldd", *map(str, files)],  # noqa: S607 - the system's own, wherever it stands
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    return set(_NOT_FOUND.findall(done.stdout))


def install_line(libraries: Iterable[str]) -> str:
    """Return the command that brings ``libraries``, for this system's package manager."""
    names = list(libraries)
    if shutil.which("apt-get"):
        packages = dict.fromkeys(_PACKAGES.get(name, name) for name in names)
        return "sudo apt-get install " + " ".join(packages)
    if shutil.which("dnf"):
        return "sudo dnf install " + " ".join(f"'{name}()(64bit)'" for name in names)
    return "install the packages that hold " + " ".join(names)
