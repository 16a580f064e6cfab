"""A model's call under the agent: for Dynamo, after an exception, and in its inner calls."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.agent_runs import AgentRun, outcome

SCRIPT = """
import torch
from torch import nn

torch.manual_seed(0)

class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.fails = False
    def __call__(self, *args):
        return super().__call__(*args)
    def forward(self, x):
        if self.fails:
            raise KeyError("inside")
        return self.inner(x)

model = Odd()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.ones(2, 4)
whole = torch.compile(lambda x: model(x).sum(), backend="eager", fullgraph=True)
part = torch.compile(model, backend="eager", fullgraph=True)
calls = [whole, lambda x: part(x).sum(), lambda x: model(x).sum()]
for call in calls * 2:
    optimizer.zero_grad()
    loss = call(x)
    loss.backward()
    optimizer.step()
    print(loss.item())
model.fails = True
try:
    model(x)
except KeyError:
    print("raised")
model.fails = False
optimizer.zero_grad()
model(x).sum().backward()
optimizer.step()
print(nn.Module.__call__ is nn.Module._wrapped_call_impl)
"""


@pytest.mark.torch
def test_calls_are_what_they_are_without_us(torch_python: str, tmp_path: Path) -> None:
    place = tmp_path / "scripts"
    place.mkdir()
    (place / "script.py").write_text(SCRIPT)
    run = AgentRun.make(tmp_path / "run", torch_python)

    plain = outcome([torch_python, "script.py"], cwd=place)
    watched = run.run("script.py", cwd=place)

    assert watched == plain
    assert run.records("warning") == []
    steps = run.records("step")
    assert len(steps) == 7
    # the call after the exception is seen again
    assert steps[-1]["samples"] == 2
    assert steps[-1]["phases"][1] > 0
