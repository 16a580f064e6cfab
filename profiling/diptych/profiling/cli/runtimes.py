"""``diptych runtimes``: list, install, check, add and forget the interpreters."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

import msgspec

from diptych.profiling.cli.errors import CliError
from diptych.profiling.runner import runtimes
from diptych.profiling.runner.runtimes import TITLES, FrameworkInfo, InstallProgress, RuntimeInfo


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the subcommand and its own subcommands."""
    parser = subparsers.add_parser("runtimes", help="interpreters that hold a framework")
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, text in (
        ("list", "show the interpreters that hold PyTorch or MXNet"),
        ("install", "make a managed runtime"),
        ("check", "look again at one runtime, or at all"),
        ("add", "remember an interpreter, or the folder of an environment"),
        ("forget", "drop an interpreter that was added"),
    ):
        _arguments(name, actions.add_parser(name, help=text, description=text))


def _arguments(name: str, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
    if name == "list":
        parser.add_argument("--refresh", action="store_true", help="probe all of them anew")
    elif name == "install":
        parser.add_argument("framework", choices=runtimes.FRAMEWORKS)
        parser.add_argument("--again", action="store_true", help="replace one that works")
    elif name == "check":
        parser.add_argument("runtime", nargs="?", metavar="NAME|PATH")
    else:
        parser.add_argument("runtime", metavar="PATH" if name == "add" else "NAME|PATH")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; status 1 when what was checked or added is broken."""
    actions = {"list": _list, "install": _install, "check": _check, "add": _add, "forget": _forget}
    try:
        return actions[args.action](args)
    except (runtimes.RuntimeNotFound, runtimes.RuntimeBroken) as error:
        raise CliError(str(error)) from error
    except OSError as error:
        raise CliError(f"{error}: set DIPTYCH_HOME to a folder that can be written") from error


def _list(args: argparse.Namespace) -> int:
    found = runtimes.list_runtimes(refresh=args.refresh)
    if args.json:
        _print_json([as_dict(info) for info in found])
        return 0
    if not found:
        print("No Python here can import torch or mxnet.")
        print("Make runtimes with: diptych runtimes install torch; diptych runtimes install mxnet")
    for line in table(found):
        print(line)
    return 0


def _check(args: argparse.Namespace) -> int:
    found = runtimes.check(args.runtime)
    broken = [info for info in found if not info.usable]
    if args.json:
        _print_json([as_dict(info) for info in found])
    else:
        for info in found:
            print("\n".join(describe(info)))
    if not found:
        raise CliError("no runtime here: make one with `diptych runtimes install torch`")
    return 1 if broken else 0


def _add(args: argparse.Namespace) -> int:
    info = runtimes.add(args.runtime)
    if args.json:
        _print_json(as_dict(info))
    else:
        print("\n".join(describe(info)))
    return 0 if info.usable else 1


def _forget(args: argparse.Namespace) -> int:
    python = runtimes.forget(args.runtime)
    if args.json:
        _print_json({"python": python})
    else:
        print(f"forgot {python}; nothing was removed from the disk")
    return 0


def _install(args: argparse.Namespace) -> int:
    with _cancel_on_signals() as cancel:
        printer = ProgressPrinter()
        try:
            info = runtimes.install(args.framework, None, printer.show, cancel, again=args.again)
        except runtimes.InstallCancelled as error:
            raise CliError(f"{error}; nothing half done is left", 130) from error
        except runtimes.InstallError as error:
            raise CliError(str(error)) from error
        finally:
            printer.close()
    if args.json:
        _print_json(as_dict(info))
    else:
        print("\n".join(describe(info)))
    return 0


@contextlib.contextmanager
def _cancel_on_signals() -> Iterator[threading.Event]:
    """Turn Ctrl-C and SIGTERM into a request to stop, so that nothing half done stays."""
    cancel = threading.Event()
    previous = {
        number: signal.signal(number, lambda *_: cancel.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield cancel
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class ProgressPrinter:
    """Progress on stderr: one line that changes on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._stage = ""
        self._open = False

    def show(self, progress: InstallProgress) -> None:
        """Show one report; off a terminal only the first of each stage."""
        if self._live:
            percent = "" if progress.fraction is None else f"{progress.fraction:4.0%} "
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r\x1b[K{percent}{progress.text}"[: width + 4])
            self._open = True
        elif progress.stage != self._stage:
            sys.stderr.write(f"{progress.stage}: {progress.text}\n")
        self._stage = progress.stage
        sys.stderr.flush()

    def close(self) -> None:
        """End the line that changes."""
        if self._open:
            sys.stderr.write("\n")
            sys.stderr.flush()


def as_dict(info: RuntimeInfo) -> dict[str, Any]:
    """Return what ``--json`` shows of a runtime."""
    built: dict[str, Any] = msgspec.to_builtins(info)
    return {**built, "usable": list(info.usable)}


def table(infos: list[RuntimeInfo]) -> list[str]:
    """Return aligned lines, problems indented under their runtime."""
    rows = [(info, _row(info)) for info in infos]
    widths = [max(len(row[column]) for _, row in rows) for column in range(4)] if rows else []
    lines = []
    for info, row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append(f"{'✓' if info.usable else '✗'} {'  '.join(cells)}  {info.python}")
        lines += _problems(info)
    return lines


def _row(info: RuntimeInfo) -> tuple[str, str, str, str]:
    held = " + ".join(_framework(name, found) for name, found in info.frameworks.items())
    device = ", ".join(dict.fromkeys(_device(found) for found in info.frameworks.values()))
    python = f"Python {info.python_version}" if info.python_version else "Python ?"
    return info.name or info.source, held or "no framework", python, device or "-"


def _framework(name: str, found: FrameworkInfo) -> str:
    return f"{TITLES[name]} {found.version or '?'}"


def _device(found: FrameworkInfo) -> str:
    if not found.cuda_available:
        return "CPU"
    names = dict.fromkeys(device.name for device in found.devices)
    return f"{len(found.devices)} × {', '.join(names)}" if names else f"CUDA {found.cuda}"


def _problems(info: RuntimeInfo) -> Iterator[str]:
    for problem in info.problems:
        yield f"    {'✗' if problem.fatal else '!'} {problem.what}"
        yield f"      cure: {problem.cure}"


def describe(info: RuntimeInfo) -> list[str]:
    """Return all that is known of one runtime, for people."""
    lines = [f"{'✓' if info.usable else '✗'} {info.title}  ({info.source})", f"    {info.python}"]
    if info.python_version:
        lines.append(f"    Python {info.python_version}")
    for name, found in info.frameworks.items():
        lines.append(f"    {_framework(name, found)}, numpy {found.numpy_version or 'none'}")
        lines.append(f"      device: {_device(found)}{_reason(found)}")
        if found.features:
            lines.append(f"      features: {', '.join(found.features)}")
        lines += [f"      bridged: {text}" for text in found.shimmed]
    if not info.frameworks and not info.problems:
        lines.append("    neither PyTorch nor MXNet is in it")
    return [*lines, *_problems(info)]


def _reason(found: FrameworkInfo) -> str:
    return f" ({found.cuda_reason})" if found.cuda_reason and not found.cuda_available else ""


def _print_json(value: object) -> None:
    print(msgspec.json.encode(value).decode())
