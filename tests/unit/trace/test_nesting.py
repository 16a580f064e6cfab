from hypothesis import given
from hypothesis import strategies as st

from diptych.profiling.trace import nesting

intervals = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 20)).map(lambda p: (p[0], p[0] + p[1])),
    max_size=25,
)


def test_children_find_the_innermost_parent() -> None:
    spans = [(0, 100), (10, 50), (20, 30), (60, 90)]
    assert nesting.parents(spans) == [-1, 0, 1, 0]


def test_an_overlap_is_not_a_child() -> None:
    assert nesting.parents([(0, 10), (5, 15)]) == [-1, -1]


def test_self_time_leaves_out_children_once() -> None:
    spans = [(0, 100), (10, 50), (20, 30), (60, 90)]
    assert nesting.self_times(spans, nesting.parents(spans)) == [30, 30, 10, 30]


@given(intervals)
def test_self_times_are_never_negative_and_add_up_to_the_roots(
    spans: list[nesting.Interval],
) -> None:
    above = nesting.parents(spans)
    own = nesting.self_times(spans, above)
    assert all(value >= 0 for value in own)
    for index, (start, end) in enumerate(spans):
        covered: set[int] = set()
        for child, parent in enumerate(above):
            if parent == index:
                covered.update(range(*spans[child]))
        assert own[index] == end - start - len(covered)


@given(intervals)
def test_every_lane_nests(spans: list[nesting.Interval]) -> None:
    lane = nesting.lanes(spans)
    for a in range(len(spans)):
        for b in range(a):
            if lane[a] == lane[b]:
                (_s, e), (t, f) = sorted((spans[a], spans[b]), key=lambda x: (x[0], -x[1]))
                assert t >= e or f <= e
