"""The bar over the operators of a trace stands on as many lines as it needs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from diptych.gui.theme import manager
from diptych.gui.views.trace_operators.bar import TraceBar


@pytest.fixture
def bar(qtbot: QtBot) -> Iterator[TraceBar]:
    """Return a bar as the window paints it, at the top of a page."""
    manager().apply()
    page = QWidget()
    qtbot.addWidget(page)
    made = TraceBar()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(made)
    column.addStretch(1)
    page.resize(1400, 400)
    page.show()
    qtbot.waitExposed(page)
    yield made
    page.close()


def test_it_fits_beside_the_runs_on_a_small_screen(bar: TraceBar) -> None:
    # 1024 less the list of runs and the panel at the right.
    assert bar.minimumSizeHint().width() <= 560


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_nothing_is_cut_or_covered_however_narrow_it_is(
    qtbot: QtBot, bar: TraceBar, lines: int
) -> None:
    page, (by, pair, rest) = bar.window(), bar._widths()
    width = {1: by + pair + rest + 60, 2: by + pair + 60, 3: bar.minimumSizeHint().width()}[lines]
    page.resize(width, 400)
    parts = [bar.by, bar.tree, bar.measure, bar.filter, bar.columns, bar.export, bar.sql]

    def rects() -> list[QRect]:
        return [part.rect().translated(part.mapTo(bar, part.rect().topLeft())) for part in parts]

    def stands() -> bool:
        found = rects()
        inside = all(bar.rect().contains(rect) for rect in found)
        apart = not any(a.intersects(b) for a, b in combinations(found, 2))
        rows = {rect.center().y() // 12 for rect in found}
        return bar.width() == width and inside and apart and len(rows) == lines

    qtbot.waitUntil(stands, timeout=3000)
    for segments in (bar.by, bar.tree, bar.measure):
        assert segments.width() >= segments.sizeHint().width()
