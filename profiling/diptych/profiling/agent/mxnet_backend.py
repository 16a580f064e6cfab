"""MXNet as the session sees it: completion, fences, memory, windows.

MXNet returns from a step long before it is done. A step is complete when its
loss is ready and the optimizer has written its parameters; in inference, when
the output is ready. MXNet's engine itself writes down when (``mxnet_stamps``).
"""

from __future__ import annotations

import os
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from .mxnet_facts import describe, device_name
from .mxnet_stamps import SPACING, Stamps, Token, mean
from .mxnet_window import MxProfiler, ProfilerError

_POLL = 0.025
_PATIENCE = 40
_MOST_ARRAYS = 16

NOT_THERE = Token([], False)
"""Stands for a step of which nothing is at hand that could be waited for."""


class Output:
    """Marks what a forward call returned, which is no loss."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class MxBackend:
    """See ``backend.Backend`` for what each method promises."""

    name = "mxnet"
    ruler = "event"
    trace_format = "mxnet"
    writes_aside = True
    prompt = False

    def __init__(self, mx: Any, warn: Callable[[str, str], None]) -> None:
        self.fenced = False
        self.report: Optional[Callable[[int, int, Optional[float]], None]] = None
        self.failure: Optional[BaseException] = None
        """An error of an operator that a wait of the agent met; hooks raise it."""
        self.written: Tuple[Any, ...] = ()
        """Parameters that the optimizer's last call wrote; set by the hooks."""
        self.contexts: List[Any] = []
        """Devices that the script was seen to use."""
        self._mx = mx
        self._warn = warn
        self._array: Any = mx.nd.NDArray
        self._synchronous = os.environ.get("MXNET_ENGINE_TYPE") == "NaiveEngine"
        self._stamps: Optional[Stamps] = None
        self._blind = False
        self._next_loss = 0
        self._idle = 0
        self._profiler = MxProfiler(mx, self.settle)
        self._memory = False
        self.unsure = False
        self._description: Optional[Dict[str, Any]] = None
        self._missed: Tuple[str, ...] = ()

    def describe(self) -> Dict[str, Any]:
        """Return what MXNet says of itself; devices once the script has used one."""
        if self._description is None:
            self._description = describe(self._mx)
        if not self.contexts:
            return self._description
        devices = ", ".join(device_name(context) for context in self.contexts)
        return dict(self._description, device=devices)

    def saw_context(self, context: Any) -> None:
        """Note that the script computes on ``context``."""
        if context not in self.contexts:
            self.contexts.append(context)

    # -- completion ----------------------------------------------------------

    def settle(self) -> None:
        """Wait until the engine has done all work; an error is kept for :meth:`fail`."""
        try:
            self._mx.nd.waitall()
        except Exception as error:
            self.failure = error

    fence = settle

    def fail(self) -> None:
        """Raise in the script what a wait of the agent has taken from it."""
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure.with_traceback(None)

    def mark(self, loss: Any) -> Tuple[Optional[float], Optional[object]]:
        """Have the engine note when a step's own arrays are ready; keep its loss to be read."""
        written, self.written = self.written, ()
        stamps = self._stamps
        if stamps is not None and type(loss) is self._array and not self.fenced:
            # The usual case, at the least cost.
            if stamps.short and time.monotonic_ns() < self._next_loss:
                token = Token((), False)
            else:
                token = Token(self._kept([loss]), True)
            stamps.push(token, (loss, *written))
            return None, token
        return self._marked(loss, written)

    def _marked(self, loss: Any, written: Tuple[Any, ...]) -> Tuple[Optional[float], Any]:
        is_loss = not isinstance(loss, Output)
        value = loss if is_loss else loss.value
        if self.fenced or self._synchronous:
            arrays = self._found(value) if is_loss else []
            return (mean(arrays) if arrays and self.failure is None else None), None
        is_model = hasattr(value, "diptych_outputs")
        arrays = value.diptych_outputs() if is_model else self._found(value)
        if not arrays and not written:
            return None, NOT_THERE
        kept = self._kept(arrays) if is_loss and not is_model else []
        token = Token(kept, bool(kept))
        if self._stamps is None and not self._blind:
            self._stamps = self._look()
        if self._stamps is not None:
            # Now, not when the step is followed: that may be later, and then the
            # engine would do it after the work of the next step.
            self._stamps.push(token, (*arrays, *written))
        return None, token

    def _kept(self, arrays: List[Any]) -> List[Any]:
        """Return losses to be read later, cut off from the graph; not of each short step."""
        if self._stamps is not None and self._stamps.short:
            now = time.monotonic_ns()
            if now < self._next_loss:
                return []
            self._next_loss = now + SPACING
        return [array.detach() for array in arrays]

    def follow(self, n: int, token: object) -> bool:
        """Report it as step ``n`` once the engine has written its time down."""
        if self._stamps is None:
            return False
        return self._stamps.watch(n, token)  # type: ignore[arg-type]  # one of our own tokens

    def _look(self) -> Optional[Stamps]:
        try:
            return Stamps(self._mx)
        except (AttributeError, OSError) as error:
            self._blind = True
            self._warn("completion", "completed times are not known here: %s" % error)
            return None

    def poll(self) -> Optional[float]:
        """Report what has become ready."""
        if self._stamps is None or self.report is None:
            return None
        # Not None as soon as nothing is out: the next step would wake the thread
        # that asks here, and so would each step of a loop of short ones.
        busy = self._stamps.collect(self.report)
        self._idle = 0 if busy else self._idle + 1
        return _POLL if self._idle < _PATIENCE else None

    def compiled(self) -> bool:
        """Return whether a graph was built since the last call."""
        compiled, self.unsure = self.unsure, False
        return compiled

    def builds(self) -> None:
        """Note that a hybridized block is about to build its graph."""
        self.unsure = True

    def _found(self, value: Any) -> List[Any]:
        if isinstance(value, self._array):
            return [value]
        if isinstance(value, (list, tuple)):
            found = [array for part in value[:_MOST_ARRAYS] for array in self._found(part)]
            return found[:_MOST_ARRAYS]
        return []

    # -- memory --------------------------------------------------------------

    def memory(self) -> List[Dict[str, Any]]:
        """Return one ``mem`` record a device.

        MXNet does not tell what its allocator holds. On a GPU ``reserved`` is
        what the driver says is taken on the device.
        """
        samples = []
        for context in self.contexts or [self._mx.cpu()]:
            reasons = {"allocated": "not_supported", "peak": "not_supported"}
            reserved = self._taken(context)
            if reserved is None:
                reasons["reserved"] = "not_supported"
            sample = {"device": device_name(context), "allocated": None, "peak": None}
            samples.append(dict(sample, reserved=reserved, reasons=reasons))
        return samples

    def _taken(self, context: Any) -> Optional[int]:
        if context.device_type != "gpu":
            return None
        try:
            free, total = self._mx.context.gpu_memory_info(context.device_id)
        except Exception:
            return None
        return int(total) - int(free)

    # -- windows -------------------------------------------------------------

    def window_prepare(self, options: Tuple[str, ...]) -> None:
        """Remember the options; there is nothing to warm up."""
        if self._profiler.refusal is not None:
            raise ProfilerError(self._profiler.refusal)
        self._memory = "memory" in options
        missing = tuple(name for name in ("shapes", "stacks") if name in options)
        if missing and missing != self._missed:
            self._missed = missing
            text = "MXNet's profiler records no %s" % " and no ".join(missing)
            self._warn("options", text)

    def window_start(self) -> None:
        """Begin to record."""
        self._profiler.start(self._memory)

    def window_step(self, n: Optional[int]) -> None:
        """Do nothing: MXNet's traces have no steps; the journal has."""

    def window_stop(self) -> object:
        """Stop recording; the dump is for :meth:`window_write`."""
        if self._profiler.running or self._profiler.refusal is not None:
            self._profiler.stop()
        return None

    def window_write(self, result: object, path: str) -> None:  # noqa: ARG002  # the protocol's
        """Let MXNet dump, and keep its bytes."""
        self._profiler.save(path)

    def window_discard(self, result: object) -> None:
        """Do nothing: what was recorded is in the file."""

    def close(self) -> None:
        """Do nothing: there is no thread to end."""
