"""How long a profile window stops the training, against the bare profiler.

The bare side does what a careful user would write: stop, then
``export_chrome_trace`` to plain JSON. Both take turns in one process on the
same model. Run by ``make bench``, or by itself.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from diptych.profiling.runner.home import runtimes_dir

ROOT = Path(__file__).resolve().parents[1]
AGENT = ROOT / "profiling/diptych/profiling/agent"
Figure = tuple[str, float, str]

TORCH = """
import json, os, resource, statistics, sys, time
package = type(sys)("_diptych_agent"); package.__path__ = [sys.argv[1]]
sys.modules["_diptych_agent"] = package
os.environ["KINETO_LOG_LEVEL"] = "99"
import torch
from torch import nn
torch.set_num_threads(1)
folder, mode, windows = sys.argv[2], sys.argv[3], int(sys.argv[4])
net = nn.Sequential(*[nn.Linear(64, 64) for _ in range(20)], nn.Linear(64, 10))
x, y = torch.randn(16, 64), torch.randint(0, 10, (16,))
criterion = nn.CrossEntropyLoss()
STEPS = 5
SCHEDULE = {"skip": 0, "wait": 0, "warmup": 1, "active": STEPS, "repeat": 0}

def steps(optimizer, count):
    for _ in range(count):
        optimizer.zero_grad(); criterion(net(x), y).backward(); optimizer.step()

def bare(optimizer, path):
    # torch.profiler's own cycle: one warm-up step, then five that count.
    profile = torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU])
    profile.prepare_trace(); steps(optimizer, 1); profile.start_trace()
    for n in range(STEPS):
        with torch.profiler.record_function("ProfilerStep#%d" % n):
            steps(optimizer, 1)
    began = time.perf_counter()
    profile.stop_trace()
    profile.export_chrome_trace(path)
    return time.perf_counter() - began

def rss():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

class Run:
    # The agent's own windows, asked for one by one.
    def __init__(self):
        from _diptych_agent.journal import Journal
        from _diptych_agent.session import Session
        self.path = os.path.join(folder, "j.jsonl")
        config = {"dir": folder, "framework": "torch"}
        self.session = Session(config, Journal(self.path, "worker-r0"))
        self.session.start(); self.session.attach("torch", torch)

    def window(self, optimizer):
        self.session.windowing.request(STEPS, ())
        steps(optimizer, STEPS + 3)

    def pauses(self):
        self.session.close()
        records = map(json.loads, open(self.path))
        return [r["pause"] / 1e9 for r in records if r.get("state") == "captured"]

class Plain(torch.optim.SGD):
    def step(self, closure=None): return super().step(closure)

plain = Plain(net.parameters(), lr=0.01)
out = os.path.join(folder, "bare.json")
bare_pauses, memory = [], []
if mode != "bare":
    run = Run()
    class Watched(torch.optim.SGD):
        def step(self, closure=None): return super().step(closure)
    watched = Watched(net.parameters(), lr=0.01)
    steps(watched, 3)
for n in range(windows):
    if mode != "agent":
        bare_pauses.append(bare(plain, out))
    if mode != "bare":
        run.window(watched)
        raw = os.path.join(folder, "traces", "raw", "r0-w%03d.json" % n)
        if os.path.exists(raw) and n:
            os.unlink(raw)
    if n >= windows // 6:
        memory.append(rss())
pauses = run.pauses() if mode != "bare" else []
print(json.dumps({"bare": bare_pauses, "agent": pauses, "memory": memory}))
"""


def worker(mode: str, windows: int) -> dict[str, list[float]]:
    """Run ``windows`` windows; ``mode`` is ``both``, ``bare`` or ``agent``."""
    python = str(runtimes_dir() / "torch/bin/python")
    with tempfile.TemporaryDirectory() as folder:
        argv = [python, "-c", TORCH, str(AGENT), folder, mode, str(windows)]
        done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=600)
    result: dict[str, list[float]] = json.loads(done.stdout)
    return result


def median(values: list[float]) -> float:
    """Return the middle of ``values``, the first two (cold) left out."""
    rest = sorted(values[2:])
    return rest[len(rest) // 2]


def run() -> list[Figure]:
    """Return (name, value, target) of each figure."""
    result = worker("both", 40)
    assert len(result["agent"]) == len(result["bare"]) == 40
    bare, agent = median(result["bare"]), median(result["agent"])
    return [
        ("torch: pause of the bare profiler per window, ms", bare * 1e3, ""),
        ("torch: pause of the agent per window, ms", agent * 1e3, ""),
        ("torch: pause, agent over bare", agent / bare, "<= 1.1"),
    ]


if __name__ == "__main__":
    for name, value, target in run():
        print(f"{name:<52}  {value:>10.3f}  {target}")
