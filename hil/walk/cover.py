"""Which fault meets which state of the door and which people: every fault alone, every fault in each state of the door,
and pairwise the rest (direction, group, credential)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from .held_against import Limits
from .lock import Times
from .rows import HELD, LOCKED, OPEN, STATES, UNLOCKED, Probes, Row
from .steps import (
    Begin,
    Contact,
    End,
    Fire,
    FireReset,
    Held,
    Lift,
    List,
    Override,
    Present,
    Press,
    Release,
    Step,
    Together,
    Wait,
)

SLOW = ("reader-unplugged", "reader-replaced", "line-cut", "line-short", "network-partitioned", "buffer-full")
"""Faults that a device notices after many seconds: the door goes through its states while they last."""
QUIET = (
    "network-down", "network-slow", "server-down", "line-bit-errors", "line-noise", "line-delay", "reader-tampered", "store-corrupt",
    "clock-jump", "override-open", "override-locked",
)  # fmt: skip
"""Faults that leave a leaf and its alarm alone: several can be done while it is held."""
OVERFLOW = 220
"""Times that somebody comes to a reader: more decisions than a log of 200 events has room for."""
EACH = 3
"""People at the readers while a fault lasts, at most, beside one who is to be let in."""


def pairwise(factors: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Rows in which each pair of values of two factors stands at least once. Greedy; the same factors give the same rows."""
    open_pairs = {
        (a, x, b, y) for a, b in combinations(range(len(factors)), 2) for x in factors[a] for y in factors[b]
    }
    rows: list[tuple[str, ...]] = []
    while open_pairs:
        first = min(open_pairs)
        row: list[str | None] = [None] * len(factors)
        row[first[0]], row[first[2]] = first[1], first[3]
        for place, values in enumerate(factors):
            if row[place] is None:
                row[place] = max(
                    values, key=lambda value: (_closes(row, place, value, open_pairs), -values.index(value))
                )
        whole = tuple(one for one in row if one is not None)
        rows.append(whole)
        open_pairs -= {(a, whole[a], b, whole[b]) for a, b in combinations(range(len(whole)), 2)}
    return rows


def _closes(row: Sequence[str | None], place: int, value: str, pairs: set[tuple[int, str, int, str]]) -> int:
    count = 0
    for other, theirs in enumerate(row):
        if theirs is not None and other != place:
            pair = (other, theirs, place, value) if other < place else (place, value, other, theirs)
            count += pair in pairs
    return count


def fault_rows(
    probes: Probes, times: Times, limits: Limits, faults: Mapping[str, str | None], t: float
) -> Iterator[Row]:
    """`faults`: of the catalogue, with the place at which each is done."""
    tried = _tried(probes, list(faults), t)
    for fault, where in faults.items():
        if fault in SLOW:
            yield _through_states(
                probes,
                times,
                fault,
                where,
                [one for state in STATES for one in tried[fault, state]][:EACH],
                t,
            )
            continue
        yield _closed(probes, fault, where, tried[fault, LOCKED], tried[fault, UNLOCKED], t)
        if fault in QUIET:
            yield _open(probes, fault, where, tried[fault, OPEN], t)
        else:
            yield _ajar(probes, times, fault, where, tried[fault, OPEN], tried[fault, HELD], t)
    quiet = {fault: where for fault, where in faults.items() if fault in QUIET}
    if quiet:
        yield _held(probes, quiet, {fault: tried[fault, HELD] for fault in quiet}, t)
    yield from _histories(probes, limits, faults, t)


def _tried(
    probes: Probes, faults: Sequence[str], t: float
) -> dict[tuple[str, str], list[tuple[str, str, str]]]:
    """Who comes while which fault lasts in which state: pairwise over fault, state, direction, group and credential."""
    chosen: dict[tuple[str, str], list[tuple[str, str, str]]] = {(f, s): [] for f in faults for s in STATES}
    if not faults or not probes.directions:
        return chosen
    groups, kinds = list(probes.cast.groups), list(probes.cast.kinds)
    for fault, state, direction, group, kind in pairwise(
        [list(faults), list(STATES), probes.directions, groups, kinds]
    ):
        if len(chosen[fault, state]) < EACH:
            chosen[fault, state].append((direction, group, kind))
    return chosen


Who = Sequence[tuple[str, str, str]]
"""(direction, group, credential)."""


def _closed(probes: Probes, fault: str, where: str | None, locked: Who, unlocked: Who, t: float) -> Row:
    """It begins while the door is locked, and once more while it is unlocked."""
    good, lane = _somebody(probes, t)
    on, off = Begin(fault, where), End(fault, where)
    some = [probes.show(*one) for one in locked]
    more = [probes.show(*one) for one in unlocked]
    lifts = _lifts(probes, [*some, *more])
    steps = (on, *good, *some, Press(lane), off, *lifts, *some[:1], *good, on, *more, off, *lifts, *good)
    return Row(
        f"{fault}-closed",
        f"{fault} while the door is locked, and unlocked",
        steps,
        fault,
        f"{LOCKED} {UNLOCKED}",
        _names(locked, unlocked),
    )


def _ajar(
    probes: Probes, times: Times, fault: str, where: str | None, opened: Who, held: Who, t: float
) -> Row:
    """It begins while the leaf is open, and once more when it has been for too long; it ends before the leaf is shut, or
    after."""
    good, lane = _somebody(probes, t)
    on, off = Begin(fault, where), End(fault, where)
    some = [probes.show(*one) for one in opened]
    more = [probes.show(*one) for one in held]
    lifts = _lifts(probes, [*some, *more])
    steps = (
        *good, Contact(True, lane), on, *some, off, *lifts, Held(lane),
        on, *more, Press(lane), Contact(False, lane), off, *lifts, *good,
    )  # fmt: skip
    return Row(
        f"{fault}-ajar",
        f"{fault} while the leaf is open, and open too long",
        steps,
        fault,
        f"{OPEN} {HELD}",
        _names(opened, held),
    )


def _open(probes: Probes, fault: str, where: str | None, opened: Who, t: float) -> Row:
    """It begins while the leaf is open, and ends when that is shut."""
    good, lane = _somebody(probes, t)
    some = [probes.show(*one) for one in opened]
    steps = (
        *good, Contact(True, lane), Begin(fault, where), *some, Press(lane), Contact(False, lane), End(fault, where),
        *_lifts(probes, some), *good,
    )  # fmt: skip
    return Row(f"{fault}-ajar", f"{fault} while the leaf is open", steps, fault, OPEN, _names(opened))


def _held(probes: Probes, faults: Mapping[str, str | None], who: Mapping[str, Who], t: float) -> Row:
    """Faults that leave the leaf alone, one after the other while the leaf is open for too long: nobody waits for that each time."""
    good, lane = _somebody(probes, t)
    steps: list[Step] = [*good, Contact(True, lane), Held(lane)]
    for fault, where in faults.items():
        more = [probes.show(*one) for one in who[fault]]
        steps += [Begin(fault, where), *more, End(fault, where), *_lifts(probes, more)]
    steps += [Contact(False, lane), *good]
    first, *others = faults
    names = tuple(name for fault in faults for name in _names(who[fault]))
    return Row(
        "quiet-held",
        f"{', '.join(faults)}: while the leaf is open too long",
        tuple(steps),
        first,
        HELD,
        names,
        tuple(others),
    )


def _somebody(probes: Probes, t: float) -> tuple[list[Step], int]:
    """Somebody who is let in while all is well, and the lane; nobody where a reader lets nobody in."""
    way = next((one for one in probes.directions if probes.granted(one, t)), None)
    if way is None:
        return [], 0
    good = probes.show(way, *probes.granted(way, t)[0])
    return [good], good.lane


def _lifts(probes: Probes, shown: Sequence[Present]) -> list[Step]:
    """What their wrong tries brought is lifted."""
    people = sorted({one.person for one in shown})
    return [
        *map(Lift, people),
        *(Lift(f"{probes.portal}/{one}/{probes.lane(one)}") for one in probes.directions),
    ]


def _names(*tried: Who) -> tuple[str, ...]:
    return tuple(f"{direction} {group} {kind}" for some in tried for direction, group, kind in some)


def _through_states(
    probes: Probes, times: Times, fault: str, where: str | None, tried: Sequence[tuple[str, str, str]], t: float
) -> Row:  # fmt: skip
    way = next((one for one in probes.directions if probes.granted(one, t)), None)
    good = None if way is None else probes.show(way, *probes.granted(way, t)[0])
    lane = 0 if good is None else good.lane
    some: list[Step] = [] if good is None else [good]
    shown = [probes.show(direction, group, kind) for direction, group, kind in tried]
    served = probes.lanes[lane][0]
    fill: list[Step] = []
    if fault == "buffer-full" and good is not None and way is not None:
        # Every reader that lets somebody in, at once: each somebody else.
        places = [
            (one, number)
            for number, ways in enumerate(probes.lanes)
            for one in ways
            if one in probes.directions and probes.granted(one, t)
        ]
        several = tuple(
            replace(probes.show(one, *probes.granted(one, t)[0], nth % 2), lane=number)
            for nth, (one, number) in enumerate(places)
        )
        fill = [Together(several)] * -(-OVERFLOW // len(several))
    steps = (
        Begin(fault, where), *some, *shown, *fill, Release(served, lane), Wait(0.2), *some, Contact(True, lane), Wait(0.2), *some,
        Held(lane), *some, Contact(False, lane), Press(lane), End(fault, where),
        *[Lift(one.person) for one in shown], *[Lift(f"{probes.portal}/{one}/{probes.lane(one)}") for one in probes.directions],
        *some, *shown[:1],
    )  # fmt: skip
    if fault == "reader-unplugged" and good is not None:
        other = next(
            (
                (one, number)
                for number, ways in enumerate(probes.lanes)
                for one in ways
                if (one, number) != (way, lane) and one in probes.directions and probes.granted(one, t)
            ),
            None,
        )
        if other is not None:
            beside = replace(probes.show(other[0], *probes.granted(other[0], t)[0]), lane=other[1])
            steps = (steps[0], beside, *steps[1:])
    if fault in ("network-partitioned", "buffer-full"):  # nobody can open from afar then
        steps = tuple(one for one in steps if not isinstance(one, Release))
    names = tuple(f"{direction} {group} {kind}" for direction, group, kind in tried)
    return Row(
        f"{fault}-states",
        f"{fault} while the door is locked, unlocked, open, held",
        steps,
        fault,
        " ".join(STATES),
        names,
    )


def _histories(probes: Probes, limits: Limits, faults: Mapping[str, str | None], t: float) -> Iterator[Row]:
    """What happened before a fault, or happens while it lasts."""
    way = next((one for one in probes.directions if probes.granted(one, t)), None)
    if way is None:
        return
    group, kind = probes.granted(way, t)[0]
    third = probes.show(way, group, kind, 2)
    off, listed = List(third.person, kind, "revoked"), List(third.person, kind, "listed")
    for fault in ("network-down", "network-partitioned", "server-down"):
        if fault in faults:
            on, end = Begin(fault, faults[fault]), End(fault, faults[fault])
            yield Row(
                f"{fault}-revoked", "revoked while it is off-line: let in by the old list, and not once it is back",
                (third, on, off, third, end, third, listed, Lift(third.person), third,), fault, LOCKED,
            )  # fmt: skip
            many = tuple([third] * 6)
            stranger = [probes.show(way, *one) for one in probes.denied(way, t)[:1]]
            if stranger and fault != "network-partitioned":
                yield Row(
                    f"{fault}-insisting", "who is denied stays denied", (on, *stranger * 3, end, *_lifts(probes, stranger)), fault, LOCKED,
                )  # fmt: skip
            yield Row(
                f"{fault}-events",
                "every event arrives once and in order",
                (
                    on,
                    *many,
                    end,
                    Wait(1.0),
                ),
                fault,
                LOCKED,
            )
    good = probes.show(way, group, kind)
    if probes.has_places:
        walk = probes.show(way, group, kind, passes=True)
        for fault in ("network-down", "power-cut"):
            if fault in faults:
                on, end = Begin(fault, faults[fault]), End(fault, faults[fault])
                yield Row(
                    f"{fault}-places", "who went in before is inside after it", (walk, on, end, Wait(0.5), walk), fault, LOCKED,
                )  # fmt: skip
    for fault in ("power-cut", "brown-out", "restart"):
        if fault not in faults:
            continue
        on, end = Begin(fault, faults[fault]), End(fault, faults[fault])
        bad = probes.denied(way, t)
        denied = tuple(probes.show(way, *one) for one in bad[:2])
        yield Row(
            f"{fault}-list", "what was revoked before is revoked after", (off, on, end, Wait(0.5), third, *denied, good, listed, Lift(third.person),), fault, LOCKED,
        )  # fmt: skip
        suspension = probes.document.suspension
        if suspension is not None and suspension.after <= 10:
            wrong = type(good)(good.person, kind, way, good.lane, sound=False)
            lift = (Lift(good.person), Lift(f"{probes.portal}/{way}/{good.lane}"))
            over = (Wait(suspension.lasts + 0.5), good) if fault == "power-cut" else ()
            yield Row(
                f"{fault}-suspension", "a suspension survives it, and ends when it should",
                (*lift, *[wrong] * suspension.after, on, end, Wait(0.3), good, *over, *lift),
                fault, LOCKED,
            )  # fmt: skip
            yield Row(
                f"{fault}-tries", "wrong tries before it count after it",
                (*lift, *[wrong] * (suspension.after - 1), on, end, Wait(0.3), wrong, good, *lift,), fault, LOCKED,
            )  # fmt: skip
        if fault == "brown-out" and "power-cut" in faults:
            continue  # to fire the same as a power cut
        yield Row(
            f"{fault}-fire", "fire stays latched through it",
            (Fire(), Wait(0.3), on, end, Wait(0.5), Fire(False), Wait(0.5), good, FireReset(), Wait(limits.unlock + 0.2), good,), fault, UNLOCKED,
        )  # fmt: skip
    for fault in ("network-down", "power-cut"):
        if fault in faults:
            on, end = Begin(fault, faults[fault]), End(fault, faults[fault])
            yield Row(
                f"{fault}-in-fire", "fire goes before it",
                (on, Fire(), Wait(limits.unlock + 0.2), good, Press(0), Fire(False), end, Wait(1.0), FireReset(), Wait(limits.unlock + 0.2),), fault, LOCKED,
            )  # fmt: skip
    if "network-down" in faults:
        on, end = Begin("network-down", faults["network-down"]), End("network-down", faults["network-down"])
        yield Row(
            "network-down-override", "what an operator had ordered holds without the line",
            (Override("locked"), on, good, end, Override(None), good,), "network-down", LOCKED,
        )  # fmt: skip
