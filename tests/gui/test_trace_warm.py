"""What the set-up compiles is what the window would else compile under the user's hands."""

from __future__ import annotations

import subprocess
import sys


def test_after_the_set_up_no_reading_or_drawing_compiles_anything() -> None:
    """GIVEN a set-up WHEN it is done once more THEN all compiled code is found."""
    code = (
        "from numba.core import event\n"
        "from diptych.gui.models.trace_warm import main\n"
        "with event.install_recorder('numba:compile') as seen:\n"
        "    main()\n"
        "print(len([e for _, e in seen.buffer if e.is_start]))\n"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "0"
