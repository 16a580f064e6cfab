"""Reports are written whole or not at all, and never over something else unasked."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest
from tests.helpers.fake_comparison import race

from diptych.profiling.compare.as_json import as_json
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.report.write import FORMATS, ReportError, format_of, write_report

NAMES = {"html": "r.html", "markdown": "r.md", "latex": "r.tex", "json": "r.json", "csv": "r.csv",
         "parquet": "r.parquet", "trace": "r.json.gz"}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return race(tmp_path_factory.mktemp("race"))


@pytest.mark.parametrize("form", FORMATS)
def test_the_name_says_the_format(made: Comparison, tmp_path: Path, form: str) -> None:
    path = tmp_path / NAMES[form]
    assert format_of(path) == form
    assert write_report(made, path) == path
    assert path.stat().st_size > 100
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_json_is_that_of_the_command(made: Comparison, tmp_path: Path) -> None:
    found = json.loads(write_report(made, tmp_path / "r.json").read_text())
    assert found == json.loads(json.dumps(as_json(made)))


def test_a_name_that_says_nothing_is_told(made: Comparison, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"r\.docx does not say what to write: end it in one of"):
        write_report(made, tmp_path / "r.docx")
    assert write_report(made, tmp_path / "r.docx", format="html").exists()


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_replaced_unasked(made: Comparison, tmp_path: Path, form: str) -> None:
    path = tmp_path / NAMES[form]
    path.write_text("precious")
    with pytest.raises(ReportError, match="exists already"):
        write_report(made, path)
    assert path.read_text() == "precious"
    write_report(made, path, force=True)
    assert path.read_bytes() != b"precious"


@pytest.mark.parametrize("form", FORMATS)
def test_what_cannot_be_written_is_one_sentence(
    made: Comparison, tmp_path: Path, form: str
) -> None:
    with pytest.raises(ReportError, match="No such file or directory"):
        write_report(made, tmp_path / "no" / NAMES[form])
    folder = tmp_path / NAMES[form]
    folder.mkdir()
    with pytest.raises(ReportError, match="is a folder"):
        write_report(made, folder, force=True)


@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_leaves_what_was_there(made: Comparison, tmp_path: Path, form: str) -> None:
    path = tmp_path / NAMES[form]
    path.write_text("precious")
    # Whatever is compiled or kept on the way is there already.
    write_report(made, tmp_path / f"again-{NAMES[form]}")
    (tmp_path / f"again-{NAMES[form]}").unlink()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    try:
        with pytest.raises(ReportError, match="File too large"):
            write_report(made, path, force=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "precious"
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
