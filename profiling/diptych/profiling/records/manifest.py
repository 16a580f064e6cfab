"""What was asked of a run, and what it ran on: ``manifest.json``."""

from __future__ import annotations

import msgspec

FORMAT = "diptych.run"
VERSION = (1, 0)


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When profile windows open, counted in steps.

    Skip ``skip`` steps once, then ``repeat`` times: wait ``wait`` steps, warm
    the profiler up for ``warmup`` steps, record ``active`` steps.
    ``repeat`` 0 means for as long as the run lasts.
    """

    skip: int = 10
    wait: int = 0
    warmup: int = 1
    active: int = 5
    repeat: int = 1


class ProfileOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a window records besides names and times; each costs time."""

    shapes: bool = False
    stacks: bool = False
    memory: bool = False


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a user can ask of one run.

    Either ``workload`` with ``knobs``, or ``script`` with ``args``.
    ``python`` is the absolute path of the interpreter. ``pair`` is shared by
    runs that were started together. ``timeout`` is in seconds. ``args`` of a
    workload stand behind its knobs. ``gate`` is the folder of the pipes by
    which a race gives this run its turns.
    """

    framework: str
    python: str
    runtime: str | None = None
    workload: str | None = None
    knobs: dict[str, str | int | float | bool] = {}
    script: str | None = None
    args: tuple[str, ...] = ()
    cwd: str | None = None
    env: dict[str, str] = {}
    fenced: bool = False
    schedule: Schedule | None = None
    options: ProfileOptions = ProfileOptions()
    timeout: float | None = None
    sample_hz: float = 5.0
    name: str | None = None
    pair: str | None = None
    gate: str | None = None


class GitState(msgspec.Struct, frozen=True, kw_only=True):
    """The repository that a script came from."""

    root: str
    revision: str
    dirty: bool | None


class HostInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The machine."""

    name: str
    system: str
    cpu: str | None
    cores_logical: int | None
    cores_physical: int | None
    memory: int | None


class GpuDescription(msgspec.Struct, frozen=True, kw_only=True):
    """One GPU as NVML names it. ``memory`` in bytes."""

    index: int
    name: str | None
    memory: int | None
    driver: str | None
    simulated: bool = False


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Written once, atomically, before the worker starts.

    ``created`` is Unix time in ns, ``started`` the same instant on
    CLOCK_MONOTONIC. ``command`` is the exact argv of the worker without the
    agent, ``versions`` maps distribution names to versions found in the
    runtime, ``environment`` the recorded variables (an allow-list).
    """

    format: str = FORMAT
    version: tuple[int, int] = VERSION
    id: str
    created: int
    started: int
    app_version: str
    request: RunRequest
    command: tuple[str, ...]
    cwd: str
    python_version: str | None
    versions: dict[str, str]
    host: HostInfo
    gpus: tuple[GpuDescription, ...] = ()
    gpu_reason: str | None = None
    git: GitState | None = None
    environment: dict[str, str] = {}
