"""Under the agent a script sees and shows what it would without: a table of scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.integration.agent_runs import AgentRun, interpreters, outcome

SCRIPTS = {
    "prints": "print('hello', __name__)",
    "raises": "def f():\n    return 1 / 0\n\nf()\n",
    "chained": (
        "def f():\n    try:\n        {}['x']\n    except KeyError as e:\n"
        "        raise ValueError('no') from e\ntry:\n    f()\nfinally:\n    [][1]\n"
    ),
    "syntax": "x = 1\ndef f(:\n    pass\n",
    "late_syntax": "compile('a b', 'q', 'exec')",
    "exit_none": "import sys\nsys.exit()",
    "exit_int": "import sys\nsys.exit(7)",
    "exit_text": "import sys\nsys.exit('good bye')",
    "exit_object": "raise SystemExit([1, 2])",
    "interrupt": "raise KeyboardInterrupt",
    "signal": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
    "abort": "import os\nos._exit(3)",
    "atexit": "import atexit\natexit.register(print, 'bye')\nraise RuntimeError('x')",
    "excepthook": (
        "import sys\ndef hook(k, v, t):\n    n = 0\n    while t: n += 1; t = t.tb_next\n"
        "    print('hook', k.__name__, v, n)\nsys.excepthook = hook\n"
        "def f(): raise OSError('x')\nf()"
    ),
    "broken_hook": (
        "import sys\ndef hook(*a):\n    raise ValueError('hook')\nsys.excepthook = hook\n1 / 0"
    ),
    "main": (
        "import sys, pickle\nclass A:\n    x = 1\nm = sys.modules['__main__']\n"
        "print(m.A is A, pickle.loads(pickle.dumps(A())).x, sorted(globals()), __spec__)\n"
        "print(sys.argv, __file__ == m.__file__, __package__, type(__loader__).__name__)"
    ),
    "path": "import sys\nprint(sys.path)\nprint([n for n in sys.modules if 'diptych' in n][:0])",
    "stdin": "print(input().upper())\nimport sys\nprint(sys.stdin.read())",
    "future": (
        "from __future__ import annotations\ndef f(a: nothing) -> never: pass\n"
        "print(f.__annotations__)"
    ),
    "no_future": "x: int = 3\nprint(__annotations__)",
    "encoding": "# -*- coding: latin-1 -*-\nprint(ascii('\xe9'))",
    "shadow": "import json\nprint(json.MINE)",
    "threads": (
        "import sys, threading\ndef f(): print('in'); sys.exit(4)\n"
        "t = threading.Thread(target=f); t.start(); t.join(); print('out')"
    ),
    "late_thread": (
        "import threading, time\ndef f():\n    time.sleep(0.2); print('later', flush=True)\n"
        "threading.Thread(target=f).start()\nprint('main', flush=True)"
    ),
    "thread_raises": (
        "import threading\ndef f(): raise ValueError('in thread')\n"
        "t = threading.Thread(target=f, name='T'); t.start(); t.join()"
    ),
    "fork": (
        "import os, sys\np = os.fork()\nif not p:\n    print('child', flush=True); os._exit(5)\n"
        "print(os.waitpid(p, 0)[1])"
    ),
    "fork_exits": (
        "import os, sys\np = os.fork()\nif p:\n    print(os.waitpid(p, 0)[1])\n"
        "else:\n    sys.exit(6)"
    ),
    "spawn": (
        "import multiprocessing as mp, sys\ndef f(q):\n"
        "    q.put([n for n in sys.modules if '_diptych' in n])\n"
        "if __name__ == '__main__':\n    c = mp.get_context('spawn'); q = c.SimpleQueue()\n"
        "    p = c.Process(target=f, args=(q,)); p.start(); print(q.get()); p.join()\n"
        "    print(p.exitcode)"
    ),
    "pool": (
        "import multiprocessing as mp\ndef f(x): return x * x\nif __name__ == '__main__':\n"
        "    with mp.get_context('fork').Pool(2) as p: print(p.map(f, range(5)))"
    ),
    "missing": "import nothing_like_this",
    "import_raises": "import broken_module",
    "data_file": "print(open('data.txt').read())",
    "warns": "import warnings\ndef f(): warnings.warn('careful', stacklevel=2)\nf()",
    "group": (
        "import sys\nif sys.version_info >= (3, 11):\n    e = []\n"
        "    for k in (KeyError, OSError):\n"
        "        try: raise k('x')\n        except Exception as x: e.append(x)\n"
        "    raise ExceptionGroup('both', e)"
    ),
    "inspect": "import inspect\ndef f(): pass\nprint(inspect.getsource(f))",
}
FEW = ("raises", "interrupt", "exit_text", "main", "fork", "spawn")
FOUND = interpreters()
CASES = [
    (version, name)
    for version in FOUND
    for name in (SCRIPTS if version in ("3.8", "3.13") else FEW)
]


@pytest.mark.parametrize(("version", "name"), CASES)
def test_nothing_shows(version: str, name: str, tmp_path: Path) -> None:
    python = FOUND[version]
    place = tmp_path / "scripts"
    place.mkdir()
    (place / "script.py").write_text(SCRIPTS[name], encoding="latin-1")
    (place / "broken_module.py").write_text("def g():\n    raise KeyError('inside')\ng()\n")
    (place / "data.txt").write_text("content")
    if name == "shadow":
        (place / "json.py").write_text("MINE = 'mine'")
    run = AgentRun.make(tmp_path / "run", python)
    given: dict[str, Any] = {"input": b"first\nrest\n", "cwd": place}

    plain = outcome([python, "script.py", "--a", "b c"], **given)
    watched = run.run("script.py", "--a", "b c", **given)

    assert watched == plain
    assert run.records("open")[0]["writer"] == "worker-r0"
    assert run.records("warning") == []


@pytest.mark.parametrize("version", FOUND)
def test_a_script_elsewhere_by_a_link(version: str, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/script.py").write_text("import helper, sys\nprint(sys.argv, helper.x)\n1/0")
    (tmp_path / "real/helper.py").write_text("x = 5")
    (tmp_path / "link.py").symlink_to(tmp_path / "real/script.py")
    run = AgentRun.make(tmp_path / "run", FOUND[version])
    plain = outcome([FOUND[version], "link.py"], cwd=tmp_path)
    assert run.run("link.py", cwd=tmp_path) == plain


@pytest.mark.parametrize("damage", ["no config", "bad config", "locked", "no folder"])
def test_a_script_runs_even_if_the_agent_cannot(damage: str, tmp_path: Path) -> None:
    import fcntl

    python = FOUND["3.8"] if "3.8" in FOUND else next(iter(FOUND.values()))
    (tmp_path / "script.py").write_text("print('ran')\nraise SystemExit(9)")
    run = AgentRun.make(tmp_path / "run", python)
    config = run.folder / "agent.json"
    holder = None
    if damage == "no config":
        config.unlink()
    elif damage == "bad config":
        config.write_text("{")
    elif damage == "locked":
        run.journal.parent.mkdir()
        holder = run.journal.open("w")
        fcntl.flock(holder, fcntl.LOCK_EX)
    else:
        config.write_text('{"dir": "/proc/nowhere"}')
    try:
        done = run.run(tmp_path / "script.py")
    finally:
        if holder is not None:
            holder.close()
    assert (done.code, done.stdout, done.stderr) == (9, b"ran\n", b"")


def test_a_crash_leaves_its_python_stack(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "import ctypes\ndef deep():\n    ctypes.string_at(0)\ndeep()"
    )
    run = AgentRun.make(tmp_path / "run", FOUND["3.11"])
    assert run.run(tmp_path / "script.py").code == -11
    assert "deep" in (run.folder / "logs/faults.log").read_text()


def test_a_forked_child_that_lives_on_does_not_hold_the_journal(tmp_path: Path) -> None:
    import fcntl

    (tmp_path / "script.py").write_text(
        "import os, sys, time\nif os.fork() == 0:\n"
        "    os.setsid(); os.close(1); os.close(2); sys.stdin.read(); os._exit(0)\n"
    )
    run = AgentRun.make(tmp_path / "run", FOUND["3.11"])
    import subprocess

    process = subprocess.Popen(run.argv(tmp_path / "script.py"), stdin=subprocess.PIPE)
    try:
        assert process.wait(60) == 0
        with run.journal.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        assert process.stdin is not None
        process.stdin.close()
