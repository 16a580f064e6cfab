"""Turns the calls of an unmodified PyTorch script into events.

Functions are wrapped rather than hooked where torch's own hooks would show:
global module hooks change tracebacks, cost 2 µs per module, and make
``torch.compile`` warn. Every wrapper only passes on where the training is
being compiled, or in a thread that does not count.
"""

from __future__ import annotations

import functools
import threading
import time
from typing import TYPE_CHECKING, Any, Callable

from . import torch_modules
from .torch_backend import TorchBackend
from .torch_models import batch_size
from .torch_modules import compiling, skip_frame

if TYPE_CHECKING:
    from .probe import Probe
    from .session import Session

Function = Callable[..., Any]


def install(torch: Any, session: Session) -> TorchBackend:
    """Patch ``torch``; returns its backend."""
    backend = TorchBackend(torch)
    probe = session.probe(backend)
    backend.switch = torch_modules.hook(torch, probe, session)
    _hook_backward(torch, probe, backend)
    _hook_optimizers(torch, probe)
    _hook_loaders(torch, probe)
    _hook_scaler(torch, probe, backend)
    _hook_graphs(torch, backend)
    return backend


def _hook_backward(torch: Any, probe: Probe, backend: TorchBackend) -> None:
    """``Tensor.backward`` ends up in ``autograd.backward``: one hook sees both once."""
    original: Function = torch.autograd.backward
    busy, ident, clock = compiling(torch), threading.get_ident, time.monotonic_ns
    backward_end = probe.tracker.backward_end

    @functools.wraps(original)
    def backward(tensors: Any, *args: Any, **kwargs: Any) -> Any:
        if busy() or not (probe.owner == ident() or probe.ready()):
            return original(tensors, *args, **kwargs)
        probe.backward_begin(tensors if backend.scaled is None else backend.unscaled(tensors))
        try:
            return original(tensors, *args, **kwargs)
        finally:
            probe.put((backward_end, clock()))
            probe.depth -= 1

    skip_frame(torch, backward)
    torch.autograd.backward = backward


def _hook_optimizers(torch: Any, probe: Probe) -> None:
    """Wrap around torch's own wrapper, which every optimizer class gets once.

    Hooks registered with torch run inside its ``Optimizer.step`` annotation,
    so that a window ended there would lack that annotation's end.
    """
    optimizer = torch.optim.Optimizer
    original: Function = optimizer.profile_hook_step
    busy, ident = compiling(torch), threading.get_ident

    def profile_hook_step(func: Function) -> Function:
        probe.learns()
        inner = original(func)

        @functools.wraps(inner)
        def step(self: Any, *args: Any, **kwargs: Any) -> Any:
            if busy() or not (probe.owner == ident() or probe.ready()):
                return inner(self, *args, **kwargs)
            key = id(self)
            probe.optimizer_begin(key)
            try:
                result = inner(self, *args, **kwargs)
            except BaseException:
                probe.optimizer_failed(key)
                raise
            probe.optimizer_end(key)
            return result

        skip_frame(torch, step)
        return step

    optimizer.profile_hook_step = staticmethod(profile_hook_step)


def _hook_loaders(torch: Any, probe: Probe) -> None:
    module = torch.utils.data.dataloader
    iterator = module._BaseDataLoaderIter
    advance: Function = iterator.__next__
    begin: Function = module.DataLoader.__iter__
    tensor = torch.Tensor

    @functools.wraps(advance)
    def __next__(self: Any) -> Any:  # noqa: N807  # takes the place of one
        if not probe.may_load():
            return advance(self)
        probe.data_begin()
        samples, exhausted = 0, False
        try:
            batch = advance(self)
            if self._auto_collation:
                samples = batch_size(tensor, (batch,), {})
            return batch
        except StopIteration:
            exhausted = True
            raise
        finally:
            probe.data_end(samples, exhausted)

    @functools.wraps(begin)
    def __iter__(self: Any) -> Any:  # noqa: N807  # takes the place of one
        if not probe.may_load():
            return begin(self)
        probe.data_begin()
        try:
            return begin(self)
        finally:
            probe.data_end()

    iterator.__next__ = __next__
    module.DataLoader.__iter__ = __iter__


def _hook_scaler(torch: Any, probe: Probe, backend: TorchBackend) -> None:
    """See through a scaler: it multiplies the loss, and skips steps that overflowed."""
    scaler = getattr(getattr(torch, "amp", None), "GradScaler", None)
    if scaler is None:
        return
    scale: Function = scaler.scale
    advance: Function = scaler.step

    @functools.wraps(scale)
    def scaled(self: Any, outputs: Any) -> Any:
        result = scale(self, outputs)
        if result is not outputs and probe.ready():
            backend.remember(result, outputs)
        return result

    @functools.wraps(advance)
    def step(self: Any, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        if not probe.ready():
            return advance(self, optimizer, *args, **kwargs)
        key = id(optimizer)
        probe.optimizer_begin(key)
        try:
            result = advance(self, optimizer, *args, **kwargs)
        except BaseException:
            probe.optimizer_failed(key)
            raise
        probe.optimizer_end(key)
        return result

    scaler.scale = scaled
    scaler.step = step


def _hook_graphs(torch: Any, backend: TorchBackend) -> None:
    """While a CUDA graph is captured, asking for an event would break the capture."""
    graph = getattr(torch.cuda, "CUDAGraph", None)
    if graph is None or torch.version.cuda is None:
        return
    begin: Function = graph.capture_begin
    end: Function = graph.capture_end

    @functools.wraps(begin)
    def capture_begin(self: Any, *args: Any, **kwargs: Any) -> Any:
        backend.pause_polling()
        try:
            return begin(self, *args, **kwargs)
        except BaseException:
            backend.resume_polling()
            raise

    @functools.wraps(end)
    def capture_end(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return end(self, *args, **kwargs)
        finally:
            backend.resume_polling()

    graph.capture_begin = capture_begin
    graph.capture_end = capture_end
