"""A display without a screen, and a keyboard for it: Xvfb and xdotool."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")


def wait_for(look: Callable[[], T | None], seconds: float, what: str) -> T:
    """Look until there is something; fail when there is nothing in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:g} s: {what}")
        time.sleep(0.1)


def _pattern(title: str) -> str:
    # Some windows get the program's name behind their own.
    return f"^{title}( . Diptych)?$"


class Desktop:
    """One X server of its own; programs started on it find nothing else."""

    def __init__(self, folder: Path) -> None:
        for program in ("Xvfb", "xdotool"):
            if shutil.which(program) is None:
                pytest.skip(f"{program} is not installed: apt-get install xvfb xdotool")
        self.folder = folder
        self.children: list[subprocess.Popen[bytes]] = []
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
            pass_fds=(write,),
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as pipe:
            self.display = f":{pipe.readline().strip()}"

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a program on this display; what it says is in the folder."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("QT_", "WAYLAND"))}
        with (self.folder / "stderr.txt").open("wb") as errors:
            child = subprocess.Popen(
                command,
                env={**inherited, "DISPLAY": self.display, **environment},
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        self.children.append(child)
        return child

    def window(self, title: str, seconds: float = 60) -> str:
        """Wait for the visible window of that title and return its number."""
        look = ("search", "--onlyvisible", "--name", _pattern(title))
        return wait_for(lambda: self._ask(*look), seconds, f"a window {title!r}").split()[-1]

    def gone(self, title: str) -> bool:
        """Say whether no visible window has that title."""
        return not self._ask("search", "--onlyvisible", "--name", _pattern(title))

    def key(self, window: str, *keys: str) -> None:
        """Press keys in a window; there is no window manager, so it is given the focus first."""
        self._ask("windowfocus", "--sync", window)
        self._ask("key", *keys)

    def close(self) -> None:
        """End what was started here."""
        for child in self.children:
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(20)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
        self.server.terminate()
        self.server.wait()

    def _ask(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words],
            env={**os.environ, "DISPLAY": self.display},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        return done.stdout.strip()
