"""The visits at one portal as an event log tells them: what each was like, what it took, and on which others it hangs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ...scenarios.policy.document import AccessRule, GuardDuty, PolicyDocument, RemoteRelease
from ...scenarios.policy.schedule import edges
from ...scenarios.policy.upkeep import HoldOpen
from ...sim.files import metadata_of

DAY = 86_400.0
NIGHT = (22 * 3600.0, 6 * 3600.0)
MORNING, EVENING = 10 * 3600.0, 17 * 3600.0
"""When the morning ends and the evening begins, s after midnight."""
AHEAD = 8
"""So many of those ahead in a queue come along, the last ones: enough that there is a queue again."""
AFTER = 600.0
"""Seconds after the end of a fault in which a visit shows how the device has recovered."""
AT_DEVICE = ("decision", "unlock", "open", "pass")
"""Events of a lane with which its reader or lock had to do. (A sample that was not had never comes to the controller.)"""
Key = tuple[int, int]
"""Person and visit."""
_NOBODY: Key = (-1, -1)


@dataclass
class Seen:
    """A visit as it was at the model. Instants and times in seconds."""

    t: float
    """When they arrived."""
    person: int
    visit: int
    direction: str
    state: str = "idle"
    """Of the portal and of the person as they arrived."""
    credential: str = "none"
    """Of the first attempt."""
    trouble: str = ""
    """What the first try came to if it was no grant."""
    end: str = ""
    """How it ended; empty: it did not."""
    busy: float = 0.0
    """Seconds during which a device is at work for this visit: attempts, unlocked lock, suspension."""
    at_device: bool = False
    """Did a reader or lock of a lane take part?"""
    fault: str = ""
    """Which faults were on as they arrived, or had ended shortly before; empty: the scenario has none."""
    again: bool = False
    """Did they come back to this portal on the same visit?"""
    needs: set[Key] = field(default_factory=set)
    """Visits without which this one would not be what it was."""
    ahead: tuple[Key, ...] = ()
    """Who was being served, or stood before them, as they joined the queue."""

    @property
    def key(self) -> Key:
        return self.person, self.visit

    @property
    def outcome(self) -> str:
        return f"{self.end} after {self.trouble}" if self.trouble else self.end


class Row(NamedTuple):
    """What is read of an event."""

    t: float
    event: str
    lane: int
    direction: str | None
    person: int | None
    visit: int | None
    cycle: int | None
    credential: str | None
    outcome: str | None
    reason: str | None
    way: str | None
    donor: int | None
    value: float | None


def rows_of(events: pa.Table, portal: str) -> Iterator[Row]:
    """The rows of one portal, in order."""
    own = events.filter(pc.equal(events["portal"], portal))
    return map(Row, *(own[name].to_pylist() for name in Row._fields))


def bands(events: pa.Table, cuts: Sequence[float] = ()) -> Callable[[float], str]:
    """The part of the day of a time of day (s after midnight): night, morning, day and evening, the log's own night where
    it has one, and parts of them where `cuts`, at which the policy's rules change, cut them."""
    begin, end = metadata_of(events).get("night") or NIGHT
    ruled = sorted({one % DAY for one in cuts} | {0.0})

    def band(clock: float) -> str:
        clock %= DAY
        night = begin <= clock < end if begin < end else clock >= begin or clock < end
        said = "night" if night else "morning" if clock < MORNING else "day" if clock < EVENING else "evening"
        if len(ruled) == 1:
            return said
        place = bisect_right(ruled, clock)
        until = ruled[place] if place < len(ruled) else DAY
        return f"{said} ({_hours(ruled[place - 1])}-{_hours(until)})"

    return band


def edges_of(document: PolicyDocument, portal: str) -> list[float]:
    """Times of day (s after midnight) at which the rules of a policy change at a portal, as the scenario declares it."""
    rules: list[AccessRule | GuardDuty | RemoteRelease | HoldOpen]
    rules = [*document.access, *document.guard, *document.remote, *document.hold_open]
    return edges(one.hours for one in rules if one.at is None or portal in one.at)


def _hours(clock: float) -> str:
    return f"{int(clock // 3600):02d}:{int(clock % 3600 // 60):02d}"


def clock_of(events: pa.Table) -> Callable[[float], float]:
    """The time of day (s after midnight) at scenario times, as far as the log knows it: without changes of the clock."""
    start = datetime.fromisoformat(metadata_of(events).get("start", "2000-01-01T00:00:00"))
    shift = start.hour * 3600.0 + start.minute * 60.0 + start.second
    return lambda t: (shift + t) % DAY


def visits_at(events: pa.Table, portal: str) -> dict[Key, Seen]:
    """Every visit at a portal, in order of arrival."""
    lanes = metadata_of(events).get("portals", {}).get(portal, {}).get("lanes")
    watch = _Watch(DAY if lanes is None else lanes)
    for row in rows_of(events, portal):
        watch.see(row)
    return watch.visits


class _Watch:
    """Goes through the rows of a portal and keeps in mind how things stand."""

    def __init__(self, lanes: float) -> None:
        self._lanes = lanes
        self.visits: dict[Key, Seen] = {}
        self._gone: set[Key] = set()
        self._line: dict[str, dict[Key, None]] = {"in": {}, "out": {}}
        self._aside: dict[str, dict[Key, None]] = {"in": {}, "out": {}}
        self._served: dict[Key, None] = {}
        self._open: dict[int, int] = {}
        self._unlocked: dict[int, int] = {}
        """By lane: the cycle, -1 if the log names none. The last one to open stands last."""
        self._since: dict[int, float] = {}
        """By lane: when it was unlocked."""
        self._openers: dict[int, Key] = {}
        """By cycle."""
        self._attempts: dict[Key, float] = {}
        self._suspended: dict[int, tuple[float, Key]] = {}
        """By person: until when, and on which visit they were denied last."""
        self._suspended_readers: dict[tuple[int, str | None], tuple[float, Key]] = {}
        self._denied: dict[int, Key] = {}
        """By person: the visit whose last decision was a denial."""
        self._passed: dict[int, Key] = {}
        self._told = {
            "queue": self._queue, "wait_other": self._wait_other, "present": self._present, "decision": self._decision,
            "acquire_failed": self._acquire_failed, "suspend": self._suspend, "pass": self._pass, "bypass": self._bypass,
            "abandon": self._abandon,
        }  # fmt: skip

    def see(self, row: Row) -> None:
        if row.person is None or row.visit is None:
            self._see_door(row, None)
            return
        key = row.person, row.visit
        if row.event == "arrive":
            self._arrives(row, key)
            return
        seen = None if key in self._gone else self.visits.get(key)
        self._see_door(row, seen)
        if seen is None:
            return
        if row.event in AT_DEVICE and 0 <= row.lane < self._lanes:
            seen.at_device = True
        told = self._told.get(row.event)
        if told is not None:
            told(row, key, seen)

    def _arrives(self, row: Row, key: Key) -> None:
        before = self.visits.get(key)
        if before is not None:
            before.again = True
            self._gone.add(key)
            return
        direction = row.direction or "in"
        seen = self.visits[key] = Seen(row.t, key[0], key[1], direction)
        seen.state, causes = self._state(row.t, key[0], direction)
        seen.needs.update(causes)
        seen.needs.discard(key)

    def _state(self, t: float, person: int, direction: str) -> tuple[str, list[Key]]:
        """How things stand for somebody who arrives, and whose doing it is."""
        until, by = self._suspended.get(person, (t, _NOBODY))
        if until > t:
            return "suspended", [by]
        readers = [
            one for place, one in self._suspended_readers.items() if place[1] == direction and one[0] > t
        ]
        if readers:
            return "reader-suspended", [max(readers)[1]]
        denied = self._denied.get(person)
        if denied is not None:
            return "after-denial", [denied]
        if self._line[direction]:
            return "queue", []  # who joins it has those ahead
        if self._aside[direction]:
            return "others-wait", [next(reversed(self._aside[direction]))]
        for state, cycles in (("open", self._open), ("unlocked", self._unlocked)):
            if cycles:
                last = next(reversed(cycles.values()))
                return state, [self._openers[last]] if last in self._openers else []
        return "idle", []

    # ---- doors

    def _see_door(self, row: Row, seen: Seen | None) -> None:
        if row.lane < 0 or row.lane >= self._lanes:
            return
        if row.event == "unlock":
            self._unlocked.pop(row.lane, None)
            self._unlocked[row.lane] = -1 if row.cycle is None else row.cycle
            self._since[row.lane] = row.t
            if seen is not None and row.cycle is not None:
                self._openers[row.cycle] = seen.key
        elif row.event == "relock":
            cycle = self._unlocked.pop(row.lane, -1)
            if cycle in self._openers:
                self.visits[self._openers[cycle]].busy += row.t - self._since[row.lane]
        elif row.event == "open":
            self._open.pop(row.lane, None)
            self._open[row.lane] = -1 if row.cycle is None else row.cycle
        elif row.event == "close":
            self._open.pop(row.lane, None)

    # ---- people, by event

    def _queue(self, row: Row, key: Key, seen: Seen) -> None:
        if row.reason is not None:
            return
        line = self._line[seen.direction]
        if not seen.ahead:
            seen.ahead = tuple(one for one in [*self._served, *line] if one != key)[-AHEAD:]
        if row.t == seen.t and seen.state not in ("suspended", "reader-suspended", "after-denial"):
            seen.state = "queue"
            seen.needs.clear()
        line[key] = None

    def _wait_other(self, row: Row, key: Key, seen: Seen) -> None:
        self._leaves_line(key, seen)
        self._aside[seen.direction][key] = None

    def _leaves_line(self, key: Key, seen: Seen) -> None:
        self._line[seen.direction].pop(key, None)
        self._aside[seen.direction].pop(key, None)
        self._served.pop(key, None)

    def _present(self, row: Row, key: Key, seen: Seen) -> None:
        self._leaves_line(key, seen)
        self._served[key] = None
        if seen.credential == "none" and row.credential:
            seen.credential = row.credential
        if row.lane < self._lanes:
            self._attempts[key] = row.t

    def _ends_attempt(self, row: Row, key: Key, seen: Seen) -> None:
        seen.busy += row.t - self._attempts.pop(key, row.t)

    def _acquire_failed(self, row: Row, key: Key, seen: Seen) -> None:
        self._ends_attempt(row, key, seen)
        seen.trouble = seen.trouble or "no-sample"

    def _decision(self, row: Row, key: Key, seen: Seen) -> None:
        self._ends_attempt(row, key, seen)
        if row.outcome == "deny":
            seen.trouble = seen.trouble or (row.reason or "denial")
            self._denied[key[0]] = key
        elif row.outcome == "grant":
            self._denied.pop(key[0], None)
        before = self._passed.get(key[0])
        if row.reason == "anti-passback" and before is not None and before != key:
            seen.needs.add(before)

    def _suspend(self, row: Row, key: Key, seen: Seen) -> None:
        seen.busy += row.value or 0.0
        until = row.t + (row.value or 0.0)
        if row.reason == "person":
            self._suspended[key[0]] = until, key
        else:
            self._suspended_readers[row.lane, row.direction] = until, key

    def _pass(self, row: Row, key: Key, seen: Seen) -> None:
        self._leaves_line(key, seen)
        seen.end = row.way or "unknown"
        opener = None if row.cycle is None else self._openers.get(row.cycle)
        if row.way in ("tailgate", "piggyback", "reverse") and opener is not None and opener != key:
            seen.needs.add(opener)
        if row.way == "shared" and row.donor is not None:
            lender = self._passed.get(row.donor)
            if lender is not None and lender != key:
                seen.needs.add(lender)
        self._passed[key[0]] = key

    def _bypass(self, row: Row, key: Key, seen: Seen) -> None:
        self._leaves_line(key, seen)
        seen.end = row.reason or "bypass"

    def _abandon(self, row: Row, key: Key, seen: Seen) -> None:
        self._leaves_line(key, seen)
        seen.end = f"left, {row.reason}" if row.reason else "left"


FACTORS = ("direction", "credential", "group", "hours", "state", "outcome")


def factors(seen: Seen, group: str, hours: str) -> dict[str, str]:
    """What a visit is an example of."""
    told = (seen.direction, seen.credential, group, hours, seen.state, seen.outcome or "no end")
    shown = dict(zip(FACTORS, told, strict=True))
    return shown | {"fault": seen.fault} if seen.fault else shown


def mark_faults(visits: Mapping[Key, Seen], faults: Sequence[tuple[str, float, float]]) -> None:
    """Note at each visit which faults it met. Whoever comes while one is on is asked for: that no reader reads them is what
    is to be seen, too."""
    for seen in visits.values():
        on = sorted({fault for fault, begin, end in faults if begin <= seen.t < end})
        after = sorted({fault for fault, _, end in faults if end <= seen.t < end + AFTER})
        seen.fault = "+".join(on) or (f"after {'+'.join(after)}" if after else "none")
        seen.at_device = seen.at_device or bool(on)
