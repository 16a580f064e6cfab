"""The first start in every poor state: each says what to do, and has the button that does it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_LOOKS = """
import json, os, time
from pathlib import Path
from diptych.gui.app import application
app = application(["diptych"])
from PySide6.QtWidgets import QAbstractButton, QLabel
from diptych.gui.views.main_window import MainWindow
window = MainWindow(Path(os.environ["DIPTYCH_HOME"]))
window.show()

def until(look):
    end = time.monotonic() + 60
    while not look() and time.monotonic() < end:
        app.processEvents()
        time.sleep(0.005)
    assert look()

context = window.context
until(lambda: context.hub.listed and context.machine.machine is not None)
until(lambda: context.runtimes.known and not context.runtimes.looking)
app.processEvents()
told = {"shown": window.middle.currentWidget() is window.empty}
for name, finding in {"gpu": window.empty._gpu, **window.empty._found}.items():
    offer = finding.offer.text() if finding.offer.isVisible() else None
    told[name] = [finding._words.whole, offer]
asked = []
window.commands.install_runtime = asked.append
window.empty.install_wanted.disconnect()
window.empty.install_wanted.connect(asked.append)
for finding in window.empty._found.values():
    if finding.offer.isVisible():
        finding.offer.click()
        app.processEvents()
runtimes = window.commands.dialogs.get("runtimes")
told["asked"] = asked
told["runtimes"] = [w.text() for w in runtimes.findChildren(QLabel)] if runtimes else None
if runtimes:
    runtimes.reject()
window.actions_["new"].trigger()
new = window.commands.dialogs.get("new")
until(lambda: not context.runtimes.looking and bool(new.evaluation.checks))
told["checks"] = [[c.level, c.text] for c in new.evaluation.checks]
told["start"] = new.start.isEnabled()
links = [card._none for card in new.catalogue.cards.values()]
told["offers"] = [link.text() for link in links if link.isVisible()]
new.reject()
from diptych.gui.models import jobs
until(lambda: not jobs.busy())
window.close_unasked()
print(json.dumps(told))
"""


def _first_start(home: Path) -> dict[str, Any]:
    """Open the window where nothing but ``home`` can be found."""
    kept = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    done = subprocess.run(
        [sys.executable, "-c", _LOOKS],
        env={
            **kept,
            "HOME": str(home / "user"),
            "PYENV_ROOT": str(home / "user" / "pyenv"),
            "PATH": str(home / "bin"),
            "DIPTYCH_HOME": str(home),
            "QT_QPA_PLATFORM": "offscreen",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_with_nothing_at_all(home: Path) -> None:
    told = _first_start(home)
    assert told["shown"]
    assert told["torch"] == ["No interpreter with PyTorch was found", "Create one"]
    assert told["mxnet"] == ["No interpreter with MXNet was found", "Create one"]
    assert told["asked"] == ["torch", "mxnet"]
    # The words of a machine with one are its name and memory.
    assert "runs use the CPU" in told["gpu"][0] or "×" in told["gpu"][0]
    errors = [text for level, text in told["checks"] if level == "error"]
    assert len(errors) == 2
    assert all("press Create one above" in text for text in errors)
    assert told["offers"] == ["None found. Create one…"] * 2
    assert not told["start"]


def test_with_a_broken_mxnet(home: Path) -> None:
    _broken_mxnet(home / "runtimes" / "mxnet")
    told = _first_start(home)
    words, offer = told["mxnet"]
    assert "has no attribute 'bool'" in words
    assert "numpy<1.24" in words
    assert offer == "What to do…"
    assert told["torch"][1] == "Create one"
    assert any("numpy<1.24" in text for text in told["runtimes"])
    assert "Broken. What to do…" in told["offers"]
    assert not told["start"]


def _broken_mxnet(place: Path) -> None:
    """Make a runtime in which mxnet meets a numpy that is too new for it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    site = next(place.glob("lib/python3*/site-packages"))
    (site / "mxnet").mkdir()
    (site / "mxnet" / "__init__.py").write_text(
        "__version__ = '1.9.1'\nraise AttributeError(\"module 'numpy' has no attribute 'bool'\")\n"
    )
    (site / "mxnet-1.9.1.dist-info").mkdir()
    (site / "mxnet-1.9.1.dist-info" / "METADATA").write_text("Name: mxnet\nVersion: 1.9.1\n")
