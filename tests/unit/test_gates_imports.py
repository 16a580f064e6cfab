"""What the code may import, where import-linter cannot see: the agent, frameworks, scripts."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from diptych.profiling.runner.runtimes import bases

ROOT = Path(__file__).parents[2]
AGENT = ROOT / "profiling/diptych/profiling/agent"
APP = [
    path
    for folder in ("gui", "profiling", "resources")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if AGENT not in path.parents
]

# The name under which boot.py puts the agent's own folder into sys.modules.
_OWN = {"_diptych_agent"}
_GUARDED = {"torch", "mxnet", "numpy"}


def _imports(path: Path) -> Iterator[tuple[str, int, bool]]:
    """Yield (module, line, whether it runs when the file is imported)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, node not in late
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or "", node.lineno, node not in late


@pytest.mark.parametrize("path", sorted(AGENT.rglob("*.py")), ids=lambda path: path.name)
def test_the_agent_imports_the_standard_library_only(path: Path) -> None:
    # GIVEN a module of the agent
    # WHEN its imports are read
    foreign = [
        f"{path.name}:{line} {module}"
        for module, line, early in _imports(path)
        if (root := module.partition(".")[0]) not in sys.stdlib_module_names
        and root not in _OWN
        # The frameworks (and numpy with them) only where a hook already runs inside them.
        and not (root in _GUARDED and not early)
    ]
    # THEN all of it is there in a bare interpreter
    assert foreign == []


def test_the_agent_and_the_probe_compile_on_python_3_8() -> None:
    python = next((base.python for base in bases.available() if base.version == (3, 8)), None)
    if python is None:
        pytest.skip("no Python 3.8 on this machine")
    files = [*AGENT.rglob("*.py"), *(ROOT / "workloads").rglob("*.py")]
    files.append(ROOT / "profiling/diptych/profiling/runner/runtimes/inside.py")
    program = (
        "import sys, pathlib\n"
        "for p in sys.argv[1:]: compile(pathlib.Path(p).read_bytes(), p, 'exec')"
    )
    done = subprocess.run(
        [python, "-W", "error", "-c", program, *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_app_never_imports_a_framework() -> None:
    named = [
        f"{path.relative_to(ROOT)}:{line} {module}"
        for path in APP
        for module, line, _ in _imports(path)
        if module.partition(".")[0] in {"torch", "mxnet"}
    ]
    assert named == []


def test_of_the_workloads_the_app_imports_only_the_catalogue() -> None:
    named = [
        f"{path.relative_to(ROOT)}:{line} {module}"
        for path in APP
        for module, line, _ in _imports(path)
        if module.startswith("diptych.workloads.") and module != "diptych.workloads.catalogue"
    ]
    assert named == []


def test_qt_is_named_inside_gui_only() -> None:
    named = [
        f"{path.relative_to(ROOT)}:{line} {module}"
        for path in APP
        if ROOT / "gui" not in path.parents
        for module, line, _ in _imports(path)
        if module.partition(".")[0] in {"PySide6", "shiboken6", "pyqtgraph"}
    ]
    assert named == []


def _loaded_by(statement: str) -> set[str]:
    program = f"{statement}\nimport sys\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_the_command_line_starts_without_heavy_modules() -> None:
    loaded = _loaded_by(
        "from diptych.profiling.cli import main\ntry: main(['--version'])\nexcept SystemExit: pass"
    )
    heavy = {"torch", "mxnet", "numpy", "PySide6", "pyqtgraph", "psutil", "pynvml"}
    assert loaded & heavy == set()


def test_the_window_imports_no_framework() -> None:
    loaded = _loaded_by(
        "import importlib, pkgutil, diptych.gui as gui\n"
        "for found in pkgutil.walk_packages(gui.__path__, 'diptych.gui.'):\n"
        "    importlib.import_module(found.name)"
    )
    assert {"PySide6.QtWidgets", "diptych.gui.app"} <= loaded
    assert loaded & {"torch", "mxnet"} == set()
