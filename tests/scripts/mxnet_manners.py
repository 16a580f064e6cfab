"""Looks closely at what an agent might have touched: signatures, types, copies, messages."""
import copy
import inspect
import pickle
import types

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

net = gluon.nn.Dense(4, in_units=3)
net.initialize()
trainer = gluon.Trainer(net.collect_params(), "sgd")
x = nd.ones((2, 3))
for _ in range(5):
    with autograd.record():
        loss = net(x).astype("float16")
    loss.backward()
    trainer.step(2)
print(inspect.signature(gluon.Trainer.step), inspect.signature(gluon.Block.__call__), gluon.Trainer.step.__qualname__)
loader = gluon.data.DataLoader(gluon.data.ArrayDataset(np.ones((6, 2))), 2)
iterator = iter(loader)
print(isinstance(iterator, types.GeneratorType), len(loader), next(iterator).shape)
iterator.close()
print(pickle.loads(pickle.dumps(loss)).dtype, copy.deepcopy(mx.io.NDArrayIter(np.ones((4, 2)), batch_size=2)).batch_size)
pickle.dumps(gluon.data.vision.transforms.ToTensor())
for call in (lambda: gluon.nn.Dense(3)(), lambda: net(x, bad=1), lambda: gluon.Trainer(bad=1)):
    try:
        call()
    except TypeError as error:
        print(error)
