"""The policy at work: `decide` answers a request, `advance` takes note of what happened. Both are pure.

Twelve rules, in the order of the project's definitions; the first that applies answers, and no rule looks at what only
later rules read:

1 fire, 2 free egress, 3 operator override, 4 faults, 5 suspension, 6 authentic, 7 known, valid and not revoked,
8 access (group, portal, direction, hours), 9 combination, 10 interlock, 11 anti-passback, 12 grant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from ..units import Hours, Start
from . import memory
from .document import PolicyDocument
from .means import Means
from .rulebook import Guard, PortalFacts, Remote, Rulebook
from .schedule import WallClock
from .state import DENY, GRANT, MORE, Alarm, Decision, Fault, Happening, Reason, Record, Request, State

__all__ = ["Decision", "Guard", "Means", "Policy", "PortalFacts", "Record", "Remote"]

_FIRE = Decision(GRANT, Reason.FIRE, 1)
_FREE_EGRESS = Decision(GRANT, Reason.FREE_EGRESS, 2)
_OVERRIDE_OPEN = Decision(GRANT, Reason.OVERRIDE_OPEN, 3)
_OVERRIDE_LOCKED = Decision(DENY, Reason.OVERRIDE_LOCKED, 3)
_HELD_OPEN = Decision(GRANT, Reason.HOLD_OPEN, 3)
_FAULT_RELEASE = Decision(GRANT, Reason.FAULT_RELEASE, 4)
_FAULT_DENY = Decision(DENY, Reason.FAULT_DENY, 4)
_SUSPENDED = Decision(DENY, Reason.SUSPENDED, 5)
_INTERLOCK = Decision(DENY, Reason.INTERLOCK, 10)
_PASSED_BACK = Decision(DENY, Reason.ANTI_PASSBACK, 11, alarm="anti-passback")
_PASSED_BACK_SOFTLY = Decision(GRANT, Reason.ANTI_PASSBACK, 11, alarm="anti-passback")
_GRANTED = Decision(GRANT, Reason.GRANTED, 12)

LockState: TypeAlias = Literal["unlocked", "locked", "by-grant"]
"""Unlocked for everybody; locked without power, so that nothing moves it; or moved by grants."""


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
        (tower-door-3) to the id that the document speaks of (tower-door). `start` is t = 0, with its zone. What the
        document says of portals that are not there is left aside: `checks` finds it."""
        self.id = id
        self.initial = State()
        self._book = Rulebook(document, portals, groups, start, declared or {})

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

    # ---- what may be tried, and who is there to look at it

    def accepted(self, portal: str, direction: str, group: str | None, t: float) -> tuple[Means, ...]:
        """What somebody of this group may try there and then, in order of fallback. Left out are credentials that a
        cutover has ended or not yet brought, and what is shown to a guard while none is on duty."""
        return self._book.accepted(portal, direction, group, t)

    def is_steady(self, portal: str, direction: str, group: str | None) -> bool:
        """Is the answer of `accepted` the same at all times?"""
        return self._book.is_steady(portal, direction, group)

    def guard(self, portal: str, t: float) -> Guard | None:
        """Who is on duty at a portal: the first duty whose hours fit."""
        return self._book.guard(portal, t)

    def duties(self, portal: str) -> tuple[Guard, ...]:
        """Every duty at a portal, whatever the hour."""
        return self._book.duties(portal)

    @property
    def cutovers(self) -> tuple[tuple[float, str, str], ...]:
        """What cutovers change, in order of time: the instant (seconds after the start), the credential, and `begins` or
        `ends`."""
        return self._book.cutovers

    def remote(self, portal: str, by: str, group: str | None, t: float) -> Remote | None:
        """Who lets a caller of this group in from afar, there and then; None: nobody."""
        return self._book.remote(portal, by, group, t)

    def remotes(self, portal: str) -> tuple[Remote, ...]:
        """Everybody who may let callers in at a portal, whatever the hour."""
        return self._book.remotes(portal)

    def readers(self, portal: str) -> tuple[str, ...]:
        """Directions in which its readers are on, `in` first."""
        return tuple(sorted(self._book.readers[portal]))

    def hold_open_hours(self, portal: str) -> tuple[Hours, ...]:
        """Hours of the local day in which a portal is held open."""
        return self._book.held.get(portal, ())

    def is_held_open(self, portal: str, t: float) -> bool:
        """Do its hours hold a portal open at an instant? An operator's override goes before them."""
        return self._book.is_held_open(portal, t)

    def fault_answer(self, fault: str, portal: str) -> str:
        """What a fault does at a portal: `release`, `deny`, `last-list` or `ignore`."""
        return self._book.fault_answer(fault, portal)

    @property
    def wall_clock(self) -> WallClock:
        """The local time of day at scenario times."""
        return self._book.clock

    @property
    def watches_doors(self) -> bool:
        """Does any answer depend on `DoorMoved`?"""
        return bool(self._book.interlocks)

    @property
    def remembers_grants(self) -> bool:
        """Does a grant by rule 12 change the initial state?"""
        return any(rule.update == "grant" for _, rule in self._book.areas.values())

    @property
    def watches_passages(self) -> bool:
        """Does any answer depend on `Passed`?"""
        return any(rule.update == "pass" for _, rule in self._book.areas.values())

    # ---- at work

    def advance(self, state: State, event: Happening) -> State:
        """The state after something has happened; the same object when nothing changes. Pure."""
        return memory.advance(self._book, state, event)

    def decide(self, state: State, request: Request) -> Decision:
        """Answer a request. Pure. KeyError: a portal that the policy was not made for."""
        t, portal, direction, reader, person, group, credential, shown_at, authentic, record = request
        book = self._book
        if portal in state.fire:
            return _FIRE
        if direction not in book.readers[portal]:
            return _FREE_EGRESS
        if state.overrides:
            mode = state.overrides.get(portal)
            if mode is not None:
                return _OVERRIDE_OPEN if mode == "open" else _OVERRIDE_LOCKED
        if book.held and book.is_held_open(portal, t):
            return _HELD_OPEN
        if state.faults:
            by_fault = _under_faults(book, state, portal, reader)
            if by_fault is not None:
                return by_fault
        suspended = state.suspended
        if suspended and (
            suspended.get(reader, t) > t or (person is not None and suspended.get(person, t) > t)
        ):
            return _SUSPENDED
        if not authentic:
            return _wrong(book, state, request, Reason.NOT_AUTHENTIC, 6)
        synced = min(state.synced.get(portal, t), state.synced.get(reader, t)) if state.synced else t
        off_the_list = _off_the_list(book, record, credential, t, synced)
        if off_the_list is not None:
            return _wrong(book, state, request, off_the_list, 7)
        key = (portal, direction, group)
        answer = book.table.always.get(key) or book.answer(portal, direction, group, t)
        combinations = (answer.at_reader if shown_at == "reader" else answer.at_guard).get(credential)
        if combinations is None:
            some_hour = book.table.accepts_at_some_hour(key, credential, shown_at, t)
            return _wrong(book, state, request, Reason.OUTSIDE_HOURS if some_hour else Reason.NO_ACCESS, 8)
        if combinations:
            missing = _missing(state, request, combinations)
            if missing:
                return Decision(MORE, Reason.COMBINATION, 9, next=missing)
        if portal in book.interlocks and any(other in state.open_doors for other in book.interlocks[portal]):
            return _INTERLOCK
        if portal in book.areas and person is not None:
            by_place = _by_place(book, state, portal, direction, person, t)
            if by_place is not None:
                return by_place
        return _GRANTED

    def lock(self, state: State, portal: str, lane: int, t: float) -> LockState:
        """What the lock of a lane does, whoever comes: `decide` says who may pass, this whether the lock can move. Pure. A
        leaf that stands open may keep a lock from falling. KeyError: a portal that the policy was not made for."""
        book = self._book
        if portal in state.fire:
            return "unlocked"  # the fire panel's line acts by the panel's own supply
        by_portal = _under_faults(book, state, portal, "") if state.faults else None
        if by_portal is not None and _is_dead(book, state, portal):
            return "unlocked" if by_portal is _FAULT_RELEASE else "locked"
        mode = state.overrides.get(portal)
        if mode is not None:
            return "unlocked" if mode == "open" else "by-grant"
        if book.is_held_open(portal, t) or by_portal is _FAULT_RELEASE:
            return "unlocked"
        readers = (f"{portal}/{way}/{lane}" for way in book.readers[portal])
        if state.faults and any(_under_faults(book, state, portal, one) is _FAULT_RELEASE for one in readers):
            return "unlocked"
        return "by-grant"

    def speaks_of(self, fault: str, portal: str) -> bool:
        """Does a fault change anything that its controller does? Pure. KeyError as of `lock`."""
        return self._book.fault_answer(fault, portal) != "ignore"

    def has_battery(self, portal: str) -> bool:
        """Does its controller go on without power? Pure. KeyError as of `lock`."""
        return self._book.fault_answer(Fault.POWER_CUT, portal) not in ("release", "deny")

    def is_dead(self, state: State, portal: str) -> bool:
        """Is the power of the whole portal cut, with nothing behind it, so that no reader answers? Pure."""
        return bool(state.faults) and _is_dead(self._book, state, portal)

    def lets_through(
        self, state: State, decision: Decision, portal: str, lane: int, direction: str, t: float
    ) -> bool:
        """Does this decision, made now, get somebody through? A grant does not at a lock that is locked without power,
        unless the portal was built without a reader in that direction: then there is a handle. Pure."""
        if decision.outcome != GRANT:
            return False
        return direction not in self._book.built_in[portal] or self.lock(state, portal, lane, t) != "locked"


def _is_dead(book: Rulebook, state: State, portal: str) -> bool:
    """Is the power of the whole portal cut, with nothing behind it?"""
    return book.fault_answer(Fault.POWER_CUT, portal) in ("release", "deny") and any(
        fault == Fault.POWER_CUT and where in (None, portal) for fault, where in state.faults
    )


def _under_faults(book: Rulebook, state: State, portal: str, reader: str) -> Decision | None:
    """Rule 4. Without power nothing else can act; otherwise a release goes before a denial."""
    answers = set()
    for fault, where in state.faults:
        if where is None or where == portal or where == reader:
            answer = book.fault_answer(fault, portal)
            if fault == Fault.POWER_CUT and answer in ("release", "deny"):
                return _FAULT_RELEASE if answer == "release" else _FAULT_DENY
            answers.add(answer)
    return _FAULT_RELEASE if "release" in answers else _FAULT_DENY if "deny" in answers else None


def _off_the_list(
    book: Rulebook, record: Record | None, credential: str, t: float, synced: float
) -> Reason | None:
    """Rule 7. What was issued or revoked after `synced` is unknown to the controller; its own clock goes on."""
    if record is None or record.issued > synced:
        return Reason.UNKNOWN
    if record.expires <= t:
        return Reason.EXPIRED
    if credential in book.in_force:
        begin, end = book.in_force[credential]
        if t < begin:
            return Reason.NOT_YET
        if t >= end:
            return Reason.STOPPED
    return Reason.REVOKED if record.revoked <= synced else None


def _missing(state: State, request: Request, combinations: tuple[Means, ...]) -> tuple[Means, ...]:
    """Rule 9: for each combination what is still missing of it; empty when one is complete."""
    through = memory.through(state, request)
    missing: dict[Means, None] = {}
    for one in combinations:
        rest = tuple(name for name in one.credentials if name not in through)
        if not rest:
            return ()
        missing[Means(rest, one.shown_at)] = None
    return tuple(missing)


def _by_place(
    book: Rulebook, state: State, portal: str, direction: str, person: int, t: float
) -> Decision | None:
    """Rule 11. None: nothing against it."""
    area, rule = book.areas[portal]
    places = state.places.get(area)
    place = places.get(person) if places is not None else None
    if place is None or place.direction != direction:
        return None
    if rule.kind == "soft":
        return _PASSED_BACK_SOFTLY
    return _PASSED_BACK if rule.lasts is None or t < place.since + rule.lasts else None


def _wrong(book: Rulebook, state: State, request: Request, reason: Reason, step: int) -> Decision:
    """A denial that counts as one wrong try."""
    alarm: Alarm | None = None
    every = book.wrong_try_alarm
    if every is not None and any(
        (state.wrong.get(one, 0) + 1) % every == 0 for one in memory.involved(request)
    ):
        alarm = "wrong-try"
    suspension = book.suspension
    if suspension is not None:
        subject = memory.counts_for(book, request)
        if state.tries.get(subject, 0) + 1 >= suspension.after:
            return Decision(DENY, reason, step, alarm, (subject, request.t + suspension.lasts))
    accepted = book.accepted(request.portal, request.direction, request.group, request.t)
    if step > 6:
        # What was wrong with it is still wrong at the next try.
        accepted = tuple(
            one
            for one in accepted
            if one.shown_at != request.shown_at or request.credential not in one.credentials
        )
    return Decision(DENY, reason, step, alarm, None, accepted)
