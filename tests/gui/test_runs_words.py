"""How runs are named and found: plain text of any text, and what is typed as a filter."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.fake_run import make_run

from diptych.gui.models.run_filter import parse, texts_of
from diptych.gui.text.names import short_names, title_of
from diptych.gui.text.plain import one_line, plain, tooltip
from diptych.gui.text.runs import describe
from diptych.profiling.runs.notes import edit_notes
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.profiling.runs.store import RunStore

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("torch  resnet18 ", "torch resnet18"),
        ("a\nb\r\nc\u2028d\te", "a b c d e"),
        ("<b>x</b> & y", "<b>x</b> & y"),
        (f"\u202egpj{BIDI}.exe", "gpj.exe"),
        ("שלום", "שלום"),
        ("a\x00\x1b[2J\x9fb", "a [2J b"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("\u200b\ufeff", ""),
    ],
)
def test_one_line_is_plain(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_ten_thousand_characters_are_cut() -> None:
    for text in ("x" * 10_000, "x " * 10_000, "ü\n" * 10_000):
        assert len(one_line(text)) == 300
        assert one_line(text).endswith("…")
    assert one_line("x" * 300) == "x" * 300
    assert one_line("abcdef", 4) == "abc…"


def test_several_lines_stay_lines() -> None:
    assert plain("a\n\u202eb\x07c") == "a\nb c"


def test_a_tooltip_shows_tags_as_they_are() -> None:
    assert tooltip("a\nb") == "a\nb"
    assert tooltip("<b>&\n1") == "<qt>&lt;b&gt;&amp;<br>1</qt>"


def snapshots(folder: Path, *runs: tuple[str, str | None]) -> list[RunSnapshot]:
    made = []
    for seed, (framework, name) in enumerate(runs):
        run = make_run(folder, framework=framework, steps=3, window_at=None, seed=seed)
        if name is not None:
            edit_notes(run, lambda notes, name=name: notes.renamed(name))  # type: ignore[misc]  # its type is known
        with RunSession(run) as session:
            made.append(session.drain())
    return made


def test_names_are_as_short_as_they_can_be(tmp_path: Path) -> None:
    named = [("torch", "fp16"), ("torch", None), ("mxnet", None)]
    assert short_names(snapshots(tmp_path / "1", *named)) == ["fp16", "torch", "mxnet"]
    same = [("torch", "fp16"), ("mxnet", "fp16")]
    assert short_names(snapshots(tmp_path / "2", *same)) == ["torch fp16", "mxnet fp16"]
    names = short_names(snapshots(tmp_path / "3", ("torch", "fp16"), ("torch", "fp16")))
    assert names == ["torch fp16 0000", "torch fp16 0001"]
    (long,) = snapshots(tmp_path / "4", ("torch", "\u202e" + "x" * 10_000))
    assert short_names([long]) == ["x" * 31 + "…"]
    assert title_of(long) == "x" * 299 + "…"


def test_what_a_list_says_is_plain(tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=3, window_at=None)
    edit_notes(run, lambda n: n.renamed("\u202e\n<i>").tagged(["t\u202e1"]).noted("a\nb"))
    with RunSession(run) as session:
        for snapshot in (None, session.drain()):
            said = describe(RunStore(tmp_path).list()[0], snapshot)
            assert said.title == "<i>"
            assert said.second == "torch resnet18 · #t1"
            assert said.note == "a\nb"


def test_a_name_of_nothing_visible_is_no_name(tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=3, window_at=None)
    edit_notes(run, lambda notes: notes.renamed("\u202e\u200b"))
    assert describe(RunStore(tmp_path).list()[0], None).title == "torch resnet18"


RUN = texts_of(
    {
        "name": "Night Sweep",
        "framework": "torch",
        "state": "failed",
        "note": "diverges after step 800",
        "id": "20261123T101502-torch-resnet18-k3f9",
        "rest": "torch resnet18 · out of memory",
    },
    ("Baseline", "two words"),
)


@pytest.mark.parametrize(
    ("needle", "fits"),
    [
        ("", True),
        ("sweep night", True),
        ("SWEEP", True),
        ("failed", True),
        ("done", False),
        ("memory k3f9", True),
        ("diverges", True),
        ('"out of"', True),
        ('"of out"', False),
        ('"unfinished quo', False),
        ("tag:base", True),
        ("#baseline", True),
        ("tag:#baseline", True),
        ("tag:line", False),
        ('tag:"two words"', True),
        ("tag:", True),
        ("-tag:baseline", False),
        ("-tag:other sweep", True),
        ("framework:torch", True),
        ("framework:mxnet", False),
        ("fw:torch is:failed", True),
        ("state:done", False),
        ("name:sweep", True),
        ("name:resnet", False),
        ("note:800 id:20261123", True),
        ("-failed", False),
        ("-done", True),
        ("unknown:key", False),
        ("-", True),
        ("#", True),
    ],
)
def test_filters(needle: str, fits: bool) -> None:
    assert parse(needle).fits(RUN, RUN.whole) is fits


def test_a_run_without_tags_has_none() -> None:
    plain_run = texts_of({**dict.fromkeys(("name", "framework", "state", "note", "id"), "")}, ())
    assert not parse("tag:").fits(plain_run, plain_run.whole)
    assert parse("-tag:").fits(plain_run, plain_run.whole)
    assert not parse("")
