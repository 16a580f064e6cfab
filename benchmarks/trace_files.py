"""Makes large Kineto traces: one training step, written over and over.

Each repetition is moved in time and has ids of its own (correlations, flows,
External ids, sequence numbers, Python ids), so that the file is one long
trace. The step is a synthetic one of a small transformer on a GPU, or that of
a trace given. The same arguments give the same bytes.

``python -m benchmarks.trace_files OUT [--events N] [--base TRACE]``; OUT ends
in ``.json`` or ``.json.gz``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

BASE_TIME = 1_767_189_312_000_000_000
_KERNEL = (
    "void at::native::vectorized_elementwise_kernel<4, at::native::CUDAFunctor_add<float>, "
    "std::array<char*, 3ul> >(int, at::native::CUDAFunctor_add<float>, std::array<char*, 3ul>)"
)
_GEMM = "ampere_sgemm_128x64_tn"
_PID, _MAIN, _BACKWARD = 4242, 4242, 4301

IDS = ("correlation", "External id", "Sequence number", "Python id", "Python parent id", "Ev Idx")


class Step:
    """One step of training as events, times in ns."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self._now, self._device, self._id, self._sequence, self._held = 0, 9_000, 0, 0, 1 << 28

    def make(self, layers: int = 12) -> list[dict[str, Any]]:
        """Return the events."""
        begin, annotation = self._now, len(self.events)
        self._add("user_annotation", "ProfilerStep#0", _MAIN, 0, 0, {})
        forward = [self._layer(number) for number in range(layers)]
        for number, sequence in reversed(list(enumerate(forward))):
            self._backward(number, sequence)
        self._frame("torch/optim/adam.py(200): step", 8, self._optimizer)
        self.events[annotation]["dur"] = self._now - begin
        return self.events

    def _add(
        self, cat: str, name: str, tid: int | str, ts: int, dur: int, args: dict[str, Any],
        pid: int = _PID,
    ) -> dict[str, Any]:  # fmt: skip
        event = {
            "ph": "X", "cat": cat, "name": name, "pid": pid, "tid": tid, "ts": ts, "dur": dur,
            "args": args,
        }  # fmt: skip
        self.events.append(event)
        return event

    def _layer(self, number: int) -> int:
        first = self._sequence
        self._frame(f"nn.Module: Block_{number}", 3, lambda: self._operators(number))
        return first

    def _operators(self, number: int) -> None:
        for name, inner in (
            ("aten::linear", "aten::addmm"), ("aten::relu", "aten::clamp_min"),
            ("aten::matmul", "aten::bmm"), ("aten::softmax", "aten::_softmax"),
            ("aten::layer_norm", "aten::native_layer_norm"), ("aten::add", "aten::add_"),
        ):  # fmt: skip
            self._operator(name, inner, _MAIN, number, self._sequence, 0)
            self._sequence += 1

    def _backward(self, number: int, sequence: int) -> None:
        for place in range(5, -1, -1):
            at = sequence + place
            name = f"autograd::engine::evaluate_function: Node{place}Backward0"
            self._operator(name, f"Node{place}Backward0", _BACKWARD, number, at, 1)

    def _optimizer(self) -> None:
        for place in range(8):
            self._operator("aten::_foreach_add_", "aten::_foreach_mul_", _MAIN, place, -1, 0)

    def _frame(self, name: str, calls: int, inside: Any) -> None:
        event = self._python(name, 0)
        for call in range(calls):
            self._python(f"torch/nn/modules/module.py({1700 + call}): _call_impl", 4_000)
            self._now += 4_500
        inside()
        self._now += 1_000
        event["dur"] = self._now - event["ts"]

    def _python(self, name: str, dur: int) -> dict[str, Any]:
        self._id += 1
        args = {"Python parent id": self._id - 1, "Python id": self._id, "Ev Idx": self._id}
        self._now += 500
        return self._add("python_function", name, _MAIN, self._now, dur, args)

    def _operator(
        self, name: str, inner: str, tid: int, size: int, sequence: int, forward: int
    ) -> None:
        self._id += 1
        begin = self._now
        outer = self._add("cpu_op", name, tid, begin, 0, self._shapes(size, sequence, forward))
        self._id += 1
        called = self._add("cpu_op", inner, tid, begin + 1_500, 0, self._shapes(size, -1, 0))
        external = self._id
        self._now += 3_000
        self._memory(tid, 4096 * (size + 1))
        self._launch(tid, external, _GEMM if size % 2 else _KERNEL)
        called["dur"] = self._now - called["ts"] + 300
        self._memory(tid, -4096 * (size + 1))
        outer["dur"] = self._now - begin + 900
        self._now += 1_700

    def _shapes(self, size: int, sequence: int, forward: int) -> dict[str, Any]:
        args: dict[str, Any] = {"External id": self._id, "Record function id": 0}
        if sequence >= 0:
            args |= {"Sequence number": sequence, "Fwd thread id": forward}
        rows = 64 * (1 + size % 4)
        dims = [[rows, 512], [512, 512], []]
        return args | {
            "Concrete Inputs": ["", "", "1"],
            "Input type": ["float", "float", "Scalar"],
            "Input Strides": [[512, 1], [512, 1], []],
            "Input Dims": dims,
            "Ev Idx": self._id,
        }

    def _memory(self, tid: int, size: int) -> None:
        self._now += 200
        self._held += size
        args = {
            "Total Reserved": 1 << 30, "Total Allocated": self._held, "Bytes": size,
            "Addr": 140_000_000_000_000 + abs(size), "Device Id": 0, "Device Type": 1,
            "Ev Idx": self._id,
        }  # fmt: skip
        self.events.append(
            {"ph": "i", "cat": "cpu_instant_event", "s": "t", "name": "[memory]", "pid": _PID,
             "tid": tid, "ts": self._now, "args": args}
        )  # fmt: skip

    def _launch(self, tid: int, external: int, kernel: str) -> None:
        self._id += 1
        both = {"External id": external, "correlation": self._id}
        self._add("cuda_runtime", "cudaLaunchKernel", tid, self._now, 5_120, {**both, "cbid": 211})
        self._flow("s", tid, self._now, _PID)
        self._now += 6_000
        self._device = max(self._device + 400, self._now + 1_500)
        args = {
            "queued": 0, "device": 0, "context": 1, "stream": 7, "registers per thread": 32,
            "shared memory": 0, "blocks per SM": 4.740741, "warps per SM": 18.962963,
            "grid": [512, 1, 1], "block": [128, 1, 1], "est. achieved occupancy %": 30,
        }  # fmt: skip
        self._add("kernel", kernel, 7, self._device, 9_216, {**both, **args}, pid=0)
        self._flow("f", 7, self._device, 0)
        self._device += 9_216

    def _flow(self, phase: str, tid: int, ts: int, pid: int) -> None:
        end = {"bp": "e"} if phase == "f" else {}
        self.events.append(
            {"ph": phase, "id": self._id, "pid": pid, "tid": tid, "ts": ts, "cat": "ac2g",
             "name": "ac2g", **end}
        )  # fmt: skip


@dataclass(slots=True)
class _Template:
    """The text of one repetition, with room for its numbers."""

    text: str
    values: Any
    strides: Any
    """What is added to each number, a repetition."""
    times: Any
    """bool: numbers that are times, in ns, which take two places."""
    count: int

    def repeat(self, number: int) -> str:
        """Return repetition ``number``."""
        values = self.values + number * self.strides
        wide = np.stack([values // 1000, values % 1000], axis=1)
        places = np.stack([np.ones_like(self.times), self.times], axis=1)
        wide[~self.times, 0] = values[~self.times]
        return self.text % tuple(wide[places].tolist())


def _ns(value: float) -> int:
    return round(value * 1000)


def from_trace(path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the events of a Kineto trace with times in ns from its first, and its other keys."""
    raw = path.read_bytes()
    data = json.loads(gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw)
    events = [e for e in data.pop("traceEvents") if isinstance(e.get("ts"), (int, float))]
    first = min(_ns(e["ts"]) for e in events if e["ph"] == "X")
    for event in events:
        event["ts"] = max(0, _ns(event["ts"]) - first)
        if "dur" in event:
            event["dur"] = _ns(event["dur"])
    return events, data


def _template(events: list[dict[str, Any]]) -> _Template:
    span = max(e["ts"] + e.get("dur", 0) for e in events) + 10_000
    tops: dict[str, int] = {}
    for event in events:
        for key, value in _ids(event):
            tops[key] = max(tops.get(key, 0), value)
    # Correlations are ids of flows too: both move by the same.
    shared = max(tops.get("correlation", 0), tops.get("id", 0)) + 1
    strides = {key: top + 1 for key, top in tops.items()} | {"correlation": shared, "id": shared}
    text, values, steps, times = [], [], [], []
    for event in events:
        piece, numbers = _text(event)
        text.append(piece)
        for key, value in numbers:
            values.append(value)
            times.append(key in ("ts", "dur"))
            steps.append(span if key == "ts" else 0 if key == "dur" else strides[key])
    arrays = np.array(values, np.int64), np.array(steps, np.int64), np.array(times, bool)
    return _Template(",\n".join(text), *arrays, len(events))


def _ids(event: dict[str, Any]) -> Iterator[tuple[str, int]]:
    if isinstance(event.get("id"), int):
        yield "id", event["id"]
    for key, value in event.get("args", {}).items():
        if key in IDS and isinstance(value, int):
            yield key, value


_PLACE = re.compile(r'"\\u0001([^"\\]*)\\u0001"')


def _text(event: dict[str, Any]) -> tuple[str, list[tuple[str, int]]]:
    """Write an event as Kineto does, with places for its numbers."""
    numbers: dict[str, int] = {key: event[key] for key in ("ts", "dur") if key in event}
    ids = dict(_ids(event))
    marked = {k: f"\x01{k}\x01" if k in numbers or k in ids else v for k, v in event.items()}
    if "args" in event:
        args = event["args"]
        marked["args"] = {k: f"\x01{k}\x01" if k in ids else v for k, v in args.items()}
    numbers |= ids
    raw = json.dumps(marked).replace("%", "%%")
    order = [(m[1], numbers[m[1]]) for m in _PLACE.finditer(raw)]
    if event.get("name", "").startswith("ProfilerStep#"):
        raw = re.sub(r'"ProfilerStep#\d+"', '"ProfilerStep#\x02"', raw)
    raw = _PLACE.sub(lambda m: "%d.%03d" if m[1] in ("ts", "dur") else "%d", raw)
    return "  " + raw.replace('"pid"', '\n    "pid"').replace('"args"', '\n    "args"'), order


def write(path: Path, events: int, base: Path | None = None) -> int:
    """Write at least ``events`` events; return how many."""
    if base is None:
        step, top = Step().make(), {
            "schemaVersion": 1,
            "deviceProperties": [{"id": 0, "name": "NVIDIA A100-SXM4-40GB", "numSms": 108}],
            "distributedInfo": {"backend": "nccl", "rank": 0, "world_size": 1},
            "displayTimeUnit": "ms",
        }  # fmt: skip
    else:
        step, top = from_trace(base)
    top["baseTimeNanoseconds"] = BASE_TIME
    template = _template(step)
    repeats = max(1, -(-events // template.count))
    with _opened(path) as out:
        out.write((json.dumps(top)[:-1] + ',\n"traceEvents": [\n').encode())
        for number in range(repeats):
            text = template.repeat(number).replace("\x02", str(number))
            out.write(text.encode())
            out.write(b",\n" if number + 1 < repeats else b"\n")
        out.write(b"]}\n")
    return repeats * template.count


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("wb") as file:
        if path.suffix != ".gz":
            yield file
            return
        from isal import igzip

        # Neither name nor time in the file: the same arguments give the same bytes.
        kind: Any = igzip.IGzipFile
        with kind(filename="", fileobj=file, mode="wb", compresslevel=1, mtime=0) as zipped:
            yield zipped


def main() -> None:
    """Write the file that is asked for."""
    parser = argparse.ArgumentParser(description="Write a large Kineto trace.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--base", type=Path)
    args = parser.parse_args()
    count = write(args.out, args.events, args.base)
    print(f"{args.out}: {count:,} events, {args.out.stat().st_size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
