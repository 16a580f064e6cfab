"""When arrays of MXNet were ready, and what they hold, without touching the training.

``NDArray.wait_to_read`` in a thread would tell, at two prices. It takes the
interpreter from the training once per step. And where an operator has failed,
MXNet raises its error from the first wait that comes, then never again: a
wait of the agent would take the error from the script.

So MXNet's own engine writes the time down: an operation is pushed that reads
the arrays, does nothing with them, and is made of two functions of the C
library. The first one runs only where the arrays are good, and leaves a mark;
the second is what the engine frees the operation's memory with, and writes
the time into it. No Python runs there. What was written is collected later.
"""

from __future__ import annotations

import ctypes
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, Optional, Sequence, Tuple

_clock = time.monotonic_ns

SLOTS = 1 << 14
"""So many steps may be on their way; beyond, steps are not watched (no time, no loss)."""
_READABLE = 1 << 16
"""A loss of more elements than that is not read."""

# A slot: struct ntptimeval (seconds, then micro- or nanoseconds), over which
# gmtime_r has laid a struct tm: its last field (a pointer to "GMT") is the mark.
_WORDS = 10
_SECONDS, _FRACTION, _MARK = 0, 1, 6
_SOME_TIME = range(1_000_000_000, 4_000_000_000)
_FRACTIONS = 1_000_000_000
"""Between the two functions a slot holds the struct tm of the first: seconds and
minutes in the first word, the day of the month in the upper half of the second.
Neither can be taken for a time of this century and a part of a second."""
_STATUS_WORD = 5
_STA_NANO = 0x2000

_NAME = b"WaitForVar"  # what MXNet calls its own waits: known as engine noise
_AT_ONCE = 4  # FnProperty::kAsync: by the thread that pushes, or the one that made it ready

SPACING = 4_000_000
"""Nanoseconds between two losses that are read: reading one costs the interpreter 10 µs."""

Report = Callable[[int, int, Optional[float]], None]


class Token:
    """What a step is seen by. ``is_loss``: the mean of ``arrays`` is its loss."""

    __slots__ = ("arrays", "is_loss", "pushed", "slot")

    def __init__(self, arrays: Sequence[Any], is_loss: bool) -> None:
        self.arrays = arrays
        self.is_loss = is_loss
        self.slot = -1
        self.pushed = 0


class Stamps:
    """A ring of times: pushed and watched by the training thread, collected by another."""

    short = False
    """Steps are so short that not each loss is read."""
    _previous = 0

    def __init__(self, mx: Any) -> None:
        """Look the functions up and try them.

        Raises:
            AttributeError: when MXNet or the C library lacks a function.
            OSError: when the clock cannot be read that way.

        """
        # A library object of our own: argtypes must not change the script's view.
        push = ctypes.CDLL(mx.base._LIB._name).MXEnginePushSyncND
        number, pointer = ctypes.c_int, ctypes.c_void_p
        push.argtypes = [pointer] * 5 + [number, pointer, number, pointer, number, ctypes.c_char_p]
        self._push = push
        libc = ctypes.CDLL(None, use_errno=True)
        self._good = ctypes.cast(libc.gmtime_r, pointer).value
        self._stamp = ctypes.cast(libc.ntp_gettime, pointer).value
        self._adjtimex = libc.adjtimex
        # Never given back: the engine may still write here while the process ends.
        libc.malloc.restype, libc.malloc.argtypes = pointer, [ctypes.c_size_t]
        self._base = int(libc.malloc(SLOTS * _WORDS * 8))
        self._words = (ctypes.c_int64 * (SLOTS * _WORDS)).from_address(self._base)
        if libc.ntp_gettime(pointer(self._base)) < 0:
            raise OSError(ctypes.get_errno(), "ntp_gettime")
        self._context = (ctypes.c_int * 2)(1, 0)
        self._property = number(_AT_ONCE)
        self._fixed = (ctypes.addressof(self._context), ctypes.addressof(self._property))
        self._handles: Dict[int, Any] = {}
        """An array of C a length, used again and again."""
        self._next = 0
        self._read_next = 0
        self._out: Deque[Tuple[int, Token]] = deque()

    def push(self, token: Token, arrays: Sequence[Any]) -> None:
        """Have the engine write down when ``arrays`` are ready; call it where the step ends.

        They need not live on: the engine keeps what its operations still wait for.
        """
        if len(self._out) >= SLOTS - 1:
            return
        slot = self._next
        self._next = (slot + 1) % SLOTS
        at, words = slot * _WORDS, self._words
        words[at + _SECONDS] = words[at + _MARK] = 0
        # The engine runs what is pushed here after the writes pushed before it and
        # before those pushed later: a parameter tells the end of *this* step,
        # which waiting for it (until nobody writes it any more) would not.
        count = len(arrays)
        handles = self._handles.get(count)
        if handles is None:
            handles = self._handles[count] = (ctypes.c_void_p * count)()
        for index, array in enumerate(arrays):
            handles[index] = array.handle.value
        context, kind = self._fixed
        done = self._push(
            self._good, self._base + at * 8, self._stamp, context, handles, count,
            None, 0, kind, 0, _NAME,
        )  # fmt: skip
        if done == 0:
            token.slot, token.pushed = slot, _clock()

    def watch(self, n: int, token: Token) -> bool:
        """Report ``token`` as step ``n``; returns False where it could not be pushed."""
        if token.slot < 0:
            return False
        self._out.append((n, token))
        return True

    def collect(self, report: Report) -> bool:
        """Report, in order, the steps that have become ready; return whether more are out."""
        if not self._out:
            return False
        if not self._written(self._out[0][1].slot * _WORDS):
            return True
        unit = 1 if self._nano() else 1000
        shift = real_to_monotonic()
        words = self._words
        while self._out:
            n, token = self._out[0]
            at = token.slot * _WORDS
            if not self._written(at):
                return True
            self._out.popleft()
            if not words[at + _MARK]:
                continue  # an operator failed; the script will hear of it
            ready = words[at + _SECONDS] * 1_000_000_000 + words[at + _FRACTION] * unit
            ready = min(max(ready + shift, token.pushed), _clock())
            loss = None
            self.short = ready - self._previous < SPACING
            self._previous = ready
            if token.is_loss and ready >= self._read_next:
                self._read_next = ready + SPACING
                loss = mean(token.arrays)
            report(n, ready, loss)
        return False

    def _written(self, at: int) -> bool:
        """Return whether the slot at ``at`` holds a whole time."""
        words = self._words
        return words[at + _SECONDS] in _SOME_TIME and words[at + _FRACTION] < _FRACTIONS

    def _nano(self) -> bool:
        """Return whether the kernel counts nanoseconds there (a time daemon decides)."""
        state = (ctypes.c_int64 * 32)()  # modes 0: only look
        self._adjtimex(state)
        return bool(state[_STATUS_WORD] & _STA_NANO)


def real_to_monotonic() -> int:
    """Return what to add to a real time, in ns, to have it on the monotonic clock.

    The thread may lose the processor between the two clocks, for milliseconds:
    of a few tries the one that took the shortest counts.
    """
    best = None
    for _ in range(5):
        before = _clock()
        real = time.time_ns()
        after = _clock()
        if best is None or after - before < best[0]:
            best = (after - before, (before + after) // 2 - real)
        if after - before < 2_000:
            break
    return best[1] if best else 0


def mean(arrays: Sequence[Any]) -> Optional[float]:
    """Return the mean over all elements of ready ``arrays``; None where there is none."""
    total, count = 0.0, 0
    for array in arrays:
        if array.size > _READABLE:
            return None
        try:
            values = array.asnumpy()
            total += float(values) if values.size == 1 else float(values.sum(dtype="float64"))
        except Exception:
            return None  # a type that numpy does not know (bfloat16), say
        count += values.size
    return total / count if count else None
