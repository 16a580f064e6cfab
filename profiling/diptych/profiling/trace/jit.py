"""Compiles the hot loops of the trace reader, and keeps what was compiled.

`jit` turns a typed function into machine code that runs without the
interpreter's lock. Compiled code is kept beside the sources where they may be
written, else in Diptych's cache.

Hot loops see memory as a `Memory`, an address and a size in bytes, not as
arrays: handing on an array counts references, which costs more than the work.
With ``DIPTYCH_CHECKED=1`` every access through the functions here is checked
and raises ``IndexError``; without, none is.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from diptych.profiling.trace.folders import compiled_dir

P = ParamSpec("P")
R = TypeVar("R")

CHECKED = os.environ.get("DIPTYCH_CHECKED", "0") == "1"

Memory = tuple[int, int]
"""Address of the first byte, and how many bytes there are."""


_CALLED = ("jit", "scan_bytes", "scan_event", "intern")
"""Modules whose functions are compiled into those of others."""


@cache
def kept_in() -> Path:
    """Return the folder under which compiled code is kept.

    What was compiled knows when its own source changes, but not when that of
    a function changes that went into it: so the folder has a name of these.
    """
    here = Path(__file__).parent
    beside = here / "__pycache__"
    writable = os.access(beside if beside.is_dir() else here, os.W_OK)
    sources = b"".join((here / f"{name}.py").read_bytes() for name in _CALLED)
    key = hashlib.blake2b(sources, digest_size=6).hexdigest()
    kind = "checked" if CHECKED else "compiled"
    return (beside if writable else compiled_dir()) / f"{kind}-{key}"


def jit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function`` at its first call; a later process loads what was compiled."""
    options: dict[str, Any] = {"nogil": True, "cache": True, "boundscheck": CHECKED}
    settings: Any = numba.config
    before, settings.CACHE_DIR = settings.CACHE_DIR, str(kept_in())
    try:
        return cast("Callable[P, R]", numba.njit(**options)(function))
    finally:
        settings.CACHE_DIR = before


def memory(array: np.ndarray[Any, Any]) -> Memory:
    """Return where a contiguous array lies; it has to outlive every use."""
    return array.ctypes.data, array.nbytes


def _place(builder: Any, where: Any, offset: Any, bits: int) -> Any:
    address = builder.add(builder.extract_value(where, 0), offset)
    return builder.inttoptr(address, ir.PointerType(ir.IntType(bits)))


def _loader(bits: int, result: Any) -> Any:
    @intrinsic
    def load(_typing: Any, where: Any, _offset: Any) -> Any:
        def generate(_context: Any, builder: Any, _sign: Any, values: Any) -> Any:
            value = builder.load(_place(builder, values[0], values[1], bits), align=1)
            if bits == 64:
                return value
            signed = bits == 32
            return (builder.sext if signed else builder.zext)(value, ir.IntType(64))

        return result(where, types.int64), generate

    return load


def _storer(bits: int, kind: Any) -> Any:
    @intrinsic
    def store(_typing: Any, where: Any, _offset: Any, _value: Any) -> Any:
        def generate(context: Any, builder: Any, _sign: Any, values: Any) -> Any:
            value = values[2]
            if kind is types.float64:
                value = builder.bitcast(value, ir.IntType(64))
            if bits < 64:
                value = builder.trunc(value, ir.IntType(bits))
            builder.store(value, _place(builder, values[0], values[1], bits), align=1)
            return context.get_dummy_value()

        return types.void(where, types.int64, kind), generate

    return store


@intrinsic
def _trailing(_typing: Any, _value: Any) -> Any:
    def generate(_context: Any, builder: Any, _sign: Any, values: Any) -> Any:
        return builder.cttz(values[0], cgutils.false_bit)

    return types.int64(types.uint64), generate


def _checked_load(raw: Any, size: int) -> Any:
    @jit
    def load(where: Any, offset: int) -> Any:
        if offset < 0 or offset + size > where[1]:
            raise IndexError("read outside of the memory")
        return raw(where, offset)

    return load if CHECKED else raw


def _checked_store(raw: Any, size: int) -> Any:
    @jit
    def store(where: Any, offset: int, value: Any) -> Any:
        if offset < 0 or offset + size > where[1]:
            raise IndexError("write outside of the memory")
        raw(where, offset, value)

    return store if CHECKED else raw


trailing_zeros: Any = _trailing
"""``(uint64) -> int``: how many low bits are 0, 64 for 0."""
byte: Any = _checked_load(_loader(8, types.int64), 1)
"""``(memory, offset) -> int``: the byte at an offset."""
word: Any = _checked_load(_loader(64, types.uint64), 8)
"""``(memory, offset) -> uint64``: the eight bytes at an offset, little-endian."""
int64: Any = _checked_load(_loader(64, types.int64), 8)
int32: Any = _checked_load(_loader(32, types.int64), 4)
put64: Any = _checked_store(_storer(64, types.int64), 8)
"""``(memory, offset, value)``; all offsets are in bytes."""
put32: Any = _checked_store(_storer(32, types.int64), 4)
put8: Any = _checked_store(_storer(8, types.int64), 1)
put_real: Any = _checked_store(_storer(64, types.float64), 8)


@jit
def get(where: Any, index: int) -> int:
    """Return the int64 number ``index`` of a memory."""
    return int(int64(where, index * 8))


@jit
def put(where: Any, index: int, value: int) -> None:
    """Write the int64 number ``index`` of a memory."""
    put64(where, index * 8, value)


@jit
def copy(source: Any, at: int, target: Any, to: int, length: int) -> None:
    """Copy ``length`` bytes; both sides have `word`'s size of room behind them."""
    done = 0
    while done < length:
        put64(target, to + done, int64(source, at + done))
        done += 8
