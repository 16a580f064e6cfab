"""Numbers for people, and the colours that carry them."""

from __future__ import annotations

import math

import pytest

from diptych.gui.text import format as fmt
from diptych.gui.theme.tokens import DARK, LIGHT, Tokens

N = fmt.NBSP


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2581.4, "2,581"),
        (12.43, "12.4"),
        (9.996, "10.0"),
        (0.0412, "0.0412"),
        (-3.5, "−3.50"),
        (0, "0"),
        (None, "—"),
        (math.nan, "—"),
        (math.inf, "—"),
    ],
)
def test_three_significant_digits(value: float | None, text: str) -> None:
    assert fmt.number(value) == text


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (12.43e6, f"12.4{N}ms"),
        (890e3, f"890{N}µs"),
        (1.04e6, f"1.04{N}ms"),
        (999.7e3, f"1.00{N}ms"),
        (999.96e6, f"1.00{N}s"),
        (412, f"412{N}ns"),
        (None, "—"),
    ],
)
def test_durations_choose_their_unit_after_rounding(ns: float | None, text: str) -> None:
    assert fmt.duration(ns) == text


def test_memory_is_binary_and_percent_has_a_space() -> None:
    assert fmt.memory(2.38 * 2**30) == f"2.38{N}GiB"
    assert fmt.memory(1023.9 * 2**20) == f"1.00{N}GiB"
    assert fmt.memory(512 * 2**20) == f"512{N}MiB"
    assert fmt.percent(97.2) == f"97{N}%"
    assert fmt.percent(0.31) == f"0.3{N}%"
    assert fmt.percent(None) == "—"


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
def test_text_can_be_read_on_every_background(tokens: Tokens) -> None:
    backgrounds = (tokens.bg0, tokens.bg1, tokens.bg2, tokens.field)
    for ink in (tokens.text1, tokens.text2, tokens.text3, tokens.ok, tokens.warning, tokens.error):
        assert min(_contrast(ink, ground) for ground in backgrounds) >= 4.5
    assert _contrast(tokens.on_accent, tokens.accent_fill) >= 4.5
    assert _contrast(tokens.on_accent, tokens.accent_hover) >= 4.5


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_lower_bound_says_so_and_is_never_rounded_to_nothing() -> None:
    assert fmt.at_least_percent(None) == fmt.UNKNOWN
    assert fmt.at_least_percent(0.1264) == "≥\u00a00.13\u00a0%"
    assert fmt.at_least_percent(0.0004) != fmt.at_least_percent(0.0)
