"""The symbolic API: Module.fit with validation data, then predict."""
import logging

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.WARNING)
np.random.seed(0)
mx.random.seed(0)
data = mx.sym.Variable("data")
hidden = mx.sym.Activation(mx.sym.FullyConnected(data, num_hidden=32), act_type="relu")
output = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(hidden, num_hidden=10), name="softmax")
features = np.random.rand(90, 12).astype("float32")
labels = (np.arange(90) % 10).astype("float32")
train = mx.io.NDArrayIter(features, labels, 20)
valid = mx.io.NDArrayIter(features[:40], labels[:40], 20)
module = mx.mod.Module(output)
seen = []
module.fit(train, eval_data=valid, num_epoch=3, optimizer="sgd", batch_end_callback=lambda p: seen.append(p.nbatch))
print("batches", len(seen), "predicted", module.predict(valid).shape)
