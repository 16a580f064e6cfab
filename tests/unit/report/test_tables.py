"""Tables of a comparison as Markdown and LaTeX, and its steps as CSV and Parquet."""

from __future__ import annotations

import csv
import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet
from tests.helpers.fake_comparison import alone, race

from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.records.kinds import PHASES
from diptych.profiling.report.steps import steps_table
from diptych.profiling.report.table import latex, markdown
from diptych.profiling.report.write import write_report
from diptych.profiling.runs.snapshot import StepFlag


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return race(tmp_path_factory.mktemp("race"), profiled=False)


def test_markdown_is_a_table_of_equal_rows(made: Comparison) -> None:
    lines = [line for line in markdown(made).splitlines() if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
    assert len(lines) == 4
    assert len(widths) == 1
    assert "| PyTorch eager |" in lines[2]
    median = made.sides[1].quantiles[0.5]
    assert median is not None
    assert f"| {median.estimate / 1e6:.2f} |" in lines[3]
    assert markdown(made).count("\n- ") == len(made.fairness)


def test_latex_has_a_cell_a_column(made: Comparison) -> None:
    text = latex(made)
    columns = text.partition("\\begin{tabular}{")[2].partition("}")[0]
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 4
    assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(columns)}
    assert r"95 \% interval" in rows[0]
    assert text.startswith("% PyTorch eager is 1.")


def test_names_cannot_break_out_of_a_table(tmp_path: Path) -> None:
    made = race(tmp_path, (r"a|b_c $x$ \input{/etc/passwd} 50% <b>", "two\nlines & more #1 ~^"),
                profiled=False, noise=False)  # fmt: skip
    row = next(line for line in latex(made).splitlines() if line.startswith("a\\textbar"))
    assert r"\textbackslash{}input\{/etc/passwd\}" in row
    assert r"50\% \textless{}b\textgreater{}" in row
    assert r"two lines \& more \#1 \textasciitilde{}\textasciicircum{}" in latex(made)
    rows = [line for line in markdown(made).splitlines() if line.startswith("| a")]
    assert len(rows) == 1
    assert rows[0].startswith(r"| a\|b\_c \$x\$ \\input{/etc/passwd} 50% \<b\> |")


def test_steps_are_the_counted_ones_column_by_column(made: Comparison, tmp_path: Path) -> None:
    table = parquet.read_table(write_report(made, tmp_path / "steps.parquet"))
    assert table.num_rows == sum(len(side.timed.rows) for side in made.sides)
    first = 0
    for side in made.sides:
        rows, steps = side.timed.rows, side.run.steps
        part = table.slice(first, len(rows))
        first += len(rows)
        assert set(part["side"].to_pylist()) == {side.label}
        assert set(part["run"].to_pylist()) == {side.run.id}
        for name, expected in (
            ("step", steps.n[rows]),
            ("round", side.timed.round),
            ("start_ns", steps.start[rows]),
            ("dispatched_ns", steps.dispatched[rows]),
            ("completed_ns", steps.completed[rows]),
            ("samples", steps.samples[rows]),
            ("loss", steps.loss[rows]),
            *((f"{phase}_ns", steps.phases[at, rows]) for at, phase in enumerate(PHASES)),
        ):
            assert np.array_equal(part[name].to_numpy(), expected), name
        turns = {turn.number: turn for turn in side.timed.turns}
        for number, turn in zip(part["step"].to_pylist(), part["turn"].to_pylist(), strict=True):
            assert turns[turn].first < number <= turns[turn].last


def test_csv_and_parquet_say_the_same(made: Comparison, tmp_path: Path) -> None:
    table = parquet.read_table(write_report(made, tmp_path / "a.parquet"))
    with write_report(made, tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == table.column_names
    for name in ("step", "turn", "completed_ns", "loss"):
        expected = table[name].to_pylist()
        assert [float(row[name]) for row in rows] == expected


def test_what_is_not_known_is_null(tmp_path: Path) -> None:
    made = alone(tmp_path, "torch", "mxnet")
    side = made.sides[0]
    rows = side.timed.rows[:3]
    loss, flags = side.run.steps.loss.copy(), side.run.steps.flags.copy()
    completed = side.run.steps.completed.copy()
    loss[rows] = np.nan
    flags[rows[1]] |= StepFlag.LOSS_NAN
    completed[rows[0]] = np.nan
    steps = dataclasses.replace(side.run.steps, loss=loss, flags=flags, completed=completed)
    changed = dataclasses.replace(side, run=dataclasses.replace(side.run, steps=steps))
    table = steps_table(dataclasses.replace(made, sides=(changed, made.sides[1])))
    losses = table["loss"].to_pylist()[:3]
    assert losses[0] is None
    assert losses[1] != losses[1]  # NaN: read, and no number
    assert losses[2] is None
    assert table["completed_ns"].to_pylist()[0] is None
    assert table["turn"].null_count == table["round"].null_count == table.num_rows


def test_no_name_is_a_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    made = race(tmp_path, ("=HYPERLINK(1)", "-b"), profiled=False, noise=False)
    with write_report(made, tmp_path / "a.csv").open(newline="") as file:
        assert {row["side"] for row in csv.DictReader(file)} == {"'=HYPERLINK(1)", "'-b"}
    names = parquet.read_table(write_report(made, tmp_path / "a.parquet"))["side"].unique()
    assert names.to_pylist() == ["=HYPERLINK(1)", "-b"]
