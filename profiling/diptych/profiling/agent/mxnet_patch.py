"""What the hooks of MXNet share: wrapping functions, and sizes of batches."""

from __future__ import annotations

import ctypes
import functools
from typing import TYPE_CHECKING, Any, Callable, Optional

if TYPE_CHECKING:
    from .mxnet_backend import MxBackend
    from .probe import Probe

Call = Callable[..., Any]


class Watcher:
    """The probe and the backend, and where in MXNet's nested calls the thread is.

    Only the training thread writes here: hooks ask ``probe.ready()`` first.
    """

    def __init__(self, probe: Probe, backend: MxBackend) -> None:
        self.probe = probe
        self.backend = backend
        self.loading = False
        self.differentiating = False
        self.optimizing = False
        self.fed = False
        """A loader has said how large the batch is: do not ask the arrays."""
        self.told = False
        """The trainer says how large the batch is: no need to ask either."""
        self.loose_end: Optional[Call] = None
        """Ends an optimizer's step of which only what follows shows that it is over."""

    def tie(self) -> None:
        """Something else begins: a step that is still open is over."""
        loose, self.loose_end = self.loose_end, None
        if loose is not None:
            loose()


def wrap(owner: Any, name: str, make: Callable[[Call], Call]) -> None:
    """Put ``make(original)`` in the place of ``owner.name``, under its name and signature."""
    original = getattr(owner, name)
    setattr(owner, name, functools.wraps(original)(make(original)))


def batch_size(value: Any) -> int:
    """Return the length of the first array in a batch, 0 where there is none."""
    for _ in range(4):
        if isinstance(value, dict):
            value = next(iter(value.values()), None)
        elif isinstance(value, (list, tuple)):
            value = value[0] if value else None
        else:
            break
    shape = getattr(value, "shape", None)
    return int(shape[0]) if shape else 0


def recording(mx: Any) -> Callable[[], bool]:
    """Return what ``autograd.is_recording`` tells, without what it makes for each call."""
    try:
        # A library object of our own: argtypes must not change the script's view.
        ask = ctypes.PyDLL(mx.base._LIB._name).MXAutogradIsRecording
    except (AttributeError, OSError):
        plain: Callable[[], bool] = mx.autograd.is_recording
        return plain
    flag = ctypes.c_bool()
    there = ctypes.byref(flag)

    def is_recording() -> bool:
        return ask(there) == 0 and flag.value  # only the training thread asks

    return is_recording
