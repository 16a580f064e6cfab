"""Records the sample comparison anew: ``python -m tests.e2e.sample``.

Runs `COMMAND` in a home of its own with the managed runtimes, takes everything
out that tells of this machine but its processor, memory and versions, and writes
``resources/diptych/resources/sample/``. Nothing is invented: times, losses,
traces and counters are what was measured. Do it on a machine that has nothing
else to do.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import re
import shlex
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from diptych.profiling.compare.sample import ARCHIVE
from diptych.profiling.runner.home import runtimes_dir

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "resources/diptych/resources/sample"
COMMAND = (
    "diptych", "compare", "--workload", "resnet18", "--batch-size", "4", "--image-size", "64",
    "--threads", "1", "--rounds", "6", "--turn", "10", "--parity",
    "--name", "Sample: ResNet-18 on a CPU",
)  # fmt: skip
HOST = "sample-machine"
_UNTOUCHED = (
    "Times, losses, counters and traces are as they were measured. The names of folders, of the "
    "machine and of the runs were replaced, everywhere alike."
)
_LEFT_OUT = {"agent.json", "control.jsonl", "columns.cache", "conductor.log", "runtimes.json"}
_STAMP = (2026, 1, 1, 0, 0, 0)


def record(home: Path) -> Path:
    """Run the comparison in ``home``; returns its folder."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "runtimes").symlink_to(runtimes_dir())
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-m", "diptych.profiling.cli", *COMMAND[1:]]
    env = {**kept, "DIPTYCH_HOME": str(home), "LANG": "C.UTF-8"}
    subprocess.run(command, env=env, cwd=home, stdout=subprocess.DEVNULL, check=True)
    return next((home / "comparisons").iterdir())


class Scrubber:
    """Takes names of places, machine and runs out of bytes, everywhere alike."""

    def __init__(self, home: Path, ids: list[str]) -> None:
        self._names: dict[bytes, bytes] = {}
        for run in ids:
            head, _, tail = run.rpartition("-")
            self._names[run.encode()] = f"{head}-sample_{tail}".encode()
        places = {
            str(home): "/home/user/.local/share/diptych",
            str(ROOT): "/opt/diptych",
            str(Path.home()): "/home/user",
        }
        self._places = {k.encode(): v.encode() for k, v in places.items() if k != "/"}
        host = platform.node()
        self._hosts = {
            f'"{key}":{space}"{host}"'.encode(): f'"{key}":{space}"{HOST}"'.encode()
            for key in ("name", "host_name", "hostname")
            for space in ("", " ")
        }
        self.forbidden = [*self._names, *self._places, *(h for h in self._hosts)]

    def text(self, data: bytes) -> bytes:
        """Return a file of records or a trace without them."""
        return _replaced(data, {**self._names, **self._places, **self._hosts})

    def log(self, data: bytes) -> bytes:
        """Return a log without them, as long as before: its journal says how long it was when."""
        same = {k: v[: len(k)].ljust(len(k), b"_") for k, v in self._places.items()}
        return _replaced(data, {**same, **{k: b"x" * len(k) for k in self._names}})

    def name(self, name: str) -> str:
        """Return a path without them."""
        return _replaced(name.encode(), self._names).decode()


def _replaced(data: bytes, names: Mapping[bytes, bytes]) -> bytes:
    for before in sorted(names, key=len, reverse=True):
        data = data.replace(before, names[before])
    return data


def _files(home: Path) -> Iterator[Path]:
    for part in ("comparisons", "runs"):
        for path in sorted((home / part).rglob("*")):
            if path.is_file() and path.suffix != ".lock" and path.name not in _LEFT_OUT:
                yield path


def pack(home: Path, folder: Path) -> None:
    """Write the archive and where it is from."""
    found = [*(home / "runs").iterdir(), *(home / "comparisons").iterdir()]
    found += (home / "comparisons").glob("*/parity/runs/*")
    scrubber = Scrubber(home, [path.name for path in found])
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in _files(home):
            name = scrubber.name(path.relative_to(home).as_posix())
            data = _clean(path, scrubber)
            _check(path, data, scrubber)
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    (folder / "PROVENANCE.md").write_text(_provenance(home), encoding="utf-8")
    sys.stdout.write(f"{folder / ARCHIVE}: {(folder / ARCHIVE).stat().st_size:,} bytes\n")


def _clean(path: Path, scrubber: Scrubber) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".gz":
        return _squeezed(scrubber.text(gzip.decompress(data)))
    if path.suffix == ".log":
        return scrubber.log(data)
    if path.name == "tracer.jsonl":
        data = _with_sizes(path, data, scrubber)
    if path.name == "manifest.json":
        data = _named(data)
    return scrubber.text(data)


def _squeezed(data: bytes) -> bytes:
    return gzip.compress(data, 9, mtime=0)


def _with_sizes(path: Path, data: bytes, scrubber: Scrubber) -> bytes:
    """Let the records say how large the traces are now."""
    lines = []
    for line in data.splitlines():
        record: dict[str, Any] = json.loads(line)
        if record["k"] == "trace" and record["path"]:
            record["bytes"] = len(_clean(path.parents[1] / record["path"], scrubber))
        lines.append(json.dumps(record, separators=(",", ":"), ensure_ascii=False))
    return ("\n".join(lines) + "\n").encode()


def _named(data: bytes) -> bytes:
    """Let every run say that it is of the sample."""
    manifest = json.loads(data)
    manifest["request"]["name"] = f"Sample: {manifest['request']['name']}"
    # How somebody called the kernel that they built is nobody's business.
    system = re.sub(r"^(Linux-[0-9.]+)-.*?-(?=x86_64|aarch64)", r"\1-", manifest["host"]["system"])
    manifest["host"]["system"] = system
    return json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode()


def _check(path: Path, data: bytes, scrubber: Scrubber) -> None:
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    left = [name for name in scrubber.forbidden if name in text]
    if left:
        raise SystemExit(f"sample: {path} still names {left}")


def _provenance(home: Path) -> str:
    found = sorted(home.glob("runs/*/manifest.json"))
    manifests = [json.loads(_named(path.read_bytes())) for path in found]
    versions = {name: v for m in manifests for name, v in m["versions"].items()}
    when = datetime.fromtimestamp(manifests[0]["created"] / 1e9, timezone.utc)
    lines = [
        "# Where the sample comparison is from",
        "",
        f"Recorded on {when:%d %B %Y} with `python -m tests.e2e.sample`, which runs",
        "",
        f"    {shlex.join(COMMAND)}",
        "",
        f"Machine: {', '.join(_machine(manifests[0]['host']))}.",
        "",
        "Versions: " + ", ".join(f"{name} {v}" for name, v in sorted(versions.items())) + ".",
        "",
        _UNTOUCHED,
        "",
    ]
    return "\n".join(lines)


def _machine(host: Mapping[str, Any]) -> list[str]:
    memory = f"{host['memory'] / 2**30:.1f} GiB"
    return [host["cpu"], f"{host['cores_physical']} cores", memory, host["system"], "no GPU"]


def main() -> None:
    """Record and pack."""
    with tempfile.TemporaryDirectory(prefix="diptych-sample-") as folder:
        home = Path(folder).resolve() / "home"
        record(home)
        pack(home, FOLDER)


if __name__ == "__main__":
    main()
