"""Mistakes that only show between the parts of a scenario: unknown names, shares that do not add up, ways that lead
nowhere. Each with its place in the file and the way out."""

from __future__ import annotations

import math
from collections.abc import Iterator

from . import behaviour_checks
from .campaign_checks import problems as campaign_problems
from .expectations import contradictions
from .faults import problems as fault_problems
from .metrics import COSTS
from .policy.checks import Surroundings
from .policy.checks import problems as policy_problems
from .prices import problems as price_problems
from .reading import Location, Problem
from .scenario import Scenario
from .spelling import unknown


def problems(scenario: Scenario) -> Iterator[Problem]:
    """Every such mistake, part by part."""
    yield from _compound(scenario)
    yield from _people(scenario)
    yield from _readers(scenario)
    yield from _traffic(scenario)
    yield from policy_problems(scenario.policies, surroundings(scenario))
    yield from _lanes(scenario)
    yield from campaign_problems(scenario)
    yield from behaviour_checks.problems(scenario)
    yield from fault_problems(scenario)
    yield from _bench(scenario)
    yield from _expectations(scenario)
    yield from _headline(scenario)
    yield from price_problems(scenario)
    if scenario.warm_up >= scenario.duration:
        yield Problem(("warm_up",), "lasts as long as the whole run: nothing would be measured")


def surroundings(scenario: Scenario) -> Surroundings:
    """What its policies may speak of."""
    holds = {
        name: (
            *group.holds,
            *(kind for kind in ("face", "fingerprint") if group.enrolment_of(kind) is not None),
        )
        for name, group in scenario.people.items()
    }
    return Surroundings(
        portals={name: portal.readers for name, portal in scenario.compound.portals.items()},
        groups=holds,
        credentials=tuple(scenario.readers),
        without_power={name: portal.without_power for name, portal in scenario.compound.portals.items()},
    )


def _compound(scenario: Scenario) -> Iterator[Problem]:
    compound = scenario.compound
    for name, portal in compound.portals.items():
        loc: Location = ("compound", "portals", name)
        if portal.one_for_each is not None and compound.towers is None:
            yield Problem((*loc, "one_for_each"), "there are no towers; describe them under compound.towers")
        if portal.own_floor_only and portal.one_for_each is None:
            yield Problem(
                (*loc, "own_floor_only"),
                "floors are those of a tower; say 'one_for_each: tower', or leave it out",
            )
        for reader in portal.readers:
            if reader not in portal.directions:
                yield Problem(
                    (*loc, "readers"),
                    f"a reader for {reader!r}, but 'directions' does not let anybody pass that way",
                )
        if portal.lanes.total == 0:
            yield Problem((*loc, "lanes"), "there is no lane")
        for direction in portal.directions:
            if portal.lanes.total and not any(direction in served for served in portal.lanes.directions()):
                yield Problem((*loc, "lanes"), f"no lane serves the direction {direction!r}")
        for index, group in enumerate(portal.priority):
            if group not in scenario.people:
                yield Problem((*loc, "priority", index), unknown("group", group, scenario.people))
    yield from _routes(scenario)


def _routes(scenario: Scenario) -> Iterator[Problem]:
    compound = scenario.compound
    for number, route in enumerate(compound.routes):
        loc: Location = ("compound", "routes", number)
        for index, name in enumerate(route.through):
            if name not in compound.portals:
                yield Problem((*loc, "through", index), unknown("portal", name, compound.portals))
        if len(route.walk) not in (1, len(route.through)):
            yield Problem(
                (*loc, "walk"),
                f"{len(route.walk)} walks for {len(route.through)} portals; give one for all, or one behind each portal",
            )
        if len(route.through) > 15:
            yield Problem((*loc, "through"), f"{len(route.through)} portals in a row; at most 15 can be run")
    shares = [route.share for route in compound.routes if route.share is not None]
    silent = len(compound.routes) - len(shares)
    total = math.fsum(shares)
    if shares and not (math.isclose(total, 1.0, abs_tol=1e-9) or (silent and total < 1.0)):
        yield Problem(("compound", "routes"), f"the shares of the routes add up to {total:.6g}, not to 1")
    needed = [name for name, stream in scenario.traffic.items() if stream.at is None]
    if needed and not compound.routes:
        yield Problem(
            ("compound",),
            f"there are no routes, but {needed[0]!r} needs one; say which portals lie on the way home",
            True,
        )
    if needed and compound.towers is None:
        yield Problem(
            ("compound",),
            f"there are no towers, but {needed[0]!r} goes to flats; describe them under compound.towers",
            True,
        )
    for name in needed:
        if compound.towers is not None and compound.routes:
            yield from _both_ways(scenario, name)
            break


def _both_ways(scenario: Scenario, stream: str) -> Iterator[Problem]:
    portals = scenario.compound.portals
    for number, route in enumerate(scenario.compound.routes):
        for index, name in enumerate(route.through):
            for direction in ("in", "out"):
                if name in portals and direction not in portals[name].directions:
                    yield Problem(
                        ("compound", "routes", number, "through", index),
                        f"{name!r} cannot be passed {direction}; {stream!r} goes in and out by this route",
                    )


def _lanes(scenario: Scenario) -> Iterator[Problem]:
    """Directions for which a policy leaves no lane."""
    for id, document in scenario.policies.items():
        for name, lanes in document.lanes.items():
            portal = scenario.compound.portals.get(name)
            for direction in portal.directions if portal is not None else ():
                if not any(direction in served for served in lanes.directions()):
                    yield Problem(
                        ("policies", id, "lanes", name), f"no lane serves the direction {direction!r}"
                    )


def _people(scenario: Scenario) -> Iterator[Problem]:
    people, towers = scenario.people, scenario.compound.towers
    shares = [group.share for group in people.values() if group.share is not None]
    total = math.fsum(shares)
    if towers is not None and not math.isclose(total, 1.0, abs_tol=1e-9):
        said = (
            f"the shares of the residents add up to {total:.6g}, not to 1"
            if shares
            else "nobody lives in the towers: give groups a 'share'"
        )
        yield Problem(("people",), said, True)
    for name, group in people.items():
        loc: Location = ("people", name)
        if group.share is not None and towers is None:
            yield Problem(
                (*loc, "share"),
                "there are no towers to live in; leave 'share' out, or describe compound.towers",
            )
        for index, credential in enumerate(group.holds):
            if credential not in scenario.readers:
                yield Problem((*loc, "holds", index), unknown("credential", credential, scenario.readers))
        if group.together == "household" and group.share is None:
            yield Problem((*loc, "together"), "only residents live in households; this group has no 'share'")


def _readers(scenario: Scenario) -> Iterator[Problem]:
    for name, reader in scenario.readers.items():
        for portal in reader.at:
            if portal not in scenario.compound.portals:
                yield Problem(
                    ("readers", name, "at", portal),
                    unknown("portal", portal, scenario.compound.portals),
                    True,
                )


def _traffic(scenario: Scenario) -> Iterator[Problem]:
    people, portals = scenario.people, scenario.compound.portals
    for name, stream in scenario.traffic.items():
        loc: Location = ("traffic", name)
        if stream.group is not None and stream.group not in people:
            yield Problem((*loc, "group"), unknown("group", stream.group, people))
        if stream.at is not None and stream.at not in portals:
            yield Problem((*loc, "at"), unknown("portal", stream.at, portals))
        elif stream.at is not None and portals[stream.at].one_for_each is not None:
            yield Problem(
                (*loc, "at"), f"{stream.at!r} stands in every tower; a stream needs one portal of its own"
            )
        elif stream.at is not None and stream.direction not in portals[stream.at].directions:
            yield Problem((*loc, "direction"), f"{stream.at!r} cannot be passed {stream.direction}")
        if stream.occupancy is not None:
            for index, group in enumerate(stream.occupancy.groups or ()):
                if group not in people:
                    yield Problem((*loc, "occupancy", "groups", index), unknown("group", group, people))
                elif people[group].share is None:
                    yield Problem(
                        (*loc, "occupancy", "groups", index),
                        f"{group!r} does not live here: it has no 'share'",
                    )
            if scenario.compound.towers is None:
                yield Problem((*loc, "occupancy"), "nobody lives here: there are no towers", True)


def _bench(scenario: Scenario) -> Iterator[Problem]:
    if scenario.bench is None:
        return
    if scenario.bench.portal not in scenario.compound.portals:
        yield Problem(
            ("bench", "portal"), unknown("portal", scenario.bench.portal, scenario.compound.portals)
        )
    if scenario.bench.policy not in scenario.policies:
        yield Problem(("bench", "policy"), unknown("policy", scenario.bench.policy, scenario.policies))


def _places(scenario: Scenario) -> set[str]:
    """Portals as they are declared, and each of those that stand in every tower."""
    portals = set(scenario.compound.portals)
    towers = scenario.compound.towers
    for name, spec in scenario.compound.portals.items():
        if spec.one_for_each is not None and towers is not None:
            portals |= {f"{name}-{number + 1}" for number in range(scenario.compound.tower_count)}
    return portals


def _headline(scenario: Scenario) -> Iterator[Problem]:
    one, loc = scenario.headline, ("headline",)
    if one.group is not None and one.group not in scenario.people:
        yield Problem(loc, unknown("group", one.group, scenario.people))
    if one.portal is not None and one.portal not in (portals := _places(scenario)):
        yield Problem(loc, unknown("portal", one.portal, sorted(portals)))
    if one.metric in COSTS:
        if one.group is not None or one.portal is not None:
            yield Problem(loc, f"{one.metric} is told for the whole place; leave out '[group]' and '@portal'")
        if scenario.prices is None or one.metric not in scenario.prices.told():
            yield Problem(
                loc, f"{one.metric} cannot be told: the scenario gives no prices of it; add 'prices'"
            )


def _expectations(scenario: Scenario) -> Iterator[Problem]:
    portals = _places(scenario)
    for policy, expectations in scenario.expect.items():
        if policy != "every" and policy not in scenario.policies:
            yield Problem(("expect", policy), unknown("policy", policy, [*scenario.policies, "every"]), True)
        for index, one in enumerate(expectations):
            if one.group is not None and one.group not in scenario.people:
                yield Problem(("expect", policy, index), unknown("group", one.group, scenario.people))
            if one.portal is not None and one.portal not in portals:
                yield Problem(("expect", policy, index), unknown("portal", one.portal, sorted(portals)))
    yield from contradictions(scenario.expect, scenario.policies)
