"""Mistakes of a policy that only show beside its scenario: unknown names, rules that can never apply, missing guards.

Only what is certain is called a mistake. Locations are those of a scenario file: `policies.ID. ...`.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ..reading import Location, Problem
from .access import concerns
from .document import AccessRule, FaultRule, GuardDuty, PolicyDocument, resolved
from .means import GUARD, Means
from .schedule import contains, edges

_T = TypeVar("_T")


@dataclass(frozen=True)
class Surroundings:
    """What a policy may speak of."""

    portals: Mapping[str, Collection[str]]
    """Portal id -> directions with a reader."""
    groups: Mapping[str, Collection[str]]
    """Group -> credentials that its people hold."""
    credentials: Collection[str]
    """Credentials for which there are readers, or documents that a guard can look at."""
    without_power: Mapping[str, str] = field(default_factory=dict)
    """Portal id -> `open` or `locked`."""


def problems(policies: Mapping[str, PolicyDocument], around: Surroundings) -> Iterator[Problem]:
    """Every mistake of every policy, in order of the file."""
    for id, document in policies.items():
        for problem in _of_one(id, document, policies, around):
            yield Problem(("policies", id, *problem.loc), problem.message, problem.on_key)


def _of_one(
    id: str, document: PolicyDocument, policies: Mapping[str, PolicyDocument], around: Surroundings
) -> Iterator[Problem]:
    whole = None
    try:
        whole = resolved(id, policies)
    except ValueError:
        yield from _descent(id, document, policies)
    if whole is not None and not whole.access:
        yield Problem(
            (),
            "no rule under 'access': nobody could pass; if that is meant, write 'access: [{accept: []}]'",
            True,
        )
    yield from _names(document, around)
    around = _with_free_egress(whole, around)
    for index, rule in enumerate(document.access):
        loc: Location = ("access", index)
        yield from _means(rule, loc, around)
        if _is_known(rule, around):
            yield from _never(rule, document.access[:index], loc, around)
            if whole is not None:
                yield from _unguarded(rule, whole.guard, loc, around)
    for loc, exception in _each(("exceptions",), document.exceptions):
        yield from _means(exception, loc, around)
        if _is_known(exception, around):
            yield from _never(exception, (), loc, around)
            if whole is not None:
                yield from _unguarded(exception, whole.guard, loc, around)
    yield from _anti_passback(document, around)


def _descent(id: str, document: PolicyDocument, policies: Mapping[str, PolicyDocument]) -> Iterator[Problem]:
    """A parent that is not there, or a circle; only at a policy that is itself at fault."""
    if document.extends not in policies:
        names = [name for name in policies if name != id]
        yield Problem(("extends",), _unknown("policy", str(document.extends), names))
        return
    chain = [id]
    while (parent := policies[chain[-1]].extends) is not None and parent in policies and parent not in chain:
        chain.append(parent)
    if parent == id:
        yield Problem(("extends",), f"extends itself: {' -> '.join([*chain, id])}")


# ---- names


def _names(document: PolicyDocument, around: Surroundings) -> Iterator[Problem]:
    portals, groups = around.portals, around.groups
    for index, rule in enumerate(document.access):
        yield from _among(("access", index, "who"), rule.who, "group", groups)
        yield from _among(("access", index, "at"), rule.at, "portal", portals)
    for loc, exception in _each(("exceptions",), document.exceptions):
        yield from _among((*loc, "who"), exception.who, "group", groups)
        yield from _among((*loc, "at"), exception.at, "portal", portals)
    for loc, area in _each(("anti_passback",), document.anti_passback):
        yield from _among((*loc, "at"), area.at, "portal", portals)
    for index, members in enumerate(document.interlock):
        yield from _among(("interlock", index), members, "portal", portals)
        if len(set(members)) < len(members):
            yield Problem(("interlock", index), "names a portal twice")
    for loc, duty in _each(("guard",), document.guard):
        yield from _among((*loc, "at"), duty.at, "portal", portals)
    for loc, release in _each(("remote",), document.remote):
        yield from _among((*loc, "who"), release.who, "group", groups)
        yield from _among((*loc, "at"), release.at, "portal", portals)
    for fault, rules in document.faults.items():
        for loc, answer in _each(("faults", fault), rules):
            yield from _among((*loc, "at"), answer.at, "portal", portals)
            if fault == "power-cut":
                yield from _springs(loc, answer, around.without_power)
    yield from _upkeep(document, portals)
    yield from _among(("fire", "releases"), document.fire.releases, "portal", portals)
    for loc, cutover in _each(("cutover",), document.cutover):
        for key in ("old", "new"):
            yield from _among((*loc, key), (getattr(cutover, key),), "credential", around.credentials)


def _springs(loc: Location, answer: FaultRule, without_power: Mapping[str, str]) -> Iterator[Problem]:
    """No rule makes a lock without power do what its springs do not."""
    against = {"release": "locked", "deny": "open"}.get(answer.rule)
    for portal in without_power if answer.at is None else answer.at:
        if against is not None and without_power.get(portal) == against:
            yield Problem(
                loc,
                f"is {answer.rule!r}, but the lock of {portal!r} is {against} without power; leave the rule out (the lock "
                "decides), change 'without_power' of the portal, or write 'last-list' where a battery keeps both at work",
            )
            return


def _with_free_egress(whole: PolicyDocument | None, around: Surroundings) -> Surroundings:
    """What is left when the policy has switched readers on the way out off."""
    if whole is None or whole.egress is None:
        return around
    free = whole.egress.free
    portals = {
        name: [way for way in readers if way != "out" or name not in free]
        for name, readers in around.portals.items()
    }
    return replace(around, portals=portals)


def _upkeep(document: PolicyDocument, portals: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    """Portals that doors' upkeep speaks of: they must be there, and have a reader that something can be done to."""
    for name in document.lanes:
        if name not in portals:
            yield Problem(("lanes", name), _unknown("portal", name, portals), True)
    if document.egress is not None:
        yield from _with_reader(("egress", "free"), document.egress.free, portals, "out")
    for key in ("hold_open", "gives_up"):
        for loc, one in _each((key,), getattr(document, key)):
            yield from _with_reader((*loc, "at"), one.at, portals, None)
    for key in ("patrol", "maintenance"):
        for loc, one in _each((key,), getattr(document, key)):
            yield from _among((*loc, "at"), one.at, "portal", portals)
    seen: set[str] = set()
    for loc, gives_up in _each(("gives_up",), document.gives_up):
        for place, name in _each((*loc, "at"), gives_up.at):
            if name in seen:
                yield Problem(place, f"{name!r} is given up by two rules; say it once")
            seen.add(name)


def _with_reader(
    loc: Location, names: Sequence[str], portals: Mapping[str, Collection[str]], direction: str | None
) -> Iterator[Problem]:
    yield from _among(loc, names, "portal", portals)
    for place, name in _each(loc, names):
        if name in portals and not (direction in portals[name] if direction else portals[name]):
            which = f"reader on the way {direction}" if direction else "reader"
            yield Problem(
                place,
                f"{name!r} has no {which}: passing there is free as it is; leave it out, or give the portal a reader",
            )


def _each(loc: Location, entries: Sequence[_T]) -> Iterator[tuple[Location, _T]]:
    """Entries with their places; one by itself may stand in the file without a list."""
    for index, entry in enumerate(entries):
        yield (*loc, index) if len(entries) > 1 else loc, entry


def _among(
    loc: Location, names: Sequence[str] | None, what: str, known: Collection[str]
) -> Iterator[Problem]:
    for place, name in _each(loc, names or ()):
        if name not in known:
            yield Problem(place, _unknown(what, name, known))


def _unknown(what: str, name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    if near:
        return f"unknown {what} {name!r}; did you mean {near[0]!r}?"
    return f"unknown {what} {name!r}; there {'are: ' + ', '.join(sorted(known)) if known else 'is none'}"


def _means(rule: AccessRule, loc: Location, around: Surroundings) -> Iterator[Problem]:
    """Credentials that are not there, or that nobody holds."""
    held = {name for holds in around.groups.values() for name in holds}
    seen: set[Means] = set()
    for place, means in _each((*loc, "accept"), rule.accept):
        if means in seen:
            yield Problem(place, f"'{means}' stands twice")
        seen.add(means)
        for name in means.credentials:
            if name != GUARD and name not in around.credentials:
                yield Problem(place, _unknown("credential", name, [*around.credentials, GUARD]))
            elif name != GUARD and name not in held:
                yield Problem(place, f"nobody holds {name!r}: no group under 'people' has it in 'holds'")


# ---- rules that never apply


def _is_known(rule: AccessRule, around: Surroundings) -> bool:
    return set(rule.who or ()) <= set(around.groups) and set(rule.at or ()) <= set(around.portals)


def _spots(rule: AccessRule, around: Surroundings) -> Iterator[tuple[str, str, str | None]]:
    """(portal, direction, group) at which a rule is asked."""
    for portal, readers in around.portals.items():
        for direction in readers:
            for group in (*around.groups, None):
                if concerns(rule, portal, direction, group):
                    yield portal, direction, group


def _never(
    rule: AccessRule, before: Sequence[AccessRule], loc: Location, around: Surroundings
) -> Iterator[Problem]:
    spots = list(_spots(rule, around))
    if not spots:
        way = {"in": "on the way in", "out": "on the way out", None: "at all"}[rule.direction]
        where = ", ".join(rule.at) if rule.at is not None else "any portal"
        message = f"never asked: {where} has no reader {way}, so passing there is free"
        yield Problem(
            (*loc, "direction") if rule.direction is not None else (*loc, "at") if rule.at else loc, message
        )
        return
    blockers: set[int] = set()
    for portal, direction, group in spots:
        earlier = [index for index, one in enumerate(before) if concerns(one, portal, direction, group)]
        for edge in edges([rule.hours, *(before[index].hours for index in earlier)]):
            if contains(rule.hours, edge):
                first = next((index for index in earlier if contains(before[index].hours, edge)), None)
                if first is None:
                    return
                blockers.add(first)
    names = " and ".join(f"access[{index}]" for index in sorted(blockers))
    verb = "answers" if len(blockers) == 1 else "answer"
    yield Problem(
        loc, f"never asked: {names} {verb} before it whenever it could (the first rule that fits decides)"
    )


def _unguarded(
    rule: AccessRule, duties: Sequence[GuardDuty], loc: Location, around: Surroundings
) -> Iterator[Problem]:
    """Something is shown to a guard where and when there never is one."""
    at_guard = [(place, one) for place, one in _each((*loc, "accept"), rule.accept) if one.shown_at == GUARD]
    if not at_guard:
        return
    for portal in {portal for portal, _, _ in _spots(rule, around)}:
        for duty in duties:
            if duty.at is None or portal in duty.at:
                for edge in edges([rule.hours, duty.hours]):
                    if contains(rule.hours, edge) and contains(duty.hours, edge):
                        return
    for place, one in at_guard:
        said = f"'{one}' needs a guard, and none is on duty where and when this rule holds"
        yield Problem(place, said if duties else f"{said}; add 'guard: {{hours: 07:00-23:00}}'")


def _anti_passback(document: PolicyDocument, around: Surroundings) -> Iterator[Problem]:
    seen: set[str] = set()
    for loc, area in _each(("anti_passback",), document.anti_passback):
        for place, portal in _each((*loc, "at"), area.at):
            if portal in seen:
                yield Problem(place, f"{portal!r} bounds two areas")
            seen.add(portal)
        if area.kind != "hard" or not set(area.at) <= set(around.portals):
            continue
        read = {direction for portal in area.at for direction in around.portals[portal]}
        if len(read) == 1:
            way, back = ("in", "out") if read == {"in"} else ("out", "in")
            yield Problem(
                (*loc, "at"),
                f"no portal of the area has a reader on the way {back}: whoever went {way} once could never go {way} again; "
                "add one, or use 'kind: timed' or 'soft'",
            )
