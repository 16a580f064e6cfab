"""The environment in which a user's program runs, whatever the shell of the benchmark says."""

from __future__ import annotations

import os
from pathlib import Path


def environment(home: Path) -> dict[str, str]:
    """Return it, with ``home`` as Diptych's folder; Python keeps there what it compiled.

    Start once before measuring: the first start compiles.
    """
    env = {**os.environ, "DIPTYCH_HOME": str(home), "PYTHONPYCACHEPREFIX": str(home / "compiled")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return env
