"""Fails inside the network, in the middle of a training."""
import sys

import mxnet as mx
from mxnet import autograd, gluon, nd


class Net(gluon.Block):
    def __init__(self):
        super().__init__()
        self.dense = gluon.nn.Dense(4)
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        if self.calls == 4:
            raise RuntimeError("the fourth call fails")
        return self.dense(x)


net = Net()
net.initialize()
trainer = gluon.Trainer(net.collect_params(), "sgd")
if sys.argv[1:] == ["exit"]:
    sys.exit(7)
while True:
    with autograd.record():
        loss = net(nd.ones((2, 3))).sum()
    loss.backward()
    trainer.step(2)
