"""Turns the raw output of one profile window into its summary and its trace.

``ops`` comes first, since a live view waits for it; compressing the trace
takes longer and nobody waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from diptych.profiling.records.kinds import Operator
from diptych.profiling.trace import chrome, kineto, mxnet, operators
from diptych.profiling.trace.chrome import TraceContext


@dataclass(frozen=True, slots=True)
class Understood:
    """One raw window, read: its operators, and how to write its trace."""

    operators: tuple[Operator, ...]
    events: int
    dropped: dict[str, int]
    reasons: dict[str, str]
    span: int
    render: Callable[[], bytes]


def understand(raw: Path, form: str, context: TraceContext) -> Understood:
    """Read ``raw``, which is of ``form`` ``kineto`` or ``mxnet``.

    Raises:
        ValueError: when it cannot be understood.
        OSError: when it cannot be read.
    """
    data = raw.read_bytes()
    return _mxnet(data, context) if form == "mxnet" else _kineto(data, context)


def _span(context: TraceContext) -> int:
    return sum(end - start for _, start, end in context.steps)


def _kineto(data: bytes, context: TraceContext) -> Understood:
    trace = kineto.load(data)
    reasons = {}
    if not any(e.cat in operators.DEVICE_WORK for e in trace.events):
        reasons["device_total"] = reasons["device_self"] = "not_measured"
    if not any(e.name == "[memory]" for e in trace.events):
        reasons["memory"] = "not_measured"
    return Understood(
        operators.summarise_kineto(trace),
        len(trace.events),
        trace.dropped,
        {**reasons, "engine_total": "not_supported", "engine_self": "not_supported"},
        _span(context),
        lambda: chrome.kineto_bytes(trace, context),
    )


def _mxnet(data: bytes, context: TraceContext) -> Understood:
    trace = mxnet.load(data)
    unknown = ("host_total", "host_self", "device_total", "device_self", "memory")
    return Understood(
        operators.summarise_mxnet(trace),
        len(trace.slices),
        trace.dropped,
        dict.fromkeys(unknown, "not_supported"),
        _span(context),
        lambda: chrome.mxnet_bytes(trace, context),
    )


def guess_form(raw: Path) -> str:
    """Tell the two kinds of raw file apart by their first bytes."""
    with raw.open("rb") as file:
        return "mxnet" if file.read(64).startswith(b'{"diptych"') else "kineto"
