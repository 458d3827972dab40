"""What a check found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..osdp.checks import CHECKS
from ..verdicts import Verdict


class Result(NamedTuple):
    """One check of one device."""

    id: str
    verdict: Verdict
    reason: str
    """Why, in one line."""
    evidence: tuple[str, ...] = ()
    """What crossed the line, with times."""

    @property
    def title(self) -> str:
        return CHECKS[self.id].title

    def __str__(self) -> str:
        return f"{self.verdict:13} {self.id:25} {self.title}: {self.reason}"


def passed(id: str, reason: str, evidence: Iterable[str] = ()) -> Result:
    return Result(id, Verdict.PASS, reason, tuple(evidence))


def failed(id: str, reason: str, evidence: Iterable[str] = ()) -> Result:
    return Result(id, Verdict.FAIL, reason, tuple(evidence))


def judged(id: str, right: bool, reason: str, evidence: Iterable[str] = ()) -> Result:
    """PASS or FAIL."""
    return passed(id, reason, evidence) if right else failed(id, reason, evidence)


def not_tested(id: str, reason: str) -> Result:
    return Result(id, Verdict.NOT_TESTED, reason)


def unclear(id: str, reason: str, evidence: Iterable[str] = ()) -> Result:
    return Result(id, Verdict.INDETERMINATE, reason, tuple(evidence))
