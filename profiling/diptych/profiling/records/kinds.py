"""The records of the journals, one struct a kind.

One record is one line of JSON: ``{"k": kind, "seq": 412, "t": ns, ...}``.

* ``seq`` counts the records of one file from 0; a hole is a visible loss.
* ``t`` and every other point in time is an integer of nanoseconds of
  ``CLOCK_MONOTONIC``; lengths of time are integer nanoseconds too.
* Bytes are bytes, percentages are 0–100 (a process tree may exceed 100).
* A value that is not known is ``null``; why stands in ``reasons``, keyed by
  the field's name: ``not_supported``, ``lost``, ``unknown``,
  ``no_permission``, ``not_measured``. It is never 0.

A reader ignores fields that it does not know, counts kinds that it does not
know, and refuses a file whose ``open`` record has another major version.
"""

from __future__ import annotations

from typing import Literal

import msgspec

SCHEMA = "diptych.journal"
VERSION = (1, 0)

PHASES = ("data", "forward", "backward", "optimizer", "other")
"""Order of :attr:`Step.phases`."""

Ruler = Literal["sync", "fence", "event", "loss"]
"""How the completion of a step was seen.

``sync``: the framework works synchronously there, dispatched is completed.
``fence``: the agent waited for the device at the end of the step.
``event``: a mark at the end of the step in the device's own order of work: a
CUDA event, or an operation of MXNet's engine that reads what the step wrote.
``loss``: the moment at which the step's own loss array was ready.
"""


LossIs = Literal["nan", "inf", "-inf"]
"""A loss that JSON has no number for; ``loss`` is ``null`` then."""


class Record(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """What every record has."""

    seq: int
    t: int


class Open(Record, frozen=True, tag_field="k", tag="open"):
    """First record of every journal."""

    schema: str
    version: tuple[int, int]
    writer: str
    pid: int


class Clock(Record, frozen=True, tag_field="k", tag="clock"):
    """Once a second: the same instant on three clocks, in nanoseconds."""

    boot: int | None
    real: int


class Framework(Record, frozen=True, tag_field="k", tag="framework"):
    """The framework that the worker imported, as it describes itself."""

    name: str
    version: str
    cuda: str | None = None
    device: str | None = None
    threads: int | None = None
    details: dict[str, str] = {}


class Model(Record, frozen=True, tag_field="k", tag="model"):
    """A model that was seen at work. ``parameters`` counts trainable ones."""

    name: str
    parameters: int | None


class Step(Record, frozen=True, tag_field="k", tag="step"):
    """One step, at the end of its dispatch (``t``).

    ``phases`` are exclusive and add up to ``dispatched`` (plus the fence, in
    fenced mode, which counts as ``other``). ``completed`` is ``null`` until a
    :class:`Done` record of the same ``n`` brings it. ``window`` is the profile
    window in which the step lies, ``cost`` the agent's own time in the step.
    """

    n: int
    t0: int
    dispatched: int
    phases: tuple[int, int, int, int, int]
    completed: int | None = None
    ruler: Ruler | None = None
    mode: Literal["train", "infer"] = "train"
    samples: int | None = None
    loss: float | None = None
    window: int | None = None
    warm: bool = False
    cost: int | None = None
    loss_is: LossIs | None = None


class Done(Record, frozen=True, tag_field="k", tag="done"):
    """The device has finished step ``n`` at ``t``; it took ``completed``."""

    n: int
    completed: int
    ruler: Ruler
    loss: float | None = None
    loss_is: LossIs | None = None


class Collected(Record, frozen=True, tag_field="k", tag="gc"):
    """Python's garbage collector ran from ``t0`` to ``t``; every thread stood still.

    Written where all generations were collected, and where it took 1 ms or
    more. The first one, without a ``generation``, says that from then on such
    pauses are seen.
    """

    t0: int
    generation: int | None = None


class Eval(Record, frozen=True, tag_field="k", tag="eval"):
    """A stretch of validation between two steps; belongs to neither."""

    t0: int
    batches: int
    samples: int | None = None


class Turn(Record, frozen=True, tag_field="k", tag="turn"):
    """A turn of a race: steps ``first`` to ``last``, from ``t0`` to ``t``, when all were complete.

    ``number`` counts the turns of all sides, from 0, ``round`` the rounds (A B
    B A is one); it is -1 while a side warms up. ``waited`` is for how long the
    side was parked before, ns.
    """

    number: int
    round: int
    first: int
    last: int
    t0: int
    waited: int


class Memory(Record, frozen=True, tag_field="k", tag="mem"):
    """The framework allocator's own view of one device."""

    device: str
    allocated: int | None = None
    reserved: int | None = None
    peak: int | None = None
    reasons: dict[str, str] = {}


class Window(Record, frozen=True, tag_field="k", tag="window"):
    """A profile window changed state.

    ``first`` and ``last`` are step numbers, inclusive. ``pause`` is for how
    long the training thread stood still to end the window. ``steps`` holds
    ``(n, start, end)`` of each profiled step.
    """

    id: int
    state: Literal["open", "active", "captured", "failed"]
    origin: Literal["schedule", "capture"]
    first: int | None = None
    last: int | None = None
    raw: str | None = None
    format: Literal["kineto", "mxnet"] | None = None
    pause: int | None = None
    options: tuple[str, ...] = ()
    steps: tuple[tuple[int, int, int], ...] = ()
    text: str | None = None


class Operator(msgspec.Struct, frozen=True, gc=False):
    """One line of an operator summary. Times are ns, summed over the calls.

    ``host_*`` is time on the CPU thread; ``device_*`` time of kernels on an
    accelerator, tied to the operator that launched them. ``engine_*`` is the
    interval of MXNet's engine, which on a GPU contains the wait for the
    stream, and is therefore never put into a column with the other two.
    """

    name: str
    calls: int
    phase: str | None = None
    device: str | None = None
    host_total: int | None = None
    host_self: int | None = None
    device_total: int | None = None
    device_self: int | None = None
    engine_total: int | None = None
    engine_self: int | None = None
    memory: int | None = None
    noise: bool = False


class Operators(Record, frozen=True, tag_field="k", tag="ops"):
    """Operator summary of one window, over ``steps`` steps."""

    window: int
    rank: int
    steps: int
    span: int
    ops: tuple[Operator, ...]
    reasons: dict[str, str] = {}


class Trace(Record, frozen=True, tag_field="k", tag="trace"):
    """A finished Chrome trace; ``path`` is relative to the run directory.

    ``dropped`` counts events that could not be used, by reason.
    """

    window: int
    rank: int
    path: str | None
    events: int
    bytes: int
    dropped: dict[str, int] = {}
    error: str | None = None


class Host(Record, frozen=True, tag_field="k", tag="host"):
    """The machine. ``cpu`` is percent of all cores together (0–100)."""

    cpu: float | None
    mem_used: int | None
    mem_total: int | None
    swap_used: int | None = None
    load1: float | None = None
    cores: tuple[float, ...] = ()
    reasons: dict[str, str] = {}


class Process(Record, frozen=True, tag_field="k", tag="proc"):
    """The worker's process tree. ``cpu`` is percent of one core (may exceed 100).

    Page faults are per second since the sample before: ``minor_faults`` found
    their page in memory, ``major_faults`` had to wait for a disk.
    """

    cpu: float | None
    rss: int | None
    count: int | None
    reasons: dict[str, str] = {}
    minor_faults: float | None = None
    major_faults: float | None = None


class GpuInfo(Record, frozen=True, tag_field="k", tag="gpu_info"):
    """What does not change about one GPU."""

    index: int
    name: str | None
    uuid: str | None
    mem_total: int | None
    driver: str | None
    power_limit: float | None = None
    simulated: bool = False
    reasons: dict[str, str] = {}


class Gpu(Record, frozen=True, tag_field="k", tag="gpu"):
    """One GPU, one sample. Watts, degrees Celsius, MHz, millijoules, bytes."""

    index: int
    util: float | None
    mem_used: int | None
    mem_reserved: int | None = None
    power: float | None = None
    energy: int | None = None
    temperature: float | None = None
    sm_clock: int | None = None
    mem_clock: int | None = None
    throttle: tuple[str, ...] = ()
    tree_mem: int | None = None
    reasons: dict[str, str] = {}


class Nvml(Record, frozen=True, tag_field="k", tag="nvml"):
    """State of the GPU library; written when it changes."""

    state: Literal["ok", "absent", "no_permission", "failed", "hung", "restarted"]
    text: str


class Launched(Record, frozen=True, tag_field="k", tag="launched"):
    """The runner started the worker."""

    pid: int
    rank: int
    argv: tuple[str, ...]


class Logged(Record, frozen=True, tag_field="k", tag="log"):
    """A log of the worker was ``bytes`` long at ``t``; at most once a second, and if it grew.

    ``moved`` is ``(start, end, now)`` where the bytes from ``start`` to ``end``
    were left out, and ``now`` others stand in their place since: every place
    that an earlier record told moves with them.
    """

    stream: Literal["stdout", "stderr"]
    bytes: int
    moved: tuple[int, int, int] | None = None


class Stopping(Record, frozen=True, tag_field="k", tag="stopping"):
    """The runner is ending the worker; each stage is one record."""

    stage: Literal["ask", "term", "kill"]
    why: str


class Exited(Record, frozen=True, tag_field="k", tag="exited"):
    """The worker ended. ``text`` says how in words."""

    rank: int
    status: Literal["done", "failed", "stopped", "timeout"]
    code: int | None
    signal: str | None
    text: str


class Caution(Record, frozen=True, tag_field="k", tag="warning"):
    """Something the user should know; ``code`` is stable, ``text`` is not."""

    code: str
    text: str


class Lost(Record, frozen=True, tag_field="k", tag="lost"):
    """``count`` records could not be written (``why``), and are gone."""

    count: int
    why: str


AnyRecord = (
    Open
    | Clock
    | Framework
    | Model
    | Step
    | Done
    | Collected
    | Eval
    | Turn
    | Memory
    | Window
    | Operators
    | Trace
    | Host
    | Process
    | GpuInfo
    | Gpu
    | Nvml
    | Launched
    | Logged
    | Stopping
    | Exited
    | Caution
    | Lost
)
