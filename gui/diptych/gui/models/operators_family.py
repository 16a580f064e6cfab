"""To which family an operator belongs, by the words of its name. No Qt here."""

from __future__ import annotations

import re
from functools import lru_cache

from diptych.gui.text.tr import tr

FAMILIES = {
    "conv": tr("convolution"),
    "matmul": tr("matmul"),
    "norm": tr("norm"),
    "elementwise": tr("elementwise"),
    "pool": tr("pooling"),
    "copy": tr("copy"),
    "optimizer": tr("optimizer"),
    "comm": tr("communication"),
    "other": tr("other"),
}
"""Family, and what people call it."""

_POINTWISE = """
activation tanh gelu silu add sub mul div pow exp log sqrt rsqrt neg abs mean sum max min where
clamp clip dropout maximum minimum square threshold scalar plus minus nll pick addcmul addcdiv
lerp eq lt gt ge le ne reciprocal reduce bernoulli
"""
_MOVING = """
to t clone contiguous cast fill zero zeros ones empty transpose swapaxes swapaxis reshape flatten
cat concat stack split slice pad index gather scatter embedding take expand permute view select
narrow reorder set squeeze unsqueeze unbind strided detach resize
"""

# Family, parts of words, whole words. The first that matches holds, so what is
# special stands before what is general: batch_norm_add is a norm, no addition.
_RULES = (
    ("comm", "nccl allreduce all_reduce allgather all_gather reduce_scatter c10d kvstore", ""),
    (
        "optimizer",
        "optimizer foreach multi_tensor",
        "sgd adam adamw lamb nag rmsprop ftrl adagrad adadelta",
    ),
    ("other", "", "random normal uniform rand randn randint randperm multinomial"),
    ("norm", "norm", ""),
    ("conv", "conv wgrad dgrad im2col col2im", ""),
    (
        "matmul",
        "matmul gemm fullyconnected fully_connected lstm attention",
        "mm addmm bmm baddbmm addbmm addmv mv linear dot einsum rnn gru",
    ),
    ("pool", "pool", ""),
    ("elementwise", "elemwise elementwise softmax relu loss sigmoid vectorized", _POINTWISE),
    ("copy", "copy memcpy memset", _MOVING),
)
_PREPARED = tuple(
    (name, tuple(parts.split()), frozenset(words.split())) for name, parts, words in _RULES
)
_NORMAL = re.compile("normal(?!i[sz])")
"""The distribution, which is no norm; to normalise is one."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@lru_cache(maxsize=8192)
def family(name: str) -> str:
    """Return the family of an operator or kernel; ``other`` when its name says nothing."""
    name = name[:300]
    plain = _NORMAL.sub("", name.lower())
    words = {word.lower() for word in _WORD.findall(name)}
    for found, parts, whole in _PREPARED:
        if not whole.isdisjoint(words) or any(part in plain for part in parts):
            return found
    return "other"
