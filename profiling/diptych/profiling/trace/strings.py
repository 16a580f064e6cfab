"""The texts of a table, decoded when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, overload

import numpy as np


class Strings(Sequence[str]):
    """A list of texts over one block of UTF-8."""

    def __init__(self, begins: Any, data: Any) -> None:
        self.begins, self.data = begins, data

    @classmethod
    def of(cls, texts: Iterable[str]) -> Strings:
        """Return the same texts."""
        raw = [text.encode("utf-8", "replace") for text in texts]
        begins = np.zeros(len(raw) + 1, np.int64)
        np.cumsum([len(r) for r in raw], out=begins[1:])
        return cls(begins, np.frombuffer(b"".join(raw), np.uint8))

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.begins) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        """Return a text; bytes that are no UTF-8 become replacement characters."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        raw: bytes = self.data[self.begins[place] : self.begins[place + 1]].tobytes()
        return raw.decode("utf-8", "replace")

    def __iter__(self) -> Iterator[str]:
        """Go over all texts."""
        raw, begins = self.data.tobytes(), self.begins.tolist()
        for begin, end in pairwise(begins):
            yield raw[begin:end].decode("utf-8", "replace")
