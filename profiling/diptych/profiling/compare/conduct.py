"""Carries a comparison out: parity, the race, profiled runs; says at each moment where it stands.

A comparison is a folder ``comparisons/<id>`` of Diptych's home; its runs are
runs like all others, tied together by their ``pair``. Whoever conducts holds
``conductor.lock``: without a holder a comparison that is not over was
interrupted, and its sides have gone on alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from diptych.profiling.compare.families import WHOLE_NAMES
from diptych.profiling.compare.lane import Lane
from diptych.profiling.compare.parity import write_drifted
from diptych.profiling.compare.race import (
    LONGEST,
    CancelledError,
    EndedError,
    Plan,
    Progress,
    Race,
    RaceError,
    Racer,
)
from diptych.profiling.records.experiment import Experiment, ExperimentState, ParityRuns, SideSpec
from diptych.profiling.records.layout import new_run_id
from diptych.profiling.records.manifest import RunRequest, Schedule
from diptych.profiling.runner import home as places
from diptych.profiling.runner import launch, locks
from diptych.profiling.runner.files import write_atomically
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunState

EXPERIMENT, STATE, LOCK = "comparison.json", "state.json", "conductor.lock"
CANCEL = "cancel"
"""A file of this name in the folder of a comparison ends it."""
PARITY_STEPS = 24
_WINDOW = Schedule(skip=6, warmup=1, active=5)
_PROFILED_STEPS = 13
_LOOK = 0.2
_PATIENCE = 10.0
"""Seconds that a run which is being started is waited for, to be told to stop."""

Cancelled = Callable[[], bool]
Changed = Callable[[ExperimentState], None]


def comparisons_dir(home: Path | None = None) -> Path:
    """Return the folder of comparisons."""
    return (home or places.home()) / "comparisons"


def new_id(sides: Sequence[SideSpec]) -> str:
    """Return an id for a comparison of these sides."""
    first = sides[0].request
    subject = first.workload or Path(first.script or "run").stem
    return new_run_id("compare", subject, datetime.now().astimezone())


def create(experiment: Experiment, home: Path | None = None) -> Path:
    """Write down what is to be compared; returns its folder.

    Raises:
        OSError: it cannot be written.
    """
    directory = comparisons_dir(home) / experiment.id
    directory.mkdir(parents=True, mode=0o700)
    write_atomically(directory / EXPERIMENT, msgspec.json.encode(experiment))
    write_state(directory, ExperimentState(runs=(None,) * len(experiment.sides)))
    return directory


def load(directory: Path) -> tuple[Experiment, ExperimentState]:
    """Read a comparison.

    Raises:
        OSError: there is none.
        msgspec.MsgspecError: it is damaged.
    """
    experiment = msgspec.json.decode((directory / EXPERIMENT).read_bytes(), type=Experiment)
    state = msgspec.json.decode((directory / STATE).read_bytes(), type=ExperimentState)
    return experiment, state


def is_conducted(directory: Path) -> bool:
    """Say whether somebody carries the comparison out now."""
    return locks.is_held(directory / LOCK)


def write_state(directory: Path, state: ExperimentState) -> None:
    """Put a state on disk."""
    write_atomically(directory / STATE, msgspec.json.encode(state))


def conduct(
    directory: Path,
    changed: Changed = lambda _: None,
    cancelled: Cancelled = lambda: False,
) -> ExperimentState:
    """Carry a comparison out, to its end; returns how it ended.

    ``changed`` is called at every piece of progress; ``cancelled`` is asked, and
    `ask_cancel` obeyed, several times a second.

    Raises:
        OSError: the comparison cannot be read or written, or somebody conducts it already.
    """
    lock = locks.take(directory / LOCK)
    try:
        return _Conductor(directory, changed, cancelled).go()
    finally:
        os.close(lock)


class _Conductor:
    def __init__(self, directory: Path, changed: Changed, cancelled: Cancelled) -> None:
        self._directory = directory
        self._home = directory.parent.parent
        self._experiment, self._state = load(directory)
        self._changed = changed
        self._cancelled: Cancelled = lambda: cancelled() or (directory / CANCEL).exists()
        self._started: list[Path] = []
        self._lanes: list[Lane] = []
        self._note = ""
        self._plan = Plan(self._experiment.rounds, self._experiment.turn, self._experiment.warm)

    def go(self) -> ExperimentState:
        self._set(status="running", pid=os.getpid())
        try:
            if self._experiment.parity:
                self._parity()
            if self._experiment.order == "turns":
                self._race()
            else:
                self._sequence()
            if self._experiment.why:
                self._profile()
        except CancelledError:
            self._stop("the comparison was cancelled")
            self._set(status="cancelled", text="it was cancelled")
        except (RaceError, launch.LaunchError) as error:
            self._stop("the comparison failed")
            self._set(status="failed", text=str(error))
        except BaseException as error:
            # Whatever it was: no side is left parked, or running for nobody.
            self._stop("the comparison failed")
            with contextlib.suppress(OSError):
                self._set(status="failed", text=f"{type(error).__name__}: {error}")
            raise
        else:
            self._set(status="done", stage="done", text=self._note)
        finally:
            # After the runs were asked to stop: a side that is let go makes steps again.
            self._close_lanes()
        return self._state

    def _set(self, **fields: object) -> None:
        self._state = msgspec.structs.replace(self._state, **fields)
        write_state(self._directory, self._state)
        self._changed(self._state)

    # -- runs ----------------------------------------------------------------------

    def _start(self, request: RunRequest, home: Path | None = None) -> Path:
        if self._cancelled():
            raise CancelledError
        run = launch.new_run(request)
        # Known before it is there: no interruption leaves a run that nobody stops.
        self._started.append(places.runs_dir(home or self._home).absolute() / run)
        return launch.start(request, home=home or self._home, run=run)

    def _to_its_end(self, directory: Path, *, once_traced: bool = False) -> None:
        """Wait until a run is over; ``once_traced`` ends it when its window is on disk."""
        while launch.is_live(directory):
            if self._cancelled():
                raise CancelledError
            if once_traced and any((directory / "traces").glob("*.json.gz")):
                launch.ask_stop(directory, "the comparison, which has its operators")
                once_traced = False
            time.sleep(_LOOK)

    def _stop(self, by: str) -> None:
        for directory in self._started:
            deadline = time.monotonic() + _PATIENCE
            while launch.is_starting(directory) and time.monotonic() < deadline:
                time.sleep(_LOOK)
            if launch.is_live(directory):
                with contextlib.suppress(OSError):
                    launch.ask_stop(directory, by)

    def _steps(self, request: RunRequest) -> str | int | float | bool:
        """Return how many steps a side may make."""
        if self._plan.steps is not None:
            return self._plan.steps
        if self._experiment.order == "turns":
            return Plan(self._plan.rounds, LONGEST, self._plan.warm).steps or 0
        return request.knobs["steps"]

    def _timed(self, side: SideSpec, label: str, **more: object) -> RunRequest:
        request = side.request
        knobs = dict(request.knobs)
        if request.workload:
            knobs["steps"] = self._steps(request)
        return msgspec.structs.replace(
            request, knobs=knobs, schedule=None, pair=self._experiment.id, name=label, **more
        )

    def _labelled(self) -> list[tuple[SideSpec, str]]:
        sides = [(side, side.label) for side in self._experiment.sides]
        if self._experiment.noise:
            first = self._experiment.sides[0]
            sides.insert(1, (first, f"{first.label} again"))
        return sides

    def _set_runs(self, runs: Sequence[Path | None], **fields: object) -> None:
        ids = [None if run is None else run.name for run in runs]
        noise = ids.pop(1) if self._experiment.noise and len(ids) > 1 else None
        sides = len(self._experiment.sides)
        self._set(runs=tuple([*ids, *[None] * sides][:sides]), noise=noise, **fields)

    # -- the race ------------------------------------------------------------------

    def _race(self) -> None:
        sides = self._labelled()
        self._open_lanes(len(sides))
        racers: list[Racer] = []
        for (side, label), lane in zip(sides, self._lanes, strict=True):
            self._set_runs([r.directory for r in racers], stage="starting", text=label,
                           done=len(racers), total=len(sides))  # fmt: skip
            request = self._timed(side, label, gate=str(lane.folder))
            racers.append(Racer(label, self._start(request), lane))
        self._set_runs([r.directory for r in racers], stage="race", text="", done=0)
        running = Race(racers, self._plan, self._say, self._cancelled)
        try:
            turn = running.warm_up()
            self._set(turn=turn)
            running.run(turn)
        except EndedError as ended:
            self._note = self._accepted(ended)
        if self._ends_by_itself() and not self._note:
            running.free()
        else:
            # They end parked: nobody makes a step that would belong to no turn.
            self._stop("the comparison, which has all its turns")
        for racer in racers:
            self._to_its_end(racer.directory)
        self._close_lanes()

    def _ends_by_itself(self) -> bool:
        """Say whether every side has made its last step when the turns are over."""
        workloads = all(side.request.workload for side in self._experiment.sides)
        return workloads and self._plan.steps is not None

    def _accepted(self, ended: EndedError) -> str:
        """Say how the race ended where a script has no more steps; else it has failed."""
        state, text = _ending(ended.racer.directory)
        if state is not RunState.DONE or not ended.rounds:
            raise RaceError(f"{ended}: {text}") from None
        rounds = f"{ended.rounds} of {self._plan.rounds} rounds"
        return f"{ended.racer.label} made its last step after {rounds}"

    def _open_lanes(self, count: int) -> None:
        folder = self._directory / "lanes"
        shutil.rmtree(folder, ignore_errors=True)
        ends = not self._ends_by_itself()
        for number in range(count):
            self._lanes.append(Lane(folder / str(number), ends=ends))

    def _close_lanes(self) -> None:
        while self._lanes:
            self._lanes.pop().close()
        shutil.rmtree(self._directory / "lanes", ignore_errors=True)

    def _say(self, progress: Progress) -> None:
        self._set(stage="race", text=progress.label, done=progress.done, total=progress.total)

    def _sequence(self) -> None:
        runs: list[Path | None] = []
        sides = self._labelled()
        for side, label in sides:
            self._set_runs(runs, stage="race", text=label, done=len(runs), total=len(sides))
            runs.append(self._start(self._timed(side, label)))
            self._set_runs(runs)
            self._to_its_end(self._started[-1])
            state, why = _ending(self._started[-1])
            if state is not RunState.DONE:
                raise RaceError(f"{label} {state.value}: {why}")

    # -- apart from the steps that are timed -----------------------------------------

    def _profile(self) -> None:
        """Run each side once more under its profiler, with every operator under its own name."""
        found: list[str | None] = []
        sides = self._experiment.sides
        for side in sides:
            self._set(stage="profile", text=side.label, done=len(found), total=len(sides))
            request = side.request
            knobs = {**request.knobs, "steps": _PROFILED_STEPS} if request.workload else {}
            request = msgspec.structs.replace(
                request,
                knobs=knobs,
                env={**WHOLE_NAMES.get(request.framework, {}), **request.env},
                schedule=_WINDOW,
                pair=self._experiment.id,
                name=f"{side.label}, operators",
            )
            directory = self._start(request)
            self._to_its_end(directory, once_traced=not request.workload)
            found.append(directory.name)
            self._set(profiled=tuple(found), done=len(found))

    # -- parity --------------------------------------------------------------------

    def _parity(self) -> None:
        sides = self._experiment.sides
        if not all(side.request.workload for side in sides):
            self._set(parity_text="scripts of your own cannot be given the same weights")
            return
        folder = self._directory / "parity"
        folder.mkdir(mode=0o700, exist_ok=True)
        start, other = folder / "start.npz", folder / "drifted.npz"
        try:
            self._from_the_same_weights(folder, start, other)
        except BaseException:
            # A run that still lives would write its weights after they were removed.
            self._stop("the comparison, which has ended")
            self._let_end()
            raise
        finally:
            for path in (start, other):
                path.unlink(missing_ok=True)

    def _let_end(self) -> None:
        """Give runs that were asked to stop a while to end."""
        deadline = time.monotonic() + _PATIENCE
        while any(map(launch.is_live, self._started)) and time.monotonic() < deadline:
            time.sleep(_LOOK)

    def _from_the_same_weights(self, folder: Path, start: Path, other: Path) -> None:
        sides = self._experiment.sides
        done: list[str] = []
        total = len(sides) + 1
        for side in sides:
            self._set(stage="parity", text=side.label, done=len(done), total=total)
            option = "--init-from" if done else "--save-init"
            done.append(self._same_weights(side, folder, option, start))
        self._set(text=f"{sides[0].label}, other last bits", done=len(sides))
        write_drifted(start, other)
        drifted = self._same_weights(sides[0], folder, "--init-from", other)
        self._set(parity=ParityRuns(runs=tuple(done), drifted=drifted), done=total)

    def _same_weights(self, side: SideSpec, home: Path, option: str, weights: Path) -> str:
        request = msgspec.structs.replace(
            side.request,
            knobs={**side.request.knobs, "steps": PARITY_STEPS},
            args=(option, str(weights)),
            schedule=None,
            fenced=True,
            pair=self._experiment.id,
            name=f"{side.label}, parity",
        )
        directory = self._start(request, home)
        self._to_its_end(directory)
        if not weights.exists():
            raise RaceError(f"{side.label}: its first weights were not written; see {directory}")
        return directory.name


def _ending(directory: Path) -> tuple[RunState, str]:
    """Return how a run that is over ended, and a sentence about it."""
    with RunSession(directory) as session:
        found = session.drain()
    return found.state, found.state_text


def start(directory: Path) -> None:
    """Have a comparison carried out by a process of its own, which outlives this one.

    Raises:
        OSError: it cannot be started.
    """
    with (directory / "conductor.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "diptych.profiling.cli", "_conduct", str(directory)],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )
    # Its end is seen by its lock; this only keeps it from becoming a zombie.
    threading.Thread(target=process.wait, daemon=True).start()


def ask_cancel(directory: Path) -> None:
    """Ask for the end of a comparison and of its runs.

    Raises:
        OSError: it cannot be asked.
    """
    (directory / CANCEL).touch()
