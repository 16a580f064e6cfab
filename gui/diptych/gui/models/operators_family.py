"""Which colour an operator has: the families of `compare.families`, in fewer groups. No Qt here."""

from __future__ import annotations

from functools import lru_cache

from diptych.profiling.compare.families import Classifier, FamiliesError, active
from diptych.profiling.compare.families_data import built_in

FAMILIES = {
    "conv": "convolution",
    "matmul": "matmul",
    "norm": "norm",
    "elementwise": "elementwise",
    "pool": "pooling",
    "copy": "copy",
    "optimizer": "optimizer",
    "comm": "communication",
    "other": "other",
}
"""Group, and what people call it."""

_GROUPS = {
    "convolution": "conv",
    "matmul": "matmul",
    "recurrent": "matmul",
    "attention": "matmul",
    "normalisation": "norm",
    "activation": "elementwise",
    "softmax_loss": "elementwise",
    "elementwise": "elementwise",
    "reduction": "elementwise",
    "pooling": "pool",
    "embedding": "copy",
    "copy": "copy",
    "optimizer": "optimizer",
    "communication": "comm",
}
"""Families of a user's own file, what no rule knows and the frameworks' own work are "other"."""

_WRAPPER = "autograd::engine::evaluate_function: "


@lru_cache(maxsize=1)
def _classifier() -> Classifier:
    """Return the rules, read once: colours do not change while a window is open.

    A file of the user's that cannot be used costs no window its colours: comparisons
    say what is wrong with it.
    """
    try:
        return active()
    except FamiliesError:
        return Classifier(built_in())


@lru_cache(maxsize=8192)
def family(name: str) -> str:
    """Return the group of an operator or kernel; ``other`` when its name says nothing.

    What ran as one has the group that most of its parts have; the work of
    autograd around an operator has that operator's.
    """
    found = _classifier().classify(name.removeprefix(_WRAPPER))
    return group(found.family)


def group(family_of_rules: str) -> str:
    """Return the group, one of `FAMILIES`, of a family that the rules know."""
    return _GROUPS.get(family_of_rules, "other")
