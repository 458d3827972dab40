"""Predicates on ways: is a biometric the only one, and is the other one convenient?"""

from __future__ import annotations

from collections.abc import Callable

from .answers import Answer, Judgement, Witness
from .case import Case, Spot
from .measured import Measured, Way
from .witness import ANY, FACE, NAMES, elsewhere, first_by_direction, repair, without, witnesses

Predicate = Callable[[Case, Measured | None], Judgement]
"""What a rule says of a candidate, with what was measured of it or nothing. Pure."""

FEWEST = 20
"""Arrivals below which a mean is not compared."""


def only_way(kinds: frozenset[str], *, lifts: bool = True, each: bool = False) -> Predicate:
    """Nobody entitled may be left without a path that takes none of these biometrics, where they open. `lifts`: does the rule
    speak of lifts as well as of ways in and out? Where it does not, a lift leaves it open. `each`: does it ask for a
    path at each portal, so that another route is none?"""

    def judge(case: Case, measured: Measured | None = None) -> Judgement:
        name = NAMES[kinds]
        if not case.biometrics & kinds:
            return Judgement(Answer.NOT_APPLICABLE, f"nothing opens by {name}")
        found = list(witnesses(case, kinds))
        within = [] if lifts else [one for one in found if _is_lift(case, one)]
        found = [one for one in found if one not in within]
        if not found and within:
            shown = first_by_direction(iter(within))
            why = f"{name} is the only way, but in a lift; the text speaks of the way in and out"
            return Judgement(Answer.DEPENDS, why, shown, _repairs(case, shown, kinds))
        if not found:
            return Judgement(
                Answer.COMPLIANT, f"everybody entitled has a path without {name} wherever one opens by it"
            )
        near = [(one, None if each else elsewhere(case, one, kinds)) for one in found]
        stuck = [one for one, detour in near if detour is None]
        if stuck:
            shown = first_by_direction(iter(stuck))
            return Judgement(Answer.BREACH, f"{name} is the only way", shown, _repairs(case, shown, kinds))
        shown = first_by_direction(iter(found))
        longest = max(detour for _, detour in near if detour is not None)
        return Judgement(
            Answer.DEPENDS, f"another route has a path without {name}; its walk is {longest:.0f} s longer", shown,
            _repairs(case, shown, kinds),
        )  # fmt: skip

    return judge


def convenient(case: Case, measured: Measured | None) -> Judgement:
    """Face is not the only way, and the other one is as convenient as the file asks."""
    judged = only_way(FACE)(case, measured)
    tolerances = case.scenario.law.convenient
    if judged.answer is Answer.NOT_APPLICABLE:
        return judged
    if judged.answer is Answer.DEPENDS and tolerances is not None:
        detours = [elsewhere(case, one, FACE) for one in witnesses(case, FACE)]
        longest = max(one for one in detours if one is not None)
        if longest > tolerances.detour:
            why = f"{judged.why}, and {tolerances.detour:.0f} s are allowed (law.convenient.detour)"
            return Judgement(Answer.BREACH, why, judged.witnesses, judged.repair)
    elif judged.answer is not Answer.COMPLIANT:
        return judged
    if tolerances is None:
        why = "there is a path without a face; whether it is convenient nobody has said"
        return Judgement(Answer.DEPENDS, why, needs=("convenient",))
    if measured is None:
        return Judgement(
            Answer.DEPENDS, "there is a path without a face; its times were not measured", unmeasured=True
        )
    fragile = _fragile(case)
    measured_answer = _compare(case, measured)
    if measured_answer.answer is Answer.COMPLIANT and fragile:
        return Judgement(
            Answer.DEPENDS,
            "the path without a face is convenient, but a fault takes it away and leaves the face",
            fragile,
        )
    return measured_answer


def _fragile(case: Case) -> tuple[Witness, ...]:
    """Somebody whose path a fault takes away that leaves the face."""
    for fault in case.document.faults:
        for one in witnesses(case, FACE, fault=fault):
            return (one,)
    return ()


def _compare(case: Case, measured: Measured) -> Judgement:
    tolerances = case.scenario.law.convenient
    assert tolerances is not None
    # Whoever has no path at a portal, and a detour within the tolerance, leaves it for the other one.
    excused = {(one.group, one.portal) for one in witnesses(case, FACE)}
    compared = 0
    for portal in case.scenario.compound.portals:
        face = _by_face(case, measured, portal)
        if face is None or face.time is None:
            continue
        limit = tolerances.times * face.time + tolerances.plus
        for group in case.without_face:
            way = measured.at.get((group, portal))
            if way is None or way.visits < FEWEST or (group, portal) in excused:
                continue
            compared += 1
            said = f"{group} at {portal}: {'never' if way.time is None else f'{way.time:.0f} s'} in the mean, face {face.time:.0f} s"
            if way.time is None or way.time > limit:
                return _slow(case, portal, group, f"{said}, {limit:.0f} s are allowed (law.convenient)")
            if way.failures > tolerances.failures:
                return _slow(
                    case, portal, group,
                    f"{group} at {portal}: {way.failures:.0%} leave without having passed, {tolerances.failures:.0%} are allowed",
                )  # fmt: skip
    if not compared:
        why = f"too few came without a face to compare (fewer than {FEWEST} at every portal with one); take more replications"
        return Judgement(Answer.DEPENDS, why)
    return Judgement(
        Answer.COMPLIANT,
        f"the path without a face is within the file's tolerances at {compared} place{'s' if compared > 1 else ''} "
        f"({measured.replications} replications)",
    )


def _slow(case: Case, portal: str, group: str, why: str) -> Judgement:
    spot = Spot(portal, "in", group)
    paths = without(case.paths(spot, 0.0), FACE)
    witness = Witness(
        portal, "in", group, ((0.0, 86400.0),), "no convenient path without a face",
        f"measured; there is: {', '.join(path.text for path in paths) or 'nothing'}",
    )  # fmt: skip
    return Judgement(
        Answer.BREACH,
        why,
        (witness,),
        f"make that way shorter at {portal}: a reader instead of a call or a guard, more posts or lanes",
    )


def _by_face(case: Case, measured: Measured, portal: str) -> Way | None:
    """How those fare who have their face on the list and a path by it."""
    ways = [
        way
        for group in case.entitled
        if group not in case.without_face and (way := measured.at.get((group, portal))) is not None
        if way.time is not None
        and any(
            path.biometrics & ANY
            for spot in case.spots((group,))
            if spot.portal == portal
            for instant in case.instants
            for path in case.paths(spot, instant.t)
        )
    ]
    visits = sum(way.visits for way in ways)
    if visits < FEWEST:
        return None
    time = sum((way.time or 0.0) * way.visits for way in ways) / visits
    return Way(visits, time, sum(way.failures * way.visits for way in ways) / visits)


def _is_lift(case: Case, witness: Witness) -> bool:
    return case.scenario.compound.portals[witness.portal].kind == "lift"


def _repairs(case: Case, shown: tuple[Witness, ...], kinds: frozenset[str]) -> str:
    return "; ".join(dict.fromkeys(repair(case, one, kinds) for one in shown))


def coerced(case: Case, measured: Measured | None) -> Judgement:
    """Consent is no defence where refusing leads to no way, or where it is tied to something else."""
    way = only_way(FACE)(case, measured)
    if way.answer is Answer.BREACH:
        return Judgement(
            Answer.BREACH,
            "whoever refuses has no way, so the consents of the others count as forced",
            way.witnesses,
            way.repair,
        )
    return way
