"""DataLoader with workers, two epochs, validation after each. usage: torch_loader.py [workers]"""
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def main():
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    torch.manual_seed(0)
    train = TensorDataset(torch.randn(70, 8), torch.randint(0, 3, (70,)))
    test = TensorDataset(torch.randn(40, 8), torch.randint(0, 3, (40,)))
    train_loader = DataLoader(train, batch_size=16, shuffle=True, num_workers=workers)
    test_loader = DataLoader(test, batch_size=20)
    model = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 3))
    optimizer = torch.optim.Adam(model.parameters())
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(2):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        model.eval()
        correct = 0
        with torch.no_grad():
            for x, y in test_loader:
                correct += (model(x).argmax(1) == y).sum().item()
        scheduler.step()
        print("epoch", epoch, "loss %.5f" % loss.item(), "correct", correct)


if __name__ == "__main__":
    main()
