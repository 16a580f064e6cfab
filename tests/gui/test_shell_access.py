"""For eyes, hands and screen readers: names, focus, order, contrast, sizes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from tests.helpers.fake_run import make_run

from diptych.gui import theme
from diptych.gui.theme import DARK, LIGHT, Tokens
from diptych.gui.views.actions import TAB_NAMES
from diptych.gui.views.main_window import MainWindow

Open = Callable[[], MainWindow]
_CONTROLS = (
    QAbstractButton,
    QLineEdit,
    QComboBox,
    QAbstractSpinBox,
    QAbstractItemView,
    QPlainTextEdit,
)


def _controls(root: QWidget) -> Iterator[QWidget]:
    """Give what can be used: no parts that Qt puts into its own widgets."""
    for widget in root.findChildren(QWidget):
        inside = isinstance(widget.parent(), QComboBox | QAbstractSpinBox | QLineEdit)
        own = widget.objectName().startswith("qt_") or inside
        popup = widget.window() is not root.window()
        picture = widget.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        # A header's cells have the names of the columns.
        own = own or isinstance(widget, QHeaderView)
        if isinstance(widget, _CONTROLS) and not own and not popup and not picture:
            yield widget


def _name(widget: QWidget) -> str:
    if widget.accessibleName():
        return widget.accessibleName()
    return widget.text().strip() if isinstance(widget, QAbstractButton) else ""


@pytest.fixture
def full(qtbot: QtBot, open_window: Open, home: Path) -> MainWindow:
    """Return a window on a run, with every view built."""
    make_run(home / "runs", steps=60)
    window = open_window()
    qtbot.waitUntil(lambda: bool(window.context.selection.shown), timeout=10_000)
    for number in reversed(range(len(TAB_NAMES))):
        window.stage.choose(number)
        window.stage.build_current()
    return window


def _dialogs(window: MainWindow) -> Iterator[QDialog]:
    for action in ("new", "runtimes", "capture_setup", "keys", "guide", "problems", "about"):
        name = {"capture_setup": "capture"}.get(action, action)
        window.actions_[action].setEnabled(True)
        window.actions_[action].trigger()
        dialog = window.commands.dialogs.get(name)
        assert dialog is not None, action
        yield dialog
        dialog.reject()


def test_everything_that_can_be_used_has_a_name(qtbot: QtBot, full: MainWindow) -> None:
    nameless = [
        f"{type(w).__name__} in {type(w.parent()).__name__}"
        for w in _controls(full)
        if not _name(w)
    ]
    for dialog in _dialogs(full):
        nameless += [
            f"{dialog.windowTitle()}: {type(w).__name__} in {type(w.parent()).__name__}"
            for w in _controls(dialog)
            if not _name(w)
        ]
    assert not nameless, "\n".join(nameless)


def test_an_icon_without_words_says_in_its_tooltip_what_it_does(full: MainWindow) -> None:
    silent = [
        _name(button)
        for button in full.findChildren(QToolButton)
        if button.isVisible()
        and button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonIconOnly
        and not button.toolTip()
        and not isinstance(button.parent(), QLineEdit)
        and not button.objectName().startswith("qt_")
    ]
    assert silent == []


# -- focus ----------------------------------------------------------------------------


def _chain(root: QWidget) -> list[QWidget]:
    """Return what Tab goes through, once around."""
    found: list[QWidget] = []
    widget = root.nextInFocusChain()
    while widget is not None and widget is not root and len(found) < 2_000:
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if (
            takes
            and widget.isVisibleTo(root)
            and widget.isEnabled()
            and widget.focusProxy() is None
        ):
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def test_tab_goes_from_the_header_over_the_runs_to_the_view(full: MainWindow) -> None:
    def part(widget: QWidget) -> str:
        for name in ("header", "errors", "runs", "stage", "status"):
            if getattr(full, name).isAncestorOf(widget):
                return name
        return "nowhere"

    order = [part(widget) for widget in _chain(full)]
    assert "nowhere" not in order
    assert order == sorted(order, key=["header", "errors", "runs", "stage", "status"].index)


def test_within_a_dialog_tab_follows_reading_order(full: MainWindow) -> None:
    for dialog in _dialogs(full):
        dialog.resize(dialog.sizeHint().expandedTo(dialog.size()))
        QApplication.processEvents()
        places = [w.mapTo(dialog, QPoint(0, 0)) for w in _chain(dialog)]
        assert places, dialog.windowTitle()
        foot = max(place.y() for place in places)
        # The buttons at the foot come last, whatever is beside what above them.
        at_foot = [place.y() > foot - 20 for place in places]
        assert at_foot == sorted(at_foot), dialog.windowTitle()


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize(
    "kind", ["button", "primary", "link", "tool", "check", "combo", "line", "text", "table"]
)
def test_the_focus_is_a_ring_of_two_pixels(
    qtbot: QtBot, open_window: Open, kind: str, tokens: Tokens
) -> None:
    from PySide6.QtWidgets import QCheckBox, QTableWidget

    from diptych.gui.views.help import primary
    from diptych.gui.views.widgets import link

    makes: dict[str, Callable[[], QWidget]] = {
        "button": lambda: QPushButton("Button"),
        "primary": lambda: primary("Primary"),
        "link": lambda: link("Link"),
        "tool": QToolButton,
        "check": lambda: QCheckBox("Check"),
        "combo": QComboBox,
        "line": QLineEdit,
        "text": QPlainTextEdit,
        "table": QTableWidget,
    }
    open_window()
    theme.manager().choose("dark" if tokens.dark else "light")
    widget = makes[kind]()
    if kind == "table":
        widget.setProperty("framed", True)
    widget.resize(120, 60 if kind in ("text", "table") else 30)
    qtbot.addWidget(widget)
    widget.show()
    widget.activateWindow()
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus, timeout=5_000)
    ring = QColor(tokens.text1 if kind == "primary" else tokens.accent)
    assert _ring_width(widget, ring) >= 2
    theme.manager().choose("system")


def _ring_width(widget: QWidget, colour: QColor) -> int:
    """Return how many pixels thick ``colour`` is along the left edge, in the middle of it."""
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    image.fill(QColor("#808080"))
    painter = QPainter(image)
    widget.render(painter, QPoint(0, 0))
    painter.end()
    row = [image.pixelColor(x, widget.height() // 2) for x in range(8)]
    return sum(_near(pixel, colour) for pixel in row)


def _near(first: QColor, second: QColor) -> bool:
    pairs = (
        (first.red(), second.red()),
        (first.green(), second.green()),
        (first.blue(), second.blue()),
    )
    return all(abs(a - b) <= 12 for a, b in pairs)


# -- contrast -----------------------------------------------------------------------------


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


_GROUNDS = ("bg0", "bg1", "bg2", "bg3", "field", "selection")
_INKS = ("text1", "text2", "text3", "accent", "ok", "warning", "error")


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
def test_every_text_is_legible_on_every_background(tokens: Tokens) -> None:
    pairs = [(ink, ground) for ink in _INKS for ground in _GROUNDS]
    pairs += [("on_accent", "accent_fill"), ("on_accent", "accent_hover")]
    low = {
        f"{ink} on {ground}": round(contrast(getattr(tokens, ink), getattr(tokens, ground)), 2)
        for ink, ground in pairs
    }
    assert {pair: value for pair, value in low.items() if value < 4.5} == {}


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
def test_runs_and_focus_stand_out_as_lines(tokens: Tokens) -> None:
    grounds = [getattr(tokens, name) for name in ("bg0", "bg1", "bg2", "selection")]
    lines = [*tokens.torch, *tokens.mxnet, tokens.accent]
    low = {
        (line, ground): contrast(line, ground)
        for line in lines
        for ground in grounds
        if contrast(line, ground) < 3
    }
    assert low == {}
    # These two may colour words, on panels and cards.
    for line in (tokens.torch[0], tokens.mxnet[0]):
        assert min(contrast(line, tokens.bg1), contrast(line, tokens.bg2)) >= 4.5


def test_the_sheet_gives_text_no_other_colours() -> None:
    from importlib import resources

    sheet = resources.files("diptych.resources").joinpath("style/diptych.qss").read_text()
    inks = set(re.findall(r"(?<![-\w])color: (\$?[\w#]+)", sheet))
    assert inks <= {f"${ink}" for ink in (*_INKS, "on_accent", "text_off")}
    assert not re.findall(r"#[0-9A-Fa-f]{6}", sheet)


# -- sizes ---------------------------------------------------------------------------------


def _cut(root: QWidget) -> list[str]:
    """Return words of buttons and labels for which there is no room."""
    cut = []
    for label in root.findChildren(QLabel):
        plain = label.isVisible() and not label.wordWrap() and label.text() and label.width() > 0
        wanted = label.fontMetrics().horizontalAdvance(label.text().partition("\n")[0])
        if plain and wanted > label.width() + 1:
            cut.append(f"{label.text()[:50]!r} {wanted} > {label.width()}")
    for button in root.findChildren(QPushButton):
        wanted = button.fontMetrics().horizontalAdvance(button.text())
        if button.isVisible() and button.text() and wanted > button.width():
            cut.append(f"button {button.text()!r} {wanted} > {button.width()}")
    return cut


def test_on_a_small_screen_nothing_is_cut(qtbot: QtBot, full: MainWindow) -> None:
    full.resize(1024, 768)
    QApplication.processEvents()
    assert full.minimumWidth() <= 1024
    assert full.minimumHeight() <= 768
    for part in (full.header, full.runs, full.status, full.stage.tabs, full.stage.about):
        assert _cut(part) == []
    for dialog in _dialogs(full):
        assert dialog.minimumSizeHint().width() <= 1024, dialog.windowTitle()
        dialog.resize(1016, 728)
        QApplication.processEvents()
        assert _cut(dialog) == [], dialog.windowTitle()


_LARGE = """
import json, os
from diptych.gui.theme import fonts
fonts._scale = lambda: float(os.environ["SCALE"])
from pathlib import Path
from diptych.gui.app import application
app = application(["diptych"])
from PySide6.QtWidgets import QLabel, QPushButton
from diptych.gui.views.main_window import MainWindow
from tests.gui.test_shell_access import _cut
window = MainWindow(Path(os.environ["DIPTYCH_HOME"]))
window.show()
app.processEvents()
cut = _cut(window.header) + _cut(window.status) + _cut(window.stage.tabs)
for name in ("new", "runtimes", "keys", "about"):
    window.actions_[name].trigger()
    app.processEvents()
    dialog = window.commands.dialogs.get(name)
    cut += [f"{name}: {words}" for words in _cut(dialog) if "button" in words]
    dialog.reject()
height = window.header.height()
window.close_unasked()
print(json.dumps({"cut": cut, "header": height, "font": app.font().pixelSize()}))
"""


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_type_is_as_large_as_the_systems(home: Path, scale: float) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LARGE],
        env={
            **os.environ,
            "DIPTYCH_HOME": str(home),
            "QT_QPA_PLATFORM": "offscreen",
            "SCALE": str(scale),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["cut"] == []
    assert told["font"] == round(12 * scale)
    assert told["header"] == round(44 * scale)


def test_motion_can_be_reduced_and_stays_so(qtbot: QtBot, open_window: Open, home: Path) -> None:
    from diptych.gui.views.progress import ProgressLine

    window = open_window()
    line = ProgressLine("Working")
    qtbot.addWidget(line)
    line.show()
    line.show_fraction(None)
    qtbot.waitUntil(line._timer.isActive, timeout=5_000)
    window.actions_["calm"].trigger()
    line.show_fraction(None)
    assert not line._timer.isActive()
    window.close_unasked()
    theme.manager().calm = False
    second = open_window()
    assert theme.manager().calm
    assert second.actions_["calm"].isChecked()
    second.actions_["calm"].trigger()
    assert theme.moves()
