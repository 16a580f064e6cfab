"""``diptych trace check``: what is wrong with a trace, and what was lost."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from diptych.profiling.cli.runs_text import plain
from diptych.profiling.cli.trace_open import open_one
from diptych.profiling.cli.trace_text import as_json, cut, duration
from diptych.profiling.trace.check import Finding, check


def run(args: argparse.Namespace) -> int:
    """Print the findings; with ``--strict`` the status is 1 if anything is wrong or lost."""
    table = open_one(args.file)
    findings = check(table)
    bad = [finding for finding in findings if finding.level != "note"]
    if args.json:
        shown = [asdict(finding) for finding in findings]
        print(as_json({"file": str(table.path), "sound": not bad, "findings": shown}))
    else:
        print(plain(str(table.path)))
        for finding in findings:
            print("\n".join(_lines(finding)))
        if not bad:
            print(f"  sound: {table.events:,} events, none lost, none contradicts another")
    return 1 if args.strict and bad else 0


def _lines(finding: Finding) -> list[str]:
    lines = [cut(f"  {finding.level:<5}  {finding.count:>9,}  {plain(finding.text)}")]
    for example in finding.examples:
        when = f"at {duration(example.start_ns)}, {duration(example.duration_ns)} long"
        lines.append(cut(f"         {'':>9}  {when}: {plain(example.name)}"))
    return lines
