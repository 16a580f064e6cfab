"""One run from its manifest to its summary: what the runner process does.

The runner is expendable: killed, it leaves a worker that goes on by itself
and a directory that tells all but how the worker ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import psutil

from diptych.profiling.records.kinds import Caution, Exited, Launched, Stopping
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.records.writer import JournalWriter
from diptych.profiling.runner import command, locks, outcome, prepare, tree
from diptych.profiling.runner.children import SamplerGuard, TracerGuard
from diptych.profiling.runner.control import ControlReader
from diptych.profiling.runner.disk import DiskGuard
from diptych.profiling.runner.evidence import MemoryEvidence
from diptych.profiling.runner.files import reserve
from diptych.profiling.runner.log_times import LogTimes
from diptych.profiling.runner.output import LogKeeper, limit_from_environment, tail
from diptych.profiling.runner.stopping import SIGNALS, Grace, Stage, Stopper
from diptych.profiling.runner.worker import Worker

_PULSE = 0.2
_RESERVE = 64 << 10
_TRACER_SECONDS = 900.0


def supervise(
    directory: Path,
    request: RunRequest,
    *,
    on_ready: Callable[[], None],
    on_finish: Callable[[Path], object],
    lock: int | None = None,
    grace: Grace | None = None,
    stdin: int | None = None,
) -> outcome.Ending:
    """Run the worker of ``request`` to its end and return how it ended.

    ``on_ready`` is called when the manifest stands, ``on_finish`` last, when
    everything of the run is written. ``lock`` is the descriptor of the runner's
    lock when the launcher has taken it already, ``stdin`` what the worker is to
    read from; it is closed here when the worker has it. Call it in a process of its
    own: it takes over SIGINT and SIGTERM and becomes a subreaper.

    Raises:
        OSError: the directory cannot be written, or another runner has it.
    """
    held = locks.take(RunPaths(directory).runner_lock) if lock is None else lock
    try:
        environment = prepare.worker_environment(request, directory.name, os.environ)
        prepare.write_agent_config(directory, request)
        prepare.write_manifest(directory, request, environment)
        on_ready()
        with _Run(directory, request, environment, grace or Grace(), stdin) as run:
            ending = run.go()
        on_finish(directory)
    finally:
        os.close(held)
    return ending


class _Run:
    """The moving parts of one run."""

    def __init__(
        self,
        directory: Path,
        request: RunRequest,
        environment: dict[str, str],
        grace: Grace,
        stdin: int | None,
    ) -> None:
        self._directory = directory
        self._request = request
        self._environment = environment
        self._grace = grace
        self._stdin = stdin
        self._paths = RunPaths(directory)
        self._journal = JournalWriter(self._paths.runner_journal, "runner")
        _reserve_journal(self._paths.runner_journal)
        own = {**os.environ, tree.TOKEN: directory.name}
        self._sampler: SamplerGuard | None = None
        self._own_environment = own
        self._tracer = TracerGuard(directory, own, self.warn)
        self._disk = DiskGuard(directory, self.warn)
        self._tree = tree.ProcessTree(directory.name, self._helpers)
        self._control = ControlReader(self._paths.control)
        self._stopper = Stopper(grace, self._carry_out, self._refused)
        self._logs: list[LogKeeper] = []
        self._log_times = LogTimes(self._journal, {})
        self._told: set[Path] = set()
        self._timed_out = False
        self._signals = 0
        self._worker: Worker | None = None

    def __enter__(self) -> _Run:
        tree.become_subreaper()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing running, however the run ended."""
        if self._sampler is not None:
            self._sampler.stop()
        self._tree.signal(signal.SIGKILL)
        self._journal.close()

    def warn(self, code: str, text: str) -> None:
        """Record something that the user should know."""
        self._journal.write(Caution, code=code, text=text)

    def go(self) -> outcome.Ending:
        """Launch, watch, clean up."""
        limit = limit_from_environment()
        out, err = (LogKeeper(p, limit) for p in (self._paths.stdout, self._paths.stderr))
        self._logs = [out, err]
        self._log_times = LogTimes(self._journal, {"stdout": out, "stderr": err})
        evidence = MemoryEvidence()
        argv = command.worker_argv(self._request, self._paths.agent_config)
        cwd = self._request.cwd or str(self._directory)
        try:
            worker = Worker(
                argv,
                cwd=cwd,
                env=self._environment,
                stdout=out.descriptor,
                stderr=err.descriptor,
                stdin=self._stdin,
            )
        except OSError as error:
            return self._record(outcome.not_started(error, self._request.python, cwd))
        finally:
            self._close_stdin()
        self._worker = worker
        self._journal.write(Launched, pid=worker.pid, rank=0, argv=tuple(argv))
        returncode = self._watch(worker)
        self._disk.look()
        ending = self._record(self._describe(returncode, evidence))
        self._clean_up()
        return ending

    def _close_stdin(self) -> None:
        """Let go of it: whoever writes into that pipe learns when the worker is gone."""
        if self._stdin is not None:
            os.close(self._stdin)
            self._stdin = None

    def _watch(self, worker: Worker) -> int:
        request = self._request
        limit = None if request.timeout is None else time.monotonic() + request.timeout
        self._sampler = SamplerGuard(
            self._directory, worker.pid, request.sample_hz, self._own_environment, self.warn
        )
        if request.schedule is not None:
            self._tracer.want()
        while True:
            now = time.monotonic()
            self._sampler.look(now)
            self._tracer.look()
            self._obey(now)
            if limit is not None and now >= limit and not self._stopper.active:
                self._timed_out = True
                self._stopper.ask("the time limit was up", "the time limit", now)
            self._stopper.look(now)
            self._look_at_logs()
            self._disk.look()
            self._tree.reap(worker.pid)
            returncode = worker.wait(_PULSE)
            if returncode is not None:
                return returncode

    def _obey(self, now: float) -> None:
        for order in self._control.poll():
            if order["k"] == "stop":
                by = str(order.get("by") or "somebody")[:80]
                self._stopper.ask(f"asked by {by}", by, now, kill=order.get("kill") is True)
            elif order["k"] == "capture":
                self._tracer.want()
        while self._signals:
            self._signals -= 1
            self._stopper.ask("the runner was told to end", "a signal to the runner", now)

    def _carry_out(self, stage: Stage, why: str) -> None:
        self._journal.write(Stopping, stage=stage, why=why)
        if stage == "ask" and self._worker is not None:
            self._worker.signal(signal.SIGINT)
        else:
            self._tree.signal(SIGNALS[stage])

    def _refused(self) -> None:
        self.warn("refuses_to_die", f"SIGKILL did not end {_names(self._tree)}")

    def _describe(self, returncode: int, evidence: MemoryEvidence) -> outcome.Ending:
        by = self._stopper.by if self._stopper.active and not self._timed_out else None
        return outcome.describe(
            returncode,
            stopped=by,
            timeout=self._request.timeout if self._timed_out else None,
            stderr=tail(self._paths.stderr),
            memory=evidence.verdict(self._paths.system_journal) if returncode == -9 else None,
            stacks=_holds_something(self._paths.faults),
        )

    def _record(self, ending: outcome.Ending) -> outcome.Ending:
        self._journal.write(
            Exited,
            rank=0,
            status=ending.status,
            code=ending.code,
            signal=ending.signal,
            text=ending.text,
        )
        return ending

    def _clean_up(self) -> None:
        """Nobody of the tree stays, the tracer finishes, the logs get their last form."""
        self._sweep()
        if self._sampler is not None:
            self._sampler.stop()
        self._look_at_logs(last=True)
        for log in self._logs:
            log.finish()
        self._log_times.look()
        deadline = time.monotonic() + _TRACER_SECONDS

        def going_on() -> bool:
            time.sleep(_PULSE / 4)
            impatient = any(o["k"] == "stop" for o in self._control.poll())
            return time.monotonic() < deadline and not impatient and not self._signals

        self._signals = 0
        self._tracer.finish(going_on)

    def _sweep(self) -> None:
        if self._gone(self._grace.linger):
            return
        if not self._stopper.active:
            self.warn("left_behind", f"the workload left {_names(self._tree)}: ended")
        for number, seconds in ((signal.SIGTERM, 2.0), (signal.SIGKILL, self._grace.kill)):
            self._tree.signal(number)
            if self._gone(seconds, number):
                return
        self._refused()

    def _gone(self, seconds: float, number: signal.Signals | None = None) -> bool:
        """Wait until the tree is empty; repeat SIGKILL against those just forked."""
        deadline = time.monotonic() + seconds
        while True:
            alive = self._tree.find()
            self._tree.reap(-1)
            if not alive:
                return True
            if time.monotonic() >= deadline:
                return False
            if number is signal.SIGKILL:
                self._tree.signal(number)
            time.sleep(0.02)

    def _look_at_logs(self, *, last: bool = False) -> None:
        for log in self._logs:
            log.look()
        self._log_times.look(last=last)
        for log in self._logs:
            if log.left_out and log.path not in self._told:
                self._told.add(log.path)
                self.warn(
                    "output_capped",
                    f"{log.path.name} outgrew its limit: "
                    "its beginning and its latest part are kept",
                )

    def _helpers(self) -> list[int]:
        sampler = self._sampler.pids if self._sampler is not None else []
        return [*sampler, *self._tracer.pids]

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1


def _names(processes: tree.ProcessTree) -> str:
    """Return the living processes of the tree in words."""
    words = []
    for process in processes.find()[:5]:
        with contextlib.suppress(psutil.Error):
            words.append(f"{process.name()} (pid {process.pid}, {process.status()})")
    return ", ".join(words) or "a process"


def _holds_something(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _reserve_journal(path: Path) -> None:
    """Keep room for the records of the end, should the disk be full by then."""
    with contextlib.suppress(OSError), path.open("ab") as file:
        reserve(file.fileno(), 0, _RESERVE)
