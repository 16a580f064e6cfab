"""Runs scripts with and without the agent, and reads what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BOOT = ROOT / "profiling/diptych/profiling/agent/boot.py"
SCRIPTS = ROOT / "tests/scripts"
QUIET = {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def interpreters() -> dict[str, str]:
    """Every Python from 3.8 to 3.13 on this machine, by version."""
    found = {f"{sys.version_info[0]}.{sys.version_info[1]}": sys.executable}
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for minor in range(8, 14):
        name = f"python3.{minor}"
        places = [*sorted(pyenv.glob(f"3.{minor}.*/bin/python")), Path("/usr/bin") / name]
        here = next((str(path) for path in places if path.exists()), None)
        if here is not None:
            found.setdefault(f"3.{minor}", here)
    return found


@dataclass(frozen=True)
class Outcome:
    """What one run of a script left behind."""

    code: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True)
class AgentRun:
    """A run directory with an agent.json, and what to start a script in it with."""

    folder: Path
    python: str

    @classmethod
    def make(cls, folder: Path, python: str, **config: Any) -> AgentRun:
        folder.mkdir(parents=True)
        whole = {
            "run": "test", "dir": str(folder), "rank": 0, "framework": "auto",
            "fenced": False, "schedule": None, "options": {},
        }  # fmt: skip
        (folder / "agent.json").write_text(json.dumps({**whole, **config}))
        return cls(folder, python)

    @property
    def journal(self) -> Path:
        return self.folder / "events/worker-r0.jsonl"

    def argv(self, script: Path | str, *args: str) -> list[str]:
        return [self.python, str(BOOT), str(self.folder / "agent.json"), str(script), *args]

    def run(self, script: Path | str, *args: str, **options: Any) -> Outcome:
        return outcome(self.argv(script, *args), **options)

    def records(self, *kinds: str) -> list[dict[str, Any]]:
        """Every record (of ``kinds``), each line strict JSON."""
        lines = self.journal.read_bytes().split(b"\n")
        assert lines.pop() == b"", "the last line is torn"
        records = [json.loads(line, parse_constant=lambda name: 1 / 0) for line in lines]
        return [record for record in records if not kinds or record["k"] in kinds]


def outcome(argv: list[str], *, timeout: float = 120.0, **options: Any) -> Outcome:
    """Run ``argv`` to its end."""
    options.setdefault("input", b"")
    environment = {**os.environ, **QUIET, **options.pop("env", {})}
    done = subprocess.run(
        argv, capture_output=True, timeout=timeout, env=environment, check=False, **options
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
