"""Hooks on Gluon and autograd: blocks, backward, trainers."""

from __future__ import annotations

import inspect
import time
from functools import partial
from threading import get_ident
from types import CodeType, FunctionType
from typing import Any, Dict, List, Optional, Tuple
from weakref import WeakKeyDictionary, ref

from .mxnet_backend import Output
from .mxnet_facts import count_block
from .mxnet_patch import Call, Watcher, batch_size, recording, wrap
from .switch import Same, Switch

_NO_MODEL, _NEW, _KNOWN = range(3)
"""What a block is; a new model has no model record yet."""


def install(mx: Any, watcher: Watcher) -> None:
    """Patch Gluon and autograd of ``mx``."""
    _Blocks(mx, watcher).hook(mx.gluon.Block)
    wrap(mx.gluon.HybridBlock, "_build_cache", lambda original: _builds(original, watcher))
    wrap(mx.nd.NDArray, "backward", lambda original: _backward(original, watcher))
    wrap(mx.autograd, "backward", lambda original: _backward(original, watcher))
    wrap(mx.autograd, "grad", lambda original: _backward(original, watcher))
    wrap(mx.gluon.Trainer, "__init__", lambda original: _trainer_made(original, watcher))
    wrap(mx.gluon.Trainer, "step", lambda original: _step(original, watcher))
    wrap(mx.gluon.Trainer, "update", lambda original: _step(original, watcher))
    wrap(mx.optimizer.Updater, "__call__", lambda original: _updater(original, watcher))


class _Blocks:
    """Tells top-level calls of models from all other calls of blocks."""

    def __init__(self, mx: Any, watcher: Watcher) -> None:
        self._watcher = watcher
        self._symbol = mx.sym.Symbol
        self._is_loss = mx.gluon.loss.Loss
        self._is_recording = recording(mx)
        self._models: Dict[int, int] = {}
        self._alive: Dict[int, Any] = {}
        """Weak references by ``id``: who dies is forgotten, before another has its id."""

    def hook(self, block: Any) -> None:
        """Have top-level calls go through us; see ``switch`` for how."""
        original, through = block.__call__, self._through()
        if _fits(original):
            original.__code__ = Switch(original, _passing(), through).on
        else:
            whole = partial(through, switch=Same(original))
            wrap(block, "__call__", lambda _: _packing(whole))

    def _through(self) -> Call:
        """Return what stands in for ``Block.__call__`` outside of models."""
        watcher, probe = self._watcher, self._watcher.probe
        backend, models, is_recording = watcher.backend, self._models, self._is_recording
        forward_end, clock, ident = probe.tracker.forward_end, time.monotonic_ns, get_ident

        def through(block: Any, args: Any, kwargs: Any, *, switch: Any = None) -> Any:
            if probe.inside:
                return switch.plain(block, *args, **kwargs)
            key = id(block)
            known = models.get(key)
            if known is None:
                known = self._judge(block, args)
            # In this order: a transform in a loading thread must not claim the run.
            if known == _NO_MODEL or not (probe.owner == ident() or probe.ready()):
                return switch.plain(block, *args, **kwargs)
            if watcher.loose_end is not None:
                watcher.tie()
            train, output = is_recording(), None
            samples = 0 if watcher.fed or (train and watcher.told) else batch_size(args)
            probe.forward_begin(key, train, samples)
            switch.function.__code__ = switch.off
            try:
                output = switch.plain(block, *args, **kwargs)
            finally:
                switch.function.__code__ = switch.on
                if probe.fast:
                    probe.inside = 0
                    probe.put((forward_end, clock(), key, train))
                else:
                    probe.forward_end(key, train, Output(output))
            if known == _NEW:
                self._introduce(block, args)
            if backend.failure is not None:
                backend.fail()
            return output

        return through

    def _judge(self, block: Any, args: Any) -> int:
        """Say what a block is. Losses, transforms and activations have no parameters."""
        if args and isinstance(args[0], self._symbol):
            return _NO_MODEL  # a graph is built, nothing is computed
        known = _NEW
        if isinstance(block, self._is_loss) or not list(block.collect_params()):
            known = _NO_MODEL
        key = id(block)
        self._alive[key] = ref(block, lambda _: self._forget(key))
        self._models[key] = known
        return known

    def _forget(self, key: int) -> None:
        self._models.pop(key, None)
        self._alive.pop(key, None)

    def _introduce(self, block: Any, args: Any) -> None:
        """Write the model record, once: after the first call its shapes are known."""
        self._models[id(block)] = _KNOWN
        try:
            for array in args:
                self._watcher.backend.saw_context(array.context)
        except AttributeError:
            pass  # some argument is no array
        try:
            count = count_block(block)
        except Exception:
            count = None
        self._watcher.probe.model(type(block).__name__, count)


def _fits(function: Any) -> bool:
    """Return whether the code of ``function`` can be exchanged for ours."""
    if type(function) is not FunctionType or function.__closure__:
        return False
    code = function.__code__
    same = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
    return code.co_argcount == 1 and code.co_flags & same == inspect.CO_VARARGS


def _passing() -> CodeType:
    """Return code that hands its arguments to the function that a switch puts in."""

    def __call__(self: Any, *args: Any) -> Any:  # noqa: N807  # takes the place of one
        function: Any = "through"
        return function(self, args, {})

    return __call__.__code__


def _packing(through: Call) -> Call:
    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807  # stands in for it
        return through(self, args, kwargs)

    return __call__


def _builds(original: Call, watcher: Watcher) -> Call:
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        watcher.backend.builds()
        return original(self, *args, **kwargs)

    return wrapped


def _backward(original: Call, watcher: Watcher) -> Call:
    probe, ident = watcher.probe, get_ident

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if watcher.differentiating or not (probe.owner == ident() or probe.ready()):
            return original(*args, **kwargs)
        if watcher.loose_end is not None:
            watcher.tie()
        watcher.differentiating = True
        probe.backward_begin(args[0] if args else kwargs.get("heads"))
        try:
            return original(*args, **kwargs)
        finally:
            watcher.differentiating = False
            probe.backward_end()

    return wrapped


def _trainer_made(original: Call, watcher: Watcher) -> Call:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807  # stands in for it
        original(self, *args, **kwargs)
        watcher.probe.learns()
        for context in getattr(self, "_contexts", None) or ():
            watcher.backend.saw_context(context)

    return __init__


def _step(original: Call, watcher: Watcher) -> Call:
    probe, backend, ident = watcher.probe, watcher.backend, get_ident
    written = _Written()

    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        if watcher.optimizing or not (probe.owner == ident() or probe.ready()):
            return original(self, *args, **kwargs)
        if watcher.loose_end is not None:
            watcher.tie()
        watcher.optimizing = True
        key = id(self)
        probe.optimizer_begin(key)
        try:
            result = original(self, *args, **kwargs)
        except BaseException:
            probe.optimizer_failed(key)
            raise
        finally:
            watcher.optimizing = False
        samples = None if watcher.fed else _told(args, kwargs)
        watcher.told = samples is not None
        watcher.fed = False
        backend.written = written.by(self)
        probe.optimizer_end(key, samples)
        if backend.failure is not None:
            backend.fail()
        return result

    return wrapped


class _Written:
    """The first and the last parameter that a trainer writes.

    The gradient of the first is the last to be known; the update of the last
    is the last to be pushed.
    """

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Any, Tuple[Any, Any]] = WeakKeyDictionary()
        self._newest: Tuple[Any, Any] = (_nobody, None)
        """A weak reference to the trainer that was asked for last, and its parameters."""

    def by(self, trainer: Any) -> Tuple[Any, ...]:
        """Return the arrays of both, one a device; none where they are not initialised."""
        try:
            who, ends = self._newest
            if who() is not trainer or "null" in (ends[0].grad_req, ends[1].grad_req):
                ends = self._look(trainer)
            first, last = ends
            return tuple(first._data if first is last else [*first._data, *last._data])
        except (AttributeError, IndexError, TypeError):
            return ()

    def _look(self, trainer: Any) -> Tuple[Any, Any]:
        ends = self._known.get(trainer)
        if ends is None or "null" in (ends[0].grad_req, ends[1].grad_req):
            trained = [p for p in trainer._params if p.grad_req != "null"]
            ends = self._known[trainer] = (trained[0], trained[-1])
        self._newest = (ref(trainer), ends)
        return ends


def _nobody() -> None:
    """Stand in for a weak reference to nobody."""


def _told(args: Any, kwargs: Any) -> Optional[int]:
    """Return the batch size that a trainer was told; 1 means that the loss was a mean."""
    size = args[0] if args else kwargs.get("batch_size")
    try:
        return int(size) if size > 1 else None
    except (TypeError, ValueError):
        return None


def _updater(original: Call, watcher: Watcher) -> Call:
    """Find the end of a step where an updater is called for one parameter after the other.

    It never says which is the last. The first time, the step ends when
    something else begins; later on, with what was the last one then.
    """
    probe, backend = watcher.probe, watcher.backend
    last: WeakKeyDictionary[Any, List[Any]] = WeakKeyDictionary()

    def wrapped(self: Any, index: Any, grad: Any, weight: Any) -> Any:
        if watcher.optimizing or not probe.ready():
            return original(self, index, grad, weight)
        key = id(self)
        known = last.setdefault(self, [None, None, ()])

        def end() -> None:
            known[1] = known[0]
            watcher.loose_end = None
            watcher.fed = False
            backend.written = known[2]
            probe.optimizer_end(key)

        if watcher.loose_end is None:
            probe.optimizer_begin(key)
            watcher.loose_end = end
        try:
            return original(self, index, grad, weight)
        finally:
            known[0] = index
            known[2] = tuple(weight) if isinstance(weight, (list, tuple)) else (weight,)
            if index == known[1]:
                end()
                if backend.failure is not None:
                    backend.fail()

    return wrapped
