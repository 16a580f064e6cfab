"""Which Python a managed runtime is built on."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from diptych.profiling.runner.runtimes.discover import discover
from diptych.profiling.runner.runtimes.model import TITLES, InstallError

MXNET_CLASSIC = ((3, 8), (3, 11))
MXNET_MODERN = ((3, 12), (3, 13))
TORCH = ((3, 10), (3, 14))

_ASK = (
    "import sys, importlib.util as u;"
    "print(sys.version_info[0], sys.version_info[1], int(all(u.find_spec(m) for m in"
    " ('venv', 'ensurepip'))))"
)


@dataclass(frozen=True, slots=True)
class Base:
    """An interpreter to build on, and whether it can make virtual environments."""

    python: str
    version: tuple[int, int]
    has_venv: bool


def pick(framework: str, bases: list[Base] | None = None) -> Base:
    """Return the best interpreter for ``framework``.

    MXNet: the newest of 3.8 to 3.11, else of 3.12 and 3.13 (with the shim).
    PyTorch: this program's own, else the newest of 3.10 to 3.14.

    Raises:
        InstallError: there is none, or only ones that cannot make environments.
    """
    found = available() if bases is None else bases
    fitting = _by_preference(framework, found)
    for base in fitting:
        if base.has_venv:
            return base
    if fitting:
        raise InstallError(no_venv(fitting[0]))
    wanted = "3.8 to 3.13" if framework == "mxnet" else "3.10 to 3.14"
    raise InstallError(
        f"{TITLES[framework]} needs a Python from {wanted} and none was found: install one "
        "(with pyenv, or your system's packages) so that it is in PATH"
    )


def _by_preference(framework: str, found: list[Base]) -> list[Base]:
    if framework == "mxnet":
        classic, modern = _within(MXNET_CLASSIC, found), _within(MXNET_MODERN, found)
        return [*_newest_first(classic), *_newest_first(modern)]
    fitting = _newest_first(_within(TORCH, found))
    own = sys.version_info[:2]
    return sorted(fitting, key=lambda base: base.version != own)


def _within(limits: tuple[tuple[int, int], tuple[int, int]], found: list[Base]) -> list[Base]:
    return [base for base in found if limits[0] <= base.version <= limits[1]]


def _newest_first(bases: list[Base]) -> list[Base]:
    return sorted(bases, key=lambda base: base.version, reverse=True)


def no_venv(base: Base) -> str:
    """Say how to give ``base`` the modules that make environments."""
    version = f"{base.version[0]}.{base.version[1]}"
    package = f"python{version}-venv" if base.python.startswith("/usr/bin") else "python3-venv"
    return (
        f"{base.python} (Python {version}) cannot make virtual environments (no ensurepip): "
        f"sudo apt-get install {package}"
    )


def available() -> list[Base]:
    """Ask the interpreters of this machine that are no virtual environments themselves."""
    own = Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")
    paths = [str(own)] if own.exists() else []
    paths += [c.python for c in discover(None) if c.source in ("pyenv", "conda", "path")]
    asked = [_ask(path) for path in dict.fromkeys(paths) if not _is_venv(path)]
    return [base for base in asked if base]


def _is_venv(python: str) -> bool:
    return (Path(python).parent.parent / "pyvenv.cfg").exists()


def _ask(python: str) -> Base | None:
    try:
        done = subprocess.run(
            [python, "-I", "-S", "-c", _ASK],
            capture_output=True,
            timeout=20,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        major, minor, venv = (int(part) for part in done.stdout.split())
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
    return Base(python, (major, minor), bool(venv))
