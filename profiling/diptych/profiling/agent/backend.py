"""What the agent asks of a framework: the protocol of its two halves.

A half is a module ``<framework>_hooks`` (``torch_hooks``, ``mxnet_hooks``) with

    def install(framework: Any, session: Session) -> Backend

called once, in the importing thread, right after ``import <framework>`` has
finished. It makes its backend, asks for ``session.probe(backend)``, patches
the framework so that calls become events of that probe, and returns the
backend. It may raise: the training goes on and a ``warning`` is written.

**Hooks** must be cheap, must never raise into the script, and must do nothing
unless ``probe.ready()`` is true (it is false in other threads than the one
that trains, in forked children, and after the run has ended). A pair of
events must always be closed, also when the call between them raises.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Protocol, Tuple

Report = Callable[[int, int, Optional[float]], None]
"""``report(n, at, loss)``: step ``n`` is complete since ``at`` (monotonic ns)."""

Marked = Tuple[Optional[float], Optional[object]]
"""``(loss, token)``; see :meth:`Backend.mark`."""


class WindowError(Exception):
    """A profile window cannot be had; the message is for people."""


class Backend(Protocol):
    """One framework, as the session sees it.

    "Training thread" is the thread that makes the steps; "side thread" the
    agent's own. No method may wait for the device, except :meth:`fence` and
    the ``window_*`` methods.
    """

    name: str
    """``torch`` or ``mxnet``."""
    ruler: str
    """How tokens of :meth:`mark` are seen to be complete: ``event``."""
    trace_format: str
    """Format of the raw files: ``kineto`` or ``mxnet``."""
    writes_aside: bool
    """Whether :meth:`window_write` may run on the side thread."""
    prompt: bool
    """Whether :meth:`poll` has to be asked soon after a step has ended, not with the next batch."""
    unsure: bool
    """Whether :meth:`compiled` has to be asked at all; false costs less than asking."""
    fenced: bool
    """Set by the session: whether :meth:`fence` is called at each step's end."""
    report: Optional[Report]
    """Set by the session; may be called from any thread, in order of ``n``."""

    def describe(self) -> Dict[str, Any]:
        """Return the fields of the ``framework`` record (without seq and t).

        Called right after the import and again when the first step has ended;
        the first call must not initialise a device.
        """

    def fence(self) -> None:
        """Wait until the device has done all work (fenced mode only)."""

    def mark(self, loss: Any) -> Marked:
        """Mark the end of a step's dispatch; training thread.

        ``loss`` is what the step's last ``backward_begin`` was given, or, in
        inference, what ``forward_end`` was given. Returns the loss as a number
        where it can be had without waiting (else ``None``), and a token for
        :meth:`follow`, or ``None`` where dispatched work is complete work.
        In fenced mode this is called after the fence, and the token is not used.
        """

    def follow(self, n: int, token: object) -> bool:
        """Watch ``token`` as step ``n`` and call ``report`` when it is complete.

        Returns whether that will be.

        Training thread or side thread, never both at once, in order of ``n``.
        Use :meth:`poll` or an own thread.
        """

    def poll(self) -> Optional[float]:
        """Look at the tokens that are out; side thread.

        Returns in how many seconds to look again, ``None`` when nothing is out
        (or an own thread looks); :meth:`follow` makes the side thread ask again.
        """

    def compiled(self) -> bool:
        """Return whether compilation was seen since the last call (warm-up)."""

    def memory(self) -> List[Dict[str, Any]]:
        """Return the fields of ``mem`` records, one a device; side thread, 4 Hz."""

    def window_prepare(self, options: Tuple[str, ...]) -> None:
        """Get ready to profile (warm-up begins); options: shapes, stacks, memory."""

    def window_start(self) -> None:
        """Begin to record; training thread, between two steps."""

    def window_step(self, n: Optional[int]) -> None:
        """Inside a window: step ``n`` begins (``None``: the last one has ended)."""

    def window_stop(self) -> object:
        """End the recording (also of a window that was only prepared).

        Training thread. Returns what :meth:`window_write` needs. This is the
        pause that users see: no aggregation, no compression here.
        """

    def window_write(self, result: object, path: str) -> None:
        """Write the raw file; side thread if ``writes_aside``, else training thread."""

    def window_discard(self, result: object) -> None:
        """Free what :meth:`window_stop` returned; side thread, whatever became of it."""

    def close(self) -> None:
        """End own threads, quickly; called once at exit."""
