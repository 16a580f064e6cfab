"""Hooks on the symbolic API: ``mx.mod.Module`` and its kin, and bare executors.

``fit``, ``score``, ``predict`` and ``forward_backward`` are made of the calls
that are hooked here: ``forward``, ``backward`` and ``update``.
"""

from __future__ import annotations

from typing import Any, List, Tuple
from weakref import WeakSet

from .mxnet_backend import Output
from .mxnet_facts import count_module
from .mxnet_patch import Call, Watcher, batch_size, wrap


def install(mx: Any, watcher: Watcher) -> None:
    """Patch the modules and the executor of ``mx``."""
    seen: WeakSet[Any] = WeakSet()
    for kind in (mx.mod.Module, mx.mod.BucketingModule, mx.mod.SequentialModule):
        wrap(kind, "forward", lambda original: _module_forward(original, watcher, seen))
        wrap(kind, "backward", lambda original: _backward(original, watcher))
        wrap(kind, "update", lambda original: _update(original, watcher))
        wrap(kind, "init_optimizer", lambda original: _learns(original, watcher))
    wrap(mx.executor.Executor, "forward", lambda original: _executor_forward(original, watcher))
    wrap(mx.executor.Executor, "backward", lambda original: _backward(original, watcher))


class _Outputs:
    """The outputs of a module or an executor, asked for when the step has ended."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner

    def diptych_outputs(self) -> List[Any]:
        """Return a copy of one number of the first output.

        The outputs themselves are written again by the next step, so waiting
        for them would be waiting for that one too.
        """
        executor = self._executor(self._owner)
        first = executor.outputs[0]
        if not first.size:
            return []
        return [first.reshape((-1,))[0:1].copyto(first.context)]

    def _executor(self, owner: Any) -> Any:
        if hasattr(owner, "outputs"):
            return owner
        if hasattr(owner, "_exec_group"):
            return owner._exec_group.execs[0]
        if hasattr(owner, "_curr_module"):
            return self._executor(owner._curr_module)
        return self._executor(owner._modules[-1])


def _module_forward(original: Call, watcher: Watcher, seen: Any) -> Call:
    probe, backend = watcher.probe, watcher.backend

    def forward(self: Any, data_batch: Any, is_train: Any = None, *more: Any, **kwargs: Any) -> Any:
        if probe.inside or not probe.ready():
            return original(self, data_batch, is_train, *more, **kwargs)
        if watcher.loose_end is not None:
            watcher.tie()
        train = bool(self.for_training if is_train is None else is_train)
        size = 0 if watcher.fed else batch_size(getattr(data_batch, "data", None))
        probe.forward_begin(id(self), train, size)
        try:
            result = original(self, data_batch, is_train, *more, **kwargs)
        finally:
            probe.forward_end(id(self), train, Output(_Outputs(self)))
        if self not in seen:
            seen.add(self)
            _introduce(self, watcher)
        if backend.failure is not None:
            backend.fail()
        return result

    return forward


def _introduce(module: Any, watcher: Watcher) -> None:
    for context in getattr(module, "_context", None) or ():
        watcher.backend.saw_context(context)
    inner = getattr(module, "_curr_module", None) or module
    watcher.probe.model(type(module).__name__, count_module(inner))


def _executor_forward(original: Call, watcher: Watcher) -> Call:
    probe, backend = watcher.probe, watcher.backend

    def forward(self: Any, is_train: bool = False, **kwargs: Any) -> Any:
        if probe.inside or not probe.ready():
            return original(self, is_train, **kwargs)
        if watcher.loose_end is not None:
            watcher.tie()
        train = bool(is_train)
        size = 0 if watcher.fed else batch_size(list(kwargs.values()))
        probe.forward_begin(id(self), train, size)
        try:
            result = original(self, is_train, **kwargs)
        finally:
            probe.forward_end(id(self), train, Output(_Outputs(self)))
        if backend.failure is not None:
            backend.fail()
        return result

    return forward


def _backward(original: Call, watcher: Watcher) -> Call:
    probe = watcher.probe

    def backward(self: Any, *args: Any, **kwargs: Any) -> Any:
        if watcher.differentiating or not probe.ready():
            return original(self, *args, **kwargs)
        if watcher.loose_end is not None:
            watcher.tie()
        watcher.differentiating = True
        probe.backward_begin(_Outputs(self))
        try:
            return original(self, *args, **kwargs)
        finally:
            watcher.differentiating = False
            probe.backward_end()

    return backward


def _update(original: Call, watcher: Watcher) -> Call:
    probe, backend = watcher.probe, watcher.backend

    def update(self: Any, *args: Any, **kwargs: Any) -> Any:
        if watcher.optimizing or not probe.ready():
            return original(self, *args, **kwargs)
        if watcher.loose_end is not None:
            watcher.tie()
        watcher.optimizing = True
        probe.optimizer_begin(id(self))
        try:
            result = original(self, *args, **kwargs)
        except BaseException:
            probe.optimizer_failed(id(self))
            raise
        finally:
            watcher.optimizing = False
        watcher.fed = False
        backend.written = _written(self)
        probe.optimizer_end(id(self))
        if backend.failure is not None:
            backend.fail()
        return result

    return update


def _written(module: Any) -> Tuple[Any, ...]:
    """Return the arrays of the first and the last parameter, on every device."""
    inner = getattr(module, "_curr_module", None) or module
    try:
        parameters = inner._exec_group.param_arrays
        return (*parameters[0], *parameters[-1])
    except (AttributeError, IndexError, TypeError):
        return ()


def _learns(original: Call, watcher: Watcher) -> Call:
    def init_optimizer(self: Any, *args: Any, **kwargs: Any) -> Any:
        watcher.probe.learns()
        return original(self, *args, **kwargs)

    return init_optimizer
