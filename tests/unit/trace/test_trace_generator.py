"""The generator of large traces: what it repeats is what was there, so many times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.trace_files import write
from tests.helpers.shared_traces import path_of

from diptych.profiling.trace import open_trace
from diptych.profiling.trace.table import Kind, TraceTable


def _counts(table: TraceTable) -> dict[str, int]:
    s = table.slices
    return {
        "events": table.events,
        "slices": len(s),
        "steps": int(np.count_nonzero(s.kind == Kind.STEP)),
        "launches": int(np.count_nonzero(s.launch >= 0)),
        "partners": int(np.count_nonzero(s.partner >= 0)),
        "operators": int(np.count_nonzero(s.operator >= 0)),
        "arrows": len(table.flows.source),
        "memory": len(table.memory.time),
        "duration": int(s.duration.sum()),
        **table.dropped,
    }


def test_repetitions_are_told_apart(tmp_path: Path) -> None:
    once, thrice = tmp_path / "1.json", tmp_path / "3.json.gz"
    count = write(once, 1)
    assert write(thrice, 2 * count + 1) == 3 * count
    single = _counts(open_trace(once, cache=False))
    assert _counts(open_trace(thrice, cache=False)) == {k: 3 * n for k, n in single.items()}
    assert single["steps"] == 1
    assert all(single.values())


@pytest.mark.parametrize("ending", ["json", "json.gz"])
def test_the_same_arguments_give_the_same_bytes(tmp_path: Path, ending: str) -> None:
    paths = [tmp_path / f"{name}.{ending}" for name in "ab"]
    for path in paths:
        write(path, 2000)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_real_trace_can_be_the_step(tmp_path: Path) -> None:
    base = path_of("mi250_minitoy_train")
    path = tmp_path / "many.json"
    write(path, 1000, base)
    single, many = _counts(open_trace(base, cache=False)), _counts(open_trace(path, cache=False))
    for name in ("slices", "launches", "partners", "operators", "arrows", "duration"):
        assert many[name] == 5 * single[name], name
