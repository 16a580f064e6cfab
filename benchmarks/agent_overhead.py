"""What the agent adds to a step when no window is open.

Two processes train the same model, A without the agent and B under it, turn
by turn: the other one sleeps meanwhile, so both meet the same machine. The
figure is the median, over all turns, of the difference of the turns' medians.
Run by ``make bench``, or by itself.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from diptych.profiling.runner.home import runtimes_dir

ROOT = Path(__file__).resolve().parents[1]
AGENT = ROOT / "profiling/diptych/profiling/agent"
Figure = tuple[str, float, str]

WORKER = """
import os, statistics, sys, time
sys.path.insert(0, os.path.dirname(sys.argv[1]))
package = type(sys)("_diptych_agent"); package.__path__ = [sys.argv[1]]
sys.modules["_diptych_agent"] = package
import torch
from torch import nn
torch.set_num_threads(1)

def small():
    # Nine modules, batch 256: about a millisecond.
    layers = [nn.Linear(96, 96), nn.ReLU()] * 4 + [nn.Linear(96, 10)]
    return nn.Sequential(*layers), torch.randn(256, 96), 10

class Block(nn.Module):
    def __init__(self, a, b, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(a, b, 3, stride, 1, bias=False); self.bn1 = nn.BatchNorm2d(b)
        self.conv2 = nn.Conv2d(b, b, 3, 1, 1, bias=False); self.bn2 = nn.BatchNorm2d(b)
        self.relu = nn.ReLU()
        self.down = nn.Conv2d(a, b, 1, stride) if a != b else nn.Identity()
    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(y)) + self.down(x))

def resnet():
    widths = [(16, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1),
              (32, 64, 2), (64, 64, 1), (64, 128, 2), (128, 128, 1)]
    body = [Block(*w) for w in widths]
    net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), *body,
                        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))
    return net, torch.randn(8, 3, 32, 32), 10

model, x, classes = {"small": small, "resnet": resnet}[sys.argv[3]]()
y = torch.randint(0, classes, (len(x),))
criterion = nn.CrossEntropyLoss()
steps = int(sys.argv[4])
session = None
if sys.argv[5] == "agent":
    from _diptych_agent.journal import Journal
    from _diptych_agent.session import Session
    config = {"dir": sys.argv[2], "framework": "torch"}
    session = Session(config, Journal(os.path.join(sys.argv[2], "j.jsonl"), "worker-r0"))
    session.start()
    session.attach("torch", torch)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

def train(count):
    times = []
    clock = time.perf_counter
    for _ in range(count):
        began = clock()
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        times.append(clock() - began)
    return times

for line in sys.stdin:
    print(statistics.median(train(steps)), flush=True)
if session is not None:
    session.close()
"""


def measure(model: str, turns: int, steps: int) -> dict[str, float]:
    """Return ``step`` and ``added``, seconds (medians)."""
    python = str(runtimes_dir() / "torch/bin/python")
    with tempfile.TemporaryDirectory() as folder:
        argv = [python, "-c", WORKER, str(AGENT), folder, model, str(steps)]
        with _start([*argv, "plain"]) as plain, _start([*argv, "agent"]) as agent:
            both = [(_turn(plain), _turn(agent)) for _ in range(turns + 2)][2:]
            for worker in (plain, agent):
                worker.communicate(timeout=60)
        # Nothing was left out: every step of B is in the journal.
        lines = (Path(folder) / "j.jsonl").read_text().count('"k":"step"')
        assert lines == (turns + 2) * steps
    return {
        "step": statistics.median(before for before, _ in both),
        "added": statistics.median(after - before for before, after in both),
    }


def _start(argv: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _turn(worker: subprocess.Popen[str]) -> float:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()
    return float(worker.stdout.readline())


def run() -> list[Figure]:
    """Return (name, value, target) of each figure."""
    small = measure("small", 200, 40)
    resnet = measure("resnet", 60, 6)
    return [
        ("torch: step without the agent, small, ms", small["step"] * 1e3, "about 1"),
        ("torch: added to it by the agent, µs", small["added"] * 1e6, "<= 20"),
        ("torch: step without the agent, resnet18-like, ms", resnet["step"] * 1e3, ""),
        ("torch: added to it by the agent, %", resnet["added"] / resnet["step"] * 100, "<= 1"),
    ]


def show(figures: list[Figure]) -> None:
    """Print a small table."""
    width = max(len(name) for name, _, _ in figures)
    for name, value, target in figures:
        print(f"{name:<{width}}  {value:>10.3f}  {target}")


if __name__ == "__main__":
    show(run())
    sys.exit(0)
