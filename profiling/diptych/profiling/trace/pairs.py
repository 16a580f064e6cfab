"""Begins and ends of slices that are written as two events."""

from __future__ import annotations

from typing import Any

import numpy as np

from diptych.profiling.trace.jit import jit


def paired(thread: Any, name: Any, time: Any, is_end: Any) -> Any:
    """Return for each event the one that it makes a slice with, −1 without one.

    An end closes the last open begin of its thread that has its name, or, if
    it has none (−1), the last open begin at all. Events are taken by time, in
    the order given where times are equal.
    """
    order = np.lexsort((time, thread))
    _, threads = np.unique(thread[order], return_inverse=True)
    names = name[order]
    combined = threads * (int(names.max(initial=-1)) + 2) + names + 1
    _, both = np.unique(combined, return_inverse=True)
    partner = _pair(threads, both, names >= 0, is_end[order])
    result = np.full(len(order), -1, np.int64)
    has = np.flatnonzero(partner >= 0)
    result[order[has]] = order[partner[has]]
    return result


@jit
def _pair(threads: Any, both: Any, named: Any, is_end: Any) -> Any:
    count = len(threads)
    partner = np.full(count, -1, np.int64)
    # Two stacks as chains through the events: of a thread, and of a name on a thread. What
    # one of them closed is passed over in the other when it comes to the top.
    top, top_named = np.full(count + 1, -1, np.int64), np.full(count + 1, -1, np.int64)
    below, below_named = np.empty(count, np.int64), np.empty(count, np.int64)
    for event in range(count):
        thread, name = threads[event], both[event]
        if not is_end[event]:
            below[event], below_named[event] = top[thread], top_named[name]
            top[thread] = top_named[name] = event
            continue
        begin = top_named[name] if named[event] else top[thread]
        while begin >= 0 and partner[begin] >= 0:
            begin = below_named[begin] if named[event] else below[begin]
        rest = begin
        if begin >= 0:
            partner[begin], partner[event] = event, begin
            rest = below_named[begin] if named[event] else below[begin]
        if named[event]:
            top_named[name] = rest
        else:
            top[thread] = rest
    return partner
