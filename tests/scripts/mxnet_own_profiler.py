"""A script that profiles itself, in the middle of a training."""
import sys

import mxnet as mx
from mxnet import autograd, gluon, nd

net = gluon.nn.Dense(4)
net.initialize()
trainer = gluon.Trainer(net.collect_params(), "sgd")


def train(steps):
    for _ in range(steps):
        with autograd.record():
            loss = net(nd.ones((2, 3))).sum()
        loss.backward()
        trainer.step(2)
    nd.waitall()


train(6)
mx.profiler.set_config(profile_imperative=True, filename=sys.argv[1], continuous_dump=False)
mx.profiler.set_state("run")
train(3)
mx.profiler.set_state("stop")
mx.profiler.dump()
print("FullyConnected" in open(sys.argv[1]).read())
train(3)
