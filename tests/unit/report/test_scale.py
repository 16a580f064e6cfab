"""Ticks, digits and texts of reports."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diptych.profiling.report.markup import join, tag
from diptych.profiling.report.scale import Axis, digits_for, fixed


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 9))
def test_ticks_are_inside_rising_and_few(low: float, size: float, about: int) -> None:
    axis = Axis(low, low + size, 0, 100)
    if not axis.high > axis.low or size < abs(low) * 1e-9:
        return
    ticks = axis.ticks(about)
    places = [place for place, _ in ticks]
    assert places == sorted(places)
    assert all(-0.1 <= place <= 100.1 for place in places)
    assert len(ticks) <= about + 1


def test_ticks_of_a_point_do_not_fail() -> None:
    assert Axis(5, 5, 0, 10).ticks() == [(0.0, "5")]


@pytest.mark.parametrize(
    ("values", "digits"),
    [([27.2, 26.7], 1), ([0.0123], 4), ([1234.0], 0), ([], 0), ([None, 0.0], 0), ([math.nan], 0)],
)
def test_digits_tell_the_smallest_value(values: list[float | None], digits: int) -> None:
    assert digits_for(values) == digits


def test_numbers_have_true_signs() -> None:
    assert fixed(-1234.5, 1) == "−1,234.5"
    assert fixed(0.5, 1, sign=True) == "+0.5"
    assert fixed(-0.001, 1) == "0.0"
    assert fixed(0.0, 2, sign=True) == "0.00"


@given(st.text())
def test_any_text_stays_text(text: str) -> None:
    made = tag("p", text, ["a", None, tag("b", text)], title=text, class_="x", hidden=False)
    found = ET.fromstring(made)
    again = "".join(found.itertext())
    assert again == "".join(ET.fromstring(f"<p>{join((text, 'a', text))}</p>").itertext())
    assert set(found.attrib) == {"title", "class"}
