"""The policy at work: `decide` answers a request, `advance` takes note of what happened. Both are pure.

The order of the twelve rules is that of the project's definitions; the first that applies answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..distributions import Distribution
from ..units import DAY, Hours, Start
from .document import AntiPassback, GuardDuty, Means, PolicyDocument
from .state import (
    OFF_LINE,
    Decided,
    Decision,
    DoorMoved,
    FaultOff,
    FaultOn,
    FireAlarm,
    FireReset,
    Happening,
    Override,
    Passed,
    Place,
    Record,
    Request,
    State,
)

__all__ = ["Decision", "Guard", "Means", "Policy", "PortalFacts", "Record"]

GRANT, DENY, MORE = "grant", "deny", "need_more"
_NOBODY: tuple[Means, ...] = ()


@dataclass(frozen=True)
class PortalFacts:
    """What a policy must know of a portal."""

    readers: tuple[str, ...]
    """Directions with a reader; the others are free egress."""
    without_power: str = "open"


@dataclass(frozen=True)
class Guard:
    """A guard on duty."""

    posts: int
    takes: Distribution
    occupies_lane: bool
    grants: float


@dataclass(frozen=True)
class _Rule:
    """One access rule that concerns a (portal, direction, group)."""

    hours: Hours | None
    means: tuple[Means, ...]


class Policy:
    """A policy made ready: immutable, and the same answer to the same question."""

    def __init__(
        self,
        id: str,
        document: PolicyDocument,
        portals: Mapping[str, PortalFacts],
        groups: tuple[str, ...],
        start: Start,
        declared: Mapping[str, str] | None = None,
    ) -> None:
        """`portals` by instance; `declared` maps an instance (tower-door-3) to the id that the policy speaks of."""
        self.id = id
        self.initial = State()
        self._portals = dict(portals)
        self._clock = _LocalClock(start)
        names = {portal: (declared or {}).get(portal, portal) for portal in portals}
        self._rules: dict[tuple[str, str, str | None], tuple[_Rule, ...]] = {
            (portal, direction, group): tuple(
                _Rule(rule.hours, tuple(rule.accept))
                for rule in document.access
                if (rule.who is None or group in rule.who)
                and (rule.at is None or names[portal] in rule.at)
                and rule.direction in (None, direction)
            )
            for portal in portals
            for direction in ("in", "out")
            for group in (*groups, None)
        }
        self._always: dict[tuple[str, str, str | None], tuple[Means, ...]] = {
            key: rules[0].means if rules else _NOBODY
            for key, rules in self._rules.items()
            if not rules or rules[0].hours is None
        }
        """Answers that hold at every hour."""
        self._duties = {
            portal: tuple(
                duty for duty in document.guard if (names[portal] in duty.at if duty.at is not None else facts.readers)
            )
            for portal, facts in portals.items()
        }
        self._suspension = document.suspension
        self._wrong_try_alarm = document.wrong_try_alarm
        self._combination_within = document.combination_within
        self._areas: dict[str, tuple[str, AntiPassback]] = {
            portal: (f"area-{index}", area)
            for index, area in enumerate(document.anti_passback)
            for portal in portals
            if names[portal] in area.at
        }
        self._interlocks = {
            portal: tuple(
                other for members in document.interlock if names[portal] in members for other in portals
                if names[other] in members and names[other] != names[portal]
            )
            for portal in portals
        }  # fmt: skip
        self._interlocked = frozenset(portal for portal, others in self._interlocks.items() if others)
        self._faults = {
            name: (rule.rule, None if rule.at is None else frozenset(p for p in portals if names[p] in rule.at))
            for name, rule in document.faults.items()
        }
        released = document.fire.releases
        self._fire = frozenset(p for p in portals if released is None or names[p] in released)
        self._stops: dict[str, float] = {}
        self._starts: dict[str, float] = {}
        if document.cutover is not None:
            cutover = document.cutover
            self._starts[cutover.new] = start.seconds_until(cutover.at.local)
            self._stops[cutover.old] = start.seconds_until((cutover.until or cutover.at).local)

    # ---- what is accepted, when

    def accepted(self, portal: str, direction: str, group: str | None, t: float) -> tuple[Means, ...]:
        """What rule 8 would accept, in order of fallback, leaving out credentials that have stopped or not begun."""
        key = (portal, direction, group)
        means = self._always.get(key)
        if means is None:
            clock = self._clock.at(t)
            means = next(
                (rule.means for rule in self._rules.get(key, ()) if rule.hours is None or rule.hours.contains(clock)), _NOBODY
            )
        if self._starts:
            means = tuple(one for one in means if all(self._in_force(name, t) for name in one.credentials))
        return means

    def changes_within(self, portal: str, direction: str, group: str | None) -> bool:
        """Does the answer of `accepted` depend on the time?"""
        return bool(self._starts) or (portal, direction, group) not in self._always

    def _in_force(self, credential: str, t: float) -> bool:
        return self._starts.get(credential, t) <= t and t < self._stops.get(credential, float("inf"))

    def guard(self, portal: str, t: float) -> Guard | None:
        """Who is on duty at a portal: the first duty whose hours fit."""
        for duty in self._duties.get(portal, ()):
            if duty.hours is None or duty.hours.contains(self._clock.at(t)):
                return _guard(duty)
        return None

    def duties(self, portal: str) -> tuple[Guard, ...]:
        """Every duty at a portal, whatever the hour."""
        return tuple(_guard(duty) for duty in self._duties.get(portal, ()))

    @property
    def watches_doors(self) -> bool:
        """Does any answer depend on `DoorMoved`?"""
        return bool(self._interlocked)

    @property
    def watches_passages(self) -> bool:
        """Does any answer depend on `Passed`?"""
        return bool(self._areas)

    # ---- decide

    def decide(self, state: State, request: Request) -> Decision:
        """Answer a request. Pure: neither state nor request changes, and the same question has the same answer."""
        portal, direction, t = request.portal, request.direction, request.t
        if state.fire and portal in self._fire:
            return Decision(GRANT, "fire", 1)
        facts = self._portals[portal]
        if direction not in facts.readers:
            return Decision(GRANT, "free-egress", 2)
        if state.overrides:
            mode = state.overrides.get(portal)
            if mode is not None:
                return Decision(GRANT, "held-open", 3) if mode == "open" else Decision(DENY, "locked-down", 3)
        synced = t
        if state.faults:
            verdict, synced = self._under_faults(state, portal, t)
            if verdict is not None:
                return verdict
        person = request.person
        if state.suspended:
            until = max(state.suspended.get(request.reader, t), state.suspended.get(person, t) if person is not None else t)
            if until > t:
                return Decision(DENY, "suspended", 5)
        if not request.authentic:
            return self._wrong(state, request, "not-authentic", 6)
        reason = self._invalid(request, synced)
        if reason is not None:
            return self._wrong(state, request, reason, 7)
        credential = request.credential
        accepted = self.accepted(portal, direction, request.group, t)
        fitting = [one for one in accepted if one.shown_at == request.shown_at and credential in one.credentials]
        if not fitting:
            return self._wrong(state, request, "no-access", 8)
        if len(fitting[0].credentials) > 1 or len(fitting) > 1:
            missing = self._missing(state, request, fitting)
            if missing:
                return Decision(MORE, "combination", 9, next=missing)
        if portal in self._interlocked and any(state.open_doors.get(other) for other in self._interlocks[portal]):
            return Decision(DENY, "interlock", 10)
        if portal in self._areas and person is not None:
            area, rule = self._areas[portal]
            place = state.places.get((person, area))
            if place is not None and place.direction == direction:
                if rule.kind == "soft":
                    return Decision(GRANT, "granted", 11, alarm="anti-passback")
                if rule.kind == "hard" or t < place.since + (rule.lasts or 0.0):
                    return Decision(DENY, "anti-passback", 11, alarm="anti-passback")
        return Decision(GRANT, "granted", 12)

    def _under_faults(self, state: State, portal: str, t: float) -> tuple[Decision | None, float]:
        """Rule 4: the strictest answer of the faults that are on here (release before deny), and the list's age."""
        rules: set[str] = set()
        synced = t
        for (fault, where), since in state.faults.items():
            if where is not None and where != portal:
                continue
            rule, portals = self._faults.get(fault, (None, None))
            if rule is None or (portals is not None and portal not in portals):
                rule = "last-list" if fault in OFF_LINE else "ignore"
                if fault == "power-cut":
                    rule = "release" if self._portals[portal].without_power == "open" else "deny"
            if fault in OFF_LINE and rule != "ignore":
                synced = min(synced, since)
            rules.add(rule)
        if "release" in rules:
            return Decision(GRANT, "fault-release", 4), synced
        if "deny" in rules:
            return Decision(DENY, "fault", 4), synced
        return None, synced

    def _invalid(self, request: Request, synced: float) -> str | None:
        """Rule 7. `synced`: issues and revocations after it are unknown to the controller; its own clock goes on."""
        record, t = request.record, request.t
        if record is None or record.issued > synced:
            return "unknown"
        if record.revoked <= synced:
            return "revoked"
        if record.expires <= t:
            return "expired"
        if self._starts and not self._in_force(request.credential, t):
            return "stopped" if request.credential in self._stops else "not-yet"
        return None

    def _missing(self, state: State, request: Request, fitting: list[Means]) -> tuple[str, ...]:
        """Rule 9: what is still missing of the combination that is nearest to completion; empty: nothing."""
        have = frozenset((request.credential,))
        if request.person is not None:
            before = state.partial.get((request.person, request.portal, request.direction))
            if before is not None and request.t - before[1] <= self._combination_within:
                have |= before[0]
        open_parts = [tuple(name for name in one.credentials if name not in have) for one in fitting]
        return min(open_parts, key=len)

    def _wrong(self, state: State, request: Request, reason: str, step: int) -> Decision:
        """A denial that counts as one try."""
        subject = self._subject(request)
        nth = state.tries.get(subject, 0) + 1
        suspension = self._suspension
        suspends = None
        if suspension is not None and nth >= suspension.after:
            suspends = (subject, request.t + suspension.lasts)
        alarm = None
        if self._wrong_try_alarm is not None and nth % self._wrong_try_alarm == 0:
            alarm = "wrong-try"
        names = tuple(dict.fromkeys(
            name for one in self.accepted(request.portal, request.direction, request.group, request.t) for name in one.credentials
        ))  # fmt: skip
        return Decision(DENY, reason, step, alarm, suspends, names)

    def _subject(self, request: Request) -> str | int:
        """Whose tries a denial counts for: the person if known, else the reader; with `of: reader` always the reader."""
        if request.person is None or (self._suspension is not None and self._suspension.of == "reader"):
            return request.reader
        return request.person

    # ---- advance

    def advance(self, state: State, event: Happening) -> State:
        """The state after something has happened; the same object when nothing changes. Pure."""
        if isinstance(event, Decided):
            return self._after_decision(state, event.request, event.decision)
        if isinstance(event, Passed):
            return self._counted(state, event, "pass") if event.portal in self._areas else state
        if isinstance(event, DoorMoved):
            if event.portal not in self._interlocked:
                return state
            count = max(0, state.open_doors.get(event.portal, 0) + (1 if event.is_open else -1))
            return replace(state, open_doors=state.open_doors.set(event.portal, count))
        if isinstance(event, FireAlarm):
            return state if state.fire else replace(state, fire=True)
        if isinstance(event, FireReset):
            return replace(state, fire=False) if state.fire else state
        if isinstance(event, Override):
            if event.mode is None:
                return _without_override(state, event.portal)
            return replace(state, overrides=state.overrides.set(event.portal, event.mode))
        key = (str(event.fault), event.portal)
        if isinstance(event, FaultOn):
            return state if key in state.faults else replace(state, faults=state.faults.set(key, event.t))
        return replace(state, faults=state.faults.delete(key)) if key in state.faults else state

    def _after_decision(self, state: State, request: Request, decision: Decision) -> State:
        if decision.outcome == DENY:
            if decision.step not in (6, 7, 8):
                return state
            subject = self._subject(request)
            if decision.suspends is None:
                return replace(state, tries=state.tries.set(subject, state.tries.get(subject, 0) + 1))
            tries = state.tries.delete(subject) if subject in state.tries else state.tries
            return replace(state, tries=tries, suspended=state.suspended.set(*decision.suspends))
        if decision.step < 5:
            return state
        person = request.person
        if decision.outcome == MORE:
            if person is None:
                return state
            key = (person, request.portal, request.direction)
            have = frozenset((request.credential,))
            before = state.partial.get(key)
            if before is not None and request.t - before[1] <= self._combination_within:
                have |= before[0]
            return replace(state, partial=state.partial.set(key, (have, request.t)))
        if state.tries or state.suspended:
            for subject in (request.reader, person):
                if subject is not None and subject in state.tries:
                    state = replace(state, tries=state.tries.delete(subject))
                if subject is not None and subject in state.suspended:
                    state = replace(state, suspended=state.suspended.delete(subject))
        if person is not None:
            if state.partial and (person, request.portal, request.direction) in state.partial:
                state = replace(state, partial=state.partial.delete((person, request.portal, request.direction)))
            if request.portal in self._areas:
                state = self._counted(state, Passed(request.t, request.portal, request.direction, person), "grant")
        return state

    def _counted(self, state: State, passage: Passed, what: str) -> State:
        """Anti-passback takes note of a passage, or of a grant, as its `update` says."""
        area, rule = self._areas[passage.portal]
        if rule.update != what:
            return state
        return replace(state, places=state.places.set((passage.person, area), Place(passage.direction, passage.t)))


def _without_override(state: State, portal: str) -> State:
    return replace(state, overrides=state.overrides.delete(portal)) if portal in state.overrides else state


def _guard(duty: GuardDuty) -> Guard:
    return Guard(duty.posts, duty.takes, duty.occupies_lane, duty.grants)


class _LocalClock:
    """Seconds after local midnight at scenario times; right across changes to and from summer time."""

    def __init__(self, start: Start) -> None:
        self._begin = start.local.timestamp()
        self._zone = start.local.tzinfo
        self._clock = start.clock
        offset = start.local.utcoffset() or timedelta()
        later = datetime.fromtimestamp(self._begin + 400 * DAY, self._zone).utcoffset() or timedelta()
        half = datetime.fromtimestamp(self._begin + 182 * DAY, self._zone).utcoffset() or timedelta()
        self._steady = offset == later == half

    def at(self, t: float) -> float:
        if self._steady:
            return (self._clock + t) % DAY
        local = datetime.fromtimestamp(self._begin + t, self._zone)
        return local.hour * 3600.0 + local.minute * 60.0 + local.second + local.microsecond / 1e6
