"""The lower half of the Compare view says what the comparison's numbers say, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from tests.helpers.fake_run import make_run
from tests.helpers.recorded_operators import recorded

from diptych.gui.models.compare_bars import By, steps_of
from diptych.gui.models.compare_differences import NAMES
from diptych.gui.models.compare_replay import Race, race_of
from diptych.gui.models.selection import Look
from diptych.gui.plots.compare.look import looks_of
from diptych.gui.text import format as fmt
from diptych.gui.text.compare_resources import KINDS, why_unknown
from diptych.gui.text.compare_why import bar_title
from diptych.gui.views.compare.bars import BarsPanel
from diptych.gui.views.compare.differences import DifferencesPanel, way_box
from diptych.gui.views.compare.replay import ReplayPanel
from diptych.gui.views.compare.resources_table import ResourcesPanel
from diptych.gui.views.compare.scaling import ScalingPanel
from diptych.gui.views.compare.waterfall import WaterfallPanel
from diptych.profiling.compare.comparison import Comparison, compare
from diptych.profiling.compare.families import UNMATCHED, Classifier
from diptych.profiling.compare.families_data import built_in
from diptych.profiling.compare.saved import read_run
from diptych.profiling.compare.scaling import scaling_of
from diptych.profiling.compare.why import REST, Why
from diptych.profiling.records.kinds import Operator, Operators
from diptych.profiling.runs.snapshot import RunSnapshot, TurnSpan

RULES = Classifier(built_in())
MS = 1_000_000
PANELS = (
    WaterfallPanel,
    BarsPanel,
    DifferencesPanel,
    ResourcesPanel,
    ScalingPanel,
    ReplayPanel,
)


def a_run(
    root: Path, number: int, framework: str, operators: str | None, **options: object
) -> RunSnapshot:
    """Return a run whose window has operators of a real one."""
    how: dict[str, Any] = {"steps": 60, "seed": number, "warmup": 2, "done_later": False}
    how |= {"t0": 10**12, "created": 10**18 + number, **options}
    run = read_run(make_run(root, framework=framework, run_id=f"r{number}", **how))
    if operators is None:
        return run
    windows = tuple(replace(w, operators=recorded(operators)) for w in run.windows)
    return replace(run, windows=windows)


def with_knobs(run: RunSnapshot, **knobs: str | int) -> RunSnapshot:
    """Return the run as if it had been asked for with these knobs."""
    assert run.manifest is not None
    request = run.manifest.request
    asked = msgspec.structs.replace(request, knobs={**request.knobs, **knobs})
    return replace(run, manifest=msgspec.structs.replace(run.manifest, request=asked))


def in_turns(a: RunSnapshot, b: RunSnapshot, turn: int = 5, warm: int = 20) -> Comparison:
    """Let two runs have taken turns, A B B A, with all steps after the first ``warm``."""
    runs = [a, b]
    columns = [{c: getattr(r.steps, c).copy() for c in _INSTANTS} for r in runs]
    turns: list[list[TurnSpan]] = [[], []]
    now = max(int(run.steps.end[warm - 1]) for run in runs) + 10 * MS
    sides = [0, 1, 1, 0] * ((len(a.steps) - warm) // (2 * turn))
    for number, side in enumerate(sides):
        first = warm + len(turns[side]) * turn
        inside = slice(first, first + turn)
        for column in columns[side].values():
            column[inside] += now - int(runs[side].steps.start[first])
        end = int(columns[side]["completed_at"][inside][-1])
        turns[side].append(TurnSpan(number, number // 4, first, first + turn - 1, now, end, 0))
        now = end + 2 * MS
    moved = (
        replace(run, steps=replace(run.steps, **changed), turns=tuple(own))
        for run, changed, own in zip(runs, columns, turns, strict=True)
    )
    return compared(*moved)


_INSTANTS = ("start", "end", "completed_at")


def compared(*runs: RunSnapshot) -> Comparison:
    return compare(runs, [f"side {at}" for at in range(len(runs))], classifier=RULES)


def plain(text: str) -> str:
    """Return a text as a label that may be cut keeps it."""
    return " ".join(text.split())


def the_why(comparison: Comparison, side: int = 1) -> Why:
    found = comparison.why[side]
    assert found is not None
    return found


@pytest.fixture
def pair(tmp_path: Path) -> Comparison:
    return compared(
        a_run(tmp_path, 0, "torch", "torch-resnet18", ms=12.0),
        a_run(tmp_path, 1, "mxnet", "mxnet-resnet18", ms=15.0),
    )


@pytest.fixture
def three(tmp_path: Path) -> Comparison:
    return compared(
        a_run(tmp_path, 0, "torch", "torch-gpt", ms=12.0),
        a_run(tmp_path, 1, "mxnet", "mxnet-gpt", ms=15.0),
        a_run(tmp_path, 2, "torch", "torch-gpt-compiled", ms=9.0),
    )


@pytest.fixture
def race(tmp_path: Path) -> Comparison:
    return in_turns(
        a_run(tmp_path, 0, "torch", None, window_at=None, ms=12.0),
        a_run(tmp_path, 1, "mxnet", None, window_at=None, ms=15.0),
    )


# -- all ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PANELS)
def test_without_a_comparison_the_reason_stands_there(qtbot: QtBot, kind: type[Any]) -> None:
    panel = kind()
    qtbot.addWidget(panel)
    panel.set_comparison(None)
    assert not panel.has_content
    assert panel.nothing.text()


def test_runs_without_a_window_are_not_explained(qtbot: QtBot, tmp_path: Path) -> None:
    runs = [a_run(tmp_path, at, "torch", None, window_at=None) for at in (0, 1)]
    for kind in (WaterfallPanel, BarsPanel, DifferencesPanel):
        panel = kind()
        qtbot.addWidget(panel)
        panel.set_comparison(compared(*runs))
        assert not panel.has_content
        assert "side 0: no profile window was recorded" in panel.nothing.text()


def test_times_that_contain_waiting_are_not_compared(qtbot: QtBot, tmp_path: Path) -> None:
    gpu = Operators(
        seq=0, t=0, window=0, rank=0, steps=1, span=1,
        ops=(Operator("Convolution", 1, "forward", "gpu/0", engine_self=5),),
    )  # fmt: skip
    other = a_run(tmp_path, 1, "mxnet", None)
    other = replace(other, windows=tuple(replace(w, operators=gpu) for w in other.windows))
    found = compared(a_run(tmp_path, 0, "torch", "torch-mlp"), other)
    for kind in (WaterfallPanel, BarsPanel, DifferencesPanel):
        panel = kind()
        qtbot.addWidget(panel)
        panel.set_comparison(found)
        assert not panel.has_content
        assert "waiting for the stream" in panel.nothing.text()


def test_the_looks_that_are_given_are_used(qtbot: QtBot, pair: Comparison) -> None:
    panel = WaterfallPanel()
    qtbot.addWidget(panel)
    given = [Look("torch", 2), Look("mxnet", 1)]
    panel.set_comparison(pair, given)
    assert panel.plot.shown is not None
    assert list(panel.plot.shown.looks) == given
    panel.set_comparison(pair)
    assert list(panel.plot.shown.looks) == looks_of(pair)


# -- waterfall ------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["family", "phase", "both"])
@pytest.mark.parametrize("side", [1, 2])
def test_the_bars_lead_from_one_step_to_the_other(three: Comparison, by: By, side: int) -> None:
    why = the_why(three, side)
    steps = steps_of(why, by)
    assert steps[0].begin == why.a
    assert steps[-1].end == why.b
    assert all(one.end == after.begin for one, after in pairwise(steps))
    assert sum(step.bar.delta for step in steps) == why.b - why.a
    assert sum(step.bar.a for step in steps) == why.a
    assert REST in (steps[-1].bar.family, steps[-1].bar.phase)
    for step in steps:
        if step.parts:
            assert sum(part.delta for part in step.parts) == step.bar.delta
    if by == "family":
        assert steps[-2].bar.family == UNMATCHED


def test_small_bars_are_summed_up(three: Comparison) -> None:
    steps = steps_of(the_why(three), "both")
    summed = [step for step in steps if step.summed]
    assert len(summed) == 1
    assert len(summed[0].parts) > 1
    assert len(steps) < len(the_why(three).cells)


def test_the_switch_changes_the_bars(qtbot: QtBot, pair: Comparison) -> None:
    panel = WaterfallPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(pair)
    why = the_why(pair)
    assert panel.has_content
    ways: tuple[By, ...] = ("family", "phase", "both")
    for by in ways:
        panel.by.button(by).click()
        assert panel.plot.shown is not None
        assert panel.plot.shown.steps == steps_of(why, by)
    assert plain(fmt.duration(abs(why.b - why.a))) in panel.title.whole
    assert "%" in panel.share.text()
    assert fmt.duration(why.a) in panel.steps.text()
    assert "without operators inside" in panel.what.text()


def test_the_matched_share_is_never_rounded_up(qtbot: QtBot, pair: Comparison) -> None:
    panel = WaterfallPanel()
    qtbot.addWidget(panel)
    almost = replace(the_why(pair), matched_share=0.99996)
    panel.set_comparison(replace(pair, why=(None, almost)))
    assert panel.share.text().startswith(f"99.9{fmt.NBSP}%")


def test_cautions_name_the_sides(qtbot: QtBot, pair: Comparison) -> None:
    panel = WaterfallPanel()
    qtbot.addWidget(panel)
    why = replace(the_why(pair), cautions=(("x", "B: odd"), ("y", "attention is odd")))
    panel.set_comparison(replace(pair, why=(None, why)))
    assert panel.cautions.texts == ["side 1: odd.", "Attention is odd."]


def test_a_bar_is_chosen_by_keys_and_by_mouse(qtbot: QtBot, pair: Comparison) -> None:
    panel = WaterfallPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(pair)
    panel.resize(600, panel.sizeHint().height())
    panel.show()
    plot, why = panel.plot, the_why(pair)
    with qtbot.waitSignal(panel.chosen) as chosen:
        QTest.keyClick(plot, Qt.Key.Key_Down)
    assert chosen.args == [why.families[0]]
    first = why.families[0]
    assert fmt.duration(first.delta) in plot.accessibleDescription()
    assert fmt.duration(first.a) in plot.words(0)
    with qtbot.waitSignal(panel.chosen) as chosen:
        QTest.keyClick(plot, Qt.Key.Key_End)
    assert chosen.args[0].family == REST
    with qtbot.waitSignal(panel.chosen) as chosen:
        at = plot.row_rect(3).center().toPoint()
        QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at)
    assert chosen.args == [why.families[2]]
    with qtbot.waitSignal(panel.chosen) as chosen:
        QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert chosen.args == [None]


def test_another_side_can_be_held_against_the_first(qtbot: QtBot, three: Comparison) -> None:
    panel = WaterfallPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(three)
    assert not panel.side.isHidden()
    panel.side.box.setCurrentIndex(1)
    with qtbot.waitSignal(panel.side_changed) as changed:
        panel.side.box.activated.emit(1)
    assert changed.args == [2]
    assert panel.plot.shown is not None
    assert panel.plot.shown.b == the_why(three, 2).b
    assert panel.plot.shown.labels == ("side 0", "side 2")
    panel.set_side(1)
    assert panel.plot.shown.b == the_why(three, 1).b


def test_of_two_sides_there_is_no_choice(qtbot: QtBot, pair: Comparison) -> None:
    for kind in (WaterfallPanel, DifferencesPanel):
        panel = kind()
        qtbot.addWidget(panel)
        panel.set_comparison(pair)
        assert panel.side.isHidden()


# -- bars -----------------------------------------------------------------------------


def test_families_of_all_sides_add_up_to_their_steps(qtbot: QtBot, three: Comparison) -> None:
    panel = BarsPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(three)
    shown = panel.plot.shown
    assert shown is not None
    assert len(shown.labels) == 3
    for side, wanted in enumerate((the_why(three).a, the_why(three, 1).b, the_why(three, 2).b)):
        assert sum(sum(bars.sides[side] or ()) for bars in shown.bars) == wanted
    assert shown.bars[-1].family == REST


def test_forward_and_backward_are_told_apart(qtbot: QtBot, pair: Comparison) -> None:
    panel = BarsPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(pair)
    shown = panel.plot.shown
    assert shown is not None
    number, bars = next((n, b) for n, b in enumerate(shown.bars) if b.family == "convolution")
    cells = {c.phase: c for c in the_why(pair).cells if c.family == "convolution"}
    assert bars.sides[0] is not None
    assert bars.sides[1] is not None
    assert bars.sides[0][:2] == (cells["forward"].a, cells["backward"].a)
    assert bars.sides[1][:2] == (cells["forward"].b, cells["backward"].b)
    assert f"backward {fmt.duration(cells['backward'].b)}" in panel.plot.words(number)


def test_a_side_without_a_window_has_no_bar(qtbot: QtBot, tmp_path: Path) -> None:
    found = compared(
        a_run(tmp_path, 0, "torch", "torch-mlp"),
        a_run(tmp_path, 1, "mxnet", "mxnet-mlp"),
        a_run(tmp_path, 2, "torch", None, window_at=None),
    )
    panel = BarsPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(found)
    shown = panel.plot.shown
    assert shown is not None
    assert all(bars.sides[2] is None for bars in shown.bars)
    assert "side 2: not known" in panel.plot.words(0)
    assert ["side 2" in text for text in panel.missing.texts] == [True]


# -- differences ----------------------------------------------------------------------


def test_links_lead_to_the_operators_and_timelines_of_both_sides(
    qtbot: QtBot, pair: Comparison, tmp_path: Path
) -> None:
    panel = DifferencesPanel()
    qtbot.addWidget(panel)
    profiled = a_run(tmp_path / "more", 7, "torch", "torch-resnet18")
    panel.set_comparison(replace(pair, profiled=(profiled, None)))
    panel.resize(1000, panel.sizeHint().height())
    panel.show()
    table, top = panel.table, the_why(pair).top
    for column, run, side in ((5, "r7", "a"), (6, "r1", "b")):
        box = table.visualRect(table.rows.index(0, column))
        operator = getattr(top[0], side)[0]
        timeline = way_box(box.toRectF()).center().toPoint()
        for point, where in ((box.topLeft() + QPoint(20, 10), "operators"), (timeline, "timeline")):
            with qtbot.waitSignal(panel.wanted) as wanted:
                QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=point)
            assert wanted.args == [run, operator.of or operator.name, where]


def test_enter_follows_a_link(qtbot: QtBot, pair: Comparison) -> None:
    panel = DifferencesPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(pair)
    panel.table.setCurrentIndex(panel.model.index(0, NAMES.index("behind_b")))
    behind = the_why(pair).top[0].b[0]
    shift = Qt.KeyboardModifier.ShiftModifier
    for modifier, where in ((Qt.KeyboardModifier.NoModifier, "operators"), (shift, "timeline")):
        with qtbot.waitSignal(panel.wanted) as wanted:
            QTest.keyClick(panel.table, Qt.Key.Key_Return, modifier)
        assert wanted.args == ["r1", behind.of or behind.name, where]


def test_the_menu_of_a_row_has_all_ways(qtbot: QtBot, pair: Comparison) -> None:
    panel = DifferencesPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(pair)
    actions = [a for a in panel.table.menu(0).actions() if a.isEnabled() and a.text()]
    told: list[tuple[str, ...]] = []
    panel.wanted.connect(lambda *args: told.append(args))
    for action in actions:
        action.trigger()
    top = the_why(pair).top[0]
    ways = ("operators", "timeline")
    wanted = [("r0", b.of or b.name, where) for b in top.a[:5] for where in ways]
    wanted += [("r1", b.of or b.name, where) for b in top.b[:5] for where in ways]
    assert told == wanted


def test_a_part_leads_to_the_whole_that_ran(qtbot: QtBot, tmp_path: Path) -> None:
    found = compared(
        a_run(tmp_path, 0, "torch", "torch-resnet18"),
        a_run(tmp_path, 1, "mxnet", "mxnet-resnet18-hybridized"),
    )
    panel = DifferencesPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(found)
    names = {o.name for o in recorded("mxnet-resnet18-hybridized").ops}
    for row in range(panel.model.rowCount()):
        for _, target in panel.model.targets(row, 1):
            assert target.operator in names


def test_the_table_is_sorted_by_any_column(qtbot: QtBot, pair: Comparison) -> None:
    panel = DifferencesPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(pair)
    model = panel.model
    sizes = [abs(row.bar.delta) for row in model.rows]
    assert sizes == sorted(sizes, reverse=True)
    model.turn(NAMES.index("a"))
    times = [row.bar.a for row in model.rows]
    assert times == sorted(times, reverse=True)
    model.turn(NAMES.index("a"))
    assert [row.bar.a for row in model.rows] == sorted(times)
    model.turn(NAMES.index("family"))
    names = [model.text(row, "family") for row in model.rows]
    assert names == sorted(names)
    assert "↑" in model.headerData(0, Qt.Orientation.Horizontal)


def test_names_have_room_in_a_narrow_window(qtbot: QtBot, pair: Comparison) -> None:
    panel = DifferencesPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(pair)
    panel.show()
    table, model = panel.table, panel.model
    a, b, delta, behind = (NAMES.index(name) for name in ("a", "b", "delta", "behind_b"))
    panel.resize(1100, panel.sizeHint().height())
    assert not table.isColumnHidden(a)
    panel.resize(620, panel.sizeHint().height())
    assert table.isColumnHidden(a)
    assert table.isColumnHidden(b)
    assert table.columnWidth(behind) >= 130
    assert model.index(0, 0).data() == bar_title(model.rows[0].bar)
    bar = model.rows[0].bar
    tip = model.index(0, delta).data(Qt.ItemDataRole.ToolTipRole)
    assert fmt.duration(bar.a) in tip
    assert fmt.duration(bar.b) in tip


def test_a_side_without_the_operator_leads_nowhere(qtbot: QtBot, pair: Comparison) -> None:
    panel = DifferencesPanel()
    qtbot.addWidget(panel)
    lone = replace(the_why(pair).top[0], b=())
    panel.set_comparison(replace(pair, why=(None, replace(the_why(pair), top=(lone,)))))
    index = panel.model.index(0, NAMES.index("behind_b"))
    assert index.data() == fmt.UNKNOWN
    assert "no operator" in index.data(Qt.ItemDataRole.ToolTipRole)
    with qtbot.assertNotEmitted(panel.wanted):
        panel.table.go(index, "operators")


# -- resources ------------------------------------------------------------------------


def _text(panel: ResourcesPanel, key: str, side: int) -> tuple[str, str]:
    row = [kind.key for kind in panel.model.kinds].index(key)
    index = panel.model.index(row, side + 1)
    return str(index.data()), str(index.data(Qt.ItemDataRole.ToolTipRole) or "")


def test_unknown_is_never_zero(qtbot: QtBot, tmp_path: Path) -> None:
    gpu = a_run(tmp_path, 0, "torch", None, gpu=True)
    found = compared(with_knobs(gpu, device="cuda:0"), a_run(tmp_path, 1, "mxnet", None))
    panel = ResourcesPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(found)
    assert [kind.key for kind in panel.model.kinds] == [kind.key for kind in KINDS]
    for side, of in enumerate(found.sides):
        for kind in KINDS:
            text, tip = _text(panel, kind.key, side)
            if kind.of(of.resources) is None:
                assert text == fmt.UNKNOWN
                assert tip == why_unknown(of, kind.key)
                assert tip.endswith(".")
            else:
                assert text == kind.show(kind.of(of.resources))
                assert not tip
    assert _text(panel, "gpu_memory", 0)[0].endswith("GiB")
    for key in ("gpu_memory", "gpu", "power", "energy"):
        assert _text(panel, key, 1) == (fmt.UNKNOWN, "No GPU is used.")
    assert "does not tell" in _text(panel, "framework_memory", 1)[1]


def test_turns_too_short_to_be_sampled_are_said(qtbot: QtBot, race: Comparison) -> None:
    panel = ResourcesPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(race)
    assert _text(panel, "cpu", 0) == (fmt.UNKNOWN, "The turns were too short to be sampled.")
    assert _text(panel, "process_memory", 0)[0].endswith("GiB")


def test_without_a_gpu_anywhere_one_line_says_so(qtbot: QtBot, pair: Comparison) -> None:
    panel = ResourcesPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(pair)
    assert not any(kind.gpu for kind in panel.model.kinds)
    assert panel.absent.whole == "No side uses a GPU."


# -- scaling --------------------------------------------------------------------------


def swept(root: Path, batches: Sequence[int], **more: Any) -> Comparison:
    runs = [
        a_run(root, 2 * at + which, framework, None, batch=batch, ms=4.0 + batch, **more)
        for at, batch in enumerate(batches)
        for which, framework in enumerate(("torch", "mxnet"))
    ]
    labels = [f"{name}, batch {b}" for b in batches for name in ("PyTorch", "MXNet")]
    return compare(runs, labels, classifier=RULES)


def test_lines_have_the_points_of_the_sides(qtbot: QtBot, tmp_path: Path) -> None:
    found = swept(tmp_path, (16, 4, 64))
    panel = ScalingPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(found)
    assert panel.has_content
    assert not panel.isHidden()
    assert panel.scaling is not None
    assert panel.scaling.values == (4, 16, 64)
    assert panel.scaling.log
    assert [curve.label for curve in panel.throughput.curves] == ["PyTorch", "MXNet"]
    for which, (rates, times) in enumerate(
        zip(panel.throughput.curves, panel.latency.curves, strict=True)
    ):
        assert [dot.x for dot in rates.dots] == [4, 16, 64]
        sides = [found.sides[2 * at + which] for at in (1, 0, 2)]
        for side, rate, time in zip(sides, rates.dots, times.dots, strict=True):
            assert side.rate is not None
            median = side.quantiles[0.5]
            assert median is not None
            assert (rate.y, rate.low, rate.high) == (
                side.rate.estimate, side.rate.low, side.rate.high,
            )  # fmt: skip
            assert time.y == median.estimate / 1e6
    plot = panel.throughput
    assert plot.across(16) - plot.across(4) == pytest.approx(plot.across(64) - plot.across(16))
    assert plot.upward(0) == pytest.approx(plot.area.bottom())


def test_without_a_sweep_the_panel_hides(qtbot: QtBot, tmp_path: Path, pair: Comparison) -> None:
    panel = ScalingPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(swept(tmp_path / "swept", (4, 8)))
    assert not panel.isHidden()
    assert panel.scaling is not None
    assert not panel.scaling.log
    panel.set_comparison(pair)
    assert panel.isHidden()
    assert not panel.has_content


def test_two_numbers_that_differ_are_no_sweep(tmp_path: Path) -> None:
    runs = [a_run(tmp_path, at, "torch", None, batch=8 + 8 * at) for at in range(2)]
    assert scaling_of(compared(*runs)) is not None
    assert scaling_of(compared(*(with_knobs(r, threads=n + 1) for n, r in enumerate(runs)))) is None


# -- replay ---------------------------------------------------------------------------


class Clock:
    """A clock that stands until it is moved, in ns."""

    def __init__(self) -> None:
        self.now = 5 * 10**9

    def __call__(self) -> int:
        return self.now

    def forward(self, ns: int) -> None:
        self.now += ns


def ends(comparison: Comparison, side: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.rint(np.cumsum(comparison.sides[side].timed.times)).astype(np.int64)


def test_a_race_has_the_steps_that_count_and_no_parked_time(race: Comparison) -> None:
    found = race_of(race)
    assert found.steps == 4 * 2 * 4
    assert not found.approximate
    for side, lane in enumerate(found.lanes):
        assert lane.ends.tolist() == ends(race, side).tolist()
    assert found.length == ends(race, 1)[-1]
    moment = 100 * MS
    wanted = [int((ends(race, side) <= moment).sum()) for side in (0, 1)]
    assert found.done(moment) == wanted
    assert found.times(7) == [int(ends(race, side)[6]) for side in (0, 1)]
    lead = found.lead(moment)
    assert lead.side == 0
    assert lead.steps == wanted[0] - wanted[1]
    assert lead.ns == ends(race, 1)[wanted[0] - 1] - ends(race, 0)[wanted[0] - 1]


def test_nobody_is_ahead_at_the_start_or_of_itself(race: Comparison) -> None:
    found = race_of(race)
    assert found.lead(0).side is None
    twice = Race((found.lanes[0], found.lanes[0]), found.steps, False)
    assert twice.lead(200 * MS).side is None
    assert twice.lead(twice.length).side is None


def panel_of(qtbot: QtBot, comparison: Comparison, clock: Clock) -> ReplayPanel:
    panel = ReplayPanel(clock)
    qtbot.addWidget(panel)
    panel.set_comparison(comparison)
    panel.speed.setCurrentIndex(panel.speed.findText("1×"))
    panel.resize(800, panel.sizeHint().height())
    panel.show()
    return panel


def test_marks_stand_where_the_steps_were_at_that_moment(qtbot: QtBot, race: Comparison) -> None:
    clock = Clock()
    panel = panel_of(qtbot, race, clock)
    found = race_of(race)
    assert [lane.share for lane in panel.lanes.lanes] == [1.0, 1.0]
    panel.toggle()
    assert panel.playing
    for ns in (50 * MS, 70 * MS, 200 * MS):
        clock.forward(ns)
        panel.advance()
        done = [n for n in found.done(clock.now - 5 * 10**9) if n is not None]
        assert [lane.share for lane in panel.lanes.lanes] == [n / found.steps for n in done]
        room = panel.lanes.room()
        places = [room.left() + n / found.steps * room.width() for n in done]
        assert [panel.lanes.place(at) for at in (0, 1)] == pytest.approx(places)
        lead = found.lead(panel.clock)
        assert plain(fmt.duration(lead.ns)) in panel.lead.whole
        assert "side 0 is ahead" in panel.lead.whole
    clock.forward(10**10)
    panel.advance()
    assert panel.clock == found.length
    assert not panel.playing
    assert "side 0 was first" in panel.lead.whole


def test_twice_the_speed_is_twice_as_far(qtbot: QtBot, race: Comparison) -> None:
    clock = Clock()
    panel = panel_of(qtbot, race, clock)
    panel.toggle()
    clock.forward(100 * MS)
    panel.advance()
    at = panel.speed.findText("2×")
    panel.speed.setCurrentIndex(at)
    panel.speed.activated.emit(at)
    clock.forward(50 * MS)
    panel.advance()
    assert panel.clock == 200 * MS


def test_by_steps_the_marks_stand_at_their_times(qtbot: QtBot, race: Comparison) -> None:
    panel = panel_of(qtbot, race, Clock())
    panel.by.button("steps").click()
    found = race_of(race)
    panel.seek(found.lanes[1].time_of(9))
    assert found.step_at(panel.clock) == 9
    wanted = [ends(race, side)[8] / found.length for side in (0, 1)]
    assert [lane.share for lane in panel.lanes.lanes] == pytest.approx(wanted)
    behind = plain(fmt.duration(int(ends(race, 1)[8] - ends(race, 0)[8])))
    assert panel.lead.whole == f"After 9 steps side 0 is ahead by {behind}."


def test_nothing_moves_that_nobody_sees(qtbot: QtBot, race: Comparison) -> None:
    clock = Clock()
    panel = panel_of(qtbot, race, clock)
    assert not panel.moving
    panel.toggle()
    assert panel.moving
    panel.hide()
    assert not panel.moving
    clock.forward(10**9)
    panel.show()
    assert panel.moving
    clock.forward(20 * MS)
    panel.advance()
    assert panel.clock == 20 * MS
    panel.toggle()
    assert not panel.moving


def test_the_same_race_shown_again_goes_on(qtbot: QtBot, race: Comparison) -> None:
    panel = panel_of(qtbot, race, Clock())
    panel.toggle()
    panel.seek(50 * MS)
    panel.set_comparison(race, looks_of(race))
    assert panel.playing
    assert panel.clock == 50 * MS
    panel.set_comparison(replace(race))
    assert not panel.playing
    assert panel.clock == race_of(race).length


def test_the_replay_runs_by_itself_while_it_is_seen(qtbot: QtBot, race: Comparison) -> None:
    panel = ReplayPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(race)
    panel.show()
    panel.toggle()
    qtbot.waitUntil(lambda: panel.clock > 0, timeout=5_000)
    qtbot.waitUntil(lambda: not panel.playing, timeout=10_000)
    assert panel.clock == race_of(race).length


def test_keys_and_scrubber_steer_the_replay(qtbot: QtBot, race: Comparison) -> None:
    panel = panel_of(qtbot, race, Clock())
    found = race_of(race)
    panel.scrubber.setValue(5_000)
    assert panel.clock == round(found.length / 2)
    before = found.step_at(panel.clock)
    QTest.keyClick(panel, Qt.Key.Key_Right)
    assert found.step_at(panel.clock) == before + 1
    QTest.keyClick(panel, Qt.Key.Key_Left)
    assert found.step_at(panel.clock) == before
    QTest.keyClick(panel, Qt.Key.Key_Space)
    assert panel.playing
    QTest.keyClick(panel, Qt.Key.Key_Space)
    assert not panel.playing


def test_without_a_common_ruler_turns_are_replayed(qtbot: QtBot, race: Comparison) -> None:
    even = replace(race, measure="throughput")
    found = race_of(even)
    assert found.approximate
    turns = race.sides[0].timed.turns
    assert found.lanes[0].ends[-1] == pytest.approx(sum(t.end - t.start for t in turns), abs=2)
    panel = panel_of(qtbot, even, Clock())
    assert "evenly" in panel.about.text()


def test_runs_with_other_rulers_that_took_no_turns_are_not_replayed(
    qtbot: QtBot, pair: Comparison
) -> None:
    panel = ReplayPanel()
    qtbot.addWidget(panel)
    panel.set_comparison(replace(pair, measure="throughput"))
    assert not panel.has_content
    assert "ruler" in panel.nothing.text()
