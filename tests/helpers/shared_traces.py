"""The real traces that tests read, opened once a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from tests.helpers.raw_trace import RawTrace

from diptych.profiling.trace.store import open_trace
from diptych.profiling.trace.table import TraceTable

# Beside the checkout: they are too large, and not ours, to be kept in it.
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "traces"
NAMES = (
    "a100_alexnet_cuda_sync",
    "a100_training_rank3",
    "b200_eager_stacks",
    "cpu_only_rank34",
    "h100_bert_small",
    "mi250_minitoy_train",
    "mi300_resnet_training",
    "v100_training_rank1",
)


def path_of(name: str) -> Path:
    path = FOLDER / f"{name}.json.gz"
    if not path.exists():
        pytest.skip(f"no trace {path}")
    return path


@cache
def table_of(name: str) -> TraceTable:
    return open_trace(path_of(name), cache=False)


@cache
def raw_of(name: str) -> RawTrace:
    return RawTrace(path_of(name))
