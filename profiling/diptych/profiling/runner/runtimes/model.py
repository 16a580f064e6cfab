"""What is known about an interpreter: plain data, no behaviour beyond look-ups."""

from __future__ import annotations

from typing import Literal

import msgspec

Source = Literal["managed", "current", "venv", "conda", "pyenv", "named", "path"]

FRAMEWORKS = ("torch", "mxnet")
TITLES = {"torch": "PyTorch", "mxnet": "MXNet"}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong: ``what`` happened, and the ``cure``, both for people.

    ``framework`` is None when the interpreter itself is broken. A problem that
    is not ``fatal`` limits the framework (no GPU, say) but lets it run.
    """

    code: str
    what: str
    cure: str
    framework: str | None = None
    fatal: bool = True


class DeviceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One accelerator as the framework sees it. ``memory`` in bytes."""

    name: str
    capability: tuple[int, int] | None = None
    memory: int | None = None
    bf16: bool | None = None


class FrameworkInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A framework found in an interpreter.

    ``version`` is what the module says, or the distribution where the module
    cannot be imported. ``cuda`` is the CUDA version it was built for, None for
    a CPU build; ``cuda_reason`` says why CUDA cannot be used when
    ``cuda_available`` is false. ``bf16`` speaks of the CPU. ``archs`` are the
    GPU architectures it holds machine code for. ``shimmed`` names what the
    compatibility shim had to restore; empty when it was not needed.
    """

    version: str | None
    distribution: str | None = None
    cuda: str | None = None
    cuda_available: bool = False
    cuda_reason: str | None = None
    devices: tuple[DeviceInfo, ...] = ()
    features: tuple[str, ...] = ()
    bf16: bool | None = None
    archs: tuple[str, ...] = ()
    numpy_version: str | None = None
    shimmed: tuple[str, ...] = ()
    threads: int | None = None

    @property
    def device_count(self) -> int:
        """How many accelerators the framework can use."""
        return len(self.devices)


class RuntimeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An interpreter and the frameworks in it.

    ``python`` is an absolute path that is not resolved (a virtual environment
    is known by its own link). ``python_version`` is None when it does not start.
    """

    python: str
    name: str | None = None
    source: Source = "path"
    python_version: str | None = None
    frameworks: dict[str, FrameworkInfo] = {}
    problems: tuple[Problem, ...] = ()

    def ok(self, framework: str) -> bool:
        """Say whether ``framework`` is there and nothing fatal stands against it."""
        return framework in self.frameworks and not self.fatal(framework)

    def fatal(self, framework: str) -> tuple[Problem, ...]:
        """Return what keeps ``framework`` from running here."""
        return tuple(p for p in self.problems if p.fatal and p.framework in (None, framework))

    @property
    def usable(self) -> tuple[str, ...]:
        """The frameworks that run here."""
        return tuple(f for f in FRAMEWORKS if self.ok(f))

    @property
    def title(self) -> str:
        """Name for people: the runtime's own, else the interpreter's path."""
        return self.name or self.python


class InstallProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far an installation is.

    ``stage`` is one of ``venv``, ``resolve``, ``download``, ``install``,
    ``check``, ``done``. ``fraction`` is of the whole, from 0 to 1, or None
    while nobody can know it. Never goes backwards within one installation.
    """

    stage: str
    text: str
    fraction: float | None = None


class RuntimeNotFound(Exception):  # noqa: N818 - the agreed public name
    """No such runtime. The message says what was looked for and what to do."""


class RuntimeBroken(Exception):  # noqa: N818 - the agreed public name
    """The runtime is there but cannot run the framework; ``info`` says why."""

    def __init__(self, message: str, info: RuntimeInfo | None = None) -> None:
        super().__init__(message)
        self.info = info


class InstallError(Exception):
    """An installation failed; nothing half done is left. One line: why, what next."""


class InstallCancelled(InstallError):  # noqa: N818 - a cancellation is no error of anyone
    """The installation was cancelled; nothing half done is left."""
