"""An operator fails in the engine's thread; the script learns it where it looks."""
import time

import mxnet as mx
from mxnet import autograd, gluon, nd

net = gluon.nn.Dense(4)
net.initialize()
trainer = gluon.Trainer(net.collect_params(), "sgd")
for step in range(5):
    x = nd.random.normal(0, -1 if step == 3 else 1, shape=(2, 3))
    with autograd.record():
        loss = net(x).sum()
    loss.backward()
    trainer.step(2)
time.sleep(0.3)
print("dispatched", flush=True)
print(loss.asscalar())
