"""What the details view says of a run: groups of facts, files, cautions. No Qt here."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from diptych.gui.text import format as fmt
from diptych.gui.text.runs import short_path
from diptych.profiling.records.manifest import Manifest
from diptych.profiling.records.summary import StepTimes, Summary
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.profiling.runs.summary import summarise

_RAW = "Open the run again: Diptych then tries once more to make traces of what was recorded."
_OURS = "The run itself goes on. The log of the runner, logs/runner.log, says more."
CURES = {
    "journal_version": "Open the run with the newer version of Diptych that wrote it.",
    "refuses_to_die": "It hangs in the kernel, often in a driver: only a restart ends it for sure.",
    "left_behind": "Nothing to do. The script could wait for the processes that it starts.",
    "slept": "Times across the pause say nothing; brush a stretch without it.",
    "sampler_failed": "Steps are recorded all the same; GPU and memory curves are missing.",
    "sampler_restarted": "GPU and memory curves have a hole there; steps are not affected.",
    "tracer_crashed": _RAW,
    "tracer_ended": _RAW,
    "tracer_failed": _RAW,
    "output_capped": "Print less, or write to a file of your own.",
    "capture": "Wait for the window that is open to end, then capture again.",
    "window_step": _OURS,
    "hooks": "Steps and phases of this framework may be missing.",
    "agent": _OURS,
    "fence": "The times of these steps are dispatched times only.",
    "completion": "Run fenced: then each step's time is known.",
    "options": "Nothing to do; the rest of the window was recorded.",
    "compat": "Nothing to do: MXNet 1.9.1 needs it with newer versions of its parts.",
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
    made += [_asked(manifest), _interpreter(manifest, snapshot), _host(manifest, snapshot)]
    if manifest.git is not None:
        made.append(_git(manifest))
    if manifest.environment:
        facts = (Fact(k, v, fixed=True) for k, v in sorted(manifest.environment.items()))
        made.append(Group("Environment", tuple(facts)))
    return [group for group in made if group.facts]


def _result(summary: Summary, snapshot: RunSnapshot) -> Group:
    peak = summary.peak_memory_bytes
    lost = summary.losses
    facts = [
        Fact("state", snapshot.state_text or snapshot.state.value),
        Fact("exit code", fmt.count(summary.exit_code)),
        Fact("steps", fmt.count(summary.steps)),
        Fact("warm-up", _warmup(summary.warmup_steps), "slow first steps, set apart"),
        *_times("completed", summary.step_ms),
        *_times("dispatched", summary.dispatched_ms),
        Fact("speed", fmt.rate(summary.samples_per_s), "over completed time, without warm-up"),
        Fact("loss", f"{fmt.number(summary.first_loss)} → {fmt.number(summary.last_loss)}"),
        Fact("parameters", fmt.count(summary.parameters), "trainable"),
        Fact("peak RSS", fmt.memory(peak.process_rss), _why(peak.reasons, "process_rss")),
        Fact(
            "peak allocated",
            fmt.memory(peak.framework_allocated),
            _why(peak.reasons, "framework_allocated"),
        ),
        Fact("peak on GPU", fmt.memory(peak.device_used), _why(peak.reasons, "device_used")),
        Fact("duration", fmt.elapsed(summary.duration_s)),
        Fact(
            "overhead", fmt.at_least_percent(summary.overhead_percent), "Diptych's part of the step"
        ),
        Fact(
            "records lost",
            fmt.count(lost.missing + lost.malformed + lost.not_written),
            f"{lost.missing} missing, {lost.malformed} damaged, {lost.not_written} not written",
        ),
    ]
    return Group("Result", tuple(facts))


def _warmup(count: int | None) -> str:
    return "too few steps to tell" if count is None else fmt.plural(count, "step")


def _times(name: str, times: StepTimes) -> list[Fact]:
    if times.median is None:
        return [Fact(name, fmt.UNKNOWN, "no step is known")]
    median, p95, p99 = (
        fmt.duration(None if v is None else v * 1e6) for v in (times.median, times.p95, times.p99)
    )
    hint = f"of {fmt.plural(times.counted, 'step')}, neither warm-up nor profiled"
    ruler = f", ruler {times.ruler}" if times.ruler else ""
    return [Fact(name, f"{median}, p95 {p95}, p99 {p99}", hint + ruler)]


def _why(reasons: dict[str, str], name: str) -> str:
    return fmt.reason(reasons.get(name))


def _asked(manifest: Manifest) -> Group:
    request = manifest.request
    facts = [Fact("name", request.name or ""), Fact("framework", request.framework)]
    if request.workload:
        facts.append(Fact("workload", request.workload))
    if request.script:
        facts.append(Fact("script", request.script, fixed=True))
        facts.append(Fact("arguments", shlex.join(request.args), fixed=True))
    facts += [Fact(name.replace("_", " "), str(value)) for name, value in request.knobs.items()]
    facts.append(Fact("measured", "fenced" if request.fenced else "observed, not fenced"))
    schedule = request.schedule
    if schedule is None:
        facts.append(Fact("profile windows", "only when captured"))
    else:
        times = "for as long as it lasts" if not schedule.repeat else f"{schedule.repeat}×"
        facts.append(
            Fact(
                "profile windows",
                f"skip {schedule.skip}, then {times}: wait {schedule.wait}, "
                f"warm up {schedule.warmup}, record {schedule.active}",
            )
        )
    if request.timeout is not None:
        facts.append(Fact("time limit", fmt.elapsed(request.timeout)))
    return Group("Asked for", tuple(fact for fact in facts if fact.value))


def _interpreter(manifest: Manifest, snapshot: RunSnapshot) -> Group:
    framework = snapshot.framework
    facts = [
        Fact("python", manifest.request.python, fixed=True),
        Fact("version", manifest.python_version or fmt.UNKNOWN),
        Fact("runtime", manifest.request.runtime or ""),
    ]
    if framework is not None:
        facts.append(Fact("imported", f"{framework.name} {framework.version}"))
        facts.append(Fact("CUDA", framework.cuda or "none"))
        facts.append(Fact("device", framework.device or fmt.UNKNOWN))
        facts.append(Fact("threads", fmt.count(framework.threads)))
        facts += [Fact(key, value) for key, value in sorted(framework.details.items())]
    facts += [Fact(name, version) for name, version in sorted(manifest.versions.items())]
    facts.append(Fact("folder", manifest.cwd, fixed=True))
    facts.append(Fact("diptych", manifest.app_version))
    return Group("Interpreter", tuple(fact for fact in facts if fact.value))


def _host(manifest: Manifest, snapshot: RunSnapshot) -> Group:
    host = manifest.host
    cores = f"{fmt.count(host.cores_physical)} cores, {fmt.count(host.cores_logical)} threads"
    facts = [
        Fact("name", host.name),
        Fact("system", host.system),
        Fact("processor", host.cpu or fmt.UNKNOWN),
        Fact("cores", cores),
        Fact("memory", fmt.memory(host.memory)),
    ]
    for gpu in manifest.gpus:
        words = [gpu.name or "unknown", fmt.memory(gpu.memory), f"driver {gpu.driver or '—'}"]
        words += ["simulated"] if gpu.simulated else []
        facts.append(Fact(f"GPU {gpu.index}", ", ".join(words)))
    if not manifest.gpus:
        why = manifest.gpu_reason or snapshot.nvml_text or "not known"
        facts.append(Fact("GPU", f"none: {why}"))
    return Group("Machine", tuple(facts))


def _git(manifest: Manifest) -> Group:
    git = manifest.git
    if git is None:
        return Group("Git", ())
    dirty = {True: "with changes", False: "clean", None: "not known whether changed"}[git.dirty]
    facts = (
        Fact("repository", git.root, fixed=True),
        Fact("revision", git.revision, fixed=True),
        Fact("state", dirty),
    )
    return Group("Git", facts)


def files(snapshot: RunSnapshot) -> list[File]:
    """Return the traces and the other files of a run worth opening. Asks the disk."""
    root = snapshot.directory
    made = []
    for window in snapshot.windows:
        trace = window.trace
        if trace is not None and trace.path and ".." not in Path(trace.path).parts:
            events = fmt.plural(trace.events, "event")
            what = f"Chrome trace of w{window.id:03d}, {events}"
            path = root / trace.path
            made.append(File(path.name, what, path, _size(path)))
    for name, what in (
        ("summary.json", "the numbers above"),
        ("manifest.json", "what was asked for"),
        ("logs/stdout.log", "standard output"),
        ("logs/stderr.log", "standard error"),
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
