"""Interpreters that are broken on purpose: real Pythons with fake frameworks beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MakeRuntime = Callable[..., Path]

_GOOD_TORCH = """
from types import SimpleNamespace as N
__version__ = "2.13.0+cu130"
class T:
    def bfloat16(self): return self
    def mm(self, other): return self
    def numpy(self): {numpy}
def ones(*shape, **kw): return T()
def zeros(*shape): return T()
def get_num_threads(): return 4
bfloat16 = "bf16"
def compile(f): return f
version = N(cuda={cuda!r}, hip=None)
on = N(is_available=lambda: True)
off = N(is_available=lambda: False)
backends = N(mkl=on, mkldnn=on, openmp=on, cudnn=off)
distributed = on
_gpu = N(major={major}, minor={minor}, name="NVIDIA Test", total_memory=80 * 2**30)
def _no_driver(): raise RuntimeError("Found no NVIDIA driver on your system. Please check")
cuda = N(is_available=lambda: {available}, device_count=lambda: 1, init=_no_driver,
         get_device_properties=lambda i: _gpu, get_arch_list=lambda: {archs!r})
"""


def torch_source(
    *,
    cuda: str | None = "13.0",
    available: bool = True,
    capability: tuple[int, int] = (9, 0),
    archs: tuple[str, ...] = ("sm_80", "sm_90"),
    numpy: str = "return 1",
) -> str:
    """Return a module that answers as PyTorch would."""
    return _GOOD_TORCH.format(
        cuda=cuda,
        available=available,
        major=capability[0],
        minor=capability[1],
        archs=list(archs),
        numpy=numpy,
    )


@pytest.fixture
def make_runtime(tmp_path: Path) -> MakeRuntime:
    """Make an environment (as venv does, without pip) that holds the given modules.

    ``make_runtime(name, torch="source", mxnet="source", dist=("mxnet_cu112-1.9.1",))``
    """

    def make(name: str, dist: tuple[str, ...] = (), **modules: str) -> Path:
        root = tmp_path / name
        sites = root / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
        sites.mkdir(parents=True)
        (root / "bin").mkdir()
        base = Path(sys.base_prefix, "bin", f"python3.{sys.version_info[1]}")
        (root / "bin" / "python").symlink_to(base)
        (root / "pyvenv.cfg").write_text(
            f"home = {base.parent}\ninclude-system-site-packages = false\n"
        )
        for module, source in modules.items():
            (sites / f"{module}.py").write_text(source)
        for entry in dist:
            (sites / f"{entry}.dist-info").mkdir()
        return root

    return make
