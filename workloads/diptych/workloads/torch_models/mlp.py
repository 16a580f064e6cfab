"""A multilayer perceptron on vectors: python mlp.py --batch-size 256 --steps 100."""

import argparse

import harness  # type: ignore[import-not-found]  # run by path, beside this file
import samples  # type: ignore[import-not-found]  # run by path, found through harness
import torch
import torch.nn.functional as F  # noqa: N812  # as everybody does
from progress import Progress  # type: ignore[import-not-found]  # run by path, through harness
from torch import nn

CLASSES = 10


class MLP(nn.Module):
    """Three hidden layers of 1024 units."""

    def __init__(self, features: int, hidden: int = 1024) -> None:
        super().__init__()
        self.fc1 = nn.Linear(features, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, hidden)
        self.output = nn.Linear(hidden, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, features) → (batch, classes)."""
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = F.relu(self.fc3(x))
        return self.output(x)


def init_weights(module: nn.Module) -> None:
    """He et al. (2015), gains for ReLU, fan in; biases 0."""
    if isinstance(module, nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.zeros_(module.bias)


def train(args: argparse.Namespace, model: nn.Module, data: harness.Data, log: Progress) -> None:
    """One optimizer step a batch."""
    optimizer = harness.optimizer(args, model)
    model.train()
    for inputs, labels in data:
        x = inputs.to(args.device, non_blocking=True)
        y = labels.to(args.device, non_blocking=True)
        optimizer.zero_grad(set_to_none=True)
        with harness.autocast(args):
            loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        if log.due():
            log.line(loss.item())


def infer(args: argparse.Namespace, model: nn.Module, data: harness.Data, log: Progress) -> None:
    """One forward pass a batch."""
    model.eval()
    with torch.no_grad(), harness.autocast(args):
        for inputs, labels in data:
            logits = model(inputs.to(args.device, non_blocking=True))
            if log.due():
                log.line(F.cross_entropy(logits, labels.to(args.device)).item())


def main() -> None:
    """Build the model as the command line says, and run it."""
    args = harness.parse(__doc__, size=("features", 784, 1), batch_size=256, steps=200)
    model = MLP(args.features)
    model.apply(init_weights)
    data = harness.batches(args, samples.vectors(args, CLASSES, harness.INDEX))
    log = harness.start(args, "mlp", model)
    model.to(args.device)
    if args.execution == "compile":
        model = torch.compile(model)
    if args.mode == "train":
        train(args, model, data, log)
    else:
        infer(args, model, data, log)


if __name__ == "__main__":
    main()
