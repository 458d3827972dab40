"""The search for somebody who has no way: over groups, directions, portals, hours, the staffing of guards, and faults."""

from __future__ import annotations

from collections.abc import Iterator

from ..people import BIOMETRICS
from ..policy.document import AccessRule
from ..policy.means import Means
from ..scenario import Scenario
from .answers import Witness
from .case import Case, Instant, Path, Spot

ANY = frozenset(BIOMETRICS)
FACE = frozenset({"face"})
NOTHING: frozenset[str] = frozenset()
NAMES = {FACE: "a face", ANY: "a biometric"}


def without(paths: tuple[Path, ...], kinds: frozenset[str]) -> tuple[Path, ...]:
    """The paths that take none of these biometrics."""
    return tuple(path for path in paths if not path.biometrics & kinds)


def witnesses(case: Case, kinds: frozenset[str], *, fault: str | None = None) -> Iterator[Witness]:
    """Everybody entitled who, where somebody passes by these biometrics, has no path without them. While a fault lasts only
    those count who have one otherwise."""
    for spot in case.spots(_refusers_first(case)):
        failing = [one for one in case.instants if _fails(case, spot, one, kinds, fault)]
        if failing:
            yield _witness(case, spot, failing, kinds, fault)


def stranded(case: Case) -> tuple[Witness, ...]:
    """Entitled people who at some hour have no path at all, by whatever they have, and no other route: one witness for each group,
    and one for each fault that the policy speaks of and that takes the path of somebody away."""
    found: dict[str, Witness] = {}
    for fault in (None, *case.document.faults):
        for spot in case.spots(case.entitled):
            key = spot.group if fault is None else fault
            if key in found:
                continue
            failing = [
                one
                for one in case.instants
                if not case.paths(spot, one.t, fault) and (fault is None or case.paths(spot, one.t))
            ]
            if failing:
                witness = _witness(case, spot, failing, NOTHING, fault)
                if elsewhere(case, witness, NOTHING) is None:
                    found[key] = witness
    return tuple(found.values())


def first_by_direction(found: Iterator[Witness]) -> tuple[Witness, ...]:
    """One witness for each direction."""
    by_direction: dict[str, Witness] = {}
    for one in found:
        by_direction.setdefault(one.direction, one)
    return tuple(by_direction.values())


def elsewhere(case: Case, witness: Witness, kinds: frozenset[str]) -> float | None:
    """Seconds of walk more, in the mean, by another route all of whose portals such a person passes without these biometrics at
    all the hours of the witness; None: there is no such route."""
    routes = case.scenario.compound.routes
    own = [_walk(case.scenario, index) for index, one in enumerate(routes) if witness.portal in one.through]
    if not own or witness.group is None:
        return None
    extra = [
        _walk(case.scenario, index) - min(own)
        for index, route in enumerate(routes)
        if witness.portal not in route.through
        and all(
            without(case.paths(Spot(name, witness.direction, witness.group), instant.t), kinds)
            for name in route.through
            for instant in case.instants
            if any(begin <= instant.clock < end for begin, end in witness.hours)
        )
    ]
    return max(0.0, min(extra)) if extra else None


def repair(case: Case, witness: Witness, kinds: frozenset[str]) -> str:
    """A rule that gives the witness a way, tried out on the policy; what else to do where none of them does."""
    portal, group = witness.portal, witness.group
    assert group is not None
    spec = case.scenario.people[group]
    tokens = [name for name in spec.holds if not case.is_biometric(name)]
    at_reader = [name for name in tokens if case.scenario.readers[name].trait in ("token", "knowledge")]
    new = "card" if not at_reader else at_reader[0]
    before = [
        str(one) for one in case.accepted(Spot(portal, witness.direction, group), _instant(case, witness).t)
    ]
    accept = [*before, new]
    scenario = _changed(case, group, portal, accept, () if at_reader else (new,))
    again = Case(scenario, case.id, case.as_of)
    left = any(
        not without(again.paths(Spot(portal, witness.direction, group), one.t), kinds)
        for one in again.instants
    )
    rule = f"{{who: {group}, at: {portal}, accept: [{', '.join(accept)}]}}"
    give = "" if at_reader else f"give each {group} a {new}, and "
    if left:
        return f"an exception takes the way away: change 'exceptions' of {case.id}, so that {new} opens {portal} too"
    return f"{give}put {rule} before the other rules under 'access' of {case.id} (tried: a way at every hour)"


def _changed(case: Case, group: str, portal: str, accept: list[str], given: tuple[str, ...]) -> Scenario:
    """The scenario with one rule more, and perhaps one more credential that the group holds."""
    document = case.document
    rule = AccessRule.model_validate({"who": group, "at": portal, "accept": accept})
    changed = document.model_copy(update={"access": (rule, *document.access), "extends": None})
    people = case.scenario.people
    spec = people[group].model_copy(update={"holds": (*people[group].holds, *given)})
    update = {"policies": {**case.scenario.policies, case.id: changed}, "people": {**people, group: spec}}
    return case.scenario.model_copy(update=update)


def _refusers_first(case: Case) -> tuple[str, ...]:
    def refused(name: str) -> float:
        spec = case.scenario.people[name]
        return max((one.refused for kind in BIOMETRICS if (one := spec.enrolment_of(kind))), default=0.0)

    return tuple(sorted(case.subjects, key=lambda name: refused(name) == 0.0))


def _fails(case: Case, spot: Spot, instant: Instant, kinds: frozenset[str], fault: str | None) -> bool:
    if without(case.paths(spot, instant.t, fault), kinds):
        return False
    if fault is not None and not without(case.paths(spot, instant.t), kinds):
        return False
    return any(
        path.biometrics & kinds
        for group in case.entitled
        for path in case.paths(spot._replace(group=group), instant.t, fault)
    )


def _witness(
    case: Case, spot: Spot, failing: list[Instant], kinds: frozenset[str], fault: str | None
) -> Witness:
    accepted = case.accepted(spot, failing[-1].t)
    holds = case.holds(spot.group)
    held = sorted(holds - kinds)
    why = f"accepted: {_listed(accepted)}; has: {', '.join(held) or 'nothing'}"
    guards = case.policy.duties(spot.portal)
    if guards and case.policy.guard(spot.portal, failing[-1].t) is None:
        why += "; no guard is on duty then"
    return Witness(
        portal=spot.portal,
        direction=spot.direction,
        group=spot.group,
        hours=_merged(failing),
        lacks=f"no path without {NAMES[kinds]}" if kinds else "no path at all",
        why=why,
        refused=bool(holds & kinds),
        fault=fault,
    )


def _listed(means: tuple[Means, ...]) -> str:
    return ", ".join(map(str, means)) or "nothing"


def _merged(instants: list[Instant]) -> tuple[tuple[float, float], ...]:
    spans: list[tuple[float, float]] = []
    for one in instants:
        if spans and one.clock <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], one.until))
        else:
            spans.append((one.clock, one.until))
    return tuple(spans)


def _instant(case: Case, witness: Witness) -> Instant:
    return next(one for one in case.instants if one.clock <= witness.at < one.until)


def _walk(scenario: Scenario, number: int) -> float:
    route = scenario.compound.routes[number]
    return sum(route.walk_after(place).mean for place in range(len(route.through)))
