"""Lets ``import mxnet`` 1.x work where it no longer would: numpy ≥ 1.24, Python ≥ 3.12.

MXNet 1.9.1 reads names that numpy has since removed, and ``distutils``, which
Python has removed. :func:`prepare` lends them before mxnet's own import begins;
:func:`finish` takes them back after it, and gives the few modules of mxnet that
read such names later a view of numpy of their own. What the script sees of
numpy is then as if nothing had happened.

Standard library only; numpy is imported when it is needed. Loadable alone, by
file location. Nothing is touched where mxnet imports by itself.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
import types
from typing import Any, Callable, Dict, List, Tuple

_CONSTANTS = {
    "Inf": float("inf"),
    "NINF": float("-inf"),
    "PINF": float("inf"),
    "NAN": float("nan"),
    "NaN": float("nan"),
    "PZERO": 0.0,
    "NZERO": -0.0,
}
_BUILTINS = {"bool": bool, "int": int}
_RENAMED = {
    "alltrue": "all",
    "product": "prod",
    "round_": "round",
    "sometrue": "any",
    "trapz": "trapezoid",
}
_GONE = ("mirr", "npv", "pmt", "ppmt", "pv", "rate")
"""Financial functions: mxnet only passes them on."""

_READ_LATER = ("Inf", "bool", "compat", "int")
"""What mxnet reads after its import, and where."""
_READERS = (
    "mxnet.gluon.contrib.estimator.event_handler",
    "mxnet.ndarray.numpy._op",
    "mxnet.numpy.multiarray",
    "mxnet.symbol.numpy._symbol",
    "mxnet.test_utils",
)

_lent: Dict[str, Any] = {}
_stubs: List[str] = []
_applied: List[str] = []


def prepare() -> List[str]:
    """Lend what mxnet's import lacks here; return what that is, in words ([] for nothing).

    Call it before mxnet's import begins; a second call lends nothing more.
    """
    # A package that is being imported is in sys.modules, but has no version yet.
    if _lent or _stubs or hasattr(sys.modules.get("mxnet"), "__version__"):
        return []
    done = []
    names = _lend_names()
    if names:
        done.append("numpy %s lacks %s" % (sys.modules["numpy"].__version__, ", ".join(names)))
    if importlib.util.find_spec("distutils") is None:
        _lend_distutils()
        done.append("Python %d.%d has no distutils" % sys.version_info[:2])
    _applied.extend(done)
    return done


def apply_if_needed() -> bool:
    """Do what :func:`prepare` does; return whether anything had to be done."""
    return bool(prepare())


def applied() -> List[str]:
    """Return everything that :func:`prepare` has lent so far, in words."""
    return list(_applied)


def finish() -> None:
    """Take back what was lent. Call it when mxnet's import is over, well or badly."""
    for name in _stubs:
        sys.modules.pop(name, None)
    del _stubs[:]
    if not _lent:
        return
    numpy = sys.modules["numpy"]
    view = _view(numpy, {name: _lent[name] for name in _READ_LATER if name in _lent})
    for reader in _READERS:
        namespace = vars(sys.modules.get(reader, types.ModuleType("absent")))
        for name in [name for name, value in namespace.items() if value is numpy]:
            namespace[name] = view
    for name, value in _lent.items():
        # The script may have set a name of its own in the meantime.
        if vars(numpy).get(name) is value:
            delattr(numpy, name)
    _lent.clear()


def _lend_names() -> List[str]:
    try:
        import numpy as np
    except ImportError:
        return []  # mxnet's own import says so better
    if _version(np.__version__) < (1, 24):
        return []
    namespace = vars(np)
    for name, value in _replacements(np).items():
        if name not in namespace:
            _lent[name] = value
            setattr(np, name, value)
    return sorted(_lent)


def _replacements(numpy: Any) -> Dict[str, Any]:
    found: Dict[str, Any] = dict(_CONSTANTS)
    found.update(_BUILTINS)
    for old, new in _RENAMED.items():
        if hasattr(numpy, new):
            found[old] = _renamed(old, getattr(numpy, new))
    for name in _GONE:
        found[name] = _gone(name)
    found["msort"] = lambda a: numpy.sort(a, axis=0)
    found["in1d"] = lambda a, b, *args, **kwargs: numpy.isin(a, b, *args, **kwargs).reshape(-1)
    compat = types.ModuleType("numpy.compat")
    compat.basestring = str  # type: ignore[attr-defined]  # a module made here, a name of Python 2
    found["compat"] = compat
    return found


def _renamed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    # A function of its own: mxnet keeps a table by function, in which an alias
    # would take the place of the one that it stands for.
    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    renamed.__name__ = name
    return renamed


def _gone(name: str) -> Callable[..., Any]:
    def gone(*_args: Any, **_kwargs: Any) -> Any:
        raise AttributeError("numpy.%s was removed from numpy" % name)

    gone.__name__ = name
    return gone


def _view(numpy: Any, extra: Dict[str, Any]) -> types.ModuleType:
    view = types.ModuleType("numpy", numpy.__doc__)
    vars(view).update(vars(numpy))
    vars(view).update(extra)
    vars(view)["__getattr__"] = lambda name: getattr(numpy, name)
    return view


def _version(text: str) -> Tuple[int, ...]:
    parts = []
    for part in text.partition("+")[0].split(".")[:3]:
        digits = "".join(c for c in part if c.isdigit())
        parts.append(int(digits or 0))
    return tuple(parts)


@functools.total_ordering
class _Version:
    """As much of ``distutils.version`` as mxnet uses: comparing numbers."""

    def __init__(self, text: str) -> None:
        self.version = _version(text)

    def __eq__(self, other: object) -> bool:
        return self.version == _parsed(other)

    def __lt__(self, other: object) -> bool:
        return self.version < _parsed(other)

    __hash__ = None  # type: ignore[assignment]  # as the original: equality without a hash


def _parsed(other: object) -> Tuple[int, ...]:
    return other.version if isinstance(other, _Version) else _version(str(other))


def _lend_distutils() -> None:
    package, module = types.ModuleType("distutils"), types.ModuleType("distutils.version")
    vars(module).update(LooseVersion=_Version, StrictVersion=_Version)
    vars(package).update(__path__=[], version=module)
    for name, value in (("distutils", package), ("distutils.version", module)):
        sys.modules[name] = value
        _stubs.append(name)
