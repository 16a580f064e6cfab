"""Probing real interpreters: good, old, broken, hanging and crashing ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from diptych.profiling.runner.runtimes import Problem, RuntimeInfo, bases, probe

from .conftest import MakeRuntime, torch_source


def _only(info: RuntimeInfo) -> Problem:
    assert len(info.problems) == 1, info.problems
    problem = info.problems[0]
    assert problem.what
    assert problem.cure
    return problem


def _alive(marker: str) -> list[int]:
    """Processes that have ``marker`` in their command line or environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if marker.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def test_a_python_without_frameworks_is_no_problem(make_runtime: MakeRuntime) -> None:
    info = probe(make_runtime("empty"))
    assert info.python_version == ".".join(map(str, sys.version_info[:3]))
    assert (info.frameworks, info.problems, info.usable) == ({}, (), ())


def test_what_a_working_framework_says_is_passed_on(make_runtime: MakeRuntime) -> None:
    info = probe(make_runtime("good", torch=torch_source(), dist=("torch-2.13.0", "numpy-2.4.0")))
    found = info.frameworks["torch"]
    assert info.usable == ("torch",)
    assert (found.version, found.cuda, found.cuda_available) == ("2.13.0+cu130", "13.0", True)
    assert (found.device_count, found.devices[0].capability) == (1, (9, 0))
    assert (found.numpy_version, found.threads, found.bf16) == ("2.4.0", 4, True)
    assert "compile" in found.features
    assert info.problems == ()


def test_cuda_that_cannot_be_used_says_why(make_runtime: MakeRuntime) -> None:
    found = probe(make_runtime("r", torch=torch_source(available=False))).frameworks["torch"]
    assert not found.cuda_available
    assert found.cuda_reason is not None
    assert "no NVIDIA driver" in found.cuda_reason


@pytest.mark.parametrize(
    ("capability", "archs", "runs"),
    [
        ((9, 0), ("sm_80", "sm_86"), False),
        ((8, 9), ("sm_80", "sm_86"), True),
        ((7, 0), ("sm_80", "sm_86"), False),
        ((12, 0), ("sm_80", "compute_90"), True),
        ((9, 0), ("sm_90a",), True),
    ],
)
def test_a_gpu_that_the_build_has_no_code_for_is_named(
    make_runtime: MakeRuntime, capability: tuple[int, int], archs: tuple[str, ...], runs: bool
) -> None:
    info = probe(make_runtime("r", torch=torch_source(capability=capability, archs=archs)))
    # It limits the framework but does not keep it from running on the CPU.
    assert info.ok("torch")
    assert [problem.code for problem in info.problems] == ([] if runs else ["gpu_too_new"])


def test_torch_without_numpy_is_told_but_runs(make_runtime: MakeRuntime) -> None:
    broken = torch_source(numpy='raise RuntimeError("Numpy is not available")')
    info = probe(make_runtime("r", torch=broken))
    assert _only(info).code == "no_numpy"
    assert info.ok("torch")


@pytest.mark.parametrize(
    ("error", "code", "cure"),
    [
        ("import distutils_not_here", "no_module", "pip install distutils_not_here"),
        ('raise ModuleNotFoundError("x", name="distutils")', "no_distutils", "setuptools"),
        ('raise ModuleNotFoundError("x", name="numpy")', "no_numpy", "numpy<1.24"),
        (
            "raise AttributeError(\"module 'numpy' has no attribute 'bool'\")",
            "numpy_clash",
            "'numpy<1.24'",
        ),
        (
            'raise ImportError("numpy.core.multiarray failed to import")',
            "numpy_clash",
            "'numpy<1.24'",
        ),
        (
            'raise OSError("libcudart.so.11.0: cannot open shared object file: No such file")',
            "no_cuda_library",
            "LD_LIBRARY_PATH",
        ),
        (
            'raise OSError("libcuda.so.1: cannot open shared object file: No such file")',
            "no_cuda_library",
            "NVIDIA driver",
        ),
        (
            'raise OSError("libgomp.so.1: cannot open shared object file: No such file")',
            "no_library",
            "apt-get install libgomp1",
        ),
        (
            'raise OSError("/lib/libc.so.6: version `GLIBC_2.38\' not found")',
            "binary_mismatch",
            "install",
        ),
        ('raise ValueError("something\\nelse")', "import_fails", "install"),
        ("raise SystemExit(3)", "import_fails", "install"),
    ],
)
def test_an_import_that_fails_has_a_cause_and_a_cure(
    make_runtime: MakeRuntime, error: str, code: str, cure: str
) -> None:
    info = probe(make_runtime("r", mxnet=error, dist=("mxnet-1.9.1",)))
    problem = _only(info)
    assert (problem.code, problem.framework) == (code, "mxnet")
    assert cure in problem.cure
    # It is known although it cannot be imported.
    assert info.frameworks["mxnet"].version == "1.9.1"
    assert not info.ok("mxnet")
    assert "\n" not in problem.what


def test_one_broken_framework_leaves_the_other_alone(make_runtime: MakeRuntime) -> None:
    info = probe(make_runtime("r", torch=torch_source(), mxnet="raise ValueError('no')"))
    assert info.usable == ("torch",)
    assert _only(info).framework == "mxnet"


def test_a_crash_is_named_with_its_signal_and_place(make_runtime: MakeRuntime) -> None:
    problem = _only(probe(make_runtime("r", torch="import ctypes\nctypes.string_at(0)")))
    assert problem.code == "import_crashes"
    assert re.search(r"SIGSEGV in \S+\.py:\d+", problem.what)


def test_a_silent_exit_is_named_with_its_status(make_runtime: MakeRuntime) -> None:
    problem = _only(probe(make_runtime("r", torch="import os\nos._exit(7)")))
    assert problem.code == "import_exits"
    assert "exit status 7" in problem.what


def test_a_hang_is_ended_with_all_that_it_started(
    make_runtime: MakeRuntime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # GIVEN an import that starts a process and then never ends
    monkeypatch.setenv("DIPTYCH_TEST_MARK", str(tmp_path))
    hang = "import subprocess, time\nsubprocess.Popen(['sleep', '600'])\ntime.sleep(600)"
    # WHEN it is probed
    problem = _only(probe(make_runtime("r", torch=hang), timeout=1.0))
    # THEN it is told, and nothing of it is left
    assert problem.code == "import_hangs"
    deadline = time.monotonic() + 10
    while _alive(str(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _alive(str(tmp_path)) == []


def test_a_flood_of_output_does_not_matter(make_runtime: MakeRuntime) -> None:
    flood = "import sys\nfor _ in range(2000): print('x' * 4000); sys.stderr.write('y' * 4000)\n"
    assert probe(make_runtime("r", torch=flood + torch_source())).ok("torch")


def test_a_module_in_the_working_folder_is_not_taken_for_a_framework(
    make_runtime: MakeRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise ValueError")
    monkeypatch.chdir(tmp_path)
    assert probe(make_runtime("r")).frameworks == {}


def test_what_an_uninstallation_left_is_no_framework(make_runtime: MakeRuntime) -> None:
    root = make_runtime("r")
    next(root.glob("lib/*/site-packages")).joinpath("torch").mkdir()
    assert probe(root).frameworks == {}


def test_an_interpreter_that_is_gone(tmp_path: Path) -> None:
    assert _only(probe(tmp_path / "nothing" / "python")).code == "gone"


def test_an_environment_whose_python_is_gone(make_runtime: MakeRuntime, tmp_path: Path) -> None:
    root = make_runtime("r")
    (root / "bin/python").unlink()
    (root / "bin/python").symlink_to(tmp_path / "uninstalled/python3.9")
    problem = _only(probe(root / "bin/python"))
    assert problem.code == "gone"
    assert "uninstalled/python3.9" in problem.what


def test_a_file_that_is_no_program(tmp_path: Path) -> None:
    path = tmp_path / "python"
    path.write_text("text")
    assert _only(probe(path)).code == "not_executable"


def test_a_program_that_is_no_python(tmp_path: Path) -> None:
    path = tmp_path / "python"
    path.write_text("#!/bin/sh\necho 'not a python' >&2\nexit 9\n")
    path.chmod(0o755)
    problem = _only(probe(path))
    assert problem.code == "does_not_start"
    assert "not a python" in problem.what


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.7"])
def test_a_python_that_is_too_old(version: str) -> None:
    found = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    if not found:
        pytest.skip(f"no Python {version} on this machine")
    info = probe(found[0])
    assert _only(info).code == "python_too_old"
    assert info.python_version is not None
    assert info.python_version.startswith(version)


def test_every_python_from_3_8_on_can_be_probed() -> None:
    found = [base for base in bases.available() if base.version >= (3, 8)]
    assert found
    for base in found:
        info = probe(base.python)
        assert info.python_version is not None, info
        assert info.python_version.startswith(".".join(map(str, base.version)))
        assert not info.fatal("torch")


@pytest.mark.torch
def test_the_real_pytorch(torch_python: str) -> None:
    info = probe(torch_python, timeout=90)
    assert info.ok("torch"), info.problems
    assert info.frameworks["torch"].version is not None
    assert info.frameworks["torch"].version.startswith("2.13.0")
    assert info.frameworks["torch"].bf16 is True


@pytest.mark.mxnet
def test_the_real_mxnet(mxnet_python: str) -> None:
    info = probe(mxnet_python, timeout=90)
    assert info.ok("mxnet"), info.problems
    found = info.frameworks["mxnet"]
    assert (found.version, found.cuda, found.cuda_available) == ("1.9.1", None, False)
    assert "MKLDNN" in found.features


@pytest.mark.mxnet
def test_mxnet_beside_a_new_numpy_is_bridged_by_the_shim(
    make_runtime: MakeRuntime, mxnet_python: str
) -> None:
    # GIVEN the real MXNet beside the numpy 2 of this program
    source = subprocess.run(
        [mxnet_python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = Path(source.stdout.strip())
    ours = Path(np.__file__).parents[1]
    root = make_runtime("r")
    site = next(root.glob("lib/*/site-packages"))
    for name in ("mxnet", "graphviz", "requests", "urllib3", "idna", "certifi"):
        (site / name).symlink_to(theirs / name)
    (site / "charset_normalizer").symlink_to(theirs / "charset_normalizer")
    for name in ("numpy", "numpy.libs"):
        (site / name).symlink_to(ours / name)
    # WHEN it is probed
    info = probe(root, timeout=90)
    # THEN it works, and what had to be bridged is told
    assert info.ok("mxnet"), info.problems
    assert any("numpy" in text for text in info.frameworks["mxnet"].shimmed)
