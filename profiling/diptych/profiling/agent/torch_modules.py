"""Top-level calls of PyTorch modules become events; nested ones cost nothing.

``Module.__call__`` stays the function that it is; its code is ours while no
model is being called (see ``switch``). Other threads meet either code: ours
passes on what is not the training thread's.

Dynamo takes the function for the original, which it is, and looks at its code
only where a class has a ``__call__`` of its own; there it finds torch's body.
"""

from __future__ import annotations

import functools
import threading
import time
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Callable, Optional

from .switch import Same, Switch
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


def _fits(function: Any) -> bool:
    """Return whether the code of ``function`` can be exchanged for ours."""
    if type(function) is not FunctionType or function.__closure__:
        return False
    known = set(function.__code__.co_names) == {"_compiled_call_impl", "_call_impl"}
    compiler = getattr(function.__globals__.get("torch"), "compiler", None)
    return known and hasattr(compiler, "is_compiling")


torch: Any = None
"""Only a name: see :func:`_passing`."""


def _passing() -> CodeType:
    """Return code without free variables that hands its arguments to ``through``."""

    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807  # takes the place of one
        if torch.compiler.is_compiling():  # Dynamo looks here where a class has its own __call__
            if self._compiled_call_impl is not None:
                return self._compiled_call_impl(*args, **kwargs)
            return self._call_impl(*args, **kwargs)
        function: Any = "through"
        return function(self, args, kwargs)

    # "torch" is a global of the function whose code this becomes.

    return __call__.__code__


def hook(torch: Any, probe: Probe, session: Session) -> Optional[Switch]:
    """Make events of the calls of modules. Returns the switch, if there is one."""
    module = torch.nn.Module
    original: Any = module.__call__
    if not _fits(original):
        module.__call__ = _wrapped(torch, original, probe, session)
        return None
    through = _through(torch, probe, session)
    switch = Switch(original, _passing(), through)
    for code in (switch.on, through):
        skip_frame(torch, code)
    original.__code__ = switch.on
    return switch


def _through(torch: Any, probe: Probe, session: Session) -> Function:
    """Return what stands in for ``Module.__call__`` outside of models."""
    grad_enabled, ident = torch.is_grad_enabled, threading.get_ident
    models = Models(probe)
    known, told = models.keys.get, models.told
    tracker, clock, tensor = probe.tracker, time.monotonic_ns, torch.Tensor
    forward_begin, forward_end = tracker.forward_begin, tracker.forward_end

    def end(module: Any, key: int, train: bool, output: Any) -> None:
        """End a call where it may be a step of its own, or the model is new."""
        try:
            probe.forward_end(key, train, output)
            if key not in told:
                models.called(module, train)
        except Exception as error:
            session.trouble("forward", error)

    def through(module: Any, args: Any, kwargs: Any, *, switch: Any = None) -> Any:
        if probe.inside or not (probe.owner == ident() or probe.ready()):
            return switch.plain(module, *args, **kwargs)
        try:
            key = known(id(module))
            if key is None:
                key = models.learn(module)
            if key:
                train = bool(grad_enabled() and module.training)
                first: Any = args[0] if args else None
                usual = type(first) is tensor and first.ndim
                samples = first.shape[0] if usual else batch_size(tensor, args, kwargs)
        except Exception as error:
            session.trouble("forward", error)
            key = 0
        if not key:
            return switch.plain(module, *args, **kwargs)
        output = None
        probe.inside = 1
        switch.function.__code__ = switch.off
        probe.put((forward_begin, clock(), key, train, samples))
        try:
            output = switch.plain(module, *args, **kwargs)
        finally:
            switch.function.__code__ = switch.on
            if probe.fast and key in told:
                probe.inside = 0
                probe.put((forward_end, clock(), key, train))
            else:
                end(module, key, train, output)
        return output

    return through


def _wrapped(torch: Any, original: Function, probe: Probe, session: Session) -> Function:
    """Return a wrapper of ``original``, whose code cannot be exchanged."""
    busy = compiling(torch)
    through = functools.partial(_through(torch, probe, session), switch=Same(original))

    @functools.wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if probe.inside or busy():
            return original(self, *args, **kwargs)
        return through(self, args, kwargs)

    skip_frame(torch, call)
    return call
