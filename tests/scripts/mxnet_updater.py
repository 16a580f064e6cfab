"""An executor and an updater by hand, parameter by parameter; a PrefetchingIter in front."""
import mxnet as mx
import numpy as np

np.random.seed(0)
output = mx.sym.LinearRegressionOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc"), name="lin")
executor = output.simple_bind(mx.cpu(), data=(16, 8), lin_label=(16, 1))
updater = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.01))
source = mx.io.PrefetchingIter(mx.io.NDArrayIter(np.random.rand(64, 8).astype("f"), np.random.rand(64, 1).astype("f"), 16, label_name="lin_label"))
names = [name for name in output.list_arguments() if name.startswith("fc")]
for epoch in range(3):
    source.reset()
    for batch in source:
        executor.forward(is_train=True, data=batch.data[0], lin_label=batch.label[0])
        executor.backward()
        for index, name in enumerate(names):
            updater(index, executor.grad_dict[name], executor.arg_dict[name])
print(executor.outputs[0].shape)
