"""Weights by position in an .npz file, so that one model can start from another's.

The scripts of the two frameworks register their parameters in the same order
with the same shapes; ``p0000``… are the trained ones, ``s0000``… the running
statistics of batch normalisation (mean, variance, mean, …).
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, List, Sequence, Tuple

import numpy as np


def save(path: str, parameters: Sequence[Any], statistics: Sequence[Any]) -> None:
    """Write the arrays under exactly that name; ends the program with a message if it cannot."""
    arrays = {f"p{i:04d}": array for i, array in enumerate(parameters)}
    arrays.update({f"s{i:04d}": array for i, array in enumerate(statistics)})
    try:
        with Path(path).open("wb") as file:  # savez would append .npz to a bare path
            np.savez(file, **arrays)
    except OSError as error:
        raise SystemExit(f"--save-init: cannot write {path}: {error}") from None


def load(
    path: str, parameters: Sequence[Tuple[int, ...]], statistics: Sequence[Tuple[int, ...]]
) -> Tuple[List[Any], List[Any]]:
    """Read the arrays for these shapes; ends the program with a message if they do not fit."""
    try:
        with Path(path).open("rb") as raw, zipfile.ZipFile(raw):
            raw.seek(0)
            file = np.load(raw)
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise SystemExit(f"--init-from: cannot read {path}: {error}") from None
    wanted = {f"p{i:04d}": tuple(shape) for i, shape in enumerate(parameters)}
    wanted.update({f"s{i:04d}": tuple(shape) for i, shape in enumerate(statistics)})
    for name in sorted(set(wanted) | set(arrays)):
        have = arrays[name].shape if name in arrays else "nothing"
        if have != wanted.get(name):
            raise SystemExit(
                f"--init-from: {path} is of another model: {name} is {have} there,"
                f" {wanted.get(name, 'nothing')} here"
            )
    ordered = [arrays[name] for name in sorted(wanted)]
    return ordered[: len(parameters)], ordered[len(parameters) :]
