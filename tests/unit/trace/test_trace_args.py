"""Arguments out of compressed files: the same from every place, in any order."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from tests.helpers.trace_cases import event, top

from diptych.profiling.trace import args, open_trace
from diptych.profiling.trace.errors import TraceCancelledError
from diptych.profiling.trace.table import TraceTable

COUNT = 3000


@pytest.fixture(params=[1, 3], ids=["one member", "three members"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> TraceTable:
    raw = top(*(event(ts=n, dur=1, args={"n": n, "t": f"{n * 7919:x}"}) for n in range(COUNT)))
    step = -(-len(raw) // request.param)
    path = tmp_path / "trace.json.gz"
    path.write_bytes(b"".join(gzip.compress(raw[n : n + step]) for n in range(0, len(raw), step)))
    return open_trace(path, cache=False)


def test_any_row_at_any_time(table: TraceTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(args, "_STEP", 1 << 12)
    monkeypatch.setattr(args, "_READ", 1 << 10)
    monkeypatch.setattr(args, "_PLACES", 8)
    monkeypatch.setattr(args, "_open", type(args._open)())
    rng = random.Random(1)
    for _ in range(200):
        row = rng.randrange(COUNT)
        assert args.decode_args(table, row) == {"n": row, "t": f"{row * 7919:x}"}
    (state,) = args._open.values()
    assert 1 < len(state.places) <= 8


def test_it_can_be_stopped(table: TraceTable) -> None:
    with pytest.raises(TraceCancelledError):
        args.decode_args(table, COUNT - 1, cancel=lambda: True)
