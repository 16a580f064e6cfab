"""The control file of a run: any process appends, runner and agent obey."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runner.files import append_line

_LONGEST = 65536
"""Bytes read at once; a command is far shorter."""


def ask_stop(directory: Path, by: str, *, kill: bool = False) -> None:
    """Ask the runner to end the run; with ``kill`` without waiting for anybody.

    A second request while the run is being stopped goes one stage further.

    Raises:
        OSError: the directory cannot be written.
    """
    order: dict[str, Any] = {"k": "stop", "by": by}
    if kill:
        order["kill"] = True
    _append(directory, order)


def ask_capture(directory: Path, steps: int, options: Sequence[str] = ()) -> str:
    """Ask the agent for a profile window over the next ``steps`` steps.

    ``options`` are names of `ProfileOptions`. Returns the request's id.

    Raises:
        OSError: the directory cannot be written.
    """
    identity = secrets.token_hex(4)
    _append(
        directory, {"k": "capture", "id": identity, "steps": int(steps), "options": list(options)}
    )
    return identity


def _append(directory: Path, order: dict[str, Any]) -> None:
    append_line(RunPaths(directory).control, json.dumps(order).encode())


class ControlReader:
    """Reads what was appended since the last look. Costs a stat when nothing was."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""

    def poll(self) -> list[dict[str, Any]]:
        """Return new orders, oldest first; what is no JSON object is passed over."""
        try:
            if self._path.stat().st_size <= self._offset:
                return []
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(_LONGEST)
        except OSError:
            return []
        self._offset += len(data)
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest if len(rest) < _LONGEST else b""
        return [order for line in lines if (order := _parse(line)) is not None]


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        order = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return order if isinstance(order, dict) and isinstance(order.get("k"), str) else None
