"""Inference only: an exported network, loaded again as a SymbolBlock."""
import os
import sys
import tempfile

import mxnet as mx
from mxnet import gluon, nd

net = gluon.nn.HybridSequential()
net.add(gluon.nn.Dense(64, activation="relu"), gluon.nn.Dense(10))
net.initialize()
net.hybridize()
net(nd.ones((1, 20)))
with tempfile.TemporaryDirectory() as folder:
    net.export(os.path.join(folder, "net"))
    served = gluon.SymbolBlock.imports(os.path.join(folder, "net-symbol.json"), ["data"], os.path.join(folder, "net-0000.params"))
for _ in range(20):
    output = served(nd.random.uniform(shape=(5, 20)))
print(output.shape, file=sys.stdout)
