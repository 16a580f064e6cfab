"""Hooks on what delivers batches: ``gluon.data.DataLoader`` and ``mx.io.DataIter``.

Iterators stay what they were: a DataLoader's is a generator that begins its
work at the first ``next``, a DataIter is its own iterator.
"""

from __future__ import annotations

from typing import Any, Iterator

from .mxnet_patch import Call, Watcher, batch_size, wrap


def install(mx: Any, watcher: Watcher) -> None:
    """Patch all loaders of ``mx``."""
    _patch_loader(mx.gluon.data.DataLoader, watcher)
    wrap(mx.io.DataIter, "__next__", lambda original: _next(original, watcher))
    old = getattr(mx.gluon.data.dataloader, "_MultiWorkerIterV1", None)
    if old is not None:
        wrap(old, "__next__", lambda original: _next(original, watcher))
    kinds = (mx.io.DataIter, mx.io.NDArrayIter, mx.io.MXDataIter, mx.io.PrefetchingIter)
    for kind in (*kinds, mx.image.ImageIter, mx.rnn.BucketSentenceIter):
        wrap(kind, "next", lambda original: _next(original, watcher))


def _patch_loader(loader: Any, watcher: Watcher) -> None:
    def make(original: Call) -> Call:
        def __iter__(self: Any) -> Iterator[Any]:  # noqa: N807  # stands in for it
            return _batches(original(self), watcher)

        return __iter__

    wrap(loader, "__iter__", make)


def _batches(batches: Iterator[Any], watcher: Watcher) -> Iterator[Any]:
    probe = watcher.probe
    while True:
        if not probe.may_load():
            yield from batches
            return
        if watcher.loose_end is not None:
            watcher.tie()
        probe.data_begin()
        size, exhausted = 0, False
        try:
            batch = next(batches)
            size = batch_size(batch)
            watcher.fed = size > 0
        except StopIteration:
            exhausted = True
            return
        finally:
            probe.data_end(size, exhausted)
        yield batch
        del batch  # as without us: the script alone decides how long it lives


def _next(original: Call, watcher: Watcher) -> Call:
    """Wrap ``next``; one inside another (``__next__`` calls ``next``) counts once."""
    probe = watcher.probe

    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        if watcher.loading or not probe.may_load():
            return original(self, *args, **kwargs)
        if watcher.loose_end is not None:
            watcher.tie()
        watcher.loading = True
        probe.data_begin()
        size, exhausted = 0, False
        try:
            batch = original(self, *args, **kwargs)
            size = _real_size(self, batch)
            watcher.fed = size > 0
            return batch
        except StopIteration:
            exhausted = True
            raise
        finally:
            watcher.loading = False
            probe.data_end(size, exhausted)

    return wrapped


def _real_size(iterator: Any, batch: Any) -> int:
    """Return a batch's samples, without those that only fill it up."""
    size = getattr(iterator, "batch_size", 0) or batch_size(getattr(batch, "data", batch))
    try:
        return max(0, int(size) - int(getattr(batch, "pad", 0) or 0))
    except (TypeError, ValueError):
        return 0
