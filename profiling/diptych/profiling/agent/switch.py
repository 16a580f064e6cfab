"""A function of a framework whose code is ours for a while, and then its own again.

While no model is being called the function passes each call to ours; from the
beginning of a model's call to its end it is the framework's own code again, so
that the hundred calls inside are as without us. (A wrapper that only passes on
costs half a microsecond a call; setting the attribute of a class would
invalidate what Python caches of all its subclasses.)
"""

from __future__ import annotations

import contextlib
from types import CodeType, FunctionType
from typing import Any, Callable, Iterator

Function = Callable[..., Any]


class Switch:
    """A function whose code is ours (``on``) or its own (``off``).

    ``passing`` is code without free variables whose constant ``"through"``
    stands for ``through``, which it hands its arguments; ``through`` is called
    with the keyword ``switch``. ``plain`` does what the function did.
    """

    def __init__(self, function: FunctionType, passing: CodeType, through: Any) -> None:
        self.function = function
        self.off = function.__code__
        self.plain = FunctionType(
            self.off, function.__globals__, function.__name__, function.__defaults__
        )
        through.__kwdefaults__ = {"switch": self}
        consts = (through if const == "through" else const for const in passing.co_consts)
        self.on = passing.replace(co_consts=tuple(consts))

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Let the function be the framework's own for a while (a profiler knows it by its code)."""
        before, self.function.__code__ = self.function.__code__, self.off
        try:
            yield
        finally:
            self.function.__code__ = before


class Same:
    """Stands in for a switch where the code of ``plain`` cannot be exchanged."""

    def __init__(self, plain: Function) -> None:
        self.function = self
        self.plain = plain
        self.on = self.off = self.__code__ = None
