"""Which fault meets which state of the door and which people: every fault alone, every fault in each state of the door,
and pairwise the rest (direction, group, credential)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from .held_against import Limits
from .lock import Times
from .rows import HELD, LOCKED, OPEN, STATES, UNLOCKED, Probes, Row
from .steps import Begin, Contact, End, Fire, FireReset, Journal, Lift, List, Override, Press, Step, Wait

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
        for state in STATES:
            yield _in_state(probes, times, limits, fault, where, state, tried[fault, state], t)
    yield from _histories(probes, times, faults, t)


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


def _in_state(
    probes: Probes, times: Times, limits: Limits, fault: str, where: str | None, state: str, tried: Sequence[tuple[str, str, str]], t: float
) -> Row:  # fmt: skip
    way = next((one for one in probes.directions if probes.granted(one, t)), None)
    good = None if way is None else probes.show(way, *probes.granted(way, t)[0])
    lane = 0 if good is None else good.lane
    before: list[Step] = []
    if state != LOCKED and good is not None:
        before.append(good)
        if state in (OPEN, HELD):
            before.append(Contact(True, lane))
        if state == HELD:
            before.append(Wait(times.held_open + 0.2))
    while_on: list[Step] = [probes.show(direction, group, kind) for direction, group, kind in tried]
    if good is not None:
        while_on.insert(0, good)
    exits: list[Step] = [Press(lane)] if state in (LOCKED, OPEN) else []
    lifts = [Lift(f"{probes.portal}/{one}/{probes.lane(one)}") for one in probes.directions]
    people = sorted({step.person for step in while_on if hasattr(step, "person")})
    shut: list[Step] = [Contact(False, lane)] if state in (OPEN, HELD) else []
    after: list[Step] = [good] if good is not None else []
    after += [probes.show(direction, group, kind) for direction, group, kind in tried[:1]]
    settle = Wait(times.unlock + limits.relock + 0.2)
    steps = (
        *before, Begin(fault, where), *while_on, *exits, *(shut if state == OPEN else ()), End(fault, where),
        *(shut if state == HELD else ()), *[Lift(one) for one in people], *lifts, *after, settle, Journal(),
    )  # fmt: skip
    names = tuple(f"{direction} {group} {kind}" for direction, group, kind in tried)
    return Row(f"{fault}-{state}", f"{fault} while the door is {state}", steps, fault, state, names)


def _histories(probes: Probes, times: Times, faults: Mapping[str, str | None], t: float) -> Iterator[Row]:
    """What happened before a fault, or happens while it lasts."""
    way = next((one for one in probes.directions if probes.granted(one, t)), None)
    if way is None:
        return
    group, kind = probes.granted(way, t)[0]
    third = probes.show(way, group, kind, 2)
    off, listed = List(third.person, kind, "revoked"), List(third.person, kind, "listed")
    rest = Wait(times.unlock + 0.8)
    for fault in ("network-down", "network-partitioned", "server-down"):
        if fault in faults:
            on, end = Begin(fault, faults[fault]), End(fault, faults[fault])
            yield Row(
                f"{fault}-revoked", "revoked while it is off-line: let in by the old list, and not once it is back",
                (third, on, off, third, end, third, listed, Lift(third.person), third, rest, Journal()), fault, LOCKED,
            )  # fmt: skip
            many = tuple([third] * 6)
            yield Row(
                f"{fault}-events",
                "every event arrives once and in order",
                (on, *many, end, Wait(1.0), Journal()),
                fault,
                LOCKED,
            )
    good = probes.show(way, group, kind)
    for fault in ("power-cut", "brown-out", "restart"):
        if fault not in faults:
            continue
        on, end = Begin(fault, faults[fault]), End(fault, faults[fault])
        bad = probes.denied(way, t)
        denied = tuple(probes.show(way, *one) for one in bad[:2])
        yield Row(
            f"{fault}-list", "what was revoked before is revoked after", (off, on, end, Wait(0.5), third, *denied, good, listed, Lift(third.person), rest, Journal()), fault, LOCKED,
        )  # fmt: skip
        suspension = probes.document.suspension
        if suspension is not None and suspension.after <= 10:
            wrong = type(good)(good.person, kind, way, good.lane, sound=False)
            lift = (Lift(good.person), Lift(f"{probes.portal}/{way}/{good.lane}"))
            yield Row(
                f"{fault}-suspension", "a suspension survives it, and ends when it should",
                (*lift, *[wrong] * suspension.after, on, end, Wait(0.3), good, Wait(suspension.lasts + 0.5), good, rest, *lift, Journal()),
                fault, LOCKED,
            )  # fmt: skip
            yield Row(
                f"{fault}-tries", "wrong tries before it count after it",
                (*lift, *[wrong] * (suspension.after - 1), on, end, Wait(0.3), wrong, good, *lift, rest, Journal()), fault, LOCKED,
            )  # fmt: skip
        yield Row(
            f"{fault}-fire", "fire stays latched through it",
            (Fire(), Wait(0.3), on, end, Wait(0.5), Fire(False), Wait(0.5), good, FireReset(), Wait(1.2), good, rest, Journal()), fault, UNLOCKED,
        )  # fmt: skip
    for fault in ("network-down", "power-cut"):
        if fault in faults:
            on, end = Begin(fault, faults[fault]), End(fault, faults[fault])
            yield Row(
                f"{fault}-in-fire", "fire goes before it",
                (on, Fire(), Wait(1.2), good, Press(0), Fire(False), end, Wait(1.0), FireReset(), Wait(1.2), rest, Journal()), fault, LOCKED,
            )  # fmt: skip
    if "network-down" in faults:
        on, end = Begin("network-down", faults["network-down"]), End("network-down", faults["network-down"])
        yield Row(
            "network-down-override", "what an operator had ordered holds without the line",
            (Override("locked"), on, good, end, Override(None), good, rest, Journal()), "network-down", LOCKED,
        )  # fmt: skip
