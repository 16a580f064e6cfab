"""What a draft of a comparison amounts to: the experiment that would be started, or why not.

`plan` may read files and probe interpreters: call it in a job. The experiment
that it returns is the one to start, and the command does the same.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from diptych.gui.models.compare_draft import CompareDraft, SideDraft, executions
from diptych.gui.models.compare_time import Known, seconds
from diptych.gui.models.evaluate import (
    Check,
    about_knobs,
    about_live,
    about_runtime,
    distinct,
    sentence,
)
from diptych.gui.text.tr import tr
from diptych.profiling.compare import conduct, sides
from diptych.profiling.compare.sides import Value, Wanted
from diptych.profiling.records.experiment import Experiment, SideSpec
from diptych.profiling.runner.errors import RequestError
from diptych.profiling.runner.request import Settings, request_for_script
from diptych.profiling.runner.runtimes import TITLES, RuntimeInfo

IN_SEQUENCE = 20
"""Steps that stand for a turn where there are no turns."""
_ROUNDS, _WARM = 10, 10


@dataclass(frozen=True, slots=True)
class Plan:
    """``experiment`` is ``None`` when a check is an error, or something is to be chosen.

    ``seconds`` is how long it takes, about; ``None`` where nobody can know.
    """

    experiment: Experiment | None
    checks: tuple[Check, ...]
    command: str = ""
    seconds: float | None = None

    @property
    def errors(self) -> dict[str, str]:
        """Messages by the field that they are about."""
        return {c.field: c.text for c in self.checks if c.level == "error" and c.field}


@dataclass(frozen=True, slots=True)
class Machine:
    """What is known of this machine: its interpreters, cores, and what goes on."""

    infos: Sequence[RuntimeInfo]
    home: Path
    cores: int = 0
    live: int = 0
    known: Known = field(default_factory=lambda: Known({}))


def plan(draft: CompareDraft, machine: Machine) -> Plan:
    """Return what ``draft`` would start."""
    checks = _wrong_numbers(draft)
    specs: tuple[SideSpec, ...] = ()
    if draft.source == "script":
        specs, found = _scripts(draft, machine.home)
    else:
        specs, found = _workload(draft, machine)
    checks += found
    if any(check.level == "error" for check in checks) or not specs:
        return Plan(None, distinct(checks))
    experiment = _experiment(draft, specs)
    for spec in specs:
        checks += [*about_runtime(spec.request, machine.infos)]
        checks += about_knobs(spec.request, machine.cores)
    checks += [*about_live(machine.live), *_about(draft)]
    took = seconds(experiment, machine.known)
    return Plan(experiment, distinct(checks), command(draft, experiment), took)


# -- numbers ---------------------------------------------------------------------


def _wrong_numbers(draft: CompareDraft) -> list[Check]:
    names = {"rounds": tr("Rounds"), "turn": tr("Steps of a turn"), "warm": tr("Warming up")}
    checks = []
    for key, name in names.items():
        text = getattr(draft, key).strip()
        if key == "turn" and not text:
            continue
        if not text.isdecimal() or not 1 <= int(text) <= 100_000:
            words = tr(
                "{name}: {text!r} is no whole number from 1 to 100,000", name=name, text=text
            )
            checks.append(Check("error", words, key))
    return checks


def _turn(draft: CompareDraft) -> int | None:
    if draft.turn.strip():
        return int(draft.turn)
    return IN_SEQUENCE if draft.order == "sequence" else None


# -- sides of the catalogue --------------------------------------------------------


def spec_text(side: SideDraft) -> str:
    """Return a side as the command line takes it: ``torch:compile,threads=1``."""
    usual = executions(side.framework)[0]
    head = side.framework if side.execution == usual else f"{side.framework}:{side.execution}"
    return ",".join([head, *(w.strip() for w in side.knobs.split(",") if w.strip())])


def shared_knobs(draft: CompareDraft) -> dict[str, Value]:
    """Return the knobs that all sides share and that are not at their defaults."""
    texts = ((knob, draft.knob(knob.name).strip()) for knob in draft.shared())
    return {knob.name: text for knob, text in texts if text != str(knob.default)}


def _workload(draft: CompareDraft, machine: Machine) -> tuple[tuple[SideSpec, ...], list[Check]]:
    wanted, checks = _wanted(draft)
    if not checks and draft.sweep_knob:
        values = [value.strip() for value in draft.sweep_values.split(",") if value.strip()]
        if len(values) < 2:
            words = tr("A sweep needs at least two values, such as 8, 16, 32")
            checks.append(Check("error", words, "sweep"))
        else:
            wanted = sides.swept(wanted, draft.sweep_knob, values)
    if not checks and not 2 <= len(wanted) <= sides.MOST:
        words = tr("{n} sides: a comparison has 2 to {most}", n=len(wanted), most=sides.MOST)
        checks.append(Check("error", words, "sides"))
    checks += _refused(draft, wanted, machine)
    if checks:
        return (), checks
    return _specs(draft, wanted, machine.home), []


def _wanted(draft: CompareDraft) -> tuple[list[Wanted], list[Check]]:
    wanted, checks = [], []
    for number, side in enumerate(draft.sides):
        try:
            wanted.append(sides.parse(spec_text(side)))
        except RequestError as error:
            checks.append(Check("error", sentence(error), f"side{number}"))
    return wanted, checks


def _specs(draft: CompareDraft, wanted: Sequence[Wanted], home: Path) -> tuple[SideSpec, ...]:
    settings = Settings(fenced=draft.fenced, schedule=None)
    return sides.workload_sides(
        draft.workload, wanted, shared_knobs(draft), settings=settings, home=home
    )


def _refused(draft: CompareDraft, wanted: Sequence[Wanted], machine: Machine) -> list[Check]:
    """Return what is refused, and of which sides where it is not all."""
    found: dict[tuple[str, str | None], list[int]] = {}
    for number, side in enumerate(wanted):
        try:
            _specs(draft, [side], machine.home)
        except RequestError as error:
            text = _without(side.framework, machine.infos) if error.field == "runtime" else ""
            found.setdefault((text or sentence(error), error.field), []).append(number)
    checks = []
    for (text, knob), numbers in found.items():
        side = wanted[numbers[0]]
        words = text
        if knob != "runtime" and len(numbers) < len(wanted):
            words = tr("{side}: {reason}", side=_called(side), reason=text)
        where = knob
        if knob == draft.sweep_knob:
            where = "sweep"
        elif knob in side.knobs:
            where = f"side{numbers[0] % len(draft.sides)}"
        checks.append(Check("error", words, where))
    return checks


def _called(side: Wanted) -> str:
    words = [TITLES[side.framework], *(f"{k} {v}" for k, v in side.knobs.items())]
    return " ".join(words)


def _without(framework: str, infos: Sequence[RuntimeInfo]) -> str:
    if any(framework in info.frameworks for info in infos):
        return ""
    return tr(
        "No Python here can import {name}: press Runtimes…, which creates one or lets you add "
        "an interpreter",
        name=TITLES[framework],
    )


# -- scripts -----------------------------------------------------------------------


def _scripts(draft: CompareDraft, home: Path) -> tuple[tuple[SideSpec, ...], list[Check]]:
    checks = []
    try:
        args = shlex.split(draft.args)
    except ValueError as error:
        text = tr("The arguments cannot be taken apart: {error}", error=error)
        return (), [Check("error", text, "args")]
    settings = Settings(fenced=draft.fenced, schedule=None)
    requests = []
    for number, script in enumerate(draft.scripts):
        place = f"side{number}"
        if not script.strip():
            text = tr("Choose the script of side {n}", n=number + 1)
            checks.append(Check("info", text, place))
            continue
        try:
            path = Path(script.strip()).expanduser()
            folder = _folder(draft)
            requests.append(
                request_for_script(path, args, cwd=folder, settings=settings, home=home)
            )
        except RequestError as error:
            where = "runtime" if error.field == "runtime" else place
            checks.append(Check("error", sentence(error), where))
    if checks:
        return (), checks
    return sides.labelled(requests), []


def _folder(draft: CompareDraft) -> Path:
    """Return where all scripts run: in the folder of the first."""
    return Path(draft.scripts[0].strip()).expanduser().absolute().parent


# -- what it comes to ----------------------------------------------------------------


def _experiment(draft: CompareDraft, specs: tuple[SideSpec, ...]) -> Experiment:
    swept = draft.source == "catalogue" and draft.sweep_knob
    return Experiment(
        id=conduct.new_id(specs),
        created=time.time_ns(),
        name=" ".join(draft.name.split()) or None,
        sides=specs,
        order=draft.order,
        rounds=int(draft.rounds),
        turn=_turn(draft),
        warm=int(draft.warm),
        # One side twice is itself what the noise is learnt from.
        noise=draft.noise and not draft.same,
        parity=draft.parity and draft.source == "catalogue",
        why=draft.why,
        sweep=draft.sweep_knob if swept else None,
    )


def _about(draft: CompareDraft) -> list[Check]:
    checks = []
    if draft.same:
        words = tr("The same twice: whatever differs is the noise of this machine")
        checks.append(Check("info", words))
    elif not draft.noise:
        words = tr("Without the first side twice it stays unknown how much this machine varies")
        checks.append(Check("info", words, "noise"))
    if draft.order == "sequence":
        words = tr("One after the other: heat, drift and other programs may hit one side only")
        checks.append(Check("warning", words, "order"))
    if not draft.fenced:
        words = tr("Observed: each framework has its own ruler. Fenced is one for all")
        checks.append(Check("warning", words, "fenced"))
    return checks


def command(draft: CompareDraft, experiment: Experiment) -> str:
    """Return the `diptych compare` line that does the same, quoted for a shell."""
    words = ["diptych", "compare"]
    before, args = "", []
    if draft.source == "script":
        paths = [Path(script.strip()).expanduser() for script in draft.scripts]
        words += [word for path in paths for word in ("--script", str(path))]
        before = f"cd {shlex.quote(str(_folder(draft)))} && "
        args = shlex.split(draft.args)
    else:
        words += ["--workload", draft.workload, *_side_words(draft)]
        words += _options(shared_knobs(draft))
        if draft.sweep_knob:
            values = ",".join(v.strip() for v in draft.sweep_values.split(",") if v.strip())
            words += ["--sweep", f"{draft.sweep_knob}={values}"]
    words += _race_words(draft, experiment)
    return before + shlex.join([*words, "--", *args] if args else words)


def _side_words(draft: CompareDraft) -> list[str]:
    texts = [spec_text(side) for side in draft.sides]
    if texts == ["torch", "mxnet"]:
        return []
    if draft.same and len(texts) == 2:
        return ["--side", texts[0], "--aa"]
    return [word for text in texts for word in ("--side", text)]


def _options(knobs: Mapping[str, Value]) -> list[str]:
    return [w for k, v in knobs.items() for w in (f"--{k.replace('_', '-')}", str(v))]


def _race_words(draft: CompareDraft, experiment: Experiment) -> list[str]:
    words = []
    if experiment.rounds != _ROUNDS:
        words += ["--rounds", str(experiment.rounds)]
    if experiment.turn is not None:
        words += ["--turn", str(experiment.turn)]
    if experiment.warm != _WARM:
        words += ["--warm", str(experiment.warm)]
    words += ["--order", "sequence"] if experiment.order == "sequence" else []
    aa = draft.same and draft.source == "catalogue" and len(draft.sides) == 2
    words += ["--no-noise"] if not experiment.noise and not aa else []
    words += ["--parity"] if experiment.parity else []
    words += [] if experiment.why else ["--no-why"]
    words += [] if draft.fenced else ["--unfenced"]
    words += ["--name", experiment.name] if experiment.name else []
    return words
