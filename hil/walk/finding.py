"""What came out differently from what the policy says, and under which name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..verdicts import Verdict


class Behaviour(StrEnum):
    """What a device is judged on. One word a thing: a finding's name points at what is to be mended."""

    DECISION = "decision"
    """Who is let in with what, when all is well."""
    FALLBACK = "fallback"
    """The same, and the lock, while a fault lasts."""
    RECOVERY = "recovery"
    """The same after it has ended."""
    LOCK_TIMING = "lock-timing"
    """When the lock lets go, and when it falls again."""
    LOCK_STATE = "lock-state"
    """Whether it does."""
    FIRE = "fire"
    """Fire releases, whatever else holds."""
    FIRE_LATCH = "fire-latch"
    """What fire has released stays released until somebody resets it, and no longer."""
    FREE_EGRESS = "free-egress"
    """Out without a reader: always."""
    SUSPENSION = "suspension"
    """After so many wrong tries, of that subject, for that long."""
    ANTI_PASSBACK = "anti-passback"
    DOOR_STATE = "door-state"
    """What the I/O box makes of leaf and light barrier is what it was told."""
    HELD_OPEN = "held-open"
    """The alarm when the leaf stands open too long."""
    FORCED = "forced"
    """The alarm when it opens though locked."""
    LOG = "log"
    """Every event once, in order, and as it was on the wires."""
    CLOCK = "clock"
    """Hours, days, validity; the time that it shows."""
    LATENCY = "latency"
    """How long an answer takes."""
    PROTOCOL = "protocol"
    """How it behaves on the readers' line."""
    AUTHENTICITY = "authenticity"
    """What is not genuine is nobody's."""
    INDICATION = "indication"
    """What the reader's light says is what the lock does."""


@dataclass(frozen=True)
class Finding:
    """One thing that did not come out as it must. Instants: world times, s."""

    behaviour: Behaviour
    verdict: Verdict
    """`FAIL`, or `INDETERMINATE` where the bench itself may have been the cause."""
    expected: str
    observed: str
    t: float
    evidence: int = -1
    """Position in the transcript; -1: nothing came, which is the evidence."""
    step: int = -1
    """Number of the step in its row."""

    def to_json(self) -> dict[str, Any]:
        return {
            "behaviour": str(self.behaviour), "verdict": str(self.verdict), "expected": self.expected,
            "observed": self.observed, "t": self.t, "evidence": self.evidence, "step": self.step,
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.verdict} {self.behaviour}: expected {self.expected}; observed {self.observed}"
