"""Counts the operations of the torch workloads: torch_flops.py FOLDER '{"mlp": {...}, ...}'."""

import importlib.util
import json
import sys

folder, wanted = sys.argv[1], json.loads(sys.argv[2])
sys.path.insert(0, folder)
sys.argv = ["workload"]

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

CLASSES = {
    "mlp": "MLP", "resnet18": "ResNet18", "mobilenet_v2": "MobileNetV2",
    "lstm": "LanguageModel", "transformer": "Encoder", "gpt": "GPT",
}
found = {}
for name, knobs in wanted.items():
    spec = importlib.util.spec_from_file_location(name, "%s/%s.py" % (folder, name))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    batch = knobs["batch_size"]
    if "features" in knobs:
        inputs = torch.randn(batch, knobs["features"])
    elif "image_size" in knobs:
        inputs = torch.randn(batch, 3, knobs["image_size"], knobs["image_size"])
    else:
        inputs = torch.randint(0, 100, (batch, knobs["seq_len"]))
    arguments = [knobs["features"]] if "features" in knobs else []
    model = getattr(module, CLASSES[name])(*arguments)
    # The counter knows neither oneDNN's LSTM nor the CPU's flash attention.
    with torch.backends.mkldnn.flags(enabled=False), sdpa_kernel(SDPBackend.MATH):
        with FlopCounterMode(display=False) as counter:
            outputs = model(inputs)
            forward = counter.get_total_flops()
            outputs.sum().backward()
        found[name] = [forward, counter.get_total_flops()]
print(json.dumps(found))
