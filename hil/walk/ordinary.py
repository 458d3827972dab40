"""What is asked of a device while no fault is on: decisions, locks, alarms, lists, hours, wrong tries, fire, and the line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .beside import lanes
from .days import hours
from .held_against import Limits
from .lock import Times
from .rows import Probes, Row
from .steps import (
    Contact,
    Fire,
    FireReset,
    Lift,
    List,
    Override,
    Pass,
    Present,
    Press,
    Release,
    Step,
    Together,
    Wait,
)
from .subjects import subjects


def ordinary(probes: Probes, times: Times, limits: Limits, t: float) -> Iterator[Row]:
    """What is asked while no fault is on."""
    yield from _decisions(probes, t)
    for direction in probes.directions:
        able = probes.granted(direction, t)
        if able:
            yield from _lock(probes, times, limits, direction, able)
            yield from _authenticity(probes, direction, able, t)
            yield from _lists(probes, direction, able)
    yield from _combinations(probes, t)
    yield from _free(probes, times)
    yield from _operator(probes, times, t)
    yield from lanes(probes, times, limits, t)
    yield from subjects(probes, t)
    yield from _fire(probes, times, limits, t)
    yield from hours(probes, t)
    yield from _line(probes, t)


def _decisions(probes: Probes, t: float) -> Iterator[Row]:
    for direction in probes.directions:
        for group in probes.cast.groups:
            shown = tuple(
                probes.show(direction, group, kind, passes=not probes.has_places)
                for kind in probes.cast.kinds
            )
            lift = tuple(Lift(one.person) for one in shown[:1]) + (
                Lift(f"{probes.portal}/{direction}/{probes.lane(direction)}"),
            )
            yield Row(
                f"decision-{direction}-{group}",
                f"each credential of {group}, {direction}",
                (
                    *shown,
                    *lift,
                ),
            )


def _lock(
    probes: Probes, times: Times, limits: Limits, direction: str, able: Sequence[tuple[str, str]]
) -> Iterator[Row]:
    group, kind = able[0]
    lane = probes.lane(direction)
    show, slow = probes.show(direction, group, kind), probes.show(direction, group, kind, 1)
    over = times.unlock + limits.relock + 0.2
    yield Row(
        f"unlock-{direction}",
        "it unlocks for its time and no longer, time after time",
        (
            show,
            Wait(over),
            show,
        ),
    )
    yield Row(
        f"unlock-slow-{direction}",
        "who needs longer has longer",
        (slow, Wait(times.extended + limits.relock + 0.2), show),
    )
    again = (show, Wait(0.6 * times.unlock), show, Wait(0.5 * times.unlock))
    yield Row(f"unlock-again-{direction}", "a second grant while it is unlocked", again)
    shut = (show, Contact(True, lane), Wait(0.6 * times.unlock), Pass(direction, lane), Contact(False, lane))
    yield Row(f"relock-{direction}", "it falls when somebody is through, or its time is over", shut)
    long = times.held_open + limits.alarm + 0.2
    held = (
        show,
        Contact(True, lane),
        Wait(long),
        Contact(False, lane),
    )
    yield Row(f"held-open-{direction}", "the alarm of a leaf that stands open too long", held)
    if direction != probes.directions[0] and lane == probes.lane(probes.directions[0]):
        return  # the same leaf: it was asked that already
    brief = (
        show,
        Contact(True, lane),
        Wait(0.6 * times.held_open),
        Contact(False, lane),
    )
    yield Row(f"held-briefly-{direction}", "no alarm of a leaf that stands open less", brief)
    forced = (show, Wait(over), Contact(True, lane), Wait(0.2), Contact(False, lane), Wait(0.2))
    yield Row(f"forced-{direction}", "the alarm of a leaf that opens though locked", forced)


def _authenticity(probes: Probes, direction: str, able: Sequence[tuple[str, str]], t: float) -> Iterator[Row]:
    """One credential that is held, and one that is typed."""
    sorts = {probes.cast.is_typed(kind): (group, kind) for group, kind in reversed(able)}
    for typed, (group, kind) in sorts.items():
        good, lane = probes.show(direction, group, kind), probes.lane(direction)
        wrong = [
            Present(good.person, kind, direction, lane, sound=False),
            Present(probes.cast.stranger, kind, direction, lane),
            *(
                replace(good, short=short, extra=extra, facility=facility)
                for short, extra, facility in (
                    ((3, 0, 0), (0, 2, 0), (0, -1, 0)) if typed else ((0, 0, 7), (0, 0, 128))
                )
            ),
        ]
        lift = (Lift(good.person), Lift(f"{probes.portal}/{direction}/{lane}"))
        yield Row(
            f"authentic-{direction}-{kind}",
            "what is not genuine, nobody's, or another site's",
            (*wrong[:2], *lift, *wrong[2:4], *lift, *wrong[4:], *lift, good),
        )


def _lists(probes: Probes, direction: str, able: Sequence[tuple[str, str]]) -> Iterator[Row]:
    each = {kind: group for group, kind in reversed(able)}
    for group, kind in dict.fromkeys((*able[:2], *((group, kind) for kind, group in each.items()))):
        show = probes.show(direction, group, kind, 2)
        yield Row(
            f"list-{direction}-{group}-{kind}", f"{kind} of {group} is revoked, and listed again",
            (show, List(show.person, kind, "revoked"), show, List(show.person, kind, "listed"), Lift(show.person), show,),
        )  # fmt: skip


def _combinations(probes: Probes, t: float) -> Iterator[Row]:
    for direction in probes.directions:
        for group, kinds in probes.combinations(direction, t)[:2]:
            parts = [probes.show(direction, group, kind) for kind in kinds]
            other = [probes.show(direction, group, kind, 1) for kind in kinds]
            within = probes.document.combination_within
            late = Wait(within + 0.5)
            turned: tuple[Step, ...] = (parts[-1], Wait(0.7 * within), *parts[:-1])
            yield Row(
                f"combination-turned-{direction}-{group}", f"{' + '.join(kinds)} of {group}: the other way round, and not at once",
                (*turned, late, *_apart(probes, parts, within), Lift(parts[0].person)),
            )  # fmt: skip
            yield Row(
                f"combination-{direction}-{group}", f"{' + '.join(kinds)} of {group}: together, of two people, too late",
                (*parts, late, parts[0], *other[1:], late, parts[0], late, *parts[1:], late, Lift(parts[0].person), Lift(other[0].person),),
            )  # fmt: skip


def _apart(probes: Probes, parts: Sequence[Present], within: float) -> tuple[Step, ...]:
    """Parts at two readers: nothing at either."""
    first = parts[0]
    elsewhere = [
        (way, number)
        for number, served in enumerate(probes.lanes)
        for way in served
        if way in probes.directions and (way, number) != (first.direction, first.lane)
    ]
    if not elsewhere:
        return ()
    way, lane = next((one for one in elsewhere if one[0] == first.direction), elsewhere[0])
    lift = (Lift(f"{probes.portal}/{way}/{lane}"), Lift(first.person))
    return (Present(first.person, first.credential, way, lane), *parts[1:], Wait(within + 0.5), *lift)


def _free(probes: Probes, times: Times) -> Iterator[Row]:
    for direction in probes.free:
        if direction == "out":
            lane = probes.lane(direction)
            yield Row(
                "free-egress",
                "out by the button, whoever it is",
                (Press(lane),),
            )
    yield Row(
        "exit-button",
        "the button where the way out may need more",
        (Press(0),),
    )


def _operator(probes: Probes, times: Times, t: float) -> Iterator[Row]:
    some = [
        probes.show(direction, *probes.granted(direction, t)[0])
        for direction in probes.directions
        if probes.granted(direction, t)
    ]
    yield Row(
        "override-open",
        "an operator holds it open",
        (
            Override("open"),
            *some,
            Wait(3.0),
            Override(None),
        ),
    )
    yield Row(
        "override-locked",
        "an operator holds it locked",
        (
            *some[:1],
            Override("locked"),
            *some,
            Override(None),
            *some,
        ),
    )
    for lane, served in enumerate(probes.lanes):
        yield Row(
            f"release-{lane}",
            f"somebody opens lane {lane} from afar",
            (Release(served[0], lane),),
        )


def _fire(probes: Probes, times: Times, limits: Limits, t: float) -> Iterator[Row]:
    bad = [probes.show(way, *probes.denied(way, t)[0]) for way in probes.directions if probes.denied(way, t)][
        :2
    ]
    good = [
        probes.show(way, *probes.granted(way, t)[0]) for way in probes.directions if probes.granted(way, t)
    ][:1]
    yield Row(
        "fire", "fire releases, and stays until it is reset by hand",
        (Fire(), Wait(0.5), *bad, Press(0), Fire(False), Wait(limits.unlock + 0.2), *bad[:1], FireReset(), Wait(limits.unlock + 0.2), *bad[:1], *good,),
    )  # fmt: skip
    yield Row(
        "fire-open", "reset while a leaf stands open: it falls when the leaf is shut",
        (Fire(), Wait(0.3), Contact(True, 0), Fire(False), Wait(0.3), FireReset(), Wait(1.0), Contact(False, 0), Wait(0.8),),
    )  # fmt: skip
    yield Row(
        "fire-override", "fire goes before an operator who locks",
        (
            Override("locked"), Fire(), Wait(limits.unlock + 0.2), *good, Override(None), Override("locked"), Wait(limits.unlock + 0.2), *good,
            Fire(False), FireReset(), Wait(limits.unlock + 0.2), Override(None), Wait(0.5),
        ),
    )  # fmt: skip
    yield Row(
        "fire-ajar", "fire while a leaf is open already: it stays unlocked when that is shut",
        (*good, Contact(True, 0), Fire(), Wait(limits.unlock + 0.2), Contact(False, 0), Wait(times.unlock + limits.unlock), *bad[:1], Fire(False), FireReset(), Wait(limits.unlock + 0.2),),
    )  # fmt: skip


def _line(probes: Probes, t: float) -> Iterator[Row]:
    """How the device takes what readers may send it."""
    pairs = [(way, *probes.granted(way, t)[0]) for way in probes.directions if probes.granted(way, t)]
    if not pairs:
        return
    way, group, kind = pairs[0]
    good = probes.show(way, group, kind)
    for how, title in (
        ("bad-crc", "a frame with a wrong check is not taken, and asked for again"),
        ("fragments", "a frame in pieces is one frame"),
        ("repeated", "a frame that comes twice counts once"),
    ):
        twisted = Present(good.person, kind, way, good.lane, frame=how)
        yield Row(
            f"line-{how}",
            title,
            (
                twisted,
                Wait(0.6),
                good,
            ),
        )
    two = [probes.show(way, group, kind) for way, group, kind in pairs[:2]]
    if len(probes.lanes) > 1 and len(two) < 2:
        served = [number for number, ways in enumerate(probes.lanes) if way in ways]
        two = [Present(good.person, kind, way, lane) for lane in served[:2]]
    if len(two) > 1:
        other = probes.player(group, 1).person
        second = Present(other, two[1].credential, two[1].direction, two[1].lane)
        yield Row(
            "two-at-once",
            "two readers at the same instant",
            (
                Together((two[0], second)),
                Wait(1.0),
                good,
            ),
        )
