"""Behaviour that cannot happen in its compound, or that contradicts itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .behaviour import Behaviour, Bypass, Habits
from .decay import PROPPABLE, Prop
from .portals import Portal
from .reading import Location, Problem
from .scenario import Scenario
from .spelling import unknown

_OBSTACLES = {"crawl": "railing", "climb": "wall"}
_HEIGHTS = {"crawl": "50 cm", "climb": "2 m"}


def problems(scenario: Scenario) -> Iterator[Problem]:
    """Every such mistake: of all people first, then of the groups with habits of their own."""
    yield from _of_one(("behaviour",), scenario.behaviour, scenario.behaviour, scenario)
    for name, group in scenario.people.items():
        if group.habits is not None:
            whole = scenario.behaviour.of(group.habits)
            yield from _of_one(("people", name, "habits"), group.habits, whole, scenario)


def _of_one(
    loc: Location, said: Behaviour | Habits, whole: Behaviour, scenario: Scenario
) -> Iterator[Problem]:
    """`said`: what stands at this place of the file; `whole`: how its people behave."""
    portals = scenario.compound.portals
    for name in _OBSTACLES:
        if name in said.model_fields_set:
            yield from _places((*loc, name), name, getattr(said, name), portals)
    if "prop" in said.model_fields_set and said.prop is not None:
        yield from _props((*loc, "prop"), said.prop, portals)
    if "lend" in said.model_fields_set and said.lend is not None and said.lend.probability.highest > 0.0:
        yield from _lends((*loc, "lend", "probability"), scenario)
    if "resorts" not in said.model_fields_set:
        return
    for index, resort in enumerate(said.resorts or ()):
        why = _in_vain(resort, whole, scenario)
        if why is not None:
            yield Problem((*loc, "resorts", index), why)


def _places(loc: Location, name: str, bypass: Bypass, portals: Mapping[str, Portal]) -> Iterator[Problem]:
    obstacle = _OBSTACLES[name]
    there = [portal for portal, spec in portals.items() if getattr(spec, obstacle) is not None]
    for index, portal in enumerate(bypass.at or ()):
        at: Location = (*loc, "at", index) if len(bypass.at or ()) > 1 else (*loc, "at")
        if portal not in portals:
            yield Problem(at, unknown("portal", portal, portals))
        elif portal not in there:
            rest = f"{', '.join(there)} has one" if there else "no portal has one"
            yield Problem(
                at,
                f"{portal!r} has no {obstacle} to {name} {'under' if name == 'crawl' else 'over'}; {rest}: "
                f"name that, or give {portal!r} a '{obstacle}: {{height: {_HEIGHTS[name]}}}'",
            )


def _props(loc: Location, prop: Prop, portals: Mapping[str, Portal]) -> Iterator[Problem]:
    there = [name for name, spec in portals.items() if spec.kind in PROPPABLE]
    for index, portal in enumerate(prop.at or ()):
        at: Location = (*loc, "at", index) if len(prop.at or ()) > 1 else (*loc, "at")
        if portal not in portals:
            yield Problem(at, unknown("portal", portal, portals))
        elif portal not in there:
            yield Problem(
                at,
                f"{portal!r} is a {portals[portal].kind}, which nobody can prop open; leave it out, or make it a "
                f"{', '.join(PROPPABLE[:-1])} or {PROPPABLE[-1]}",
            )
    if prop.at is None and not there and prop.probability.highest > 0.0:
        yield Problem(
            loc, f"no portal can be propped open: none is a {', '.join(PROPPABLE)}; leave 'prop' out"
        )


def _lends(loc: Location, scenario: Scenario) -> Iterator[Problem]:
    """Only who waits to follow can be lent something."""
    behaviour = scenario.behaviour
    for group in scenario.people.values():
        if "follow" in behaviour.of(group.habits).resorts:
            return
    yield Problem(
        loc,
        "nobody can be lent anything: no group has 'follow' in its resorts, and only who waits beside the door is lent to; "
        "add 'follow' to the resorts of those who wait, or leave 'lend' out",
    )


def _in_vain(resort: str, whole: Behaviour, scenario: Scenario) -> str | None:
    """Why a resort can never come to anything."""
    portals = scenario.compound.portals
    if resort in _OBSTACLES:
        obstacle, bypass = _OBSTACLES[resort], getattr(whole, resort)
        if not any(getattr(spec, obstacle) is not None for spec in portals.values()):
            return (
                f"{resort!r} can never happen: no portal has a {obstacle}; "
                f"give one a '{obstacle}: {{height: {_HEIGHTS[resort]}}}', or leave {resort!r} out"
            )
        if bypass.probability.highest == 0.0:
            return _contradiction(resort, f"{resort}.probability")
    if resort == "follow" and whole.follow.without_credential.highest == whole.follow.reverse.highest == 0.0:
        if whole.lend.probability.highest > 0.0:
            return None
        return _contradiction(resort, "follow.without_credential")
    if resort == "elsewhere":
        if len({route.through for route in scenario.compound.routes}) < 2:
            return "'elsewhere' can never happen: there is no other route; add one under compound.routes, or leave it out"
        if whole.elsewhere.probability.highest == 0.0:
            return _contradiction(resort, "elsewhere.probability")
    if resort == "call" and all(
        one.highest == 0.0
        for call in whole.call.values()
        for one in (call.probability, call.when_let_in or call.probability)
    ):
        return _contradiction(resort, "call.*.probability")
    return None


def _contradiction(resort: str, key: str) -> str:
    return f"'resorts' has {resort!r}, but {key!r} is 0 in every situation: raise it, or leave {resort!r} out"
