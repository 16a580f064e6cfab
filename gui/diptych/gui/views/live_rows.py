"""The plots of the live view, in their order: titles, units, heights, how values are shown."""

from __future__ import annotations

from functools import partial

from diptych.gui.plots.row import Row
from diptych.gui.plots.timeview import TimeView
from diptych.gui.text.format import UNKNOWN, fixed, known, number, percent
from diptych.gui.text.tr import tr


def _whole(value: float) -> str:
    return percent(value).split("\N{NO-BREAK SPACE}", maxsplit=1)[0]


def _two(value: float) -> str:
    return fixed(value, 2) if known(value) else UNKNOWN


def _short(value: float) -> str:
    return fixed(value, 2) if abs(value) < 10 else number(value)


def _degrees(value: float) -> str:
    return fixed(value, 0)


def make_rows(time: TimeView) -> list[Row]:
    """Return every plot that there can be; which of them are shown depends on the data."""
    row = partial(Row, time=time)
    return [
        row("step", tr("Step time"), "ms", height=190, least=104, named=True),
        row(
            "phases",
            tr("Phases"),
            tr("ms/step, host"),
            height=66,
            least=52,
            each=True,
            show=_short,
        ),
        row("throughput", tr("Throughput"), tr("samples/s"), height=64),
        row("loss", tr("Loss"), "", height=60, zero=False),
        row("gpu_util", tr("GPU utilisation"), "%", height=56, top=100.0, show=_whole),
        row("gpu_mem", tr("GPU memory"), "GiB", height=64, show=_two),
        row("gpu_power", tr("Power"), "W", height=56),
        row("gpu_temp", tr("Temperature"), "°C", height=52, zero=False, show=_degrees),
        row("gpu_clock", tr("SM clock"), "GHz", height=52, show=_two),
        row("cpu", tr("CPU"), tr("% of one core, process tree"), height=60, show=_whole),
        row("memory", tr("Memory"), "GiB", height=60, show=_two),
    ]
