"""The two records that come with every step, as text. Runs on the side thread.

Formatted by hand: this is a third of the time that ``json.dumps`` takes, and
the training waits for the interpreter while it runs.
"""

from __future__ import annotations

import math
from typing import Optional, Tuple

from .pieces import Step

StepLine = Tuple[Step, Optional[int], Optional[int], Optional[str], Optional[int]]
"""(step, window, completed, ruler, cost)."""
DoneLine = Tuple[int, int, str, Optional[float]]
"""(n, completed, ruler, loss)."""


_STEP = (
    '{"k":"step","seq":%s,"t":%s,"n":%s,"t0":%s,"dispatched":%s,"phases":[%s,%s,%s,%s,%s],'
    '"completed":%s,"ruler":%s,"mode":"%s","samples":%s,"loss":%s,"window":%s,"warm":%s,"cost":%s}'
)


def _number(value: Optional[float]) -> str:
    return repr(value) if value is not None and math.isfinite(value) else "null"


def _whole(value: Optional[int]) -> str:
    return "null" if value is None else str(int(value))


def format_step(seq: int, t: int, line: StepLine) -> str:
    """Return one ``step`` record."""
    step, window, completed, ruler, cost = line
    values: Tuple[object, ...] = (seq, t, step.n, step.t0, step.end - step.t0, *step.phases)
    values += (_whole(completed), '"%s"' % ruler if ruler else "null")
    values += ("infer" if step.infer else "train", _whole(step.samples), _number(step.loss))
    values += (_whole(window), "true" if step.warm else "false", _whole(cost))
    text = _STEP % values
    return text if step.loss is None else _told(text, step.loss)


def format_done(seq: int, t: int, line: DoneLine) -> str:
    """Return one ``done`` record."""
    n, completed, ruler, loss = line
    text = '{"k":"done","seq":%d,"t":%d,"n":%d,"completed":%d,"ruler":"%s","loss":%s}' % (
        (seq, t, n, completed, ruler, _number(loss))
    )
    return text if loss is None else _told(text, loss)


def _told(text: str, loss: float) -> str:
    """Add to a record what its loss is, where JSON has no number for it."""
    return text if math.isfinite(loss) else '%s,"loss_is":"%s"}' % (text[:-1], loss)
