"""A comparison as plain data, for scripts: see docs/metrics.md, "Comparison as JSON"."""

from __future__ import annotations

import math
from typing import Any

from diptych.profiling.compare.bootstrap import Interval, median_interval
from diptych.profiling.compare.comparison import Compared, Comparison
from diptych.profiling.compare.parity import Parity
from diptych.profiling.compare.verdict import Verdict
from diptych.profiling.compare.why import Why
from diptych.profiling.compare.words import sentence

_MS = 1e6


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Return what ``diptych compare --json`` prints. Unknown values are ``None``."""
    verdict = comparison.verdict
    why = next((found for found in comparison.why if found is not None), None)
    return {
        "id": comparison.id or None,
        "measure": comparison.measure,
        "in_turns": comparison.together,
        "sides": [_side(side) for side in comparison.sides],
        "ratio": _interval(verdict.ratio) if verdict else None,
        "verdict": verdict.finding.value if verdict else None,
        "sentence": sentence(comparison) if len(comparison.sides) > 1 else None,
        "more_steps": verdict.more_steps if verdict else None,
        "verdicts": [
            _verdict(comparison, at, found) for at, found in enumerate(comparison.verdicts) if at
        ],
        "noise_floor": comparison.noise_floor,
        "warmup": [side.timed.warmup for side in comparison.sides],
        "parity": _parity(comparison.parity),
        "fairness": [
            {"code": x.code, "title": x.title, "answer": x.answer, "evidence": x.evidence}
            for x in comparison.fairness
        ],
        "families": _families(why),
        "matched_share": why.matched_share if why else None,
        "why_not": next((text for text in comparison.why_not if text), None),
    }


def _side(side: Compared) -> dict[str, Any]:
    names = {0.5: "median_ms", 0.95: "p95_ms", 0.99: "p99_ms"}
    used = side.resources
    return {
        "label": side.label,
        "run": side.run.id,
        "framework": side.run.framework.name if side.run.framework else None,
        "version": side.run.framework.version if side.run.framework else None,
        "ruler": side.run.ruler,
        "steps": len(side.timed.rows),
        "rounds": side.timed.rounds or None,
        **{names[q]: _interval(found, _MS) for q, found in side.quantiles.items()},
        "by_throughput_ms": _interval(median_interval(side.throughput), _MS),
        "samples_per_s": _interval(side.rate),
        "phases_ms": side.phases,
        "peak_process_bytes": used.process_memory,
        "peak_framework_bytes": used.framework_memory,
        "cpu_percent": used.cpu,
        "gpu_percent": used.gpu,
        "joules_per_sample": used.energy,
    }


def _verdict(comparison: Comparison, at: int, found: Verdict | None) -> dict[str, Any]:
    check = comparison.check[at]
    by_sample = comparison.by_sample[at] if comparison.by_sample else None
    why = comparison.why[at]
    return {
        "side": comparison.sides[at].label,
        "against": comparison.sides[0].label,
        "verdict": found.finding.value if found else None,
        "ratio": _interval(found.ratio) if found else None,
        "by_throughput": _interval(check.ratio) if check else None,
        "by_sample": _interval(by_sample.ratio) if by_sample else None,
        "by_sample_verdict": by_sample.finding.value if by_sample else None,
        "more_steps": found.more_steps if found else None,
        "sentence": sentence(comparison, at),
        "families": _families(why),
        "matched_share": why.matched_share if why else None,
        "why_not": comparison.why_not[at],
    }


def _parity(parity: Parity | None) -> dict[str, Any]:
    """Return the outcome; ``difference`` and ``tolerance`` have one value a step."""
    if parity is None:
        parity = Parity("unknown", "not compared")
        status = "not_compared"
    else:
        status = parity.status
    return {
        "status": status,
        "max_rel_diff": _known(parity.max_rel_diff),
        "text": None if status == "not_compared" else parity.text,
        "first_step_beyond": parity.first_step_beyond,
        "compared": parity.compared,
        "difference": [_known(value) for value in parity.difference],
        "tolerance": [_known(value) for value in parity.tolerance],
    }


def _known(value: float | None) -> float | None:
    """Return a number that JSON has."""
    return value if value is not None and math.isfinite(value) else None


def _interval(found: Interval | None, scale: float = 1.0) -> dict[str, Any] | None:
    if found is None:
        return None
    low, high = found.low, found.high
    return {
        "estimate": _known(found.estimate / scale),
        "low": None if low is None else _known(low / scale),
        "high": None if high is None else _known(high / scale),
    }


def _families(why: Why | None) -> list[dict[str, Any]]:
    if why is None or not why.comparable:
        return []
    return [
        {"family": bar.family, "phase": bar.phase, "a_ms": bar.a / _MS, "b_ms": bar.b / _MS}
        for bar in why.cells
    ]
