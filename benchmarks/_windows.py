"""Opens profile windows in a runtime, bare and by the agent; prints one JSON object.

``python -m benchmarks._windows AGENT_FOLDER FRAMEWORK MODE WINDOWS``, where MODE is
``both`` (in turns), ``bare`` or ``agent``. Printed: the pauses of both, in
seconds, and the resident set after each window but the first sixth, in bytes.

The bare side does what a careful user would write. PyTorch: stop, then
``export_chrome_trace`` to plain JSON. MXNet: wait for the engine, set the
state to stop, dump. A window is five steps.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks._overhead import Patches, attach, journal, twin

STEPS = 5
os.environ["KINETO_LOG_LEVEL"] = "99"


class TorchTrial:
    """A small model, and torch.profiler's own cycle: a warm-up step, then those that count."""

    def __init__(self, attach_agent: Callable[[Any], Any] | None) -> None:
        import torch

        torch.set_num_threads(1)
        nn = torch.nn
        self._profiler = torch.profiler
        self._net = nn.Sequential(*[nn.Linear(64, 64) for _ in range(20)], nn.Linear(64, 10))
        self._x, self._y = torch.randn(16, 64), torch.randint(0, 10, (16,))
        self._loss = nn.CrossEntropyLoss()

        self._optimizer = self._bare = twin(torch.optim.SGD)(self._net.parameters(), lr=0.01)
        # The agent leaves the profiler alone where a script uses it: not for the bare side.
        self._watched = Patches([torch.autograd.profiler.profile])
        self.session = attach_agent(torch) if attach_agent else None
        self._watched.learn()
        if self.session is not None:
            self._optimizer = twin(torch.optim.SGD)(self._net.parameters(), lr=0.01)
            self.train(3)

    def train(self, count: int) -> None:
        """Make steps that the agent sees."""
        self._train(self._optimizer, count)

    def _train(self, optimizer: Any, count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad()
            self._loss(self._net(self._x), self._y).backward()
            optimizer.step()

    def bare(self, path: str) -> float:
        """Make a window without the agent; returns its pause."""
        self._watched.use(agent=False)
        profile = self._profiler.profile(activities=[self._profiler.ProfilerActivity.CPU])
        profile.prepare_trace()
        self._train(self._bare, 1)
        profile.start_trace()
        for n in range(STEPS):
            with self._profiler.record_function(f"ProfilerStep#{n}"):
                self._train(self._bare, 1)
        began = time.perf_counter()
        profile.stop_trace()
        profile.export_chrome_trace(path)
        pause = time.perf_counter() - began
        self._watched.use(agent=True)
        return pause


class MxnetTrial:
    """The same model in Gluon, and mx.profiler."""

    def __init__(self, attach_agent: Callable[[Any], Any] | None) -> None:
        import mxnet as mx

        self._mx, nn = mx, mx.gluon.nn
        self._net = nn.HybridSequential()
        for _ in range(20):
            self._net.add(nn.Dense(64, in_units=64))
        self._net.add(nn.Dense(10, in_units=64))
        self._net.initialize()
        self._x, self._y = mx.nd.random.normal(shape=(16, 64)), mx.nd.zeros((16,))
        self._loss = mx.gluon.loss.SoftmaxCrossEntropyLoss()
        # The agent leaves the profiler alone where a script uses it: these are for the bare side.
        self._config, self._state = mx.profiler.set_config, mx.profiler.set_state
        self.session = attach_agent(mx) if attach_agent else None
        parameters = self._net.collect_params()
        self._trainer = mx.gluon.Trainer(parameters, "sgd", {"learning_rate": 0.01}, kvstore=None)
        self.train(3)

    def train(self, count: int) -> None:
        """Make steps."""
        for _ in range(count):
            with self._mx.autograd.record():
                loss = self._loss(self._net(self._x), self._y)
            loss.backward()
            self._trainer.step(16)

    def bare(self, path: str) -> float:
        """Make a window without the agent; returns its pause."""
        self._mx.nd.waitall()
        self._config(
            filename=path,
            continuous_dump=False,
            aggregate_stats=False,
            profile_symbolic=True,
            profile_imperative=True,
            profile_memory=False,
            profile_api=False,
        )
        self._state("run")
        self.train(STEPS)
        began = time.perf_counter()
        self._mx.nd.waitall()
        self._state("stop")
        self._mx.profiler.dump(True)
        return time.perf_counter() - began


def window(trial: Any, folder: str, n: int) -> None:
    """Have the agent make window ``n``, and wait until its file is there."""
    trial.session.capture(STEPS, ())
    trial.train(STEPS + 3)
    raw = Path(folder, "traces", "raw", f"r0-w{n:03d}.json")
    deadline = time.monotonic() + 30
    while not raw.exists():
        if time.monotonic() > deadline:
            raise RuntimeError(f"no window {n}")
        time.sleep(0.002)
    raw.unlink()


def resident() -> int:
    """Return the resident set of this process, bytes."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize()


def main() -> None:
    """Measure and print."""
    agent, name, mode, count = sys.argv[1:]
    bare, memory = [], []
    with tempfile.TemporaryDirectory() as folder:
        kind: Any = {"torch": TorchTrial, "mxnet": MxnetTrial}[name]
        trial = kind(None if mode == "bare" else lambda fw: attach(fw, name, agent, folder))
        for n in range(int(count)):
            if mode != "agent":
                bare.append(trial.bare(f"{folder}/bare.json"))
            if mode != "bare":
                window(trial, folder, n)
            if n >= int(count) // 6:
                memory.append(resident())
        pauses = []
        if trial.session is not None:
            trial.session.close()
            pauses = [r["pause"] / 1e9 for r in journal(folder) if r.get("state") == "captured"]
    print(json.dumps({"bare": bare, "agent": pauses, "memory": memory}))


if __name__ == "__main__":
    main()
