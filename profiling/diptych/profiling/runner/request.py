"""Turns what a user asks for into a `RunRequest`, or refuses it by name.

Nothing is created and nothing is started but the probe of a runtime.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from diptych.profiling.records.manifest import ProfileOptions, RunRequest, Schedule
from diptych.profiling.runner import command, imports, runtimes
from diptych.profiling.runner.errors import RequestError
from diptych.profiling.runner.runtimes import FRAMEWORKS, RuntimeInfo
from diptych.workloads import catalogue

__all__ = ["Settings", "request_for_script", "request_for_workload"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What workloads and scripts have in common; see `RunRequest`.

    ``schedule`` ``"default"`` is one window of 5 steps after 10, where it fits.
    """

    fenced: bool = False
    schedule: Schedule | Literal["default"] | None = "default"
    options: ProfileOptions = field(default_factory=ProfileOptions)
    timeout: float | None = None
    sample_hz: float = 5.0
    name: str | None = None
    pair: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)


def request_for_workload(
    framework: str,
    workload: str,
    knobs: Mapping[str, object],
    *,
    runtime: str | None = None,
    settings: Settings | None = None,
    home: Path | None = None,
) -> RunRequest:
    """Return the request for a workload of the catalogue.

    ``knobs`` may hold text or numbers; those not given have their default.
    ``runtime`` is a name or the path of an interpreter; None takes the best.

    Raises:
        RequestError: something of it cannot be run; the message says what is allowed.
    """
    settings = settings or Settings()
    _check(settings)
    try:
        values = catalogue.validate(workload, framework, knobs)
    except ValueError as error:
        raise RequestError(str(error), _field(error)) from None
    info = _runtime(framework, runtime, home)
    _check_against(info, framework, values)
    steps = values.get("steps")
    return _build(
        settings,
        info,
        framework,
        steps=steps if isinstance(steps, int) else None,
        workload=workload,
        knobs=dict(values),
    )


def request_for_script(
    script: str | Path,
    args: Sequence[str] = (),
    *,
    framework: str = "auto",
    runtime: str | None = None,
    cwd: str | Path | None = None,
    settings: Settings | None = None,
    home: Path | None = None,
) -> RunRequest:
    """Return the request for the user's own script.

    A relative ``script`` is looked for in ``cwd``, then in the present working
    folder, and keeps its spelling where the worker will find it by it: that is
    what the script sees as ``sys.argv[0]``. ``framework`` ``auto`` is told
    from the script's imports, else from the runtime. ``cwd`` defaults to the
    present working folder.

    Raises:
        RequestError: something of it cannot be run; the message says why.
    """
    settings = settings or Settings()
    _check(settings)
    folder = _folder(cwd)
    spelled, source = _script(script, folder)
    if framework not in (*FRAMEWORKS, "auto"):
        raise RequestError(
            f"unknown framework {framework!r}; allowed: {', '.join(FRAMEWORKS)}, auto", "framework"
        )
    if any("\0" in word for word in args):
        raise RequestError("an argument holds a NUL character, which no program can get", "args")
    framework, info = _resolve(framework, source, runtime, home)
    return _build(
        settings, info, framework, steps=None, script=spelled, args=tuple(args), cwd=str(folder)
    )


def _build(
    settings: Settings, info: RuntimeInfo, framework: str, *, steps: int | None, **what: object
) -> RunRequest:
    schedule = settings.schedule
    if schedule == "default":
        schedule = command.default_schedule(steps)
    return RunRequest(
        framework=framework,
        python=info.python,
        runtime=info.name if info.source == "managed" else None,
        env=dict(settings.env),
        fenced=settings.fenced,
        schedule=schedule,
        options=settings.options,
        timeout=settings.timeout,
        sample_hz=settings.sample_hz,
        name=settings.name,
        pair=settings.pair,
        **what,  # type: ignore[arg-type]  # workload and knobs, or script, args and cwd
    )


def _check(settings: Settings) -> None:
    if settings.timeout is not None and not 0 < settings.timeout < math.inf:
        raise RequestError("timeout has to be seconds, more than 0", "timeout")
    if not 0.2 <= settings.sample_hz <= 50:
        raise RequestError("sample_hz has to be from 0.2 to 50 a second", "sample_hz")
    for name, value in settings.env.items():
        if not name or "=" in name or "\0" in name + value:
            raise RequestError(f"{name!r} cannot be the name of a variable", "env")
    if isinstance(settings.schedule, Schedule):
        _check_schedule(settings.schedule)


def _check_schedule(schedule: Schedule) -> None:
    for name in ("skip", "wait", "warmup", "repeat"):
        if getattr(schedule, name) < 0:
            raise RequestError(f"profile {name} cannot be below 0", "schedule")
    if schedule.active < 1:
        raise RequestError("profile active has to be at least 1 step", "schedule")


def _field(error: ValueError) -> str:
    """Return the input that the catalogue refused, as far as its words tell."""
    text = str(error)
    for kind in ("workload", "framework"):
        if text.startswith(f"unknown {kind}"):
            return kind
    return text.removeprefix("unknown knob").split()[0].strip("'\"")


def _check_against(info: RuntimeInfo, framework: str, values: Mapping[str, object]) -> None:
    found = info.frameworks.get(framework)
    if found is None:
        return
    device = str(values.get("device", "cpu"))
    bf16 = found.bf16
    if device != "cpu":
        index = int(device.partition(":")[2] or 0)
        bf16 = found.devices[index].bf16 if index < found.device_count else None
    lacks = catalogue.check_against_runtime(
        framework, values, cuda=found.cuda_available, devices=found.device_count, bf16=bf16
    )
    if lacks:
        reason = f" ({found.cuda_reason})" if device != "cpu" and found.cuda_reason else ""
        raise RequestError("; ".join(lacks) + reason, "device" if device != "cpu" else "precision")


def _runtime(framework: str, wanted: str | None, home: Path | None) -> RuntimeInfo:
    try:
        return runtimes.find(framework, wanted, home)
    except (runtimes.RuntimeNotFound, runtimes.RuntimeBroken) as error:
        raise RequestError(str(error), "runtime") from None


def _resolve(
    framework: str, source: str, wanted: str | None, home: Path | None
) -> tuple[str, RuntimeInfo]:
    if framework == "auto":
        imported = imports.frameworks(source)
        if len(imported) == 1:
            framework = imported[0]
    if framework != "auto":
        return framework, _runtime(framework, wanted, home)
    if wanted is None:
        raise RequestError(
            "the script does not say which framework it uses; name it, or a runtime", "framework"
        )
    return _by_runtime(wanted, home)


def _by_runtime(wanted: str, home: Path | None) -> tuple[str, RuntimeInfo]:
    """Let the runtime decide; it may hold both, and the agent then sees which is imported."""
    failure: RequestError | None = None
    for framework in FRAMEWORKS:
        try:
            info = _runtime(framework, wanted, home)
        except RequestError as error:
            failure = failure or error
            continue
        return (framework if len(info.usable) == 1 else "auto"), info
    raise failure or RequestError(f"no runtime {wanted!r}", "runtime")


def _script(script: str | Path, folder: Path) -> tuple[str, str]:
    given = Path(script).expanduser()
    path = folder / given
    spelled = str(given)
    if not given.is_absolute() and not path.is_file():
        path = given.absolute()
        spelled = str(path)
    if not path.exists():
        raise RequestError(f"there is no script {path}", "script")
    if not path.is_file():
        raise RequestError(f"{path} is not a file", "script")
    try:
        return spelled, imports.read_source(path)
    except imports.NotPythonError as error:
        raise RequestError(f"{path} is not a Python script: {error}", "script") from None
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror}", "script") from None


def _folder(cwd: str | Path | None) -> Path:
    folder = Path(cwd).expanduser().absolute() if cwd is not None else Path.cwd()
    if not folder.is_dir():
        raise RequestError(f"there is no folder {folder} to work in", "cwd")
    if not os.access(folder, os.X_OK):
        raise RequestError(f"the working folder {folder} may not be entered", "cwd")
    return folder
