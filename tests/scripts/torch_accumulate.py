"""Gradient accumulation: four micro-batches of 8 to a step."""
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Linear(6, 1)
optimizer = torch.optim.AdamW(model.parameters())
for micro in range(20):
    x = torch.randn(8, 6)
    loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)) / 4
    loss.backward()
    if micro % 4 == 3:
        optimizer.step()
        optimizer.zero_grad()
print("%.6f" % loss.item())
