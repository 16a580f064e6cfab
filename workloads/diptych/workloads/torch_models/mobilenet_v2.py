"""MobileNetV2 (Sandler et al. 2018) on images: python mobilenet_v2.py --batch-size 8."""

import argparse

import harness  # type: ignore[import-not-found]  # run by path, beside this file
import samples  # type: ignore[import-not-found]  # run by path, found through harness
import torch
import torch.nn.functional as F  # noqa: N812  # as everybody does
from progress import Progress  # type: ignore[import-not-found]  # run by path, through harness
from torch import nn

CLASSES = 1000
# Expansion, channels, blocks, stride of the first block.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Module:
    """Make a convolution, batch normalisation and ReLU6."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(),
    )


class InvertedResidual(nn.Module):
    """Expand (1×1), filter each channel (3×3), project (1×1); add the input where it fits."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        self.body = nn.Sequential()
        if expansion != 1:
            self.body.append(conv_bn(inputs, hidden, 1))
        self.body.append(conv_bn(hidden, hidden, 3, stride, groups=hidden))
        self.body.append(nn.Conv2d(hidden, outputs, 1, bias=False))
        self.body.append(nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, inputs, h, w) → (batch, outputs, h / stride, w / stride)."""
        return x + self.body(x) if self.residual else self.body(x)


class MobileNetV2(nn.Module):
    """Stem, inverted residuals, 1280 features, global pooling, classifier (no dropout)."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(conv_bn(3, 32, 3, stride=2))
        inputs = 32
        for expansion, outputs, blocks, first in STAGES:
            for block in range(blocks):
                stride = first if block == 0 else 1
                self.features.append(InvertedResidual(inputs, outputs, stride, expansion))
                inputs = outputs
        self.features.append(conv_bn(inputs, 1280, 1))
        self.output = nn.Linear(1280, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, 3, h, w) → (batch, classes)."""
        x = self.features(x)
        return self.output(F.adaptive_avg_pool2d(x, 1).flatten(1))


def init_weights(module: nn.Module) -> None:
    """He et al. (2015) fan in for convolutions, N(0, 0.01) for the classifier, biases 0."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.01)
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
    args = harness.parse(__doc__, size=("image-size", 64, 32), batch_size=8, steps=100)
    model = MobileNetV2()
    model.apply(init_weights)
    data = harness.batches(args, samples.images(args, CLASSES, harness.INDEX))
    log = harness.start(args, "mobilenet_v2", model)
    model.to(args.device)
    if args.execution == "compile":
        model = torch.compile(model)
    if args.mode == "train":
        train(args, model, data, log)
    else:
        infer(args, model, data, log)


if __name__ == "__main__":
    main()
