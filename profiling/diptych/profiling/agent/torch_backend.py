"""PyTorch as the session sees it: completion, loss, memory, windows."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from .backend import Marked, Report
from .torch_events import Events, Mark
from .torch_facts import settings
from .torch_window import TorchWindow

if TYPE_CHECKING:
    from .switch import Switch

_UNKNOWN = object()
"""Token of a step whose completion cannot be seen."""
_FIELDS = ("allocated", "reserved", "peak")


class TorchBackend:
    """See :class:`.backend.Backend`."""

    name = "torch"
    ruler = "event"
    trace_format = "kineto"
    writes_aside = False  # torch holds the interpreter while it writes
    prompt = True  # the earliest look at an event ties its clock to ours

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._tensor = torch.Tensor
        self.fenced = False
        self.report: Optional[Report] = None
        self.scaled: Optional[Tuple[Any, Any]] = None
        """What a GradScaler made of a loss, and the loss; until backward is called on it."""
        self._events = Events(self._new_event, time.monotonic_ns)
        self._polling = threading.Lock()
        self._capturing = False
        self._callback_there = False
        self.unsure = True
        self._window = TorchWindow(torch)
        self._stepped = False
        self._device: Optional[str] = None
        self.switch: Optional[Switch] = None
        """What exchanges the code of ``Module.__call__``; set by the hooks."""

    # -- description -------------------------------------------------------

    def describe(self) -> Dict[str, Any]:
        """Return the fields of the ``framework`` record."""
        torch = self._torch
        details = settings(torch)
        try:
            if self._device and self._device.startswith("cuda"):
                details["device_name"] = str(torch.cuda.get_device_name())
                details["cudnn"] = str(torch.backends.cudnn.version())
        except Exception:
            details.setdefault("cpu_capability", "unknown")
        return {
            "name": self.name,
            "version": str(torch.__version__),
            "cuda": torch.version.cuda,
            "device": self._device,
            "threads": int(torch.get_num_threads()),
            "details": details,
        }

    def compiled(self) -> bool:
        """Return whether Dynamo has compiled since the last call."""
        if not self._callback_there:
            return self._register_callback()
        seen, self.unsure = self.unsure, False
        return seen

    def _register_callback(self) -> bool:
        """Dynamo is imported when it is first used; that itself is compilation."""
        callback = sys.modules.get("torch._dynamo.callback")
        handler = getattr(callback, "callback_handler", None)
        if handler is None:
            return False
        self._callback_there, self.unsure = True, False
        handler.register_start_callback(self._compilation)
        frames = sys.modules.get("torch._dynamo.utils")
        return bool(getattr(frames, "counters", {}).get("frames"))

    def _compilation(self, *_: Any) -> None:
        self.unsure = True

    # -- completion --------------------------------------------------------

    def fence(self) -> None:
        """Wait until the device has done everything."""
        torch = self._torch
        if torch.cuda.is_initialized():
            torch.cuda.synchronize()
        elif self._device is not None and self._device.startswith("mps"):
            torch.mps.synchronize()

    def remember(self, scaled: Any, loss: Any) -> None:
        """Remember that ``scaled`` is ``loss`` times the scale of a GradScaler."""
        self.scaled = (scaled, loss)

    def unscaled(self, tensors: Any) -> Any:
        """Return the loss that ``tensors``, given to backward, stands for."""
        pair, self.scaled = self.scaled, None
        return pair[1] if pair is not None and pair[0] is tensors else tensors

    def mark(self, loss: Any) -> Marked:
        """See :meth:`.backend.Backend.mark`.

        In a window no loss is read: the operators that read it would stand in
        the trace as if they were the script's.
        """
        quiet = self._window.recording
        if type(loss) is self._tensor and loss.is_cpu and self._device == "cpu" and not quiet:
            # The usual case, at the least cost.
            value = None if loss.ndim else loss.item()
            return (value if type(value) is float else self._value(loss)), None
        tensor = self._first_tensor(loss)
        kind = self._kind(tensor)
        if kind == "cpu" or self.fenced:
            return (None if quiet else self._value(tensor)), None
        if kind != "cuda" or self._capturing:
            return None, _UNKNOWN
        return None, self._mark_cuda(None if quiet else tensor)

    def _kind(self, tensor: Any) -> str:
        """Return the type of the device that the step ran on."""
        if tensor is None:
            kind = "cuda" if self._torch.cuda.is_initialized() else "cpu"
            return self._note(kind, kind)
        if not tensor.is_cuda and self._device == "cpu":
            return str(tensor.device.type)
        return self._note(tensor.device.type, str(tensor.device))

    def _note(self, kind: str, device: str) -> str:
        self._device = device
        return kind

    def _first_tensor(self, value: Any) -> Any:
        kind = self._torch.Tensor
        if isinstance(value, kind):
            return value
        inner = value.values() if hasattr(value, "values") else value
        if isinstance(inner, (list, tuple)) or inner is not value:
            return next((item for item in inner if isinstance(item, kind)), None)
        return None

    @staticmethod
    def _value(tensor: Any) -> Optional[float]:
        """Read a loss that is there; anything but one real number is none."""
        if tensor is None or tensor.numel() != 1 or tensor.dtype.is_complex:
            return None
        return float(tensor.item())

    def _mark_cuda(self, tensor: Any) -> Mark:
        torch = self._torch
        buffer = None
        stream = torch.cuda.current_stream(None if tensor is None else tensor.device)
        if tensor is not None and tensor.numel() == 1 and not tensor.dtype.is_complex:
            buffer = self._events.buffer(lambda: torch.empty(1, pin_memory=True))
            buffer.copy_(tensor.detach().reshape(1), non_blocking=True)
        event = self._events.event()
        event.record(stream)
        return Mark(event, buffer, time.monotonic_ns())

    def _new_event(self) -> Any:
        return self._torch.cuda.Event(enable_timing=True)

    def follow(self, n: int, token: object) -> bool:
        """See :meth:`.backend.Backend.follow`."""
        if not isinstance(token, Mark):
            return False
        self._events.follow(n, token)
        return True

    def poll(self) -> Optional[float]:
        """See :meth:`.backend.Backend.poll`."""
        report = self.report
        if report is None:
            return None
        with self._polling:
            return 0.01 if self._capturing else self._events.look(report)

    def pause_polling(self) -> None:
        """Ask for no event while a CUDA graph is captured."""
        with self._polling:
            self._capturing = True

    def resume_polling(self) -> None:
        """Ask again: the capture has ended."""
        self._capturing = False

    # -- memory ------------------------------------------------------------

    def memory(self) -> List[Dict[str, Any]]:
        """Return one ``mem`` record a device that holds anything."""
        torch = self._torch
        if not torch.cuda.is_initialized():
            sample: Dict[str, Any] = dict.fromkeys(_FIELDS)
            sample.update(device="cpu", reasons=dict.fromkeys(_FIELDS, "not_supported"))
            return [sample]
        samples = (self._cuda_memory(index) for index in range(torch.cuda.device_count()))
        return [sample for sample in samples if sample is not None]

    def _cuda_memory(self, index: int) -> Optional[Dict[str, Any]]:
        stats = self._torch.cuda.memory_stats_as_nested_dict(index)
        allocated = stats.get("allocated_bytes", {}).get("all", {})
        reserved = stats.get("reserved_bytes", {}).get("all", {})
        if not reserved.get("peak"):
            return None
        return {
            "device": "cuda:%d" % index,
            "allocated": allocated.get("current"),
            "reserved": reserved.get("current"),
            "peak": allocated.get("peak"),
        }

    # -- windows -----------------------------------------------------------

    def window_prepare(self, options: Tuple[str, ...]) -> None:
        """See :meth:`.backend.Backend.window_prepare`."""
        with self.switch.aside() if self.switch else nullcontext():
            self._window.prepare(options)

    def window_start(self) -> None:
        """See :meth:`.backend.Backend.window_start`."""
        with self.switch.aside() if self.switch else nullcontext():
            self._window.start()

    def window_step(self, n: Optional[int]) -> None:
        """See :meth:`.backend.Backend.window_step`."""
        self._window.step(n)

    def window_stop(self) -> object:
        """See :meth:`.backend.Backend.window_stop`."""
        return self._window.stop()

    def window_write(self, result: object, path: str) -> None:
        """See :meth:`.backend.Backend.window_write`."""
        self._window.write(result, path)

    def window_discard(self, result: object) -> None:
        """See :meth:`.backend.Backend.window_discard`."""
        self._window.discard(result)

    def close(self) -> None:
        """Do nothing: nothing of ours lives on."""
