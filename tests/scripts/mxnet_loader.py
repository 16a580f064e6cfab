"""Epochs over a DataLoader, with validation between them."""
import argparse

import numpy as np
import mxnet as mx
from mxnet import autograd, gluon

parser = argparse.ArgumentParser()
parser.add_argument("--workers", type=int, default=0)
parser.add_argument("--threads", action="store_true")
parser.add_argument("--epochs", type=int, default=2)
args = parser.parse_args()

np.random.seed(3)
mx.random.seed(3)
features = np.random.rand(100, 20).astype("float32")
labels = (np.arange(100) % 10).astype("float32")
train = gluon.data.DataLoader(gluon.data.ArrayDataset(features, labels), 16, shuffle=True, last_batch="keep", num_workers=args.workers, thread_pool=args.threads)
valid = gluon.data.DataLoader(gluon.data.ArrayDataset(features[:40], labels[:40]), 20)
assert len(train) == 7, len(train)

net = gluon.nn.HybridSequential()
net.add(gluon.nn.Dense(32, activation="relu"), gluon.nn.Dropout(0.2), gluon.nn.Dense(10))
net.initialize()
net.hybridize()
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
trainer = gluon.Trainer(net.collect_params(), "adam")
for epoch in range(args.epochs):
    total = 0.0
    for data, label in train:
        data, label = data.as_in_context(mx.cpu()), label.as_in_context(mx.cpu())
        with autograd.record():
            loss = loss_of(net(data), label)
        loss.backward()
        trainer.step(data.shape[0])
        total += loss.mean().asscalar()
    accuracy = mx.metric.Accuracy()
    for data, label in valid:
        output = net(data)
        loss_of(output, label)
        accuracy.update(label, output)
    print("epoch", epoch, "%.3f" % total, accuracy.get()[0])
iterator = iter(valid)
print(type(iterator).__name__, len(next(iterator)))
