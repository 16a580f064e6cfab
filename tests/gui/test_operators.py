"""The table of operators: order, filter, shares, noise, copies, empty states."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot
from tests.gui.live_helpers import show, showing
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui.models.operators import NOISE_ROLE, OperatorModel
from diptych.gui.models.operators_family import FAMILIES, family
from diptych.gui.text.format import UNKNOWN
from diptych.gui.theme import DARK, LIGHT
from diptych.gui.views.actions import menu_of
from diptych.gui.views.operators import OperatorsView
from diptych.profiling.records import kinds
from diptych.profiling.records.kinds import Operator, Operators

DOWN, UP = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder


def operators(*ops: Operator, steps: int = 5, **reasons: str) -> Operators:
    return Operators(seq=0, t=0, window=0, rank=0, steps=steps, span=1, ops=ops, reasons=reasons)


TORCH = operators(
    Operator("aten::mm", 50, "forward", "cpu", 60_000_000, 50_000_000, memory=5 << 20),
    Operator("aten::convolution", 100, "forward", "cpu", 300_000_000, 30_000_000),
    Operator("aten::empty", 10, None, "cpu", None, None),
    Operator("<b>bold</b>", 5, "other", "cpu", 25_000_000, 20_000_000),
    device_self="not_supported",
    memory="lost",
)
MXNET = operators(
    Operator("Convolution", 5, engine_total=9_000_000, engine_self=9_000_000),
    Operator("FullyConnected", 5, engine_total=1_000_000, engine_self=1_000_000),
    Operator("DeleteVariable", 50, engine_total=90_000_000, engine_self=90_000_000, noise=True),
)


@pytest.fixture
def model(qtbot: QtBot) -> OperatorModel:
    made = OperatorModel()
    made.set_window(TORCH)
    return made


def names(model: OperatorModel) -> list[str]:
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def column(model: OperatorModel, key: str) -> int:
    return next(i for i, c in enumerate(model.columns) if c.key == key)


def cells(model: OperatorModel, key: str) -> list[str]:
    at = column(model, key)
    return [model.index(row, at).data() for row in range(model.rowCount())]


def test_times_are_per_step_and_shares_of_what_is_known(model: OperatorModel) -> None:
    assert names(model) == ["aten::mm", "aten::convolution", "<b>bold</b>", "aten::empty"]
    assert cells(model, "host_self") == ["10.000", "6.000", "4.000", UNKNOWN]
    assert cells(model, "share") == ["50.0", "30.0", "20.0", UNKNOWN]
    assert cells(model, "calls") == ["10.0", "20.0", "1.0", "2.0"]
    assert [c.key for c in model.columns] == [
        "name",
        "phase",
        "calls",
        "host_total",
        "host_self",
        "bar",
        "share",
        "memory",
    ]


def test_why_a_cell_is_empty_stands_in_its_tooltip(model: OperatorModel) -> None:
    at = model.index(1, column(model, "memory"))
    assert at.data() == UNKNOWN
    assert at.data(Qt.ItemDataRole.ToolTipRole) == "lost"


def test_what_is_not_known_sorts_last_in_either_direction(model: OperatorModel) -> None:
    at = column(model, "host_self")
    model.sort(at, UP)
    assert names(model) == ["<b>bold</b>", "aten::convolution", "aten::mm", "aten::empty"]
    assert model.headerData(at, Qt.Orientation.Horizontal) == "Host self, ms ↑"
    model.sort(at, DOWN)
    assert names(model)[-1] == "aten::empty"
    model.sort(0, UP)
    assert names(model) == ["<b>bold</b>", "aten::convolution", "aten::empty", "aten::mm"]


def test_a_selected_row_stays_selected_when_sorted(model: OperatorModel) -> None:
    from PySide6.QtCore import QPersistentModelIndex

    held = QPersistentModelIndex(model.index(0, 0))
    model.sort(0, UP)
    assert held.data() == "aten::mm"
    assert held.row() == 3


def test_the_filter_knows_names_and_families(model: OperatorModel) -> None:
    model.set_filter("CONV")
    assert names(model) == ["aten::convolution"]
    model.set_filter("matmul")
    assert names(model) == ["aten::mm"]
    model.set_filter("aten mm")
    assert names(model) == ["aten::mm"]
    model.set_filter("nothing of the kind")
    assert names(model) == []
    model.set_filter("")
    assert len(names(model)) == 4
    # A share stays a share of all operators.
    model.set_filter("conv")
    assert cells(model, "share") == ["30.0"]


def test_engine_noise_is_not_shown_and_not_counted_unless_wanted(model: OperatorModel) -> None:
    model.set_window(MXNET)
    assert [c.key for c in model.columns if c.field] == ["calls", "engine"]
    assert names(model) == ["Convolution", "FullyConnected"]
    assert cells(model, "share") == ["90.0", "10.0"]
    tip = model.headerData(
        column(model, "engine"), Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole
    )
    assert "not comparable" in tip
    model.set_noise(True)
    assert cells(model, "share") == ["90.0", "9.0", "1.0"]
    assert names(model)[0] == "DeleteVariable"
    assert [model.index(r, 0).data(NOISE_ROLE) for r in range(3)] == [True, False, False]


def test_host_and_engine_time_never_share_a_column() -> None:
    made = OperatorModel()
    both = operators(*TORCH.ops, *MXNET.ops)
    made.set_window(both)
    row = names(made).index("Convolution")
    assert cells(made, "engine")[row] == "1.800"
    assert cells(made, "host_self")[row] == UNKNOWN
    assert cells(made, "engine")[names(made).index("aten::mm")] == UNKNOWN


def test_copies_and_files_hold_what_is_shown(model: OperatorModel) -> None:
    model.set_filter("conv")
    lines = model.to_tsv([0]).splitlines()
    assert lines[0].split("\t")[0] == "Operator"
    assert lines[1].split("\t")[:3] == ["aten::convolution", "forward", "20.0"]
    model.set_filter("")
    rows = list(csv.DictReader(io.StringIO(model.to_csv())))
    assert [row["name"] for row in rows] == names(model)
    assert rows[0]["host_self"] == "50000000"
    assert rows[3]["host_self"] == ""
    assert rows[0]["family"] == "matmul"


def test_a_name_is_no_formula_in_a_file() -> None:
    made = OperatorModel()
    made.set_window(operators(Operator("=HYPERLINK(1)", 1, host_self=5)))
    assert "\n'=HYPERLINK" in made.to_csv()


def test_the_model_keeps_qts_rules(qtbot: QtBot) -> None:
    made = OperatorModel()
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Warning)
    for window in (TORCH, None, MXNET):
        made.set_window(window)
        made.sort(0, UP)
        made.set_filter("o")
        made.set_filter("")
    assert isinstance(tester.model(), QAbstractItemModel)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("aten::convolution_backward", "conv"),
        ("ConvolutionBackward0", "conv"),
        ("_backward_Convolution", "conv"),
        ("AddmmBackward0", "matmul"),
        ("FullyConnected", "matmul"),
        ("aten::native_batch_norm", "norm"),
        ("L2Normalization", "norm"),
        ("aten::linalg_vector_norm", "norm"),
        ("aten::normal_", "other"),
        ("_random_normal", "other"),
        ("_random_uniform", "other"),
        ("aten::relu_", "elementwise"),
        ("broadcast_add", "elementwise"),
        ("Pooling", "pool"),
        ("CopyCPU2CPU", "copy"),
        ("aten::_foreach_add_", "optimizer"),
        ("sgd_mom_update", "optimizer"),
        ("ncclDevKernel_AllReduce_Sum_f32", "comm"),
        ("WaitForVar", "other"),
        ("", "other"),
        ("void flash_fwd_kernel<Flash_fwd_kernel_traits<64, 128>, true>(Params, int t)", "matmul"),
        ("cudnn_ampere_scudnn_128x64_relu_xregs_large_nn_v1", "conv"),
        ("autograd::engine::evaluate_function: ConvolutionBackward0", "conv"),
        ("Activation,FullyConnected,Activation,FullyConnected,Activation", "elementwise"),
        ("triton_poi_fused_native_layer_norm_1", "norm"),
        ("void at::native::reduce_kernel<512, 1, at::native::ReduceOp<float>>()", "elementwise"),
        ("aten::embedding", "copy"),
    ],
)
def test_families(name: str, expected: str) -> None:
    assert family(name) == expected


def test_every_family_has_a_colour() -> None:
    assert set(FAMILIES) == set(DARK.families) == set(LIGHT.families)


# -- the view ---------------------------------------------------------------------


def filled(view: OperatorsView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: view.model.rowCount() > 0, timeout=5000)


def test_the_newest_window_is_shown_until_another_is_chosen(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(10)
        run.window(5)
        with showing(qtbot, OperatorsView, [run.directory]) as view:
            filled(view, qtbot)
            assert view.windows.currentText() == "w000, steps 10–14, by schedule"
            assert "mean over 5 steps of w000" in view.summary.whole
            run.window(3, origin="capture")
            qtbot.waitUntil(lambda: view.windows.count() == 2, timeout=5000)
            qtbot.waitUntil(lambda: "captured" in view.windows.currentText(), timeout=5000)
            view.windows.setCurrentIndex(0)
            view.windows.activated.emit(0)
            run.window(2)
            qtbot.waitUntil(lambda: view.windows.count() == 3, timeout=5000)
            assert view.windows.currentIndex() == 0
            assert "w000" in view.summary.whole
            run.finish()


def test_both_runs_offer_their_windows(qtbot: QtBot, tmp_path: Path) -> None:
    runs = [
        make_run(tmp_path, framework="torch", steps=60),
        make_run(tmp_path, framework="mxnet", steps=60),
    ]
    with showing(qtbot, OperatorsView, runs) as view:
        filled(view, qtbot)
        texts = [view.windows.itemText(i).split(",")[0] for i in range(view.windows.count())]
        assert texts == ["torch w000", "mxnet w000"]
        view.windows.activated.emit(0)
        assert names(view.model)[0].startswith("aten::")


def test_keys_search_copy_and_sort(qtbot: QtBot, tmp_path: Path) -> None:
    with showing(qtbot, OperatorsView, [make_run(tmp_path, steps=60)]) as view:
        filled(view, qtbot)
        view.table.setFocus()
        view.focus_search()
        assert view.filter.hasFocus()
        QTest.keyClicks(view.filter, "mm")
        assert names(view.model) == ["aten::mm"]
        QTest.keyClick(view.filter, Qt.Key.Key_Escape)
        assert view.table.hasFocus()
        assert view.model.rowCount() == 5
        view.table.selectRow(1)
        QTest.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        copied = QGuiApplication.clipboard().text().splitlines()
        assert len(copied) == 2
        assert copied[1].startswith("aten::mm\t")
        header = view.table.horizontalHeader()
        header.sectionClicked.emit(0)
        assert names(view.model) == sorted(names(view.model))
        header.sectionClicked.emit(0)
        assert names(view.model) == sorted(names(view.model), reverse=True)


def test_the_table_is_written_to_a_file(qtbot: QtBot, tmp_path: Path) -> None:
    with showing(qtbot, OperatorsView, [make_run(tmp_path, steps=60)]) as view:
        filled(view, qtbot)
        view.export_csv(tmp_path / "ops.csv")
        qtbot.waitUntil(lambda: "written to" in view.summary.whole)
        assert len((tmp_path / "ops.csv").read_text().splitlines()) == 6
        view.export_csv(tmp_path / "no" / "ops.csv")
        qtbot.waitUntil(lambda: "cannot be written" in view.summary.whole)
        assert list(tmp_path.glob("**/.ops*")) == []


def test_empty_states_say_what_would_be_here(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(5)
        with showing(qtbot, OperatorsView, [run.directory]) as view:
            qtbot.waitUntil(lambda: "yet" in view.empty_title.text(), timeout=5000)
            assert "Capture" in view.empty_text.text()
            assert not view.export.isVisible()
            run.worker.put(kinds.Window, run.now, id=0, state="open", origin="capture")
            run.flush()
            qtbot.waitUntil(lambda: "Recording w000" in view.empty_title.text(), timeout=5000)
            run.worker.put(
                kinds.Window,
                run.now,
                id=0,
                state="failed",
                origin="capture",
                text="the disk is full",
            )
            run.flush()
            qtbot.waitUntil(lambda: "failed" in view.empty_title.text(), timeout=5000)
            assert view.empty_text.text().startswith("the disk is full.")
            run.finish()
            show(qtbot, view.hub, view.selection, [])
            qtbot.waitUntil(lambda: view.empty_title.text() == "No run is shown", timeout=5000)


# -- more than usual -------------------------------------------------------------------------

NASTY = (
    "<img src=x onerror=alert(1)><b>bold</b>",
    "\u202eright to left \u2066isolate",
    "x" * 10_000,
    "two\nlines\tand a tab\r\x1b[31mred",
    "",
    "=cmd|' /C calc'!A0",
)


def test_names_of_any_kind_are_shown_as_one_line_and_copied_whole(
    qtbot: QtBot, tmp_path: Path
) -> None:
    model = OperatorModel()
    model.set_window(operators(*(Operator(name, 1, host_self=1_000_000) for name in NASTY)))
    shown = names(model)
    assert all("\n" not in name and "\t" not in name for name in shown)
    assert max(map(len, shown)) <= 2_000
    for row in range(model.rowCount()):
        tip = model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole)
        assert "<img" not in tip
        assert "<b>" not in tip
    rows = model.to_tsv(range(model.rowCount())).splitlines()
    assert len(rows) == len(NASTY) + 1
    assert len({line.count("\t") for line in rows}) == 1
    assert any("x" * 10_000 in line for line in rows)
    written = list(csv.reader(io.StringIO(model.to_csv())))
    assert len(written) == len(NASTY) + 1


def test_operators_of_three_hundred_threads_are_sorted_and_filtered_at_once(
    qtbot: QtBot, tmp_path: Path
) -> None:
    many = [
        Operator(f"aten::op_{n % 97}_thread_{n // 97}", 1 + n % 7, host_self=1_000 * (n % 4_001))
        for n in range(30_000)
    ]
    model = OperatorModel()
    model.set_window(operators(*many))
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.sort(column(model, "host_self"), DOWN)
    values = [o.host_self or 0 for o in (many[int(row)] for row in model.rows)]
    assert values == sorted(values, reverse=True)
    model.set_filter("op_13_ thread_300")
    assert names(model) == ["aten::op_13_thread_300"]


def test_columns_are_hidden_shown_and_remembered(qtbot: QtBot, tmp_path: Path) -> None:
    with showing(qtbot, OperatorsView, [make_run(tmp_path, steps=60)]) as view:
        filled(view, qtbot)
        view._fill_columns()
        offered = {action.text() for action in view._menu.actions() if action.isCheckable()}
        assert {"Phase", "Calls/step"} <= offered
        assert "Operator" not in offered
        next(a for a in view._menu.actions() if a.text() == "Calls/step").trigger()
        assert "calls" not in [c.key for c in view.model.columns]
        assert view.table.columnWidth(0) > 100
        kept = view.save_state()
        view.hide_column("calls", hidden=False)
        assert "calls" in [c.key for c in view.model.columns]
        view.restore_state(kept)
        assert "calls" not in [c.key for c in view.model.columns]
        sorting = next(m for m in map(menu_of, view._menu.actions()) if m is not None)
        next(a for a in sorting.actions() if a.text() == "Operator").trigger()
        assert names(view.model) == sorted(names(view.model))


def test_live_the_table_fills_when_a_window_is_there(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(8)
        with showing(qtbot, OperatorsView, [run.directory]) as view:
            assert view.pages.currentWidget() is view.empty
            run.window(steps=5)
            filled(view, qtbot)
            assert view.pages.currentWidget() is view.table
            run.finish()
