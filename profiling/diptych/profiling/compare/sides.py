"""What the sides of a comparison are: specifications, requests, labels."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from diptych.profiling.records.experiment import SideSpec
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runner.errors import RequestError
from diptych.profiling.runner.request import Settings, request_for_script, request_for_workload
from diptych.profiling.runner.runtimes import FRAMEWORKS, TITLES

Value = str | int | float | bool

MOST = 12
"""Sides of one comparison."""

_EXECUTIONS = {
    "eager": "torch",
    "compile": "torch",
    "imperative": "mxnet",
    "hybridize": "mxnet",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A side as somebody asks for it: a framework, and knobs that are its own."""

    framework: str
    knobs: Mapping[str, Value]


def parse(text: str) -> Wanted:
    """Read ``framework[:execution][,knob=value ...]``, such as ``torch:compile,threads=1``.

    Raises:
        RequestError: it is no such text.
    """
    head, *rest = text.split(",")
    framework, _, execution = head.strip().partition(":")
    if framework not in FRAMEWORKS:
        allowed = ", ".join(FRAMEWORKS)
        raise RequestError(f"side {text!r}: unknown framework {framework!r}; allowed: {allowed}")
    knobs: dict[str, Value] = {}
    if execution:
        if _EXECUTIONS.get(execution) != framework:
            allowed = ", ".join(name for name, of in _EXECUTIONS.items() if of == framework)
            raise RequestError(
                f"side {text!r}: {framework} has no {execution!r}; allowed: {allowed}"
            )
        knobs["execution"] = execution
    for word in rest:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise RequestError(f"side {text!r}: {word!r} is no KNOB=VALUE")
        knobs[name.strip().replace("-", "_")] = value.strip()
    return Wanted(framework, knobs)


def swept(sides: Sequence[Wanted], knob: str, values: Sequence[str]) -> list[Wanted]:
    """Return each side with each value of a knob."""
    return [Wanted(s.framework, {**s.knobs, knob: value}) for value in values for s in sides]


def workload_sides(
    workload: str,
    wanted: Sequence[Wanted],
    knobs: Mapping[str, Value],
    *,
    settings: Settings,
    home: Path | None = None,
) -> tuple[SideSpec, ...]:
    """Return the sides of one workload; ``knobs`` are those that all have in common.

    Where nobody says how many threads, all sides get as many as there are cores.

    Raises:
        RequestError: one of them cannot be run.
    """
    # The window reads labels before it stands; psutil takes its time.
    import psutil

    shared = {"threads": psutil.cpu_count(logical=False) or os.cpu_count() or 1, **knobs}
    requests = [
        request_for_workload(
            side.framework, workload, {**shared, **side.knobs}, settings=settings, home=home
        )
        for side in wanted
    ]
    return labelled(requests)


def script_sides(
    scripts: Sequence[str | Path],
    args: Sequence[str],
    *,
    settings: Settings,
    home: Path | None = None,
) -> tuple[SideSpec, ...]:
    """Return sides that are scripts of the user's own, with the same arguments.

    Raises:
        RequestError: one of them cannot be run.
    """
    requests = [request_for_script(s, args, settings=settings, home=home) for s in scripts]
    return labelled(requests)


def labelled(requests: Sequence[RunRequest]) -> tuple[SideSpec, ...]:
    """Name the sides by what tells them apart."""
    labels = labels_of(requests)
    return tuple(SideSpec(label=n, request=r) for n, r in zip(labels, requests, strict=True))


def labels_of(requests: Sequence[RunRequest]) -> list[str]:
    """Return a label for each request: framework, way of execution, and the knobs that differ."""
    names = sorted({name for request in requests for name in request.knobs})
    differing = [
        name
        for name in names
        if name not in ("execution", "steps")
        and len({str(request.knobs.get(name)) for request in requests}) > 1
    ]
    found: list[str] = []
    for request in requests:
        label = _label(request, differing)
        same = sum(1 for other in found if other == label or other.startswith(f"{label} ("))
        found.append(f"{label} ({same + 1})" if same else label)
    return found


def _label(request: RunRequest, differing: Sequence[str]) -> str:
    words = [TITLES.get(request.framework, request.framework)]
    execution = request.knobs.get("execution")
    if request.workload and execution:
        words.append(str(execution))
    elif request.script:
        words.append(Path(request.script).name)
    values = [f"{name.replace('_', ' ')} {request.knobs[name]}" for name in differing
              if name in request.knobs]  # fmt: skip
    return " ".join(words) + (f", {', '.join(values)}" if values else "")
