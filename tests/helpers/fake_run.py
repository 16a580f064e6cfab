"""Writes run directories that are valid in every part, without running anything.

``make_run`` writes a whole run at once, ``LiveRun`` one that grows while a
test looks on (its locks are held until ``finish`` or ``kill``). Every number
follows from the seed. GPUs made here are marked as simulated.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import msgspec
import numpy as np
from tests.helpers import fake_parts
from tests.helpers.fake_parts import GIB, MS, VERSIONS, FakeJournal

from diptych.profiling.records import kinds
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import Manifest

_PHASE_SHARE = np.array([0.06, 0.31, 0.46, 0.12, 0.05])


class LiveRun:
    """A run directory that grows step by step.

    ``ms`` is the steady step time, ``warmup`` the number of slow first steps.
    ``t0`` is the start on CLOCK_MONOTONIC (default: now). With ``done_later``
    completions arrive as ``done`` records a step later, as with CUDA or MXNet.
    ``lock`` holds the runner's and the worker's lock as the real ones do.
    """

    def __init__(
        self,
        root: Path,
        *,
        framework: Literal["torch", "mxnet"] = "torch",
        workload: str = "resnet18",
        total_steps: int = 200,
        gpu: bool = False,
        seed: int = 0,
        ms: float = 12.0,
        warmup: int = 3,
        batch: int = 32,
        done_later: bool | None = None,
        created: int | None = None,
        t0: int | None = None,
        name: str | None = None,
        run_id: str | None = None,
        lock: bool = True,
        pair: str | None = None,
    ) -> None:
        self.framework, self.workload, self.total_steps = framework, workload, total_steps
        self.gpu, self.ms, self.warmup, self.batch = gpu, ms, warmup, batch
        self.done_later = framework == "mxnet" if done_later is None else done_later
        self.created = time.time_ns() if created is None else created
        self.started = time.monotonic_ns() if t0 is None else t0
        self.pair = pair
        self.now = self.started + 400 * MS
        self.steps = 0
        self.windows = 0
        self._random = np.random.default_rng(seed)
        self._sampled = self.now
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(self.created / 1e9))
        self.id = run_id or f"{stamp}-{framework}-{workload}-{seed:04d}"
        self.paths = RunPaths(root / self.id)
        self._held: dict[str, int] = {}
        self._make_directory(lock)
        self.paths.manifest.write_bytes(msgspec.json.encode(self._manifest(name)))
        self.worker = FakeJournal(self.paths.worker_journal(0), "worker-r0")
        self.system = FakeJournal(self.paths.system_journal, "system")
        self.runner = FakeJournal(self.paths.runner_journal, "runner")
        self.tracer = FakeJournal(self.paths.tracer_journal, "tracer")
        self._begin()

    @property
    def directory(self) -> Path:
        """The run directory."""
        return self.paths.root

    # -- what a run does --------------------------------------------------------

    def step(self, count: int = 1, *, window: int | None = None) -> None:
        """Take ``count`` steps and the samples that fall into their time."""
        for _ in range(count):
            self._one_step(window)
            while self._sampled + 200 * MS <= self.now:
                self._sampled += 200 * MS
                self._sample(self._sampled)
        self.flush()

    def turn(self, number: int, round_: int, steps: int, at: int | None = None) -> int:
        """Make ``steps`` steps in a turn that is granted at ``at`` ns; return when it is over."""
        begun, first = max(self.now, at or 0), self.steps
        waited, self.now = begun - self.now, begun
        self.step(steps)
        last = self.steps - 1
        self.worker.put(
            kinds.Turn, self.now, number=number, round=round_, first=first, last=last, t0=begun,
            waited=waited,
        )  # fmt: skip
        self.flush()
        return self.now

    def window(self, steps: int = 5, *, origin: str = "schedule") -> int:
        """Profile ``steps`` steps: window, operators and trace; return its number."""
        number, first = self.windows, self.steps
        self.windows += 1
        common = {"id": number, "origin": origin}
        self.worker.put(kinds.Window, self.now, state="open", **common)
        self.worker.put(kinds.Window, self.now, state="active", first=first, **common)
        spans = []
        for _ in range(steps):
            start = self.now
            self.step(window=number)
            spans.append((self.steps - 1, start, self.now))
        self.worker.put(
            kinds.Window,
            self.now + 8 * MS,
            state="captured",
            first=first,
            last=self.steps - 1,
            raw=f"traces/raw/r0-w{number:03d}.json",
            format="kineto" if self.framework == "torch" else "mxnet",
            pause=8 * MS,
            steps=tuple(spans),
            **common,
        )
        self.now += 8 * MS
        self._trace(number, steps, spans)
        self.flush()
        return number

    def warn(self, code: str, text: str) -> None:
        """Let the worker warn."""
        self.worker.put(kinds.Caution, self.now, code=code, text=text)
        self.flush()

    def log(self, text: str, *, error: bool = False) -> None:
        """Append to the worker's output."""
        path = self.paths.stderr if error else self.paths.stdout
        with path.open("a", encoding="utf-8") as file:
            file.write(text)

    def flush(self) -> None:
        """Bring everything to disk."""
        for journal in (self.runner, self.system, self.worker, self.tracer):
            if journal.lines:
                journal.flush()

    def finish(
        self,
        status: Literal["done", "failed", "stopped", "timeout"] = "done",
        *,
        code: int | None = 0,
        signal: str | None = None,
        text: str = "finished",
    ) -> Path:
        """Write how the worker ended and let go of the locks."""
        self.runner.put(
            kinds.Exited,
            self.now + 50 * MS,
            rank=0,
            status=status,
            code=code,
            signal=signal,
            text=text,
        )
        self.flush()
        self.kill()
        return self.directory

    def kill(self) -> None:
        """Let go of the locks without a word, as when everything is killed."""
        for name in tuple(self._held):
            self.drop(name)

    def drop(self, name: str) -> None:
        """Let go of one lock, ``runner`` or ``worker``, as when that process is killed."""
        os.close(self._held.pop(name))

    def __enter__(self) -> LiveRun:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    # -- how it is written --------------------------------------------------------

    def _make_directory(self, lock: bool) -> None:
        for folder in (self.paths.events, self.paths.logs, self.paths.raw_traces):
            folder.mkdir(parents=True, mode=0o700)
        for path in (self.paths.stdout, self.paths.stderr, self.paths.control):
            path.touch()
        locks = {"runner": self.paths.runner_lock, "worker": self.paths.worker_journal(0)}
        for name, path in locks.items():
            path.touch()
            if lock:
                fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._held[name] = fd

    def _manifest(self, name: str | None) -> Manifest:
        return fake_parts.manifest(
            run_id=self.id,
            framework=self.framework,
            workload=self.workload,
            created=self.created,
            started=self.started,
            knobs={"batch": self.batch, "steps": self.total_steps, "device": "cpu"},
            gpu=self.gpu,
            name=name,
            pair=self.pair,
        )

    def _begin(self) -> None:
        started, device = self.started, "cuda:0" if self.gpu else "cpu"
        self.runner.put(
            kinds.Launched, started, pid=4242, rank=0, argv=("python", f"{self.workload}.py")
        )
        version = VERSIONS[self.framework][1]
        self.worker.put(
            kinds.Framework,
            started + 350 * MS,
            name=self.framework,
            version=version,
            device=device,
            threads=8,
        )
        self.worker.put(kinds.Model, started + 390 * MS, name=self.workload, parameters=11_689_512)
        self._begin_system(started)
        self.flush()

    def _begin_system(self, t: int) -> None:
        if not self.gpu:
            self.system.put(kinds.Nvml, t, state="absent", text="no NVIDIA driver was found")
            return
        self.system.put(kinds.Nvml, t, state="ok", text="NVML 12.570")
        self.system.put(
            kinds.GpuInfo,
            t,
            index=0,
            name="Simulated GPU",
            uuid="GPU-0000",
            mem_total=80 * GIB,
            driver="570.1",
            power_limit=700.0,
            simulated=True,
        )

    def _one_step(self, window: int | None) -> None:
        n = self.steps
        warm = n < self.warmup
        slow = (40.0 if n == 0 else 5.0) if warm else (1.25 if window is not None else 1.0)
        completed = int(self.ms * slow * MS * (1 + 0.03 * self._random.standard_normal()))
        dispatched = int(completed * (0.2 if self.done_later else 1.0))
        t0, end = self.now, self.now + dispatched
        phases = (_PHASE_SHARE * dispatched).astype(int)
        phases[-1] += dispatched - phases.sum()
        loss = float(2.3 * np.exp(-n / 120) + 0.02 * self._random.random())
        inline: dict[str, Any] = (
            {} if self.done_later else {"completed": completed, "ruler": "sync", "loss": loss}
        )
        self.worker.put(
            kinds.Step,
            end,
            n=n,
            t0=t0,
            dispatched=dispatched,
            phases=tuple(phases.tolist()),
            samples=self.batch,
            window=window,
            warm=n == 0,
            cost=int(9_000 + 1_000 * self._random.random()),
            **inline,
        )
        if self.done_later:
            ruler = "event" if self.framework == "torch" else "loss"
            self.worker.put(
                kinds.Done, t0 + completed, n=n, completed=completed, ruler=ruler, loss=loss
            )
        self.now = t0 + completed
        self.steps += 1

    def _sample(self, t: int) -> None:
        wave = float(np.sin(t / 3e9))
        noise: Callable[[], float] = self._random.random
        self.worker.put(kinds.Clock, t, boot=t + 5 * MS, real=self.created + t - self.started)
        device = "cuda:0" if self.gpu else "cpu"
        reserved = int((3.1 + 0.1 * wave) * GIB)
        if self.framework == "torch" and self.gpu:
            self.worker.put(
                kinds.Memory,
                t,
                device=device,
                allocated=int((2.4 + 0.3 * wave) * GIB),
                reserved=reserved,
                peak=int(2.8 * GIB),
            )
        else:
            self.worker.put(
                kinds.Memory,
                t,
                device=device,
                reasons=dict.fromkeys(("allocated", "reserved", "peak"), "not_supported"),
            )
        self.system.put(
            kinds.Host,
            t,
            cpu=40 + 10 * wave + 2 * noise(),
            mem_used=int((12 + wave) * GIB),
            mem_total=64 * GIB,
            swap_used=0,
            load1=4.2,
            cores=(41.0, 39.5),
        )
        self.system.put(
            kinds.Process, t, cpu=380 + 60 * noise(), rss=int((1.6 + 0.05 * wave) * GIB), count=3
        )
        if self.gpu:
            self._sample_gpu(t, wave, noise())

    def _sample_gpu(self, t: int, wave: float, noise: float) -> None:
        self.system.put(
            kinds.Gpu,
            t,
            index=0,
            util=92 + 6 * noise,
            mem_used=int((4.5 + 0.1 * wave) * GIB),
            mem_reserved=int(0.6 * GIB),
            power=310 + 40 * noise,
            energy=int((t - self.started) / 1e9 * 320_000),
            temperature=61 + 3 * wave,
            sm_clock=1_755,
            mem_clock=2_619,
            tree_mem=int((3.9 + 0.1 * wave) * GIB),
        )

    def _trace(self, number: int, steps: int, spans: list[tuple[int, int, int]]) -> None:
        span = spans[-1][2] - spans[0][1]
        self.tracer.put(
            kinds.Operators,
            self.now + 200 * MS,
            window=number,
            rank=0,
            steps=steps,
            span=span,
            ops=tuple(fake_parts.operators(self.framework, span, steps, gpu=self.gpu)),
            reasons={} if self.gpu else {"device_total": "not_supported"},
        )
        path = self.paths.trace(0, number)
        data = gzip.compress(json.dumps(fake_parts.chrome(self.framework, spans)).encode())
        path.write_bytes(data)
        self.tracer.put(
            kinds.Trace,
            self.now + 400 * MS,
            window=number,
            rank=0,
            path=str(path.relative_to(self.directory)),
            events=2 * len(spans),
            bytes=len(data),
        )


def make_run(
    root: Path,
    *,
    steps: int = 120,
    window_at: int | None = 20,
    status: Literal["done", "failed", "stopped", "timeout"] | None = "done",
    code: int | None = 0,
    text: str = "finished",
    **options: Any,
) -> Path:
    """Write a whole run below ``root`` and return its directory.

    ``window_at`` is the step at which a window of 5 steps opens (``None``: no
    window). ``status`` ``None`` leaves a run that nobody ended. ``options``
    are those of :class:`LiveRun`.
    """
    options.setdefault("total_steps", steps)
    with LiveRun(root, lock=False, **options) as run:
        if window_at is not None and window_at + 5 <= steps:
            run.step(window_at)
            run.window(5)
            run.step(steps - window_at - 5)
        else:
            run.step(steps)
        if status is None:
            return run.directory
        return run.finish(status, code=code, text=text)
