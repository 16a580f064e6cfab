"""One run, read while it happens or afterwards: the same code.

A session belongs to one thread. Call ``poll`` as often as news is wanted;
each call does a bounded amount of work. ``snapshot`` may be handed to any
thread. Nothing in the directory can make a session raise.
"""

from __future__ import annotations

import time
from pathlib import Path

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import Manifest
from diptych.profiling.records.reader import BLOCK, JournalTail
from diptych.profiling.records.summary import Losses
from diptych.profiling.runs import kept, odd_losses
from diptych.profiling.runs.files import DamagedRunError, RunError, load_manifest
from diptych.profiling.runs.kept_state import SessionState, arrays_of, reduction_of, state_of
from diptych.profiling.runs.liveness import Liveness, probe, worker_journals
from diptych.profiling.runs.notes import RunNotes, notes_stamp, read_notes
from diptych.profiling.runs.reduce import Reduction
from diptych.profiling.runs.snapshot import Notice, RunSnapshot, RunState
from diptych.profiling.runs.state import judge
from diptych.profiling.runs.warmup import WarmupSearch

_PROBE_EVERY = 0.25
"""Seconds between two looks at the locks."""

_GRACE = 15.0
"""Seconds in which a new directory may be without a manifest."""

_WORTH_KEEPING = 8 << 20
"""Bytes of journals that take longer to read than what was made of them."""

_READ_AGAIN = Notice(
    "journal_replaced",
    "a journal was cut or replaced while it was read: all was read again, what it held before "
    "is gone",
)
_GONE = Notice(
    "folder_gone",
    "the folder of this run is gone (moved or deleted); what had been read of it is shown",
)
_NO_STEPS = Notice(
    "no_steps",
    "no step was seen: Diptych finds steps by optimizer.step, Trainer.step, Module.update or, "
    "without gradients, by calls of the model; updates by hand and work in child processes "
    "are not seen",
)


class RunSession:
    """Follows the run in ``directory``.

    ``behind`` tells whether more is waiting on disk than the last ``poll``
    took. ``live`` tells whether more records may come: a run that is done is
    still live while its tracer works.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.paths = RunPaths(directory)
        self.behind = True
        self._alive = Liveness(runner=False, worker=False)
        self._settled = False
        self._gone = False
        self._kept = False
        self._probed = float("-inf")
        self._version = 0
        self._snapshot: RunSnapshot | None = None
        self._notes = RunNotes()
        self._notes_stamp: tuple[int, ...] = ()
        self._tails = {
            "runner": JournalTail(self.paths.runner_journal),
            "system": JournalTail(self.paths.system_journal),
            "tracer": JournalTail(self.paths.tracer_journal),
        }
        self._ranks: dict[str, int] = {}
        self._forget()

    def _forget(self) -> None:
        self._reduction = Reduction()
        self._warmup = WarmupSearch()
        self._manifest: Manifest | None = None
        self._trouble: RunError | None = None
        self._state = (RunState.STARTING, "starting")
        self._lag: int | None = None

    @property
    def live(self) -> bool:
        """Whether more records may come."""
        return self._state[0].live or self._alive.live

    @property
    def steps(self) -> int:
        """How many steps are known."""
        return len(self._reduction.steps)

    def poll(self, budget_bytes: int = 4 << 20) -> bool:
        """Read what is new, about ``budget_bytes`` at most; return whether anything changed."""
        # The locks first: whoever lets go of one has written everything before.
        self._probe()
        self._load_manifest()
        changed = self._look_for_folder()
        changed = self._restore() or self._read(budget_bytes) or changed
        changed = self._load_notes() or changed
        if not self.behind and not self._alive.live:
            changed = self._finish() or changed
        state = self._judge()
        if state != self._state:
            self._state = state
            changed = True
        if changed:
            self._version += 1
            self._snapshot = None
        return changed

    def drain(self) -> RunSnapshot:
        """Read everything there is, however much, and return what is known.

        For a run that is over, or whose worker is: a last line without its end
        counts as damaged.
        """
        self.poll()
        while self.behind:
            self.poll()
        if self._finish():
            self._version += 1
            self._snapshot = None
        return self.snapshot()

    def keep(self, *, over: bool = False) -> bool:
        """Keep what is known beside a long run that has ended; return whether that was done.

        ``over`` says that it has, though its runner still lives (and asks for this).

        Takes as long as writing does: about 113 bytes a step. Of no use, and
        not done, for what is quick to read or was kept already.
        """
        if self._kept or self.behind or not (self._settled or over):
            return False
        self._kept = True
        tails = {name: tail.state() for name, tail in self._tails.items() if tail.taken}
        states = {name: state for name, state in tails.items() if state is not None}
        if len(states) < len(tails) or sum(s.taken for s in states.values()) < _WORTH_KEEPING:
            return False
        stamps = self._stamps()
        if any(stamps[name].size != state.taken for name, state in states.items()):
            return False
        state = SessionState(state_of(self._reduction), states)
        return kept.save(self.directory, stamps, state, arrays_of(self._reduction))

    def snapshot(self) -> RunSnapshot:
        """Return what is known now; the same object while nothing changes."""
        if self._snapshot is None:
            self._snapshot = self._make()
        return self._snapshot

    def close(self) -> None:
        """Close the files. The session can still be asked for its snapshot."""
        for tail in self._tails.values():
            tail.close()

    def __enter__(self) -> RunSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- reading --------------------------------------------------------------

    def _probe(self) -> None:
        now = time.monotonic()
        if self._settled or now - self._probed < _PROBE_EVERY:
            return
        self._probed = now
        self._alive = probe(self.directory)
        self._find_workers()

    def _find_workers(self) -> None:
        for rank, path in worker_journals(self.paths).items():
            name = f"worker-r{rank}"
            if name not in self._tails:
                self._tails[name] = JournalTail(path)
                self._ranks[name] = rank

    def _load_manifest(self) -> None:
        if self._manifest is not None or isinstance(self._trouble, DamagedRunError):
            return
        try:
            self._manifest = load_manifest(self.directory)
            self._trouble = None
        except RunError as error:
            self._trouble = error

    def _load_notes(self) -> bool:
        """Look at what a person says of the run, which may change long after its end."""
        stamp = notes_stamp(self.directory)
        if stamp == self._notes_stamp:
            return False
        self._notes_stamp, before = stamp, self._notes
        self._notes = read_notes(self.directory)
        return self._notes != before

    def _look_for_folder(self) -> bool:
        gone, self._gone = self._gone, not self.directory.exists()
        return gone != self._gone

    def _stamps(self) -> dict[str, kept.Stamp]:
        """Return what the journals are now, by their writer's name."""
        stamps = {name: kept.stamp(tail.path) for name, tail in self._tails.items()}
        return {name: stamp for name, stamp in stamps.items() if stamp is not None and stamp.size}

    def _restore(self) -> bool:
        """Take what was kept of an ended run, instead of its journals; once, at the start."""
        if self._kept or self._alive.live or any(tail.taken for tail in self._tails.values()):
            return False
        stamps = self._stamps()
        if sum(stamp.size for stamp in stamps.values()) < _WORTH_KEEPING:
            return False
        found = kept.load(self.directory, stamps, SessionState)
        if found is None or set(found[0].tails) != set(stamps):
            return False
        try:
            self._reduction = reduction_of(found[0].reduction, found[1])
        except ValueError:
            return False
        for name, state in found[0].tails.items():
            self._tails[name].resume(state)
        self.behind, self._kept = False, True
        return True

    def _read(self, budget: int) -> bool:
        self._reduction.fresh = None
        before = [tail.taken for tail in self._tails.values()]
        for name, tail in self._tails.items():
            generation = tail.generation
            budget -= self._read_one(tail, self._ranks.get(name, 0), max(budget, BLOCK))
            if tail.generation != generation:
                return self._start_over()
        self.behind = any(tail.behind for tail in self._tails.values())
        news = before != [tail.taken for tail in self._tails.values()]
        if news:
            self._note_lag()
        return news

    def _read_one(self, tail: JournalTail, rank: int, budget: int) -> int:
        """Read one journal, a block at a time; every journal gets at least one."""
        start = tail.taken
        while True:
            before = tail.taken
            self._reduction.feed(tail.read(BLOCK), rank=rank)
            if not tail.behind or tail.taken <= before or tail.taken - start >= budget:
                break
        if tail.refused:
            self._reduction.notice("journal_version", tail.refused)
        return max(0, tail.taken - start)

    def _start_over(self) -> bool:
        """Begin anew: a journal was replaced, what was made of the old one is void."""
        self._forget()
        self.close()
        self._tails = {name: JournalTail(tail.path) for name, tail in self._tails.items()}
        self._settled = self._kept = False
        self.behind = True
        self._reduction.notice(_READ_AGAIN.code, _READ_AGAIN.text)
        return True

    def _finish(self) -> bool:
        """Nobody writes any more: take the last lines as they are."""
        news = False
        for name, tail in self._tails.items():
            if tail.unfinished:
                self._reduction.feed(tail.finish(), rank=self._ranks.get(name, 0))
                news = True
        return news

    def _note_lag(self) -> None:
        fresh = self._reduction.fresh
        live = self._alive.live and fresh is not None
        self._lag = max(0, time.monotonic_ns() - fresh) if live and fresh is not None else None

    # -- what it means ----------------------------------------------------------

    def _judge(self) -> tuple[RunState, str]:
        if isinstance(self._trouble, DamagedRunError):
            return RunState.DAMAGED, str(self._trouble)
        if self._manifest is None and not self._alive.live and not self._young():
            return RunState.DAMAGED, str(self._trouble)
        if not self._alive.live:
            if self.behind or self._young_and_silent():
                # Not read to its end yet: too early to say how it ended.
                return self._state
            self._settled = self._probed != float("-inf")
            if self._gone and self._reduction.facts.ending is None:
                return RunState.INTERRUPTED, _GONE.text
        return judge(self._reduction.facts, self._alive, steps=len(self._reduction.steps))

    def _young(self) -> bool:
        try:
            # Either way: the clock may have been set back since.
            return abs(time.time() - self.directory.stat().st_mtime) < _GRACE
        except OSError:
            return False

    def _young_and_silent(self) -> bool:
        """Just made, the runner not up yet: it has not had the time to take its lock."""
        silent = self._reduction.facts.ending is None and self._reduction.newest is None
        return silent and self._young()

    def _make(self) -> RunSnapshot:
        known = self._reduction
        facts = known.facts
        steps = known.steps.columns()
        state, text = self._state
        return RunSnapshot(
            id=self._manifest.id if self._manifest else self.directory.name,
            directory=self.directory,
            version=self._version,
            state=state,
            state_text=text,
            exit_code=facts.ending.code if facts.ending else None,
            manifest=self._manifest,
            framework=known.framework,
            model=known.model,
            origin=self._origin(),
            ended=facts.ending.t if facts.ending else None,
            total_steps=_total_steps(self._manifest),
            steps=steps,
            warmup=self._warmup.update(steps),
            evals=tuple(known.evals),
            turns=tuple(known.turns),
            memory={device: table.series() for device, table in known.memory.items()},
            host=known.host.series(),
            process=known.process.series(),
            gpus={index: known.gpus[index].series() for index in sorted(known.gpus)},
            gpu_info=dict(known.gpu_info),
            nvml_state=known.nvml.state if known.nvml else None,
            nvml_text=known.nvml.text if known.nvml else None,
            windows=known.windows.states(),
            notices=self._notices(),
            losses=self._losses(),
            lag=self._lag if state.live else None,
            ruler=known.steps.ruler,
            read=self._share_read(),
            notes=self._notes,
            odd_losses=known.steps.odd_losses,
            pauses=known.pauses.pauses(),
            logs={stream: table.times() for stream, table in known.logs.items()},
        )

    def _notices(self) -> tuple[Notice, ...]:
        known, (state, _) = self._reduction, self._state
        own = (_GONE,) if self._gone else ()
        # A run that failed before its first step has said why itself.
        over = not state.live and state not in (RunState.FAILED, RunState.DAMAGED)
        if over and known.framework is not None and not len(known.steps):
            own = (*own, _NO_STEPS)
        return (*odd_losses.notices(known.steps.odd_losses), *known.notices, *own)

    def _origin(self) -> int:
        known = self._reduction
        if known.facts.launched is not None:
            return known.facts.launched.t
        if self._manifest is not None:
            return self._manifest.started
        return known.oldest or 0

    def _share_read(self) -> float:
        if not self.behind:
            return 1.0
        tails = self._tails.values()
        return sum(tail.taken for tail in tails) / max(1, sum(tail.size for tail in tails))

    def _losses(self) -> Losses:
        tails = self._tails.values()
        return Losses(
            missing=sum(tail.missing for tail in tails),
            malformed=sum(tail.malformed for tail in tails) + self._reduction.rejected,
            unknown_kind=sum(tail.unknown_kind for tail in tails),
            not_written=sum(tail.counted_once for tail in tails),
        )


def _total_steps(manifest: Manifest | None) -> int | None:
    # A side of a race makes as many as it gets turns for.
    raced = manifest is not None and manifest.request.gate is not None
    steps = manifest.request.knobs.get("steps") if manifest and not raced else None
    return steps if type(steps) is int else None
