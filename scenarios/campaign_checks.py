"""Mistakes of what happens in time: a cutover or an exception outside the run or for nobody, a campaign that cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from .enrolment import Biometric, Campaign, with_changes
from .people import BIOMETRICS, Group
from .policy.document import AccessException, PolicyDocument, resolved
from .policy.means import GUARD, Means
from .reading import Location, Problem
from .scenario import Scenario
from .spelling import closest
from .units import Instant

_T = TypeVar("_T")


def problems(scenario: Scenario) -> Iterator[Problem]:
    """Every such mistake, in order of the file."""
    yield from _campaigns(("enrolment",), scenario.enrolment, scenario)
    for id, document in scenario.policies.items():
        loc: Location = ("policies", id)
        for place, cutover in _each((*loc, "cutover"), document.cutover):
            yield from _outside((*place, "at"), cutover.at, cutover.until, scenario)
        for place, exception in _each((*loc, "exceptions"), document.exceptions):
            yield from _never_holds(place, exception, scenario)
            yield from _for_nobody(place, exception, scenario)
        yield from _changes(loc, id, document, scenario)


def _each(loc: Location, entries: Sequence[_T]) -> Iterator[tuple[Location, _T]]:
    """Entries with their places; one by itself may stand in the file without a list."""
    for index, entry in enumerate(entries):
        yield (*loc, index) if len(entries) > 1 else loc, entry


def _seconds(scenario: Scenario, instant: Instant) -> float:
    return scenario.start.seconds_until(instant.local)


def _run(scenario: Scenario) -> str:
    """The run's limits, as an instant would be written."""
    begin = scenario.start.local
    end = datetime.fromtimestamp(begin.timestamp() + scenario.duration, begin.tzinfo)
    return f"{begin:%Y-%m-%dT%H:%M} to {end:%Y-%m-%dT%H:%M}"


# ---- cutovers and exceptions


def _outside(loc: Location, at: Instant, until: Instant | None, scenario: Scenario) -> Iterator[Problem]:
    instants = [_seconds(scenario, one) for one in (at, until) if one is not None]
    if any(0.0 <= t < scenario.duration for t in instants):
        return
    if instants[-1] < 0.0:
        advice = "it is over when the run begins: accept the new credential alone and leave the cutover out"
    elif instants[0] >= scenario.duration:
        advice = "the new credential would never count: leave the cutover out"
    else:
        advice = "both credentials count all the time: leave the cutover out"
    yield Problem(
        loc, f"no instant of this cutover lies within the run, {_run(scenario)}; move it, or {advice}"
    )


def _never_holds(loc: Location, exception: AccessException, scenario: Scenario) -> Iterator[Problem]:
    run = _run(scenario)
    if exception.begin is not None and _seconds(scenario, exception.begin) >= scenario.duration:
        yield Problem((*loc, "from"), f"begins only when the run is over ({run}); move it or leave it out")
    elif exception.until is not None and _seconds(scenario, exception.until) <= 0.0:
        yield Problem((*loc, "until"), f"is over before the run begins ({run}); move it or leave it out")


def _for_nobody(loc: Location, exception: AccessException, scenario: Scenario) -> Iterator[Problem]:
    people = scenario.people
    if exception.who is None or not set(exception.who) <= set(people):
        return
    coming = {name for name in people if _comes(name, scenario)}
    meant = [name for name in exception.who if name in coming]
    if not meant:
        others = sorted(coming)
        near = next((one for name in exception.who if (one := closest(name, others))), None)
        hint = f"did you mean {near!r}?" if near else f"there come: {', '.join(others) or 'none'}"
        yield Problem(
            (*loc, "who"),
            f"an exception for nobody: no {' or '.join(map(repr, exception.who))} ever comes (no share of the residents, "
            f"no stream of 'traffic'); {hint}",
        )
    elif exception.accept and not any(
        _can_show(people[name], one) for name in meant for one in exception.accept
    ):
        held = sorted({name for group in meant for name in usable(people[group])})
        yield Problem(
            (*loc, "accept"),
            f"an exception for nobody: none of {', '.join(map(repr, meant))} holds "
            f"{' or '.join(repr(str(one)) for one in exception.accept)}; they hold: {', '.join(held) or 'nothing'} "
            "(a guard's own judgement is 'guard')",
        )


def _comes(name: str, scenario: Scenario) -> bool:
    share = scenario.people[name].share
    return any(
        stream.group == name
        or (
            stream.occupancy is not None
            and share is not None
            and share > 0.0
            and (stream.occupancy.groups is None or name in stream.occupancy.groups)
        )
        for stream in scenario.traffic.values()
    )


def usable(group: Group) -> set[str]:
    """What some of a group's people can show: a biometric only if somebody is enrolled or may come to be."""
    found = {name for name in group.holds if name not in BIOMETRICS}
    for kind in BIOMETRICS:
        enrolment = group.enrolment_of(kind)
        if enrolment is not None and enrolment.enrolled + enrolment.pending > 0.0:
            found.add(kind)
    return found


def _can_show(group: Group, means: Means) -> bool:
    return means.credentials == (GUARD,) or set(means.credentials) <= usable(group)


# ---- campaigns


def _changes(loc: Location, id: str, document: PolicyDocument, scenario: Scenario) -> Iterator[Problem]:
    """A policy's own changes, together with what they change."""
    if "enrolment" not in document.model_fields_set:
        return
    try:
        whole = resolved(id, scenario.policies).enrolment
    except ValueError:
        whole = document.enrolment
    merged = {kind: with_changes(scenario.enrolment.get(kind), changes) for kind, changes in whole.items()}
    yield from _campaigns(
        (*loc, "enrolment"), {kind: one for kind, one in merged.items() if one is not None}, scenario
    )


def _campaigns(
    loc: Location, campaigns: Mapping[Biometric, Campaign], scenario: Scenario
) -> Iterator[Problem]:
    for kind, campaign in campaigns.items():
        place = (*loc, kind)
        states = [group.enrolment_of(kind) for group in scenario.people.values()]
        if not any(state is not None and state.pending > 0.0 for state in states):
            yield Problem(
                place,
                f"a campaign for nobody: no group's {kind} is 'pending'; write e.g. '{kind}: {{pending: 90 %, refused: 10 %}}'",
                True,
            )
        desk, notice = campaign.desk, campaign.notice
        opens = desk.begin or notice.at
        if opens is None:
            yield Problem(place, "when? Give 'notice: {at: ...}', 'desk: {from: ...}', or both", True)
            continue
        if desk.until is not None and not opens.local < desk.until.local:
            yield Problem(place, f"the desk closes for good ({desk.until}) before it opens ({opens})", True)
        if _seconds(scenario, opens) >= scenario.duration:
            yield Problem(
                place, f"the desk opens ({opens}) only when the run is over ({_run(scenario)}); move it", True
            )
        if desk.portal is not None and desk.portal not in scenario.compound.portals:
            near = closest(desk.portal, scenario.compound.portals)
            hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(scenario.compound.portals)}"
            yield Problem((*place, "desk", "portal"), f"unknown portal {desk.portal!r}; {hint}")
