"""The race's end of a gate: two named pipes by which a side is given its turns."""

from __future__ import annotations

import os
from pathlib import Path

_LONGEST = 4096


class Lane:
    """One side's pipes, in a folder of its own.

    Both are open for reading and writing here, so that neither end ever waits
    for the other to open; they end with this process, and the side goes on alone,
    or, if it ``ends`` with the race, has itself stopped.
    """

    def __init__(self, folder: Path, *, ends: bool = False) -> None:
        folder.mkdir(parents=True, mode=0o700)
        self.folder = folder
        if ends:
            (folder / "ends").touch()
        descriptors = []
        for name in ("grant", "done"):
            os.mkfifo(folder / name, 0o600)
            flags = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC
            descriptors.append(os.open(folder / name, flags))
        self._grant, self.done = descriptors

    def grant(self, turn: int, race_round: int, steps: int) -> None:
        """Let the side make ``steps`` steps; see `agent.gate`."""
        os.write(self._grant, f"{turn} {race_round} {steps}\n".encode())

    def free(self) -> None:
        """Let the side go on without turns."""
        self.grant(0, 0, 0)

    def parked(self) -> bool:
        """Say, once for each time, that the side has parked."""
        try:
            return bool(os.read(self.done, _LONGEST))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Let go of the pipes; a side that is parked goes on alone."""
        os.close(self._grant)
        os.close(self.done)
