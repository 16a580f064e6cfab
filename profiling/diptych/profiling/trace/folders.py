"""Where what can be made again is kept: opened traces, compiled code.

Under ``DIPTYCH_HOME`` where that is set, else in the platform's cache folder.
Nothing is created here.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_dir() -> Path:
    """Return the absolute folder whose content may be deleted at any time."""
    named = os.environ.get("DIPTYCH_HOME")
    if named:
        return Path(named).expanduser().absolute() / "cache"
    return platformdirs.user_cache_path("diptych", appauthor=False)


def traces_dir() -> Path:
    """Return the folder of traces that were opened before."""
    return cache_dir() / "traces"


def compiled_dir() -> Path:
    """Return the folder of compiled code, for where it cannot lie beside the sources."""
    return cache_dir() / "compiled"
