"""The shim against the numpy of this environment (2.x); no MXNet needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from diptych.profiling.agent import compat

FILE = Path(compat.__file__)


def in_fresh_python(code: str) -> str:
    """Run ``code`` with the shim loaded by location as C, and numpy as np."""
    start = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('shim', {str(FILE)!r})\n"
        "C = importlib.util.module_from_spec(spec); spec.loader.exec_module(C)\n"
        "assert 'numpy' not in sys.modules\n"
        "import numpy as np\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", start + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.0.0", reason="needs numpy 2")
def test_names_are_lent_for_the_import_only() -> None:
    out = in_fresh_python(
        "before = dict(vars(np))\n"
        "said = C.prepare()\n"
        "assert np.PZERO == 0.0 and np.Inf == float('inf') and np.trapz([1, 1]) == 1.0\n"
        "assert np.in1d([[1, 2]], [2]).tolist() == [False, True]\n"
        "assert np.msort([3, 1]).tolist() == [1, 3]\n"
        "assert C.prepare() == [] and C.applied() == said\n"
        "C.finish()\n"
        "gone = set(vars(np)) ^ set(before)\n"
        "print(len(said), 'PZERO' in said[0], gone, hasattr(np, 'PZERO'))\n"
    )
    assert out.split()[1:] == ["True", "set()", "False"]


def test_a_name_that_the_script_sets_meanwhile_is_kept() -> None:
    out = in_fresh_python("C.prepare(); np.int = 'mine'; C.finish(); print(np.int)")
    assert out == "mine\n"


def test_functions_that_are_gone_say_so_when_called() -> None:
    code = "C.prepare()\ntry: np.pmt(1)\nexcept AttributeError as error: print(error)"
    assert "numpy.pmt was removed" in in_fresh_python(code)


def test_distutils_is_lent_where_python_has_none() -> None:
    out = in_fresh_python(
        "import importlib.util\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda n, *a: None if n == 'distutils' else find(n, *a)\n"
        "assert C.apply_if_needed()\n"
        "from distutils.version import LooseVersion, StrictVersion\n"
        "assert LooseVersion('1.10.0') >= LooseVersion('1.9') and StrictVersion('2') == '2'\n"
        "C.finish()\n"
        "print('distutils.version' in sys.modules)\n"
    )
    assert out == "False\n"


def test_nothing_is_lent_after_mxnet_has_been_imported() -> None:
    out = in_fresh_python(
        "import types; module = types.ModuleType('mxnet'); module.__version__ = '1.9.1'\n"
        "sys.modules['mxnet'] = module\n"
        "print(C.prepare())\n"
    )
    assert out == "[]\n"
