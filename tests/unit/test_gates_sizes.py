"""The size limits of the project, over all code that is not a test."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for folder in ("gui", "profiling", "workloads", "resources", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def _length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            where = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            yield where, (node.end_lineno or node.lineno) - node.lineno + 1


def _percentile(values: list[int], part: float) -> int:
    return sorted(values)[math.ceil(part * len(values)) - 1]


def _longest(sized: list[tuple[str, int]]) -> str:
    return "\n".join(f"{size:5} {name}" for name, size in sorted(sized, key=lambda s: -s[1])[:12])


@pytest.fixture(scope="module")
def files() -> list[tuple[str, int]]:
    return [(str(path.relative_to(ROOT)), _length(path)) for path in SOURCES]


@pytest.fixture(scope="module")
def functions() -> list[tuple[str, int]]:
    return [found for path in SOURCES for found in _functions(path)]


def test_no_file_is_longer_than_600_lines(files: list[tuple[str, int]]) -> None:
    assert [f"{name}: {size}" for name, size in files if size > 600] == []


def test_files_are_at_most_400_lines_at_the_95th_percentile(files: list[tuple[str, int]]) -> None:
    assert _percentile([size for _, size in files], 0.95) <= 400, _longest(files)


def test_functions_are_at_most_8_lines_at_the_median(functions: list[tuple[str, int]]) -> None:
    assert median(size for _, size in functions) <= 8


def test_functions_are_at_most_40_lines_at_the_95th_percentile(
    functions: list[tuple[str, int]],
) -> None:
    assert _percentile([size for _, size in functions], 0.95) <= 40, _longest(functions)


def test_every_file_says_its_contract() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
