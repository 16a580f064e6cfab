"""What the machine does while a run lasts, honestly: a value, or the reason for none.

`nvml` is the one place that calls the GPU library; `gpu_child` runs it in a
process that may hang or crash; `host` asks psutil; `sampler` writes the journal.
"""
