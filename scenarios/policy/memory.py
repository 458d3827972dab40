"""How a controller's state moves on: what each happening does to it. `Policy.advance` is the door to this module."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from immutables import Map

from .rulebook import Rulebook
from .state import (
    DENY,
    MORE,
    Decided,
    Decision,
    DoorMoved,
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
    Request,
    State,
    Subject,
)

T = TypeVar("T")


def counts_for(book: Rulebook, request: Request) -> Subject:
    """Whom a wrong try counts for: the person if known, else the reader; with `of: reader` always the reader."""
    if request.person is None or (book.suspension is not None and book.suspension.of == "reader"):
        return request.reader
    return request.person


def involved(request: Request) -> tuple[Subject, ...]:
    """The reader, and the person if known."""
    return (request.reader,) if request.person is None else (request.reader, request.person)


def through(state: State, request: Request) -> frozenset[str]:
    """This request's credential with those of the same person that came shortly before at the same reader."""
    before = state.partial.get(request.reader)
    if before is None or before.person != request.person or request.t >= before.until:
        return frozenset((request.credential,))
    return before.credentials | {request.credential}


def advance(book: Rulebook, state: State, event: Happening) -> State:
    """The state after something has happened; the same object when nothing changes."""
    if isinstance(event, Decided):
        return _after_decision(book, state, event.request, event.decision)
    if isinstance(event, Passed):
        return _counted(book, state, event, "pass")
    if isinstance(event, DoorMoved):
        return _moved(book, state, event)
    if isinstance(event, FireAlarm):
        return _alarmed(book, state, event)
    if isinstance(event, FireReset):
        return replace(state, fire=frozenset()) if state.fire else state
    if isinstance(event, Override):
        return _overridden(state, event)
    if isinstance(event, Lifted):
        return _forgotten(state, event.subject)
    if isinstance(event, FaultOn):
        return _fault_begins(book, state, event)
    return _fault_ends(book, state, event)


def _after_decision(book: Rulebook, state: State, request: Request, decision: Decision) -> State:
    if decision.outcome == DENY:
        return _after_wrong_try(book, state, request, decision) if 6 <= decision.step <= 8 else state
    if decision.outcome == MORE:
        part = Partial(request.person, through(state, request), request.t + book.combination_within)
        return replace(state, partial=state.partial.set(request.reader, part))
    if decision.step < 11:
        # Released by rules 1 to 4: nobody has proved anything.
        return state
    reader, person = request.reader, request.person
    if state.tries or state.wrong or state.suspended:
        state = _forgotten(state, reader)
        if person is not None:
            state = _forgotten(state, person)
    if state.partial and reader in state.partial:
        state = replace(state, partial=state.partial.delete(reader))
    if book.areas and person is not None:
        state = _counted(book, state, Passed(request.t, request.portal, request.direction, person), "grant")
    return state


def _after_wrong_try(book: Rulebook, state: State, request: Request, decision: Decision) -> State:
    tries, wrong, suspended = state.tries, state.wrong, state.suspended
    if book.wrong_try_alarm is not None:
        for one in involved(request):
            wrong = wrong.set(one, wrong.get(one, 0) + 1)
    if decision.suspends is not None:
        subject, until = decision.suspends
        tries, suspended = _without(tries, subject), suspended.set(subject, until)
    elif book.suspension is not None:
        subject = counts_for(book, request)
        tries = tries.set(subject, tries.get(subject, 0) + 1)
    if wrong is state.wrong and tries is state.tries and suspended is state.suspended:
        return state
    return replace(state, tries=tries, wrong=wrong, suspended=suspended)


def _counted(book: Rulebook, state: State, passage: Passed, what: str) -> State:
    """Anti-passback takes note of a passage or of a grant, as its `update` says; not in an area that burns."""
    if passage.portal not in book.areas:
        return state
    area, rule = book.areas[passage.portal]
    if rule.update != what or not state.fire.isdisjoint(book.members[area]):
        return state
    places: Map[int, Place] = state.places.get(area) or Map()
    place = Place(passage.direction, passage.t)
    if places.get(passage.person) == place:
        return state
    return replace(state, places=state.places.set(area, places.set(passage.person, place)))


def _moved(book: Rulebook, state: State, event: DoorMoved) -> State:
    if event.portal not in book.interlocks:
        return state
    before = state.open_doors.get(event.portal, frozenset())
    after = before | {event.lane} if event.is_open else before - {event.lane}
    if after == before:
        return state
    doors = state.open_doors.set(event.portal, after) if after else state.open_doors.delete(event.portal)
    return replace(state, open_doors=doors)


def _alarmed(book: Rulebook, state: State, event: FireAlarm) -> State:
    """Portals open; where they do, people leave uncounted, so anti-passback forgets where everybody was."""
    zone = book.released_by_fire
    fire = state.fire | (zone if event.portals is None else zone & event.portals)
    if fire == state.fire:
        return state
    places = state.places
    for area, members in book.members.items():
        if area in places and not fire.isdisjoint(members):
            places = places.delete(area)
    return replace(state, fire=fire, places=places)


def _overridden(state: State, event: Override) -> State:
    if state.overrides.get(event.portal) == event.mode:
        return state
    if event.mode is None:
        return replace(state, overrides=state.overrides.delete(event.portal))
    return replace(state, overrides=state.overrides.set(event.portal, event.mode))


def _fault_begins(book: Rulebook, state: State, event: FaultOn) -> State:
    key = (str(event.fault), event.where)
    if key in state.faults:
        return state
    synced = state.synced
    places = book.readers if event.where is None else (event.where,)
    for place in places:
        if (
            place not in synced
            and _portal_of(place) not in synced  # cut off already, and for longer
            and _portal_of(place) in book.readers
            and book.cuts_off(event.fault, _portal_of(place))
        ):
            synced = synced.set(place, event.t)
    return replace(state, faults=state.faults.set(key, event.t), synced=synced)


def _fault_ends(book: Rulebook, state: State, event: FaultOff) -> State:
    key = (str(event.fault), event.where)
    if key not in state.faults:
        return state
    faults = state.faults.delete(key)
    synced = state.synced
    for place in state.synced:
        portal = _portal_of(place)
        if not any(
            where in (None, portal, place) and book.cuts_off(fault, portal) for fault, where in faults
        ):
            synced = synced.delete(place)
            for fault, where in faults:
                # A reader whose own line is still cut has heard nothing since its portal was cut off.
                if where is None or where in (place, *synced) or _portal_of(where) != place:
                    continue
                if book.cuts_off(fault, place):
                    synced = synced.set(where, state.synced[place])
    return replace(state, faults=faults, synced=synced)


def _portal_of(place: str) -> str:
    """The portal of a portal's or a reader's id (`main-gate/in/0`)."""
    return place.partition("/")[0]


def _without(kept: Map[Subject, T], subject: Subject) -> Map[Subject, T]:
    return kept.delete(subject) if subject in kept else kept


def _forgotten(state: State, subject: Subject) -> State:
    """Without this subject's wrong tries and suspension."""
    tries, wrong, suspended = state.tries, state.wrong, state.suspended
    if subject not in tries and subject not in wrong and subject not in suspended:
        return state
    return replace(
        state,
        tries=_without(tries, subject),
        wrong=_without(wrong, subject),
        suspended=_without(suspended, subject),
    )
