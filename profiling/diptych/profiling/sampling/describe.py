"""``python -m diptych.profiling.sampling.describe``: the GPUs as one JSON object.

``{"gpus": [GpuDescription ...], "reason": null | text}``; in a process of its
own, because the library may hang or crash.
"""

from __future__ import annotations

import sys

import msgspec

from diptych.profiling.records.manifest import GpuDescription


def gpus() -> tuple[list[GpuDescription], str | None]:
    """Return the GPUs of this machine, or none and why."""
    from diptych.profiling.sampling import gpu, nvml

    state = nvml.start()
    if state.state != "ok":
        return [], state.text
    found = [gpu.describe(index, handle) for index, handle in nvml.handles().items()]
    described = [
        GpuDescription(
            index=item["index"],
            name=item["name"],
            memory=item["mem_total"],
            driver=item["driver"],
            simulated=item["simulated"],
        )
        for item in found
    ]
    return described, None if described else "no GPU could be opened"


def main() -> None:
    """Print the answer."""
    found, reason = gpus()
    sys.stdout.buffer.write(msgspec.json.encode({"gpus": found, "reason": reason}))


if __name__ == "__main__":
    main()
