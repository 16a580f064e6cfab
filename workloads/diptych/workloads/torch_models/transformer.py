"""A Transformer encoder that classifies documents: python transformer.py --seq-len 128."""

import argparse

import harness  # type: ignore[import-not-found]  # run by path, beside this file
import samples  # type: ignore[import-not-found]  # run by path, found through harness
import torch
import torch.nn.functional as F  # noqa: N812  # as everybody does
from progress import Progress  # type: ignore[import-not-found]  # run by path, through harness
from torch import nn

VOCABULARY = 8192
CLASSES = 16
WIDTH = 256
HEADS = 4
HIDDEN = 1024
LAYERS = 4
CONTEXT = 1024


class Encoder(nn.Module):
    """Learned positions, post-norm layers (Vaswani et al. 2017) with GELU, mean of all tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH)
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, HIDDEN, dropout=0.0, activation="gelu", batch_first=True
        )
        self.layers = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.output = nn.Linear(WIDTH, CLASSES)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(batch, time) → (batch, classes); time is at most CONTEXT."""
        time = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.tokens(tokens) + self.positions(time)
        return self.output(self.layers(x).mean(dim=1))


def init_weights(module: nn.Module) -> None:
    """Matrices N(0, 0.02), biases 0, as in BERT."""
    for name, parameter in module.named_parameters(recurse=False):
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
        elif parameter.dim() > 1:
            nn.init.normal_(parameter, std=0.02)


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
    args = harness.parse(__doc__, size=("seq-len", 64, 1), batch_size=16, steps=100)
    model = Encoder()
    model.apply(init_weights)
    data = harness.batches(args, samples.documents(args, VOCABULARY, CLASSES, harness.INDEX))
    log = harness.start(args, "transformer", model)
    model.to(args.device)
    if args.execution == "compile":
        model = torch.compile(model)
    if args.mode == "train":
        train(args, model, data, log)
    else:
        infer(args, model, data, log)


if __name__ == "__main__":
    main()
