"""A GPT-2 style decoder as a language model: python gpt.py --batch-size 8 --seq-len 64."""

import argparse

import harness  # type: ignore[import-not-found]  # run by path, beside this file
import samples  # type: ignore[import-not-found]  # run by path, found through harness
import torch
import torch.nn.functional as F  # noqa: N812  # as everybody does
from progress import Progress  # type: ignore[import-not-found]  # run by path, through harness
from torch import nn

VOCABULARY = 8192
WIDTH = 256
HEADS = 4
HIDDEN = 1024
LAYERS = 4
CONTEXT = 1024


class SelfAttention(nn.Module):
    """Causal scaled dot-product attention of all heads."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.project = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, time, width) → the same; a token sees those before it and itself."""
        batch, time, width = x.shape
        qkv = self.qkv(x).view(batch, time, 3, HEADS, width // HEADS)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.project(mixed.transpose(1, 2).reshape(batch, time, width))


class Block(nn.Module):
    """Attention and a feed-forward net, each on the normalised input and added to it."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.attention = SelfAttention()
        self.norm2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, WIDTH))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, time, width) → the same."""
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """Learned positions, pre-norm blocks, and the token embedding again as the classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.norm = nn.LayerNorm(WIDTH)
        self.output = nn.Linear(WIDTH, VOCABULARY, bias=False)
        self.output.weight = self.tokens.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(batch, time) → (batch, time, vocabulary); time is at most CONTEXT."""
        time = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.tokens(tokens) + self.positions(time)
        return self.output(self.norm(self.blocks(x)))


def init_weights(module: nn.Module) -> None:
    """Matrices N(0, 0.02), biases 0, as in GPT-2."""
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
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
    args = harness.parse(__doc__, size=("seq-len", 64, 1), batch_size=8, steps=100)
    model = GPT()
    model.apply(init_weights)
    data = harness.batches(args, samples.sentences(args, VOCABULARY, harness.INDEX))
    log = harness.start(args, "gpt", model)
    model.to(args.device)
    if args.execution == "compile":
        model = torch.compile(model)
    if args.mode == "train":
        train(args, model, data, log)
    else:
        infer(args, model, data, log)


if __name__ == "__main__":
    main()
