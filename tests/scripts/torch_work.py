"""A training whose step is so many products of matrices: one knob of known effect."""

import argparse

import torch

parser = argparse.ArgumentParser()
parser.add_argument("--work", type=int, default=100)
work = parser.parse_args().work

torch.set_num_threads(1)
torch.manual_seed(0)
parameter = torch.nn.Parameter(torch.zeros(4))
optimizer = torch.optim.SGD([parameter], lr=0.1)
matrix = torch.randn(160, 160)
while True:
    optimizer.zero_grad()
    for _ in range(work):
        torch.mm(matrix, matrix)
    parameter.sum().backward()
    optimizer.step()
