"""``runtimes.json``: the interpreters that the user named, and the cache of probes.

The file may be deleted at any time: only the named paths are lost. A file that
cannot be read, or is of a newer version, counts as empty and is replaced at the
next change. Writers take turns through a lock file beside it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from diptych.profiling.runner.files import write_atomically
from diptych.profiling.runner.home import runtimes_file
from diptych.profiling.runner.runtimes import gpus
from diptych.profiling.runner.runtimes.model import RuntimeInfo
from diptych.profiling.runner.runtimes.probe import Probed

# Counts up when a probe learns to say more.
_VERSION = 1
# Seen from the file system alone, and over as soon as it says otherwise.
_FLEETING = {"gone", "half_installed"}
_OUR_VARIABLES = ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "PYTHONPATH")


class CachedProbe(msgspec.Struct, frozen=True, kw_only=True):
    """A probe's result, valid while ``fingerprint`` is what the disk says."""

    fingerprint: str
    sites: tuple[str, ...]
    info: RuntimeInfo


class Stored(msgspec.Struct, kw_only=True):
    """All that the file holds. ``named`` are absolute paths of interpreters."""

    version: int = _VERSION
    named: list[str] = []
    probes: dict[str, CachedProbe] = {}


def load(home: Path | None) -> Stored:
    """Return what is stored, or nothing."""
    try:
        stored = msgspec.json.decode(runtimes_file(home).read_bytes(), type=Stored)
    except (OSError, msgspec.DecodeError):
        return Stored()
    return stored if stored.version == _VERSION else Stored(named=stored.named)


@contextlib.contextmanager
def change(home: Path | None) -> Iterator[Stored]:
    """Give out what is stored, to be changed, and write it back.

    Raises:
        OSError: the home folder cannot be written.
    """
    path = runtimes_file(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stored = load(home)
        yield stored
        write_atomically(path, msgspec.json.format(msgspec.json.encode(stored), indent=1))
    finally:
        os.close(lock)


def cached(stored: Stored, python: str) -> RuntimeInfo | None:
    """Return the remembered probe of ``python`` if nothing has changed since."""
    probe = stored.probes.get(python)
    if probe is None or probe.fingerprint != _fingerprint(python, probe.sites):
        return None
    return probe.info


def remember(home: Path | None, probes: dict[str, Probed]) -> None:
    """Keep results for the next listing; those of interpreters that are gone are dropped.

    A home that cannot be written only makes the next listing slower.
    """
    if not probes:
        return
    with contextlib.suppress(OSError), change(home) as stored:
        stored.probes = {k: v for k, v in stored.probes.items() if os.path.lexists(k)}
        for python, probed in probes.items():
            if any(problem.code in _FLEETING for problem in probed.info.problems):
                continue
            stored.probes[python] = CachedProbe(
                fingerprint=_fingerprint(python, probed.sites), sites=probed.sites, info=probed.info
            )


def _fingerprint(python: str, sites: tuple[str, ...]) -> str:
    """Return what must not change while a probe is to be believed.

    pip renames into the site folder whatever it installs, so the folder's own
    time tells of every change.
    """
    prefix = Path(python).parent.parent
    files = (Path(python), prefix / "pyvenv.cfg", *map(Path, sites))
    stamps = [_stamp(file) for file in files]
    return " ".join([*stamps, gpus.driver(), *(os.environ.get(v, "") for v in _OUR_VARIABLES)])


def _stamp(path: Path) -> str:
    try:
        return str(path.stat().st_mtime_ns)
    except OSError:
        return "-"
