"""Comparisons whose conductor is gone: killed, or the machine went down. They are ended."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import msgspec

from diptych.profiling.compare import conduct
from diptych.profiling.records.experiment import Experiment, ExperimentState
from diptych.profiling.runner import launch, locks

TEXT = "it was interrupted: whoever conducted it is gone"
"""What the state of such a comparison says."""
_BY = "the comparison, whose conductor is gone"
_GRACE_NS = 20_000_000_000
"""How long a conductor may take to begin."""


def settled(directory: Path) -> tuple[Experiment, ExperimentState, bool]:
    """Read a comparison; one that nobody conducts any more is ended first.

    The third says whether that was found just now.

    Raises:
        OSError: there is none.
        msgspec.MsgspecError: it is damaged.
    """
    # In this order: whoever conducts says how it ended before it lets go.
    conducted = conduct.is_conducted(directory)
    experiment, state = conduct.load(directory)
    begins = state.pid is None and time.time_ns() - experiment.created < _GRACE_NS
    if state.status != "running" or conducted or begins:
        return experiment, state, False
    over = _end(directory, state)
    return experiment, over, over.text == TEXT


def _end(directory: Path, before: ExperimentState) -> ExperimentState:
    """Say that it is over, and end its runs: parked or alone, nobody else would stop them."""
    try:
        lock = locks.take(directory / conduct.LOCK)
    except OSError:
        return before
    state = before
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        # It may have ended by itself just now.
        state = conduct.load(directory)[1]
        if state.status == "running":
            state = msgspec.structs.replace(state, status="failed", text=TEXT)
            conduct.write_state(directory, state)
            _stop(directory, state)
    os.close(lock)
    return state


def _stop(directory: Path, state: ExperimentState) -> None:
    runs = directory.parent.parent / "runs"
    for run in (*state.runs, state.noise, *state.profiled):
        if run is not None and launch.is_live(runs / run):
            with contextlib.suppress(OSError):
                launch.ask_stop(runs / run, _BY)
