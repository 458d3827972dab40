"""The fallback oracle: what the policy says of every step of a walk, on the history that was observed.

Decisions are the policy's own (`Policy.decide` on the state that `Policy.advance` makes of what happened); what the lock
and the alarms have to do is `lock.LockModel`'s. Which faults are on is told by whoever does them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...scenarios.policy.engine import Decision, LockState, Policy
from ...scenarios.policy.state import (
    DENY,
    GRANT,
    MORE,
    Decided,
    DoorMoved,
    FaultOff,
    FaultOn,
    FireAlarm,
    FireReset,
    Happening,
    Lifted,
    Override,
    Passed,
    Reason,
    Record,
    Request,
)
from .cast import Cast
from .finding import Behaviour
from .lock import LockModel, Times

RECENT = 120.0
"""Seconds after the end of a fault within which what goes wrong counts as recovery."""
RECONNECTED = 1.0
"""Seconds after its power for a device to have its server again."""
CUT_OFF = (
    "network-down",
    "network-partitioned",
    "server-down",
    "buffer-full",
    "power-cut",
    "brown-out",
    "restart",
)
"""Faults in which a device has no server."""
PAST = -float("inf")
_LINE = "network-down"
_BY_REASON = {
    Reason.FIRE: Behaviour.FIRE, Reason.FREE_EGRESS: Behaviour.FREE_EGRESS, Reason.SUSPENDED: Behaviour.SUSPENSION,
    Reason.NOT_AUTHENTIC: Behaviour.AUTHENTICITY, Reason.ANTI_PASSBACK: Behaviour.ANTI_PASSBACK, Reason.EXPIRED: Behaviour.CLOCK,
    Reason.OUTSIDE_HOURS: Behaviour.CLOCK, Reason.NOT_YET: Behaviour.CLOCK, Reason.STOPPED: Behaviour.CLOCK,
    Reason.HOLD_OPEN: Behaviour.CLOCK, Reason.FAULT_DENY: Behaviour.FALLBACK, Reason.FAULT_RELEASE: Behaviour.FALLBACK,
}  # fmt: skip


@dataclass
class Fault:
    """A fault that is on."""

    kind: str
    """Of the catalogue."""
    where: str | None
    appears_as: str | None
    """The policy's word for it; None: the policy cannot speak of it."""
    since: float


class Oracle:
    """What must come of each step at one portal."""

    def __init__(
        self, policy: Policy, cast: Cast, times: Times, lanes: int, dead_without_power: bool, t: float
    ) -> None:
        """`dead_without_power`: has it no battery?"""
        self.policy, self.cast, self.portal = policy, cast, cast.portal
        self.state = policy.initial
        self.records = cast.records()
        self.faults: dict[tuple[str, str | None], Fault] = {}
        self._battery = not dead_without_power
        self.healed = PAST
        """When a fault ended last."""
        self._untold: list[tuple[int, str, str]] = []
        """Changes of the list that the device has not heard of."""
        self.skew = 0.0
        """Seconds ahead that the device's clock shows on purpose: hours, validity, suspensions and places are judged by that."""
        self.burning = False
        """Has fire been raised, and not been reset?"""
        self.reset_at = PAST
        self._settled = t
        self.lanes = [LockModel(times, t, self._held(lane, t)) for lane in range(lanes)]

    def forget_outages(self) -> None:
        """What goes wrong from now on is no consequence of a fault or a fire before."""
        self.healed = self.reset_at = PAST

    # ---- what is asked

    def request(
        self, t: float, person: int, credential: str, reader: str, direction: str, sound: bool
    ) -> Request:
        """What a credential at a reader asks."""
        player = self.cast.players.get(person)
        record = self.records.get((person, credential))
        return Request(
            t + self.skew, self.portal, direction, reader, None if player is None else person,
            None if player is None else player.group, credential, "reader", sound, record,
        )  # fmt: skip

    def decide(self, request: Request) -> Decision:
        """What the policy says. Changes nothing."""
        return self.policy.decide(self.state, request)

    def observed(self, request: Request, expected: Decision, outcome: str | None) -> None:
        """Take note of what the device decided; the next answers follow from that, not from what it should have done."""
        if outcome is None:
            return
        if outcome == expected.outcome:
            decision = expected
        elif outcome == GRANT:
            decision = Decision(GRANT, Reason.DEVICE, 12)
        elif outcome == MORE:
            decision = Decision(MORE, Reason.DEVICE, 9)
        else:
            decision = Decision(DENY, Reason.DEVICE, 0)
        self._advance(Decided(request, decision))

    def is_dead(self, t: float) -> bool:
        """Has the device no power, and nothing behind it?"""
        return not self._battery and any(one.appears_as == "power-cut" for one in self.faults.values())

    def is_mute(self, reader: str) -> bool:
        """Can this reader not be asked at all?"""
        return any(
            one.appears_as == "reader-unplugged" and one.where in (None, reader, self.portal)
            for one in self.faults.values()
        )

    def behaviour(
        self, expected: Decision, t: float, *, otherwise: Behaviour = Behaviour.DECISION
    ) -> Behaviour:
        """The name of what goes wrong where this was expected."""
        if self.burning or expected.reason is Reason.FIRE:
            return Behaviour.FIRE
        if t < self.reset_at + 10.0:
            return Behaviour.FIRE_LATCH
        named = _BY_REASON.get(expected.reason)
        if named is not None and named is not Behaviour.FALLBACK:
            return named
        if self.faults:
            return Behaviour.FALLBACK
        if t < self.healed + RECENT:
            return Behaviour.RECOVERY
        return named or otherwise

    # ---- what happens

    def happened(self, t: float, *happenings: Happening, why: str = "") -> None:
        """Something that the policy knows of, other than a decision."""
        for one in happenings:
            self._advance(one)
        self.settle(t, why)

    def passed(self, t: float, direction: str, lane: int, person: int | None) -> None:
        """A body went through; `person`: whom a grant had named."""
        self.lanes[lane].passed(t)
        if person is not None:
            self._advance(Passed(t + self.skew, self.portal, direction, person))

    def moved(self, t: float, lane: int, is_open: bool) -> None:
        self._advance(DoorMoved(t, self.portal, is_open, lane))
        self.lanes[lane].contact(t, is_open)

    def listed(self, t: float, person: int, credential: str, status: str) -> None:
        """The server changed its list. A device without its server learns of that when it has it again, whatever its policy says
        of the outage."""
        if any(kind in CUT_OFF for kind, _ in self.faults):
            self._untold.append((person, credential, status))
            return
        before = self.records.get((person, credential))
        if status == "listed":
            self.records[person, credential] = Record(issued=t)
        elif status == "revoked":
            self.records[person, credential] = (before or Record(issued=t))._replace(revoked=t)
        else:
            self.records[person, credential] = None

    def fault_on(self, t: float, fault: Fault, loose: float) -> None:
        """`loose`: seconds that the device may take to notice."""
        self.faults[fault.kind, fault.where] = fault
        if fault.appears_as is not None:
            self._advance(FaultOn(t, fault.appears_as, fault.where))
        if self._takes_the_line(fault):
            self._advance(FaultOn(t, _LINE, None))
        self.settle(t, f"{fault.kind} has begun", Behaviour.FALLBACK, loose)

    def fault_off(self, t: float, kind: str, where: str | None, loose: float) -> None:
        fault = self.faults.pop((kind, where))
        same = [
            one for one in self.faults.values() if (one.appears_as, one.where) == (fault.appears_as, where)
        ]
        if fault.appears_as is not None and not same:
            self._advance(FaultOff(t, fault.appears_as, where))
        self.healed = t
        if not any(one in CUT_OFF for one, _ in self.faults):
            untold, self._untold = self._untold, []
            for change in untold:
                self.listed(t, *change)
        self.settle(t, f"{kind} has ended", Behaviour.RECOVERY, loose)
        if self._takes_the_line(fault) and not any(one.appears_as == _LINE for one in self.faults.values()):
            self._advance(FaultOff(t + loose, _LINE, None))
            self.settle(t + loose, "the line to the server is back", Behaviour.RECOVERY, RECONNECTED)

    def _takes_the_line(self, fault: Fault) -> bool:
        """Who has no power has no server either, and gets it back only after the power."""
        return fault.appears_as == "power-cut" and not self._battery

    def fire(self, t: float) -> None:
        self.burning = True
        self._advance(FireAlarm(t))
        self.settle(t, "fire", Behaviour.FIRE)

    def fire_reset(self, t: float, early: float = 0.0) -> None:
        """`early`: seconds since it was ordered, of which nobody knows when it was done."""
        self.burning, self.reset_at = False, t
        self._advance(FireReset(t))
        self.settle(t, "the fire alarm is reset", Behaviour.FIRE_LATCH, early=early)

    def override(self, t: float, mode: str | None, early: float = 0.0) -> None:
        """`early`: as of `fire_reset`."""
        self._advance(Override(t, self.portal, mode))  # type: ignore[arg-type]
        if mode == "locked":
            for lane in self.lanes:
                lane.cancelled(t, early)
        self.settle(
            t, f"override {mode}" if mode else "no override any more", Behaviour.DECISION, early=early
        )

    def lifted(self, t: float, subject: int | str) -> None:
        self._advance(Lifted(t, subject))

    def jumped(self, t: float) -> None:
        """Time was jumped over, and the device's clock set: hours that began or ended meanwhile do so now."""
        self._settled = t
        self.settle(t)

    def settle(
        self, t: float, why: str = "hours", behaviour: Behaviour = Behaviour.CLOCK, loose: float = 0.0,
        early: float = 0.0,
    ) -> None:  # fmt: skip
        """Ask the policy again what each lock does, whoever comes; hours that began or ended meanwhile did so then."""
        for edge in self._edges(t):
            for number, lane in enumerate(self.lanes):
                lane.held(
                    edge, self._held(number, edge), "hours", str(Behaviour.CLOCK), dead=self.is_dead(edge)
                )
        self._settled = t
        dead = self.is_dead(t)
        for number, lane in enumerate(self.lanes):
            lane.held(t, self._held(number, t), why, str(behaviour), dead=dead, loose=loose, early=early)

    # ---- inside

    def _edges(self, t: float) -> list[float]:
        """Instants since the last look at which hours that hold the door open begin or end."""
        since, clock = self._settled, self.policy.wall_clock
        times = {
            edge
            for hours in self.policy.hold_open_hours(self.portal)
            for span in hours.spans
            for edge in span
        }
        found = [since + (edge - clock.at(since)) % 86_400 for edge in times]
        return sorted(one for one in found if since < one <= t)

    def _held(self, lane: int, t: float) -> LockState:
        return self.policy.lock(self.state, self.portal, lane, t)

    def _advance(self, happening: Happening) -> None:
        self.state = self.policy.advance(self.state, happening)
