"""Trains in a runtime, with and without the agent in turns; prints one JSON object.

``python -m benchmarks._overhead AGENT_FOLDER FRAMEWORK MODEL SECONDS``

Both arms are one process, one model, one set of parameters: between two
blocks of steps everything that the agent has patched is put back (*plain*) or
in place again (*agent*). A block is at least 0.2 s, so that what the agent
does every 0.04 s, and the wait for the interpreter that it means, lie in the
block that they belong to. What is left of the agent in a plain block are its
sleeping thread and its two hands on the import system.

Of each block, a step: wall time, CPU time of the training thread, and CPU
time of the whole process.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BLOCK = 0.2

Trial = tuple[Any, Callable[[bool], None], Callable[[int], None]]
"""The session, ``use(agent)``, ``train(steps)``."""


class Patches:
    """What the agent has changed in ``owners``, to be undone and done again."""

    def __init__(self, owners: list[Any]) -> None:
        self._owners = owners
        self._before = [dict(vars(owner)) for owner in owners]
        # The agent exchanges the code of a function where it can.
        functions = [f for vars_ in self._before for f in vars_.values() if callable(f)]
        self._codes = [(f, f.__code__) for f in functions if hasattr(f, "__code__")]
        self._changes: list[tuple[Any, str, Any, Any]] = []

    def learn(self) -> None:
        """Compare with what was there when this object was made."""
        for owner, before in zip(self._owners, self._before, strict=True):
            for name, value in vars(owner).items():
                if name in before and before[name] is not value:
                    self._changes.append((owner, name, before[name], value))
        for function, code in self._codes:
            if function.__code__ is not code:
                self._changes.append((function, "__code__", code, function.__code__))

    def use(self, agent: bool) -> None:
        """Put the agent's functions in place, or the framework's own."""
        for owner, name, plain, patched in self._changes:
            setattr(owner, name, patched if agent else plain)


def attach(framework: Any, name: str, agent: str, folder: str) -> Any:
    """Start the agent in this process."""
    package = type(sys)("_diptych_agent")
    package.__path__ = [agent]
    sys.modules["_diptych_agent"] = package
    from _diptych_agent.journal import Journal  # type: ignore[import-not-found]
    from _diptych_agent.session import Session  # type: ignore[import-not-found]

    session = Session({"dir": folder, "framework": name}, Journal(f"{folder}/j", "worker-r0"))
    session.start()
    session.attach(name, framework)
    return session


def journal(folder: str) -> list[dict[str, Any]]:
    """Return the records that the agent has written whole."""
    lines = Path(folder, "j").read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def twin(kind: Any) -> Any:
    """Return a class like ``kind``: a class of optimizers is wrapped when its first one is made."""
    return type("Twin", (kind,), {"step": lambda self, closure=None: kind.step(self, closure)})


def torch_small(torch: Any) -> tuple[Any, Any]:
    """Nine modules, batch 256: about a millisecond a step."""
    nn = torch.nn
    layers = [layer for _ in range(4) for layer in (nn.Linear(96, 96), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(96, 10)), torch.randn(256, 96)


def torch_resnet(torch: Any) -> tuple[Any, Any]:
    """ResNet-18's 68 modules, narrow, on small pictures."""
    nn = torch.nn

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, a: int, b: int, stride: int) -> None:
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b)
            self.conv2, self.bn2 = nn.Conv2d(b, b, 3, 1, 1, bias=False), nn.BatchNorm2d(b)
            self.relu = nn.ReLU()
            self.down = nn.Conv2d(a, b, 1, stride) if a != b else nn.Identity()

        def forward(self, x: Any) -> Any:
            y = self.relu(self.bn1(self.conv1(x)))
            return self.relu(self.bn2(self.conv2(y)) + self.down(x))

    widths = [16, 16, 16, 32, 32, 64, 64, 128, 128]
    body = [Block(a, b, 1 if a == b else 2) for a, b in itertools.pairwise(widths)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10)]
    stem = [nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU()]
    return nn.Sequential(*stem, *body, *head), torch.randn(8, 3, 32, 32)


def torch_trial(model: str, agent: str, folder: str) -> Trial:
    """Make a trial; the agent is attached when this returns."""
    import torch

    torch.set_num_threads(1)
    nn = torch.nn
    net, x = {"small": torch_small, "resnet18": torch_resnet}[model](torch)
    y = torch.randint(0, 10, (len(x),))
    criterion = nn.CrossEntropyLoss()
    patches = Patches([nn.Module, torch.autograd, torch.optim.Optimizer])

    optimizers = [twin(torch.optim.SGD)(net.parameters(), lr=0.01)]
    session = attach(torch, "torch", agent, folder)
    patches.learn()
    optimizers.append(twin(torch.optim.SGD)(net.parameters(), lr=0.01))
    optimizer = optimizers[0]

    def use(agent: bool) -> None:
        nonlocal optimizer
        optimizer = optimizers[agent]
        patches.use(agent)

    def train(steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            optimizer.step()

    return session, use, train


def mxnet_small(mx: Any) -> tuple[Any, Any]:
    """Ten blocks, batch 64: about a millisecond a step."""
    nn = mx.gluon.nn
    net = nn.HybridSequential()
    for _ in range(4):
        net.add(nn.Dense(96, activation="relu", in_units=96))
    net.add(nn.Dense(10, in_units=96))
    return net, mx.nd.random.normal(shape=(64, 96))


def mxnet_resnet(mx: Any) -> tuple[Any, Any]:
    """ResNet-18 of the model zoo, on small pictures."""
    net = mx.gluon.model_zoo.vision.resnet18_v1(classes=10, thumbnail=True)
    return net, mx.nd.random.normal(shape=(2, 3, 32, 32))


def mxnet_trial(model: str, agent: str, folder: str) -> Trial:
    """Make a trial; the agent is attached when this returns."""
    import mxnet as mx

    gluon = mx.gluon
    net, x = {"small": mxnet_small, "resnet18": mxnet_resnet}[model](mx)
    net.initialize()
    y = mx.nd.zeros((len(x),))
    criterion = gluon.loss.SoftmaxCrossEntropyLoss()
    owners = [gluon.Block, gluon.HybridBlock, mx.nd.NDArray, mx.autograd, gluon.Trainer]
    patches = Patches([*owners, mx.optimizer.Updater])
    session = attach(mx, "mxnet", agent, folder)
    patches.learn()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01}, kvstore=None)
    batch = len(x)

    def train(steps: int) -> None:
        for _ in range(steps):
            with mx.autograd.record():
                loss = criterion(net(x), y)
            loss.backward()
            trainer.step(batch)
        mx.nd.waitall()

    return session, patches.use, train


def measure(use: Any, train: Any, seconds: float) -> dict[str, Any]:
    """Return, for each arm, of each block (wall, thread CPU, process CPU) ns a step."""
    for agent in (False, True):
        use(agent)
        train(20)
    use(False)
    began = time.perf_counter()
    train(20)
    steps = max(5, int(BLOCK / ((time.perf_counter() - began) / 20)))
    result: dict[str, Any] = {"steps": steps, "plain": [], "agent": []}
    clocks = (time.perf_counter_ns, time.thread_time_ns, time.process_time_ns)
    end, turn = time.perf_counter() + seconds, 0
    while time.perf_counter() < end or turn % 2:
        # plain agent agent plain ...: a drift of the machine favours neither.
        agent = turn % 4 in (1, 2)
        use(agent)
        before = [clock() for clock in clocks]
        train(steps)
        spent = [(clock() - was) / steps for clock, was in zip(clocks, before, strict=True)]
        result["agent" if agent else "plain"].append(spent)
        turn += 1
    return result


def main() -> None:
    """Measure and print."""
    agent, name, model, seconds = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        trial = {"torch": torch_trial, "mxnet": mxnet_trial}[name]
        session, use, train = trial(model, agent, folder)
        result = measure(use, train, float(seconds))
        use(True)
        session.close()
        expected = result["steps"] * len(result["agent"]) + 20
        records = journal(folder)
        steps = [record for record in records if record["k"] == "step"]
        assert len(steps) == expected, f"{len(steps)} steps, not {expected}"
        result["cost"] = [record["cost"] for record in steps[20:]]
    print(json.dumps(result))


if __name__ == "__main__":
    main()
