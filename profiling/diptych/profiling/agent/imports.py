"""Waits for torch and mxnet: calls back right after their import has finished.

A finder at the head of ``sys.meta_path`` that finds nothing itself: it asks
the other finders and lends the loader of a watched package an extra moment
after ``exec_module``. It leaves no mark on the package.
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Callable, Mapping, Optional, Sequence

Hook = Callable[[ModuleType], None]


class _Watched(Loader):
    """Stands in for a package's loader until the package is there."""

    def __init__(self, loader: Any, before: Callable[[], None], after: Hook) -> None:
        self._loader = loader
        self._before = before
        self._after = after

    def create_module(self, spec: ModuleSpec) -> Optional[ModuleType]:
        module: Optional[ModuleType] = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        if spec is not None:
            spec.loader = self._loader
        module.__loader__ = self._loader
        self._before()
        self._loader.exec_module(module)
        self._after(module)


class Watch(MetaPathFinder):
    """Calls ``after[name](module)`` when package ``name`` has been imported.

    ``before[name]()`` runs right before. Neither may raise.
    """

    def __init__(
        self, before: Mapping[str, Callable[[], None]], after: Mapping[str, Callable[[Any], None]]
    ) -> None:
        self._before = before
        self._after = after

    def find_spec(
        self,
        fullname: str,
        path: Optional[Sequence[str]] = None,
        target: Optional[ModuleType] = None,
    ) -> Optional[ModuleSpec]:
        """Find a watched package by way of the other finders."""
        after = self._after.get(fullname)
        if after is None:
            return None
        for finder in sys.meta_path:
            if finder is self:
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                self._lend(spec, self._before.get(fullname, lambda: None), after)
                return spec
        return None

    def _lend(self, spec: ModuleSpec, before: Callable[[], None], after: Hook) -> None:
        if hasattr(spec.loader, "exec_module"):
            spec.loader = _Watched(spec.loader, before, after)

    def install(self) -> None:
        """Begin to watch."""
        sys.meta_path.insert(0, self)
