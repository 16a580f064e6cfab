"""``diptych run``: one workload or script under the profiler, to its end."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from diptych.profiling.cli import options
from diptych.profiling.cli.errors import CliError
from diptych.profiling.cli.interrupts import Interrupts

if TYPE_CHECKING:
    from diptych.profiling.cli.live import LiveLine
    from diptych.profiling.records.manifest import RunRequest
    from diptych.profiling.runner.request import Settings

TAKES_REST = True

_EPILOG = """\
Ctrl-C asks the run to stop, a second one kills it. Everything is in the run's
directory; `diptych` (the window) shows it live, `diptych runs` afterwards.
A file or a pipe on standard input is what the script reads; from a terminal
(and from the window) its input is empty.

  diptych run --framework torch --workload resnet18 --batch-size 32
  diptych run --script train.py -- --epochs 3
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `run` with every knob of every workload."""
    parser = subparsers.add_parser(
        "run",
        usage="diptych run --framework torch|mxnet --workload NAME [options]\n"
        "       diptych run --script FILE [options] [-- ARGS ...]",
        description="Run a workload of the catalogue or your own script under the profiler.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--framework", metavar="NAME", help="torch or mxnet (a script: auto)")
    parser.add_argument("--workload", metavar="NAME", help=f"one of {', '.join(_workloads())}")
    parser.add_argument("--script", metavar="FILE", help="your own script, unchanged")
    parser.add_argument("--python", metavar="PATH", help="interpreter that runs it")
    parser.add_argument("--runtime", metavar="NAME", help="see `diptych runtimes list`")
    add_knobs(parser)
    options.add_schedule_options(parser)
    options.add_window_options(parser)
    _add_rest(parser)


def _add_rest(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the run")
    add = group.add_argument
    add("--fenced", action="store_true", help="wait for the device after each step: exact, slower")
    add("--timeout", type=float, metavar="SECONDS", help="end the run after so long")
    add("--name", metavar="TEXT", help="a name to find it by")
    add("--pair", metavar="ID", help="ties runs that belong together")
    add("--env", action="append", default=[], metavar="NAME=VALUE", help="a variable for it")
    add("--cwd", metavar="FOLDER", help="working folder of a script (default: this one)")
    add(
        "--sample-hz", type=float, default=5.0, metavar="HZ", help="samples of GPU and CPU a second"
    )
    add("--json", action="store_true", help="print the summary as one JSON object")
    add("--dry-run", action="store_true", help="check everything, print the command, run nothing")


def _workloads() -> list[str]:
    from diptych.workloads import catalogue

    return list(catalogue.WORKLOADS)


def add_knobs(parser: argparse.ArgumentParser) -> None:
    """Add all knobs as text: the catalogue reads them, and names what it refuses."""
    from diptych.workloads import catalogue

    group = parser.add_argument_group("knobs of the workloads")
    texts: dict[str, list[str]] = {}
    for workload in catalogue.WORKLOADS.values():
        for knob in workload.knobs:
            seen = texts.setdefault(knob.name, [])
            text = f"{knob.help} [{knob.allowed}]"
            if text not in seen:
                seen.append(text)
    for name, seen in texts.items():
        flag = f"--{name.replace('_', '-')}"
        group.add_argument(
            flag, dest=f"knob_{name}", metavar="X", help=" | ".join(seen).replace("%", "%%")
        )


def run(args: argparse.Namespace) -> int:
    """Check, launch, follow, report."""
    request = make_request(args)
    from diptych.profiling.cli.live import LiveLine
    from diptych.profiling.runner import launch

    if args.dry_run:
        _print_command(launch.shell_command(request), request, as_json=args.json)
        return 0
    line = LiveLine(sys.stderr)
    _note_missing_window(request, args)
    interrupts = Interrupts()
    try:
        directory = launch.start(request, stdin=_input())
        interrupts.now_known(directory)
        line.say(f"run {directory.name} in {directory}")
        _watch(directory, line, interrupts)
    except launch.LaunchError as error:
        raise CliError(str(error)) from None
    finally:
        interrupts.restore()
        line.clear()
    return _report(directory, as_json=args.json, interrupted=interrupts)


def _input() -> int | None:
    """Return the descriptor of our standard input if it is a file or a pipe.

    A run outlives its terminal, so it does not read from one.
    """
    import os
    import stat

    if sys.__stdin__ is None:  # closed: another file may have its number
        return None
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return None
    return 0 if stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else None


def make_request(args: argparse.Namespace) -> RunRequest:
    """Return what the options ask for.

    Raises:
        CliError: it cannot be run.
    """
    if args.workload is not None and args.script is not None:
        raise CliError("--workload and --script were both given: a run has one of them", 2)
    if args.workload is None and args.script is None:
        raise CliError("run needs --workload NAME or --script FILE (see `diptych run --help`)", 2)
    if args.python and args.runtime:
        raise CliError("--python and --runtime exclude each other", 2)
    knobs = {k[5:]: v for k, v in vars(args).items() if k.startswith("knob_") and v is not None}
    knobs.update(options.leftover_knobs(args.unknown))
    from diptych.profiling.runner.errors import RequestError

    try:
        if args.workload is not None:
            return _workload_request(args, knobs)
        return _script_request(args, knobs)
    except RequestError as error:
        outside = error.field in ("runtime", "script", "cwd", "device")
        raise CliError(str(error), 1 if outside else 2) from None


def _workload_request(args: argparse.Namespace, knobs: dict[str, str]) -> RunRequest:
    from diptych.profiling.runner.request import request_for_workload

    if args.rest:
        raise CliError("a workload takes knobs, no arguments behind `--`", 2)
    if args.cwd:
        raise CliError("--cwd is for scripts; a workload works in its run directory", 2)
    if not args.framework:
        raise CliError("a workload needs --framework torch or --framework mxnet", 2)
    runtime = _interpreter(args.python) or args.runtime
    return request_for_workload(
        args.framework, args.workload, knobs, runtime=runtime, settings=_settings(args)
    )


def _script_request(args: argparse.Namespace, knobs: dict[str, str]) -> RunRequest:
    from diptych.profiling.runner.request import request_for_script

    if knobs:
        first = next(iter(knobs)).replace("_", "-")
        raise CliError(f"--{first} is a workload's knob; a script's own go behind `--`", 2)
    return request_for_script(
        args.script,
        args.rest,
        framework=args.framework or "auto",
        runtime=_interpreter(args.python) or args.runtime,
        cwd=args.cwd,
        settings=_settings(args),
    )


def _settings(args: argparse.Namespace) -> Settings:
    from diptych.profiling.runner.request import Settings

    return Settings(
        fenced=args.fenced,
        schedule=options.schedule(args),
        options=options.window_options(args),
        timeout=args.timeout,
        sample_hz=args.sample_hz,
        name=args.name,
        pair=args.pair,
        env=options.environment(args.env),
    )


def _interpreter(python: str | None) -> str | None:
    """Make a path of what may look like a runtime's name."""
    if python is None:
        return None
    import shutil

    found = shutil.which(python) if "/" not in python else None
    return found or str(Path(python).expanduser().absolute())


def _print_command(command: str, request: RunRequest, *, as_json: bool) -> None:
    import msgspec

    if as_json:
        print(msgspec.json.encode({"command": command, "request": request}).decode())
    else:
        print(command)


def _note_missing_window(request: RunRequest, args: argparse.Namespace) -> None:
    if request.schedule is None and not args.no_profile:
        print(
            "no profile window: the run has fewer steps than the usual window needs "
            "(say --skip and --active)",
            file=sys.stderr,
        )


def _watch(directory: Path, line: LiveLine, interrupts: Interrupts) -> None:
    import time

    from diptych.profiling.runs.session import RunSession

    told = 0
    with RunSession(directory) as session:
        while True:
            session.poll()
            line.show(session.snapshot())
            if told < interrupts.count:
                told = interrupts.count
                line.say("stopping (again: kill)" if told == 1 else "killing")
            if not session.live and not session.behind:
                return
            if not session.behind:
                time.sleep(0.1)


def _report(directory: Path, *, as_json: bool, interrupted: Interrupts) -> int:
    import msgspec

    from diptych.profiling.cli import run_end
    from diptych.profiling.runs.summary import load_summary

    summary = load_summary(directory)
    if as_json:
        print(msgspec.json.encode(summary).decode())
    else:
        print("\n".join(run_end.lines(summary)))
    if summary.status == "failed":
        print(
            "\n".join([f"diptych: {summary.status_text}", *run_end.failure(directory)]),
            file=sys.stderr,
        )
    if summary.status == "done":
        return 0
    return 128 + interrupted.number if interrupted.count else 1
