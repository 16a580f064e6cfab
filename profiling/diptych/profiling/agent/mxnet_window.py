"""Profile windows of MXNet: the bytes of its profiler, window by window.

MXNet has one profiler per process and one output file. A window is: wait for
the engine, set the state to run; steps; wait again, set the state to stop. The
dump, which costs more than all of that, is left to another thread: nothing is
recorded while the state is stop, so training may go on meanwhile.

The raw file holds one JSON object on its first line, ``{"diptych": {"pids":
{"0": "cpu/0", ...}, "version": "1.9.1"}}``, and then the bytes exactly as
MXNet wrote them. ``pids`` is there because MXNet names its processes only in
the first dump that has them, and every trace needs them.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import tempfile
import threading
from typing import Any, Callable, Dict, Iterator, Optional

from .backend import WindowError

_METADATA = b'"ph": "M"'
_NAMED = re.compile(
    rb'"ph": "M",\s*"args": \{\s*"name": "([^\n]*)"\s*\},\s*"pid": (\d+),\s*"name": "process_name"'
)
_CHUNK = 1 << 20
_LONGEST = 1 << 10
"""More than one metadata event is long; how far two chunks of a scan overlap."""

_PATIENCE = 60.0
"""Seconds after which a dump is given up."""

OWN_USE = "the script uses mx.profiler itself; Diptych leaves it alone and records no windows"


class ProfilerError(WindowError):
    """A window cannot be recorded; the text says why, in words for the user."""


class MxProfiler:
    """MXNet's profiler, for one window at a time.

    :meth:`start` and :meth:`stop` belong to the training thread, :meth:`save`
    to any other one. After ``stop`` comes exactly one ``save``; a ``start``
    that comes earlier than the end of that ``save`` waits for it.
    """

    def __init__(self, mx: Any, settle: Callable[[], None]) -> None:
        """Watch who else calls ``mx.profiler``; ``settle`` waits until the engine is idle."""
        self._profiler = mx.profiler
        self._version = str(mx.__version__)
        self._settle = settle
        self._pids: Dict[str, str] = {}
        self._fd = -1
        self._path = ""
        self._idle = threading.Event()
        self._idle.set()
        self.running = False
        self._ours = threading.local()
        self._refusal: Optional[str] = None
        if os.environ.get("MXNET_PROFILER_AUTOSTART", "0") not in ("", "0"):
            self._refusal = "MXNET_PROFILER_AUTOSTART is set; Diptych leaves MXNet's profiler alone"
        for name in ("set_config", "set_state", "profiler_set_config"):
            self._watch(name)

    @property
    def refusal(self) -> Optional[str]:
        """Why windows cannot be recorded here, or None when they can."""
        return self._refusal

    def start(self, memory: bool) -> None:
        """Begin to record; with ``memory`` also every allocation.

        Raises:
            ProfilerError: when the script uses the profiler itself, or MXNet refuses.

        """
        if self._refusal is not None:
            raise ProfilerError(self._refusal)
        if not self._idle.wait(_PATIENCE):
            raise ProfilerError("the previous window is still being written")
        with self._acting():
            self._open()
            self._settle()
            self._profiler.set_config(
                filename=self._path,
                continuous_dump=False,
                aggregate_stats=False,
                profile_symbolic=True,
                profile_imperative=True,
                profile_memory=bool(memory),
                profile_api=False,
            )
            self._profiler.set_state("run")
        self.running = True

    def stop(self) -> None:
        """Wait until the engine has nothing left to do, and stop recording.

        Without the wait, an operator that ends later would land in the next window.

        Raises:
            ProfilerError: when the script took the profiler over in the meantime.

        """
        if not self.running:
            raise ProfilerError(self._refusal or "the profiler was not running")
        self.running = False
        with self._acting():
            self._settle()
            self._profiler.set_state("stop")
        self._idle.clear()

    def save(self, path: str) -> int:
        """Write what was recorded to ``path``, or leave no file there; return its size in bytes.

        Raises:
            ProfilerError: when MXNet wrote nothing.
            OSError: when the file cannot be written.

        """
        try:
            with self._acting():
                self._profiler.dump(True)
            return self._copy(path)
        finally:
            self._idle.set()

    def discard(self) -> None:
        """Stop a window that nobody wants any more (the script is ending, or took over)."""
        if not self.running:
            return
        self.running = False
        with self._acting():
            self._profiler.set_state("stop")
            self._profiler.dump(True)

    def _open(self) -> None:
        # One file for the life of the process, never closed: MXNet opens it by
        # its number at each dump, and a number that had been given back could
        # by then be a file of the script, which the dump would cut to nothing.
        if self._fd >= 0:
            return
        if hasattr(os, "memfd_create"):
            self._fd = os.memfd_create("diptych-mxnet", os.MFD_CLOEXEC)
            self._path = "/proc/self/fd/%d" % self._fd
        else:
            self._fd, self._path = tempfile.mkstemp(prefix="diptych-mxnet-")

    def _copy(self, path: str) -> int:
        size = os.fstat(self._fd).st_size
        if size == 0:
            raise ProfilerError("MXNet's profiler wrote nothing")
        self._pids.update(_names(self._fd, size))
        header = {"diptych": {"pids": self._pids, "version": self._version}}
        try:
            with open(path, "wb", buffering=0) as out:
                _write(out.fileno(), json.dumps(header).encode("ascii") + b"\n")
                for start in range(0, size, _CHUNK):
                    _write(out.fileno(), os.pread(self._fd, min(_CHUNK, size - start), start))
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(path)
            raise
        finally:
            os.ftruncate(self._fd, 0)
        return size

    @contextlib.contextmanager
    def _acting(self) -> Iterator[None]:
        self._ours.acting = True
        try:
            yield
        except ProfilerError:
            raise
        except Exception as error:
            raise ProfilerError("MXNet's profiler refused: %s" % _first_line(error)) from error
        finally:
            self._ours.acting = False

    def _watch(self, name: str) -> None:
        original = getattr(self._profiler, name)

        @functools.wraps(original)
        def watched(*args: Any, **kwargs: Any) -> Any:
            if not getattr(self._ours, "acting", False):
                self._give_up()
            return original(*args, **kwargs)

        setattr(self._profiler, name, watched)

    def _give_up(self) -> None:
        self._refusal = OWN_USE
        self._idle.wait(_PATIENCE)
        with contextlib.suppress(ProfilerError):
            self.discard()


def _names(fd: int, size: int) -> Dict[str, str]:
    """Find the names of processes in a dump. By chunks: this holds the GIL while it looks."""
    found = {}
    for start in range(0, size, _CHUNK):
        chunk = os.pread(fd, _CHUNK + _LONGEST, start)
        if _METADATA in chunk:
            for match in _NAMED.finditer(chunk):
                found[match.group(2).decode("ascii")] = match.group(1).decode("utf-8", "replace")
    return found


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
