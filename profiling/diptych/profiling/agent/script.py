"""Runs a script in the real ``__main__``, as ``python script.py args`` would.

Exit code, signals, standard streams and tracebacks are those of a run without
the agent: its own frames are taken out of every traceback that Python prints
at the end.
"""

from __future__ import annotations

import io
import os
import sys
from importlib.machinery import SourceFileLoader
from types import CodeType, TracebackType
from typing import Any, Callable, Dict, Optional, Set, Type

HERE = os.path.dirname(os.path.abspath(__file__))


def run(path: str, finish: Callable[[], None]) -> None:
    """Run the script ``path``; ``finish`` is called when it has ended, however it ended.

    Raises whatever the script raises; an exception that Python will print has
    been prepared for it.
    """
    shown = os.path.abspath(path) if sys.version_info >= (3, 9) else path
    namespace = _fresh_main(shown)
    try:
        try:
            code = _compiled(path, shown)
            exec(code, namespace)  # noqa: S102  # running the script is the purpose
        finally:
            finish()
    except SystemExit:
        raise
    except BaseException:
        _prepare_hook()
        raise


def _fresh_main(shown: str) -> Dict[str, Any]:
    """Make ``__main__`` look as Python makes it for a script."""
    namespace = sys.modules["__main__"].__dict__
    builtins = namespace["__builtins__"]
    had = {"__cached__", "__annotations__"} & set(namespace)
    namespace.clear()
    namespace.update(
        __name__="__main__",
        __doc__=None,
        __package__=None,
        __loader__=SourceFileLoader("__main__", shown),
        __spec__=None,
        __builtins__=builtins,
        __file__=shown,
    )
    if "__annotations__" in had:
        namespace["__annotations__"] = {}
    if "__cached__" in had:
        namespace["__cached__"] = None
    return namespace


def _compiled(path: str, shown: str) -> CodeType:
    with io.open_code(path) as file:
        source = file.read()
    code: CodeType = compile(source, shown, "exec", dont_inherit=True)
    return code


def _prepare_hook() -> None:
    """Have Python call the script's ``sys.excepthook`` with a clean traceback.

    The exception must reach Python itself, because Python then finalises and
    sets the exit status (dying by SIGINT after KeyboardInterrupt, say).
    """
    theirs = sys.excepthook

    def hook(
        kind: Type[BaseException], error: BaseException, trace: Optional[TracebackType]
    ) -> None:
        sys.excepthook = theirs
        trace = clean(error, trace)
        sys.last_traceback = trace
        try:
            theirs(kind, error, trace)
        except SystemExit:
            raise
        except BaseException as second:
            _say_hook_failed(second, kind, error, trace)

    sys.excepthook = hook


def _say_hook_failed(
    second: BaseException,
    kind: Type[BaseException],
    error: BaseException,
    trace: Optional[TracebackType],
) -> None:
    """Say what Python says when ``sys.excepthook`` raises."""
    sys.stderr.write("Error in sys.excepthook:\n")
    sys.__excepthook__(type(second), second, clean(second, second.__traceback__))
    sys.stderr.write("\nOriginal exception was:\n")
    sys.__excepthook__(kind, error, trace)


def clean(error: BaseException, trace: Optional[TracebackType]) -> Optional[TracebackType]:
    """Take the agent's frames out of ``error``, its causes and contexts, in place."""
    result = _without_agent(trace)
    seen: Set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        own = result if each is error else _without_agent(each.__traceback__)
        # Assigning the context of an exception does not lose its cause.
        each.__traceback__ = own
        waiting += [other for other in (each.__cause__, each.__context__) if other is not None]
        waiting += getattr(each, "exceptions", ()) if _is_group(each) else ()
    return result


def _is_group(error: BaseException) -> bool:
    return sys.version_info >= (3, 11) and isinstance(error, BaseExceptionGroup)  # noqa: F821  # 3.11+


def _is_agent(trace: TracebackType) -> bool:
    return os.path.dirname(trace.tb_frame.f_code.co_filename) == HERE


def _is_import(trace: TracebackType) -> bool:
    return trace.tb_frame.f_code.co_filename.startswith("<frozen importlib")


def _without_agent(trace: Optional[TracebackType]) -> Optional[TracebackType]:
    entries = []
    while trace is not None:
        entries.append(trace)
        trace = trace.tb_next
    kept = []
    for at, entry in enumerate(entries):
        if not _is_agent(entry) and not _touches_agent(entries, at):
            kept.append(entry)
    for at, entry in enumerate(kept):
        entry.tb_next = kept[at + 1] if at + 1 < len(kept) else None
    return kept[0] if kept else None


def _touches_agent(entries: "list[TracebackType]", at: int) -> bool:
    """Return whether this import-system frame stands in one run with the agent's loader.

    Python hides such runs, but not where a foreign frame lies in between.
    """
    for step in (-1, 1):
        near = at
        while 0 <= near < len(entries) and _is_import(entries[near]):
            near += step
        if near != at and 0 <= near < len(entries) and _is_agent(entries[near]):
            return True
    return False
