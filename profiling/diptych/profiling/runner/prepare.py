"""What is written before the worker starts: the manifest and the agent's orders."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import Manifest, RunRequest
from diptych.profiling.runner import command, facts, runtimes, tree
from diptych.profiling.runner.files import write_atomically
from diptych.profiling.runner.runtimes import RuntimeInfo


def worker_environment(request: RunRequest, run: str, base: Mapping[str, str]) -> dict[str, str]:
    """Return the worker's variables: the user's own, the request's, and ours.

    A workload's ``threads`` knob sets the sizes of the thread pools; the
    request's own variables win over it.
    """
    environment = dict(base)
    threads = request.knobs.get("threads") if request.workload else None
    if isinstance(threads, int) and threads > 0:
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            environment[name] = str(threads)
    environment.update(request.env)
    environment.setdefault("PYTHONUNBUFFERED", "1")
    environment[tree.TOKEN] = run
    return environment


def write_agent_config(directory: Path, request: RunRequest) -> None:
    """Write ``agent.json``, which the agent reads when the worker starts."""
    schedule = request.schedule
    config = {
        "run": directory.name,
        "dir": str(directory),
        "rank": 0,
        "framework": request.framework,
        "fenced": request.fenced,
        "schedule": None if schedule is None else msgspec.to_builtins(schedule),
        "options": msgspec.to_builtins(request.options),
        "gate": request.gate,
    }
    write_atomically(RunPaths(directory).agent_config, msgspec.json.encode(config))


def _script(request: RunRequest) -> str:
    return str(Path(request.cwd or ".") / (request.script or ""))


def write_manifest(directory: Path, request: RunRequest, environment: Mapping[str, str]) -> None:
    """Find out what the run stands on and write ``manifest.json``.

    Facts that cannot be had (a GPU library that hangs, git that is slow) are
    left out within seconds; they never keep a run from starting.
    """
    created, started = time.time_ns(), time.monotonic_ns()
    target = command.target(request)
    with ThreadPoolExecutor(3) as pool:
        gpus = pool.submit(facts.gpus)
        git = pool.submit(facts.git, _script(request)) if request.script else None
        info = pool.submit(_runtime, request, directory)
    manifest = Manifest(
        id=directory.name,
        created=created,
        started=started,
        app_version=app_version(),
        request=_without_secrets(request),
        command=(request.python, target.script, *target.args),
        cwd=request.cwd or str(directory),
        python_version=info.result().python_version,
        versions=_versions(info.result()),
        host=facts.host(),
        gpus=gpus.result()[0],
        gpu_reason=gpus.result()[1],
        git=git.result() if git else None,
        environment=facts.recorded_environment(environment),
    )
    write_atomically(RunPaths(directory).manifest, msgspec.json.encode(manifest))


def app_version() -> str:
    """Return the installed version of Diptych, ``0`` from a bare source tree."""
    try:
        return version("diptych")
    except PackageNotFoundError:
        return "0"


def _without_secrets(request: RunRequest) -> RunRequest:
    shown = {k: v if facts.may_record(k) else facts.HIDDEN for k, v in request.env.items()}
    return msgspec.structs.replace(request, env=shown)


def _runtime(request: RunRequest, directory: Path) -> RuntimeInfo:
    """Return what is known of the interpreter; little when it cannot be asked."""
    home = directory.parent.parent if directory.parent.name == "runs" else None
    known = RuntimeInfo(python=request.python)
    frameworks = runtimes.FRAMEWORKS if request.framework == "auto" else (request.framework,)
    for framework in frameworks:
        try:
            return runtimes.find(framework, request.python, home)
        except runtimes.RuntimeBroken as error:
            known = error.info or known
        except (runtimes.RuntimeNotFound, OSError):
            continue
    return known


def _versions(info: RuntimeInfo) -> dict[str, str]:
    versions = {"python": info.python_version} if info.python_version else {}
    for name, framework in info.frameworks.items():
        if framework.version:
            versions[name] = framework.version
        if framework.numpy_version:
            versions["numpy"] = framework.numpy_version
    return versions
