"""Where a run stands, from what its runner wrote and who still lives."""

from __future__ import annotations

from dataclasses import dataclass

from diptych.profiling.records.kinds import Exited, Launched, Stopping
from diptych.profiling.runs.liveness import Liveness
from diptych.profiling.runs.snapshot import RunState

_STATUS = {
    "done": RunState.DONE,
    "failed": RunState.FAILED,
    "stopped": RunState.STOPPED,
    "timeout": RunState.TIMEOUT,
}
_STAGE = {"ask": "asked to stop", "term": "SIGTERM was sent", "kill": "SIGKILL was sent"}


@dataclass(slots=True)
class RunnerFacts:
    """What the runner's journal says; ``exited`` by rank."""

    launched: Launched | None = None
    stopping: Stopping | None = None
    exited: dict[int, Exited] | None = None

    @property
    def ending(self) -> Exited | None:
        """How the worker ended: the first that failed, else the lowest rank."""
        if not self.exited:
            return None
        ends = [self.exited[rank] for rank in sorted(self.exited)]
        return next((end for end in ends if end.status != "done"), ends[0])


def judge(facts: RunnerFacts, alive: Liveness, *, steps: int) -> tuple[RunState, str]:
    """Return the state and a sentence about it; ``steps`` is how many were seen."""
    ending = facts.ending
    if ending is not None:
        return _STATUS[ending.status], ending.text
    if not alive.live:
        text = f"the runner ended without a word; everything written is kept ({steps:,} steps)"
        return RunState.INTERRUPTED, text
    if facts.stopping is not None:
        return RunState.STOPPING, f"{_STAGE[facts.stopping.stage]}: {facts.stopping.why}"
    if not alive.runner:
        return RunState.RUNNING, "running, but its runner is gone"
    if facts.launched is None:
        return RunState.STARTING, "starting"
    return (RunState.RUNNING, "running") if steps else (RunState.RUNNING, "running, no step yet")
