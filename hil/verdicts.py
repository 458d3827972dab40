"""What is said of a device in the end, and by which rule.

The decision rule is fixed before the first sample is taken, and printed. Source: JCGM 106:2012, section 8, with one-sided
bounds of the quantile in place of its estimate, so that a small sample cannot pass by luck.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """Each carries its evidence, or its reason."""

    PASS = "PASS"
    FAIL = "FAIL"
    INDETERMINATE = "INDETERMINATE"
    """Too uncertain to tell."""
    NOT_TESTED = "NOT_TESTED"


class Rule(StrEnum):
    """How a measured quantile is held against its limit."""

    GUARD_BAND = "guard-band"
    SIMPLE = "simple"

    @property
    def text(self) -> str:
        """In full, as it is printed before the first sample."""
        return _TEXTS[self]

    def decide(self, value: float, lower: float, upper: float, expanded: float, limit: float) -> Verdict:
        """What a quantile is said to be: `value` its estimate, `lower` and `upper` its one-sided 95 % confidence bounds (-inf
        and inf where there is none), `expanded` the expanded uncertainty U (k = 2), all in the limit's unit.

        ValueError: something is NaN, U is negative or infinite, or the bounds do not enclose the estimate.
        """
        if not lower <= value <= upper or not 0.0 <= expanded < math.inf or math.isnan(limit):
            raise ValueError(
                f"no verdict on {value!r} in [{lower!r}, {upper!r}] with U = {expanded!r} and the limit {limit!r}"
            )
        if self is Rule.SIMPLE:
            return Verdict.PASS if value <= limit else Verdict.FAIL
        if upper + expanded <= limit:
            return Verdict.PASS
        return Verdict.FAIL if lower - expanded > limit else Verdict.INDETERMINATE


_TEXTS = {
    Rule.GUARD_BAND: (
        "guard-band: PASS if the one-sided 95 % upper confidence bound of the quantile plus the expanded uncertainty U (k = 2) is "
        "not above the limit; FAIL if the lower bound minus U is above it; else INDETERMINATE"
    ),
    Rule.SIMPLE: "simple: PASS if the quantile is not above the limit, else FAIL; uncertainty is told and not weighed",
}


@dataclass(frozen=True)
class Judgement:
    """A limit and what is said of it, with what it rests on. Values in the limit's unit, seconds unless `what` says else."""

    what: str
    """What was measured."""
    limit: float
    p: float
    """Of the quantile, in (0, 1]; 1: the largest."""
    verdict: Verdict
    reason: str
    rule: Rule = Rule.GUARD_BAND
    n: int = 0
    quantile: float | None = None
    """None: nothing was measured."""
    lower: float | None = None
    """One-sided 95 % confidence bound; None: there are too few values for it."""
    upper: float | None = None
    expanded: float | None = None
    """U, k = 2."""
    mandatory: bool = True
    """Does it count when it was not tested?"""

    @property
    def rule_text(self) -> str:
        return self.rule.text

    @property
    def failed(self) -> bool:
        """Does it make a run's exit code 1?"""
        return counts(self.verdict, self.mandatory)

    def __str__(self) -> str:
        """`INDETERMINATE: host stalled …` and so on, in one line."""
        return f"{self.verdict}: {self.reason}"

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what, "p": self.p, "limit": self.limit, "verdict": str(self.verdict), "reason": self.reason,
            "rule": str(self.rule), "rule_text": self.rule_text, "n": self.n, "quantile": self.quantile,
            "bounds": [self.lower, self.upper], "U": self.expanded, "mandatory": self.mandatory,
        }  # fmt: skip


def not_tested(
    what: str, limit: float, p: float, reason: str, *, rule: Rule = Rule.GUARD_BAND, mandatory: bool = True
) -> Judgement:
    """A limit that nothing was measured for. ValueError without a reason."""
    if not reason.strip():
        raise ValueError(f"{what} was not tested: say why")
    return Judgement(what, limit, p, Verdict.NOT_TESTED, reason, rule, mandatory=mandatory)


def counts(verdict: Verdict, mandatory: bool = True) -> bool:
    """Does this verdict make the exit code 1? FAIL and INDETERMINATE do; NOT_TESTED where it was mandatory."""
    return verdict in (Verdict.FAIL, Verdict.INDETERMINATE) or (verdict is Verdict.NOT_TESTED and mandatory)


def exit_code(judgements: Iterable[Judgement]) -> int:
    """0 all well, 1 not."""
    return int(any(one.failed for one in judgements))
