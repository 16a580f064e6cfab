"""Damaged and odd trace files, by name; each with what may be asked of it.

Run as a script it opens every one of them and prints ``ok``: so the same files
can be opened by a reader that checks every access.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

X = {"ph": "X", "name": "a", "cat": "cpu_op", "pid": 1, "tid": 1}


def event(**keys: Any) -> str:
    """Return an event as JSON; an ``X`` but for what is said."""
    return json.dumps({**X, **keys})


def top(*events: str) -> bytes:
    """Return a file of events."""
    return ('{"traceEvents": [' + ",\n".join(events) + "]}").encode()


def whole() -> bytes:
    """Return a small file with something of everything."""
    mark = {"ph": "i", "name": "[memory]", "pid": 1, "tid": 1, "ts": 2.5}
    flow = {"name": "ac2g", "cat": "ac2g", "id": 7}
    return top(
        event(ts=1.25, dur=9, args={"External id": 3, "Input Dims": [[2, 3], []]}),
        event(ph="M", name="process_name", args={"name": 'p "q" \\ é'}),
        event(ts=2, dur=1, name="launch", cat="cuda_runtime", args={"correlation": 7}),
        event(ts=4, dur=2, pid=0, tid=7, cat="kernel", args={"correlation": 7, "device": 0}),
        json.dumps({**flow, "ph": "s", "pid": 1, "tid": 1, "ts": 2}),
        json.dumps({**flow, "ph": "f", "bp": "e", "pid": 0, "tid": 7, "ts": 4}),
        json.dumps({**mark, "args": {"Bytes": -5, "Addr": 2**64 - 1}}),
        json.dumps({"ph": "C", "name": "c", "pid": 1, "ts": 3, "args": {"u": 1, "v": 2.5}}),
        json.dumps({"ph": "B", "name": "b", "pid": "p", "tid": "t", "ts": 3}),
        json.dumps({"ph": "E", "name": "b", "pid": "p", "tid": "t", "ts": 5}),
    )


def _deep(count: int) -> str:
    return '{"a":' * count + "1" + "}" * count


def cases() -> dict[str, bytes]:
    """Return the files."""
    rng = random.Random(3)
    good = event(ts=1, dur=2)
    args = '{"ph":"X","name":"e","pid":1,"tid":1,"ts":1,"dur":2,"args":%s}'
    return {
        "empty": b"",
        "spaces": b" \n ",
        "zeros": b"\0" * 1000,
        "text": b"hello",
        "number": b"12",
        "no list": b'{"a": 1}',
        "null list": b'{"traceEvents": null}',
        "utf-16": '{"traceEvents": []}'.encode("utf-16"),
        "empty list": b"[]",
        "mark": b"\xef\xbb\xbf" + top(good),
        "no events in the list": b'{"traceEvents": [null, 5, "x", [1], true]}',
        "whole": whole(),
        "not a number": top(event(ts=float("nan"), dur=2), event(ts=1, dur=float("inf")), good),
        "too large": top(event(ts=1e300, dur=2), event(ts=1, dur=1e300), good),
        "texts for numbers": top(event(pid="p", tid='t "q"', ts="1.5", dur="2")),
        "large tids": top(event(pid=2**63 + 5, tid=2**64 - 1, ts=1, dur=2)),
        "lacking": top(event(dur=2), event(ts=2), '{"name": "a", "ts": 1}', good),
        "negative": top(event(ts=5, dur=-2), event(ts=-5, dur=2)),
        "twice": b'[{"ph":"B","ph":"X","name":"a","name":"b","ts":1,"ts":2,"dur":3,'
        b'"args":{"correlation":1},"args":{"External id":2}}]',
        "deep lists": top(args % ('{"a":' + "[" * 10**5 + "]" * 10**5 + "}"), good),
        "deep objects": top(args % _deep(10**5), good),
        "deep and open": b'{"traceEvents": [' + b'{"args":[' * 20_000,
        "deep slices": top(*(event(ts=n, dur=4 * 10**5 - 2 * n) for n in range(10**5))),
        "overlapping": top(*(event(ts=n, dur=5000.5) for n in range(2000))),
        "at one time": top(*(event(ts=5, dur=rng.randint(0, 9)) for _ in range(5000))),
        "unescaped": b'[\n{\n"ph": "X",\n"name": "a "q" \x01 \t b",\n"pid": 1, "ts": 1,"dur": 2'
        b"\n},\n" + good.encode() + b"]",
        "no UTF-8": b'[{"ph":"X","name":"\xff\xfe","pid":1,"tid":1,"ts":1,"dur":2}]',
        "half a pair": b'[{"ph":"X","name":"\\ud800 \\u00e9","pid":1,"ts":1,"dur":2}]',
        "large properties": b'{"x":"' + b"y" * 3 * 10**6 + b'","traceEvents":[' + good.encode()
        + b'],"z":[' + b"1," * 10**6 + b'1],"w":1}',
        "large event": top(args % ('{"a":"' + "z" * 10**6 + '"}'), good),
        "too large an event": top(args % ('{"a":"' + "z" * 2 * 10**7 + '"}'), good),
        "followed by text": top(good) + b" garbage",
        "two values": b'{"a": 1}\n' + top(good),
        "many threads": top(*(event(ts=n, dur=1, tid=n) for n in range(5000))),
        "many names": top(*(event(ts=n, dur=1, name=f"n{n}" * 20) for n in range(20_000))),
        "commas": b'{"traceEvents": [ , ,' + good.encode() + b",,]}",
        "open list": b"[" + good.encode() + b",\n",
        "every phase": top(
            *(event(ph=chr(c), ts=1, id=3, args={"a": 1}) for c in range(32, 127))
        ),
    }  # fmt: skip


def main() -> None:
    """Open all of them, cut and flipped ones of the smallest too."""
    from diptych.profiling.trace.errors import TraceError
    from diptych.profiling.trace.store import open_trace

    folder = Path(sys.argv[1])
    rng = random.Random(5)
    raw = whole()
    files = [*cases().values(), *(raw[:n] for n in range(0, len(raw), 3))]
    for _ in range(200):
        broken = bytearray(raw)
        broken[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        files.append(bytes(broken))
    for content in files:
        path = folder / "case.json"
        path.write_bytes(content)
        try:
            open_trace(path, cache=False)
        except TraceError:
            continue
    sys.stdout.write(f"ok {len(files)}\n")


if __name__ == "__main__":
    main()
