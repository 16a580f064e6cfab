"""What the window says can be translated, all of it, whatever the language makes of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers import strings

from diptych.gui.text import tr as gate

FILES = strings.files()
# Names, commands, what files say and what goes to a terminal: the same in every language.
ALLOWED = re.compile(
    r"^(main_window\.py:\d+ 'Diptych'|app\.py:|script_form\.py:\d+ \"--epochs|fonts\.py:"
    r"|operators_family\.py:|crash\.py:\d+ 'Python|trace_curves\.py:\d+ 'allocated since"
    r"|runs\.py:\d+ 'is not a Diptych"
    # Names of arguments in trace files, parts of C++ names.
    r"|trace_details\.py:\d+ '(Ev Idx|External id|Input Dims|Record function id)'"
    r"|trace_names\.py:\d+ '(void |\(anonymous namespace\))'"
    # SQL.
    r"|(trace_sql|sql_dialog)\.py:\d+ ['\"]SELECT "
    r"|(trace_selection|live_series)\.py:\d+ 'gpu ')"
)


def _name(path: Path) -> str:
    return path.relative_to(strings.WINDOW).as_posix()


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_nothing_is_said_past_the_gate(path: Path) -> None:
    found = [*strings.untranslated(path), *strings.sentences(path), *strings.not_literal(path)]
    assert [line for line in found if not ALLOWED.match(line)] == []


def test_the_finder_finds(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text(
        '"""Not this one."""\n'
        'button.setText("Press me")\n'
        'label(f"{n} runs here")\n'
        'x = "two words" if y else tr("not this")\n'
        'raise ValueError("nor this one")\n'
        "tr(name)\n"
    )
    assert [line.split(":")[1].split()[0] for line in strings.untranslated(path)] == ["2", "3"]
    assert [line.split(":")[1].split()[0] for line in strings.sentences(path)] == ["2", "3", "4"]
    assert len(strings.not_literal(path)) == 1


def test_the_template_is_what_gettext_reads(tmp_path: Path) -> None:
    found = strings.messages(FILES)
    assert len(found) > 300
    text = strings.template(found)
    assert text.count('msgid "') == len(found) + 1
    plurals = [message for message in found if message.many is not None]
    assert plurals
    assert text.count("msgid_plural") == len(plurals)
    assert strings.TEMPLATE.read_text(encoding="utf-8").startswith("# What the window of Diptych")
    known = [m.one for m in found if not (strings.ROOT / m.places[0].split(":")[0]).exists()]
    assert known == []


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_every_value_that_a_text_names_is_given(path: Path) -> None:
    assert strings.unfilled(path) == []


def test_a_catalogue_is_found_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "eo" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    _write_catalogue(folder / "diptych.mo", {"Close": "Fermi", "{n} of {m}": "{n} el {m}"})
    monkeypatch.setattr(gate, "folder", lambda: str(tmp_path))
    monkeypatch.setenv("LANGUAGE", "eo")
    gate._catalogue.cache_clear()
    try:
        assert gate.tr("Close") == "Fermi"
        assert gate.tr("{n} of {m}", n=1, m="{x}") == "1 el {x}"
        assert gate.tr("Not there") == "Not there"
    finally:
        gate._catalogue.cache_clear()


def test_the_folder_of_the_catalogues_is_in_the_package() -> None:
    assert Path(gate.folder()) == strings.TEMPLATE.parent


def _write_catalogue(path: Path, texts: dict[str, str]) -> None:
    """Write a GNU .mo file, as msgfmt does."""
    import struct

    pairs = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **texts}.items())
    keys = [key.encode() for key, _ in pairs]
    values = [value.encode() for _, value in pairs]
    start = 28 + 16 * len(pairs)
    at, blob = start, b""
    tables: list[list[bytes]] = [[], []]
    for number, column in enumerate((keys, values)):
        for item in column:
            tables[number].append(struct.pack("<II", len(item), at))
            blob += item + b"\0"
            at += len(item) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    path.write_bytes(head + b"".join(tables[0]) + b"".join(tables[1]) + blob)


_PSEUDO = r"""
import gettext, json, os, sys
from pathlib import Path
sys.path.insert(0, os.environ["TESTS"])
from diptych.gui.text import tr

class Pseudo(gettext.NullTranslations):
    def gettext(self, text):
        return "⟦" + text + " ~~~~~~~~⟧"
    def ngettext(self, one, many, n):
        return "⟦" + (one if n == 1 else many) + " ~~~~~~~~⟧"

tr._catalogue = lambda: Pseudo()
from diptych.gui.app import application
app = application(["diptych"])
from PySide6.QtWidgets import QAbstractButton, QLabel, QDialog
from diptych.gui.views.main_window import MainWindow
from tests.helpers.fake_run import make_run

home = Path(os.environ["DIPTYCH_HOME"])
make_run(home / "runs", steps=60)
raised = []
sys.excepthook = lambda kind, error, trace: raised.append(repr(error))
window = MainWindow(home)
window.show()

import time
def until(look, seconds=20):
    end = time.monotonic() + seconds
    while not look() and time.monotonic() < end:
        app.processEvents()
    return look()

from diptych.gui.models import jobs
context = window.context

def still():
    "Whether nothing is under way whose end could come before or after what follows."
    runs = context.selection.shown
    known = runs and all(context.hub.latest(run) is not None for run in runs)
    looked = context.runtimes.known and not context.runtimes.looking
    opened = context.traces.opening is None
    return bool(known and looked and opened and context.machine.machine and not jobs.busy())

assert until(still), "the window did not come to rest"
words = set()
def read(root):
    for kind in (QLabel, QAbstractButton):
        words.update(w.text() for w in root.findChildren(kind) if w.isVisible())

for number in range(window.stage.pages.count()):
    window.stage.choose(number)
    window.stage.build_current()
    app.processEvents()
    assert until(still, 60), f"tab {number} did not come to rest"
    read(window)
for name in ("new", "runtimes", "capture_setup", "keys", "problems", "about"):
    window.actions_[name].setEnabled(True)
    window.actions_[name].trigger()
    app.processEvents()
    dialog = window.commands.dialogs.get({"capture_setup": "capture"}.get(name, name))
    read(dialog)
    dialog.reject()
trouble = window.errors.shown
assert until(still), "something goes on behind the dialogs"
window.close_unasked()
print(json.dumps({"raised": raised, "words": sorted(words), "trouble": trouble and trouble.text}))
"""


def test_in_a_language_of_long_words_everything_opens(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PSEUDO],
        env={
            **os.environ,
            "DIPTYCH_HOME": str(home),
            "QT_QPA_PLATFORM": "offscreen",
            "TESTS": str(strings.ROOT),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["raised"] == []
    assert told["trouble"] is None
    assert sum("⟦" in word for word in told["words"]) > 60
