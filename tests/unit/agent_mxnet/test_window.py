"""Profile windows against a stand-in for ``mx.profiler`` that writes what MXNet writes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from diptych.profiling.agent.mxnet_window import _CHUNK, MxProfiler, ProfilerError

DATA = Path(__file__).parents[2] / "data" / "mxnet"


class FakeProfiler:
    """Records calls; ``dump`` writes the next of ``dumps``."""

    def __init__(self, *dumps: bytes) -> None:
        self.dumps = list(dumps)
        self.calls: list[str] = []
        self.config: dict[str, Any] = {}

    def set_config(self, **config: Any) -> None:
        self.calls.append("config")
        self.config = config

    def profiler_set_config(self, **config: Any) -> None:
        self.set_config(**config)

    def set_state(self, state: str = "stop") -> None:
        self.calls.append(state)

    def dump(self, finished: bool) -> None:
        assert finished is True
        self.calls.append("dump")
        Path(self.config["filename"]).write_bytes(self.dumps.pop(0))


def raw(name: str) -> bytes:
    return (DATA / name).read_bytes().partition(b"\n")[2]


def make(*dumps: bytes) -> tuple[FakeProfiler, MxProfiler]:
    fake = FakeProfiler(*dumps)
    mx = SimpleNamespace(profiler=fake, __version__="1.9.1")
    return fake, MxProfiler(mx, lambda: fake.calls.append("settle"))


def record(profiler: MxProfiler, path: Path, *, memory: bool = False) -> tuple[Any, bytes]:
    profiler.start(memory)
    profiler.stop()
    profiler.save(str(path))
    head, _, rest = path.read_bytes().partition(b"\n")
    return json.loads(head)["diptych"], rest


def test_a_window_is_the_bytes_of_mxnet_after_one_line_of_ours(tmp_path: Path) -> None:
    fake, profiler = make(raw("first.json"), raw("second.json"))
    head, rest = record(profiler, tmp_path / "a.json", memory=True)
    assert rest == raw("first.json")
    assert head["pids"]["0"] == "cpu/0"
    assert fake.config["profile_memory"] is True
    assert fake.config["profile_api"] is fake.config["continuous_dump"] is False
    # The engine is idle before the recording begins and before it stops.
    assert fake.calls == ["settle", "config", "run", "settle", "stop", "dump"]
    # The second dump names nothing, and is shorter than the first: nothing of it is left.
    again, rest = record(profiler, tmp_path / "b.json")
    assert rest == raw("second.json")
    assert again == head


def test_names_with_quotes_are_found(tmp_path: Path) -> None:
    _, profiler = make(raw("quotes.json"))
    head, _ = record(profiler, tmp_path / "a.json")
    assert 'my "domain"' in head["pids"].values()


def test_a_name_that_lies_across_two_reads_is_found(tmp_path: Path) -> None:
    event = raw("first.json")[: raw("first.json").index(b'"pid": 0')].split(b"[\n")[1]
    event += b'"pid": 7,\n            "name": "process_name"\n        },\n'
    for shift in (10, 60, 120, len(event) - 5):
        _, profiler = make(b" " * (_CHUNK - shift) + event)
        head, _ = record(profiler, tmp_path / "a.json")
        assert head["pids"] == {"7": "cpu/0"}


def test_nothing_is_left_where_a_window_cannot_be_written(tmp_path: Path) -> None:
    _, profiler = make(b"", raw("second.json"))
    profiler.start(memory=False)
    profiler.stop()
    with pytest.raises(ProfilerError, match="wrote nothing"):
        profiler.save(str(tmp_path / "a.json"))
    assert list(tmp_path.iterdir()) == []
    _, rest = record(profiler, tmp_path / "b.json")
    assert rest == raw("second.json")


def test_a_script_that_profiles_itself_has_the_profiler(tmp_path: Path) -> None:
    fake, profiler = make(raw("first.json"))
    profiler.start(memory=False)
    fake.set_config(filename="mine.json")
    # Our window ended before the script's settings came.
    assert fake.calls[-3:] == ["stop", "dump", "config"]
    assert fake.config == {"filename": "mine.json"}
    with pytest.raises(ProfilerError, match="the script uses"):
        profiler.stop()
    with pytest.raises(ProfilerError, match="the script uses"):
        profiler.start(memory=False)


def test_autostart_is_the_users_own_profiling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MXNET_PROFILER_AUTOSTART", "1")
    _, profiler = make()
    with pytest.raises(ProfilerError, match="MXNET_PROFILER_AUTOSTART"):
        profiler.start(memory=False)
