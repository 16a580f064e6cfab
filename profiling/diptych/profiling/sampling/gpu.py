"""One GPU: what never changes about it, and one sample. Each value with its reason."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pynvml

from diptych.profiling.sampling.nvml import Answer, ask, first, reason_of, then

_POWER_INSTANT = pynvml.NVML_FI_DEV_POWER_INSTANT
_ENERGY = pynvml.NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION
# The pid namespace of the machine itself always has this number (Linux, proc_ns.h).
_FIRST_PID_NAMESPACE = "pid:[4026531836]"

THROTTLE = {
    0x002: "application clocks",
    0x004: "power cap",
    0x008: "hardware slowdown",
    0x010: "sync boost",
    0x020: "software thermal limit",
    0x040: "hardware thermal limit",
    0x080: "power brake",
    0x100: "display clocks",
    0x200: "board limit",
    0x400: "reliability",
}
"""Why the clocks are held down, by bit. Being idle (bit 0) is no throttling."""

_PROCESS_CALLS = (
    (
        pynvml.nvmlDeviceGetComputeRunningProcesses_v3,
        pynvml.nvmlDeviceGetComputeRunningProcesses_v2,
    ),
    (
        pynvml.nvmlDeviceGetGraphicsRunningProcesses_v3,
        pynvml.nvmlDeviceGetGraphicsRunningProcesses_v2,
    ),
)

_VALUE_FIELDS = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")
"""Member of the value union, by NVML value type."""


def describe(index: int, handle: Any) -> dict[str, Any]:
    """Return the fields of a ``gpu_info`` record."""
    memory = _memory(handle)
    driver = ask(pynvml.nvmlSystemGetDriverVersion)
    answers: dict[str, Answer[Any]] = {
        "name": ask(pynvml.nvmlDeviceGetName, handle),
        "uuid": ask(pynvml.nvmlDeviceGetUUID, handle),
        "mem_total": memory["total"],
        "driver": driver,
        "power_limit": then(ask(pynvml.nvmlDeviceGetEnforcedPowerLimit, handle), _thousandth),
    }
    simulated = "simulated" in str(driver.value).lower()
    return {"index": index, "simulated": simulated, **_fields(answers)}


def sample(index: int, handle: Any) -> dict[str, Any]:
    """Return the fields of a ``gpu`` record, all but ``tree_mem``."""
    memory = _memory(handle)
    fields = _field_values(handle)
    throttle = ask(pynvml.nvmlDeviceGetCurrentClocksEventReasons, handle)
    answers: dict[str, Answer[Any]] = {
        "util": then(ask(pynvml.nvmlDeviceGetUtilizationRates, handle), lambda u: float(u.gpu)),
        "mem_used": memory["used"],
        "mem_reserved": memory["reserved"],
        "power": then(_power(handle, fields), _thousandth),
        "energy": _energy(handle, fields),
        "temperature": then(_temperature(handle), float),
        "sm_clock": ask(pynvml.nvmlDeviceGetClockInfo, handle, pynvml.NVML_CLOCK_SM),
        "mem_clock": ask(pynvml.nvmlDeviceGetClockInfo, handle, pynvml.NVML_CLOCK_MEM),
    }
    result = {"index": index, **_fields(answers)}
    result["throttle"] = throttle_words(throttle.value or 0)
    if throttle.value is None:
        result["reasons"]["throttle"] = throttle.reason or "unknown"
    return result


def throttle_words(bits: int) -> tuple[str, ...]:
    """Return what holds the clocks down, in words; unknown bits by number."""
    known = [text for bit, text in THROTTLE.items() if bits & bit]
    rest = bits & ~(sum(THROTTLE) | 1)
    return (*known, *([f"unknown reason {rest:#x}"] if rest else []))


def processes(handle: Any) -> Answer[dict[int, int | None]]:
    """Return the bytes on this GPU by pid, as the driver numbers processes."""
    compute, graphics = (_running(handle, *calls) for calls in _PROCESS_CALLS)
    if compute.value is None:
        return compute
    return Answer({**(graphics.value or {}), **compute.value})


def _running(handle: Any, *calls: Callable[[Any], Any]) -> Answer[dict[int, int | None]]:
    answer = first(*(partial(ask, call, handle) for call in calls))
    return then(answer, lambda found: {p.pid: p.usedGpuMemory for p in found})


def tree_memory(by_pid: Mapping[int, int | None], pids: set[int]) -> Answer[int]:
    """Return the bytes that the processes ``pids`` hold together.

    In a container the driver may number processes as the machine does: nobody
    found then means nothing, and outside of one means 0.
    """
    mine = [by_pid[pid] for pid in pids if pid in by_pid]
    if any(value is None for value in mine):
        return Answer(None, "not_supported")
    if not mine and not in_first_pid_namespace():
        return Answer(None, "unknown")
    return Answer(sum(value or 0 for value in mine))


def in_first_pid_namespace() -> bool:
    """Say whether our process numbers are the machine's own."""
    try:
        return os.readlink("/proc/self/ns/pid") == _FIRST_PID_NAMESPACE  # noqa: PTH115 - no file
    except OSError:
        return False


def _thousandth(value: int) -> float:
    return value / 1000.0


def _fields(answers: Mapping[str, Answer[Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: answer.value for name, answer in answers.items()}
    fields["reasons"] = {n: a.reason or "unknown" for n, a in answers.items() if a.value is None}
    return fields


def _memory(handle: Any) -> dict[str, Answer[int]]:
    """Ask for memory with the reserved part apart; older drivers count it as used."""
    newer = ask(pynvml.nvmlDeviceGetMemoryInfo, handle, pynvml.nvmlMemory_v2)
    if newer.value is not None:
        m = newer.value
        return {"total": Answer(m.total), "used": Answer(m.used), "reserved": Answer(m.reserved)}
    older = ask(pynvml.nvmlDeviceGetMemoryInfo, handle)
    reserved: Answer[int] = Answer(None, newer.reason)
    return {
        "total": then(older, lambda m: m.total),
        "used": then(older, lambda m: m.used),
        "reserved": reserved,
    }


def _field_values(handle: Any) -> dict[int, Answer[Any]]:
    answer = ask(pynvml.nvmlDeviceGetFieldValues, handle, [_POWER_INSTANT, _ENERGY])
    if answer.value is None:
        return {key: Answer(None, answer.reason) for key in (_POWER_INSTANT, _ENERGY)}
    return {int(item.fieldId): _decode(item) for item in answer.value}


def _decode(item: Any) -> Answer[Any]:
    if item.nvmlReturn != pynvml.NVML_SUCCESS:
        return Answer(None, reason_of(item.nvmlReturn))
    if not 0 <= item.valueType < len(_VALUE_FIELDS):
        return Answer(None, "unknown")
    return Answer(getattr(item.value, _VALUE_FIELDS[item.valueType]))


def _power(handle: Any, fields: Mapping[int, Answer[Any]]) -> Answer[Any]:
    """Ask for power now; the older call is an average over a second since Ampere."""
    return first(
        lambda: fields.get(_POWER_INSTANT, Answer(None, "unknown")),
        lambda: ask(pynvml.nvmlDeviceGetPowerUsage, handle),
    )


def _energy(handle: Any, fields: Mapping[int, Answer[Any]]) -> Answer[Any]:
    return first(
        lambda: fields.get(_ENERGY, Answer(None, "unknown")),
        lambda: ask(pynvml.nvmlDeviceGetTotalEnergyConsumption, handle),
    )


def _temperature(handle: Any) -> Answer[Any]:
    return ask(pynvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU)
