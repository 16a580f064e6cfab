"""An LSTM language model (Zaremba et al. 2014): python lstm.py --batch-size 20 --seq-len 35."""

import argparse

import harness  # type: ignore[import-not-found]  # run by path, beside this file
import samples  # type: ignore[import-not-found]  # run by path, found through harness
import torch
import torch.nn.functional as F  # noqa: N812  # as everybody does
from progress import Progress  # type: ignore[import-not-found]  # run by path, through harness
from torch import nn

VOCABULARY = 10_000
WIDTH = 256
LAYERS = 2


class LanguageModel(nn.Module):
    """Embedding, two LSTM layers from a state of zeros, classifier of its own weights."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.lstm = nn.LSTM(WIDTH, WIDTH, num_layers=LAYERS, batch_first=True)
        self.output = nn.Linear(WIDTH, VOCABULARY)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(batch, time) → (batch, time, vocabulary)."""
        hidden, _ = self.lstm(self.embedding(tokens))
        return self.output(hidden)


def init_weights(module: nn.Module) -> None:
    """Embedding and classifier U(±0.1), LSTM and its biases U(±1/√width), other biases 0."""
    if isinstance(module, nn.LSTM):
        for parameter in module.parameters():
            nn.init.uniform_(parameter, -(WIDTH**-0.5), WIDTH**-0.5)
    elif isinstance(module, (nn.Embedding, nn.Linear)):
        nn.init.uniform_(module.weight, -0.1, 0.1)
    if isinstance(module, nn.Linear):
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
            loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
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
                loss = F.cross_entropy(logits.flatten(0, 1), labels.to(args.device).flatten())
                log.line(loss.item())


def main() -> None:
    """Build the model as the command line says, and run it."""
    args = harness.parse(__doc__, size=("seq-len", 35, 1), batch_size=20, steps=100)
    model = LanguageModel()
    model.apply(init_weights)
    data = harness.batches(args, samples.sentences(args, VOCABULARY, harness.INDEX))
    log = harness.start(args, "lstm", model)
    model.to(args.device)
    if args.execution == "compile":
        model = torch.compile(model)
    if args.mode == "train":
        train(args, model, data, log)
    else:
        infer(args, model, data, log)


if __name__ == "__main__":
    main()
