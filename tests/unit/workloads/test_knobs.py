"""What a knob reads, and how it refuses."""

from __future__ import annotations

import pytest

from diptych.workloads.knobs import Knob, KnobError

STEPS = Knob("steps", "int", 100, "How many.", minimum=1, maximum=10_000_000)
RATE = Knob("lr", "float", 0.0, "How fast.", minimum=0, maximum=10)
DATA = Knob("data", "choice", "memory", "From where.", choices=("memory", "loader"))
DEVICE = Knob("device", "device", "cpu", "Where.")


@pytest.mark.parametrize(
    ("knob", "given", "read"),
    [
        (STEPS, 7, 7),
        (STEPS, "7", 7),
        (STEPS, " 7 ", 7),
        (STEPS, "10000000", 10_000_000),
        (RATE, "1e-3", 0.001),
        (RATE, 1, 1.0),
        (DATA, "loader", "loader"),
        (DEVICE, "cpu", "cpu"),
        (DEVICE, "cuda", "cuda:0"),
        (DEVICE, "cuda:03", "cuda:3"),
    ],
)
def test_reads_text_and_numbers_alike(knob: Knob, given: object, read: object) -> None:
    value = knob.read(given)

    assert value == read
    assert type(value) is type(read)


@pytest.mark.parametrize(
    ("knob", "given"),
    [
        (STEPS, 0),
        (STEPS, 10_000_001),
        (STEPS, True),
        (STEPS, 1.5),
        (STEPS, "1.5"),
        (STEPS, ""),
        (STEPS, "9" * 5000),
        (STEPS, None),
        (RATE, "nan"),
        (RATE, "inf"),
        (RATE, -0.1),
        (RATE, "fast"),
        (DATA, "disk"),
        (DATA, 1),
        (DEVICE, "gpu"),
        (DEVICE, "cuda:"),
        (DEVICE, "cuda:x"),
        (DEVICE, "cuda:-1"),
        (DEVICE, 0),
    ],
)
def test_a_refusal_names_the_knob_the_value_and_what_is_allowed(knob: Knob, given: object) -> None:
    with pytest.raises(KnobError) as refused:
        knob.read(given)

    message = str(refused.value)
    assert message.startswith(f"{knob.name} ")
    assert repr(given) in message
    assert message.endswith(f"allowed: {knob.allowed}")
    assert "\n" not in message


def test_limits_are_spelled_out_in_full() -> None:
    assert STEPS.allowed == "a whole number from 1 to 10000000"
    assert RATE.allowed == "a number from 0 to 10"
    assert DATA.allowed == "memory, loader"


def test_the_flag_is_the_name_with_dashes() -> None:
    assert Knob("batch_size", "int", 1, "").flag == "--batch-size"
