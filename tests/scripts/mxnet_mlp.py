"""An MLP on random data, as people write it: no synchronisation but at the end."""
import argparse
import itertools
import os
import sys
import time

import numpy as np
import mxnet as mx
from mxnet import autograd, gluon, nd

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=30)
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--hidden", type=int, default=256)
parser.add_argument("--hybridize", action="store_true")
parser.add_argument("--accumulate", type=int, default=1)
parser.add_argument("--until", help="go on until this file exists")
args = parser.parse_args()

mx.random.seed(1)
np.random.seed(1)
net = gluon.nn.HybridSequential()
net.add(gluon.nn.Dense(args.hidden, activation="relu"), gluon.nn.Dense(args.hidden, activation="relu"), gluon.nn.Dense(10))
net.initialize(mx.init.Xavier())
if args.hybridize:
    net.hybridize(static_alloc=True, static_shape=True)
if args.accumulate > 1:
    for parameter in net.collect_params().values():
        parameter.grad_req = "add"
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
x = nd.random.uniform(shape=(args.batch, 32))
y = nd.array(np.arange(args.batch) % 10)
began = time.perf_counter()
for step in itertools.count():
    if os.path.exists(args.until) if args.until else step == args.steps:
        break
    for _ in range(args.accumulate):
        with autograd.record():
            loss = loss_of(net(x), y)
        loss.backward()
    trainer.step(args.batch * args.accumulate)
    if args.accumulate > 1:
        net.collect_params().zero_grad()
mx.nd.waitall()
print(time.perf_counter() - began, file=sys.stderr)
print("loss %.4f" % loss.mean().asscalar())
