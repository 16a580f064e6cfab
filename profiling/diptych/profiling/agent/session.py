"""One run as the agent sees it: probes, steps, windows and journal together."""

from __future__ import annotations

import importlib
import os
import sys
import time
from typing import Any, Dict, List, Optional, Set, Tuple

from .backend import Backend
from .collector import Collector
from .completion import Completions
from .control import Control
from .gate import Gate
from .journal import Journal
from .pieces import Eval, Step
from .probe import SAMPLE, Probe, thread_time
from .side import Entry, Side
from .stepline import format_done, format_step
from .windowing import Windowing

_clock = time.monotonic_ns
CLOCK_PERIOD = 1.0
MEMORY_PERIOD = 0.25
_PATIENCE = 1.0
"""Seconds that an ended training waits for the completion of its last steps."""
_MODELS = 8
"""So many models are named; a script that makes a new one per step names no more."""


class Session:
    """Everything the agent knows of the run.

    ``config`` is the object of ``agent.json``; see docs/architecture.md.
    """

    def __init__(self, config: Dict[str, Any], journal: Journal) -> None:
        self.fenced = bool(config.get("fenced"))
        self._wanted = str(config.get("framework") or "auto")
        self.journal = journal
        self.side = Side(journal, self._side_trouble)
        self.side.before_drain = self._gather
        self._collector = Collector(journal)
        self._probes: List[Probe] = []
        self._active: Optional[Probe] = None
        self._backend: Optional[Backend] = None
        self._description: Dict[str, Any] = {}
        self._models = 0
        self._complained: Set[str] = set()
        self._completions = Completions()
        self._outputs: Set[int] = set()
        """Steps of inference that are out: what they wait for is no loss."""
        self._after_eval = False
        self.own = 0
        """What recording a step last cost the training thread, ns of its processor time."""
        self._per_call = 0.0
        self._polling = Entry(self._poll, None)
        self._last_memory: Dict[str, Dict[str, Any]] = {}
        self._finished = False
        self.windowing = Windowing(config, journal, self.side, self.warn)
        self.gate = Gate(config, journal)
        self._control = Control(os.path.join(config["dir"], "control.jsonl"), self.capture)

    def start(self) -> None:
        """Begin the periodic tasks."""
        self.side.every(self._tick)
        self.side.every(self._control.look)
        self._collector.start()
        self.side.start()

    # -- frameworks --------------------------------------------------------

    def wants(self, name: str) -> bool:
        """Return whether the framework ``name`` is to be watched."""
        return self._wanted in ("auto", name)

    def attach(self, name: str, framework: Any) -> None:
        """``import name`` has finished: install the hooks of that half."""
        try:
            half = importlib.import_module(".%s_hooks" % name, __package__)
            backend = half.install(framework, self)
        except Exception as error:
            self.warn("hooks", "%s cannot be watched: %s: %s" % (name, type(error).__name__, error))
            return
        self._describe(backend)

    def probe(self, backend: Backend) -> Probe:
        """Return what the hooks of ``backend`` talk to."""
        probe = Probe(self, backend, self.fenced)
        self._probes.append(probe)
        return probe

    def claim(self, probe: Probe) -> bool:
        """Decide whether the calling thread, which has made an event, is the one to watch."""
        if self._finished or (self._active is not None and self._active is not probe):
            return False
        backend = probe.backend
        if self._active is None:
            self._active = probe
            self._backend = backend
            backend.fenced = self.fenced
            backend.report = self.completed
            self._completions = Completions()
            self._per_call = probe.calibrate()
            self.side.every(self._sample_memory)
            self._polling = self.side.every(self._poll, None)
        probe.take()
        if not probe.tracker.next_n:
            self.windowing.boundary(backend, 0)
            self.gate.boundary(backend, 0)
            probe.tracker.start(_clock())
        return True

    def _describe(self, backend: Backend) -> None:
        description = dict(backend.describe())
        if description != self._description:
            self._description = description
            self.journal.emit("framework", description)

    def saw_model(self, name: str, parameters: Optional[int]) -> None:
        """Note a top-level model that was called for the first time."""
        self._models += 1
        if self._models <= _MODELS:
            self.journal.emit("model", {"name": name, "parameters": parameters})

    # -- steps -------------------------------------------------------------

    def limit(self) -> int:
        """Return the step before which a window or a turn may begin or end; training thread."""
        return min(self.windowing.next_due(), self.gate.next_due)

    def waiting(self) -> int:
        """Return how many captures wait for their window."""
        return self.windowing.waiting

    def queued(self, token: object) -> None:
        """Have the side thread play what a probe has queued; training thread."""
        if not self.journal.awake:
            self.journal.rouse()
        if token is not None:
            self.side.again(self._polling)

    def record(self, probe: Probe) -> None:
        """Record what the tracker of ``probe`` has closed; the thread that has the tracker."""
        closed = probe.tracker.closed
        try:
            for item in closed:
                if isinstance(item, Eval):
                    self._eval(item)
                else:
                    self._step(probe.backend, item)
        except Exception as error:
            self.trouble("step", error)
        closed.clear()

    def closed(self, probe: Probe) -> None:
        """Record what the tracker has closed and see to windows; training thread, at a boundary."""
        tracker = probe.tracker
        measured = tracker.next_n % SAMPLE == 0
        began = thread_time() if measured else 0
        self.record(probe)
        try:
            waited = self.windowing.boundary(probe.backend, tracker.next_n)
            waited = self.gate.boundary(probe.backend, tracker.next_n) or waited
        except Exception as error:
            self.trouble("step", error)
            waited = False
        if waited:
            tracker.start(_clock())
        elif measured:
            self.own = thread_time() - began

    def capture(self, steps: int, options: Tuple[str, ...]) -> None:
        """Profile the next ``steps`` steps; any thread."""
        self.windowing.request(steps, options)
        if self._active is not None:
            self._active.limit = 0

    def _gather(self) -> None:
        self._replay()
        self._collector.write()

    def _replay(self) -> None:
        if self._active is not None:
            self._active.replay()

    def _eval(self, item: Eval) -> None:
        fields = {"t0": item.t0, "batches": item.batches, "samples": item.samples}
        self.journal.emit("eval", fields, item.end)
        self._after_eval = True

    def _step(self, backend: Backend, step: Step) -> None:
        if step.n == 0:
            step.warm = True
            self._describe(backend)
        end = step.end + step.fence
        token = step.token
        completed, ruler = None, None
        if self.fenced:
            completed, ruler = end - step.t0, "fence"
        elif token is None:
            completed, ruler = step.end - step.t0, "sync"
        cost = self.own + int(step.calls * self._per_call)
        window = self.windowing.active
        step.warm = step.warm or self.windowing.warming
        self.windowing.ended(step.n, step.t0, step.end)
        self.journal.put(step.end, format_step, (step, window, completed, ruler, cost))
        if completed is None:
            self._follow(backend, step, token)

    def _follow(self, backend: Backend, step: Step, token: object) -> None:
        self._completions.expect(step.n, step.t0, blind=self._after_eval)
        self._after_eval = False
        step.token = None
        if step.infer:
            self._outputs.add(step.n)
        if backend.follow(step.n, token):
            self.side.again(self._polling)
        else:
            self._completions.forget(step.n)
            self._outputs.discard(step.n)

    def completed(self, n: int, at: int, loss: Optional[float]) -> None:
        """Record that step ``n`` is complete since ``at``; called by backends, any thread."""
        backend = self._backend
        taken = self._completions.done(n, at)
        if n in self._outputs:
            self._outputs.discard(n)
            loss = None
        if backend is not None and taken is not None:
            self.journal.put(at, format_done, (n, taken, backend.ruler, loss))

    # -- side thread -------------------------------------------------------

    def _tick(self) -> float:
        boot = getattr(time, "CLOCK_BOOTTIME", None)
        t = _clock()
        fields = {
            "boot": None if boot is None else time.clock_gettime_ns(boot),
            "real": time.time_ns(),
        }
        self.journal.emit("clock", fields, t)
        return CLOCK_PERIOD

    def _poll(self) -> Optional[float]:
        if self._backend is None:
            return None
        try:
            self._replay()  # what it looks for must be known
            return self._backend.poll()
        except Exception as error:
            self.trouble("completion", error)
            return 1.0

    def _sample_memory(self) -> Optional[float]:
        if self._backend is None:
            return None
        for sample in self._backend.memory():
            device = str(sample["device"])
            known = any(sample.get(name) is not None for name in ("allocated", "reserved", "peak"))
            # Where nothing can be known, saying so once is enough.
            if known or self._last_memory.get(device) != sample:
                self._last_memory[device] = sample
                self.journal.emit("mem", sample)
        return MEMORY_PERIOD

    # -- trouble and end ---------------------------------------------------

    def warn(self, code: str, text: str) -> None:
        """Write a ``warning`` record."""
        self.journal.emit("warning", {"code": code, "text": text})

    def trouble(self, where: str, error: Exception) -> None:
        """Say, once per place, that the agent itself failed, and go on."""
        if where not in self._complained:
            self._complained.add(where)
            self.warn("agent", "%s: %s: %s" % (where, type(error).__name__, error))

    def _side_trouble(self, error: Exception) -> None:
        self.trouble("side thread", error)

    def finish(self) -> None:
        """Let go of what is held, close what is open: the training is over. Never raises."""
        if self._finished:
            return
        self._finished = True
        probe, backend = self._active, self._backend
        for each in self._probes:
            each.shut()
        if probe is None or backend is None:
            return
        try:
            probe.slow_down()
            probe.tracker.finish()
            self.record(probe)
            self.windowing.finish(backend)
            self.gate.finish(probe.tracker.next_n)
            self._wait_for_device()
            if not self._last_memory:
                self._sample_memory()
            backend.close()
        except Exception as error:
            self.trouble("finish", error)

    def _wait_for_device(self) -> None:
        """Give the last steps a moment to be seen complete (they are, if anything was printed)."""
        deadline = time.monotonic() + _PATIENCE
        while self._completions.outstanding and time.monotonic() < deadline:
            time.sleep(0.002)

    def close(self) -> None:
        """Write everything and let go of the journal; the last thing at exit."""
        self.finish()
        self._collector.stop()
        if self.side.stop(1.0):
            self._collector.write()
            self.journal.close()

    def before_fork(self) -> None:
        """Have no thread while a process forks: Python warns of it, rightly."""
        self.side.pause()

    def after_fork(self) -> None:
        """Go on in the parent: at once, or, where Python counts threads now, soon."""
        if sys.version_info < (3, 12):
            self.side.wake()

    def abandon(self) -> None:
        """In a forked child: be nobody, hold nothing."""
        self._finished = True
        self._collector.stop()
        for probe in self._probes:
            probe.shut()
        self.side.abandon()
        self.journal.abandon()
