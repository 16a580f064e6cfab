"""Columns that grow: numpy arrays with room to spare, handed out as read-only views.

A view stays valid when its column grows: growing moves to a new array and
leaves the old one to those who still look at it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_FIRST = 256


class Column:
    """A growing array of shape (``rows``, n), or (n,) when ``rows`` is 0."""

    def __init__(self, dtype: type[np.generic], rows: int = 0) -> None:
        self._array: NDArray[Any] = np.empty((rows, _FIRST) if rows else _FIRST, dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def extend(self, values: NDArray[Any]) -> None:
        """Append ``values``, of shape (k,) or (``rows``, k)."""
        size = self._size + values.shape[-1]
        if size > self._array.shape[-1]:
            self._grow(size)
        self._array[..., self._size : size] = values
        self._size = size

    def adopt(self, values: NDArray[Any]) -> None:
        """Become ``values``, which is not copied and belongs to the column from now on.

        Raises:
            ValueError: they have another shape or type.
        """
        same = values.ndim == self._array.ndim and values.shape[:-1] == self._array.shape[:-1]
        if not same or values.dtype != self._array.dtype:
            raise ValueError(f"a column of {values.dtype} with shape {values.shape}")
        self._array, self._size = values, values.shape[-1]

    def _grow(self, size: int) -> None:
        # Half as much again keeps the cost of copying constant per value and
        # wastes a third at most.
        room = max(size, self._array.shape[-1] * 3 // 2)
        larger = np.empty((*self._array.shape[:-1], room), self._array.dtype)
        larger[..., : self._size] = self._array[..., : self._size]
        self._array = larger

    @property
    def values(self) -> NDArray[Any]:
        """What is there, writable: for the owner of the column."""
        return self._array[..., : self._size]

    def view(self) -> NDArray[Any]:
        """Return what is there, read-only, without a copy."""
        view = self._array[..., : self._size]
        view.flags.writeable = False
        return view
