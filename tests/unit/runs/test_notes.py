"""Name, note and tags are kept in the run, whatever they are, and whatever is there already."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.helpers.fake_run import make_run

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runs.files import NotARunError, RunGoneError
from diptych.profiling.runs.notes import FILE, NotesError, RunNotes, edit_notes, read_notes
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.store import RunStore

TEXTS = {
    "plain": "baseline",
    "html": "<b>bold</b> &amp; <img src=x>",
    "right to left": "\u202egpj.exe\u202c שלום",
    "lines": "first\nsecond\r\nthird\u2028fourth",
    "long": "x" * 10_000,
    "emoji": "👩\u200d🔬 run",
    "controls": "\x00\x1b[2J\x07",
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "runs", steps=5, window_at=None, name="as started")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_any_text_is_kept_as_it_is(run: Path, text: str) -> None:
    edit_notes(run, lambda notes: notes.renamed(text).noted(text))
    kept = read_notes(run)
    assert (kept.name, kept.note) == (text, text)
    entry = RunStore(run.parent).list()[0]
    assert entry.name == text
    assert text.startswith(entry.note)
    with RunSession(run) as session:
        assert session.drain().name == text


def test_halves_of_characters_become_whole(run: Path) -> None:
    edit_notes(run, lambda notes: notes.renamed("a\ud800b"))
    assert read_notes(run).name == "a\N{REPLACEMENT CHARACTER}b"


def test_a_name_can_be_taken_away_again(run: Path) -> None:
    store = RunStore(run.parent)
    assert store.list()[0].name == "as started"
    edit_notes(run, lambda notes: notes.renamed("other"))
    assert store.list()[0].name == "other"
    edit_notes(run, lambda notes: notes.renamed("  "))
    assert store.list()[0].name == "as started"


def test_tags_are_a_set_whose_case_does_not_count(run: Path) -> None:
    edit_notes(run, lambda notes: notes.tagged(["Sweep", "#fp16", " two   words "]))
    kept = edit_notes(run, lambda notes: notes.tagged(["SWEEP"], ["FP16", "unknown"]))
    assert kept.tags == ("Sweep", "two words")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda n: n.renamed("x" * 20_001), "20,000 characters"),
        (lambda n: n.noted("x" * 200_001), "200,000 characters"),
        (lambda n: n.tagged(["x" * 201]), "200 characters"),
        (lambda n: n.tagged(["a,b"]), "no commas"),
        (lambda n: n.tagged([" # "]), "at least one letter"),
        (lambda n: n.tagged(map(str, range(101))), "100 tags"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    run: Path, change: Callable[[RunNotes], RunNotes], why: str
) -> None:
    with pytest.raises(NotesError, match=why):
        edit_notes(run, change)
    assert not (run / FILE).exists()


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1]", b"\xff\xfe", b'"text"', b"[" * 100_000, b"x" * (5 << 20)],
    ids=["empty", "cut", "list", "bytes", "text", "deep", "large"],
)
def test_a_file_that_cannot_be_read_is_put_aside(run: Path, data: bytes) -> None:
    (run / FILE).write_bytes(data)
    assert read_notes(run) == RunNotes()
    edit_notes(run, lambda notes: notes.renamed("new"))
    assert read_notes(run).name == "new"
    assert (run / f"{FILE}.unreadable-1").read_bytes() == data


def test_of_a_strange_file_what_can_be_read_is_taken(run: Path) -> None:
    strange = {"name": 3, "note": "kept", "tags": ["a", 1, "", "b"], "later": {"x": 1}}
    (run / FILE).write_text(json.dumps(strange))
    assert read_notes(run) == RunNotes(note="kept", tags=("a", "b"))
    edit_notes(run, lambda notes: notes.renamed("n"))
    written = json.loads((run / FILE).read_text())
    assert written["later"] == {"x": 1}
    assert (written["name"], written["note"], written["tags"]) == ("n", "kept", ["a", "b"])


def test_a_fifo_is_no_notes(run: Path) -> None:
    os.mkfifo(run / FILE)
    assert read_notes(run) == RunNotes()


def test_a_damaged_run_can_be_named(run: Path) -> None:
    RunPaths(run).manifest.write_text("{")
    edit_notes(run, lambda notes: notes.renamed("broken").tagged(["look"]))
    entry = RunStore(run.parent).list()[0]
    assert (entry.name, entry.tags) == ("broken", ("look",))
    assert entry.problem is not None


def test_nothing_is_written_into_a_foreign_folder(tmp_path: Path) -> None:
    (tmp_path / "wandb").mkdir()
    with pytest.raises(NotARunError, match="nothing is written into it"):
        edit_notes(tmp_path / "wandb", lambda notes: notes.renamed("x"))
    assert list((tmp_path / "wandb").iterdir()) == []


def test_a_run_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunGoneError, match="no longer there"):
        edit_notes(tmp_path / "gone", lambda notes: notes.renamed("x"))


def test_a_run_that_goes_meanwhile_says_so(run: Path, tmp_path: Path) -> None:
    def change(notes: RunNotes) -> RunNotes:
        run.rename(tmp_path / "elsewhere")
        return notes.renamed("x")

    with pytest.raises(RunGoneError):
        edit_notes(run, change)
    assert read_notes(tmp_path / "elsewhere") == RunNotes()


def test_writers_at_once_lose_nothing(run: Path) -> None:
    def add(number: int) -> None:
        edit_notes(run, lambda notes: notes.tagged([f"t{number}"]))

    threads = [threading.Thread(target=add, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(read_notes(run).tags) == {f"t{n}" for n in range(12)}


def test_somebody_who_holds_it_for_good_is_not_waited_for(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diptych.profiling.runs import exclusive

    monkeypatch.setattr(exclusive, "_PATIENCE", 0.05)
    with exclusive.hold(run), pytest.raises(NotesError, match="try again"):
        edit_notes(run, lambda notes: notes.renamed("x"))


def test_a_run_that_is_followed_tells_of_its_notes(run: Path) -> None:
    with RunSession(run) as session:
        session.drain()
        assert session.snapshot().name == "as started"
        edit_notes(run, lambda notes: notes.renamed("since").tagged(["a"]).noted("n"))
        assert session.poll()
        snapshot = session.snapshot()
        assert (snapshot.name, snapshot.notes.note, snapshot.notes.tags) == ("since", "n", ("a",))
        assert not session.poll()
