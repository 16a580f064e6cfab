"""One torch.profiler window: started, stopped and exported in the training thread.

The operator summary is made from the exported file by another process:
``key_averages()`` and ``events()`` take twenty times as long as the export.
"""

from __future__ import annotations

import functools
import os
from typing import Any, Optional, Tuple

from .backend import WindowError

_OWN = "the script uses torch.profiler itself; Diptych leaves it alone"
_QUIET = "KINETO_LOG_LEVEL"


class TorchWindow:
    """The window that is open, if any."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._profile: Optional[Any] = None
        self._started = False
        self._annotation: Optional[Any] = None
        self._quieted = False
        self._own = False
        """Whether the script has used the profiler: there is one of it in a process."""
        self._preparing = False
        self._watch()

    @property
    def recording(self) -> bool:
        """Whether what happens now stands in the trace."""
        return self._started and self._profile is not None

    def _watch(self) -> None:
        """Notice the script's own profiles, whichever way it makes them."""
        kind = self._torch.autograd.profiler.profile
        original = getattr(kind, "_prepare_trace", None)
        if original is None:
            return

        @functools.wraps(original)
        def _prepare_trace(profile: Any) -> Any:
            if not self._preparing:
                self._yield()
            return original(profile)

        kind._prepare_trace = _prepare_trace

    def _yield(self) -> None:
        """Let the script have the profiler: what is open is given up."""
        self._own = True
        if self._profile is not None:
            self.step(None)
            self.discard(self._end())

    def prepare(self, options: Tuple[str, ...]) -> None:
        """Make a profiler and let it warm up.

        Raises:
            WindowError: the script uses the profiler.

        """
        if self._own:
            raise WindowError(_OWN)
        profiler = self._torch.profiler
        activities = [profiler.ProfilerActivity.CPU]
        if self._torch.cuda.is_initialized():
            activities.append(profiler.ProfilerActivity.CUDA)
        self._quiet()
        self._started = False
        self._profile = profiler.profile(
            activities=activities,
            record_shapes="shapes" in options,
            with_stack="stacks" in options,
            profile_memory="memory" in options,
        )
        self._preparing = True
        try:
            self._profile.prepare_trace()
        finally:
            self._preparing = False

    def start(self) -> None:
        """Begin to record.

        Raises:
            WindowError: the script has begun to use the profiler since.

        """
        if self._profile is None:
            raise WindowError(_OWN)
        self._profile.start_trace()
        self._started = True

    def step(self, n: Optional[int]) -> None:
        """End the annotation of the previous step, begin that of step ``n``."""
        if self._annotation is not None:
            annotation, self._annotation = self._annotation, None
            annotation.__exit__(None, None, None)
        if n is not None:
            annotation = self._torch.profiler.record_function("ProfilerStep#%d" % n)
            annotation.__enter__()
            self._annotation = annotation

    def stop(self) -> object:
        """End the recording; returns what :meth:`write` needs.

        Raises:
            WindowError: the script has begun to use the profiler since.

        """
        if self._profile is None and self._own:
            raise WindowError(_OWN)
        return self._end()

    def _end(self) -> object:
        profile, self._profile = self._profile, None
        if profile is None:
            return None
        if not self._started:
            # A prepared profiler can only be ended by way of a recording.
            profile.start_trace()
        profile.stop_trace()
        self._unquiet()
        return profile

    def write(self, profile: Any, path: str) -> None:
        """Export plain JSON to ``path``."""
        profile.export_chrome_trace(path)

    def discard(self, profile: Any) -> None:
        """Let go of the events; any thread.

        The profiler is part of a reference cycle: without this its events
        would fill the memory until the collector happens to come by.
        """
        if profile is not None:
            profile.profiler.kineto_results = None
            profile.profiler = None

    def _quiet(self) -> None:
        """Keep Kineto from writing to the script's stderr; it asks once per process."""
        if not self._quieted and _QUIET not in os.environ:
            self._quieted = True
            os.environ[_QUIET] = "99"

    def _unquiet(self) -> None:
        if self._quieted and os.environ.get(_QUIET) == "99":
            del os.environ[_QUIET]
