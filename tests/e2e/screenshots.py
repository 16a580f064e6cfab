"""Pictures of every view, from real runs of both frameworks: ``make screenshots``.

``python -m tests.e2e.screenshots [FOLDER]`` starts the runs in a home of its own,
opens the real window on a display of its own (Xvfb) and writes PNG files into FOLDER
(``docs/images``), light and dark: running, finished, empty, error, and the dialogs.
Nothing is posed but the size of the window.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from diptych.profiling.runner import launch
from diptych.profiling.runner.home import runtimes_dir
from diptych.profiling.runner.launch import Settings as Ruler

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget

    from diptych.gui.views.main_window import MainWindow
    from diptych.profiling.runs.snapshot import RunSnapshot

ROOT = Path(__file__).parents[2]
SIZE = (1440, 900)
KNOBS = {"resnet18": {"batch_size": "8", "image_size": "64", "steps": "60", "threads": "1"}}
LONG = {"batch_size": "64", "steps": "20000", "threads": "1"}
_PATIENCE = 180.0


class Camera:
    """One window on one home, and where its pictures go."""

    def __init__(self, app: QApplication, home: Path, folder: Path, theme: str) -> None:
        from diptych.gui.views.main_window import MainWindow

        self.app, self.folder, self.theme = app, folder, theme
        self.window: MainWindow = MainWindow(home)
        self.window.resize(*SIZE)
        self.window.move(0, 0)
        self.choose(theme)
        self.window.show()
        self.window.activateWindow()
        runtimes = self.window.context.runtimes
        self.until(lambda: self.window.context.hub.listed, "the runs to be listed")
        self.until(lambda: runtimes.known and not runtimes.looking, "the runtimes to be found")
        self.until(lambda: self.window.context.machine.machine is not None, "the machine")

    def choose(self, theme: str) -> None:
        """Show that theme."""
        self.theme = theme
        actions = self.window.actions_.themes()
        next(action for action in actions if action.data() == theme).trigger()

    def until(self, look: Callable[[], object], what: str) -> None:
        """Let the window live until there is something."""
        end = time.monotonic() + _PATIENCE
        while not look():
            if time.monotonic() > end:
                raise SystemExit(f"screenshots: not within {_PATIENCE:g} s: {what}")
            self.app.processEvents()
            time.sleep(0.01)

    def rest(self, seconds: float = 0.6) -> None:
        """Let everything be drawn."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end, "time")

    def take(self, name: str, widget: QWidget | None = None) -> None:
        """Write one picture, of the window or of a dialog alone."""
        self.rest()
        path = self.folder / f"{name}-{self.theme}.png"
        (widget or self.window).grab().save(str(path))
        sys.stdout.write(f"{path}\n")

    def dialog(self, action: str, name: str, wait: Callable[[QWidget], bool] | None = None) -> None:
        """Open a dialog by its action, take it, close it."""
        self.window.actions_[action].trigger()
        key = {"capture_setup": "capture"}.get(action, action)
        dialog = self.window.commands.dialogs.get(key)
        if dialog is not None:
            if wait is not None:
                self.until(lambda: wait(dialog), f"the dialog {name}")
            self.take(name, dialog)
            dialog.reject()

    def close(self) -> None:
        """End the window; runs go on."""
        self.window.close_unasked()
        self.window.deleteLater()
        self.app.processEvents()


def _start(
    framework: str, workload: str, knobs: dict[str, str], home: Path, name: str = ""
) -> Path:
    request = launch.request_for_workload(
        framework, workload, knobs, settings=Ruler(name=name or None), home=home
    )
    return launch.start(request, home=home)


def _ended(home: Path, *runs: Path) -> None:
    del home
    end = time.monotonic() + _PATIENCE
    while any(launch.is_live(run) for run in runs):
        if time.monotonic() > end:
            raise SystemExit("screenshots: a run did not end")
        time.sleep(0.1)


def _failing(home: Path) -> Path:
    """Start a script of the user that ends in an error."""
    script = home / "train_lm.py"
    script.write_text(
        "import torch\n"
        "model = torch.nn.Linear(64, 64)\n"
        "optimizer = torch.optim.SGD(model.parameters(), 0.1)\n"
        "for step in range(40):\n"
        "    print(f'\\x1b[1mstep\\x1b[0m {step:03d}  loss {1 / (step + 1):.4f}')\n"
        "    loss = model(torch.randn(32, 64)).square().mean()\n"
        "    optimizer.zero_grad()\n"
        "    loss.backward()\n"
        "    optimizer.step()\n"
        "raise RuntimeError('the loss did not fall')\n"
    )
    request = launch.request_for_script(script, [], framework="torch", settings=Ruler(), home=home)
    return launch.start(request, home=home)


def _views(camera: Camera, state: str) -> None:
    """Take every view of what is shown."""
    from diptych.gui.views.actions import TAB_NAMES

    for number, name in enumerate(TAB_NAMES):
        camera.window.stage.choose(number)
        # The timeline opens its trace first, and sums up what is in sight.
        camera.rest(5 if name == "Timeline" else 1.5)
        camera.take(f"{name.lower()}-{state}")
    camera.window.stage.choose(0)


def _both_themes(camera: Camera, act: Callable[[], None]) -> None:
    for theme in ("light", "dark"):
        camera.choose(theme)
        act()


def _empty(app: QApplication, folder: Path, home: Path) -> None:
    camera = Camera(app, home, folder, "light")
    _both_themes(camera, lambda: camera.take("empty"))
    camera.close()


def _finished(app: QApplication, folder: Path, home: Path) -> None:
    failed = _failing(home)
    _ended(home, failed)
    pair: list[Path] = []
    # One after the other, PyTorch last: the newest trace is the one that opens.
    for framework in ("mxnet", "torch"):
        pair.insert(0, _start(framework, "resnet18", KNOBS["resnet18"], home))
        _ended(home, pair[0])
    camera = Camera(app, home, folder, "light")
    selection = camera.window.context.selection
    hub = camera.window.context.hub
    selection.show([run.name for run in pair])
    camera.until(lambda: all(hub.latest(run.name) for run in pair), "the finished runs")
    _both_themes(camera, lambda: _views(camera, "finished"))
    selection.set_range(_later_half(hub.latest(run.name) for run in pair))
    _both_themes(camera, lambda: camera.take("live-brushed"))
    selection.set_range(None)
    selection.show([failed.name])
    camera.until(lambda: hub.latest(failed.name), "the failed run")
    _both_themes(camera, lambda: _views(camera, "failed"))
    camera.window.commands.open_run(home)
    _both_themes(camera, lambda: camera.take("error"))
    camera.window.errors.dismiss()
    _both_themes(camera, lambda: _dialogs(camera))
    camera.close()


def _later_half(runs: Iterable[RunSnapshot | None]) -> tuple[float, float]:
    """Return a stretch in which each run has steps, in seconds since each began."""
    spans = [
        ((run.steps.start[len(run.steps) // 2] - run.origin), (run.steps.end[-1] - run.origin))
        for run in runs
        if run is not None
    ]
    return max(low for low, _ in spans) / 1e9, min(high for _, high in spans) / 1e9


def _dialogs(camera: Camera) -> None:
    from diptych.gui.views.new_run.dialog import NewRunDialog

    def checked(dialog: QWidget) -> bool:
        return isinstance(dialog, NewRunDialog) and bool(dialog.evaluation.requests)

    camera.dialog("new", "new-run", checked)
    for action in ("runtimes", "keys", "guide", "problems", "about"):
        camera.dialog(action, action)
    field = camera.window.header.search
    camera.window.actions_["search"].trigger()
    field.setText("re")
    camera.take("search")
    field.clear()


def _running(app: QApplication, folder: Path, home: Path) -> None:
    runs = [_start(name, "mlp", LONG, home) for name in ("torch", "mxnet")]
    camera = Camera(app, home, folder, "light")
    names = [run.name for run in runs]
    context = camera.window.context
    camera.until(lambda: set(context.live()) >= set(names), "the runs to be live")
    context.selection.show(names)

    def going() -> bool:
        found = [context.hub.latest(name) for name in names]
        return all(s is not None and len(s.steps) > 300 for s in found)

    camera.until(going, "300 steps of both")
    camera.rest(6)
    _both_themes(camera, lambda: _views(camera, "running"))
    camera.dialog("capture_setup", "capture")
    question = camera.window.closing.question()
    question.show()
    _both_themes(camera, lambda: camera.take("closing", question))
    question.reject()
    context.steering.stop(names)
    camera.until(lambda: not any(launch.is_live(run) for run in runs), "the runs to end")
    camera.close()


def _home(folder: Path, name: str) -> Path:
    home = folder / name
    (home / "runtimes").mkdir(parents=True)
    for framework in ("torch", "mxnet"):
        place = runtimes_dir() / framework
        if not place.exists():
            raise SystemExit(f"screenshots: there is no {framework} runtime: run `make setup`")
        (home / "runtimes" / framework).symlink_to(place)
    return home


def main(folder: Path) -> None:
    """Take all pictures. The display is there, see `on_display`."""
    from diptych.gui.app import application

    folder.mkdir(parents=True, exist_ok=True)
    app = application(["diptych"])
    with tempfile.TemporaryDirectory(prefix="diptych-pictures-") as place:
        _empty(app, folder, _home(Path(place), "empty"))
        home = _home(Path(place), "home")
        _finished(app, folder, home)
        _running(app, folder, home)


def on_display(arguments: list[str]) -> int:
    """Run this very program again under a screen of its own."""
    xvfb = shutil.which("xvfb-run")
    if xvfb is None:
        sys.stderr.write("screenshots: xvfb-run is not there: sudo apt-get install xvfb\n")
        return 1
    screen = f"-screen 0 {SIZE[0] + 160}x{SIZE[1] + 200}x24"
    command = [xvfb, "-a", "-s", screen, sys.executable, "-m", "tests.e2e.screenshots", *arguments]
    inside = {**os.environ, "DIPTYCH_PICTURES": "1", "QT_QPA_PLATFORM": "xcb"}
    return subprocess.run(command, env=inside, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    if os.environ.get("DIPTYCH_PICTURES") != "1":
        sys.exit(on_display(sys.argv[1:]))
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
