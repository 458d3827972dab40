"""What the policy says of each attempt on the bench: asked about the stamped instant, on the history that was observed."""

from __future__ import annotations

from dataclasses import dataclass

from ...scenarios.policy.engine import Decision
from ...scenarios.policy.state import DENY, GRANT, MORE, Decided, Reason, Request
from ...sim.faults import FaultyController


@dataclass(frozen=True)
class Judged:
    """One attempt: what the policy says, what the device did. Instants are world times, s."""

    t: float
    """The credential was on the wire."""
    person: int
    visit: int
    attempt: int
    lane: int
    direction: str
    credential: str
    group: str | None
    expected: str
    """Outcome by the policy."""
    reason: str
    """Why, by the policy."""
    observed: str | None
    """Outcome as the device told it; None: it did not answer in time."""
    answered: float | None
    """When it answered."""
    sent: int
    """Position in the transcript: the credential."""
    evidence: int
    """Position in the transcript: the answer, or the credential where none came."""
    not_tested: str = ""
    """Why this attempt proves nothing about the device; empty: it does."""

    @property
    def agrees(self) -> bool:
        return self.expected == self.observed


class Oracle(FaultyController):
    """The policy with the state that follows from what the devices did. Guards ask it as they do in simulation."""

    def expect(self, request: Request) -> Decision:
        """What the policy says now. Changes nothing."""
        return self.policy.decide(self.state, request)

    def observe(self, request: Request, expected: Decision, observed: str | None) -> Decision:
        """Take note of what the device decided; the decision that people live with. No answer is a denial to them, and
        nothing that counts."""
        if observed == expected.outcome:
            decision = expected
        elif observed == GRANT:
            decision = Decision(GRANT, Reason.DEVICE, 12)
        elif observed == MORE:
            decision = Decision(MORE, Reason.DEVICE, 9)
        else:
            return Decision(DENY, Reason.DEVICE if observed else Reason.NO_ANSWER, 0)
        self.state = self.policy.advance(self.state, Decided(request, decision))
        return self.in_world(decision, request.t - self._world_time(request.t))
