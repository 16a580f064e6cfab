"""The MXNet half of the agent: patches mxnet so that calls become events.

What is seen: ``gluon.data.DataLoader`` and ``mx.io`` iterators (data), calls
of top-level Gluon blocks, modules and executors (forward), ``backward`` of
arrays, of autograd and of executors, ``Trainer.step``, ``Trainer.update``,
``Module.update`` and updaters (optimizer). A forward call outside
``autograd.record`` counts as made without gradients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import compat, mxnet_gluon, mxnet_io, mxnet_module
from .mxnet_backend import MxBackend
from .mxnet_patch import Watcher

if TYPE_CHECKING:
    from .session import Session


def install(framework: Any, session: Session) -> MxBackend:
    """Patch ``framework`` (the module mxnet) for ``session``; see ``backend``."""
    compat.finish()
    for text in compat.applied():
        session.warn("compat", text + "; lent to mxnet for its import")
    backend = MxBackend(framework, session.warn)
    watcher = Watcher(session.probe(backend), backend)
    mxnet_io.install(framework, watcher)
    mxnet_gluon.install(framework, watcher)
    mxnet_module.install(framework, watcher)
    return backend
