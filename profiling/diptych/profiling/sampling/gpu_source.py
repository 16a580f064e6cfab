"""The sampler's end of the GPU child: starts it, reads it, and outlives it.

A child that crashes or falls silent is replaced, with a pause that doubles; the
gap is in the journal as ``nvml`` records. Whoever asks never waits.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import Any

import msgspec

from diptych.profiling.records.kinds import Gpu, GpuInfo, Nvml
from diptych.profiling.records.writer import JournalWriter
from diptych.profiling.sampling.gpu import tree_memory

_SILENCE = 3.0
_START_SILENCE = 10.0
"""Loading the driver's library wakes sleeping GPUs up."""
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0


class GpuSource:
    """GPU samples from a process that may be lost at any time."""

    def __init__(self, journal: JournalWriter, hz: float) -> None:
        self._journal = journal
        self._hz = hz
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._spoke = 0.0
        self._due: float | None = 0.0
        self._pause = _FIRST_PAUSE
        self._restarted = False
        self._known: dict[str, Any] = {}
        self._procs: dict[int, tuple[dict[int, int | None], str | None]] = {}

    @property
    def descriptor(self) -> int | None:
        """What to wait on for more samples; None while there is no child."""
        if self._process is None or self._process.stdout is None:
            return None
        return self._process.stdout.fileno()

    def look(self, pids: set[int]) -> None:
        """Take what the child has said, judge its silence, start the next one when due.

        ``pids`` are the worker's processes, whose GPU memory is added up.
        """
        now = time.monotonic()
        if self._process is None:
            if self._due is not None and now >= self._due:
                self._launch(now)
            return
        ended = self._read(pids, now)
        patience = _SILENCE if "state" in self._known else _START_SILENCE
        if ended:
            self._collect(now)
        elif now - self._spoke > patience:
            self._drop()
            self._again(now, "hung", f"the GPU library has not answered for {patience:g} s")

    def close(self) -> None:
        """End the child."""
        self._due = None
        self._drop()

    def _launch(self, now: float) -> None:
        command = [sys.executable, "-m", "diptych.profiling.sampling.gpu_child", f"{self._hz:g}"]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
            )
        except OSError as error:
            self._again(now, "failed", f"GPUs cannot be sampled: {error.strerror}")
            return
        self._rest, self._spoke, self._known = b"", now, {}
        if self._process.stdout is not None:
            os.set_blocking(self._process.stdout.fileno(), False)

    def _read(self, pids: set[int], now: float) -> bool:
        """Take all there is; return whether the child has closed its end."""
        while (descriptor := self.descriptor) is not None:
            try:
                chunk = os.read(descriptor, 65536)
            except BlockingIOError:
                return False
            if not chunk:
                return True
            self._spoke = now
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                self._take(line, pids)
        return True

    def _take(self, line: bytes, pids: set[int]) -> None:
        try:
            kind, fields = msgspec.json.decode(line, type=tuple[str, dict[str, Any]])
        except msgspec.MsgspecError:
            return
        if kind == "nvml":
            self._take_state(fields)
        elif kind == "gpu_info":
            self._journal.write(GpuInfo, **fields)
        elif kind == "procs":
            by_pid = {int(pid): size for pid, size in fields["bytes"].items()}
            self._procs[fields["index"]] = (by_pid, fields["reason"])
        elif kind == "gpu":
            self._take_sample(fields, pids)

    def _take_state(self, fields: dict[str, Any]) -> None:
        self._known = fields
        if fields["state"] != "ok":
            self._journal.write(Nvml, state=fields["state"], text=fields["text"])
            return
        self._journal.write(
            Nvml, state="restarted" if self._restarted else "ok", text=fields["text"]
        )

    def _take_sample(self, fields: dict[str, Any], pids: set[int]) -> None:
        self._pause = _FIRST_PAUSE
        by_pid, reason = self._procs.get(fields["index"], ({}, "not_measured"))
        memory = None
        if reason is None:
            answer = tree_memory(by_pid, pids)
            memory, reason = answer.value, answer.reason
        if memory is None:
            fields["reasons"]["tree_mem"] = reason or "unknown"
        self._journal.write(
            Gpu, tree_mem=memory, **{**fields, "throttle": tuple(fields["throttle"])}
        )

    def _collect(self, now: float) -> None:
        """Deal with a child that ended: deliberately without GPUs, or by a crash."""
        process = self._process
        self._drop()
        if self._known.get("state") in ("absent", "no_permission"):
            self._due = None  # nothing to wait for: said once, and that is it
            return
        code = process.returncode if process is not None else None
        self._again(now, "failed", f"the GPU library ended its process ({_how(code)})")

    def _again(self, now: float, state: str, text: str) -> None:
        self._journal.write(Nvml, state=state, text=f"{text}; next try in {self._pause:g} s")
        self._restarted = True
        self._procs.clear()
        self._due = now + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def _drop(self) -> None:
        """Let go of the child; one that hangs in the kernel is not waited for."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdout is not None:
            process.stdout.close()
        with contextlib.suppress(OSError):
            process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)


def _how(code: int | None) -> str:
    if code is None:
        return "it does not die"
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
