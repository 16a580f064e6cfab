"""A loss that becomes NaN is marked, named, and told from one that is not known."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot
from tests.gui.live_helpers import showing
from tests.helpers.fake_run import LiveRun

from diptych.gui.plots.series import Series
from diptych.gui.theme.tokens import DARK
from diptych.gui.views.details_facts import cautions
from diptych.gui.views.live import LiveView
from diptych.gui.views.live_series import Shown, all_series
from diptych.profiling.records import kinds
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot


def nan_run(tmp_path: Path, *, first: int, steps: int = 120) -> Path:
    """Return a run whose loss is infinite at step 40, NaN once at 60, and from ``first`` on."""
    with LiveRun(tmp_path, total_steps=steps) as run:
        odd = {40: "inf", 60: "nan", **dict.fromkeys(range(first, steps), "nan")}
        whole = run.worker.put

        def put(kind: type, t: int, **fields: object) -> None:
            if kind is kinds.Step and fields["n"] in odd:
                fields |= {"loss": None, "loss_is": odd[int(str(fields["n"]))]}
            elif kind is kinds.Step and fields["n"] == 50:
                fields["loss"] = None
            whole(kind, t, **fields)

        run.worker.put = put  # type: ignore[method-assign] # what the agent would have written
        run.step(steps)
        return run.finish()


def read(directory: Path) -> RunSnapshot:
    with RunSession(directory) as session:
        return session.drain()


def loss(snapshot: RunSnapshot) -> Series:
    shown = Shown(snapshot, "run", "#888888", "dot")
    (found,) = all_series([shown], DARK)["loss"]
    return found


def test_the_plot_marks_what_is_no_number(tmp_path: Path) -> None:
    snapshot = read(nan_run(tmp_path, first=90))
    found = loss(snapshot)
    rows = [int(np.searchsorted(found.t, t)) for t, _ in found.odd]
    assert dict(zip(rows, [what for _, what in found.odd], strict=True)) == {
        40: "+∞",
        60: "NaN",
        90: "NaN",
    }
    assert math.isnan(snapshot.steps.loss[50])
    assert found.lost == (int(found.t[90]), "loss is NaN since step 90")


def test_a_loss_that_was_never_a_number_has_its_plot_too(tmp_path: Path) -> None:
    found = loss(read(nan_run(tmp_path, first=0)))
    assert found.lost is not None
    assert found.lost[1] == "loss is NaN since step 0"


def test_the_window_paints_and_says_it(qtbot: QtBot, tmp_path: Path) -> None:
    directory = nan_run(tmp_path, first=90)
    with showing(qtbot, LiveView, [directory]) as view:
        row = view.rows["loss"]
        qtbot.waitUntil(row.isVisible)
        qtbot.waitUntil(lambda: any(r.lost for r in row.charts[0].readings(None)))
        (reading,) = row.charts[0].readings(None)
        assert math.isnan(reading.value)
        assert reading.lost == "loss is NaN since step 90"
        qtbot.waitUntil(lambda: "NaN" in view.rows["loss"].legend.accessibleName())
        picture = view.grab()
        if os.environ.get("DIPTYCH_PICTURES"):
            picture.save(f"{os.environ['DIPTYCH_PICTURES']}/nan.png")
    assert not picture.isNull()
    told = {found.text: found.cure for found in cautions(read(directory))}
    assert "learning rate" in told["the loss is NaN since step 90"]
