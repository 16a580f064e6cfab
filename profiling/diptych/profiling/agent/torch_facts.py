"""What torch says of how it computes: for the ``details`` of the record ``framework``.

Text only; what a version of torch does not tell is left out.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Dict

_VARIABLES = ("OMP_", "MKL_", "KMP_", "NVIDIA_TF32")
_QUESTIONS: Dict[str, Callable[[Any], Any]] = {
    "cpu_capability": lambda torch: torch.backends.cpu.get_cpu_capability(),
    "interop_threads": lambda torch: torch.get_num_interop_threads(),
    "default_dtype": lambda torch: torch.get_default_dtype(),
    "matmul_precision": lambda torch: torch.get_float32_matmul_precision(),
    "matmul_tf32": lambda torch: torch.backends.cuda.matmul.allow_tf32,
    "cudnn_tf32": lambda torch: torch.backends.cudnn.allow_tf32,
    "cudnn_benchmark": lambda torch: torch.backends.cudnn.benchmark,
    "deterministic": lambda torch: torch.are_deterministic_algorithms_enabled(),
}


def settings(torch: Any) -> Dict[str, str]:
    """Return threads, precision and autotuning, and the variables that decide them."""
    found = {n: os.environ[n] for n in sorted(os.environ) if n.startswith(_VARIABLES)}
    for name, ask in _QUESTIONS.items():
        # Asked of private switches that come and go; none is worth a run.
        try:
            found[name] = str(ask(torch)).replace("torch.", "")
        except Exception:
            pass
    return found
