"""The details of a run: facts, files, cautions, the command."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot
from tests.gui.live_helpers import show, showing
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui.text.format import UNKNOWN
from diptych.gui.views.details import DetailsView
from diptych.gui.views.details_facts import CURES, Fact


def fact(view: DetailsView, group: str, name: str) -> Fact:
    found = next(g for g in view.shown if g.title == group)
    return next(f for f in found.facts if f.name == name)


def labels(view: QWidget) -> list[str]:
    return [label.text() for label in view.findChildren(QLabel) if label.isVisibleTo(view)]


def press(view: QWidget, name: str) -> None:
    button = next(
        b
        for b in view.findChildren(QAbstractButton)
        if name in (b.accessibleName(), b.text()) and b.isVisibleTo(view)
    )
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def filled(view: DetailsView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(view.shown), timeout=5000)


def test_the_facts_are_those_of_the_run(qtbot: QtBot, tmp_path: Path) -> None:
    with showing(qtbot, DetailsView, [make_run(tmp_path, steps=120, gpu=True)]) as view:
        filled(view, qtbot)
        titles = [group.title for group in view.shown]
        assert titles == ["Result", "Asked for", "Interpreter", "Machine"]
        assert fact(view, "Result", "steps").value == "120"
        assert fact(view, "Result", "completed").value.startswith("12")
        assert fact(view, "Result", "parameters").value == "11,689,512"
        assert fact(view, "Asked for", "workload").value == "resnet18"
        assert fact(view, "Interpreter", "python").value == "/opt/runtimes/python"
        assert "simulated" in fact(view, "Machine", "GPU 0").value
        assert "11,689,512" in labels(view)


def test_what_is_not_known_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    with showing(qtbot, DetailsView, [make_run(tmp_path, steps=40)]) as view:
        filled(view, qtbot)
        allocated = fact(view, "Result", "peak allocated")
        assert (allocated.value, allocated.hint) == (UNKNOWN, "not supported here")
        assert fact(view, "Machine", "GPU").value == "none: no NVIDIA driver on this machine"


def test_files_and_command_can_be_copied_and_opened(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", staticmethod(lambda url: opened.append(url.toLocalFile()))
    )
    run = make_run(tmp_path, steps=60)
    with showing(qtbot, DetailsView, [run]) as view:
        filled(view, qtbot)
        clipboard = QGuiApplication.clipboard()
        press(view, "Copy command")
        assert clipboard.text().startswith("/opt/runtimes/python resnet18.py")
        press(view, "Copy path of r0-w000.json.gz")
        assert clipboard.text() == str(run / "traces" / "r0-w000.json.gz")
        press(view, "Open folder of r0-w000.json.gz")
        press(view, "Copy path")
        assert clipboard.text() == str(run)
        press(view, "Open folder")
        assert opened == [str(run / "traces"), str(run)]


def test_warnings_come_with_what_to_do(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(5)
        run.warn("completion", "completed times are not known here: <b>x</b>")
        run.finish()
    with showing(qtbot, DetailsView, [run.directory]) as view:
        filled(view, qtbot)
        said = labels(view)
        assert "completed times are not known here: <b>x</b>" in said
        assert CURES["completion"] in said
        formats = {
            label.textFormat() for label in view.findChildren(QLabel) if "<b>" in label.text()
        }
        assert formats == {Qt.TextFormat.PlainText}


def test_a_live_run_is_kept_up_to_date(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(15)
        with showing(qtbot, DetailsView, [run.directory]) as view:
            filled(view, qtbot)
            run.step(15)
            qtbot.waitUntil(lambda: fact(view, "Result", "steps").value == "30", timeout=5000)
            run.finish()


def test_another_run_can_be_chosen(qtbot: QtBot, tmp_path: Path) -> None:
    runs = [make_run(tmp_path, framework=f, steps=20) for f in ("torch", "mxnet")]
    with showing(qtbot, DetailsView, runs) as view:
        filled(view, qtbot)
        assert fact(view, "Asked for", "framework").value == "torch"
        view.runs.setCurrentIndex(1)
        view.runs.activated.emit(1)
        qtbot.waitUntil(lambda: fact(view, "Asked for", "framework").value == "mxnet", timeout=5000)
        show(qtbot, view.hub, view.selection, [])
        qtbot.waitUntil(view.empty.isVisible, timeout=5000)
