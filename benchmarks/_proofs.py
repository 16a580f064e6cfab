"""Shows on this machine that verdicts can be trusted: ``python -m benchmarks._proofs [N]``.

N experiments (20) of each kind, with real workers: the same side against
itself, which must not be told apart, and one side that does 10 % more work, which
must be found with the right size. Writes docs/comparison-proof.md. Takes about
20 minutes, and wants the machine for itself.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from benchmarks.__main__ import machine

from diptych.profiling.compare import conduct, saved
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.sides import Value, Wanted, script_sides, workload_sides
from diptych.profiling.compare.verdict import Finding, judge
from diptych.profiling.records.experiment import Experiment, SideSpec
from diptych.profiling.runner.home import runtimes_dir
from diptych.profiling.runner.request import Settings

REPORT = Path(__file__).parents[1] / "docs" / "comparison-proof.md"
SCRIPT = Path(__file__).parents[1] / "tests" / "scripts" / "torch_work.py"
PLANTED = 1.1
_WORK = 50
_CLAIMS = (Finding.A_FASTER, Finding.B_FASTER)
_SETTINGS = Settings(fenced=True, schedule=None)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is done N times: its sides, and what the ratio really is."""

    title: str
    sides: tuple[SideSpec, ...]
    truth: float
    turn: int


def kinds(home: Path) -> list[Kind]:
    """Return the kinds of experiments."""
    twice = [Wanted("torch", {}), Wanted("torch", {})]
    small: list[tuple[str, dict[str, Value], int]] = [
        ("mlp", {"batch_size": 32, "threads": 1}, 10),
        ("resnet18", {"batch_size": 2, "image_size": 32, "threads": 1}, 5),
    ]
    made = [
        Kind(f"A/A, {name}", _workload(name, twice, knobs, home), 1.0, turn)
        for name, knobs, turn in small
    ]
    mxnet = [Wanted("mxnet", {}), Wanted("mxnet", {})]
    under_mxnet: dict[str, Value] = {"batch_size": 32, "threads": 1}
    sides = _workload("mlp", mxnet, under_mxnet, home)
    made.append(Kind("A/A, mlp under MXNet", sides, 1.0, 10))
    more = round(_WORK * PLANTED)
    first, second = (
        script_sides([SCRIPT, SCRIPT], ["--work", str(work)], settings=_SETTINGS, home=home)[0]
        for work in (_WORK, more)
    )
    labelled = (
        msgspec.structs.replace(first, label=f"{_WORK} products"),
        msgspec.structs.replace(second, label=f"{more} products"),
    )
    made.insert(-1, Kind("10 % more work", labelled, more / _WORK, 8))
    return made


def _workload(
    name: str, wanted: Sequence[Wanted], knobs: Mapping[str, Value], home: Path
) -> tuple[SideSpec, ...]:
    return workload_sides(name, wanted, knobs, settings=_SETTINGS, home=home)


def run(kind: Kind, home: Path) -> Comparison:
    """Carry one experiment out, as `diptych compare` does, without profiled runs."""
    experiment = Experiment(
        id=conduct.new_id(kind.sides),
        created=time.time_ns(),
        sides=kind.sides,
        turn=kind.turn,
        why=False,
    )
    directory = conduct.create(experiment, home)
    state = conduct.conduct(directory)
    if state.status != "done":
        raise RuntimeError(f"{kind.title}: {state.text}")
    return saved.open_comparison(directory)


def lines(kind: Kind, found: Sequence[Comparison]) -> Iterator[str]:
    """Return the report of one kind."""
    claims = sum(c.verdict is not None and c.verdict.finding in _CLAIMS for c in found)
    bare = [judge(c.sides[0].samples, c.sides[1].samples, together=c.together) for c in found]
    bare_claims = sum(v is not None and v.finding in _CLAIMS for v in bare)
    ratios = [c.verdict.ratio for c in found if c.verdict is not None]
    inside = sum(
        r.low is not None and r.high is not None and r.low <= kind.truth <= r.high for r in ratios
    )
    right = sum(c.verdict is not None and c.verdict.finding is Finding.A_FASTER for c in found)
    yield f"| {kind.title} | {len(found)} | {claims} | {bare_claims} | {inside} | " + (
        f"{right} |" if kind.truth != 1 else "|"
    )


def main(words: Sequence[str]) -> int:
    """Run all experiments and write the report."""
    count = int(words[0]) if words else 20
    where = machine()
    text = [
        "# Can the verdicts be trusted?",
        "",
        f"Written by `python -m benchmarks._proofs`: {count} comparisons of each kind, with real",
        "workers, taken in turns. *Claims*: experiments in which a difference was claimed;",
        "*without the noise floor* is the same from the interval alone. *Inside*: the true ratio",
        "lay in the 95 % interval. *Found*: the slower side was named.",
        "",
        *(f"- {line}" for line in where),
        "",
        "| what | experiments | claims | without the noise floor | inside | found |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    details = ["", "## Each of them", "", "Ratio of medians, its interval, the noise floor.", ""]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "runtimes").symlink_to(runtimes_dir())
        for kind in kinds(home):
            found = []
            for number in range(count):
                found.append(run(kind, home))
                details.append(f"- {kind.title} {number + 1}: {_told(found[-1])}")
                print(details[-1], flush=True)
            text += lines(kind, found)
            REPORT.write_text("\n".join([*text, *details]) + "\n", encoding="utf-8")
    print("\n".join(text))
    return 0


def _told(comparison: Comparison) -> str:
    verdict = comparison.verdict
    if verdict is None or verdict.ratio.low is None or verdict.ratio.high is None:
        return "no interval"
    ratio, floor = verdict.ratio, verdict.noise_floor
    floor_text = "unknown" if floor is None else f"{floor:.3f}"
    return (
        f"{ratio.estimate:.3f} ({ratio.low:.3f} to {ratio.high:.3f}), {floor_text}, "
        f"{verdict.finding.value}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
