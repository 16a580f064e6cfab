"""The end of a growing log file as clean lines: bounded, whatever a script prints. No Qt here."""

from __future__ import annotations

import codecs
import os
import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from diptych.gui.text.tr import trn

KEPT = 5 << 20
"""Bytes at the end of a file that are shown when it is opened."""
BEHIND = 1 << 20
"""Bytes that may wait to be read; when more do, the oldest of them are skipped."""
CHUNK = 16 << 10
LINE = 10_000
"""Characters of a line that are shown; it says how many more there are."""

# Colours, cursor movements, titles; then what else has no picture.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[PX^_][^\x1b]*\x1b\\|\x1b[ -/]*[0-~]"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]{0,200}|[ -/]*)?$")
_NEWLINE = re.compile(rb"\n")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BREAKS = str.maketrans({"\u2028": " ", "\u2029": " ", "\x85": " "})


@dataclass(frozen=True, slots=True)
class LogNews:
    """What is new: whole ``lines``, and the last line so far (``partial``).

    ``skipped`` bytes were left out before them. With ``restarted`` the file is
    another one, or shorter: what was shown is void. ``ends`` has for each line
    how many bytes of the file there are up to its end, ``end`` up to that of
    what was read.
    """

    lines: tuple[str, ...] = ()
    partial: str = ""
    skipped: int = 0
    restarted: bool = False
    ends: tuple[int, ...] = ()
    end: int = 0

    def __bool__(self) -> bool:
        return bool(self.lines or self.skipped or self.restarted)


class Cleaner:
    """Bytes in any portions into lines: UTF-8 or U+FFFD, no escapes, carriage returns obeyed.

    A carriage return begins the line anew, so that of a progress bar the newest
    state remains. A line is one line however long it is. ``ends`` has for each
    line of the last `feed` where it ended, in bytes from the beginning of all
    that was fed.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._left = 0
        """Characters of the line that has not ended that are left out behind the first ones."""
        self.ends: list[int] = []
        self._fed = 0
        self._newlines: deque[int] = deque()

    @property
    def partial(self) -> str:
        """The line that has not ended yet."""
        return _shown(*self._parts(self._rest))

    def feed(self, data: bytes) -> list[str]:
        """Take bytes and return the lines that ended in them."""
        self._newlines += [self._fed + found.end() for found in _NEWLINE.finditer(data)]
        self._fed += len(data)
        text = self._rest + self._decoder.decode(data)
        held = _UNFINISHED.search(text, max(0, len(text) - 256))
        tail = text[held.start() :] if held else ""
        text = text[: len(text) - len(tail)]
        *ended, rest = text.split("\n")
        lines, self.ends = [], [self._newlines.popleft() for _ in ended]
        for line in ended:
            lines.append(_shown(*self._parts(line)))
            self._left = 0
        if len(rest) > 4 * LINE:
            # Whether it goes on or begins anew, the next character tells.
            back = "\r" if rest.endswith("\r") else ""
            rest, self._left = self._parts(rest)
            rest += back
        self._rest = rest + tail
        return lines

    def _parts(self, line: str) -> tuple[str, int]:
        """Return what is shown of the last line so far, and how many characters are not."""
        # What was kept of it has no carriage return within: a later one begins the line anew.
        before = 0 if "\r" in line.removesuffix("\r") else self._left
        line = _clean(line)
        return line[:LINE], before + max(0, len(line) - LINE)


def _shown(line: str, left: int) -> str:
    if not left:
        return line
    return trn(
        "{line} … {n} character more is in the file",
        "{line} … {n} characters more are in the file",
        left,
        line=line,
    )


def _clean(line: str) -> str:
    line = _ESCAPES.sub("", line.translate(_BREAKS)).removesuffix("\r")
    return _CONTROLS.sub("", line.rpartition("\r")[2])


class LogTail:
    """Reads the end of ``path``, then what is appended. The file need not exist yet.

    ``size`` is the file's size when it was last looked at, ``None`` when it is
    not there; ``trouble`` why it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size: int | None = None
        self.trouble = ""
        self._file: int | None = None
        self._inode = 0
        self._start_over()

    def _start_over(self) -> None:
        self._at = 0
        self._caught_up = False
        self._cleaner = Cleaner()
        self._began = 0

    def read(self) -> LogNews:
        """Return the next portion, empty when there is nothing new."""
        try:
            return self._read()
        except FileNotFoundError:
            self.size, self.trouble = None, ""
        except OSError as error:
            self.size, self.trouble = None, error.strerror or str(error)
        return LogNews()

    def _read(self) -> LogNews:
        status = self.path.stat()
        restarted = self._file is not None and (
            status.st_ino != self._inode or status.st_size < self._at
        )
        if restarted:
            self.close()
            self._start_over()
        if self._file is None:
            self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            self._inode = status.st_ino
        self.size, self.trouble = status.st_size, ""
        skipped = self._skip(status.st_size)
        data = os.pread(self._file, CHUNK, self._at)
        self._at += len(data)
        self._caught_up = self._caught_up or not self.behind
        if skipped:
            # Begin with a whole line.
            start = data.find(b"\n") + 1
            skipped, data = skipped + start, data[start:]
        if skipped:
            self._began = self._at - len(data)
        lines = self._cleaner.feed(data) if data else []
        ends = tuple(self._began + end for end in self._cleaner.ends) if data else ()
        return LogNews(tuple(lines), self._cleaner.partial, skipped, restarted, ends, self._at)

    def _skip(self, size: int) -> int:
        """Go nearer to the end where too much waits; return how much was left out.

        At first 5 MiB are wanted; later, when a script prints faster than one
        can read, a little of the newest is enough.
        """
        most, wanted = (BEHIND, BEHIND // 4) if self._caught_up else (KEPT + BEHIND, KEPT)
        if size - self._at <= most:
            return 0
        skipped = size - wanted - self._at
        self._at += skipped
        self._cleaner = Cleaner()
        return skipped

    @property
    def behind(self) -> bool:
        """Whether more is waiting than was read."""
        return self.size is not None and self.size > self._at

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
