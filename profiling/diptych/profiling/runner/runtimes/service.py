"""The runtimes of this machine: listed, found by name, named and forgotten by the user."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from diptych.profiling.runner.home import runtimes_dir
from diptych.profiling.runner.runtimes import store
from diptych.profiling.runner.runtimes.discover import Candidate, discover, interpreter
from diptych.profiling.runner.runtimes.model import (
    FRAMEWORKS,
    TITLES,
    RuntimeBroken,
    RuntimeInfo,
    RuntimeNotFound,
)
from diptych.profiling.runner.runtimes.probe import examine

# Imports are heavy on disk and memory: few at a time, and slow on a busy machine.
_AT_ONCE = 2
_LISTING_TIMEOUT = 45.0


def list_runtimes(home: Path | None = None, *, refresh: bool = False) -> list[RuntimeInfo]:
    """Return the interpreters that hold a framework, managed and named ones in any state.

    In order of preference. Probes what is new or has changed since the last
    time, everything with ``refresh``; otherwise quick (milliseconds).
    """
    stored = store.load(home)
    infos = _probe_all(home, discover(home, stored.named), stored, refresh=refresh)
    return [info for info in infos if info.frameworks or info.source in ("managed", "named")]


def _probe_all(
    home: Path | None, candidates: Iterable[Candidate], stored: store.Stored, *, refresh: bool
) -> list[RuntimeInfo]:
    known: dict[str, RuntimeInfo] = {}
    missing = []
    for candidate in candidates:
        hit = None if refresh else store.cached(stored, candidate.python)
        if hit is None:
            missing.append(candidate)
            known[candidate.python] = RuntimeInfo(python=candidate.python)
        else:
            known[candidate.python] = _as(hit, candidate)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="diptych-probe") as pool:
        results = list(pool.map(lambda c: examine(c, _LISTING_TIMEOUT), missing))
    store.remember(home, {probed.info.python: probed for probed in results})
    known.update({probed.info.python: probed.info for probed in results})
    return list(known.values())


def _as(info: RuntimeInfo, candidate: Candidate) -> RuntimeInfo:
    return msgspec.structs.replace(info, name=candidate.name, source=candidate.source)


def check(name_or_path: str | None = None, home: Path | None = None) -> list[RuntimeInfo]:
    """Probe anew: one runtime by name or path, or all that `list_runtimes` returns.

    Raises:
        RuntimeNotFound: no runtime of that name, nothing at that path.
    """
    if name_or_path is None:
        return list_runtimes(home, refresh=True)
    stored = store.load(home)
    candidate = _named(name_or_path, home, stored)
    return _probe_all(home, [candidate], stored, refresh=True)


def find(framework: str, name_or_path: str | None = None, home: Path | None = None) -> RuntimeInfo:
    """Return a runtime that can run ``framework`` now; the preferred one when none is named.

    What is remembered as broken is probed again before it is refused.

    Raises:
        RuntimeNotFound: there is none, or none of that name or at that path.
        RuntimeBroken: it is there but cannot run the framework.
    """
    if framework not in FRAMEWORKS:
        raise RuntimeNotFound(f"unknown framework {framework!r}: use {' or '.join(FRAMEWORKS)}")
    if name_or_path is not None:
        stored = store.load(home)
        return _checked(framework, _named(name_or_path, home, stored), home)
    return _preferred(framework, home)


def _preferred(framework: str, home: Path | None) -> RuntimeInfo:
    python = interpreter(runtimes_dir(home) / framework)
    if os.path.lexists(python):
        managed = get(Candidate(python, "managed", framework), home)
        if managed.ok(framework):
            return managed
    holding = [info for info in list_runtimes(home) if framework in info.frameworks]
    for info in holding:
        if info.ok(framework):
            return info
    if holding:
        return _checked(
            framework, Candidate(holding[0].python, holding[0].source, holding[0].name), home
        )
    raise RuntimeNotFound(
        f"no Python here can import {TITLES[framework]}: run `diptych runtimes install "
        f"{framework}`, or name one with `diptych runtimes add PATH`"
    )


def get(candidate: Candidate, home: Path | None) -> RuntimeInfo:
    """Return the remembered probe of ``candidate`` if it is good news, else a fresh one."""
    stored = store.load(home)
    hit = store.cached(stored, candidate.python)
    if hit is not None and not hit.problems and Path(candidate.python).exists():
        return _as(hit, candidate)
    return _probe_all(home, [candidate], stored, refresh=True)[0]


def _checked(framework: str, candidate: Candidate, home: Path | None) -> RuntimeInfo:
    info = get(candidate, home)
    if info.ok(framework):
        return info
    fatal = info.fatal(framework)
    if fatal:
        first = fatal[0]
        message = f"runtime {info.title} is broken: {first.what}; cure: {first.cure}"
        raise RuntimeBroken(message, info)
    others = " and ".join(TITLES[name] for name in info.frameworks)
    has = f"it has {others}" if others else "it has neither PyTorch nor MXNet"
    raise RuntimeBroken(
        f"{TITLES[framework]} is not in runtime {info.title} ({has}); name another with "
        f"--runtime (see `diptych runtimes list`) or run `diptych runtimes install {framework}`",
        info,
    )


def _named(name_or_path: str, home: Path | None, stored: store.Stored) -> Candidate:
    """Return the candidate meant; a path need not be known before."""
    known = discover(home, stored.named)
    same = [candidate for candidate in known if candidate.name == name_or_path]
    if same and (len(same) == 1 or same[0].source == "managed"):
        return same[0]
    if same:
        paths = ", ".join(candidate.python for candidate in same)
        raise RuntimeNotFound(f"{name_or_path!r} could be any of {paths}: name one by its path")
    if os.sep not in name_or_path and not Path(name_or_path).expanduser().exists():
        names = ", ".join(dict.fromkeys(c.name for c in known if c.source == "managed" and c.name))
        raise RuntimeNotFound(
            f"no runtime named {name_or_path!r}; managed here: {names or 'none'} "
            "(see `diptych runtimes list`, or give the path of a Python)"
        )
    python = interpreter(name_or_path)
    if not os.path.lexists(python):
        raise RuntimeNotFound(f"{python} is not there: give the path of a Python interpreter")
    known_as = [candidate for candidate in known if candidate.python == python]
    return known_as[0] if known_as else Candidate(python, "path")


def add(path: str | Path, home: Path | None = None) -> RuntimeInfo:
    """Remember an interpreter (or the folder of an environment) and return its probe.

    One whose framework is broken is remembered too: its listing says what is
    wrong. What is no Python, or holds no framework, is of no use and is not.

    Raises:
        RuntimeNotFound: no interpreter that holds a framework is there.
        OSError: the home folder cannot be written.
    """
    python = interpreter(path)
    if not Path(python).is_file() or not os.access(python, os.X_OK):
        raise RuntimeNotFound(f"{python} is not there or is no program: give a Python interpreter")
    candidate = next(c for c in discover(home, [python]) if _same(c.python, python))
    probed = examine(candidate, _LISTING_TIMEOUT)
    if not probed.info.frameworks and python not in store.load(home).named:
        raise RuntimeNotFound(f"{python} was not added: {_no_use(probed.info)}")
    with store.change(home) as stored:
        if python not in stored.named:
            stored.named.append(python)
    store.remember(home, {probed.info.python: probed})
    return probed.info


def _no_use(info: RuntimeInfo) -> str:
    """Say why an interpreter without a framework is not worth remembering."""
    if info.python_version is None:
        return f"{info.problems[0].what}; give the path of a Python interpreter"
    if info.problems:
        return f"{info.problems[0].what}; {info.problems[0].cure}"
    return "it holds neither PyTorch nor MXNet; install one of them there first"


def _same(one: str, other: str) -> bool:
    return one == other or Path(one).resolve() == Path(other).resolve()


def forget(name_or_path: str, home: Path | None = None) -> str:
    """Forget a named interpreter and return its path; nothing on disk is touched but the list.

    Raises:
        RuntimeNotFound: it was never named.
        OSError: the home folder cannot be written.
    """
    with store.change(home) as stored:
        wanted = interpreter(name_or_path)
        names = {c.name: c.python for c in discover(home, stored.named) if c.source == "named"}
        python = wanted if wanted in stored.named else names.get(name_or_path)
        if python is None or python not in stored.named:
            raise RuntimeNotFound(
                f"{name_or_path!r} was not added by hand; these were: "
                f"{', '.join(map(shlex.quote, stored.named)) or 'none'}"
            )
        stored.named.remove(python)
        stored.probes.pop(python, None)
    return python
