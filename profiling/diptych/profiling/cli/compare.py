"""``diptych compare``: the same work on several sides, in turns; or runs that are there."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from diptych.profiling.cli import options
from diptych.profiling.cli.errors import CliError

if TYPE_CHECKING:
    from diptych.profiling.compare.comparison import Comparison
    from diptych.profiling.compare.sides import Value, Wanted
    from diptych.profiling.records.experiment import Experiment, SideSpec
    from diptych.profiling.runner.request import Settings

TAKES_REST = True

_EPILOG = """\
A side is FRAMEWORK[:EXECUTION][,KNOB=VALUE ...]. Knobs that all sides have in
common are options as for `diptych run`. Without --side: torch and mxnet.

  diptych compare --workload resnet18 --batch-size 8 --parity
  diptych compare --workload gpt --side torch --side torch:compile --side mxnet:hybridize
  diptych compare --workload mlp --sweep batch_size=64,128,256
  diptych compare --workload mlp --side torch --aa
  diptych compare --script torch_train.py --script mxnet_train.py -- --epochs 3
  diptych compare --sample           what such a comparison tells, recorded
  diptych compare RUN RUN            runs that are there, or a comparison's id
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `compare`."""
    from diptych.profiling.cli.run import add_knobs

    parser = subparsers.add_parser(
        "compare",
        usage="diptych compare --workload NAME [--side SIDE ...] [options]\n"
        "       diptych compare --script FILE --script FILE [options] [-- ARGS ...]\n"
        "       diptych compare RUN RUN [RUN ...] | COMPARISON | --sample",
        description="Run the same work on several sides in turns, one side at a time, and say "
        "which is faster, by how much, why, and how sure that is.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("runs", nargs="*", metavar="RUN", help="runs, or one comparison")
    parser.add_argument("--sample", action="store_true", help="show a recorded comparison")
    parser.add_argument("--workload", metavar="NAME", help="a workload of the catalogue")
    parser.add_argument("--script", action="append", default=[], metavar="FILE", help="a side")
    parser.add_argument("--side", action="append", default=[], metavar="SIDE", help="see below")
    parser.add_argument("--sweep", metavar="KNOB=V,V", help="each side with each of the values")
    _add_race_options(parser)
    add_knobs(parser)


def _add_race_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how they are run")
    add = group.add_argument
    add("--rounds", type=int, default=10, metavar="N", help="rounds (A B B A is one) [10]")
    add("--turn", type=int, metavar="N", help="steps of a turn [about a second]")
    add("--warm", type=int, default=10, metavar="N", help="steps of warming up [10]")
    add("--order", choices=("turns", "sequence"), default="turns", help="or one after the other")
    add("--aa", action="store_true", help="the same side twice: what the machine does by itself")
    add("--no-noise", action="store_true", help="do not run the first side a second time")
    add("--parity", action="store_true", help="compare the losses from the same weights first")
    add("--no-why", action="store_true", help="no profiled runs afterwards")
    add("--unfenced", action="store_true", help="do not wait for the device after each step")
    add("--env", action="append", default=[], metavar="NAME=VALUE", help="a variable for all")
    add("--name", metavar="TEXT", help="a name to find it by")
    add("--json", action="store_true", help="print the result as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Compare what is there, or run it first."""
    from diptych.profiling.compare.families import FamiliesError

    try:
        there = _sample if args.sample else _of_runs if args.runs else _raced
        comparison = there(args)
    except FamiliesError as error:
        raise CliError(str(error)) from None
    _print(comparison, as_json=args.json)
    return 0


def _print(comparison: Comparison, *, as_json: bool) -> None:
    from diptych.profiling.cli.compare_text import lines
    from diptych.profiling.compare.as_json import as_json as data

    print(json.dumps(data(comparison)) if as_json else "\n".join(lines(comparison)))


def _sample(args: argparse.Namespace) -> Comparison:
    from diptych.profiling.compare import sample, saved

    if args.runs or args.workload or args.script or args.side:
        raise CliError("--sample shows what was recorded: it takes no runs and runs nothing", 2)
    try:
        return saved.open_comparison(sample.install().directory)
    except OSError as error:
        raise CliError(f"{error.filename}: {error.strerror}") from None
    except saved.ComparisonError as error:
        raise CliError(str(error)) from None


def _of_runs(args: argparse.Namespace) -> Comparison:
    from diptych.profiling.cli.compared import named

    if args.unknown and args.workload:
        raise CliError(f"unknown option {args.unknown[0]}; a knob is written --name=value", 2)
    given = [args.workload, args.script, args.side, args.sweep, args.rest, args.unknown, args.env]
    given += [args.aa, args.parity, args.turn, args.name]
    if any(given) or any(v is not None for k, v in vars(args).items() if k.startswith("knob_")):
        raise CliError("runs that are there are compared as they are: they take no options but "
                       "--json", 2)  # fmt: skip
    found = named(args.runs)
    runs = [side.run.id for side in found.sides]
    if len(set(runs)) < len(runs):
        raise CliError("a run is named twice: it cannot be compared with itself", 2)
    if found.id:
        _say_unfinished(found.id)
    return found


def _say_unfinished(identity: str) -> None:
    """Warn of a comparison that is not over, or never will be."""
    from diptych.profiling.compare import saved

    directory = saved.find(identity)
    state = saved.read(directory)[1] if directory else None
    if state is not None and state.status != "done":
        why = f": {state.text}" if state.text and state.status != "running" else ""
        print(f"diptych: this comparison is {state.status}{why}", file=sys.stderr)


def _raced(args: argparse.Namespace) -> Comparison:
    from diptych.profiling.compare import conduct, saved
    from diptych.profiling.compare.families import active

    active()  # an error in the user's own families is said now, not after the race
    sides = _sides(args)
    try:
        directory = conduct.create(_experiment(args, sides))
    except OSError as error:
        raise CliError(f"nothing can be kept: {error.filename}: {error.strerror}") from None
    print(f"comparison {directory.name} in {directory}", file=sys.stderr)
    _conduct(directory)
    try:
        return saved.open_comparison(directory)
    except saved.ComparisonError as error:
        raise CliError(str(error)) from None


def _experiment(args: argparse.Namespace, sides: tuple[SideSpec, ...]) -> Experiment:
    import time

    from diptych.profiling.compare import conduct
    from diptych.profiling.records.experiment import Experiment

    for name in ("rounds", "turn", "warm"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise CliError(f"--{name} has to be at least 1", 2)
    return Experiment(
        id=conduct.new_id(sides),
        created=time.time_ns(),
        name=args.name,
        sides=sides,
        order=args.order,
        rounds=args.rounds,
        turn=args.turn,
        warm=args.warm,
        # An A/A comparison is itself what the noise is learnt from.
        noise=not (args.no_noise or args.aa),
        parity=args.parity,
        why=not args.no_why,
        sweep=args.sweep.partition("=")[0].replace("-", "_") if args.sweep else None,
    )


def _sides(args: argparse.Namespace) -> tuple[SideSpec, ...]:
    from diptych.profiling.compare import sides
    from diptych.profiling.runner.errors import RequestError

    knobs: dict[str, Value] = {
        k[5:]: v for k, v in vars(args).items() if k.startswith("knob_") and v is not None
    }
    knobs.update(options.leftover_knobs(args.unknown))
    settings = _settings(args)
    try:
        if args.script:
            return _scripts(args, knobs)
        if not args.workload:
            raise CliError("compare needs --workload NAME, --script FILE twice, or runs", 2)
        if args.rest:
            raise CliError("a workload takes knobs, no arguments behind `--`", 2)
        if args.order == "turns" and "steps" in knobs:
            raise CliError("in turns, --rounds and --turn say how many steps are made; --steps is "
                           "for --order sequence", 2)  # fmt: skip
        wanted = [sides.parse(text) for text in args.side or ("torch", "mxnet")]
        if args.aa:
            if len(args.side) > 1 or args.sweep:
                raise CliError("--aa takes one --side, which is run twice, and no --sweep", 2)
            wanted = [wanted[0], wanted[0]]
        if args.sweep:
            wanted = _swept(wanted, args.sweep)
        if not 2 <= len(wanted) <= sides.MOST:
            raise CliError(f"a comparison has 2 to {sides.MOST} sides, not {len(wanted)}", 2)
        return sides.workload_sides(args.workload, wanted, knobs, settings=settings)
    except RequestError as error:
        outside = error.field in ("runtime", "script", "device")
        raise CliError(str(error), 1 if outside else 2) from None


def _scripts(args: argparse.Namespace, knobs: dict[str, Value]) -> tuple[SideSpec, ...]:
    from diptych.profiling.compare import sides

    if knobs or args.side or args.sweep or args.workload:
        raise CliError("scripts take no knobs, sides or workload; arguments go behind `--`", 2)
    scripts = args.script * 2 if args.aa else args.script
    if not 2 <= len(scripts) <= sides.MOST:
        raise CliError("compare needs at least two scripts, each with --script (or --aa)", 2)
    return sides.script_sides(scripts, args.rest, settings=_settings(args))


def _settings(args: argparse.Namespace) -> Settings:
    from diptych.profiling.runner.request import Settings

    env = options.environment(args.env)
    return Settings(fenced=not args.unfenced, schedule=None, env=env)


def _swept(wanted: list[Wanted], text: str) -> list[Wanted]:
    from diptych.profiling.compare import sides

    knob, _, values = text.partition("=")
    found = [value.strip() for value in values.split(",") if value.strip()]
    if not knob.strip() or len(found) < 2:
        raise CliError("--sweep needs a knob and its values, such as batch_size=8,16,32", 2)
    return sides.swept(wanted, knob.strip().replace("-", "_"), found)


def _conduct(directory: Path) -> None:
    """Carry it out here; Ctrl-C cancels, and both sides end."""
    from diptych.profiling.cli.compare_text import ProgressLine
    from diptych.profiling.cli.interrupts import Flag
    from diptych.profiling.compare import conduct

    line = ProgressLine(sys.stderr)
    with Flag() as flag:
        try:
            state = conduct.conduct(directory, line.show, lambda: flag.up)
        except OSError as error:
            raise CliError(f"{error.filename or directory}: {error.strerror or error}") from None
        finally:
            line.clear()
    if state.status == "cancelled":
        print("diptych: the comparison was cancelled", file=sys.stderr)
        raise KeyboardInterrupt
    if state.status == "failed":
        raise CliError(f"the comparison failed: {state.text} (see {directory})")
