"""Where interpreters may stand. Looks at names of files only; starts nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from diptych.profiling.runner.home import runtimes_dir
from diptych.profiling.runner.runtimes.model import Source

# A folder of a thousand environments must not make every listing slow.
_MOST_IN_A_FOLDER = 100
_PATH_NAMES = ("python3", "python", *(f"python3.{minor}" for minor in range(8, 16)))
_CONDA_ROOTS = (
    *("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba"),
    *("/opt/conda", "/opt/miniconda3", "/opt/anaconda3", "/opt/miniforge3"),
)
_VENV_HOMES = (".virtualenvs", "venvs", ".venvs", "envs", ".local/share/virtualenvs")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An interpreter worth a look. ``python`` is absolute and not resolved."""

    python: str
    source: Source
    name: str | None = None


def interpreter(path: str | Path) -> str:
    """Return the interpreter meant by ``path``: itself, or the one of that environment.

    The path is made absolute but links are kept: a virtual environment is
    known by its own link to the interpreter.
    """
    given = Path(path).expanduser().absolute()
    if given.is_dir():
        for inside in ("bin/python", "bin/python3", "python"):
            if os.access(given / inside, os.X_OK) and (given / inside).is_file():
                return str(given / inside)
        return str(given / "bin" / "python")
    return str(given)


def environment_name(python: str) -> str:
    """Return a name for people: the environment's folder, the project's for ``.venv``."""
    prefix = Path(python).parent.parent
    return prefix.parent.name if prefix.name in {".venv", "venv", "env"} else prefix.name


def discover(home: Path | None = None, extra: Iterable[str] = ()) -> list[Candidate]:
    """Return interpreters in order of preference, each once.

    ``extra`` are the ones that the user named. Managed and named ones are
    returned even when the file is gone, so that they can be listed as broken.
    """
    found: dict[str, Candidate] = {}
    for candidate in _all(home, extra):
        found.setdefault(_identity(candidate.python), candidate)
    return list(found.values())


def _identity(python: str) -> str:
    """Two links to the same file in the same environment are one interpreter."""
    path = Path(python)
    if (path.parent.parent / "pyvenv.cfg").exists():
        return str(path.parent.parent.resolve())
    return str(path.resolve())


def _all(home: Path | None, extra: Iterable[str]) -> Iterator[Candidate]:
    yield from _managed(runtimes_dir(home))
    for path in extra:
        yield Candidate(interpreter(path), "named", environment_name(interpreter(path)))
    sources: tuple[tuple[Source, Iterator[Path]], ...] = (
        ("current", _current()),
        ("venv", _venvs()),
        ("conda", _conda()),
        ("pyenv", _pyenv()),
    )
    for source, programs in sources:
        for program in filter(_is_program, programs):
            yield Candidate(str(program), source, environment_name(str(program)))
    for program in _on_path():
        yield Candidate(str(program), "path")


def _managed(folder: Path) -> Iterator[Candidate]:
    for entry in _entries(folder):
        if entry.is_dir() and not entry.name.startswith("."):
            yield Candidate(interpreter(entry), "managed", entry.name)


def _current() -> Iterator[Path]:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if os.environ.get(variable):
            yield Path(os.environ[variable]).absolute() / "bin" / "python"
    if sys.executable:
        yield Path(sys.executable)


def _venvs() -> Iterator[Path]:
    for name in (".venv", "venv", "env"):
        yield Path.cwd() / name / "bin" / "python"
    folders = [Path.home() / name for name in _VENV_HOMES]
    if os.environ.get("WORKON_HOME"):
        folders.insert(0, Path(os.environ["WORKON_HOME"]))
    for folder in folders:
        yield from (entry / "bin" / "python" for entry in _entries(folder))


def _conda() -> Iterator[Path]:
    roots = [Path.home() / root for root in _CONDA_ROOTS]
    if os.environ.get("CONDA_EXE"):
        roots.insert(0, Path(os.environ["CONDA_EXE"]).parent.parent)
    if os.environ.get("MAMBA_ROOT_PREFIX"):
        roots.insert(0, Path(os.environ["MAMBA_ROOT_PREFIX"]))
    for prefix in _conda_registry():
        yield prefix / "bin" / "python"
    for root in roots:
        yield root / "bin" / "python"
        yield from (entry / "bin" / "python" for entry in _entries(root / "envs"))


def _conda_registry() -> list[Path]:
    try:
        text = (Path.home() / ".conda" / "environments.txt").read_text(errors="replace")
    except OSError:
        return []
    return [Path(line) for line in text.splitlines()[:_MOST_IN_A_FOLDER] if line.startswith("/")]


def pyenv_root() -> Path:
    """Return pyenv's folder, which need not exist."""
    return Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")


def _pyenv() -> Iterator[Path]:
    for version in reversed(_entries(pyenv_root() / "versions")):
        yield version / "bin" / "python"
        yield from (entry / "bin" / "python" for entry in _entries(version / "envs"))


def path_folders() -> list[Path]:
    """Return the folders of PATH, without shims (pyenv, asdf), which stand for anything."""
    named = os.environ.get("PATH", "").split(os.pathsep)
    folders = dict.fromkeys(Path(name) for name in named if name.startswith("/"))
    for always in ("/usr/local/bin", "/usr/bin"):
        folders.setdefault(Path(always))
    return [folder for folder in folders if folder.name != "shims"]


def _on_path() -> Iterator[Path]:
    for folder in path_folders():
        yield from (folder / name for name in _PATH_NAMES if _is_program(folder / name))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())[:_MOST_IN_A_FOLDER]
    except OSError:
        return []


def _is_program(path: Path) -> bool:
    try:
        return path.is_file() and os.access(path, os.X_OK)
    except OSError:
        return False
