"""How an end is put into words."""

from __future__ import annotations

import pytest

from diptych.profiling.runner.outcome import describe, not_started

_TRACEBACK = 'Traceback (most recent call last):\n  File "x.py", line 1\n{}\n'


def test_done() -> None:
    ending = describe(0)
    assert (ending.status, ending.code, ending.signal) == ("done", 0, None)


@pytest.mark.parametrize(
    ("code", "stderr", "expected"),
    [
        (3, "", "exited with code 3"),
        (1, _TRACEBACK.format("ValueError: no"), "exited with code 1: ValueError: no"),
        (1, _TRACEBACK.format("a.b.OddError"), "exited with code 1: a.b.OddError"),
        (1, _TRACEBACK.format("ImportError: np.PZERO was removed"), "numpy is too new"),
        (1, _TRACEBACK.format("ModuleNotFoundError: No module named 'distutils'"), "distutils"),
        (1, "mxnet.base.MXNetError: no kernel image is available for execution", "sm_86"),
        (1, "torch.OutOfMemoryError: CUDA out of memory. Tried", "smaller batch"),
        (-11, "", "crashed with SIGSEGV (segmentation fault)"),
        (-6, "terminate called after throwing 'std::bad_alloc'", "smaller batch"),
        (-9, "", "killed by SIGKILL from outside"),
        (-64, "", "ended by SIGRTMAX"),
        (-63, "", "ended by signal 63"),
    ],
)
def test_failures_are_explained(code: int, stderr: str, expected: str) -> None:
    ending = describe(code, stderr=stderr)
    assert ending.status == "failed"
    assert expected in ending.text
    assert "\n" not in ending.text


def test_a_signal_is_no_exit_code() -> None:
    ending = describe(-11, stacks=True)
    assert (ending.code, ending.signal) == (None, "SIGSEGV")
    assert "faults.log" in ending.text


def test_out_of_memory_needs_evidence() -> None:
    assert "likely out of memory (it was full)" in describe(-9, memory="it was full").text
    assert "out of memory" not in describe(-9).text


def test_what_we_did_is_not_a_failure_of_the_script() -> None:
    assert describe(-2, stopped="the window").status == "stopped"
    assert describe(0, stopped="the window").status == "stopped"
    late = describe(-15, stopped="x", timeout=2.5)
    assert late.status == "timeout"
    assert "2.5 s" in late.text


def test_a_very_long_exception_is_cut() -> None:
    assert len(describe(1, stderr="ValueError: " + "x" * 5000).text) < 400


def test_not_started_tells_the_folder_from_the_interpreter() -> None:
    error = FileNotFoundError(2, "No such file or directory", "/gone/python")
    assert "interpreter /gone/python" in not_started(error, "/gone/python", "/here").text
    error = FileNotFoundError(2, "No such file or directory", "/here")
    assert "working folder /here" in not_started(error, "/gone/python", "/here").text
