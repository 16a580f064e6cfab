"""``diptych doctor``: what this machine has, what it lacks, and the cure.

Status 0 when the main job can run: a Python that fits, a home that can be
written, and a runtime that works for at least one framework. ``--window`` asks
only whether the window can open, for ``make run``.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec

from diptych.profiling.cli.errors import CliError
from diptych.profiling.runner import home, runtimes, syslibs
from diptych.profiling.runner.runtimes import FRAMEWORKS, TITLES, RuntimeInfo

_MARKS = {"ok": "✓", "bad": "✗", "off": "–"}
_LOW_SPACE = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the examination.

    ``state`` is ``ok``, ``bad`` (something wanted is missing or broken) or
    ``off`` (not there, and that is fine). ``needed`` says that the main job
    cannot run without it.
    """

    name: str
    state: str
    text: str
    cure: str | None = None
    needed: bool = False


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the subcommand."""
    text = "look for what is missing on this machine"
    parser = subparsers.add_parser("doctor", help=text, description=text)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--window", action="store_true", help="only say whether the window can open here"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Examine, print, and return 0 when the main job can run."""
    if args.window:
        return _window()
    checks = list(_show(examine(), as_json=args.json))
    ready = all(check.state == "ok" for check in checks if check.needed)
    if args.json:
        found = {"ready": ready, "checks": [asdict(check) for check in checks]}
        print(msgspec.json.encode(found).decode())
    elif ready:
        print("The main job can run here.")
    else:
        names = ", ".join(check.name for check in checks if check.needed and check.state != "ok")
        raise CliError(f"the main job cannot run here yet: see {names} above")
    return 0 if ready else 1


def _show(checks: Iterator[Check], *, as_json: bool) -> Iterator[Check]:
    for check in checks:
        if not as_json:
            print(f"{_MARKS[check.state]} {check.name}: {check.text}")
            if check.cure:
                print(f"    → {check.cure}")
            sys.stdout.flush()
        yield check


def _window() -> int:
    lacking = [_lacking(plugin) for plugin in syslibs.platforms()]
    if lacking and all(lacking):
        last = lacking[-1]
        raise CliError(
            f"no window here: Qt lacks {', '.join(last)}: {syslibs.install_line(last)} "
            "(without a window: make demo)"
        )
    reason = syslibs.no_display()
    if reason:
        raise CliError(f"no window here: {reason}; without one, run: make demo")
    return 0


def _lacking(plugin: str) -> list[str]:
    try:
        return syslibs.missing(plugin)
    except FileNotFoundError as error:
        raise CliError(f"{error}: make setup") from error
    except subprocess.TimeoutExpired:
        return []


def examine() -> Iterator[Check]:
    """Make the checks one after the other; each is yielded when it is done."""
    yield _python()
    yield from _home(home.home())
    yield from _qt()
    yield _display()
    yield from _runtimes()
    yield from _gpu()
    yield _compiler()


def _python() -> Check:
    good = sys.version_info >= (3, 10)
    text = f"{platform.python_version()} at {sys.executable}"
    cure = None if good else "use Python 3.10 or newer for the program: make setup"
    return Check("Python", "ok" if good else "bad", text, cure, needed=True)


def _home(folder: Path) -> Iterator[Check]:
    place = folder
    while not place.exists():
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        text = f"{folder} cannot be written ({error.strerror})"
        cure = f"set {home.VARIABLE} to a folder of yours"
        yield Check("home", "bad", text, cure, needed=True)
        return
    yield Check("home", "ok", f"{folder}", needed=True)
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB free in it"
    if free >= _LOW_SPACE:
        yield Check("disk", "ok", text)
    else:
        cure = f"free some space, or set {home.VARIABLE} to another disk"
        yield Check("disk", "bad", text, cure)


def _qt() -> Iterator[Check]:
    try:
        installed = version("PySide6-Essentials")
    except PackageNotFoundError:
        yield Check("Qt", "bad", "PySide6 is not installed", "make setup")
        return
    yield Check("Qt", "ok", f"PySide6 {installed}")
    plugin = syslibs.platform() or "xcb"
    try:
        lacking = syslibs.missing(plugin)
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Check("Qt libraries", "off", f"cannot be looked at: {error}")
        return
    if lacking:
        text = f"missing for {plugin}: {', '.join(lacking)}"
        yield Check("Qt libraries", "bad", text, syslibs.install_line(lacking))
    else:
        yield Check("Qt libraries", "ok", f"all there for {plugin}")


def _display() -> Check:
    reason = syslibs.no_display()
    if reason is None:
        return Check("display", "ok", f"{syslibs.platform()}")
    return Check("display", "off", reason, "without a window: diptych demo, diptych run")


def _runtimes() -> Iterator[Check]:
    found = runtimes.list_runtimes()
    usable = {name: [info for info in found if info.ok(name)] for name in FRAMEWORKS}
    for name in FRAMEWORKS:
        # With one framework the main job can run, with none it cannot.
        needed = bool(usable[name]) or not any(usable.values())
        yield _framework(name, usable[name], needed=needed)
    for info in found:
        for problem in info.problems:
            yield Check(f"runtime {info.title}", "bad", problem.what, problem.cure)


def _framework(name: str, usable: list[RuntimeInfo], *, needed: bool) -> Check:
    if not usable:
        text = f"no runtime can import {TITLES[name]}"
        cure = f"diptych runtimes install {name}"
        return Check(TITLES[name], "bad", text, cure, needed=needed)
    info = usable[0]
    held = info.frameworks[name]
    where = f"runtime {info.title}, Python {info.python_version}"
    device = "CUDA " + (held.cuda or "") if held.cuda_available else f"CPU ({held.cuda_reason})"
    return Check(TITLES[name], "ok", f"{held.version} in {where}, {device}", needed=needed)


def _gpu() -> Iterator[Check]:
    answer = _ask_nvml()
    if not answer.get("gpus"):
        reason = answer.get("reason") or "the GPU library gave no answer"
        yield Check("GPU", "off", f"{reason}; CPU and memory are shown in its place")
        return
    for gpu in answer["gpus"]:
        driver = gpu.get("driver") or "unknown"
        yield Check("GPU", "ok", f"{gpu['index']}: {gpu['name']}, driver {driver}")
    yield _cupti()


def _ask_nvml() -> dict[str, Any]:
    """Ask in a process of its own: the library may hang or crash."""
    command = [sys.executable, "-m", "diptych.profiling.sampling.describe"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=20, check=False)
        answer: dict[str, Any] = msgspec.json.decode(done.stdout, type=dict[str, Any])
    except subprocess.TimeoutExpired:
        return {"reason": "the GPU library did not answer within 20 s"}
    except (OSError, msgspec.DecodeError):
        return {}
    return answer


def _cupti(parameters: Path = Path("/proc/driver/nvidia/params")) -> Check:
    try:
        restricted = "RmProfilingAdminOnly: 1" in parameters.read_text(errors="replace")
    except OSError:
        return Check("GPU profiling", "off", "the driver does not say who may profile")
    if not restricted or os.geteuid() == 0:
        return Check("GPU profiling", "ok", "kernels can be recorded")
    return Check(
        "GPU profiling",
        "bad",
        "the driver lets administrators alone read hardware counters (CUPTI)",
        "as root: echo 'options nvidia NVreg_RestrictProfilingToAdminUsers=0' "
        "> /etc/modprobe.d/nvidia-profiling.conf, then restart the machine",
    )


def _compiler(which: Callable[[str], str | None] = shutil.which) -> Check:
    found = which(os.environ.get("CXX") or "g++")
    if found:
        return Check("C++ compiler", "ok", f"{found} (for torch.compile on the CPU)")
    text = "no g++: torch.compile cannot run on the CPU"
    return Check("C++ compiler", "off", text, "sudo apt-get install g++")
