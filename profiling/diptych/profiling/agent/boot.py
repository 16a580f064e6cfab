"""Starts a script with the agent inside: ``python boot.py agent.json script.py args...``.

Run by path, in any Python from 3.8 on. Loads the agent's package by its
location as ``_diptych_agent``; nothing of ours is on ``sys.path`` when the
script begins.
"""

import sys


def _enter() -> "tuple[str, str]":
    """Leave ``sys.argv`` and ``sys.path`` as Python leaves them for the script."""
    import os

    boot, config, script = sys.argv[:3]
    sys.argv[:] = sys.argv[2:]
    here = os.path.dirname(os.path.abspath(boot))
    theirs = os.path.dirname(os.path.realpath(script))
    safe = getattr(sys.flags, "safe_path", False) or sys.flags.isolated
    if not safe:
        del sys.path[0]
    before = set(sys.modules)
    package = type(sys)("_diptych_agent")
    package.__path__ = [here]
    sys.modules["_diptych_agent"] = package
    try:
        __import__("_diptych_agent.launch")
    finally:
        if not safe:
            sys.path.insert(0, theirs)
            _forget_shadowed(theirs, set(sys.modules) - before)
    return config, script


def _forget_shadowed(folder: str, loaded: "set[str]") -> None:
    """Let the script import its own ``json.py`` although the agent has loaded another."""
    import os

    try:
        names = {entry.split(".")[0] for entry in os.listdir(folder)}
    except OSError:
        return
    for name in loaded:
        if name.split(".")[0] in names and not name.startswith("_diptych_agent"):
            sys.modules.pop(name, None)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.stderr.write("usage: boot.py agent.json script.py [argument ...]\n")
        sys.exit(2)
    _config, _script = _enter()
    sys.modules["_diptych_agent.launch"].main(_config, _script)
