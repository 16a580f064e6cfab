"""A session follows a run from its first record to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot, RunState
from tests.helpers.fake_run import LiveRun, make_run


def read(directory: Path) -> RunSnapshot:
    with RunSession(directory) as session:
        while session.poll() or session.behind:
            pass
        return session.snapshot()


@pytest.mark.parametrize("framework", ["torch", "mxnet"])
def test_finished_run(tmp_path: Path, framework: str) -> None:
    snapshot = read(make_run(tmp_path, framework=framework, steps=60))
    assert snapshot.state is RunState.DONE
    assert len(snapshot.steps) == snapshot.total_steps == 60
    assert snapshot.warmup == 3
