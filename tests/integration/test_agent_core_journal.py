"""The agent's journal against sudden death, full disks and odd values."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
from pathlib import Path

import msgspec
import pytest
from tests.integration.agent_runs import ROOT, interpreters

from diptych.profiling.agent.journal import Journal
from diptych.profiling.records.kinds import AnyRecord

EMITTER = """
import sys, time
sys.path.insert(0, sys.argv[1])
package = type(sys)("_diptych_agent")
package.__path__ = [sys.argv[1]]
sys.modules["_diptych_agent"] = package
from _diptych_agent.journal import Journal
from _diptych_agent.side import Side
journal = Journal(sys.argv[2], "worker-r0")
side = Side(journal, print)
side.start()
limit = int(sys.argv[3])
n = 0
while limit < 0 or n < limit:
    n += 1
    journal.emit("warning", {"code": "count", "text": str(n)})
    # What the journal promises for now: everything older than 100 ms.
    if n % 10 == 0:
        sys.stdout.write("%d %d\\n" % (n, time.monotonic_ns()))
        sys.stdout.flush()
    time.sleep(0.0005)
side.stop(5)
journal.close()
"""
AGENT = ROOT / "profiling/diptych/profiling/agent"
DECODE = msgspec.json.Decoder(AnyRecord)


def emitter(python: str, journal: Path, limit: int = -1) -> list[str]:
    return [python, "-c", EMITTER, str(AGENT), str(journal), str(limit)]


def numbers(journal: Path) -> list[int]:
    lines = journal.read_bytes().split(b"\n")
    assert lines.pop() == b"", "the last line is torn"
    records = [json.loads(line) for line in lines]
    assert [record["seq"] for record in records] == list(range(len(records)))
    return [int(record["text"]) for record in records if record["k"] == "warning"]


@pytest.mark.parametrize("seed", range(6))
def test_sigkill_loses_at_most_100_ms_and_tears_nothing(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    journal = tmp_path / "j.jsonl"
    python = interpreters()["3.11"]
    with subprocess.Popen(emitter(python, journal), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = [process.stdout.readline().split() for _ in range(chance.randrange(20, 90))]
        process.send_signal(signal.SIGKILL)
        seen += [line.split() for line in process.stdout]
    last = int(seen[-1][1])
    safe = max((int(n) for n, t in seen if int(t) < last - 100_000_000), default=0)
    written = numbers(journal)
    assert written == list(range(1, len(written) + 1))
    assert len(written) >= safe


@pytest.mark.parametrize("version", interpreters())
def test_every_interpreter_writes_what_the_reader_expects(version: str, tmp_path: Path) -> None:
    journal = tmp_path / "j.jsonl"
    subprocess.run(emitter(interpreters()[version], journal, 30), check=True, timeout=60)
    assert numbers(journal) == list(range(1, 31))
    for line in journal.read_bytes().splitlines():
        DECODE.decode(line)


def test_a_full_disk_costs_records_and_nothing_else(tmp_path: Path) -> None:
    journal = tmp_path / "j.jsonl"
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000));"
    argv = emitter(interpreters()["3.11"], journal, 200)
    argv[2] = limited + "exec(sys.argv.pop(1))"
    argv.insert(3, EMITTER)
    done = subprocess.run(argv, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout.splitlines()) == 20
    assert journal.stat().st_size <= 3000


def test_losses_are_counted_and_told_when_writing_works_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    path = tmp_path / "j.jsonl"
    journal = Journal(str(path), "worker-r0")
    real = os.write
    for failure in ("error", "short"):

        def broken(fd: int, data: bytes, failure: str = failure) -> int:
            if failure == "error":
                raise OSError(28, "No space left on device")
            return real(fd, data[: len(data) - 7])

        monkeypatch.setattr(os, "write", broken)
        for _ in range(3):
            journal.emit("warning", {"code": "x", "text": failure})
        journal.drain()
        monkeypatch.setattr(os, "write", real)
        journal.emit("warning", {"code": "x", "text": "after " + failure})
        journal.drain()
    journal.close()
    good, torn = [], 0
    for line in path.read_bytes().splitlines():
        try:
            good.append(json.loads(line))
        except ValueError:
            torn += 1
    told = [record["text"] for record in good if record["k"] == "warning"]
    assert told == ["after error", "short", "short", "after short"]
    assert [(r["count"], r["why"]) for r in good if r["k"] == "lost"] == [
        (3, "No space left on device"),
        (1, "short write"),
    ]
    assert torn == 1
    sequence = [record["seq"] for record in good]
    assert sequence == sorted(set(sequence))


def test_a_disk_that_stays_full_leaves_room_for_the_last_words(tmp_path: Path) -> None:
    # GIVEN a file system of 64 KiB that something else fills up
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("a small file system can only be mounted by root")
    try:
        path = disk / "worker-r0.jsonl"
        journal = Journal(str(path), "worker-r0")
        with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
            while filler.write(bytes(4096)):
                pass
        # WHEN records come and the journal is closed without room ever being made
        for n in range(500):
            journal.emit("warning", {"code": "x", "text": "y" * 50, "number": n})
            journal.drain()
        journal.close()
        # THEN what is lost is told, and every record is either there or counted
        lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
    assert lines[-1]["k"] == "lost"
    assert "No space left" in lines[-1]["why"]
    kept = sum(line["k"] == "warning" for line in lines)
    assert kept + lines[-1]["count"] == 500


def test_a_queue_that_overflows_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diptych.profiling.agent.journal.LIMIT", 5)
    path = tmp_path / "j.jsonl"
    journal = Journal(str(path), "worker-r0")
    for n in range(9):
        journal.emit("warning", {"code": "x", "text": str(n)})
    journal.close()
    records = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [r["count"] for r in records if r["k"] == "lost"] == [4]
    assert len([r for r in records if r["k"] == "warning"]) == 5


def test_numbers_that_json_lacks_become_null(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    journal = Journal(str(path), "worker-r0")
    loss = {"n": 1, "completed": 5, "ruler": "event", "loss": float("nan")}
    journal.emit("done", loss)
    journal.emit("warning", {"code": "x", "text": "a\udc80b\n\x00\u2028"})
    journal.close()
    records = [DECODE.decode(line) for line in path.read_bytes().split(b"\n")[:-1]]
    assert getattr(records[1], "loss", 0) is None
    assert getattr(records[2], "text", "") == "a?b\n\x00\u2028"


def test_only_one_writer_has_the_file(tmp_path: Path) -> None:
    first = Journal(str(tmp_path / "j.jsonl"), "worker-r0")
    with pytest.raises(OSError, match="unavailable"):
        Journal(str(tmp_path / "j.jsonl"), "worker-r0")
    first.close()
    Journal(str(tmp_path / "j.jsonl"), "worker-r0").close()
