"""Numbers from a trace: pure functions of a `TraceTable`, each result a few columns.

What each number means is written down once, in ``docs/metrics.md`` ("Traces").
Names in results are numbers of texts: ``table.text(number)``.
"""

from diptych.profiling.trace.metrics.categories import by_category
from diptych.profiling.trace.metrics.devices import by_device
from diptych.profiling.trace.metrics.idle import gaps_by_device, idle_by_device, idle_by_stream
from diptych.profiling.trace.metrics.kernels import by_kernel, has_device_work
from diptych.profiling.trace.metrics.launches import launches, queues
from diptych.profiling.trace.metrics.memory import memory_curves
from diptych.profiling.trace.metrics.operators import by_operator, stack_of
from diptych.profiling.trace.metrics.selection import select
from diptych.profiling.trace.metrics.splits import PARTS, split_steps
from diptych.profiling.trace.metrics.steps import find_steps, marked_steps

__all__ = [
    "PARTS",
    "by_category",
    "by_device",
    "by_kernel",
    "by_operator",
    "find_steps",
    "gaps_by_device",
    "has_device_work",
    "idle_by_device",
    "idle_by_stream",
    "launches",
    "marked_steps",
    "memory_curves",
    "queues",
    "select",
    "split_steps",
    "stack_of",
]
