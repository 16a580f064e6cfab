"""What `diptych compare` and `diptych report` are given: a comparison's id, or runs."""

from __future__ import annotations

from collections.abc import Sequence

from diptych.profiling.cli.errors import CliError
from diptych.profiling.compare.comparison import Comparison


def named(words: Sequence[str]) -> Comparison:
    """Return the comparison that one word names, or that of several runs.

    Raises:
        CliError: there is none, or a run made no step.
    """
    from diptych.profiling.cli.runs_text import open_store
    from diptych.profiling.compare import saved
    from diptych.profiling.compare.families import FamiliesError
    from diptych.profiling.runs.files import RunError

    try:
        if len(words) == 1:
            found = saved.find(words[0])
            if found is None:
                raise CliError(f"there is no comparison {words[0]!r}; or name two runs")
            return saved.open_comparison(found)
        store = open_store()
        entries = [store.find(text) for text in words]
        runs = [saved.read_run(entry.directory) for entry in entries]
        empty = [run.id for run in runs if not len(run.steps)]
        if empty:
            raise CliError(f"{empty[0]} made no step: nothing to compare")
        return saved.compare_runs(runs)
    except (RunError, saved.ComparisonError, FamiliesError) as error:
        raise CliError(str(error)) from None
