"""What the PyTorch scripts share: arguments, weights, batches.

The training loops stand in the scripts. Optimizers, data and starting points
are those of the MXNet scripts of the same names.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path
from typing import Any, Iterable, Sequence, Tuple

import torch
from torch.utils.data import DataLoader

sys.path.append(str(Path(__file__).resolve().parent.parent / "common"))

# Run by path: their folder is on sys.path only then, so mypy cannot find them.
import options  # type: ignore[import-not-found]
import weights  # type: ignore[import-not-found]
from progress import Progress  # type: ignore[import-not-found]

Data = Iterable[Tuple[Any, Any]]
INDEX = "int64"  # what F.cross_entropy wants
EXECUTIONS = ("eager", "compile")


def parse(
    description: str, size: Tuple[str, int, int], batch_size: int, steps: int
) -> argparse.Namespace:
    """Arguments of the command line; a wrong one ends the program with status 2."""
    parser = options.build(description, EXECUTIONS, size, batch_size, steps)
    args: argparse.Namespace = parser.parse_args()
    if args.device != "cpu":
        devices = torch.cuda.device_count()
        if int(args.device[5:]) >= devices:
            parser.error(f"--device {args.device}: this PyTorch sees {devices} CUDA devices")
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    return args


def start(args: argparse.Namespace, name: str, model: torch.nn.Module) -> Progress:
    """Load, save or describe the weights as asked, and print the first line."""
    parameters = list(model.parameters())
    statistics = [b for n, b in model.named_buffers() if n.endswith(("_mean", "_var"))]
    if args.init_from:
        _load(args.init_from, parameters, statistics)
    if args.save_init:
        weights.save(args.save_init, *([_numpy(t) for t in p] for p in (parameters, statistics)))
    if args.describe:
        print(json.dumps(describe(args, name, model)))
        raise SystemExit(0)
    total = sum(p.numel() for p in parameters)
    return Progress(args, f"{name} (PyTorch {torch.__version__}): {total:,} parameters")


def describe(args: argparse.Namespace, name: str, model: torch.nn.Module) -> dict[str, Any]:
    """Collect the model and the arguments, for --describe."""
    layers = [(n, list(p.shape), p.requires_grad) for n, p in model.named_parameters()]
    return {
        "model": name,
        "framework": "torch",
        "parameters": sum(p.numel() for p in model.parameters()),
        "trainable": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "layers": layers,
        "threads": torch.get_num_threads(),
        "arguments": vars(args),
    }


def _numpy(tensor: torch.Tensor) -> Any:
    return tensor.detach().cpu().numpy()


def _load(path: str, parameters: Sequence[Any], statistics: Sequence[Any]) -> None:
    shapes = ([tuple(t.shape) for t in part] for part in (parameters, statistics))
    loaded = weights.load(path, *shapes)
    both = [*parameters, *statistics]
    with torch.no_grad():
        for tensor, array in zip(both, [*loaded[0], *loaded[1]]):  # noqa: B905  # 3.8 has no strict
            tensor.copy_(torch.from_numpy(array))


def optimizer(args: argparse.Namespace, model: torch.nn.Module) -> torch.optim.Optimizer:
    """SGD with momentum 0.9, or Adam (0.9, 0.999, 1e-8); no weight decay."""
    rate = options.learning_rate(args)
    if args.optimizer == "sgd":
        return torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    return torch.optim.Adam(model.parameters(), lr=rate, betas=(0.9, 0.999), eps=1e-8)


def batches(args: argparse.Namespace, samples: Any) -> Data:
    """One batch a step: from memory (on the device already) or through a DataLoader."""
    if args.data == "loader":
        loader: Data = DataLoader(
            samples,
            batch_size=args.batch_size,
            num_workers=args.workers,
            pin_memory=args.device != "cpu",
        )
        return loader
    held = [
        (torch.from_numpy(x).to(args.device), torch.from_numpy(y).to(args.device))
        for x, y in samples.batches(args.batch_size)
    ]
    return itertools.islice(itertools.cycle(held), args.steps)


def autocast(args: argparse.Namespace) -> torch.autocast:
    """bf16 where it is safe, if asked for; otherwise a context that does nothing."""
    kind = torch.device(args.device).type
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=args.precision == "bf16")
