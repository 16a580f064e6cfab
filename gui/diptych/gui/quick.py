"""What makes the window stand sooner. No Qt here.

`load` imports what the window builds on and what knows no Qt. It has to come
before Qt, which looks through the source of every module that is imported
after it. `hasty` keeps Python from searching for garbage while everything is
made and nothing is thrown away.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator
from importlib import import_module

_WITHOUT_QT = (
    "numpy",
    "msgspec",
    "diptych.profiling.export.files",
    "diptych.profiling.runner.facts",
    "diptych.profiling.runner.launch",
    "diptych.profiling.runs.index",
    "diptych.profiling.runs.summary",
    "diptych.profiling.trace.table",
)


def load() -> None:
    """Import what needs no Qt."""
    for name in _WITHOUT_QT:
        import_module(name)


@contextlib.contextmanager
def hasty() -> Iterator[Callable[[], None]]:
    """Search for no garbage until the function that is given is called, or the block ends."""
    was = gc.isenabled()
    gc.disable()

    def enough() -> None:
        if was and not gc.isenabled():
            # What is there now stays; it need not be looked through each time.
            gc.freeze()
            gc.enable()

    try:
        yield enough
    finally:
        if was:
            gc.enable()
            gc.unfreeze()
