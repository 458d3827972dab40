"""What is asked about wrong tries and places: whom they are counted for, wherever and with whatever he comes, and how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .rows import Probes, Row
from .steps import Fire, FireReset, Lift, Present, Step, Wait

NEARLY = 0.9
"""Seconds before its end at which a suspension must still hold, with room for the answers until then."""
LATER = 3.5
"""Seconds after which anti-passback must still know who went in."""


def subjects(probes: Probes, t: float) -> Iterator[Row]:
    """Suspension and anti-passback."""
    yield from _insisting(probes, t)
    suspension = probes.document.suspension
    for direction in probes.directions:
        able, lane = probes.granted(direction, t), probes.lane(direction)
        if not able:
            continue
        group, kind = able[0]
        good, other = probes.show(direction, group, kind), probes.show(direction, group, kind, 1)
        reader = f"{probes.portal}/{direction}/{lane}"
        bad = Present(good.person, kind, direction, lane, sound=False)
        if suspension is not None and suspension.after <= 10:
            lift = (Lift(good.person), Lift(reader))
            almost = (*[bad] * (suspension.after - 1), good)
            yield Row(
                f"suspension-almost-{direction}",
                "one wrong try fewer suspends nobody",
                (
                    *lift,
                    *almost,
                    *lift,
                    *[bad] * (suspension.after - 1),
                    *lift,
                    bad,
                    good,
                    *lift,
                ),
            )
            first = direction == probes.directions[0]
            # It lasts, and what comes meanwhile does not prolong it.
            nearly = Wait(max(suspension.lasts - NEARLY, 0.1))
            over = (nearly, good, Wait(NEARLY + 0.3), good, other) if first else ()
            yield Row(
                f"suspension-{direction}", "so many wrong tries suspend, that subject, that long",
                (*lift, *[bad] * suspension.after, good, other, *over),
            )  # fmt: skip
            yield from _whoever(probes, direction, able, suspension.after, t)
        if direction == probes.directions[0]:
            yield from _wrong_try(probes, good, bad, reader)
        if probes.has_places:
            here = next(area for area in probes.document.anti_passback if probes.declared in area.at)
            walk = probes.show(direction, group, kind, passes=True)
            yield Row(
                f"anti-passback-{direction}",
                "twice the same way",
                (
                    walk,
                    walk,
                    Wait((here.lasts or LATER) + 0.5),
                    walk,
                ),
            )
            others = [
                number for number, ways in enumerate(probes.lanes) if direction in ways and number != lane
            ]
            if others:
                yield Row(
                    f"anti-passback-lane-{direction}",
                    "twice the same way, by another lane",
                    (walk, replace(walk, lane=others[0])),
                )
            back = "out" if direction == "in" else "in"
            if back in probes.directions and (group, kind) in probes.granted(back, t):
                there = probes.show(back, group, kind, passes=True)
                yield Row(
                    f"anti-passback-back-{direction}",
                    "there and back",
                    (
                        walk,
                        there,
                        walk,
                        there,
                    ),
                )
                yield Row(
                    f"anti-passback-fire-{direction}", "an evacuation traps nobody",
                    (walk, Fire(), there, Fire(False), FireReset(), Wait(1.0), walk,),
                )  # fmt: skip


def _insisting(probes: Probes, t: float) -> Iterator[Row]:
    """Who is on no list comes again and again."""
    for direction in probes.directions:
        for group, kind in probes.denied(direction, t)[:1]:
            one = probes.show(direction, group, kind)
            lift = (Lift(one.person), Lift(f"{probes.portal}/{direction}/{one.lane}"))
            yield Row(
                f"insisting-{direction}",
                "who is denied stays denied, however often he comes",
                (one, one, *lift, one, *lift),
            )


def _whoever(
    probes: Probes, direction: str, able: list[tuple[str, str]], after: int, t: float
) -> Iterator[Row]:
    """Tries of one person with every credential at every reader; of several people at one reader; and what fire leaves of it."""
    group, kind = able[0]
    good = probes.show(direction, group, kind)
    kinds = [mine for theirs, mine in able if theirs == group]
    places = [
        (way, number) for number, ways in enumerate(probes.lanes) for way in ways if way in probes.directions
    ]
    second = next((one for one in places if one != (direction, good.lane)), places[0])
    elsewhere = replace(good, credential=kinds[-1], direction=second[0], lane=second[1])
    people = [probes.player(group, nth).person for nth in range(2)]
    lifts = (*map(Lift, people), *(Lift(f"{probes.portal}/{way}/{number}") for way, number in places))
    wrong = [replace(one, sound=False) for one in (good, elsewhere)]
    if direction == probes.directions[0]:
        turns: tuple[Step, ...] = tuple(wrong[number % 2] for number in range(after))
        yield Row(
            "suspension-anywhere",
            "wrong tries with this and that, here and there",
            (*lifts, *turns, good, elsewhere, *lifts),
        )
        tries = tuple(replace(wrong[0], person=people[number % 2]) for number in range(after))
        both = replace(good, person=people[1])
        yield Row(
            "suspension-anybody", "wrong tries of two people; one is let in, or lifted, and the other is not",
            (
                *lifts, *tries, good, both, *lifts, *[wrong[0]] * (after - 1), both, wrong[0], good, *lifts,
                *[wrong[0]] * after, *[replace(wrong[0], person=people[1])] * after, Lift(people[0]), both, good, *lifts,
            ),
        )  # fmt: skip
        yield Row(
            "suspension-fire", "fire ends no suspension",
            (*lifts, *[wrong[0]] * after, Fire(), Wait(0.3), Fire(False), FireReset(), Wait(0.8), good, *lifts),
        )  # fmt: skip


def _wrong_try(probes: Probes, good: Present, bad: Present, reader: str) -> Iterator[Row]:
    """The alarm of so many wrong tries, which has a count of its own."""
    every, suspension = probes.document.wrong_try_alarm, probes.document.suspension
    if every is None or every > 10:
        return
    steps: list[Step] = [Lift(good.person), Lift(reader)]
    for number in range(1, every + 1):
        steps.append(bad)
        if suspension is not None and number % suspension.after == 0:
            steps += [Lift(good.person), Lift(reader)]
    yield Row(
        "wrong-tries", "the alarm at so many wrong tries", (*steps, Lift(good.person), Lift(reader), good)
    )
