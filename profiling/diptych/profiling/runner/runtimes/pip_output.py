"""pip's lines turned into progress. Pure: the lines and byte counts come from outside.

Works with the pip of any Python from 3.8 on: those before 24.1 have no progress
bar for programs, so the caller counts the bytes in pip's temporary folder.
"""

from __future__ import annotations

import re

from diptych.profiling.runner.runtimes.model import InstallProgress

# Where each stage ends, as a part of the whole; learnt from real installations.
STAGES = {"venv": 0.05, "resolve": 0.08, "download": 0.65, "install": 0.93, "check": 1.0}

_COLLECTING = re.compile(r"\s*(?:Collecting|Processing) ([^\s(]+)")
_DOWNLOADING = re.compile(r"\s*(Downloading|Using cached) (\S+) \(([\d.]+) ([kMGT]?)B\)")
_INSTALLING = re.compile(r"\s*Installing collected packages: (.*)")
_UNITS = {"": 1, "k": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}


class PipOutput:
    """State of one ``pip install``: feed it lines, ask it for progress."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.packages: list[str] = []
        self._announced = 0
        self._finished = 0
        self._current: tuple[str, int] | None = None
        self._text = "looking for packages"
        self._best = STAGES["venv"]

    @property
    def current(self) -> str | None:
        """Name of the file that is being downloaded."""
        return self._current[0] if self._current else None

    def feed(self, line: str) -> bool:
        """Take in one line; return whether there is something new to show."""
        if line.startswith("ERROR:"):
            self.errors.append(line[len("ERROR:") :].strip())
        if match := _COLLECTING.match(line):
            self._text = f"looking for {match[1].rpartition('/')[2]}"
        elif match := _DOWNLOADING.match(line):
            self._download(match)
        elif match := _INSTALLING.match(line):
            self._finish_current()
            self.packages = [name.strip() for name in match[1].split(",") if name.strip()]
        else:
            return False
        return True

    def _download(self, match: re.Match[str]) -> None:
        self._finish_current()
        size = int(float(match[3]) * _UNITS[match[4]])
        if match[2].endswith(".metadata"):
            return
        self._announced += size
        if match[1] == "Downloading":
            self._current = (match[2].rpartition("/")[2], size)
        else:
            self._finished += size

    def _finish_current(self) -> None:
        if self._current is not None:
            self._finished += self._current[1]
            self._current = None

    def progress(self, downloaded: int = 0, installed: int = 0) -> InstallProgress:
        """Say how far it is.

        ``downloaded`` is the number of bytes of the current file that are on
        disk, ``installed`` the number of packages that are in place.
        """
        if self.packages:
            return self._installing(min(installed, len(self.packages)))
        if self._current is None:
            return InstallProgress(stage="resolve", text=self._text, fraction=self._best)
        name, size = self._current
        here = min(downloaded, size)
        part = (self._finished + here) / max(self._announced, 1)
        text = f"downloading {name}"
        if size >= 1e6:
            text += f": {_megabytes(here)} of {_megabytes(size)} MB"
        return self._at("download", text, "resolve", part)

    def _installing(self, installed: int) -> InstallProgress:
        count = len(self.packages)
        text = f"installing {count} packages: {installed} in place"
        return self._at("install", text, "download", installed / count)

    def _at(self, stage: str, text: str, after: str, part: float) -> InstallProgress:
        start, end = STAGES[after], STAGES[stage]
        self._best = max(self._best, round(start + (end - start) * part, 4))
        return InstallProgress(stage=stage, text=text, fraction=self._best)


def _megabytes(size: int) -> str:
    value = size / 1e6
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


_HINTS = (
    ("No space left on device", "the disk is full: free some space, or move DIPTYCH_HOME"),
    ("Temporary failure in name resolution", "no network: check the connection or the proxy"),
    ("NewConnectionError", "no network: check the connection or the proxy"),
    ("Max retries exceeded", "the package index does not answer: check the connection or proxy"),
    ("CERTIFICATE_VERIFY_FAILED", "the index's certificate is not trusted: set PIP_CERT"),
    ("No matching distribution found", "this index has no such build for this Python and system"),
    ("Permission denied", "the runtimes' folder cannot be written: set DIPTYCH_HOME to another"),
)


def explain_failure(output: PipOutput, tail: list[str]) -> str:
    """Return one line: what pip said, and what to do about it where that is known."""
    said = output.errors[-1] if output.errors else next(iter(reversed(tail)), "it said nothing")
    text = "\n".join([*output.errors, *tail])
    cures = [hint for sign, hint in _HINTS if sign in text]
    return f"{said[:300]} ({cures[0]})" if cures else said[:300]
