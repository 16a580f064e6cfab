"""ResNet-18 (He et al. 2015) on images: python resnet18.py --batch-size 32 --steps 100."""

import argparse

import harness  # type: ignore[import-not-found]  # run by path, beside this file
import samples  # type: ignore[import-not-found]  # run by path, found through harness
import torch
import torch.nn.functional as F  # noqa: N812  # as everybody does
from progress import Progress  # type: ignore[import-not-found]  # run by path, through harness
from torch import nn

CLASSES = 1000


def conv3x3(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    """Make a 3×3 convolution that keeps the size (at stride 1), without bias."""
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = conv3x3(inputs, outputs, stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = conv3x3(outputs, outputs)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, inputs, h, w) → (batch, outputs, h / stride, w / stride)."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + self.shortcut(x))


class ResNet18(nn.Module):
    """Stem, four stages of two blocks, global pooling, classifier: any image size."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        blocks = []
        inputs = 64
        for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
            blocks += [BasicBlock(inputs, outputs, stride), BasicBlock(outputs, outputs, 1)]
            inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.output = nn.Linear(512, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, 3, h, w) → (batch, classes)."""
        x = self.blocks(self.stem(x))
        return self.output(F.adaptive_avg_pool2d(x, 1).flatten(1))


def init_weights(module: nn.Module) -> None:
    """He et al. (2015) fan out for convolutions, N(0, 0.01) for the classifier, biases 0."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
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
    args = harness.parse(__doc__, size=("image-size", 64, 32), batch_size=16, steps=100)
    model = ResNet18()
    model.apply(init_weights)
    data = harness.batches(args, samples.images(args, CLASSES, harness.INDEX))
    log = harness.start(args, "resnet18", model)
    model.to(args.device)
    if args.execution == "compile":
        model = torch.compile(model)
    if args.mode == "train":
        train(args, model, data, log)
    else:
        infer(args, model, data, log)


if __name__ == "__main__":
    main()
