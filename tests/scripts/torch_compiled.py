"""torch.compile, trained; prints what Dynamo counted."""
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(8, 16)
        self.second = nn.Linear(16, 4)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


torch.manual_seed(0)
model = Net()
compiled = torch.compile(model, backend="aot_eager")
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x, y = torch.randn(10, 8), torch.randint(0, 4, (10,))
for _ in range(6):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(compiled(x), y)
    loss.backward()
    optimizer.step()
from torch._dynamo.utils import counters

print("%.6f" % loss.item(), dict(counters["frames"]), dict(counters["graph_break"]))
print(dict(counters["stats"]))
