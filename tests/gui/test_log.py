"""The log: clean lines from whatever a script prints, followed, bounded, searched."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from tests.gui.live_helpers import showing
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui.models import log
from diptych.gui.models.log import LINE, Cleaner, LogTail
from diptych.gui.views.log import LogView
from diptych.gui.views.log_text import LogText
from diptych.profiling.records.layout import RunPaths


def cleaned(*portions: bytes) -> list[str]:
    cleaner = Cleaner()
    lines = [line for portion in portions for line in cleaner.feed(portion)]
    return [*lines, cleaner.partial] if cleaner.partial else lines


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (b"one\ntwo\n", ["one", "two"]),
        (b"no end", ["no end"]),
        (b"\x1b[31mred\x1b[0m and \x1b[1;4mbold\x1b[m\n", ["red and bold"]),
        (b"\x1b]0;a title\x07text\n", ["text"]),
        (b"10%\r20%\r100%\n", ["100%"]),
        (b"windows\r\nlines\r\n", ["windows", "lines"]),
        ("größer µs\n".encode(), ["größer µs"]),
        (b"latin \xe9 one\n", ["latin \N{REPLACEMENT CHARACTER} one"]),
        (b"bell\x07 nul\x00 tab\tend\n", ["bell nul tab\tend"]),
        ("a\u2028b\n".encode(), ["a b"]),
        (b"<b>not bold</b>\n", ["<b>not bold</b>"]),
        (b"\n\n", ["", ""]),
    ],
)
def test_lines_are_what_a_terminal_would_leave(printed: bytes, expected: list[str]) -> None:
    assert cleaned(printed) == expected


@given(st.binary(max_size=400), st.lists(st.integers(1, 9), min_size=1, max_size=80))
def test_where_the_portions_end_makes_no_difference(data: bytes, sizes: list[int]) -> None:
    portions, at = [], 0
    for size in sizes:
        portions.append(data[at : at + size])
        at += size
    assert cleaned(*portions, data[at:]) == cleaned(data)


@given(st.text("ab\r\n\x1b[m", max_size=120), st.lists(st.integers(1, 9), max_size=80))
def test_a_long_line_is_one_line_wherever_portions_end(text: str, sizes: list[int]) -> None:
    data, portions, at = text.encode(), [], 0
    for size in sizes:
        portions.append(data[at : at + size])
        at += size
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "LINE", 4)
        lines = cleaned(*portions, data[at:])
        assert lines == cleaned(data)
        assert len(lines) - data.count(b"\n") in (0, 1)


def test_a_line_without_end_is_one_line_and_stays_bounded() -> None:
    cleaner = Cleaner()
    for _ in range(50):
        assert cleaner.feed(b"x" * 7_000) == []
    assert len(cleaner._rest) <= 4 * LINE
    said = f"{'x' * LINE} … {350_000 - LINE:,} characters more are in the file"
    assert cleaner.partial == said
    assert cleaner.feed(b"\nnext\n") == [said, "next"]
    assert cleaner.ends == [350_001, 350_006]


def test_a_line_of_some_thousand_characters_is_there_as_it_was_printed() -> None:
    line = "word " * 1_500
    assert cleaned(f"{line}\nnext\n".encode()) == [line, "next"]


def test_a_progress_bar_without_newlines_does_not_grow() -> None:
    cleaner = Cleaner()
    for n in range(20_000):
        assert cleaner.feed(b"\r%6d of 20000, some seconds to go" % n) == []
    assert cleaner.partial == " 19999 of 20000, some seconds to go"
    assert len(cleaner._rest) <= 4 * LINE


def test_only_the_end_of_a_large_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "stdout.log"
    line = b"a line of a large log with some text in it\n"
    path.write_bytes(line * 400_000)
    tail = LogTail(path)
    news = tail.read()
    assert news.skipped + log.KEPT == pytest.approx(path.stat().st_size, abs=100)
    assert set(news.lines) == {line.decode().rstrip()}
    count = len(news.lines)
    while tail.behind:
        count += len(tail.read().lines)
    assert count == (path.stat().st_size - news.skipped) // len(line)
    tail.close()


def test_who_prints_faster_than_one_can_read_is_skipped_and_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "stdout.log"
    path.write_bytes(b"first\n")
    tail = LogTail(path)
    assert tail.read().lines == ("first",)
    with path.open("ab") as file:
        file.write(b"0123456789abcde\n" * 1_000_000)
    news = tail.read()
    assert news.skipped > 14_000_000
    assert set(news.lines) == {"0123456789abcde"}
    tail.close()


def test_long_lines_count_and_are_found_once(qtbot: QtBot, tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=20)
    out = RunPaths(run).stdout
    out.write_text("".join(f"{'x' * 999}needle{'y' * 3_000} {n}\n" for n in range(30)))
    with showing(qtbot, LogView, [run]) as view:
        qtbot.waitUntil(lambda: view._lines == 30, timeout=5000)
        assert view.text.document().blockCount() == 30
        view.search_for("needle")
        qtbot.waitUntil(lambda: view.matches.text() == "30 matches", timeout=5000)


def test_however_long_lines_are_what_is_kept_is_bounded(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diptych.gui.views.log_text._MOST", 1_000)
    text = LogText(50)
    qtbot.addWidget(text)
    for n in range(40):
        text.add([f"{n:02} {'x' * 97}"], [n], partial=False)
    assert text.count == text.document().blockCount() == 10
    assert text.toPlainText().startswith("30 ")
    text.add(["y" * 5_000], [40], partial=True)
    assert text.toPlainText() == "y" * 5_000
    text.add(["end"], [41], partial=False)
    assert (text.toPlainText(), text.count) == ("end", 1)


def test_a_file_that_is_replaced_or_cut_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "stdout.log"
    tail = LogTail(path)
    assert not tail.read()
    assert tail.size is None
    path.write_bytes(b"old and long\n")
    assert tail.read().lines == ("old and long",)
    path.write_bytes(b"new\n")
    news = tail.read()
    assert news.restarted
    assert news.lines == ("new",)
    tail.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "stdout.log"
    path.write_bytes(b"x")
    path.chmod(0)
    tail = LogTail(path)
    assert not tail.read()
    assert tail.trouble == "Permission denied"


def test_a_folder_in_place_of_the_file_is_a_trouble_and_no_crash(tmp_path: Path) -> None:
    tail = LogTail(tmp_path)
    assert not tail.read()
    assert tail.trouble == "Is a directory"
    tail.close()


# -- the view ---------------------------------------------------------------------


def text(view: LogView) -> str:
    return view.text.toPlainText()


def test_the_log_is_followed_while_it_grows(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(3)
        run.log("epoch 1\n\x1b[32mloss\x1b[0m 2.3\n10 %")
        with showing(qtbot, LogView, [run.directory]) as view:
            qtbot.waitUntil(lambda: text(view) == "epoch 1\nloss 2.3\n10 %", timeout=5000)
            run.log("\r20 %")
            qtbot.waitUntil(lambda: text(view) == "epoch 1\nloss 2.3\n20 %", timeout=5000)
            run.log("\nepoch 2\n")
            qtbot.waitUntil(lambda: text(view).endswith("20 %\nepoch 2"), timeout=5000)
            run.log("".join(f"line {n}\n" for n in range(500)))
            qtbot.waitUntil(lambda: text(view).endswith("line 499"), timeout=5000)
            bar = view.text.verticalScrollBar()
            assert bar.value() == bar.maximum() > 0
            run.finish()


def test_who_scrolls_up_is_left_there(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(3)
        run.log("".join(f"line {n}\n" for n in range(500)))
        with showing(qtbot, LogView, [run.directory]) as view:
            qtbot.waitUntil(lambda: text(view).endswith("line 499"), timeout=5000)
            bar = view.text.verticalScrollBar()
            bar.setValue(10)
            assert not view.end.isChecked()
            run.log("more\n")
            qtbot.waitUntil(lambda: text(view).endswith("more"), timeout=5000)
            assert bar.value() == 10
            bar.setValue(bar.maximum())
            assert view.end.isChecked()
            run.finish()


def test_errors_have_a_page_of_their_own(qtbot: QtBot, tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=5)
    RunPaths(run).stderr.write_text("Traceback: it broke\n")
    with showing(qtbot, LogView, [run]) as view:
        qtbot.waitUntil(lambda: "Nothing was printed" in view.empty.text(), timeout=5000)
        assert view.empty.isVisible()
        QTest.mouseClick(view.streams.button("stderr"), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: text(view) == "Traceback: it broke", timeout=5000)


def test_each_run_has_its_log(qtbot: QtBot, tmp_path: Path) -> None:
    runs = [make_run(tmp_path, framework=f, steps=5) for f in ("torch", "mxnet")]
    for run, words in zip(runs, ("of torch", "of mxnet"), strict=True):
        RunPaths(run).stdout.write_text(words + "\n")
    with showing(qtbot, LogView, runs) as view:
        qtbot.waitUntil(lambda: text(view) == "of torch", timeout=5000)
        view.runs.setCurrentIndex(1)
        view.runs.activated.emit(1)
        qtbot.waitUntil(lambda: text(view) == "of mxnet", timeout=5000)


def test_search_goes_round_and_says_when_there_is_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=5)
    RunPaths(run).stdout.write_text("loss 1\nother\nLoss 2\n")
    with showing(qtbot, LogView, [run]) as view:
        qtbot.waitUntil(lambda: "Loss 2" in text(view), timeout=5000)
        view.text.moveCursor(QTextCursor.MoveOperation.Start)
        view.text.setFocus()
        QTest.keyClick(view.text, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        assert view.search.hasFocus()
        QTest.keyClicks(view.search, "loss")
        assert view.text.textCursor().blockNumber() == 0
        QTest.keyClick(view.search, Qt.Key.Key_Return)
        assert view.text.textCursor().blockNumber() == 2
        QTest.keyClick(view.search, Qt.Key.Key_Return)
        assert view.text.textCursor().blockNumber() == 0
        QTest.keyClick(view.search, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
        assert view.text.textCursor().blockNumber() == 2
        assert view.text.textCursor().selectedText() == "Loss"
        QTest.keyClicks(view.search, "x")
        assert "does not occur" in view.note.whole
        QTest.keyClick(view.search, Qt.Key.Key_Escape)
        assert view.text.hasFocus()


def test_what_is_shown_stays_bounded(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diptych.gui.views.log._LINES", 200)
    monkeypatch.setattr(log, "KEPT", 50_000)
    monkeypatch.setattr(log, "BEHIND", 50_000)
    run = make_run(tmp_path, steps=5)
    RunPaths(run).stdout.write_text("".join(f"line {n}\n" for n in range(20_000)) + "the end\n")
    with showing(qtbot, LogView, [run]) as view:
        qtbot.waitUntil(lambda: text(view).endswith("the end"), timeout=10_000)
        assert view.text.document().blockCount() <= 200
        assert view.note.whole == "the last 200 lines"
        assert text(view).count("line ") == 199


def test_what_was_left_out_in_between_is_said(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "BEHIND", 50_000)
    run = make_run(tmp_path, steps=5)
    path = RunPaths(run).stdout
    path.write_text("first\n")
    with showing(qtbot, LogView, [run]) as view:
        qtbot.waitUntil(lambda: text(view).startswith("first"), timeout=10_000)
        assert view.note.whole == ""
        with path.open("a") as file:
            file.write("".join(f"line {n}\n" for n in range(20_000)) + "the end\n")
        qtbot.waitUntil(lambda: text(view).endswith("the end"), timeout=10_000)
        assert view.note.whole.startswith("without ")
        assert view.note.whole.endswith("MiB between them that came too fast")


def test_nobody_reads_while_nobody_looks(qtbot: QtBot, tmp_path: Path) -> None:
    def readers() -> int:
        return sum(t.name == "log-reader" for t in threading.enumerate())

    with showing(qtbot, LogView, [make_run(tmp_path, steps=5)]) as view:
        qtbot.waitUntil(lambda: readers() == 1, timeout=5000)
        view.hide()
        assert readers() == 0
        view.show()
        qtbot.waitUntil(lambda: readers() == 1, timeout=5000)
    assert readers() == 0


def test_matches_are_counted_and_counted_again_as_the_log_grows(
    qtbot: QtBot, tmp_path: Path
) -> None:
    with LiveRun(tmp_path) as run:
        run.step(3)
        run.log("".join(f"step {n} loss\n" for n in range(4_000)))
        with showing(qtbot, LogView, [run.directory]) as view:
            qtbot.waitUntil(lambda: "step 3999" in text(view), timeout=10_000)
            view.search_for("LOSS")
            qtbot.waitUntil(lambda: view.matches.text() == "4,000 matches", timeout=10_000)
            run.log("one more loss\n")
            qtbot.waitUntil(lambda: view.matches.text() == "4,001 matches", timeout=10_000)
            view.search_for("one more")
            qtbot.waitUntil(lambda: view.matches.text() == "1 match", timeout=10_000)
            view.search.clear()
            qtbot.waitUntil(lambda: view.matches.text() == "", timeout=10_000)
            run.finish()


def test_of_a_gigabyte_only_the_end_is_shown(qtbot: QtBot, tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=5)
    with RunPaths(run).stdout.open("wb") as file:
        # A hole: no disk is filled by this test.
        file.truncate(1 << 30)
        file.seek(0, 2)
        file.write(b"\n\x1b[31mred\x1b[0m \xe2\x80\xaereversed <b>tag</b>\nthe end\n")
    with showing(qtbot, LogView, [run]) as view:
        qtbot.waitUntil(lambda: "the end" in text(view), timeout=30_000)
        assert view.text.document().characterCount() < 8 << 20
        assert "red" in text(view)
        assert "\x1b" not in text(view)
        assert "<b>tag</b>" in text(view)
        assert "1.00 GiB" in view.note.whole
        view.text.selectAll()
        view.text.copy()
        assert "the end" in QGuiApplication.clipboard().text()


def test_stream_and_wrapping_are_remembered(qtbot: QtBot, tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=5)
    RunPaths(run).stderr.write_text("a warning\n")
    with showing(qtbot, LogView, [run]) as view:
        view.streams.button("stderr").click()
        view.wrap.setChecked(True)
        kept = view.save_state()
    with showing(qtbot, LogView, [run]) as view:
        view.restore_state(kept)
        qtbot.waitUntil(lambda: "a warning" in text(view), timeout=5_000)
        assert view.wrap.isChecked()
