"""Losses that are no finite number: since when, as steps come in. Pure."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from diptych.profiling.runs.snapshot import Floats, Ints, Notice, OddLosses


class OddLossWatch:
    """Takes the losses of steps, each once, about in the order of the steps."""

    def __init__(self) -> None:
        self.found = OddLosses()

    def see(self, n: Ints, loss: Floats, nan: NDArray[np.bool_]) -> None:
        """Take the losses of the steps ``n``; ``nan`` tells a NaN from one that is not known."""
        known = ~np.isnan(loss)
        infinite = known & np.isinf(loss)
        if self.found.first_inf is None and infinite.any():
            self._note(first_inf=int(n[infinite.argmax()]))
        if nan.any():
            self._see_nan(n, known, nan)
        elif self.found.nan_since is not None and known.any():
            self._note(nan_since=None)

    def _see_nan(self, n: Ints, known: NDArray[np.bool_], nan: NDArray[np.bool_]) -> None:
        if self.found.first_nan is None:
            self._note(first_nan=int(n[nan.argmax()]))
        back = 0
        if known.any():
            back = len(known) - int(known[::-1].argmax())
            self._note(nan_since=None)
        if self.found.nan_since is None and nan[back:].any():
            self._note(nan_since=int(n[back + int(nan[back:].argmax())]))

    def _note(self, **changes: int | None) -> None:
        self.found = msgspec.structs.replace(self.found, **changes)


def notices(found: OddLosses) -> tuple[Notice, ...]:
    """Return what is to be said of such losses; the words stay while a run goes on."""
    said = []
    if found.first_inf is not None:
        said.append(Notice("loss_inf", f"the loss was infinite at step {found.first_inf:,}"))
    if found.nan_since is not None:
        said.append(Notice("loss_nan", f"the loss is NaN since step {found.nan_since:,}"))
    elif found.first_nan is not None:
        text = f"the loss was NaN at step {found.first_nan:,}, and a number again later"
        said.append(Notice("loss_nan", text))
    return tuple(said)
