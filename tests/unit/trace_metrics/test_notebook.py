"""The example in ``docs/traces.md`` runs, and means what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.raw_trace import RawTrace
from tests.helpers.shared_traces import path_of

_PAGE = Path(__file__).parents[3] / "docs" / "traces.md"


def test_the_example_of_the_documentation(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = path_of("h100_bert_small")
    names: dict[str, Any] = {"path": path}
    exec(compile(code, str(_PAGE), "exec"), names)
    raw = RawTrace(path)
    said = capsys.readouterr().out
    assert str(max(event.length for event in raw.events)) in said
    assert "% busy" in said
    assert abs(sum(names["shares"].values()) - 1) < 1e-9
    assert sum(names["operators"]["calls"].to_pylist()) == len(raw.of("cpu_op"))
    assert sum(names["kernels"]["calls"].to_pylist()) == len(raw.of("kernel"))
    longest = names["slowest"].to_pylist()[0]
    assert longest["ns"] == max(event.length for event in raw.events)
