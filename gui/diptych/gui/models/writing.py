"""Files that the window writes: beside the GUI's thread, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from diptych.gui.models import jobs
from diptych.gui.text.tr import tr
from diptych.profiling.trace.errors import TraceError
from diptych.profiling.trace.placing import placed


def write_aside(
    owner: QObject,
    path: Path,
    write: Callable[[Path], None],
    words: str,
    say: Callable[[str], None],
) -> None:
    """Let ``write`` make the file; ``say`` gets ``words`` when it is there, else why it is not.

    ``write`` runs on another thread and gets a path of its own, which then takes
    the place of ``path``: that it is replaced was agreed to.
    """

    def work() -> str:
        try:
            with placed(path, force=True) as temporary:
                write(temporary)
        except TraceError as error:
            why = str(error).removeprefix(f"{path}").lstrip(": ")
            return tr("{path} cannot be written: {why}. Choose another folder.", path=path, why=why)
        return words

    jobs.start(owner, work, say, lambda error: say(f"{type(error).__name__}: {error}"))
