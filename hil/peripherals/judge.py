"""What is said of a device row by row: findings with their behaviour, in the form of a walk at a controller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..verdicts import Verdict
from ..walk.finding import Behaviour, Finding
from .desk import Desk

MOST = 6
"""Findings of one row, after which it is left: more say nothing new."""


class RowLeft(Exception):
    """Enough was found in this row."""


@dataclass
class PeripheralRow:
    """One thing that is asked of a device, and what came of it. Instants: s since the walk began."""

    id: str
    title: str
    begun: float = 0.0
    ended: float = 0.0
    steps: int = 0
    """Frames, orders and stimuli."""
    findings: list[Finding] = field(default_factory=list)
    not_tested: str = ""
    """Why not; empty: it was."""
    latencies: list[float] = field(default_factory=list)
    """Of answers on the line, s."""

    @property
    def verdict(self) -> Verdict:
        """FAIL before INDETERMINATE before NOT_TESTED."""
        found = {one.verdict for one in self.findings}
        for one in (Verdict.FAIL, Verdict.INDETERMINATE):
            if one in found:
                return one
        return Verdict.NOT_TESTED if self.not_tested else Verdict.PASS

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "title": self.title, "fault": "", "state": "", "verdict": str(self.verdict), "not_tested": self.not_tested,
            "t": self.begun, "seconds": self.ended - self.begun, "carried_out": self.steps,
            "latency": {"values": self.latencies, "unit": "s"}, "findings": [one.to_json() for one in self.findings],
        }  # fmt: skip


class Judge:
    """Collects what is found in the row that is being walked."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.start = desk, desk.instant
        self.row = PeripheralRow("", "")
        self.steps = 0

    @property
    def now(self) -> float:
        """s since the walk began."""
        return (self.desk.instant - self.start) / 1e9

    def step(self) -> None:
        """One more thing was done."""
        self.row.steps += 1

    def check(
        self, right: bool, behaviour: Behaviour, expected: str, observed: Callable[[], str] | str, *, timing: int = 0
    ) -> bool:  # fmt: skip
        """Note a finding unless it is right. `timing`: the instant since which a stalled host would excuse it; 0: nothing
        does. Raises: RowLeft."""
        if not right:
            unclear = bool(timing) and self.desk.stalled(timing)
            told = observed if isinstance(observed, str) else observed()
            self.row.findings.append(
                Finding(
                    behaviour, Verdict.INDETERMINATE if unclear else Verdict.FAIL, expected, told + (": host stalled" if unclear else ""),
                    self.now, len(self.desk.log) - 1, self.row.steps,
                )
            )  # fmt: skip
            if len(self.row.findings) >= MOST:
                raise RowLeft
        return right
