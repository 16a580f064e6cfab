"""Command line of the training scripts: the same flags, with the same meaning, everywhere.

Standard library only, and nothing heavy: the MXNet scripts parse their
arguments before MXNet is loaded.
"""

from __future__ import annotations

import argparse
from typing import Callable, Sequence, Tuple

SEED_LIMIT = 2**32 - 1  # what numpy.random.RandomState takes


def _at_least(low: int, high: int = 2**31 - 1) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value} is not between {low} and {high}")
        return value

    parse.__name__ = "int"  # argparse shows it in its message
    return parse


def _device(text: str) -> str:
    kind, _, index = text.partition(":")
    if text == "cpu" or (kind == "cuda" and index.isdigit()):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is neither 'cpu' nor 'cuda:N'")


def _rate(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 10.0:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 10")
    return value


def build(
    description: str,
    executions: Sequence[str],
    size: Tuple[str, int, int],
    batch_size: int,
    steps: int,
) -> argparse.ArgumentParser:
    """Make the parser of one script.

    ``size`` is the flag that sets the size of a sample (without dashes), its
    default and its least value; ``executions[0]`` is the default execution.
    """
    parser = argparse.ArgumentParser(
        description=description,
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--batch-size", type=_at_least(1), default=batch_size, help="samples in a step")
    add("--steps", type=_at_least(1), default=steps, help="how many steps")
    add("--" + size[0], type=_at_least(size[2]), default=size[1], help="size of one sample")
    add("--mode", choices=("train", "infer"), default="train", help="train, or forward only")
    add("--execution", choices=executions, default=executions[0], help="how the model is run")
    add("--precision", choices=("fp32", "bf16"), default="fp32", help="bf16 is mixed precision")
    add("--device", type=_device, default="cpu", help="cpu or cuda:N")
    add("--threads", type=_at_least(0), default=0, help="CPU threads, 0 = the framework's choice")
    add("--optimizer", choices=("sgd", "adam"), default="sgd", help="sgd has momentum 0.9")
    add("--lr", type=_rate, default=0.0, help="learning rate, 0 = 0.01 for sgd, 0.001 for adam")
    add("--data", choices=("memory", "loader"), default="memory", help="where batches come from")
    add("--workers", type=_at_least(0), default=0, help="processes of the data loader")
    add("--seed", type=_at_least(0, SEED_LIMIT), default=0, help="of data and weights")
    add("--log-every", type=_at_least(1), default=20, help="steps between two progress lines")
    add("--init-from", metavar="NPZ", help="start from these weights (see --save-init)")
    add("--save-init", metavar="NPZ", help="save the weights before the first step")
    add("--describe", action="store_true", help="print the model as JSON and train nothing")
    return parser


def learning_rate(args: argparse.Namespace) -> float:
    """Give the learning rate that was asked for, or the optimizer's usual one."""
    return float(args.lr) or (0.01 if args.optimizer == "sgd" else 0.001)
