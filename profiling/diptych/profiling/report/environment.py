"""What each side ran on, and the command that runs it again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import msgspec

from diptych.profiling.compare.comparison import Compared, Comparison
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runner.command import shell_command
from diptych.workloads.catalogue import automatic_rate

_GIB = 1 << 30
_MORE = ("torch", "mxnet", "python")


def rows(comparison: Comparison) -> list[tuple[str, list[str | None]]]:
    """Return (what, a value a side); ``None`` where it is not known. Without what nobody has."""
    found = [(title, [get(side) for side in comparison.sides]) for title, get in _ROWS]
    names = sorted(
        {name for side in comparison.sides for name in _versions(side)} - set(_MORE),
        key=str.lower,
    )
    found += [(name, [_versions(side).get(name) for side in comparison.sides]) for name in names]
    variables = sorted({name for side in comparison.sides for name in _variables(side)})
    found += [(v, [_variables(side).get(v) for side in comparison.sides]) for v in variables]
    return [(title, values) for title, values in found if any(values)]


def commands(comparison: Comparison) -> list[str | None]:
    """Return the command that repeats the run of each side; ``None`` where it is not known."""
    return [_command(side) for side in comparison.sides]


def _command(side: Compared) -> str | None:
    request = _request(side)
    if request is not None:
        # A workload of another version, say.
        with suppress(ValueError, KeyError):
            return shell_command(request)
    return None


def _request(side: Compared) -> RunRequest | None:
    """Return what was asked for, with as many steps as were made: a race may end before."""
    request = side.run.manifest.request if side.run.manifest else None
    if request is None or "steps" not in request.knobs:
        return request
    knobs = {**request.knobs, "steps": len(side.run.steps)}
    return msgspec.structs.replace(request, knobs=knobs)


def _versions(side: Compared) -> dict[str, str]:
    return side.run.manifest.versions if side.run.manifest else {}


def _variables(side: Compared) -> dict[str, str]:
    return side.run.manifest.environment if side.run.manifest else {}


def _framework(side: Compared) -> str | None:
    found = side.run.framework
    return f"{found.name} {found.version}" if found else None


def _work(side: Compared) -> str | None:
    request = side.run.manifest.request if side.run.manifest else None
    return (request.workload or request.script) if request else None


def _knobs(side: Compared) -> str | None:
    request = _request(side)
    if request is None or not request.knobs:
        return None
    rate = automatic_rate(request.knobs)
    shown = {**request.knobs, **({} if rate is None else {"lr": f"{rate:g} (automatic)"})}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items())


def _device(side: Compared) -> str | None:
    return side.run.framework.device if side.run.framework else None


def _threads(side: Compared) -> str | None:
    found = side.run.framework.threads if side.run.framework else None
    return None if found is None else str(found)


def _cuda(side: Compared) -> str | None:
    return side.run.framework.cuda if side.run.framework else None


def _python(side: Compared) -> str | None:
    return side.run.manifest.python_version if side.run.manifest else None


def _machine(side: Compared) -> str | None:
    return side.run.manifest.host.name if side.run.manifest else None


def _system(side: Compared) -> str | None:
    return side.run.manifest.host.system if side.run.manifest else None


def _processor(side: Compared) -> str | None:
    host = side.run.manifest.host if side.run.manifest else None
    if host is None or host.cpu is None:
        return None
    if host.cores_physical is None or host.cores_logical is None:
        return host.cpu
    return f"{host.cpu}, {host.cores_physical} cores, {host.cores_logical} threads"


def _memory(side: Compared) -> str | None:
    size = side.run.manifest.host.memory if side.run.manifest else None
    return None if size is None else f"{size / _GIB:.1f} GiB"


def _gpus(side: Compared) -> str | None:
    manifest = side.run.manifest
    if manifest is None:
        return None
    told = (
        f"{gpu.name or 'GPU'} (driver {gpu.driver or 'not known'})"
        + (", simulated" if gpu.simulated else "")
        for gpu in manifest.gpus
    )
    return ", ".join(told) or manifest.gpu_reason


def _revision(side: Compared) -> str | None:
    git = side.run.manifest.git if side.run.manifest else None
    if git is None:
        return None
    return git.revision + (", with changes" if git.dirty else "")


def _app(side: Compared) -> str | None:
    return side.run.manifest.app_version if side.run.manifest else None


_ROWS: tuple[tuple[str, Callable[[Compared], str | None]], ...] = (
    ("run", lambda side: side.run.id),
    ("workload", _work),
    ("knobs", _knobs),
    ("framework", _framework),
    ("device", _device),
    ("threads of an operator", _threads),
    ("CUDA", _cuda),
    ("Python", _python),
    ("machine", _machine),
    ("system", _system),
    ("processor", _processor),
    ("memory", _memory),
    ("GPUs", _gpus),
    ("revision of the script", _revision),
    ("Diptych", _app),
)
