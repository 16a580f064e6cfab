"""What can go wrong before a worker runs. Every message is one line for people."""

from __future__ import annotations


class RequestError(Exception):
    """What was asked for cannot be run; nothing was created.

    ``field`` names the input at fault (``workload``, ``script``, ``cwd``,
    ``runtime``, a knob's name ...), so that a dialog can point at it.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class LaunchError(Exception):
    """The runner could not be started; nothing of the run is left running."""
