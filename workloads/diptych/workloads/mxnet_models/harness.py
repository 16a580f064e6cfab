"""What the MXNet scripts share: arguments, weights, batches. Import it before mxnet.

The training loops stand in the scripts. Optimizers, data and starting points
are those of the PyTorch scripts of the same names. What differs all the same:
the running variance of batch normalisation, which PyTorch takes unbiased (it
tells in inference only); and bf16, which PyTorch uses in recurrent and
attention products as well.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from pathlib import Path
from typing import Any, Iterable, Sequence, Tuple

sys.path.append(str(Path(__file__).resolve().parent.parent / "common"))

# Run by path: their folder is on sys.path only then, so mypy cannot find them.
import options  # type: ignore[import-not-found]
import weights  # type: ignore[import-not-found]
from progress import Progress  # type: ignore[import-not-found]


def _set_threads() -> None:
    # OpenMP reads it when mxnet loads; a wrong value is left to the real parser.
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    early.add_argument("--threads", default="0")
    threads = early.parse_known_args()[0].threads
    if threads.isdigit() and int(threads) > 0:
        os.environ["OMP_NUM_THREADS"] = threads


_set_threads()

import mxnet as mx  # noqa: E402  # after the number of threads
from mxnet import gluon, nd  # noqa: E402  # after the number of threads
from mxnet.contrib import amp  # noqa: E402  # after the number of threads

Data = Iterable[Tuple[Any, Any]]
INDEX = "int32"
EXECUTIONS = ("imperative", "hybridize")


def parse(
    description: str, size: Tuple[str, int, int], batch_size: int, steps: int
) -> argparse.Namespace:
    """Arguments of the command line; a wrong one ends the program with status 2.

    With bf16, mixed precision is switched on here: before the model is built.
    """
    parser = options.build(description, EXECUTIONS, size, batch_size, steps)
    args: argparse.Namespace = parser.parse_args()
    if args.device != "cpu":
        devices = mx.context.num_gpus()
        if int(args.device[5:]) >= devices:
            parser.error(f"--device {args.device}: this MXNet sees {devices} GPUs")
        if args.precision == "bf16":
            parser.error("--precision bf16: MXNet has it on --device cpu only")
    mx.random.seed(args.seed)
    if args.precision == "bf16":
        amp.init(target_dtype="bfloat16")
    return args


def context(args: argparse.Namespace) -> mx.Context:
    """Give the MXNet name of the device."""
    return mx.cpu() if args.device == "cpu" else mx.gpu(int(args.device[5:]))


def start(args: argparse.Namespace, name: str, net: gluon.Block) -> Progress:
    """Load, save or describe the weights as asked, and print the first line."""
    parameters, statistics = split(net)
    if args.init_from:
        _load(args.init_from, parameters, statistics)
    if args.save_init:
        arrays = ([p.data().asnumpy() for p in part] for part in (parameters, statistics))
        weights.save(args.save_init, *arrays)
    if args.describe:
        print(json.dumps(describe(args, name, net)))
        raise SystemExit(0)
    total = count(parameters)
    return Progress(args, f"{name} (MXNet {mx.__version__}): {total:,} parameters")


def split(net: gluon.Block) -> Tuple[Sequence[Any], Sequence[Any]]:
    """Tell the trained parameters from the running statistics of batch normalisation."""
    everything = list(net.collect_params().values())
    trained = [p for p in everything if p.grad_req != "null"]
    return trained, [p for p in everything if p.grad_req == "null"]


def count(parameters: Sequence[Any]) -> int:
    """How many numbers they hold."""
    total = 0
    for parameter in parameters:
        size = 1
        for extent in parameter.shape:
            size *= extent
        total += size
    return total


def describe(args: argparse.Namespace, name: str, net: gluon.Block) -> dict[str, Any]:
    """Collect the model and the arguments, for --describe."""
    trained, _ = split(net)
    return {
        "model": name,
        "framework": "mxnet",
        "parameters": count(trained),
        "trainable": count(trained),
        "layers": [(p.name, list(p.shape), True) for p in trained],
        "threads": int(os.environ.get("OMP_NUM_THREADS", "0")) or None,
        "arguments": vars(args),
    }


def _load(path: str, parameters: Sequence[Any], statistics: Sequence[Any]) -> None:
    loaded = weights.load(path, [p.shape for p in parameters], [p.shape for p in statistics])
    both = [*parameters, *statistics]
    for parameter, array in zip(both, [*loaded[0], *loaded[1]]):  # noqa: B905  # 3.8 has no strict
        parameter.set_data(nd.array(array))


class Adam(mx.optimizer.Adam):
    """Adam as Kingma and Ba and PyTorch have it: ε is added to √(v/(1−β₂ᵗ)).

    MXNet adds it to √v, before the correction: with gradients that are small
    (√v ≪ 1e-6) losses move apart by a hundredth in twenty steps.
    """

    def update(self, index: int, weight: nd.NDArray, grad: nd.NDArray, state: Any) -> None:
        """Update one array; the operator is MXNet's own."""
        t = self._index_update_count.get(index, self.begin_num_update) + 1
        self.epsilon = 1e-8 * (1.0 - self.beta2**t) ** 0.5
        super().update(index, weight, grad, state)


def trainer(args: argparse.Namespace, net: gluon.Block) -> gluon.Trainer:
    """SGD with momentum 0.9, or Adam (0.9, 0.999, 1e-8); no weight decay."""
    settings = {"learning_rate": options.learning_rate(args), "wd": 0.0}
    if args.optimizer == "sgd":
        optimizer = mx.optimizer.SGD(momentum=0.9, **settings)
    else:
        optimizer = Adam(beta1=0.9, beta2=0.999, **settings)
    return gluon.Trainer(net.collect_params(), optimizer)


def batches(args: argparse.Namespace, samples: Any) -> Data:
    """One batch a step: from memory (on the device already) or through a DataLoader."""
    if args.data == "loader":
        loader: Data = gluon.data.DataLoader(
            samples, batch_size=args.batch_size, num_workers=args.workers
        )
        return loader
    ctx = context(args)
    held = [
        (nd.array(x, ctx=ctx, dtype=x.dtype), nd.array(y, ctx=ctx, dtype=y.dtype))
        for x, y in samples.batches(args.batch_size)
    ]
    return itertools.islice(itertools.cycle(held), args.steps)


def cross_entropy(logits: nd.NDArray, labels: nd.NDArray) -> float:
    """Mean loss of a batch as a number, for progress lines of inference."""
    logits = logits.astype("float32")
    return float(-nd.pick(nd.log_softmax(logits, axis=-1), labels, axis=-1).mean().asscalar())
