"""The policy at work: `decide` answers a request, `advance` takes note of what happened. Both are pure.

Twelve rules, in the order of the project's definitions; the first that applies answers, and a rule never looks at what
only later rules read:

1 fire, 2 free egress, 3 operator override, 4 faults, 5 suspension, 6 authentic, 7 known and valid and not revoked,
8 access (group, portal, direction, hours), 9 combination, 10 interlock, 11 anti-passback, 12 grant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from immutables import Map

from ..distributions import Distribution
from ..units import Start
from .access import NOTHING, AccessTable, Answer
from .document import AntiPassback, Cutover, FaultName, FaultRule, PolicyDocument
from .means import Means
from .schedule import WallClock, contains
from .state import (
    FOREVER,
    Alarm,
    Decided,
    Decision,
    DoorMoved,
    Fault,
    FaultOff,
    FaultOn,
    FireAlarm,
    FireReset,
    Happening,
    Lifted,
    Override,
    Partial,
    Passed,
    Place,
    Reason,
    Record,
    Request,
    State,
    Subject,
)

__all__ = ["Decision", "Guard", "Means", "Policy", "PortalFacts", "Record"]

OFF_LINE = frozenset({Fault.NETWORK_DOWN, Fault.SERVER_DOWN})
"""While one of these lasts, the list is as last synchronised."""
UNSAID: dict[str, str] = {
    Fault.NETWORK_DOWN: "last-list",
    Fault.SERVER_DOWN: "last-list",
    Fault.STORE_CORRUPT: "deny",
}
"""What a fault does where the policy is silent; a power cut does what the portal does, any other fault nothing."""

_FIRE = Decision("grant", Reason.FIRE, 1)
_FREE_EGRESS = Decision("grant", Reason.FREE_EGRESS, 2)
_OVERRIDE_OPEN = Decision("grant", Reason.OVERRIDE_OPEN, 3)
_OVERRIDE_LOCKED = Decision("deny", Reason.OVERRIDE_LOCKED, 3)
_FAULT_RELEASE = Decision("grant", Reason.FAULT_RELEASE, 4)
_FAULT_DENY = Decision("deny", Reason.FAULT_DENY, 4)
_SUSPENDED = Decision("deny", Reason.SUSPENDED, 5)
_INTERLOCK = Decision("deny", Reason.INTERLOCK, 10)
_PASSED_BACK = Decision("deny", Reason.ANTI_PASSBACK, 11, alarm="anti-passback")
_PASSED_BACK_SOFTLY = Decision("grant", Reason.ANTI_PASSBACK, 11, alarm="anti-passback")
_GRANTED = Decision("grant", Reason.GRANTED, 12)


@dataclass(frozen=True)
class PortalFacts:
    """What a policy must know of a portal."""

    readers: tuple[str, ...]
    """Directions with a reader; the others are free egress."""
    without_power: str = "open"
    """`open` or `locked`."""


@dataclass(frozen=True)
class Guard:
    """A guard on duty."""

    posts: int
    takes: Distribution
    occupies_lane: bool
    grants: float


class Policy:
    """A policy made ready: immutable, picklable, and with the same answer to the same question."""

    def __init__(
        self,
        id: str,
        document: PolicyDocument,
        portals: Mapping[str, PortalFacts],
        groups: tuple[str, ...],
        start: Start,
        declared: Mapping[str, str] | None = None,
    ) -> None:
        """`document` with all that it inherits (`document.resolved`). `portals` by instance; `declared` maps an instance
        (tower-door-3) to the id that the document speaks of (tower-door); `start` is t = 0 with its zone. What the
        document says of portals that are not there is left aside: `checks` finds it."""
        self.id = id
        self.initial = State()
        self._readers = {portal: frozenset(facts.readers) for portal, facts in portals.items()}
        self._clock = WallClock(start)
        names = {portal: (declared or {}).get(portal, portal) for portal in portals}
        self._table = AccessTable(document.access, names, groups)
        self._always, self._by_hour = self._table.always, self._table.by_hour
        self._duties = {
            portal: tuple(
                (duty.hours, Guard(duty.posts, duty.takes, duty.occupies_lane, duty.grants))
                for duty in document.guard
                if (names[portal] in duty.at if duty.at is not None else facts.readers)
            )
            for portal, facts in portals.items()
        }
        self._suspension = document.suspension
        self._wrong_try_alarm = document.wrong_try_alarm
        self._combination_within = document.combination_within
        self._areas = _areas(document.anti_passback, names)
        self._members = {
            area: frozenset(portal for portal, (other, _) in self._areas.items() if other == area)
            for area, _ in self._areas.values()
        }
        self._interlocks = _interlocks(document.interlock, names)
        self._faults = _fault_rules(document.faults, names, portals)
        released = document.fire.releases
        self._fire = frozenset(portal for portal in portals if released is None or names[portal] in released)
        self._in_force = _cutovers(document.cutover, start)

    @classmethod
    def compile(
        cls,
        id: str,
        document: PolicyDocument,
        *,
        portals: Mapping[str, PortalFacts],
        groups: tuple[str, ...],
        start: Start,
        declared: Mapping[str, str] | None = None,
    ) -> Policy:
        """The same as `Policy(...)`, by name."""
        return cls(id, document, portals, groups, start, declared)

    # ---- what is accepted, and who is there to look at it

    def accepted(self, portal: str, direction: str, group: str | None, t: float) -> tuple[Means, ...]:
        """What somebody of this group may try there and then, in order of fallback. Left out are credentials that a
        cutover has ended or not yet brought, and what is shown to a guard while none is on duty."""
        means = self._answer(portal, direction, group, t).means
        if self._in_force:
            means = tuple(one for one in means if all(self._is_in_force(name, t) for name in one.credentials))
        if any(one.shown_at == "guard" for one in means) and self.guard(portal, t) is None:
            means = tuple(one for one in means if one.shown_at != "guard")
        return means

    def guard(self, portal: str, t: float) -> Guard | None:
        """Who is on duty at a portal: the first duty whose hours fit."""
        duties = self._duties[portal]
        if not duties:
            return None
        clock = self._clock.at(t)
        return next((guard for hours, guard in duties if contains(hours, clock)), None)

    def duties(self, portal: str) -> tuple[Guard, ...]:
        """Every duty at a portal, whatever the hour."""
        return tuple(guard for _, guard in self._duties[portal])

    @property
    def watches_doors(self) -> bool:
        """Does any answer depend on `DoorMoved`?"""
        return bool(self._interlocks)

    @property
    def watches_passages(self) -> bool:
        """Does any answer depend on `Passed`?"""
        return any(rule.update == "pass" for _, rule in self._areas.values())

    def _answer(self, portal: str, direction: str, group: str | None, t: float) -> Answer:
        key = (portal, direction, group)
        answer = self._always.get(key)
        if answer is not None:
            return answer
        day = self._by_hour.get(key)
        if day is not None:
            return day.at(self._clock.at(t))
        return NOTHING if group is None else self._answer(portal, direction, None, t)

    def _is_in_force(self, credential: str, t: float) -> bool:
        begin, end = self._in_force.get(credential, (t, FOREVER))
        return begin <= t < end

    # ---- decide

    def decide(self, state: State, request: Request) -> Decision:
        """Answer a request. Pure. KeyError: a portal that the policy was not compiled for."""
        t, portal, direction, reader, person, group, credential, shown_at, authentic, record = request
        if state.fire and portal in state.fire:
            return _FIRE
        if direction not in self._readers[portal]:
            return _FREE_EGRESS
        if state.overrides:
            mode = state.overrides.get(portal)
            if mode is not None:
                return _OVERRIDE_OPEN if mode == "open" else _OVERRIDE_LOCKED
        if state.faults:
            by_fault = self._under_faults(state, portal, reader)
            if by_fault is not None:
                return by_fault
        if state.suspended and (
            state.suspended.get(reader, t) > t or (person is not None and state.suspended.get(person, t) > t)
        ):
            return _SUSPENDED
        if not authentic:
            return self._wrong(state, request, Reason.NOT_AUTHENTIC, 6)
        wrong = self._off_the_list(record, credential, t, state.synced.get(portal, t) if state.synced else t)
        if wrong is not None:
            return self._wrong(state, request, wrong, 7)
        answer = self._always.get((portal, direction, group)) or self._answer(portal, direction, group, t)
        combinations = (answer.at_reader if shown_at == "reader" else answer.at_guard).get(credential)
        if combinations is None:
            key = (portal, direction, group)
            some_hour = self._table.accepts_at_some_hour(key, credential, shown_at)
            return self._wrong(state, request, Reason.OUTSIDE_HOURS if some_hour else Reason.NO_ACCESS, 8)
        if combinations:
            missing = self._missing(state, request, combinations)
            if missing:
                return Decision("need_more", Reason.COMBINATION, 9, next=missing)
        if portal in self._interlocks and any(
            state.open_doors.get(other) for other in self._interlocks[portal]
        ):
            return _INTERLOCK
        if portal in self._areas and person is not None:
            by_place = self._against_passback(state, portal, direction, person, t)
            if by_place is not None:
                return by_place
        return _GRANTED

    def _under_faults(self, state: State, portal: str, reader: str) -> Decision | None:
        """Rule 4. Without power nothing else can act; otherwise a release goes before a denial."""
        answers = set()
        for fault, where in state.faults:
            if where is None or where == portal or where == reader:
                answer = self._fault_answer(fault, portal)
                if fault == Fault.POWER_CUT and answer in ("release", "deny"):
                    return _FAULT_RELEASE if answer == "release" else _FAULT_DENY
                answers.add(answer)
        return _FAULT_RELEASE if "release" in answers else _FAULT_DENY if "deny" in answers else None

    def _fault_answer(self, fault: str, portal: str) -> str:
        return self._faults[portal].get(fault, "ignore")

    def _off_the_list(self, record: Record | None, credential: str, t: float, synced: float) -> Reason | None:
        """Rule 7. What was issued or revoked after `synced` is unknown to the controller; its own clock goes on."""
        if record is None or record.issued > synced:
            return Reason.UNKNOWN
        if record.expires <= t:
            return Reason.EXPIRED
        if self._in_force and credential in self._in_force:
            begin, end = self._in_force[credential]
            if t < begin:
                return Reason.NOT_YET
            if t >= end:
                return Reason.STOPPED
        return Reason.REVOKED if record.revoked <= synced else None

    def _missing(self, state: State, request: Request, combinations: tuple[Means, ...]) -> tuple[Means, ...]:
        """Rule 9: for each combination what is still missing of it; empty when one is complete."""
        through = self._through(state, request)
        missing = []
        for one in combinations:
            rest = tuple(name for name in one.credentials if name not in through)
            if not rest:
                return ()
            missing.append(Means(rest, one.shown_at))
        return tuple(dict.fromkeys(missing))

    def _through(self, state: State, request: Request) -> frozenset[str]:
        """This request's credential with those of the same person that came shortly before at the same reader."""
        before = state.partial.get(request.reader)
        if before is None or before.person != request.person or request.t >= before.until:
            return frozenset((request.credential,))
        return before.credentials | {request.credential}

    def _against_passback(
        self, state: State, portal: str, direction: str, person: int, t: float
    ) -> Decision | None:
        """Rule 11. None: nothing against it."""
        area, rule = self._areas[portal]
        places = state.places.get(area)
        place = places.get(person) if places is not None else None
        if place is None or place.direction != direction:
            return None
        if rule.kind == "soft":
            return _PASSED_BACK_SOFTLY
        return _PASSED_BACK if rule.lasts is None or t < place.since + rule.lasts else None

    def _wrong(self, state: State, request: Request, reason: Reason, step: int) -> Decision:
        """A denial that counts as one wrong try."""
        subject, suspends = self._subject(request), None
        if self._suspension is not None and state.tries.get(subject, 0) + 1 >= self._suspension.after:
            suspends = (subject, request.t + self._suspension.lasts)
        alarm: Alarm | None = None
        every = self._wrong_try_alarm
        if every is not None and any((state.wrong.get(one, 0) + 1) % every == 0 for one in _both(request)):
            alarm = "wrong-try"
        if suspends is not None:
            return Decision("deny", reason, step, alarm, suspends)
        accepted = self.accepted(request.portal, request.direction, request.group, request.t)
        if step > 6:
            accepted = tuple(
                one
                for one in accepted
                if one.shown_at != request.shown_at or request.credential not in one.credentials
            )
        return Decision("deny", reason, step, alarm, None, accepted)

    def _subject(self, request: Request) -> Subject:
        """Whom a wrong try counts for."""
        if request.person is None or (self._suspension is not None and self._suspension.of == "reader"):
            return request.reader
        return request.person

    # ---- advance

    def advance(self, state: State, event: Happening) -> State:
        """The state after something has happened; the same object when nothing changes. Pure."""
        if isinstance(event, Decided):
            return self._after_decision(state, event.request, event.decision)
        if isinstance(event, Passed):
            return self._counted(state, event, "pass")
        if isinstance(event, DoorMoved):
            return self._moved(state, event)
        if isinstance(event, FireAlarm):
            return self._alarmed(state, event)
        if isinstance(event, FireReset):
            return replace(state, fire=frozenset()) if state.fire else state
        if isinstance(event, Override):
            if state.overrides.get(event.portal) == event.mode:
                return state
            if event.mode is None:
                return replace(state, overrides=state.overrides.delete(event.portal))
            return replace(state, overrides=state.overrides.set(event.portal, event.mode))
        if isinstance(event, Lifted):
            return _forgotten(state, (event.subject,))
        return (
            self._fault_begins(state, event) if isinstance(event, FaultOn) else self._fault_ends(state, event)
        )

    def _after_decision(self, state: State, request: Request, decision: Decision) -> State:
        if decision.outcome == "deny":
            return self._after_wrong_try(state, request, decision) if 6 <= decision.step <= 8 else state
        if decision.outcome == "need_more":
            part = Partial(
                request.person, self._through(state, request), request.t + self._combination_within
            )
            return replace(state, partial=state.partial.set(request.reader, part))
        if decision.step < 11:
            # Released by rules 1 to 4: nobody has proved anything.
            return state
        if state.tries or state.wrong or state.suspended:
            state = _forgotten(state, _both(request))
        if state.partial and request.reader in state.partial:
            state = replace(state, partial=state.partial.delete(request.reader))
        if self._areas and request.person is not None:
            passage = Passed(request.t, request.portal, request.direction, request.person)
            state = self._counted(state, passage, "grant")
        return state

    def _after_wrong_try(self, state: State, request: Request, decision: Decision) -> State:
        if self._wrong_try_alarm is not None:
            wrong = state.wrong
            for one in _both(request):
                wrong = wrong.set(one, wrong.get(one, 0) + 1)
            state = replace(state, wrong=wrong)
        if decision.suspends is not None:
            subject, until = decision.suspends
            return replace(
                state, tries=_without(state.tries, subject), suspended=state.suspended.set(subject, until)
            )
        if self._suspension is not None:
            subject = self._subject(request)
            return replace(state, tries=state.tries.set(subject, state.tries.get(subject, 0) + 1))
        return state

    def _counted(self, state: State, passage: Passed, what: str) -> State:
        """Anti-passback takes note of a passage or of a grant, as its `update` says; not in an area that burns."""
        if passage.portal not in self._areas:
            return state
        area, rule = self._areas[passage.portal]
        if rule.update != what or not state.fire.isdisjoint(self._members[area]):
            return state
        places: Map[int, Place] = state.places.get(area) or Map()
        place = Place(passage.direction, passage.t)
        if places.get(passage.person) == place:
            return state
        return replace(state, places=state.places.set(area, places.set(passage.person, place)))

    def _moved(self, state: State, event: DoorMoved) -> State:
        if event.portal not in self._interlocks:
            return state
        before = state.open_doors.get(event.portal, frozenset())
        after = before | {event.lane} if event.is_open else before - {event.lane}
        if after == before:
            return state
        doors = state.open_doors.set(event.portal, after) if after else state.open_doors.delete(event.portal)
        return replace(state, open_doors=doors)

    def _alarmed(self, state: State, event: FireAlarm) -> State:
        """Portals open; where they do, people leave uncounted, so anti-passback forgets where everybody was."""
        fire = state.fire | (self._fire if event.portals is None else self._fire & event.portals)
        if fire == state.fire:
            return state
        places = state.places
        for area, members in self._members.items():
            if area in places and not fire.isdisjoint(members):
                places = places.delete(area)
        return replace(state, fire=fire, places=places)

    def _fault_begins(self, state: State, event: FaultOn) -> State:
        key = (str(event.fault), event.where)
        if key in state.faults:
            return state
        synced = state.synced
        for portal in self._readers:
            if event.where in (None, portal) and portal not in synced and self._cuts_off(event.fault, portal):
                synced = synced.set(portal, event.t)
        return replace(state, faults=state.faults.set(key, event.t), synced=synced)

    def _fault_ends(self, state: State, event: FaultOff) -> State:
        key = (str(event.fault), event.where)
        if key not in state.faults:
            return state
        faults = state.faults.delete(key)
        synced = state.synced
        for portal in state.synced:
            if not any(where in (None, portal) and self._cuts_off(fault, portal) for fault, where in faults):
                synced = synced.delete(portal)
        return replace(state, faults=faults, synced=synced)

    def _cuts_off(self, fault: str, portal: str) -> bool:
        """Does the list of this portal's controller stand still while the fault lasts?"""
        answer = self._fault_answer(fault, portal)
        return answer == "last-list" or (fault in OFF_LINE and answer != "ignore")


def _both(request: Request) -> tuple[Subject, ...]:
    return (request.reader,) if request.person is None else (request.reader, request.person)


def _without(counts: Map[Subject, int], subject: Subject) -> Map[Subject, int]:
    return counts.delete(subject) if subject in counts else counts


def _forgotten(state: State, subjects: tuple[Subject, ...]) -> State:
    """Without these subjects' wrong tries and suspensions."""
    for one in subjects:
        if one in state.tries or one in state.wrong or one in state.suspended:
            state = replace(
                state,
                tries=_without(state.tries, one),
                wrong=_without(state.wrong, one),
                suspended=state.suspended.delete(one) if one in state.suspended else state.suspended,
            )
    return state


# ---- compiling


def _areas(areas: tuple[AntiPassback, ...], names: Mapping[str, str]) -> dict[str, tuple[str, AntiPassback]]:
    """Portal -> (area, rule). Where every member stands once in each tower, each tower has its own area."""
    found: dict[str, tuple[str, AntiPassback]] = {}
    for index, area in enumerate(areas):
        members = [portal for portal, name in names.items() if name in area.at]
        apart = all(portal != names[portal] for portal in members)
        for portal in members:
            found[portal] = (f"{index}{portal.removeprefix(names[portal])}" if apart else str(index), area)
    return found


def _interlocks(sets: tuple[tuple[str, ...], ...], names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Portal -> the portals that must be shut before it opens. Doors of different towers do not wait for one another."""
    found: dict[str, tuple[str, ...]] = {}
    for portal, name in names.items():
        tower = portal.removeprefix(name)
        others = tuple(
            other
            for other, theirs in names.items()
            if theirs != name
            and any(name in one and theirs in one for one in sets)
            and ("" in (tower, other.removeprefix(theirs)) or tower == other.removeprefix(theirs))
        )
        if others:
            found[portal] = others
    return found


def _fault_rules(
    faults: Mapping[FaultName, tuple[FaultRule, ...]],
    names: Mapping[str, str],
    portals: Mapping[str, PortalFacts],
) -> dict[str, dict[str, str]]:
    """Portal -> fault -> answer, with what holds where the policy is silent."""
    found: dict[str, dict[str, str]] = {}
    for portal, name in names.items():
        power = "release" if portals[portal].without_power == "open" else "deny"
        answers: dict[str, str] = {str(Fault.POWER_CUT): power} | UNSAID
        for fault, rules in faults.items():
            said = next((rule.rule for rule in rules if rule.at is None or name in rule.at), None)
            if said is not None:
                answers[fault] = said
        found[portal] = answers
    return found


def _cutovers(cutovers: tuple[Cutover, ...], start: Start) -> dict[str, tuple[float, float]]:
    """Credential -> (from, until) in seconds, for those that a cutover speaks of."""
    found: dict[str, tuple[float, float]] = {}
    for one in cutovers:
        begin, end = found.get(one.old, (-FOREVER, FOREVER))
        found[one.old] = (begin, min(end, start.seconds_until((one.until or one.at).local)))
        begin, end = found.get(one.new, (-FOREVER, FOREVER))
        found[one.new] = (max(begin, start.seconds_until(one.at.local)), end)
    return found
