"""Which Diptych this is."""

from __future__ import annotations

from functools import cache


@cache
def program_version() -> str:
    """Return the program's version, ``unknown`` where it was never installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("diptych")
    except PackageNotFoundError:
        return "unknown"
