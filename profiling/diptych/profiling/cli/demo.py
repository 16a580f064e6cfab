"""``diptych demo``: the main job without a screen.

The same small workload under PyTorch and under MXNet, one after the other, with
one ruler (fenced steps); then one table, and how to look at what was recorded.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from diptych.profiling.cli.errors import CliError
from diptych.profiling.records.summary import Summary
from diptych.profiling.runner.runtimes import FRAMEWORKS, TITLES

if TYPE_CHECKING:
    from diptych.profiling.cli.live import LiveLine
    from diptych.profiling.records.manifest import RunRequest

_Cell = Callable[[Summary], str]
_WINDOW = 5


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the subcommand."""
    text = "run a small workload under both frameworks and show where its results are"
    parser = subparsers.add_parser("demo", help=text, description=text)
    parser.add_argument("--workload", default="resnet18", metavar="NAME")
    parser.add_argument("--steps", type=int, default=40, metavar="N")
    parser.add_argument("--json", action="store_true", help="print both summaries as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check both runs first, then do them; status 1 when one of them failed."""
    from diptych.profiling.cli.live import LiveLine

    # Both, before the first one starts: what is missing is said at once.
    requests = [_request(framework, args.workload, args.steps) for framework in FRAMEWORKS]
    line = LiveLine(sys.stderr)
    summaries = [_one(request, line) for request in requests]
    if args.json:
        print(msgspec.json.encode(summaries).decode())
    else:
        print("\n".join(_report(summaries)))
    return 0 if all(summary.status == "done" for summary in summaries) else 1


def _request(framework: str, workload: str, steps: int) -> RunRequest:
    from diptych.profiling.records.manifest import Schedule
    from diptych.profiling.runner.errors import RequestError
    from diptych.profiling.runner.request import Settings, request_for_workload

    # At the end: what torch.profiler leaves behind in the allocator can slow the
    # steps after it (docs/metrics.md), and the two medians are to be compared.
    first = steps - _WINDOW - 1
    window = Schedule(skip=first, warmup=1, active=_WINDOW) if first >= 0 else None
    settings = Settings(fenced=True, name="demo", schedule=window)
    try:
        return request_for_workload(framework, workload, {"steps": steps}, settings=settings)
    except RequestError as error:
        raise CliError(str(error)) from None


def _one(request: RunRequest, line: LiveLine) -> Summary:
    from diptych.profiling.runner import launch
    from diptych.profiling.runner.control import ask_stop
    from diptych.profiling.runs.summary import load_summary

    line.say(f"{request.workload} under {TITLES[request.framework]} ({request.python})")
    try:
        directory = launch.start(request)
    except launch.LaunchError as error:
        raise CliError(str(error)) from None
    try:
        _follow(directory, line)
    except KeyboardInterrupt:
        ask_stop(directory, "Ctrl-C")
        line.say("stopping")
        _follow(directory, line)
        raise
    finally:
        line.clear()
    return load_summary(directory)


def _follow(directory: Path, line: LiveLine) -> None:
    from diptych.profiling.runs.session import RunSession

    with RunSession(directory) as session:
        while True:
            session.poll()
            line.show(session.snapshot())
            if not session.behind:
                if not session.live:
                    return
                time.sleep(0.1)


def _report(summaries: list[Summary]) -> list[str]:
    return ["", *_table(summaries), "", *_failures(summaries), *_how_to_look(summaries)]


def _table(summaries: list[Summary]) -> list[str]:
    rows = [(name, *[cell(summary) for summary in summaries]) for name, cell in _ROWS]
    widths = [max(len(row[column]) for row in rows) for column in range(len(summaries) + 1)]
    lines = []
    for name, *cells in rows:
        right = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *right]))
    return lines


def _times(name: str) -> _Cell:
    return lambda summary: _known(getattr(summary.step_ms, name), " ms")


def _known(value: float | None, unit: str = "") -> str:
    from diptych.profiling.report.figures import number

    return "not known" if value is None else f"{number(value)}{unit}"


def _memory(summary: Summary) -> str:
    from diptych.profiling.report.figures import size

    peak = summary.peak_memory_bytes.process_rss
    return "not known" if peak is None else size(peak)


def _parameters(summary: Summary) -> str:
    return "not known" if summary.parameters is None else f"{summary.parameters:,}"


def _warmup(summary: Summary) -> str:
    known = "?" if summary.warmup_steps is None else str(summary.warmup_steps)
    return f"{summary.steps}, {known} of them warm-up"


def _framework(summary: Summary) -> str:
    title = TITLES.get(summary.framework or "", "?")
    return " ".join(filter(None, (title, summary.framework_version)))


def _loss(summary: Summary) -> str:
    return f"{_known(summary.first_loss)} → {_known(summary.last_loss)}"


_ROWS: tuple[tuple[str, _Cell], ...] = (
    ("", _framework),
    ("status", lambda summary: summary.status),
    ("steps", _warmup),
    ("step time, median", _times("median")),
    ("step time, p95", _times("p95")),
    ("step time, p99", _times("p99")),
    ("throughput", lambda summary: _known(summary.samples_per_s, " samples/s")),
    ("parameters", _parameters),
    ("loss, first → last", _loss),
    ("peak memory (RSS)", _memory),
    ("ruler", lambda summary: summary.step_ms.ruler or "not known"),
)


def _failures(summaries: list[Summary]) -> list[str]:
    return [
        f"{_framework(summary)}: {summary.status_text} (see {summary.dir}/logs/stderr.log)"
        for summary in summaries
        if summary.status != "done"
    ]


def _how_to_look(summaries: list[Summary]) -> list[str]:
    traces = [str(Path(summary.dir, trace)) for summary in summaries for trace in summary.traces]
    lines = ["traces:", *[f"  {trace}" for trace in traces]] if traces else ["traces: none"]
    return [
        *lines,
        "To look at them: open a trace in https://ui.perfetto.dev (it stays on your machine),",
        "or start the window on a machine with a display: diptych",
        "Both runs, at any time: diptych runs list",
    ]
