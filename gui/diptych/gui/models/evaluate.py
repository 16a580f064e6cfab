"""What a draft amounts to: the requests that would be started, or why not.

`evaluate` may read files and probe interpreters: call it in a job. The very
requests that it returns are the ones to start, so the command shown is the
command run.
"""

from __future__ import annotations

import re
import secrets
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from diptych.gui.models.draft import Draft, knob_key
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.gui.text.words import OPTIONS
from diptych.profiling.records.manifest import ProfileOptions, RunRequest, Schedule
from diptych.profiling.runner import launch
from diptych.profiling.runner.launch import RequestError, Settings
from diptych.profiling.runner.runtimes import TITLES, RuntimeInfo
from diptych.workloads import catalogue
from diptych.workloads.catalogue import FRAMEWORKS

_WORDS = {
    "batch_size": tr("batch size"),
    "image_size": tr("image size"),
    "seq_len": tr("sequence length"),
    "lr": tr("learning rate"),
}
_NUMBERS = {"warmup": tr("warm up"), "active": tr("record"), "repeat": tr("times")}

Level = Literal["ok", "warning", "error", "info"]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checks. ``field`` names the input that it is about."""

    level: Level
    text: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``requests`` is empty when a check is an error, or something is still to be chosen."""

    requests: tuple[RunRequest, ...]
    checks: tuple[Check, ...]

    @property
    def command(self) -> str:
        """The command line that does the same, a line a run."""
        return "\n".join(launch.shell_command(request) for request in self.requests)

    @property
    def errors(self) -> dict[str, str]:
        """Messages by the field that they are about."""
        return {c.field: c.text for c in self.checks if c.level == "error" and c.field}


def evaluate(
    draft: Draft, infos: Sequence[RuntimeInfo], home: Path, *, live: int = 0, cores: int = 0
) -> Evaluation:
    """Return what ``draft`` would start; ``live`` runs are going on already."""
    checks: list[Check] = _what_is_wrong(draft)
    requests: list[RunRequest] = []
    if not checks:
        requests, checks = _requests(draft, home)
        # The same in the words of the window, whose buttons are nearer than a command.
        checks = (_without_runtime(draft, infos) or checks) if checks else []
    if checks:
        return Evaluation((), distinct(checks))
    for request in requests:
        checks += about_runtime(request, infos)
    checks += _about_runs(draft, requests, live=live, cores=cores)
    return Evaluation(tuple(requests), distinct(checks))


def distinct(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return each check once, errors first."""
    order = {"error": 0, "warning": 1, "info": 2, "ok": 3}
    return tuple(sorted(dict.fromkeys(checks), key=lambda check: order[check.level]))


def sentence(error: Exception) -> str:
    """Return a refusal as a person would write it: ``Batch size −5 is not possible``."""
    text = str(error)
    for name, words in _WORDS.items():
        text = re.sub(rf"\b{name}\b", words, text)
    text = re.sub(r"'(-?[0-9][0-9.]*)'", lambda found: fmt.true_minus(found[1]), text)
    return text[:1].upper() + text[1:]


# -- what is wrong with it -------------------------------------------------------


def _what_is_wrong(draft: Draft) -> list[Check]:
    """Return everything that can be refused input by input."""
    checks = [*_wrong_numbers(draft), *_wrong_environment(draft)]
    if draft.source == "catalogue":
        return [*_wrong_knobs(draft), *checks]
    if not draft.script.strip():
        checks.append(Check("info", tr("Choose the script that is to run"), "script"))
    try:
        shlex.split(draft.args)
    except ValueError as error:
        text = tr("The arguments cannot be taken apart: {error}", error=error)
        checks.append(Check("error", text, "args"))
    return checks


def _wrong_knobs(draft: Draft) -> list[Check]:
    checks = []
    for framework in FRAMEWORKS:
        for knob in catalogue.workload(draft.workload).knobs_for(framework):
            try:
                if framework in draft.frameworks:
                    knob.read(draft.knob(knob.name, framework))
            except catalogue.KnobError as error:
                key = knob_key(knob.name, draft.workload, framework)
                checks.append(Check("error", sentence(error), key))
    return checks


def _wrong_numbers(draft: Draft) -> list[Check]:
    checks = []
    for name, text in draft.schedule.items() if draft.profile else ():
        least = 1 if name == "active" else 0
        what = _NUMBERS.get(name, name)
        field = f"schedule.{name}"
        try:
            if int(text) < least:
                words = tr("Profile window: {what} cannot be below {least}", what=what, least=least)
                checks.append(Check("error", words, field))
        except ValueError:
            words = tr(
                "Profile window: {what} {text!r} is not a whole number", what=what, text=text
            )
            checks.append(Check("error", words, field))
    return checks


def _wrong_environment(draft: Draft) -> list[Check]:
    try:
        _environment(draft)
    except RequestError as error:
        return [Check("error", sentence(error), error.field)] if draft.source == "script" else []
    return []


def _without_runtime(draft: Draft, infos: Sequence[RuntimeInfo]) -> list[Check]:
    """Say of a framework that nothing on this machine has it, and which button helps."""
    checks = []
    for framework in draft.frameworks if draft.source == "catalogue" else ():
        has = any(framework in info.frameworks for info in infos)
        if not has and not draft.pythons.get(framework):
            text = tr(
                "No Python here can import {name}: press Create one above, which also lets you "
                "add an interpreter",
                name=TITLES[framework],
            )
            checks.append(Check("error", text))
    return checks


# -- the requests ----------------------------------------------------------------


def _requests(draft: Draft, home: Path) -> tuple[list[RunRequest], list[Check]]:
    """Return what would be started, and what the runner refuses of it."""
    requests: list[RunRequest] = []
    checks: list[Check] = []
    settings = _settings(draft)
    makers = [partial(_script, draft, settings, home)]
    if draft.source == "catalogue":
        makers = [partial(_workload, draft, name, settings, home) for name in draft.frameworks]
    for make in makers:
        try:
            requests.append(make())
        except RequestError as error:
            checks.append(Check("error", sentence(error), error.field))
    return requests, checks


def _settings(draft: Draft) -> Settings:
    both = draft.source == "catalogue" and len(draft.frameworks) > 1
    return Settings(
        fenced=draft.fenced,
        schedule=_schedule(draft) if draft.profile else None,
        options=ProfileOptions(**dict.fromkeys(_options(draft), True)),
        name=" ".join(draft.name.split()) or None,
        pair=secrets.token_hex(4) if both else None,
        env=_environment(draft) if draft.source == "script" else {},
    )


def _options(draft: Draft) -> list[str]:
    known = [None if name == "auto" else name for name in draft.chosen_frameworks]
    return [o.key for o in OPTIONS if o.key in draft.options and not o.lacking(known)]


def _schedule(draft: Draft) -> Schedule | Literal["default"]:
    if not draft.schedule:
        return "default"
    values = {name: int(text) for name, text in draft.schedule.items()}
    made = Schedule(**values)
    return "default" if made == Schedule() else made


def _environment(draft: Draft) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in draft.env:
        if not name.strip() and not value:
            continue
        if name.strip() in found:
            raise RequestError(f"the variable {name.strip()} is given twice", "env")
        found[name.strip()] = value
    return found


def _workload(draft: Draft, framework: str, settings: Settings, home: Path) -> RunRequest:
    name = next(known for known in FRAMEWORKS if known == framework)
    return launch.request_for_workload(
        framework,
        draft.workload,
        draft.knobs_for(name),
        runtime=draft.pythons.get(framework) or None,
        settings=settings,
        home=home,
    )


def _script(draft: Draft, settings: Settings, home: Path) -> RunRequest:
    script = Path(draft.script.strip()).expanduser()
    return launch.request_for_script(
        script,
        shlex.split(draft.args),
        framework=draft.script_framework,
        runtime=draft.script_python or None,
        cwd=draft.cwd.strip() or script.absolute().parent,
        settings=settings,
        home=home,
    )


# -- the checks ------------------------------------------------------------------


def about_runtime(request: RunRequest, infos: Sequence[RuntimeInfo]) -> list[Check]:
    """Say which interpreter runs it, and what it is known to lack."""
    info = next((info for info in infos if info.python == request.python), None)
    if info is None:
        return [Check("ok", tr("{python} starts", python=request.python))]
    names = [request.framework] if request.framework in info.frameworks else list(info.usable)
    checks = []
    for name in names:
        version = (info.frameworks[name].version or "").partition("+")[0]
        words = tr(
            "{name} {version} starts, on Python {python}",
            name=TITLES[name],
            version=version,
            python=info.python_version,
        )
        checks.append(Check("ok", words))
    limits = (p for p in info.problems if not p.fatal and p.framework in (None, *names))
    return [*checks, *(Check("warning", f"{p.what}. {p.cure}") for p in limits)]


def _about_runs(
    draft: Draft, requests: Sequence[RunRequest], *, live: int, cores: int
) -> list[Check]:
    checks = about_live(live)
    for request in requests:
        checks += _about_request(request, cores)
    if len(requests) > 1:
        checks += _about_pair(draft, requests)
    return checks


def about_live(live: int) -> list[Check]:
    """Warn where runs go on already."""
    words = trn(
        "{n} run is going on: each makes the other slower",
        "{n} runs are going on: each makes the others slower",
        live,
    )
    return [Check("warning", words)] if live else []


def about_knobs(request: RunRequest, cores: int) -> list[Check]:
    """Say which knobs this machine makes nothing good of."""
    checks = []
    knobs = request.knobs
    if knobs.get("execution") == "compile" and not any(
        map(shutil.which, ("c++", "g++", "clang++"))
    ):
        text = tr("torch.compile needs a C++ compiler and none is on the PATH")
        checks.append(Check("warning", text, "execution@torch"))
    threads = knobs.get("threads")
    if isinstance(threads, int) and cores and threads > cores:
        text = trn(
            "{threads} threads on {n} core: they will wait for each other",
            "{threads} threads on {n} cores: they will wait for each other",
            cores,
            threads=threads,
        )
        checks.append(Check("warning", text, "threads"))
    return checks


def _about_request(request: RunRequest, cores: int) -> list[Check]:
    checks = about_knobs(request, cores)
    steps, needed = request.knobs.get("steps"), _needed(request)
    if needed is not None and isinstance(steps, int) and needed > steps:
        text = tr(
            "The profile window needs {needed} steps and the run makes {steps}: "
            "it will not be complete",
            needed=needed,
            steps=steps,
        )
        checks.append(Check("warning", text, "schedule"))
    if request.schedule is None:
        checks.append(Check("info", tr("No profile window: no operators, no trace, until Capture")))
    return checks


def _needed(request: RunRequest) -> int | None:
    if request.schedule is None:
        return None
    schedule = request.schedule
    return schedule.skip + schedule.wait + schedule.warmup + schedule.active


def _about_pair(draft: Draft, requests: Sequence[RunRequest]) -> list[Check]:
    checks = []
    if not draft.fenced:
        text = tr("Observed, each with its own ruler. To compare the two, choose Fenced")
        checks.append(Check("info", text, "fenced"))
    compiled = {request.knobs.get("execution") in ("compile", "hybridize") for request in requests}
    if len(compiled) > 1:
        text = tr("One side is compiled and the other is not: that is not the same execution")
        checks.append(Check("warning", text))
    return checks
