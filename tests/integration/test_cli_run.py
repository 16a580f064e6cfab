"""`diptych run`, `stop` and `capture` as a person or a script meets them."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runner.control import ask_stop
from diptych.profiling.runner.locks import is_held, is_live

_CLI = [sys.executable, "-m", "diptych.profiling.cli"]


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory, torch_python: str) -> Path:
    """A home for the whole module: probing a runtime anew for each test takes seconds."""
    home = tmp_path_factory.mktemp("home")
    (home / "runtimes").mkdir()
    (home / "runtimes" / "torch").symlink_to(Path(torch_python).parent.parent)
    return home


@pytest.fixture
def environment(shared_home: Path) -> dict[str, str]:
    return {**os.environ, "DIPTYCH_HOME": str(shared_home), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def diptych(
    environment: dict[str, str], tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*_CLI, *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
            **options,
        )

    return run


Diptych = Callable[..., "subprocess.CompletedProcess[str]"]
Sleeper = Callable[..., "tuple[subprocess.Popen[bytes], Path]"]


def _runs(home: Path) -> set[Path]:
    # A run gets its name, without the dot, when it is whole.
    return set((home / "runs").glob("[!.]*"))


def _wait(look: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    return pytest.fail(f"waited for {what}")


@pytest.mark.torch
def test_one_json_object_with_what_was_measured(diptych: Diptych) -> None:
    done = diptych(
        *("run", "--framework", "torch", "--workload", "mlp", "--steps", "30"),
        *("--batch-size", "4", "--skip", "5", "--active", "3", "--name", "tiny", "--json"),
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["status"], summary["exit_code"], summary["steps"]) == ("done", 0, 30)
    assert (summary["framework"], summary["workload"]) == ("torch", "mlp")
    assert summary["parameters"] == 2_913_290
    assert (
        0 < summary["step_ms"]["median"] <= summary["step_ms"]["p95"] <= summary["step_ms"]["p99"]
    )
    assert summary["samples_per_s"] > 0
    assert summary["peak_memory_bytes"]["process_rss"] > 50 << 20
    assert Path(summary["dir"]).name == summary["id"]
    (trace,) = summary["traces"]
    assert Path(trace).is_file()
    assert "RSS" in done.stderr
    assert not is_live(Path(summary["dir"]))


@pytest.mark.torch
def test_the_script_s_own_exit_code_and_last_words(diptych: Diptych, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(
        "import sys\nprint('out', *sys.argv)\n"
        "print('last \x1b[31mwords', file=sys.stderr)\nsys.exit(9)\n"
    )
    done = diptych(
        "run", "--script", "bad.py", "--runtime", "torch", "--json", "--", "-x", "--json"
    )
    assert done.returncode == 1
    summary = json.loads(done.stdout)
    assert (summary["status"], summary["exit_code"]) == ("failed", 9)
    assert "exited with code 9" in done.stderr
    assert "  | last [31mwords\n" in done.stderr, "without what could steer a terminal"
    paths = RunPaths(Path(summary["dir"]))
    assert paths.stdout.read_text() == "out bad.py -x --json\n"


@pytest.mark.torch
def test_people_get_the_summary_in_lines(diptych: Diptych, tmp_path: Path) -> None:
    (tmp_path / "quiet.py").write_text("pass\n")
    done = diptych("run", "--script", "quiet.py", "--python", "torch", "--no-profile")
    assert done.returncode == 1, "a runtime's name is no path of an interpreter"
    done = diptych("run", "--script", "quiet.py", "--runtime", "torch", "--no-profile")
    assert done.returncode == 0, done.stderr
    assert "done, finished" in done.stdout
    assert "steps        0" in done.stdout


@pytest.mark.torch
@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["run"], 2, "--workload NAME or --script FILE"),
        (["run", "--workload", "mlp", "--script", "x.py"], 2, "were both given"),
        (["run", "--workload", "mlp"], 2, "--framework torch"),
        (["run", "--framework", "torch", "--workload", "resnet81"], 2, "did you mean 'resnet18'"),
        (["run", "--framework", "jax", "--workload", "mlp"], 2, "torch, mxnet"),
        (["run", "--framework", "torch", "--workload", "mlp", "--bach-size", "3"], 2, "batch_size"),
        (
            ["run", "--framework", "torch", "--workload", "mlp", "--steps", "many"],
            2,
            "whole number",
        ),
        (["run", "--framework", "torch", "--workload", "mlp", "--device", "cuda:7"], 1, "cuda:7"),
        (["run", "--framework", "torch", "--workload", "mlp", "stray"], 2, "'stray'"),
        (["run", "--framework", "torch", "--workload", "mlp", "--", "-x"], 2, "behind `--`"),
        (["run", "--framework", "torch", "--workload", "mlp", "--profile", "1,2"], 2, "10,0,1,5,1"),
        (["run", "--framework", "torch", "--workload", "mlp", "--timeout", "-1"], 2, "timeout"),
        (["run", "--framework", "torch", "--workload", "mlp", "--timeout", "x"], 2, "timeout"),
        (["run", "--framework", "torch", "--workload", "mlp", "--env", "X"], 2, "NAME=VALUE"),
        (["run", "--framework", "torch", "--workload", "mlp", "--runtime", "no"], 1, "'no'"),
        (["run", "--script", "gone.py"], 1, "there is no script"),
        (["run", "--script", ".", "--steps", "3"], 2, "--steps is a workload's knob"),
        (["stop", "no-such-run"], 1, "no-such-run"),
        (["capture", "last", "--steps", "0"], 2, "from 1 to 10,000"),
        (["capture", "last", "--steps", "10001"], 2, "from 1 to 10,000"),
        (["stop"], 2, "RUN"),
        (["fly"], 2, "unknown command 'fly'"),
        (["fly.json.gz"], 2, "there is no file 'fly.json.gz' to open"),
        (["--fly"], 2, "--fly"),
    ],
)
def test_wrong_input_is_one_line_and_creates_nothing(
    diptych: Diptych, shared_home: Path, words: list[str], status: int, text: str
) -> None:
    before = _runs(shared_home)
    done = diptych(*words)
    assert (done.returncode, done.stdout) == (status, "")
    assert text in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert _runs(shared_home) == before


_ECHO = "import sys\nprint(repr(sys.stdin.read()))\n"


def _echoed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return RunPaths(Path(json.loads(done.stdout)["dir"])).stdout.read_text()


@pytest.mark.torch
def test_a_file_or_a_pipe_on_standard_input_reaches_the_script(
    diptych: Diptych, tmp_path: Path
) -> None:
    (tmp_path / "echo.py").write_text(_ECHO)
    words = ("run", "--script", "echo.py", "--runtime", "torch", "--no-profile", "--json")
    text = "1,2\n" * 50_000
    assert _echoed(diptych(*words, input=text)) == f"{text!r}\n"
    (tmp_path / "data.csv").write_text("head\nbody\n")
    with (tmp_path / "data.csv").open("rb", buffering=0) as file:
        file.read(5)
        assert _echoed(diptych(*words, stdin=file)) == "'body\\n'\n", "from where it stands"


@pytest.mark.torch
def test_from_a_terminal_or_nowhere_the_input_is_empty(
    diptych: Diptych, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "echo.py").write_text(_ECHO)
    words = ("run", "--script", "echo.py", "--runtime", "torch", "--no-profile", "--json")
    leader, follower = pty.openpty()
    os.write(leader, b"typed\n")
    assert _echoed(diptych(*words, stdin=follower)) == "''\n"
    os.close(leader)
    os.close(follower)
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *_CLI, *words],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert _echoed(done) == "''\n"


@pytest.mark.torch
def test_nobody_else_keeps_the_pipe_of_the_input(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """Whoever writes learns that the script does not read any more."""
    (tmp_path / "deaf.py").write_text(
        "import os, time\nos.close(0)\nprint('ready', flush=True)\ntime.sleep(300)\n"
    )
    home = Path(environment["DIPTYCH_HOME"])
    before = _runs(home)
    words = ("run", "--script", "deaf.py", "--runtime", "torch", "--no-profile")
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*_CLI, *words],
        env=environment,
        cwd=tmp_path,
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(reading)
    (directory,) = _wait(lambda: _runs(home) - before, "the run")
    stdout = RunPaths(directory).stdout
    _wait(lambda: stdout.exists() and b"ready" in stdout.read_bytes(), "the script")
    process.kill()
    process.communicate()
    try:
        with pytest.raises(BrokenPipeError):
            os.write(writing, b"x")
    finally:
        os.close(writing)
        ask_stop(directory, "the test's end", kill=True)
        _wait(partial(_is_over, directory), "its end")


@pytest.mark.torch
def test_a_dry_run_for_a_script_is_one_object(diptych: Diptych, shared_home: Path) -> None:
    before = _runs(shared_home)
    words = ("run", "--framework", "torch", "--workload", "mlp", "--steps", "7", "--dry-run")
    plain = diptych(*words)
    shown = json.loads(diptych(*words, "--json").stdout)
    assert shown["command"] == plain.stdout.strip()
    assert (shown["request"]["workload"], shown["request"]["knobs"]["steps"]) == ("mlp", 7)
    assert _runs(shared_home) == before


def _is_over(directory: Path) -> bool:
    return not is_live(directory)


@pytest.fixture
def sleeper(environment: dict[str, str], tmp_path: Path) -> Iterator[Sleeper]:
    """Start a script that sleeps; nothing of it is left after the test."""
    started: list[tuple[subprocess.Popen[bytes], Path]] = []

    def start(source: str = "") -> tuple[subprocess.Popen[bytes], Path]:
        started.append(_start_sleeper(environment, tmp_path, source))
        return started[-1]

    yield start
    for process, directory in started:
        if process.poll() is None:
            process.kill()
            process.communicate()
        if is_live(directory):
            ask_stop(directory, "the test's end", kill=True)
            _wait(partial(_is_over, directory), "its end")


def _start_sleeper(
    environment: dict[str, str], tmp_path: Path, source: str
) -> tuple[subprocess.Popen[bytes], Path]:
    (tmp_path / "sleeper.py").write_text(
        f"{source}\nprint('ready', flush=True)\nimport time\ntime.sleep(300)\n"
    )
    home = Path(environment["DIPTYCH_HOME"])
    before = _runs(home)
    process = subprocess.Popen(
        [*_CLI, "run", "--script", "sleeper.py", "--runtime", "torch", "--json"],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        (directory,) = _wait(lambda: _runs(home) - before, "the run")
        stdout = RunPaths(directory).stdout
        _wait(lambda: stdout.exists() and b"ready" in stdout.read_bytes(), "the script")
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return process, directory


_STUBBORN = (
    "import signal\nfor s in (signal.SIGINT, signal.SIGTERM): signal.signal(s, signal.SIG_IGN)"
)


@pytest.mark.torch
def test_ctrl_c_stops_the_run_and_a_second_one_kills_it(sleeper: Sleeper) -> None:
    process, directory = sleeper()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(out)["status"] == "stopped"
    assert b"Traceback" not in err
    assert b"stopping" in err
    assert not is_live(directory)
    process, directory = sleeper(_STUBBORN)
    process.send_signal(signal.SIGINT)
    journal = RunPaths(directory).runner_journal
    _wait(lambda: b'"stopping"' in journal.read_bytes(), "the first request")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "SIGKILL" in json.loads(out)["status_text"]


@pytest.mark.torch
def test_stop_from_elsewhere_and_a_run_that_outlives_its_terminal(
    sleeper: Sleeper, diptych: Diptych
) -> None:
    process, directory = sleeper()
    process.kill()
    process.communicate()
    assert is_live(directory)
    asked = diptych("capture", directory.name, "--steps", "2", "--shapes", "--json")
    assert asked.stderr == ""
    assert json.loads(asked.stdout)["run"] == directory.name
    done = diptych("stop", directory.name)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{directory.name}: stopped, stopped by diptych stop" in done.stdout
    assert not is_live(directory)
    again = diptych("stop", directory.name)
    assert again.returncode == 1
    assert "is over" in again.stderr


@pytest.mark.torch
def test_a_runner_that_is_gone_is_told(sleeper: Sleeper, diptych: Diptych) -> None:
    process, directory = sleeper()
    runner = json.loads(RunPaths(directory).runner_journal.read_bytes().splitlines()[0])["pid"]
    os.kill(runner, signal.SIGKILL)
    process.kill()
    process.communicate()
    lock = RunPaths(directory).runner_lock
    _wait(lambda: not is_held(lock), "the runner's end")
    asked = diptych("capture", directory.name)
    assert asked.returncode == 0
    assert "nobody makes a trace" in asked.stderr
    done = diptych("stop", directory.name)
    assert done.returncode == 0
    assert "is gone: a stand-in ends the worker" in done.stderr
    assert "stopped" in done.stdout


@pytest.mark.torch
def test_a_terminal_gets_a_line_in_place(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "quiet.py").write_text("import time\ntime.sleep(0.3)\n")
    leader, follower = pty.openpty()
    command = [*_CLI, "run", "--script", "quiet.py", "--runtime", "torch"]
    done = subprocess.run(
        command,
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=follower,
        timeout=60,
        check=False,
    )
    os.close(follower)
    shown = os.read(leader, 65536)
    os.close(leader)
    assert done.returncode == 0
    assert b"\r\x1b[2Kno step yet" in shown
    assert shown.endswith(b"\r\x1b[2K"), "the line is taken away at the end"


def test_a_reader_that_leaves_is_no_error() -> None:
    command = [*_CLI, "run", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], ["run", "--help"], ["stop", "--help"]]
)
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\nfrom diptych.profiling.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code\n"
        "heavy = {'numpy', 'PySide6', 'psutil'} & set(sys.modules)\nassert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "diptych" in done.stdout
