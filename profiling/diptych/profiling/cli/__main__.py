"""``python -m diptych.profiling.cli``: how the parts of Diptych start each other."""

from __future__ import annotations

import sys

from diptych.profiling.cli import main

if __name__ == "__main__":
    sys.exit(main())
