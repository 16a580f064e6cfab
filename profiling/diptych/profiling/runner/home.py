"""Where Diptych keeps things: one folder, moved as a whole by ``DIPTYCH_HOME``.

The environment is read at each call, so that a test or a shared machine can
point elsewhere at any time. Nothing is created here.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

VARIABLE = "DIPTYCH_HOME"


def home() -> Path:
    """Return the absolute folder of everything that outlives a process."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    return platformdirs.user_data_path("diptych", appauthor=False)


def runs_dir(base: Path | None = None) -> Path:
    """Return the folder of run directories of ``base``, of `home` by default."""
    return (base or home()) / "runs"


def runtimes_dir(base: Path | None = None) -> Path:
    """Return the folder of managed runtimes of ``base``, of `home` by default."""
    return (base or home()) / "runtimes"


def runtimes_file(base: Path | None = None) -> Path:
    """Return the file of named runtimes and cached probes."""
    return (base or home()) / "runtimes.json"


def crashes_dir(base: Path | None = None) -> Path:
    """Return the folder of faulthandler logs."""
    return (base or home()) / "crashes"
