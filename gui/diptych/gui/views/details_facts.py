"""What the details view says of a run: groups of facts, files, cautions. No Qt here."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from diptych.gui.text import format as fmt
from diptych.gui.text.plain import one_line
from diptych.gui.text.runs import WORDS, lost_count, lost_parts, short_path
from diptych.gui.text.tr import tr, trn
from diptych.profiling.records.manifest import Manifest, Schedule
from diptych.profiling.records.summary import StepTimes, Summary
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.profiling.runs.summary import summarise
from diptych.workloads.catalogue import automatic_rate

_RAW = tr("Open the run again: Diptych then tries once more to make traces of what was recorded.")
_OURS = tr("The run itself goes on. The log of the runner, logs/runner.log, says more.")
CURES = {
    "journal_version": tr("Open the run with the newer version of Diptych that wrote it."),
    "refuses_to_die": tr(
        "It hangs in the kernel, often in a driver: only a restart ends it for sure."
    ),
    "left_behind": tr("Nothing to do. The script could wait for the processes that it starts."),
    "slept": tr("Times across the pause say nothing; brush a stretch without it."),
    "sampler_failed": tr("Steps are recorded all the same; GPU and memory curves are missing."),
    "sampler_restarted": tr("GPU and memory curves have a hole there; steps are not affected."),
    "tracer_crashed": _RAW,
    "tracer_ended": _RAW,
    "tracer_failed": _RAW,
    "output_capped": tr("Print less, or write to a file of your own."),
    "loss_nan": tr("A smaller learning rate, clipped gradients or a wider type may help."),
    "loss_inf": tr("A smaller learning rate, clipped gradients or a wider type may help."),
    "capture": tr("Wait for the window that is open to end, then capture again."),
    "window_step": _OURS,
    "hooks": tr("Steps and phases of this framework may be missing."),
    "agent": _OURS,
    "fence": tr("The times of these steps are dispatched times only."),
    "completion": tr("Run fenced: then each step's time is known."),
    "options": tr("Nothing to do; the rest of the window was recorded."),
    "compat": tr("Nothing to do: MXNet 1.9.1 needs it with newer versions of its parts."),
}
"""What to do about a notice, by its code, where the notice itself does not say."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value; ``fixed`` for paths and code, ``hint`` for the tooltip."""

    name: str
    value: str
    hint: str = ""
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Facts that belong together."""

    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file of the run; ``size`` in bytes, ``None`` when it is not there."""

    name: str
    what: str
    path: Path
    size: int | None


@dataclass(frozen=True, slots=True)
class Caution:
    """Something the user should know, and what to do about it."""

    text: str
    cure: str


def command(manifest: Manifest | None) -> str:
    """Return the exact command, quoted for a shell."""
    return shlex.join(manifest.command) if manifest else ""


def groups(snapshot: RunSnapshot) -> list[Group]:
    """Return all facts of a run, the numbers first."""
    made = [_result(summarise(snapshot), snapshot)]
    manifest = snapshot.manifest
    if manifest is None:
        return made
    made += [
        _asked(manifest, snapshot.name),
        _interpreter(manifest, snapshot),
        _host(manifest, snapshot),
    ]
    if manifest.git is not None:
        made.append(_git(manifest))
    if manifest.environment:
        facts = (Fact(k, v, fixed=True) for k, v in sorted(manifest.environment.items()))
        made.append(Group(tr("Environment"), tuple(facts)))
    return [group for group in made if group.facts]


def _result(summary: Summary, snapshot: RunSnapshot) -> Group:
    lost = summary.losses
    facts = [
        Fact(tr("state"), snapshot.state_text or WORDS[snapshot.state]),
        Fact(tr("exit code"), fmt.count(summary.exit_code)),
        Fact(tr("steps"), fmt.count(summary.steps)),
        Fact(tr("warm-up"), _warmup(summary.warmup_steps), tr("slow first steps, set apart")),
        *_times(tr("completed"), summary.step_ms),
        *_times(tr("dispatched"), summary.dispatched_ms),
        Fact(
            tr("speed"),
            fmt.rate(summary.samples_per_s),
            tr("over completed time, without warm-up"),
        ),
        Fact(tr("loss"), f"{fmt.number(summary.first_loss)} → {fmt.number(summary.last_loss)}"),
        Fact(tr("parameters"), fmt.count(summary.parameters), tr("trainable")),
        *_peaks(summary),
        Fact(tr("duration"), fmt.elapsed(summary.duration_s)),
        Fact(
            tr("overhead"),
            fmt.at_least_percent(summary.overhead_percent),
            tr("Diptych's part of the step"),
        ),
        Fact(
            tr("records lost"),
            fmt.count(lost_count(lost)),
            lost_parts(lost),
        ),
    ]
    return Group(tr("Result"), tuple(facts))


def _peaks(summary: Summary) -> list[Fact]:
    peak = summary.peak_memory_bytes
    rows = (
        (tr("peak RSS"), peak.process_rss, "process_rss"),
        (tr("peak allocated"), peak.framework_allocated, "framework_allocated"),
        (tr("peak on GPU"), peak.device_used, "device_used"),
    )
    return [
        Fact(name, fmt.memory(size), fmt.reason(peak.reasons.get(key))) for name, size, key in rows
    ]


def _warmup(count: int | None) -> str:
    return tr("too few steps to tell") if count is None else trn("{n} step", "{n} steps", count)


def _times(name: str, times: StepTimes) -> list[Fact]:
    if times.median is None:
        return [Fact(name, fmt.UNKNOWN, tr("no step is known"))]
    median, p95, p99 = (
        fmt.duration(None if v is None else v * 1e6) for v in (times.median, times.p95, times.p99)
    )
    hint = trn(
        "of {n} step, neither warm-up nor profiled",
        "of {n} steps, neither warm-up nor profiled",
        times.counted,
    )
    if times.ruler:
        hint = tr("{steps}, ruler {ruler}", steps=hint, ruler=times.ruler)
    return [Fact(name, f"{median}, p95 {p95}, p99 {p99}", hint)]


def _asked(manifest: Manifest, called: str | None) -> Group:
    request = manifest.request
    # What it is called now stands above all this.
    first = request.name if request.name and request.name != called else ""
    facts = [
        Fact(tr("first name"), one_line(first), tr("The name with which it was started")),
        Fact(tr("framework"), request.framework),
    ]
    if request.workload:
        facts.append(Fact(tr("workload"), request.workload))
    if request.script:
        facts.append(Fact(tr("script"), request.script, fixed=True))
        facts.append(Fact(tr("arguments"), shlex.join(request.args), fixed=True))
    facts += [_knob(name, request.knobs) for name in request.knobs]
    measured = tr("fenced") if request.fenced else tr("observed, not fenced")
    facts += [
        Fact(tr("measured"), measured),
        Fact(tr("profile windows"), _windows(request.schedule)),
    ]
    if request.timeout is not None:
        facts.append(Fact(tr("time limit"), fmt.elapsed(request.timeout)))
    return Group(tr("Asked for"), tuple(fact for fact in facts if fact.value))


def _knob(name: str, knobs: Mapping[str, object]) -> Fact:
    rate = automatic_rate(knobs) if name == "lr" else None
    value = str(knobs[name]) if rate is None else tr("{value}, automatic", value=f"{rate:g}")
    return Fact(name.replace("_", " "), value)


def _windows(schedule: Schedule | None) -> str:
    if schedule is None:
        return tr("only when captured")
    values = {
        "skip": schedule.skip,
        "wait": schedule.wait,
        "warmup": schedule.warmup,
        "active": schedule.active,
    }
    if not schedule.repeat:
        return tr(
            "skip {skip}, then for as long as it lasts: wait {wait}, warm up {warmup}, "
            "record {active}",
            **values,
        )
    return tr(
        "skip {skip}, then {repeat}×: wait {wait}, warm up {warmup}, record {active}",
        repeat=schedule.repeat,
        **values,
    )


def _interpreter(manifest: Manifest, snapshot: RunSnapshot) -> Group:
    framework = snapshot.framework
    facts = [
        Fact(tr("python"), manifest.request.python, fixed=True),
        Fact(tr("version"), manifest.python_version or fmt.UNKNOWN),
        Fact(tr("runtime"), manifest.request.runtime or ""),
    ]
    if framework is not None:
        facts.append(Fact(tr("imported"), f"{framework.name} {framework.version}"))
        facts.append(Fact("CUDA", framework.cuda or tr("none")))
        facts.append(Fact(tr("device"), framework.device or fmt.UNKNOWN))
        facts.append(Fact(tr("threads"), fmt.count(framework.threads)))
        facts += [Fact(key, value) for key, value in sorted(framework.details.items())]
    facts += [Fact(name, version) for name, version in sorted(manifest.versions.items())]
    facts.append(Fact(tr("folder"), manifest.cwd, fixed=True))
    facts.append(Fact("diptych", manifest.app_version))
    return Group(tr("Interpreter"), tuple(fact for fact in facts if fact.value))


def _host(manifest: Manifest, snapshot: RunSnapshot) -> Group:
    host = manifest.host
    cores = tr(
        "{cores} cores, {threads} threads",
        cores=fmt.count(host.cores_physical),
        threads=fmt.count(host.cores_logical),
    )
    facts = [
        Fact(tr("name"), host.name),
        Fact(tr("system"), host.system),
        Fact(tr("processor"), host.cpu or fmt.UNKNOWN),
        Fact(tr("cores"), cores),
        Fact(tr("memory"), fmt.memory(host.memory)),
    ]
    for gpu in manifest.gpus:
        driver = tr("driver {version}", version=gpu.driver or fmt.UNKNOWN)
        words = [gpu.name or tr("unknown"), fmt.memory(gpu.memory), driver]
        words += [tr("simulated")] if gpu.simulated else []
        facts.append(Fact(f"GPU {gpu.index}", ", ".join(words)))
    if not manifest.gpus:
        why = manifest.gpu_reason or snapshot.nvml_text or tr("not known")
        facts.append(Fact("GPU", tr("none: {why}", why=why)))
    return Group(tr("Machine"), tuple(facts))


def _git(manifest: Manifest) -> Group:
    git = manifest.git
    if git is None:
        return Group(tr("Git"), ())
    unsure = tr("not known whether changed")
    dirty = {True: tr("with changes"), False: tr("clean"), None: unsure}[git.dirty]
    facts = (
        Fact(tr("repository"), git.root, fixed=True),
        Fact(tr("revision"), git.revision, fixed=True),
        Fact(tr("state"), dirty),
    )
    return Group(tr("Git"), facts)


def files(snapshot: RunSnapshot) -> list[File]:
    """Return the traces and the other files of a run worth opening. Asks the disk."""
    root = snapshot.directory
    made = []
    for window in snapshot.windows:
        trace = window.trace
        if trace is not None and trace.path and ".." not in Path(trace.path).parts:
            what = trn(
                "Chrome trace of {window}, {n} event",
                "Chrome trace of {window}, {n} events",
                trace.events,
                window=f"w{window.id:03d}",
            )
            path = root / trace.path
            made.append(File(path.name, what, path, _size(path)))
    for name, what in (
        ("summary.json", tr("the numbers above")),
        ("manifest.json", tr("what was asked for")),
        ("logs/stdout.log", tr("standard output")),
        ("logs/stderr.log", tr("standard error")),
    ):
        made.append(File(name, what, root / name, _size(root / name)))
    return made


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def cautions(snapshot: RunSnapshot) -> list[Caution]:
    """Return every notice in words, each once."""
    seen = dict.fromkeys((n.code, n.text) for n in snapshot.notices)
    return [Caution(text, CURES.get(code, "")) for code, text in seen]


def created(manifest: Manifest | None) -> str:
    """Return when the run was made, in local time."""
    if manifest is None:
        return ""
    return f"{datetime.fromtimestamp(manifest.created / 1e9).astimezone():%d %B %Y, %H:%M:%S}"


def where(snapshot: RunSnapshot) -> str:
    """Return the run's folder, short."""
    return short_path(snapshot.directory)
