"""A loss that overflows at step 8 and is NaN from step 12 on; big garbage is collected at step 20."""
import gc

import torch
from torch import nn

model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
for step in range(30):
    optimizer.zero_grad()
    loss = model(torch.ones(2, 4)).mean()
    if step == 8:
        loss = loss + float("inf")
    if step >= 12:
        loss = loss + float("nan")
    loss.backward()
    if step == 20:
        rings = [[] for _ in range(200_000)]
        for ring in rings:
            ring.append(ring)
        del rings, ring
        gc.collect()
    optimizer.step()
