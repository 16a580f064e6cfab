"""LBFGS: the closure runs forward and backward inside optimizer.step."""
import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(24, 3)
y = x @ torch.tensor([[1.0], [-2.0], [0.5]])
model = nn.Linear(3, 1)
optimizer = torch.optim.LBFGS(model.parameters(), max_iter=4)


def closure():
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    return loss


for _ in range(5):
    optimizer.step(closure)
print("%.6f" % closure().item())
