"""From records to what is known of a run: one small table a subject.

Pure: it opens nothing and asks no clock. Feed it the records of each journal
in order, in batches of any size; the same records give the same result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from diptych.profiling.records.kinds import (
    AnyRecord,
    Caution,
    Clock,
    Collected,
    Done,
    Eval,
    Exited,
    Framework,
    Gpu,
    GpuInfo,
    Host,
    Launched,
    Logged,
    Memory,
    Model,
    Nvml,
    Operators,
    Process,
    Step,
    Stopping,
    Trace,
    Turn,
    Window,
)
from diptych.profiling.runs import series
from diptych.profiling.runs.moments import LogTable, PauseTable
from diptych.profiling.runs.series import SeriesTable
from diptych.profiling.runs.snapshot import EvalSpan, Notice, TurnSpan
from diptych.profiling.runs.state import RunnerFacts
from diptych.profiling.runs.steps import StepTable
from diptych.profiling.runs.windows import WindowTable

_MAX_NOTICES = 200
_MAX_DEVICES = 64
_SLEPT = 1_000_000_000
"""Nanoseconds asleep that are worth a word."""


class Reduction:
    """Everything that the records of one run add up to."""

    def __init__(self) -> None:
        self.framework: Framework | None = None
        self.model: Model | None = None
        self.nvml: Nvml | None = None
        self.facts = RunnerFacts()
        self.steps = StepTable()
        self.windows = WindowTable()
        self.evals: list[EvalSpan] = []
        self.turns: list[TurnSpan] = []
        self.notices: dict[Notice, None] = {}
        self.host = SeriesTable(series.HOST)
        self.process = SeriesTable(series.PROCESS)
        self.memory: dict[str, SeriesTable] = {}
        self.gpus: dict[int, SeriesTable] = {}
        self.gpu_info: dict[int, GpuInfo] = {}
        self.pauses = PauseTable()
        self.logs: dict[str, LogTable] = {}
        self.newest: int | None = None
        """Latest ``t`` of all records, ns of CLOCK_MONOTONIC."""
        self.oldest: int | None = None
        self.fresh: int | None = None
        """Latest ``t`` of the records since somebody set this to ``None``."""
        self.own_rejected = 0
        """Records of no table whose values cannot be true."""
        self.asleep: int | None = None
        """How far boot time is ahead of monotonic time, ns."""
        self._takers: dict[type, Callable[[list[Any]], None]] = {
            Step: self.steps.add,
            Done: self.steps.complete,
            Host: self.host.add,
            Process: self.process.add,
            Clock: self._take_clocks,
            Collected: self.pauses.add,
            Logged: self._take_logged,
            Eval: self._take_evals,
            Turn: self._take_turns,
            Memory: self._take_memory,
            Gpu: self._take_gpus,
            GpuInfo: self._take_gpu_info,
            Caution: self._take_cautions,
            Launched: self._take_launched,
            Exited: self._take_exited,
            Stopping: self._take_stopping,
            Framework: self._take_frameworks,
            Model: self._take_models,
            Nvml: self._take_nvml,
            Operators: self._take_operators,
            Trace: self._take_traces,
        }

    @property
    def rejected(self) -> int:
        """Records whose values cannot be true."""
        tables = (self.host, self.process, *self.memory.values(), *self.gpus.values())
        moments = self.pauses.rejected + sum(table.rejected for table in self.logs.values())
        sampled = sum(table.rejected for table in tables)
        return self.own_rejected + self.steps.rejected + sampled + moments

    def feed(self, records: Sequence[AnyRecord], *, rank: int = 0) -> None:
        """Take the next records of one journal; ``rank`` is that of its worker.

        Steps and memory are taken of rank 0 only; windows of all ranks.
        """
        if not records:
            return
        # Steps before their completions, which else would have to wait for them.
        groups: defaultdict[type, list[Any]] = defaultdict(list, {Step: []})
        for record in records:
            groups[type(record)].append(record)
        for kind, group in groups.items():
            if kind is Window:
                self._take_windows(rank, group)
            elif rank == 0 or kind not in _OF_RANK_0:
                take = self._takers.get(kind)
                if take is not None and group:
                    take(group)
        self._note_time(records[0].t, records[-1].t)

    def notice(self, code: str, text: str) -> None:
        """Keep a warning once, and the first few hundred at most."""
        if len(self.notices) < _MAX_NOTICES:
            self.notices[Notice(code, text)] = None

    def _note_time(self, first: int, last: int) -> None:
        self.oldest = first if self.oldest is None else min(self.oldest, first)
        self.newest = last if self.newest is None else max(self.newest, last)
        self.fresh = last if self.fresh is None else max(self.fresh, last)

    def _take_clocks(self, records: list[Clock]) -> None:
        """Find where the machine slept: only then does boot time run ahead of monotonic time."""
        for record in records:
            if record.boot is None:
                continue
            asleep = record.boot - record.t
            slept = asleep - (asleep if self.asleep is None else self.asleep)
            if slept > _SLEPT:
                text = f"the machine slept for {slept / 1e9:.0f} s; that time is in no step"
                self.notice("slept", text)
            self.asleep = asleep if self.asleep is None else max(self.asleep, asleep)

    def _take_evals(self, records: list[Eval]) -> None:
        self.evals += [EvalSpan(r.t0, r.t, r.batches) for r in records]

    def _take_turns(self, records: list[Turn]) -> None:
        self.turns += [
            TurnSpan(r.number, r.round, r.first, r.last, r.t0, r.t, r.waited) for r in records
        ]

    def _take_memory(self, records: list[Memory]) -> None:
        for device in {r.device for r in records}:
            group = [r for r in records if r.device == device]
            if device in self.memory or len(self.memory) < _MAX_DEVICES:
                self.memory.setdefault(device, SeriesTable(series.MEMORY)).add(group)
            else:
                self.own_rejected += len(group)

    def _take_logged(self, records: list[Logged]) -> None:
        for stream in {r.stream for r in records}:
            group = [r for r in records if r.stream == stream]
            self.logs.setdefault(stream, LogTable()).add(group)

    def _take_gpus(self, records: list[Gpu]) -> None:
        for index in {r.index for r in records}:
            group = [r for r in records if r.index == index]
            if index in self.gpus or len(self.gpus) < _MAX_DEVICES:
                self.gpus.setdefault(index, SeriesTable(series.GPU)).add(group)
            else:
                self.own_rejected += len(group)

    def _take_gpu_info(self, records: list[GpuInfo]) -> None:
        for record in records:
            if record.index in self.gpu_info or len(self.gpu_info) < _MAX_DEVICES:
                self.gpu_info[record.index] = record

    def _take_cautions(self, records: list[Caution]) -> None:
        for record in records:
            self.notice(record.code, record.text)

    def _take_launched(self, records: list[Launched]) -> None:
        self.facts.launched = min((r for r in records), key=lambda r: r.rank)

    def _take_exited(self, records: list[Exited]) -> None:
        ends = self.facts.exited = dict(self.facts.exited or {})
        ends.update({r.rank: r for r in records})

    def _take_stopping(self, records: list[Stopping]) -> None:
        self.facts.stopping = records[-1]

    def _take_frameworks(self, records: list[Framework]) -> None:
        self.framework = records[-1]

    def _take_models(self, records: list[Model]) -> None:
        # A model and its parts may each be seen: the largest is the model.
        known = [self.model] if self.model else []
        self.model = max([*known, *records], key=lambda m: m.parameters or 0)

    def _take_nvml(self, records: list[Nvml]) -> None:
        self.nvml = records[-1]

    def _take_windows(self, rank: int, records: list[Window]) -> None:
        for record in records:
            self.windows.window(rank, record)
            if record.state == "failed":
                self._window_failed(record.text)

    def _window_failed(self, why: str | None) -> None:
        # Without its number: a hundred windows that fail alike are one warning.
        self.notice("window", f"a profile window failed: {why or 'nobody said why'}")

    def _take_operators(self, records: list[Operators]) -> None:
        for record in records:
            self.windows.operators(record)

    def _take_traces(self, records: list[Trace]) -> None:
        for record in records:
            self.windows.trace(record)
            if record.error:
                self._window_failed(record.error)


_OF_RANK_0 = frozenset({Step, Done, Collected, Eval, Turn, Memory, Framework, Model})
