"""The control file: orders come out as they went in, whatever else stands there."""

from __future__ import annotations

from pathlib import Path

import pytest

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runner.control import ControlReader, ask_capture, ask_stop


def _reader(directory: Path) -> ControlReader:
    return ControlReader(RunPaths(directory).control)


def test_orders_arrive_once_and_in_order(tmp_path: Path) -> None:
    reader = _reader(tmp_path)
    assert reader.poll() == []
    ask_stop(tmp_path, "window")
    identity = ask_capture(tmp_path, 7, ["shapes"])
    assert reader.poll() == [
        {"k": "stop", "by": "window"},
        {"k": "capture", "id": identity, "steps": 7, "options": ["shapes"]},
    ]
    assert reader.poll() == []
    ask_stop(tmp_path, "cli", kill=True)
    assert reader.poll() == [{"k": "stop", "by": "cli", "kill": True}]


def test_captures_have_different_ids(tmp_path: Path) -> None:
    assert len({ask_capture(tmp_path, 1) for _ in range(20)}) == 20


def test_a_half_written_order_waits_for_its_rest(tmp_path: Path) -> None:
    reader = _reader(tmp_path)
    control = RunPaths(tmp_path).control
    control.write_bytes(b'{"k":"st')
    assert reader.poll() == []
    with control.open("ab") as file:
        file.write(b'op","by":"x"}\n')
    assert reader.poll() == [{"k": "stop", "by": "x"}]


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\xff\xfe\n",
        b"[1]\n",
        b'"stop"\n',
        b'{"k":5}\n',
        b"{" * 5000 + b"\n",
        b"[" * 9000 + b"\n",
        b"\n",
    ],
)
def test_rubbish_is_passed_over(tmp_path: Path, rubbish: bytes) -> None:
    RunPaths(tmp_path).control.write_bytes(rubbish + b'{"k":"stop","by":"x"}\n')
    assert _reader(tmp_path).poll() == [{"k": "stop", "by": "x"}]


def test_a_flood_without_newlines_does_not_grow(tmp_path: Path) -> None:
    RunPaths(tmp_path).control.write_bytes(b"x" * 300_000 + b"\n" + b'{"k":"stop","by":"x"}\n')
    reader = _reader(tmp_path)
    orders = [order for _ in range(10) for order in reader.poll()]
    assert orders == [{"k": "stop", "by": "x"}]


def test_no_permission_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        ask_stop(tmp_path / "gone", "window")
