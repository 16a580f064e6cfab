"""Operator summaries of real profile windows, recorded in tests/data/operators."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from diptych.profiling.records.kinds import Operators

FOLDER = Path(__file__).parents[1] / "data" / "operators"


def recorded(name: str) -> Operators:
    """Read ``<framework>-<workload>[-<how>]``; its provenance stands in the file."""
    data = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return msgspec.convert(data["record"], Operators)
