"""A sample held against a limit.

Marked values: how long they really were is not known. So a verdict stands only if it would be the same whatever they
were; PASS has to hold with each of them infinitely long, FAIL with each of them no time at all. Where that is not so,
and the verdict would have been another without them, it is `INDETERMINATE: host stalled` (or what else the marks say).
"""

from __future__ import annotations

import math

from ..verdicts import Judgement, Rule, Verdict
from .quantiles import Quantile, estimate, needed
from .sample import Sample


def judge(
    sample: Sample, p: float, limit: float, expanded: float, rule: Rule = Rule.GUARD_BAND, *, what: str = ""
) -> Judgement:
    """The p-quantile of a sample against a limit, s. `expanded`: U (k = 2) of one value, s; `what`: `sample.name` unless given.

    Raises: ValueError for p outside (0, 1] or a U that is no finite time.
    """
    found = sample.quantile(p)
    verdict = _decide(found, expanded, limit, rule)
    above = sum(value > limit for value in sample.values)
    reason = f"{above} of {sample.n} above the limit"
    if verdict is Verdict.INDETERMINATE:
        reason += f"; {_too_few(found, limit, expanded) or 'the limit lies within bounds and uncertainty'}"
    if sample.touched and not _stands(verdict, sample, p, limit, expanded, rule):
        verdict = Verdict.INDETERMINATE
        marks = ", ".join(
            f"{mark} ({count} of {sample.n} values)" for mark, count in sample.why_touched().items()
        )
        reason = f"{marks}; as measured, {reason}"
    return Judgement(
        what or sample.name, limit, p, verdict, reason, rule, sample.n, found.value, _finite(found.lower),
        _finite(found.upper), expanded,
    )  # fmt: skip


def _decide(found: Quantile, expanded: float, limit: float, rule: Rule) -> Verdict:
    return rule.decide(found.value, found.lower, found.upper, expanded, limit)


def _stands(verdict: Verdict, sample: Sample, p: float, limit: float, expanded: float, rule: Rule) -> bool:
    """Would it be the same whatever the marked values really were?"""
    if verdict is Verdict.INDETERMINATE:
        return not _tells(sample, p, limit, expanded, rule)
    worst = math.inf if verdict is Verdict.PASS else -math.inf
    values = [worst if marks else value for value, marks in zip(sample.values, sample.marks, strict=True)]
    return _decide(estimate(values, p), expanded, limit, rule) is verdict


def _tells(sample: Sample, p: float, limit: float, expanded: float, rule: Rule) -> bool:
    """Would the values without marks tell?"""
    clean = [value for value, marks in zip(sample.values, sample.marks, strict=True) if not marks]
    return bool(clean) and _decide(estimate(clean, p), expanded, limit, rule) is not Verdict.INDETERMINATE


def _too_few(found: Quantile, limit: float, expanded: float) -> str:
    """Why there is no bound, where that is what was missing."""
    if found.value + expanded > limit or not math.isinf(found.upper):
        return ""
    least = needed(found.p)
    if least is None:
        return "no number of values bounds the largest of all that may come: ask for a quantile"
    return f"{found.n} values are too few to bound this quantile, which takes {least}"


def _finite(value: float) -> float | None:
    return None if math.isinf(value) else value
