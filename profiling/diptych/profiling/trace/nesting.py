"""Who contains whom: parents, self times and lanes of intervals.

Times are integers of one unit throughout. Nothing here knows a framework.
"""

from __future__ import annotations

from collections.abc import Sequence

Interval = tuple[int, int]
"""Start and end, end exclusive."""


def order(intervals: Sequence[Interval]) -> list[int]:
    """Return indices sorted by start, the longer first where starts are equal."""
    return sorted(range(len(intervals)), key=lambda i: (intervals[i][0], -intervals[i][1]))


def parents(intervals: Sequence[Interval]) -> list[int]:
    """Return for each interval the index of the innermost that contains it, or −1.

    An interval that only overlaps another (starts inside, ends after) is not
    its child: half a containment would make self times negative.
    """
    result = [-1] * len(intervals)
    stack: list[int] = []
    for index in order(intervals):
        start, end = intervals[index]
        while stack and intervals[stack[-1]][1] <= start:
            stack.pop()
        for candidate in reversed(stack):
            if intervals[candidate][1] >= end:
                result[index] = candidate
                break
        stack.append(index)
    return result


def self_times(intervals: Sequence[Interval], parent: Sequence[int]) -> list[int]:
    """Return each interval's length without the part its children cover.

    Children may overlap one another; what they cover together counts once.
    """
    result = [end - start for start, end in intervals]
    covered = [start for start, _ in intervals]
    for index in order(intervals):
        above = parent[index]
        if above < 0:
            continue
        start, end = intervals[index]
        fresh = end - max(start, covered[above])
        if fresh > 0:
            result[above] -= fresh
            covered[above] = end
    return result


def lanes(intervals: Sequence[Interval]) -> list[int]:
    """Spread intervals over as few lanes as needed for every lane to nest.

    Perfetto moves slices that overlap without nesting to an overflow track;
    giving them a lane of their own keeps a viewer's picture and ours the same.
    """
    result = [0] * len(intervals)
    stacks: list[list[int]] = []
    for index in order(intervals):
        start, end = intervals[index]
        for lane, stack in enumerate(stacks):
            while stack and stack[-1] <= start:
                stack.pop()
            if not stack or stack[-1] >= end:
                stack.append(end)
                result[index] = lane
                break
        else:
            stacks.append([end])
            result[index] = len(stacks) - 1
    return result
