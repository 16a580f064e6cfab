"""The names at the left stay in sight while one scrolls through a lane taller than the window."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot
from tests.gui.timeline_helpers import training

from diptych.gui.models.trace_layout import Layout, Placed
from diptych.gui.models.trace_scene import make_scene
from diptych.gui.plots.timeline.headers import _top, paint_names
from diptych.gui.plots.timeline.strip import margin
from diptych.gui.theme import current, manager


@pytest.fixture
def tall(qtbot: QtBot) -> Placed:
    """Return a band of lanes, placed so that it begins 60 pixels above the window."""
    manager().apply()
    layout = Layout(make_scene(training()))
    band = max((b for b in layout.bands if b.curve < 0), key=lambda b: b.height)
    return Placed(band, 0)


def ink(item: Placed, *, pinned: int = 0) -> list[int]:
    """Return the rows of pixels of the column of names in which there is text."""
    made = paint_names([item], [], (800, 200), "", current(), 1.0, pinned).toImage()
    made = made.convertToFormat(QImage.Format.Format_Grayscale8)
    ground = made.pixelColor(margin() - 3, 199).red()

    def holds(y: int) -> bool:
        return any(abs(made.pixelColor(x, y).red() - ground) > 60 for x in range(24, margin() - 4))

    return [y for y in range(200) if holds(y)]


def test_the_title_of_a_lane_that_begins_above_is_in_sight(tall: Placed) -> None:
    plain = ink(tall)
    assert plain
    scrolled = ink(Placed(tall.band, -20))
    assert scrolled[0] == plain[0]
    assert ink(Placed(tall.band, -20), pinned=30)[0] >= 30


def test_it_leaves_with_the_end_of_its_lane(tall: Placed) -> None:
    bottom = 12
    item = Placed(tall.band, bottom - tall.band.height)
    assert _top(item, 0) < 0
    assert all(y < bottom for y in ink(item))
    assert _top(Placed(tall.band, 40), 0) == 40
