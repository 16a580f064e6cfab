"""Puts the agent together in a worker, then runs the script.

If the agent cannot be put together the script runs without it, and the reason
is left in ``logs/agent.log`` of the run.
"""

from __future__ import annotations

import atexit
import faulthandler
import json
import os
from types import ModuleType
from typing import Any, Dict, Optional

from .imports import Watch
from .journal import Journal
from .script import run
from .session import Session

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT


def main(config_path: str, path: str) -> None:
    """Run the script ``path`` under the agent; raises what the script raises."""
    session = _start(config_path)
    run(path, session.finish if session is not None else _nothing)


def _nothing() -> None:
    pass


def _start(config_path: str) -> Optional[Session]:
    folder = os.path.dirname(os.path.abspath(config_path))
    try:
        with open(config_path, "rb") as file:
            config = json.loads(file.read().decode("utf-8"))
        config.setdefault("dir", folder)
        return _session(config)
    except Exception as error:
        leave_note(folder, "the agent could not start: %s: %s" % (type(error).__name__, error))
        return None


def leave_note(folder: str, text: str) -> None:
    """Write ``text`` to ``logs/agent.log``, if that can be done at all."""
    try:
        os.makedirs(os.path.join(folder, "logs"), mode=0o700, exist_ok=True)
        with open(os.path.join(folder, "logs", "agent.log"), "a", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError:
        pass


def _session(config: Dict[str, Any]) -> Session:
    rank = int(config.get("rank") or 0)
    events = os.path.join(config["dir"], "events")
    os.makedirs(events, mode=0o700, exist_ok=True)
    name = "worker-r%d" % rank
    session = Session(config, Journal(os.path.join(events, name + ".jsonl"), name))
    session.start()
    atexit.register(session.close)
    os.register_at_fork(
        before=session.before_fork,
        after_in_parent=session.after_fork,
        after_in_child=session.abandon,
    )
    _watch(session)
    _catch_faults(config["dir"])
    return session


def _watch(session: Session) -> None:
    def attach(module: ModuleType) -> None:
        session.attach(module.__name__, module)
        # Registered after the framework's own handlers, so that it runs before them.
        atexit.register(session.finish)

    def prepare() -> None:
        try:
            from . import compat

            compat.prepare()
        except Exception as error:
            session.trouble("compat", error)

    after = {name: attach for name in ("torch", "mxnet") if session.wants(name)}
    Watch({"mxnet": prepare}, after).install()


def _catch_faults(folder: str) -> None:
    """Have Python stacks written when the worker crashes, unless the user has."""
    if faulthandler.is_enabled():
        return
    try:
        os.makedirs(os.path.join(folder, "logs"), mode=0o700, exist_ok=True)
        file = os.open(os.path.join(folder, "logs", "faults.log"), _APPEND, 0o600)
        faulthandler.enable(file)
    except (OSError, RuntimeError):
        pass  # a crash will lack its Python stack
