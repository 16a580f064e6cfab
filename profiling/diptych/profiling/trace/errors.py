"""What goes wrong with a trace file, in one line each."""

from __future__ import annotations


class TraceError(Exception):
    """The file cannot be opened as a trace; the message is one line and says why."""


class TraceCancelledError(Exception):
    """Whoever asked for the trace took it back."""
