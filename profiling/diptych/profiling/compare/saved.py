"""Comparisons that are on disk, read back with their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from diptych.profiling.compare.comparison import Comparison, compare
from diptych.profiling.compare.conduct import comparisons_dir, is_conducted, load
from diptych.profiling.compare.families import Classifier
from diptych.profiling.compare.parity import Parity, parity_of_runs
from diptych.profiling.compare.sides import labels_of
from diptych.profiling.compare.timed import Stretch
from diptych.profiling.records.experiment import Experiment, ExperimentState
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot


class ComparisonError(Exception):
    """A comparison cannot be shown; the text says why, and what to do."""


def read_run(directory: Path) -> RunSnapshot:
    """Read all of a run."""
    with RunSession(directory) as session:
        return session.drain()


def listed(home: Path | None = None) -> list[Path]:
    """Return the folders of all comparisons, newest first."""
    try:
        found = [path for path in comparisons_dir(home).iterdir() if path.name[0] != "."]
    except OSError:
        return []
    return sorted((path for path in found if path.is_dir()), reverse=True)


def find(text: str, home: Path | None = None) -> Path | None:
    """Return the comparison that a path, an id or a part of one names; ``None`` if none does.

    Raises:
        ComparisonError: several do.
    """
    if (Path(text) / "comparison.json").is_file():
        return Path(text).absolute()
    found = [path for path in listed(home) if text and text in path.name]
    exact = [path for path in found if path.name == text]
    if len(exact or found) > 1:
        raise ComparisonError(f"{text!r} names {len(found)} comparisons; say more of the id")
    return next(iter(exact or found), None)


def read(directory: Path) -> tuple[Experiment, ExperimentState]:
    """Read what was asked and where it stands; one whose conductor is gone is ``failed``.

    Raises:
        ComparisonError: it cannot be read.
    """
    try:
        experiment, state = load(directory)
    except OSError as error:
        raise ComparisonError(f"{directory} cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise ComparisonError(f"{directory} is damaged: {error}") from None
    if state.status == "running" and not is_conducted(directory):
        text = "it was interrupted: whoever conducted it is gone"
        state = msgspec.structs.replace(state, status="failed", text=text)
    return experiment, state


@dataclass(frozen=True, slots=True)
class Gathered:
    """A comparison with its runs read: from it every stretch can be compared.

    ``labels`` and ``profiled`` speak of ``runs``: the sides that made a step.
    """

    directory: Path
    experiment: Experiment
    state: ExperimentState
    runs: tuple[RunSnapshot, ...]
    labels: tuple[str, ...]
    noise: RunSnapshot | None
    profiled: dict[int, RunSnapshot]
    parity: Parity | None

    def compare(
        self, classifier: Classifier | None = None, stretch: Stretch | None = None
    ) -> Comparison:
        """Compare them.

        Raises:
            FamiliesError: the user's own operator families cannot be read.
        """
        return compare(
            self.runs,
            self.labels,
            identity=self.directory.name,
            noise=self.noise,
            profiled=self.profiled,
            parity=self.parity,
            classifier=classifier,
            stretch=stretch,
        )


def gather(directory: Path, known: Mapping[str, RunSnapshot] | None = None) -> Gathered:
    """Read the runs of a comparison, as far as they go, except those that are ``known``, by id.

    Raises:
        ComparisonError: fewer than two of its sides were run, or it cannot be read.
    """
    experiment, state = read(directory)
    folder = directory.parent.parent / "runs"
    runs = _runs(folder, state.runs, known)
    present = [at for at, run in enumerate(runs) if run is not None and len(run.steps)]
    if len(present) < 2 or 0 not in present:
        why = f": {state.text}" if state.text else ""
        raise ComparisonError(f"fewer than two sides of {directory.name} made a step{why}")
    noise = _runs(folder, [state.noise], known)[0]
    profiled = _runs(folder, state.profiled, known)
    shown = {at: run for at, run in enumerate(profiled) if run is not None and at in present}
    return Gathered(
        directory,
        experiment,
        state,
        tuple(run for at in present if (run := runs[at]) is not None),
        tuple(experiment.sides[at].label for at in present),
        noise if noise is not None and len(noise.steps) else None,
        {present.index(at): run for at, run in shown.items()},
        _parity(directory, state),
    )


def open_comparison(directory: Path, classifier: Classifier | None = None) -> Comparison:
    """Compare the runs of a comparison, as far as they go.

    Raises:
        ComparisonError: fewer than two of its sides were run, or it cannot be read.
        FamiliesError: the user's own operator families cannot be read.
    """
    return gather(directory).compare(classifier)


def compare_runs(
    runs: Sequence[RunSnapshot],
    classifier: Classifier | None = None,
    stretch: Stretch | None = None,
) -> Comparison:
    """Compare runs that were not made for it; the first is what the others are held against."""
    requests = [run.manifest.request for run in runs if run.manifest is not None]
    labels = labels_of(requests) if len(requests) == len(runs) else [run.id for run in runs]
    named = [run.name or label for run, label in zip(runs, labels, strict=True)]
    unique = named if len(set(named)) == len(named) else labels
    return compare(runs, unique, classifier=classifier, stretch=stretch)


def _runs(
    folder: Path, ids: Sequence[str | None], known: Mapping[str, RunSnapshot] | None = None
) -> list[RunSnapshot | None]:
    return [None if run is None else _run(folder / run, known or {}) for run in ids]


def _run(directory: Path, known: Mapping[str, RunSnapshot]) -> RunSnapshot | None:
    found = known.get(directory.name)
    if found is not None:
        return found
    return read_run(directory) if directory.is_dir() else None


def _parity(directory: Path, state: ExperimentState) -> Parity | None:
    """Return the worst outcome of all sides against the first."""
    if state.parity_text is not None:
        return Parity("unknown", state.parity_text)
    if state.parity is None:
        return None
    folder = directory / "parity" / "runs"
    first, *others = _runs(folder, state.parity.runs)
    drifted = _runs(folder, [state.parity.drifted])[0]
    if first is None or any(other is None for other in others):
        return Parity("unknown", "the runs from the same weights are gone")
    found = [parity_of_runs(first, other, drifted) for other in others if other is not None]
    order = ("different", "unknown", "same")
    return min(found, key=lambda one: order.index(one.status), default=None)
