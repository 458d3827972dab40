"""How people came in: entries by group, by day or night and by way, of one replication.

An entry is a `pass` with direction in, or a `bypass` with direction in: a way around the lock is a way in as well. It
belongs to the day or the night in which the body crosses, by the local clock of that instant, and not, as the hours of
other metrics, to the arrival: who arrives in daylight and crawls in at night, came in at night.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...scenarios.clock import DAY, Hours, Start
from ...scenarios.policy.schedule import WallClock
from ..events import Event, Way
from .columns import Absent, Flags, Floats, Ints
from .cuts import Missing
from .log import Facts, Log

PERIODS = ("day", "night")
BYPASSES = ("crawl", "climb")
"""Reasons of a `bypass`."""
WAYS = (*(way.value for way in Way), *BYPASSES)
"""Every way in, in the order in which they are told."""


class Slot(NamedTuple):
    """Of whom, when and where entries are counted."""

    group: str
    period: str
    """`day` or `night`."""
    portal: str | None
    """A declared portal; None: from the street, that is through portals that lie behind no other."""


Counts = dict[str, int]
"""Way -> entries; ways that nobody took are not there."""
Ways = dict[Slot, Counts]


def ways(events: pa.Table, persons: pa.Table | None) -> Ways | Missing:
    """Entries of each group that somebody belongs to, in each period that the run has, at each portal and from the street.

    Missing: the tables do not tell what it takes (the metadata's `start`, `zone` and `night`, the column `way`, groups).
    """
    try:
        return _ways(Log(events, persons))
    except Absent as absent:
        return Missing(str(absent))


def _ways(log: Log) -> Ways:
    night = Hours(*map(float, log.said("night")))
    clock = _clock(log)
    groups, portals = log.persons.groups, sorted({log.declared(one) for one in log.standing})
    places = np.array(
        [portals.index(log.declared(one)) if one in log.standing else -1 for one in log.instances] + [-1]
    )
    street = np.array([_from_street(log, one) for one in log.instances] + [False])
    passes, bypasses = log.facts(Event.PASS), log.facts(Event.BYPASS)
    taken = np.concatenate([_way(log, passes), _around(log, bypasses)])
    at_night = np.concatenate([_within(night, clock(facts.t)) for facts in (passes, bypasses)])
    marks = {
        name: np.concatenate([facts.marks[name].astype(np.int64) for facts in (passes, bypasses)])
        for name in ("portal", "group", "direction")
    }
    entries = (marks["direction"] == 0) & (marks["group"] >= 0)
    there = _there(log, clock, night)
    found: Ways = {
        Slot(group, period, portal): {}
        for portal in (None, *portals)
        for group in log.persons.present
        for period in there
    }
    for number, portal in ((-1, None), *enumerate(portals)):
        here = entries & (street[marks["portal"]] if portal is None else places[marks["portal"]] == number)
        if not here.any():
            continue
        key = (marks["group"][here] * 2 + at_night[here]) * len(WAYS) + taken[here]
        for code, count in zip(*(each.tolist() for each in np.unique(key, return_counts=True)), strict=True):
            whose, way = divmod(code, len(WAYS))
            slot = Slot(groups[whose // 2], PERIODS[whose % 2], portal)
            found.setdefault(slot, {})[WAYS[way]] = count
    return found


def _way(log: Log, passes: Facts) -> Ints:
    """Index into WAYS; a pass that does not say how is `unknown`."""
    codes, words = log.way
    unknown = WAYS.index(Way.UNKNOWN)
    index = np.array([WAYS.index(word) if word in WAYS else unknown for word in words] + [unknown], np.int64)
    return np.asarray(index[codes[passes.rows]])


def _around(log: Log, bypasses: Facts) -> Ints:
    """Index into WAYS; what is no climbing counts as crawling only if it says so, and is else `unknown`."""
    if not len(bypasses.rows):
        return np.zeros(0, np.int64)
    codes, words = log.reason
    unknown = WAYS.index(Way.UNKNOWN)
    index = np.array(
        [WAYS.index(word) if word in BYPASSES else unknown for word in words] + [unknown], np.int64
    )
    return np.asarray(index[codes[bypasses.rows]])


def _from_street(log: Log, instance: str) -> bool:
    """Does it lie behind no other portal? Where nothing is said of that, every portal is an entry of its own."""
    try:
        return bool(log.portal_said(instance, "from_street"))
    except Absent:
        return True


class _Clock:
    """Seconds after local midnight at instants of the run, right across changes to and from summer time."""

    def __init__(self, start: Start) -> None:
        wall = WallClock(start)
        self.changes: Floats = np.array(wall.changes, np.float64)
        self.shifts: Floats = np.array([wall.at(t) - t for t in (0.0, *wall.changes)])

    def __call__(self, t: Floats) -> Floats:
        return (self.shifts[np.searchsorted(self.changes, t, side="right")] + t) % DAY


def _clock(log: Log) -> _Clock:
    said, zone = str(log.said("start")), str(log.said("zone"))
    local = datetime.fromisoformat(said).replace(tzinfo=ZoneInfo(zone))
    offset: Any = log.metadata.get("utc_offset")
    if offset is not None and (local.utcoffset() is None or local.utcoffset().total_seconds() != offset):  # type: ignore[union-attr]
        # The hour is there twice on that day: the offset says which.
        local = local.replace(fold=1)
    return _Clock(Start(local, zone))


def _within(hours: Hours, clock: Floats) -> Flags:
    if hours.begin < hours.end:
        return (hours.begin <= clock) & (clock < hours.end)
    return (clock >= hours.begin) | (clock < hours.end)


def _there(log: Log, clock: _Clock, night: Hours) -> list[str]:
    """The periods that there are between the end of the warm-up and the end of the run, the following-up included."""
    edges: NDArray[np.float64] = np.array([edge for span in night.spans for edge in span])
    begin, end = log.warm_up, log.end
    # Periods change at the edges of the night and nowhere else, but for changes of the clock: look behind each of them.
    turns = [begin, *(t for t in clock.changes.tolist() if begin < t < end)]
    found = []
    for turn, until in zip(turns, [*turns[1:], end], strict=True):
        shown = float(clock(np.array([turn]))[0])
        ahead = (edges - shown) % DAY + 1e-6  # Past the edge, whatever the last bit of the clock.
        found += [turn, *(turn + ahead[turn + ahead < until]).tolist()]
    is_night = _within(night, clock(np.array(found)))
    return [
        period for period, there in zip(PERIODS, (not is_night.all(), is_night.any()), strict=True) if there
    ]
