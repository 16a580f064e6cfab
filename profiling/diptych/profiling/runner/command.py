"""From a request to a command: the worker's argv, and the line that a shell takes."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from diptych.profiling.records.manifest import RunRequest, Schedule
from diptych.workloads import catalogue

BOOT = Path(__file__).parent.parent / "agent" / "boot.py"
"""The agent's entry, run by path in the worker's interpreter."""

DEFAULT_SCHEDULE = Schedule()


@dataclass(frozen=True, slots=True)
class Target:
    """What the interpreter is to run."""

    script: str
    args: tuple[str, ...]


def target(request: RunRequest) -> Target:
    """Return the script and the arguments that ``request`` means.

    Raises:
        ValueError: the catalogue refuses the workload or a knob.
    """
    if request.workload is not None:
        script, *args = catalogue.command(request.workload, request.framework, request.knobs)
        return Target(script, (*args, *request.args))
    return Target(request.script or "", request.args)


def worker_argv(request: RunRequest, agent_config: Path) -> list[str]:
    """Return the argv of the worker, the agent included."""
    wanted = target(request)
    return [request.python, str(BOOT), str(agent_config), wanted.script, *wanted.args]


def default_schedule(steps: int | None) -> Schedule | None:
    """Return the window that a run gets unasked: 5 steps after 10, where they fit.

    ``steps`` is how many the run will make, None when that is not known.
    """
    schedule = DEFAULT_SCHEDULE
    needed = schedule.skip + schedule.wait + schedule.warmup + schedule.active
    return schedule if steps is None or steps >= needed else None


def known_steps(request: RunRequest) -> int | None:
    """Return how many steps the run will make; None for a script."""
    steps = request.knobs.get("steps")
    return steps if request.workload and isinstance(steps, int) else None


def shell_command(request: RunRequest) -> str:
    """Return the `diptych run` line that asks for the same, quoted for a shell."""
    words = ["diptych", "run", "--framework", request.framework]
    if request.workload is not None:
        words += ["--workload", request.workload, *_knobs(request)]
    else:
        words += ["--script", request.script or ""]
        words += ["--cwd", request.cwd] if request.cwd else []
    words += ["--runtime", request.runtime] if request.runtime else ["--python", request.python]
    words += _settings(request)
    if request.args:
        words += ["--", *request.args]
    return shlex.join(words)


def _knobs(request: RunRequest) -> list[str]:
    chosen = catalogue.workload(request.workload or "")
    words = []
    for knob in chosen.knobs:
        if request.framework in knob.applies_to and knob.name in request.knobs:
            value = request.knobs[knob.name]
            words += [] if value == knob.default else [knob.flag, str(value)]
    return words


def _settings(request: RunRequest) -> list[str]:
    words = _profile(request)
    words += [f"--{name}" for name in ("fenced",) if request.fenced]
    words += [f"--{k}" for k in ("shapes", "stacks", "memory") if getattr(request.options, k)]
    if request.timeout is not None:
        words += ["--timeout", f"{request.timeout:g}"]
    if request.sample_hz != RunRequest(framework="", python="").sample_hz:
        words += ["--sample-hz", f"{request.sample_hz:g}"]
    words += ["--name", request.name] if request.name else []
    for name, value in request.env.items():
        words += ["--env", f"{name}={value}"]
    return words


def _profile(request: RunRequest) -> list[str]:
    schedule = request.schedule
    if schedule == default_schedule(known_steps(request)):
        return []
    if schedule is None:
        return ["--no-profile"]
    numbers = (schedule.skip, schedule.wait, schedule.warmup, schedule.active, schedule.repeat)
    return ["--profile", ",".join(map(str, numbers))]
