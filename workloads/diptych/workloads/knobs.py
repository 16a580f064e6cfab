"""What can be set on a workload, and how a value is read or refused.

Pure standard library. A refusal names the knob, what was given and what is allowed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

Value = str | int | float
Framework = Literal["torch", "mxnet"]
FRAMEWORKS: tuple[Framework, ...] = ("torch", "mxnet")
TITLES: dict[Framework, str] = {"torch": "PyTorch", "mxnet": "MXNet"}


class KnobError(ValueError):
    """A knob that does not exist, or a value that it does not take."""


@dataclass(frozen=True)
class Knob:
    """One setting of a workload.

    ``kind`` is ``int``, ``float``, ``choice`` (one of ``choices``) or
    ``device`` (``cpu`` or ``cuda:N``). ``minimum`` and ``maximum`` are
    inclusive. A knob that differs between the frameworks stands in a workload
    once for each, told apart by ``applies_to``.
    """

    name: str
    kind: Literal["int", "float", "choice", "device"]
    default: Value
    help: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    applies_to: tuple[Framework, ...] = FRAMEWORKS

    @property
    def flag(self) -> str:
        """The option of the script, such as ``--batch-size``."""
        return "--" + self.name.replace("_", "-")

    @property
    def allowed(self) -> str:
        """What the knob takes, in words."""
        if self.kind == "choice":
            return ", ".join(self.choices)
        if self.kind == "device":
            return "cpu, cuda:N (such as cuda:0)"
        noun = "a whole number" if self.kind == "int" else "a number"
        return f"{noun} from {self.minimum:g} to {self.maximum:.10g}"

    def read(self, value: object) -> Value:
        """``value`` (text from a command line, or a number) as this knob's own type.

        Raises KnobError.
        """
        readers = {"int": _whole, "float": _real, "choice": _text, "device": _device}
        found = readers[self.kind](value)
        if found is None or not self._holds(found):
            raise KnobError(f"{self.name} {value!r} is not possible; allowed: {self.allowed}")
        return found

    def _holds(self, value: Value) -> bool:
        if isinstance(value, str):
            return self.kind == "device" or value in self.choices
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        return low <= value <= high


def _whole(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _real(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str | None:
    return value.strip() if isinstance(value, str) else None


def _device(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text == "cuda":
        return "cuda:0"
    match = re.fullmatch(r"cpu|cuda:([0-9]{1,3})", text)
    if match is None:
        return None
    return text if match[1] is None else f"cuda:{int(match[1])}"
