"""Distillation: a frozen teacher is called in every step."""
import torch
from torch import nn

torch.manual_seed(0)
teacher = nn.Linear(4, 2).eval()
student = nn.Linear(4, 2)
optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
for _ in range(5):
    x = torch.randn(9, 4)
    with torch.no_grad():
        target = teacher(x)
    loss = nn.functional.mse_loss(student(x), target)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
print("%.6f" % loss.item())
