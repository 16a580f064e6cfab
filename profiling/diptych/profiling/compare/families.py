"""To which family, and to forward, backward or optimizer, an operator or kernel belongs.

By its name: torch's and MXNet's operators, their gradients, bulked and fused
ones by their parts, kernels of cuDNN, cuBLAS, CUTLASS, MIOpen and Triton. The
rules are data (`families_data`); nothing here reads a run.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from diptych.profiling.compare.families_data import (
    UNMATCHED,
    FamiliesError,
    RuleSet,
    built_in,
    load,
    squashed,
    user_file,
)

__all__ = [
    "UNMATCHED",
    "WHOLE_NAMES",
    "Classified",
    "Classifier",
    "FamiliesError",
    "Part",
    "active",
    "classify",
]

WHOLE_NAMES = {
    "mxnet": {
        "MXNET_EXEC_BULK_EXEC_MAX_NODE_TRAIN": "0",
        "MXNET_EXEC_BULK_EXEC_INFERENCE": "0",
    },
    "torch": {"TORCHINDUCTOR_CPP_ENABLE_KERNEL_PROFILE": "1"},
}
"""By framework, variables of the environment under which each operator has a name of its own.

MXNet runs up to 15 operators as one, which it calls ``ImperativeBulk`` or by as
many of their names as fit into 127 characters; torch.compile's C++ kernels say
nothing of themselves. Both cost a little time, so they are for runs whose
operators are to be read, not for those whose steps are timed.
"""

_BULK_NAME = 127
"""Characters after which MXNet cuts a name off."""

_EVALUATE = "autograd::engine::evaluate_function: "
_TRAPS = re.compile(r"normal(?!i[sz])|renormali[sz]e|conver[ts]|fbgemm")
"""No norm, no convolution, no product; to normalise is a norm."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SIMPLE = re.compile(r"[\w.:#/ -]+")
_BACKWARD = re.compile(
    r"(?:^|_)(?:backward|bwd|bprop|dgrad|wgrad|wrw)(?:_|\d|$)|Backward\d*(?:$|Kernel|_)|[a-z]_?backward"
    r"|autograd::engine|AccumulateGrad|[dD]grad|[wW]grad"
)
_GRADIENT = re.compile(r"backward\d*(?:data|input|weight|bias)?$|^backward")
_INDUCTOR = re.compile(
    r"(?:graph_\d+_)?(?:cpp|triton)_(?:(?:poi|red|per|tem|for|mix|split_scan|unk)_)?fused_(.+?)(?:_\d+)?$"
)
_COMPUTING = frozenset(
    {
        "convolution",
        "matmul",
        "normalisation",
        "activation",
        "pooling",
        "softmax_loss",
        "embedding",
        "recurrent",
        "attention",
    }
)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the operators that ran as one; ``share`` of its time (together they are 1)."""

    name: str
    family: str
    phase: str
    share: float


@dataclass(frozen=True, slots=True)
class Classified:
    """Family and phase of a name, and its parts where several operators ran as one.

    ``family`` is that of the largest share, `UNMATCHED` where no rule knows it.
    ``phase`` is forward, backward, optimizer, data or other. ``cut`` says that
    the framework shortened the name, so that not all parts are known.
    """

    family: str
    phase: str
    parts: tuple[Part, ...] = ()
    cut: bool = False


class Classifier:
    """The rules at work; answers are remembered."""

    def __init__(self, rules: RuleSet) -> None:
        self.titles = rules.titles
        self._rules = rules.rules
        self._names = rules.names()
        self.family = lru_cache(maxsize=16384)(self._family)

    def classify(
        self, name: str, phase: str | None = None, framework: str | None = None
    ) -> Classified:
        """Return family, phase and parts; ``phase`` is what the record of the operator says.

        Where nothing more is known, the parts have equal shares.
        """
        names, cut = self._split(name, framework)
        if len(names) > 1 or cut:
            parts = tuple(self._part(part, phase, 1 / len(names)) for part in names)
            counts = Counter(part.family for part in parts)
            largest = max(parts, key=lambda part: counts[part.family])
            return Classified(largest.family, largest.phase, parts, cut)
        part = self._part(names[0], phase, 1.0)
        return Classified(part.family, part.phase)

    def _part(self, name: str, phase: str | None, share: float) -> Part:
        family = self.family(name)
        found = phase_of(name, family, phase)
        if found == "optimizer":
            family = "optimizer"
        return Part(name, family, found, share)

    def _split(self, name: str, framework: str | None) -> tuple[list[str], bool]:
        if framework != "torch" and "," in name and not set("<( ") & set(name):
            names = [part for part in name.split(",") if part]
            cut = len(name) >= _BULK_NAME
            return (names[:-1] if cut and len(names) > 1 else names) or [name], cut
        fused = _INDUCTOR.match(name)
        return (self._fused(fused[1]) if fused else [name]) or [name], False

    def _fused(self, joined: str) -> list[str]:
        """Cut ``native_layer_norm_relu`` into the longest names that are known.

        What lies between two known names is one that is not known.
        """
        words = [word for word in joined.split("_") if word]
        found: list[str] = []
        at = start = 0
        while at < len(words):
            ends = range(len(words), at, -1)
            end = next((e for e in ends if self._known("".join(words[at:e]))), None)
            if end is None:
                at += 1
                continue
            found += ["_".join(words[start:at])] * (start < at) + ["_".join(words[at:end])]
            at = start = end
        return found + ["_".join(words[start:])] * (start < at)

    def _known(self, squashed_name: str) -> bool:
        return squashed_name in self._names or _base(squashed_name) in self._names

    def _family(self, name: str) -> str:
        if name.startswith(_EVALUATE):
            return "overhead"
        simple = name if _SIMPLE.fullmatch(name) else ""
        if simple:
            last = simple.rpartition("::")[2]
            for key in (squashed(last), _base(squashed(last))):
                if key in self._names:
                    return self._names[key]
        return self._by_rules(name[:600])

    def _by_rules(self, name: str) -> str:
        plain = _TRAPS.sub("", name.lower())
        words = {word.lower() for word in _WORD.findall(_head(name))}
        for rule in self._rules:
            if not rule.words.isdisjoint(words) or any(part in plain for part in rule.parts):
                return rule.family
        return UNMATCHED


def phase_of(name: str, family: str, phase: str | None) -> str:
    """Return the phase: what is recorded, unless the name says more."""
    if phase in ("optimizer", "data"):
        return phase
    if _BACKWARD.search(_head(name)) and family != "optimizer":
        return "backward"
    if phase is not None:
        return phase
    if family == "optimizer":
        return "optimizer"
    return "forward" if family in _COMPUTING else "other"


def _base(key: str) -> str:
    """Return the name of the operator whose gradient a squashed name is."""
    return _GRADIENT.sub("", key)


def _head(name: str) -> str:
    """Return a kernel's own name, without template arguments and parameters."""
    text = name[:600].replace("(anonymous namespace)::", "").removeprefix("void ")
    return re.split(r"[<(]", text, maxsplit=1)[0] or text


@lru_cache(maxsize=4)
def _of_file(path: str, changed: int) -> Classifier:
    return Classifier(load(Path(path)) if changed else built_in())


def active() -> Classifier:
    """Return the classifier with the user's own rules; raises `FamiliesError`.

    The user's file is looked at again when it has changed.
    """
    path = user_file()
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        changed = 0
    return _of_file(str(path), changed)


def classify(name: str, phase: str | None = None, framework: str | None = None) -> Classified:
    """Classify with the rules that hold now (`active`); raises `FamiliesError`."""
    return active().classify(name, phase, framework)
