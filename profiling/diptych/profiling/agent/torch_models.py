"""Which top-level modules are models, how large they are, what they are given."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Dict, Optional, Set, Tuple

if TYPE_CHECKING:
    from .probe import Probe

_REMEMBERED = 256


def batch_size(tensor: Any, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> int:
    """Return the length of the first tensor among the arguments, 0 if there is none.

    Looks one level deep into lists, tuples and mappings.
    """
    for arg in args:
        if isinstance(arg, tensor):
            return _length(arg)
        if isinstance(arg, (list, tuple)) or hasattr(arg, "values"):
            inner = arg if isinstance(arg, (list, tuple)) else arg.values()
            for item in inner:
                if isinstance(item, tensor):
                    return _length(item)
    return batch_size(tensor, tuple(kwargs.values()), {}) if kwargs else 0


def _length(value: Any) -> int:
    shape = value.shape
    return int(shape[0]) if shape else 0


class Models:
    """The models of a script. A module without parameters (a loss, say) is none."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self.keys: Dict[int, int] = {}
        """What tells a module from others, by ``id``: 0 for one that is no model."""
        self._alive: Dict[int, Any] = {}
        """Weak references by ``id``: who dies is forgotten, before another has its id."""
        self.told: Set[int] = set()
        """The models that were told of, by ``id``."""

    def learn(self, module: Any) -> int:
        """Return the key of ``module``, which is not among the ``keys``."""
        if len(self.keys) >= _REMEMBERED:
            self.keys.clear()
            self._alive.clear()
        at = id(module)
        key = at if next(iter(module.parameters()), None) is not None else 0
        self._alive[at] = weakref.ref(module, lambda _: self._forget(at))
        self.keys[at] = key
        return key

    def _forget(self, at: int) -> None:
        self.keys.pop(at, None)
        self._alive.pop(at, None)

    def called(self, module: Any, train: bool) -> None:
        """Tell of a model whose call has returned, the first time that it matters.

        In a script that trains, that is the first call in training mode.
        """
        tracker = self._probe.tracker
        if id(module) in self.told or not (train or not (tracker.learns or tracker.trained)):
            return
        if len(self.told) < _REMEMBERED:
            self.told.add(id(module))
            inner = _unwrapped(module)
            self._probe.model(type(inner).__name__, _trainable(inner))


def _unwrapped(module: Any) -> Any:
    """Return the model inside ``torch.compile`` and the parallel wrappers."""
    for _ in range(4):
        name = type(module).__name__
        if name == "OptimizedModule":
            module = module._orig_mod
        elif name in ("DistributedDataParallel", "DataParallel"):
            module = module.module
    return module


def _trainable(module: Any) -> Optional[int]:
    try:
        return sum(int(p.numel()) for p in module.parameters() if p.requires_grad)
    except (RuntimeError, ValueError):
        return None  # parameters that have no shape yet
