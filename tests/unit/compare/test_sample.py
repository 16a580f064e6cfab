"""The recorded comparison: what it tells, on the command line too, and what it must not tell."""

from __future__ import annotations

import gzip
import json
import platform
import re
from pathlib import Path

import pytest

from diptych.profiling import cli
from diptych.profiling.compare import sample

_PLACE = re.compile(rb'["= (](/[A-Za-z_]+)/[A-Za-z_.]')


def _texts(home: Path) -> dict[Path, bytes]:
    found = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    return {p: gzip.decompress(d) if p.suffix == ".gz" else d for p, d in found.items()}


def test_it_tells_nothing_of_where_it_was_made(home: Path) -> None:
    sample.install(home)
    texts = _texts(home)
    assert len(texts) > 50
    places = {place for data in texts.values() for place in _PLACE.findall(data)}
    assert places <= {b"/home", b"/opt"}
    users = {u for data in texts.values() for u in re.findall(rb"/home/(\w+)", data)}
    assert users == {b"user"}
    hosts = {
        json.loads(data)["host"]["name"] for p, data in texts.items() if p.name == "manifest.json"
    }
    assert hosts == {"sample-machine"}
    assert platform.node() not in hosts


def test_the_command_line_shows_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compare", "--sample", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [side["label"] for side in told["sides"]] == ["PyTorch eager", "MXNet imperative"]
    assert told["parity"]["status"] == "same"
    assert cli.main(["compare", "--sample", "--workload", "mlp"]) == 2
    assert "--sample" in capsys.readouterr().err
    assert (home / "comparisons").is_dir()


def test_a_home_that_cannot_be_written_is_said(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "comparisons").write_text("in the way")
    assert cli.main(["compare", "--sample"]) == 1
    assert str(home / "comparisons") in capsys.readouterr().err
