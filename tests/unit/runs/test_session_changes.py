"""A run directory that is cut, replaced, moved away, or whose clock was set back."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from tests.helpers.fake_run import LiveRun, make_run

from diptych.profiling.records import kinds
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunState


def _codes(session: RunSession) -> list[str]:
    return [notice.code for notice in session.snapshot().notices]


def _poll_all(session: RunSession) -> None:
    session.poll()
    while session.behind:
        session.poll()


def test_a_journal_that_is_cut_is_read_again_and_said(tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=60)
    journal = run / "events" / "worker-r0.jsonl"
    with RunSession(run) as session:
        assert len(session.drain().steps) == 60
        assert "journal_replaced" not in _codes(session)
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join(lines[:30]))
        _poll_all(session)
        left = session.snapshot()
        assert 0 < len(left.steps) < 60
        assert _codes(session).count("journal_replaced") == 1
        assert left.losses.missing == 0


def test_a_folder_that_goes_and_comes_back(tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=60)
    with RunSession(run) as session:
        before = session.drain()
        run.rename(tmp_path / "elsewhere")
        assert session.poll()
        gone = session.snapshot()
        assert "folder_gone" in _codes(session)
        assert gone.state is RunState.DONE
        assert len(gone.steps) == len(before.steps)
        assert not session.poll()
        (tmp_path / "elsewhere").rename(run)
        assert session.poll()
        assert "folder_gone" not in _codes(session)
        assert len(session.snapshot().steps) == 60


def test_a_live_folder_that_goes_keeps_what_was_read(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(10)
        with RunSession(run.directory) as session:
            _poll_all(session)
            run.directory.rename(tmp_path / "elsewhere")
            run.kill()
            deadline = time.monotonic() + 10
            while session.snapshot().state.live and time.monotonic() < deadline:
                session.poll()
            snapshot = session.snapshot()
            assert snapshot.state is RunState.INTERRUPTED
            assert "is gone" in snapshot.state_text
            assert len(snapshot.steps) == 10
            assert "folder_gone" in _codes(session)


def test_a_folder_from_the_future_is_not_young_for_ever(tmp_path: Path) -> None:
    """The clock was set back by an hour since it was made."""
    folder = tmp_path / "run"
    folder.mkdir()
    later = time.time() + 3600
    os.utime(folder, (later, later))
    with RunSession(folder) as session:
        session.poll()
        assert session.snapshot().state is RunState.DAMAGED


def test_lag_is_the_age_of_what_came_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One record with an instant far ahead does not hide that later ones come late."""
    now = time.monotonic_ns()
    with LiveRun(tmp_path, t0=now) as run:
        run.worker.put(kinds.Caution, now + 10**15, code="odd", text="from far ahead")
        run.flush()
        with RunSession(run.directory) as session:
            _poll_all(session)
            assert session.snapshot().lag == 0
            run.worker.put(kinds.Caution, now, code="late", text="late")
            run.flush()
            monkeypatch.setattr(time, "monotonic_ns", lambda: now + 3_000_000_000)
            assert session.poll()
            assert session.snapshot().lag == 3_000_000_000
            assert not session.poll()
            assert session.snapshot().lag == 3_000_000_000


def test_how_much_of_a_long_run_has_been_read_is_said(tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=4_000)
    with RunSession(run) as session:
        shares = []
        while session.behind:
            session.poll(1)
            shares.append(session.snapshot().read)
        assert len(shares) > 2
        assert shares == sorted(shares)
        assert 0 < shares[0] < 1
        assert shares[-1] == 1
