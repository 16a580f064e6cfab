"""Questions in SQL in the window: answered, refused in words, cancelled, copied, written."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from tests.gui.timeline_helpers import MS, training

from diptych.gui.models import jobs, trace_sql
from diptych.gui.models.trace_scene import make_scene
from diptych.gui.models.trace_sql import EXAMPLES, schema
from diptych.gui.models.traces import Traces
from diptych.gui.views.trace_operators.sql_dialog import SqlDialog
from diptych.profiling.trace.arrow import TABLES, arrow_table

pytest.importorskip("duckdb")


@pytest.fixture
def dialog(qtbot: QtBot) -> Iterator[SqlDialog]:
    owner = QObject()
    traces = Traces(None, owner)
    traces.show(make_scene(training()))
    made = SqlDialog(traces)
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: not jobs.busy(), timeout=20_000)
    yield made
    qtbot.waitUntil(lambda: not jobs.busy(), timeout=20_000)
    made.close()
    made.deleteLater()
    owner.deleteLater()


def ask(qtbot: QtBot, dialog: SqlDialog, question: str) -> None:
    dialog.question.setPlainText(question)
    dialog.ask()
    qtbot.waitUntil(lambda: not dialog.asking.asks and not jobs.busy(), timeout=20_000)


def test_an_answer_is_shown_sorted_copied_and_written(
    qtbot: QtBot, dialog: SqlDialog, tmp_path: Path
) -> None:
    ask(qtbot, dialog, "SELECT name, duration_ns FROM slices WHERE kind = 'kernel';")
    assert dialog.pages.currentWidget() is dialog.table
    assert dialog.state.whole.startswith("3 rows in ")
    ask(qtbot, dialog, "SELECT depth, start_ns FROM slices WHERE name = 'data' ORDER BY start_ns")
    dialog.model.turn(1)
    starts = [dialog.model.value(row, "start_ns") for row in range(3)]
    assert starts == [26 * MS, 16 * MS, 6 * MS]
    dialog.table.selectRow(0)
    dialog.copy_rows()
    assert QGuiApplication.clipboard().text() == f"depth\tstart_ns\n0\t{26 * MS}\n"
    file = tmp_path / "answer.csv"
    dialog.export_csv(file)
    qtbot.waitUntil(lambda: "written to" in dialog.state.whole)
    with file.open(encoding="utf-8") as text:
        assert [row["start_ns"] for row in csv.DictReader(text)] == [str(s) for s in starts]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("SELEKT 1", "syntax error"),
        ("SELECT * FROM nowhere", "there are: slices"),
        ("COPY (SELECT 1) TO '/tmp/x.csv'", "disabled"),
        ("", "Press Ctrl+Enter"),
    ],
)
def test_what_cannot_be_answered_is_said_plainly(
    qtbot: QtBot, dialog: SqlDialog, question: str, words: str
) -> None:
    ask(qtbot, dialog, question)
    assert dialog.pages.currentWidget() is dialog.words
    assert words in dialog.words.text()
    assert "Traceback" not in dialog.words.text()


def test_a_long_question_is_cancelled_with_esc(qtbot: QtBot, dialog: SqlDialog) -> None:
    dialog.question.setPlainText(
        "SELECT sum(a.range * b.range % 7) FROM range(100000000) a, range(100000) b"
    )
    QTest.keyClick(dialog.question, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert dialog.asking.asks
    assert dialog.cancel.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.asking.asks
    assert dialog.isVisible()
    assert dialog.words.text() == "Cancelled."
    qtbot.waitUntil(lambda: not jobs.busy(), timeout=20_000)  # nothing goes on behind
    ask(qtbot, dialog, "SELECT 1 AS one")
    assert dialog.model.value(0, "one") == 1


def test_more_rows_than_are_shown_are_told(
    qtbot: QtBot, dialog: SqlDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_sql, "LIMIT", 5)
    ask(qtbot, dialog, "SELECT row FROM slices")
    assert dialog.model.rowCount() == 5
    assert dialog.state.whole.startswith("The first 5 rows; there are more.")
    assert "Enter shows the slice" in dialog.state.whole
    with qtbot.waitSignal(dialog.traces.jump_wanted) as jumped:
        dialog.show_row(2)
    assert jumped.args == [2]


def test_every_example_has_an_answer(qtbot: QtBot, dialog: SqlDialog) -> None:
    for title, question in EXAMPLES:
        ask(qtbot, dialog, question)
        assert dialog.model.answer.names, (title, dialog.words.text())


def test_the_tables_are_listed_with_their_columns(dialog: SqlDialog) -> None:
    items = [dialog.tables.topLevelItem(at) for at in range(dialog.tables.topLevelItemCount())]
    assert [item.text(0) for item in items if item is not None] == list(TABLES)
    table = training()
    for name, columns in schema(table).items():
        assert [column for column, _ in columns] == arrow_table(table, name).column_names


def test_without_a_trace_it_says_what_to_do(qtbot: QtBot) -> None:
    owner = QObject()
    made = SqlDialog(Traces(None, owner))
    assert not made.run.isEnabled()
    assert "Open a trace" in made.words.text()
    made.deleteLater()
    owner.deleteLater()
