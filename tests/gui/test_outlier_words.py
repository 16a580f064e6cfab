"""What the card says of garbage collections and page faults."""

from __future__ import annotations

import pytest

from diptych.gui.text.outlier import different
from diptych.profiling.runs.outlier import Against, Explanation, Fact


def explained(*facts: Fact) -> Explanation:
    nothing = Against("length", 2e6, 1e6)
    return Explanation(3, 3, True, nothing, nothing, nothing, (), 50, facts)


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (
            Fact("gc", True, {"here": 31_000_000, "usual": 0.0}),
            "Python's garbage collector ran for 31.0 ms of it.",
        ),
        (
            Fact(
                "faults",
                True,
                {"here": 64_000.0, "usual": 120.0, "disk": 0.0, "usual_disk": 0.0},
            ),
            "The run had 64,000 page faults a second, around it 120.",
        ),
        (
            Fact("faults", True, {"here": 64.0, "usual": 120.0, "disk": 31.0, "usual_disk": 0.0}),
            (
                "The run had 31.0 page faults a second that waited for a disk, and 64.0 others; "
                "around it 120."
            ),
        ),
    ],
)
def test_they_are_said_in_a_sentence(fact: Fact, words: str) -> None:
    assert [said.replace("\N{NO-BREAK SPACE}", " ") for said in different(explained(fact))] == [
        words
    ]
