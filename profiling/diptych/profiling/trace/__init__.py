"""Profiler output of both frameworks: read, understood, written as valid Chrome traces.

``kineto`` and ``mxnet`` read what the frameworks wrote, ``nesting`` finds who
contains whom, ``operators`` sums up, ``chrome`` writes, ``finish`` puts the
five together for one profile window.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diptych.profiling.trace.errors import TraceError as TraceError
    from diptych.profiling.trace.store import open_trace as open_trace

_LAZY = {"open_trace": "store", "TraceError": "errors", "TraceCancelledError": "errors"}


def __getattr__(name: str) -> Any:
    """Import what opens traces only where it is asked for: it brings a compiler along."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
