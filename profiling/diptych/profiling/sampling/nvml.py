"""The one place that calls NVML. Every call gives a value or a reason, never a guess.

Calls may hang or crash the process (a GPU that has left the bus does both), so
this module is used only in processes that may be lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import pynvml

T = TypeVar("T")
Reason = Literal["not_supported", "lost", "unknown", "no_permission", "not_measured"]


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A value, or None and why."""

    value: T | None
    reason: Reason | None = None


_REASONS: dict[int, Reason] = {
    pynvml.NVML_ERROR_NOT_SUPPORTED: "not_supported",
    pynvml.NVML_ERROR_FUNCTION_NOT_FOUND: "not_supported",
    pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH: "not_supported",
    pynvml.NVML_ERROR_NO_PERMISSION: "no_permission",
    pynvml.NVML_ERROR_GPU_IS_LOST: "lost",
    pynvml.NVML_ERROR_RESET_REQUIRED: "lost",
    pynvml.NVML_ERROR_NOT_FOUND: "not_measured",
}


def ask(call: Callable[..., T], *args: Any) -> Answer[T]:
    """Make one NVML call."""
    try:
        return Answer(call(*args))
    except pynvml.NVMLError as error:
        return Answer(None, reason_of(error.value))
    except pynvml.NVMLLibraryMismatchError:
        # The bindings' way of saying that the driver lacks the call.
        return Answer(None, "not_supported")
    except (OSError, ValueError, AttributeError, UnicodeDecodeError):
        # A library that answers with rubbish, or bindings that lack the call.
        return Answer(None, "unknown")


def reason_of(code: int) -> Reason:
    """Return the reason that an NVML return code stands for."""
    return _REASONS.get(code, "unknown")


def then(answer: Answer[T], convert: Callable[[T], Any]) -> Answer[Any]:
    """Convert the value where there is one."""
    if answer.value is None:
        return Answer(None, answer.reason or "unknown")
    return Answer(convert(answer.value))


def first(*calls: Callable[[], Answer[Any]]) -> Answer[Any]:
    """Return the first value there is; else the reason of the call that was preferred."""
    preferred: Answer[Any] | None = None
    for call in calls:
        answer = call()
        if answer.value is not None:
            return answer
        preferred = preferred or answer
    return preferred or Answer(None, "unknown")


@dataclass(frozen=True, slots=True)
class State:
    """Whether the library can be used: the ``nvml`` record's fields."""

    state: Literal["ok", "absent", "no_permission", "failed"]
    text: str


def start() -> State:
    """Load and initialise the library."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return _unusable(error.value, str(error))
    except (OSError, AttributeError) as error:
        return State("failed", f"the NVIDIA library cannot be loaded: {error}")
    count = ask(pynvml.nvmlDeviceGetCount)
    if count.value is None:
        return State(
            "failed", f"the NVIDIA driver does not say how many GPUs there are ({count.reason})"
        )
    if count.value == 0:
        return State("absent", "the NVIDIA driver sees no GPU")
    return State("ok", f"{count.value} GPU{'s' if count.value > 1 else ''}")


def _unusable(code: int, text: str) -> State:
    if code == pynvml.NVML_ERROR_LIBRARY_NOT_FOUND:
        return State("absent", "no NVIDIA driver on this machine: GPU figures are not available")
    if code == pynvml.NVML_ERROR_DRIVER_NOT_LOADED:
        return State("absent", "the NVIDIA driver is installed but not loaded")
    if code == pynvml.NVML_ERROR_NO_PERMISSION:
        return State("no_permission", "no permission to use the NVIDIA driver")
    if code == pynvml.NVML_ERROR_FUNCTION_NOT_FOUND:
        return State("failed", "the NVIDIA library lacks a function: driver too old or damaged")
    return State("failed", f"the NVIDIA driver does not work: {text}")


def handles() -> dict[int, Any]:
    """Return the handles of the GPUs that can be opened, by index."""
    count = ask(pynvml.nvmlDeviceGetCount).value or 0
    found = {i: ask(pynvml.nvmlDeviceGetHandleByIndex, i).value for i in range(count)}
    return {index: handle for index, handle in found.items() if handle is not None}
