"""A loss that overflows at step 8 and is NaN from step 12 on; big garbage is collected at step 20."""
import gc
import time

import mxnet as mx
from mxnet import autograd, gluon, nd

net = gluon.nn.Dense(1, in_units=4)
net.initialize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.0})
x = nd.ones((2, 4))
for step in range(30):
    with autograd.record():
        loss = net(x).mean()
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
    trainer.step(2)
    loss.wait_to_read()
    time.sleep(0.006)  # the losses of shorter steps are not all read
mx.nd.waitall()
