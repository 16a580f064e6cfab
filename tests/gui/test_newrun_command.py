"""The exact command: broken between words only, and copied as it is."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from diptych.gui.views.new_run.command_text import CommandText

COMMAND = (
    "diptych run --framework torch --workload resnet18 --steps 100 --knob batch_size=32 "
    "--runtime /home/größer/venvs/torch-2.13/bin/python --schedule skip=10,wait=0 😀-x a/b-c|d"
)


def lines_of(text: CommandText) -> list[str]:
    block = text.document().firstBlock()
    text.document().documentLayout().blockBoundingRect(block)
    layout, shown = block.layout(), block.text()
    lines = [layout.lineAt(n) for n in range(layout.lineCount())]
    units = shown.encode("utf-16-le")
    return [
        units[2 * line.textStart() : 2 * (line.textStart() + line.textLength())].decode("utf-16-le")
        for line in lines
    ]


@pytest.mark.parametrize("width", range(420, 900, 31))
def test_lines_break_between_words_only(qtbot: QtBot, width: int) -> None:
    text = CommandText()
    qtbot.addWidget(text)
    text.resize(width, 200)
    text.setPlainText(COMMAND)
    text.show()
    lines = lines_of(text)
    assert len(lines) > 1
    assert all(line.endswith(" ") for line in lines[:-1])


def test_what_is_copied_is_the_command(qtbot: QtBot) -> None:
    text = CommandText()
    qtbot.addWidget(text)
    text.setPlainText(COMMAND + "\n" + COMMAND)
    assert text.toPlainText() == COMMAND + "\n" + COMMAND
    text.selectAll()
    text.copy()
    assert QGuiApplication.clipboard().text() == COMMAND + "\n" + COMMAND
