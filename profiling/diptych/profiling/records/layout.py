"""Where things stand inside a run directory, and the names of runs.

Paths only: nothing here opens a file.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_run_id(framework: str, subject: str, now: datetime) -> str:
    """Return an id such as ``20261123T101502-torch-resnet18-k3f9``.

    ``subject`` is a workload's name or a script's file name; whatever is not a
    plain letter or digit becomes ``_``, so that an id is always a safe name of
    a folder.
    """
    safe = "".join(c if c.isascii() and c.isalnum() else "_" for c in subject)[:40] or "run"
    tail = "".join(secrets.choice(_ALPHABET) for _ in range(4))
    return f"{now:%Y%m%dT%H%M%S}-{framework}-{safe}-{tail}"


@dataclass(frozen=True, slots=True)
class RunPaths:
    """The files of one run directory."""

    root: Path

    @property
    def manifest(self) -> Path:
        """What was asked; written once, atomically."""
        return self.root / "manifest.json"

    @property
    def summary(self) -> Path:
        """What came out; written last, rebuildable from the journals."""
        return self.root / "summary.json"

    @property
    def events(self) -> Path:
        """Folder of the append-only journals."""
        return self.root / "events"

    def worker_journal(self, rank: int) -> Path:
        """Journal of the agent in the worker of ``rank``."""
        return self.events / f"worker-r{rank}.jsonl"

    @property
    def system_journal(self) -> Path:
        """Journal of the sampler."""
        return self.events / "system.jsonl"

    @property
    def runner_journal(self) -> Path:
        """Journal of the runner."""
        return self.events / "runner.jsonl"

    @property
    def tracer_journal(self) -> Path:
        """Journal of the process that repairs and compresses traces."""
        return self.events / "tracer.jsonl"

    @property
    def control(self) -> Path:
        """Append-only file through which readers steer the run."""
        return self.root / "control.jsonl"

    @property
    def agent_config(self) -> Path:
        """What the agent reads when the worker starts."""
        return self.root / "agent.json"

    @property
    def runner_lock(self) -> Path:
        """Locked (flock) for as long as the runner lives."""
        return self.root / "runner.lock"

    @property
    def logs(self) -> Path:
        """Folder of the raw output."""
        return self.root / "logs"

    @property
    def stdout(self) -> Path:
        """Raw standard output of the worker."""
        return self.logs / "stdout.log"

    @property
    def stderr(self) -> Path:
        """Raw standard error of the worker."""
        return self.logs / "stderr.log"

    @property
    def faults(self) -> Path:
        """Python stacks that faulthandler wrote when the worker crashed."""
        return self.logs / "faults.log"

    @property
    def runner_log(self) -> Path:
        """Standard error of the runner itself."""
        return self.logs / "runner.log"

    @property
    def traces(self) -> Path:
        """Folder of the finished Chrome traces."""
        return self.root / "traces"

    @property
    def raw_traces(self) -> Path:
        """Folder of profiler output that waits for the tracer."""
        return self.traces / "raw"

    def raw_trace(self, rank: int, window: int) -> Path:
        """Profiler output of one window, as the framework wrote it."""
        return self.raw_traces / f"r{rank}-w{window:03d}.json"

    def trace(self, rank: int, window: int) -> Path:
        """Finished Chrome trace of one window."""
        return self.traces / f"r{rank}-w{window:03d}.json.gz"
