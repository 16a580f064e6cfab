"""The page of a comparison: well-formed, alone in the world, and with the numbers of the JSON."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.helpers.fake_comparison import alone, in_turns, race, run_of, swept

from diptych.gui.theme.tokens import DARK, LIGHT
from diptych.profiling.compare.as_json import as_json
from diptych.profiling.compare.comparison import Comparison, compare
from diptych.profiling.compare.parity import Parity
from diptych.profiling.report import style
from diptych.profiling.report.limits import limits
from diptych.profiling.report.page import page

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ("<script>alert(1)</script>", "\" onload='x' & ]]> </style> \x00\x1b[31m\ud800 \u200bé")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return race(tmp_path_factory.mktemp("race"))


def parsed(comparison: Comparison) -> ET.Element:
    text = page(comparison)
    assert text.startswith("<!DOCTYPE html>\n")
    return ET.fromstring(text.partition("\n")[2])


def text_of(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def table(root: ET.Element, name: str) -> ET.Element:
    return next(found for found in root.iter("table") if found.get("aria-label") == name)


def rows(found: ET.Element) -> Iterator[list[ET.Element]]:
    body = found.find("tbody")
    assert body is not None
    for row in body:
        yield list(row)


def numbers(cell: ET.Element) -> list[float]:
    return [float(data.get("value", "nan")) for data in cell.iter("data")]


def test_the_table_of_sides_has_the_numbers_of_the_json(made: Comparison) -> None:
    # GIVEN a comparison and what --json prints of it
    expected = as_json(made)
    # WHEN its page is read back
    found = list(rows(table(parsed(made), "Step times")))
    # THEN every number is there with all of its digits
    assert len(found) == 2
    for cells, side in zip(found, expected["sides"], strict=True):
        assert text_of(cells[0]) == side["label"]
        assert numbers(cells[1]) == [side["median_ms"]["estimate"]]
        assert numbers(cells[2]) == [side["median_ms"]["low"], side["median_ms"]["high"]]
        assert numbers(cells[3]) == [side["p95_ms"]["estimate"]]
        assert numbers(cells[5]) == [side["samples_per_s"]["estimate"]]
        assert numbers(cells[8]) == [side["steps"]]
    ratio = expected["verdicts"][0]["ratio"]
    assert numbers(found[1][6]) == [ratio["estimate"]]
    assert numbers(found[1][7]) == [ratio["low"], ratio["high"]]
    assert numbers(found[0][6]) == []
    assert text_of(found[0][6]) == "—"


def test_the_families_are_those_of_the_json(made: Comparison) -> None:
    expected = as_json(made)["families"]
    found = [[numbers(cell) for cell in cells[1:]] for cells in
             rows(table(parsed(made), "Families of operators"))]  # fmt: skip
    assert [(a[0], b[0]) for a, b, _ in found] == [(x["a_ms"], x["b_ms"]) for x in expected]
    assert sum(d[0] for *_, d in found) == pytest.approx(
        sum(x["b_ms"] - x["a_ms"] for x in expected)
    )


def test_verdict_fairness_and_methods_stand_in_it(made: Comparison) -> None:
    root = parsed(made)
    heading = root.find(".//h1")
    assert heading is not None
    assert text_of(heading) == f"{as_json(made)['sentence']}."
    listed = [[text_of(cell) for cell in cells] for cells in rows(table(root, "Fairness"))]
    assert [(row[0], row[2]) for row in listed] == [
        (line.title, line.evidence) for line in made.fairness
    ]
    whole = text_of(root)
    rounds = made.sides[0].timed.rounds
    assert rounds >= 6
    assert f"took turns on the same machine: {rounds} rounds that count" in whole
    assert "two turns of 6 steps" in whole
    assert f"up to {(made.noise_floor - 1) * 100:.1f}" in whole  # type: ignore[operator]  # known
    assert "2,000 times as many rounds" in whole
    assert "Hesterberg" in whole
    assert "2.13.0+cpu" in whole
    assert "diptych run --framework torch --workload resnet18" in whole


def test_it_needs_nothing_but_itself(made: Comparison) -> None:
    text = page(made)
    assert set(re.findall(r"[a-z]+://[^\"'\s<)]+", text)) == {"http://www.w3.org/2000/svg"}
    root = parsed(made)
    names = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert not names & {"script", "link", "img", "iframe", "object", "image", "use", "a"}
    handlers = [key for element in root.iter() for key in element.attrib if key.startswith("on")]
    assert handlers == []
    assert "@import" not in text
    assert "url(" not in text


def test_every_figure_is_told_in_words_and_drawn_in_numbers(made: Comparison) -> None:
    figures = [svg for svg in parsed(made).iter(f"{SVG}svg") if svg.get("role") == "img"]
    titles = [text_of(svg[0]) for svg in figures]
    assert titles == [
        "Ratio of step times",
        "Time a step",
        "Step times over time",
        "Phases of a step",
        "From a step of PyTorch eager to one of MXNet imperative",
    ]
    for svg in figures:
        assert svg[0].tag == f"{SVG}title"
        assert svg[1].tag == f"{SVG}desc"
        assert text_of(svg[1])
        for element in svg.iter():
            for key in ("d", "x", "y", "cx", "cy", "width", "height", "x1", "x2", "y1", "y2"):
                assert not re.search("nan|inf|e[+-]", element.get(key, ""))
        for box in svg.iter(f"{SVG}rect"):
            assert float(box.get("width", "0")) >= 0
            assert float(box.get("height", "0")) >= 0


def test_headers_of_tables_say_what_they_head(made: Comparison) -> None:
    for found in parsed(made).iter("table"):
        assert found.get("aria-label")
        assert all(head.get("scope") == "col" for head in found.findall("./thead/tr/th"))
        for cells in rows(found):
            assert cells[0].get("scope") == "row"


def test_names_that_are_markup_stay_names(tmp_path: Path) -> None:
    made = race(tmp_path, HOSTILE)
    root = parsed(made)
    assert not list(root.iter("script"))
    labels = [text_of(cells[0]) for cells in rows(table(root, "Step times"))]
    assert labels[0] == HOSTILE[0]
    assert labels[1].startswith("\" onload='x' & ]]> </style>")
    assert "\x1b" not in labels[1]

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.tags: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.append(tag)
            assert not [name for name, _ in attrs if name.startswith("on")]

    reader = Reader()
    reader.feed(page(made))
    assert "script" not in reader.tags
    assert reader.tags.count("style") == 1
    # It can be written: nothing in it is no character.
    page(made).encode("utf-8")


def test_runs_that_were_not_raced_say_what_they_lack(tmp_path: Path) -> None:
    made = alone(tmp_path, "torch", "mxnet", "torch", "mxnet", "torch", "torch", steps=60)
    root = parsed(made)
    whole = text_of(root)
    assert "The sides were not run in turns" in whole
    assert "Not given: taken in turns" in whole
    assert "Politis" in whole
    assert len(list(rows(table(root, "Step times")))) == 6
    # More sides of one framework than it has colours: they differ in their lines.
    looks = {(svg.get("class"), svg[0].get("stroke-dasharray")) for svg in root.iter("svg")
             if (svg.get("class") or "").startswith("chip")}  # fmt: skip
    assert len(looks) == 6


def test_too_short_a_race_has_no_interval_and_says_so(tmp_path: Path) -> None:
    runs = in_turns([run_of(tmp_path, kind, steps=60) for kind in ("torch", "mxnet")], 12)
    made = compare(runs, ["a", "b"])
    root = parsed(made)
    cells = [text_of(cell) for cell in next(rows(table(root, "Step times")))]
    assert cells[2] == "—"
    assert "too few blocks of steps for an interval" in text_of(root)


def test_sides_with_other_rulers_are_compared_by_stretches(tmp_path: Path) -> None:
    runs = in_turns([run_of(tmp_path, "torch"), run_of(tmp_path, "mxnet", done_later=True)])
    made = compare(runs, ["a", "b"])
    assert made.measure == "throughput"
    whole = text_of(parsed(made))
    assert "compared by whole stretches of steps" in whole
    assert "Since these rulers differ, single steps are not compared" in whole


def test_a_sweep_is_drawn_as_curves(tmp_path: Path) -> None:
    root = parsed(swept(tmp_path))
    figure = next(s for s in root.iter(f"{SVG}svg") if s.get("aria-label") == "Scaling with batch")
    assert "batch 8, 16, 32" in text_of(figure[1])
    assert {"samples a second", "median step time, ms"} <= {
        text_of(found) for found in figure.iter(f"{SVG}text")
    }


@pytest.mark.parametrize("status", ["same", "different", "unknown"])
def test_parity_is_said(tmp_path: Path, status: str) -> None:
    runs = [run_of(tmp_path, kind) for kind in ("torch", "mxnet")]
    told = Parity(status, "as it was", 1.5e-6, compared=24)  # type: ignore[arg-type]  # one of them
    root = parsed(compare(runs, ["a", "b"], parity=told))
    assert f"{status}: as it was." in text_of(root)
    assert "1.5e-06 over 24 losses" in text_of(root)


def test_limits_name_the_sides(made: Comparison) -> None:
    assert not [text for text in limits(made) if re.match("[AB]: ", text)]
    assert all(text.endswith(".") and text[0].isupper() for text in limits(made))


def test_light_and_dark_are_the_colours_of_the_window() -> None:
    for ours, theirs in ((style.LIGHT, LIGHT), (style.DARK, DARK)):
        for at in range(3):
            assert ours[f"torch-{at}"] == theirs.torch[at]
            assert ours[f"mxnet-{at}"] == theirs.mxnet[at]
        assert [ours[n] for n in ("data", "forward", "backward", "optimizer", "other")] == list(
            theirs.phases
        )
        for ink in ("text1", "text2", "text3", "ok", "warning", "error", "grid"):
            assert ours[ink] == getattr(theirs, ink)
    sheet = style.sheet()
    assert "@media screen and (prefers-color-scheme:dark)" in sheet
    assert "@media print" in sheet
    assert not set("<&") & set(sheet)
