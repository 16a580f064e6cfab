"""What the MXNet hooks share."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from diptych.profiling.agent.mxnet_facts import count_block
from diptych.profiling.agent.mxnet_patch import Call, batch_size, wrap

ARRAY = SimpleNamespace(shape=(6, 3))


@pytest.mark.parametrize(
    ("batch", "size"),
    [
        (ARRAY, 6),
        ([ARRAY, SimpleNamespace(shape=(2,))], 6),
        (([ARRAY],), 6),
        ({"x": ARRAY}, 6),
        ([], 0),
        (None, 0),
        ("text", 0),
        (SimpleNamespace(shape=()), 0),
    ],
)
def test_the_size_of_a_batch(batch: Any, size: int) -> None:
    assert batch_size(batch) == size


def test_a_wrapped_function_looks_like_its_original() -> None:
    class Owner:
        def method(self, a: int, b: int = 2) -> int:
            """Add."""
            return a + b

    before = inspect.signature(Owner.method)

    def make(original: Call) -> Call:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            return original(*args, **kwargs) + 1

        return wrapped

    wrap(Owner, "method", make)
    assert inspect.signature(Owner.method) == before
    assert (Owner.method.__name__, Owner.method.__doc__) == ("method", "Add.")
    assert Owner().method(1, b=4) == 6


def parameter(shape: Any, req: str = "write", data: Any = None) -> SimpleNamespace:
    return SimpleNamespace(shape=shape, grad_req=req, _data=data)


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ([parameter((3, 4)), parameter((4,)), parameter((9,), "null")], 16),
        ([parameter((3, 0))], None),
        ([parameter(None)], None),
        ([parameter(None, data=[SimpleNamespace(shape=(2, 5))])], 10),
        ([], 0),
    ],
)
def test_trainable_parameters_are_counted_when_all_shapes_are_known(
    parameters: list[SimpleNamespace], count: int | None
) -> None:
    named = {str(i): p for i, p in enumerate(parameters)}
    assert count_block(SimpleNamespace(collect_params=lambda: named)) == count
