"""The live line: figures a person can read, not too often, never an invented one."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import msgspec
import pytest

from diptych.profiling.cli import live
from diptych.profiling.cli.run_end import lines
from diptych.profiling.records.kinds import Done, Launched, Process, Step
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.writer import JournalWriter
from diptych.profiling.report import figures
from diptych.profiling.runner import locks
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.profiling.runs.summary import summarise

_MS = 1_000_000


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    paths = RunPaths(tmp_path)
    paths.events.mkdir()
    paths.logs.mkdir()
    locks.take(paths.runner_lock)
    with JournalWriter(paths.runner_journal, "runner") as journal:
        journal.write(Launched, pid=1, rank=0, argv=())
    with JournalWriter(paths.system_journal, "system") as journal:
        journal.write(Process, cpu=50.0, rss=3 << 30, count=1)
    return paths


def _snapshot(paths: RunPaths) -> RunSnapshot:
    with RunSession(paths.root) as session:
        session.poll()
        return session.snapshot()


def _steps(paths: RunPaths, count: int, **fields: Any) -> None:
    with JournalWriter(paths.worker_journal(0), "worker-r0") as journal:
        for n in range(count):
            start = n * 10 * _MS
            journal.write(
                Step,
                n=n,
                t0=start,
                t=start + 10 * _MS,
                dispatched=10 * _MS,
                phases=(0, 5 * _MS, 5 * _MS, 0, 0),
                **fields,
            )


def test_before_the_first_step(paths: RunPaths) -> None:
    assert live.describe(_snapshot(paths)) == "no step yet"


def test_completed_times_and_throughput(paths: RunPaths) -> None:
    _steps(paths, 20, completed=10 * _MS, ruler="sync", samples=32)
    text = live.describe(_snapshot(paths))
    assert text == "step 20  10.0 ms/step  3,200 samples/s  RSS 3.00 GiB"


def test_what_is_not_completed_is_called_dispatched(paths: RunPaths) -> None:
    _steps(paths, 3)
    assert "10.0 ms/step dispatched" in live.describe(_snapshot(paths))
    with JournalWriter(paths.root / "events" / "worker-r1.jsonl", "worker-r1") as journal:
        journal.write(Done, n=0, completed=20 * _MS, ruler="loss")
    assert "samples/s" not in live.describe(_snapshot(paths)), "nobody counted samples"


def test_plain_lines_come_at_most_once_a_second(
    paths: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("diptych.profiling.cli.live.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    line = live.LiveLine(stream)
    before = _snapshot(paths)
    line.show(before)
    _steps(paths, 3)
    after = _snapshot(paths)
    for now[0] in (0.1, 0.5, 0.9, 1.0, 1.1, 5.0):
        line.show(after)
    line.clear()
    assert len(stream.getvalue().splitlines()) == 2
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1e-5, "0.000010"),
        (0.01234, "0.0123"),
        (0.5, "0.500"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (999.6, "1,000"),
        (12345.6, "12,346"),
    ],
)
def test_three_digits(value: float, text: str) -> None:
    assert figures.number(value) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (344 << 20, "344 MiB"),
        (1000, "1,000 B"),
        (1536, "1.50 KiB"),
        (5 << 40, "5,120 GiB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert figures.size(count) == text


def test_the_report_says_what_is_not_known(paths: RunPaths) -> None:
    summary = summarise(_snapshot(paths))
    text = "\n".join(lines(summary))
    assert "step time    not known" in text
    assert "traces       none" in text
    hostile = msgspec.structs.replace(summary, warnings=("\x1b[2Jgone",))
    assert "\x1b" not in "\n".join(lines(hostile))


def test_both_figures_of_the_live_line_are_of_the_same_steps(paths: RunPaths) -> None:
    """Mean and throughput belong together, whatever lies between the steps; no warm-up in them."""
    with JournalWriter(paths.worker_journal(0), "worker-r0") as journal:
        for n in range(30):
            length = (900 if n == 0 else 400 if n == 20 else 10 + 10 * (n % 2)) * _MS
            journal.write(
                Step,
                n=n,
                t0=n * 30 * _MS,
                t=n * 30 * _MS + length,
                dispatched=length,
                phases=(0, length, 0, 0, 0),
                completed=length,
                ruler="sync",
                samples=4,
                warm=n == 0,
                window=0 if n == 20 else None,
            )
    # 13 steps of 10 ms and 15 of 20 ms.
    mean = (13 * 10 + 15 * 20) / 28
    shown = f"{figures.number(mean)} ms/step  {figures.number(4 / mean * 1e3)} samples/s"
    assert shown in live.describe(_snapshot(paths))
