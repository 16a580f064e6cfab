"""Top-level calls of PyTorch modules become events; nested ones cost nothing.

``Module.__call__`` stays the function that it is. While no model is being
called its code is ours, which passes each call to :class:`Calls`; from the
beginning of a model's call to its end it is torch's own code again, so that
the hundred calls inside are as without us. (A wrapper that only passes on
costs half a microsecond a module; setting the attribute of the class would
invalidate what Python caches of all its subclasses.) Other threads meet
either code: ours passes on what is not the training thread's.

Dynamo takes the function for the original, which it is, and looks at its code
only where a class has a ``__call__`` of its own; there it finds torch's body.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Callable, Iterator, Optional

from .torch_models import Models, batch_size

if TYPE_CHECKING:
    from .probe import Probe
    from .session import Session

Function = Callable[..., Any]


def compiling(torch: Any) -> Callable[[], bool]:
    """Return the test for being traced by Dynamo, which Dynamo itself understands."""
    test: Optional[Callable[[], bool]] = getattr(
        getattr(torch, "compiler", None), "is_compiling", None
    )
    return test if test is not None else lambda: False


def skip_frame(torch: Any, function: Any) -> None:
    """Have Dynamo leave frames of ``function`` (or a code) alone but look at what they call."""
    code = getattr(function, "__code__", function)
    try:
        frames = torch._C._dynamo.eval_frame
        if hasattr(frames, "set_code_exec_strategy"):
            action = frames._FrameAction
            strategy = frames._FrameExecStrategy(action.SKIP, action.DEFAULT)
            frames.set_code_exec_strategy(code, strategy)
        else:
            frames.skip_frame(code)
    except Exception:
        pass  # it is traced then, which works too


class Switch:
    """A function of torch whose code is ours (``on``) or its own (``off``).

    ``through`` is called as ``through(self, args, kwargs)`` in its place;
    ``plain`` does what the function did.
    """

    def __init__(self, function: FunctionType, through: Function) -> None:
        self.function = function
        self.off = function.__code__
        self.plain = FunctionType(
            self.off, function.__globals__, function.__name__, function.__defaults__
        )
        self.on = _passing(through)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Let the function be torch's own for a while (its profiler knows it by its code)."""
        before, self.function.__code__ = self.function.__code__, self.off
        try:
            yield
        finally:
            self.function.__code__ = before

    @staticmethod
    def fits(function: Any) -> bool:
        """Return whether the code of ``function`` can be exchanged for ours."""
        if type(function) is not FunctionType or function.__closure__:
            return False
        known = set(function.__code__.co_names) == {"_compiled_call_impl", "_call_impl"}
        compiler = getattr(function.__globals__.get("torch"), "compiler", None)
        return known and hasattr(compiler, "is_compiling")


torch: Any = None
"""Only a name: see :func:`_passing`."""


def _passing(through: Function) -> CodeType:
    """Return code without free variables that hands its arguments to ``through``."""

    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807  # takes the place of one
        if torch.compiler.is_compiling():  # Dynamo looks here where a class has its own __call__
            if self._compiled_call_impl is not None:
                return self._compiled_call_impl(*args, **kwargs)
            return self._call_impl(*args, **kwargs)
        function: Any = "through"
        return function(self, args, kwargs)

    # "torch" is a global of the function whose code this becomes.

    code = __call__.__code__
    consts = tuple(through if const == "through" else const for const in code.co_consts)
    return code.replace(co_consts=consts)


def hook(torch: Any, probe: Probe, session: Session) -> Optional[Switch]:
    """Make events of the calls of modules. Returns the switch, if there is one."""
    module = torch.nn.Module
    original: Any = module.__call__
    if not Switch.fits(original):
        module.__call__ = _wrapped(torch, original, probe, session)
        return None
    through = _through(torch, probe, session)
    switch = Switch(original, through)
    through.__kwdefaults__ = {"switch": switch}
    for code in (switch.on, through):
        skip_frame(torch, code)
    original.__code__ = switch.on
    return switch


def _through(torch: Any, probe: Probe, session: Session) -> Function:
    """Return what stands in for ``Module.__call__`` outside of models."""
    grad_enabled, ident = torch.is_grad_enabled, threading.get_ident
    models = Models(probe)
    key_of, told = models.key, models.told
    tracker, clock, tensor = probe.tracker, time.monotonic_ns, torch.Tensor

    def begin(module: Any, key: int, args: Any, kwargs: Any) -> bool:
        """Begin the call of a model; returns whether gradients are recorded."""
        train = bool(grad_enabled() and module.training)
        samples = batch_size(tensor, args, kwargs)
        probe.inside = 1
        tracker.forward_begin(clock(), key, train, samples)
        return train

    def end(module: Any, key: int, train: bool, output: Any) -> None:
        try:
            if tracker.trained:
                probe.inside = 0
                tracker.forward_end(clock(), key, train)
            else:
                probe.forward_end(key, train, output)
            if key not in told:
                models.called(module, train)
        except Exception as error:
            session.trouble("forward", error)

    def through(module: Any, args: Any, kwargs: Any, *, switch: Any = None) -> Any:
        if probe.inside or not (probe.owner == ident() or probe.ready()):
            return switch.plain(module, *args, **kwargs)
        try:
            key = key_of(module)
            train = bool(key) and begin(module, key, args, kwargs)
        except Exception as error:
            session.trouble("forward", error)
            key = 0
        if not key:
            return switch.plain(module, *args, **kwargs)
        output = None
        switch.function.__code__ = switch.off
        try:
            output = switch.plain(module, *args, **kwargs)
        finally:
            switch.function.__code__ = switch.on
            end(module, key, train, output)
        return output

    return through


class _Same:
    """Stands in for a switch where there is none."""

    def __init__(self, plain: Function) -> None:
        self.function = self
        self.plain = plain
        self.on = self.off = self.__code__ = None


def _wrapped(torch: Any, original: Function, probe: Probe, session: Session) -> Function:
    """Return a wrapper of ``original``, whose code cannot be exchanged."""
    busy = compiling(torch)
    through = functools.partial(_through(torch, probe, session), switch=_Same(original))

    @functools.wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if probe.inside or busy():
            return original(self, *args, **kwargs)
        return through(self, args, kwargs)

    skip_frame(torch, call)
    return call
