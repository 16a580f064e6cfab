"""The GPU side of the sampler against a real C library that does as it is told."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from diptych.profiling.runner import facts
from diptych.profiling.sampling import gpu

_SOURCE = Path(__file__).parent.parent / "data" / "fake_nvml.c"

Record = dict[str, Any]


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders that hold the fake library, as of today and of an old driver."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: the fake GPU library cannot be built")
    folders = {}
    for name, flags in (("new", []), ("old", ["-DOLD"])):
        folders[name] = tmp_path_factory.mktemp(name)
        target = folders[name] / "libnvidia-ml.so.1"
        options = ["-shared", "-fPIC", "-Wl,-soname,libnvidia-ml.so.1", *flags]
        subprocess.run([compiler, *options, "-o", str(target), str(_SOURCE)], check=True)
    return folders


@dataclass
class Bench:
    """A sampler over a sleeping process, with a script for its GPU library."""

    directory: Path
    script: Path
    worker: subprocess.Popen[bytes]
    sampler: subprocess.Popen[bytes]

    def orders(self, *lines: str) -> None:
        temporary = self.script.with_suffix(".new")
        temporary.write_text("".join(f"{line}\n" for line in lines))
        temporary.replace(self.script)

    def records(self, kind: str) -> list[Record]:
        data = (self.directory / "events" / "system.jsonl").read_bytes()
        found = [json.loads(line) for line in data.split(b"\n")[:-1]]
        return [record for record in found if record["k"] == kind]

    def wait(self, kind: str, fits: Callable[[Record], object] = lambda _: True) -> Record:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            for record in self.records(kind):
                if fits(record):
                    return record
            time.sleep(0.02)
        pytest.fail(f"no such {kind}; the last: {self.records(kind)[-1:]}")


Start = Callable[..., Bench]


@pytest.fixture
def bench(
    libraries: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Start]:
    started: list[Bench] = []

    def start(*orders: str, library: str = "new") -> Bench:
        script = tmp_path / "orders"
        monkeypatch.setenv("FAKE_NVML", str(script))
        monkeypatch.setenv("LD_LIBRARY_PATH", str(libraries[library]))
        (tmp_path / "events").mkdir()
        worker = subprocess.Popen(["sleep", "300"])
        script.write_text("".join(f"{o.format(pid=worker.pid)}\n" for o in orders))
        command = [sys.executable, "-m", "diptych.profiling.cli", "_sampler"]
        sampler = subprocess.Popen([*command, str(tmp_path), str(worker.pid), "--hz", "20"])
        started.append(Bench(tmp_path, script, worker, sampler))
        _until((tmp_path / "events" / "system.jsonl").exists)
        return started[-1]

    yield start
    for one in started:
        one.worker.kill()
        one.worker.wait()
        try:
            assert one.sampler.wait(20) == 0, "the sampler ends with its worker"
        finally:
            one.sampler.kill()


def _until(look: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_values_with_their_units(bench: Start) -> None:
    one = bench("throttle=0x24", "pid={pid}", "pidmem=4096")
    assert one.wait("nvml")["state"] == "ok"
    info = one.wait("gpu_info")
    assert (info["name"], info["driver"]) == ("Fake GPU", "570.00-simulated")
    assert (info["mem_total"], info["power_limit"], info["simulated"]) == (80000, 700.0, True)
    sample = one.wait("gpu")
    assert sample["util"] == 57.0
    assert (sample["mem_used"], sample["mem_reserved"]) == (20000, 500)
    assert (sample["power"], sample["energy"]) == (345.678, 1 << 40)
    assert (sample["temperature"], sample["sm_clock"], sample["mem_clock"]) == (61.0, 1980, 2619)
    assert sample["throttle"] == ["power cap", "software thermal limit"]
    assert sample["tree_mem"] == 4096
    assert sample["reasons"] == {}


def test_values_follow(bench: Start) -> None:
    one = bench("util=11")
    one.wait("gpu", lambda r: r["util"] == 11)
    one.orders("util=0")
    one.wait("gpu", lambda r: r["util"] == 0)


@pytest.mark.parametrize(
    ("number", "reason"),
    [(3, "not_supported"), (4, "no_permission"), (15, "lost"), (777, "unknown")],
)
def test_a_failing_call_is_a_gap_with_its_reason(bench: Start, number: int, reason: str) -> None:
    names = (
        "nvmlDeviceGetUtilizationRates",
        "nvmlDeviceGetMemoryInfo",
        "nvmlDeviceGetMemoryInfo_v2",
        "nvmlDeviceGetTemperature",
        "nvmlDeviceGetClockInfo",
        "nvmlDeviceGetPowerUsage",
        "nvmlDeviceGetTotalEnergyConsumption",
        "nvmlDeviceGetFieldValues",
        "nvmlDeviceGetCurrentClocksEventReasons",
        "nvmlDeviceGetComputeRunningProcesses_v3",
    )
    one = bench(*(f"{name}={number}" for name in names))
    sample = one.wait("gpu")
    fields = (
        *("util", "mem_used", "mem_reserved", "power", "energy", "temperature"),
        *("sm_clock", "mem_clock", "tree_mem"),
    )
    assert {name: sample[name] for name in fields} == dict.fromkeys(fields)
    assert sample["reasons"] == dict.fromkeys((*fields, "throttle"), reason)
    assert one.wait("host")
    assert one.wait("proc")


def test_fields_that_fail_alone_fall_back(bench: Start) -> None:
    sample = bench("fields=3").wait("gpu")
    assert (sample["power"], sample["energy"]) == (111.0, 222)


def test_an_old_driver(bench: Start) -> None:
    sample = bench(library="old").wait("gpu")
    assert (sample["util"], sample["power"], sample["energy"]) == (57.0, 111.0, 222)
    assert (sample["mem_used"], sample["mem_reserved"]) == (20500, None)
    assert sample["throttle"] == []
    missing = ("mem_reserved", "throttle", "tree_mem")
    assert sample["reasons"] == dict.fromkeys(missing, "not_supported")


def test_a_process_that_is_not_there_holds_nothing_or_nobody_knows(bench: Start) -> None:
    sample = bench("pid=999999999").wait("gpu")
    if gpu.in_first_pid_namespace():
        assert sample["tree_mem"] == 0
    else:
        assert (sample["tree_mem"], sample["reasons"]["tree_mem"]) == (None, "unknown")


def test_a_hang_leaves_the_host_and_a_restart_brings_it_back(bench: Start) -> None:
    one = bench()
    one.wait("gpu")
    one.orders("nvmlDeviceGetTemperature=hang")
    hung = one.wait("nvml", lambda r: r["state"] == "hung")
    hosts = [r["t"] for r in one.records("host")]
    pauses = [later - earlier for earlier, later in pairwise(hosts)]
    assert max(pauses) < 2_500_000_000, "the machine is sampled on, though the GPU hangs for 3 s"
    one.orders("util=99")
    one.wait("nvml", lambda r: r["state"] == "restarted" and r["t"] > hung["t"])
    one.wait("gpu", lambda r: r["util"] == 99)


def test_a_crash_is_told_and_survived(bench: Start) -> None:
    one = bench()
    one.wait("gpu")
    one.orders("nvmlDeviceGetTemperature=segv")
    failed = one.wait("nvml", lambda r: r["state"] == "failed")
    assert "SIGSEGV" in failed["text"]
    one.orders()
    one.wait("nvml", lambda r: r["state"] == "restarted")
    assert one.sampler.poll() is None


@pytest.mark.parametrize(
    ("orders", "state", "text"),
    [
        ("nvmlInitWithFlags=9", "absent", "not loaded"),
        ("nvmlInitWithFlags=4", "no_permission", "no permission"),
        ("nvmlInitWithFlags=18", "failed", "does not work"),
        ("count=0", "absent", "sees no GPU"),
    ],
)
def test_a_library_that_cannot_be_used(bench: Start, orders: str, state: str, text: str) -> None:
    one = bench(orders)
    said = one.wait("nvml")
    assert said["state"] == state
    assert text in said["text"]
    one.wait("proc", lambda r: r["cpu"] is not None)
    assert one.records("gpu") == []


def test_describe(
    libraries: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", str(libraries["new"]))
    monkeypatch.setenv("FAKE_NVML", str(tmp_path / "orders"))
    (described,), reason = facts.gpus()
    assert (described.name, described.memory, described.simulated) == ("Fake GPU", 80000, True)
    assert reason is None
    (tmp_path / "orders").write_text("nvmlInitWithFlags=segv\n")
    assert facts.gpus() == ((), "the GPU library crashed while it was asked")
    monkeypatch.setattr(facts, "_GPU_SECONDS", 1.0)
    (tmp_path / "orders").write_text("nvmlInitWithFlags=hang\n")
    assert facts.gpus() == ((), "the GPU library did not answer within 1 s")
