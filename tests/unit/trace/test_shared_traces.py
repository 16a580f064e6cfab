"""Checks against real GPU traces, with the sums worked out anew from the JSON."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from diptych.profiling.trace import kineto, operators

FOLDER = Path(__file__).parents[4] / "shared" / "traces"
FILES: list[Path | None] = [*sorted(FOLDER.glob("*.json.gz"))]


@pytest.fixture(scope="module", params=FILES or [None], ids=lambda p: p.name if p else "absent")
def data(request: pytest.FixtureRequest) -> bytes:
    if request.param is None:
        pytest.skip(f"no real traces in {FOLDER.name}/ beside the checkout")
    return gzip.decompress(request.param.read_bytes())


def test_calls_and_device_time_agree_with_the_raw_events(data: bytes) -> None:
    events: list[dict[str, Any]] = json.loads(data)["traceEvents"]
    complete = [e for e in events if e.get("ph") == "X"]
    calls = Counter(e["name"] for e in complete if e.get("cat") == "cpu_op")
    device = sum(
        round(e["dur"] * 1000)
        for e in complete
        if e.get("cat") in ("kernel", "gpu_memcpy", "gpu_memset")
    )

    summary = operators.summarise_kineto(kineto.load(data))

    counted: Counter[str] = Counter()
    for row in summary:
        if row.name != operators.UNTIED:
            counted[row.name] += row.calls
    assert counted == calls
    # start and end are rounded to ns each, so a kernel may differ by 1 ns
    assert sum(o.device_self or 0 for o in summary) == pytest.approx(device, abs=len(complete))
    assert all(0 <= (o.host_self or 0) <= (o.host_total or 0) for o in summary)
