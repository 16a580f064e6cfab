"""Fetches batches in a thread of its own, before the training thread does anything."""

import queue
import threading

import torch
from torch.utils.data import DataLoader, TensorDataset

batches = queue.Queue()


def fetch():
    for batch in DataLoader(TensorDataset(torch.ones(64, 8)), batch_size=4):
        batches.put(batch)
    batches.put(None)


threading.Thread(target=fetch).start()
net = torch.nn.Linear(8, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
steps = 0
while True:
    batch = batches.get()
    if batch is None:
        break
    optimizer.zero_grad()
    net(batch[0]).sum().backward()
    optimizer.step()
    steps += 1
print(steps, "steps")
