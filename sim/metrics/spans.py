"""Intervals in people's visits: from a row that begins something to the next row that ends it; and
deadlocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..events import Event
from .columns import Absent, Codes, Flags, Floats, Ints
from .cuts import DIRECTIONS, Cut, Figures
from .log import Log, Marks

DEADLOCK = 60.0
"""Seconds (DEFINITIONS)."""
_NOTHING = np.zeros(0, np.int64)
_NEVER = np.zeros(0)


class Spans(NamedTuple):
    """Intervals, each of a visit (its index); an end of infinity: still going on."""

    visit: Ints
    begin: Floats
    end: Floats


def spans(
    log: Log,
    begins: Sequence[Ints],
    ends: Sequence[Ints],
    taken: Ints = _NOTHING,
    taken_at: Floats = _NEVER,
) -> Spans:
    """From each row of `begins` to the same visit's next row of either sort. `taken` are rows that end one at
    an earlier time, `taken_at`, behind all rows of that instant."""
    rows = np.sort(np.concatenate([*begins, *ends]))
    beginning = np.zeros(len(log.t), bool)
    for some in begins:
        beginning[some] = True
    begin, t, visit = beginning[rows], log.t[rows], log.visits.of(rows)
    if len(taken):
        order = np.argsort(taken_at, kind="stable")
        taken, taken_at = taken[order], taken_at[order]
        at = np.searchsorted(t, taken_at, side="right")
        begin, t = np.insert(begin, at, False), np.insert(t, at, taken_at)
        visit = np.insert(visit, at, log.visits.of(taken))
    # By visit, then as they stand: one plain sort of a joint key.
    count = max(len(visit), 1)
    key = np.sort(visit[visit >= 0] * count + np.flatnonzero(visit >= 0))
    visit, place = key // count, key % count
    begin, t = begin[place], t[place]
    following = np.append(t[1:], np.inf)
    following[np.append(visit[1:] != visit[:-1], True)[: len(visit)]] = np.inf
    return Spans(visit[begin], t[begin], following[: len(visit)][begin])


def setting_out(log: Log) -> tuple[Ints, Floats]:
    """Bypasses that took time, and when each began."""
    rows = log.rows_if_any(Event.BYPASS)
    if not len(rows):
        return _NOTHING, _NEVER
    took = np.nan_to_num(log.floats("value")[rows])
    return rows[took > 0.0], (log.t[rows] - took)[took > 0.0]


def deadlock(log: Log) -> Callable[[Cut], Figures]:
    """Episodes of 60 s and more with somebody in `wait_other` on each side of a portal, none of them able to
    open it, and no pass there. Who calls, or sets about going around, waits for nobody any more. An episode belongs to
    the hour in which it began."""
    visits, marks = log.visits, log.visits.marks
    ends = [
        log.rows_if_any(event)
        for event in (Event.PASS, Event.BYPASS, Event.ABANDON, Event.PRESENT, Event.GUARD_START, Event.CALL)
    ]
    waiting = spans(log, [log.rows(Event.WAIT_OTHER)], ends, *setting_out(log))
    portal, direction = marks["portal"][waiting.visit], marks["direction"][waiting.visit]
    counted = visits.measured[waiting.visit]
    passes = log.facts(Event.PASS, whole=True)
    passed_at = passes.marks["portal"]
    where: list[int] = []
    since: list[float] = []
    for place in np.unique(portal[counted & (portal >= 0)]).tolist():
        sides = [counted & (portal == place) & (direction == side) for side in range(len(DIRECTIONS))]
        if all(side.any() for side in sides):
            begun = _episodes(waiting, sides, passes.t[passed_at == place], log.end)
            where += [place] * len(begun)
            since += begun
    both = Absent("a deadlock is of both sides and of everybody there")
    found = Marks(
        len(since),
        {"portal": np.array(where, np.int16), "hour": _hours(log, since), "group": both, "direction": both},
    )
    return lambda cut: {"deadlock.episodes": cut.count(found).tolist()}


def _hours(log: Log, since: list[float]) -> Codes | Absent:
    try:
        return log.hours(np.array(since, np.float64)).astype(np.int16)
    except Absent as absent:
        return absent.again()


def _episodes(waiting: Spans, sides: list[Flags], passes: Floats, over: float) -> list[float]:
    """Beginnings of the stretches in which both sides wait, between passes, that last long enough."""
    times = [passes]
    for side in sides:
        times += [waiting.begin[side], np.minimum(waiting.end[side], over)]
    instants, place = np.unique(np.concatenate(times), return_inverse=True)
    parts = np.split(place, np.cumsum([len(some) for some in times])[:-1])
    size = len(instants)
    both = np.ones(size, bool)
    for begin, end in (parts[1:3], parts[3:5]):
        both &= np.cumsum(np.bincount(begin, minlength=size) - np.bincount(end, minlength=size)) > 0
    passed = np.bincount(parts[0], minlength=size) > 0
    before = np.append(False, both[:-1])
    starts = np.flatnonzero(both & (passed | ~before))
    stops = np.flatnonzero(before & (passed | ~both))
    # `both` is false behind the last instant, so starts and stops come in pairs.
    long = instants[stops] - instants[starts] >= DEADLOCK
    return list(instants[starts][long].tolist())
