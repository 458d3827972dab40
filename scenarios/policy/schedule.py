"""Hours of the local day at scenario times: the wall clock, and tables of what holds when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta

from ..units import DAY, Hours, Start

HORIZON = 1100
"""Days for which changes of the clock are worked out beforehand; behind them each is looked up."""


class WallClock:
    """Seconds after local midnight at scenario times, right across changes to and from summer time."""

    def __init__(self, start: Start) -> None:
        self._begin = start.local.timestamp()
        self._zone = start.local.tzinfo
        self.changes: list[float] = []
        """Scenario times at which the offset from UTC changes, ascending."""
        self._shifts = [start.clock]
        """What to add to t before the first change, after it, after the second ..."""
        first = self._offset(0.0)
        before = first
        for day in range(HORIZON):
            after = self._offset((day + 1) * DAY)
            if after != before:
                self.changes.append(self._change_within(day * DAY, (day + 1) * DAY))
                self._shifts.append(start.clock + after - first)
                before = after
        self.steady_until = self.changes[0] if self.changes else HORIZON * DAY
        """Until then the time of day is `(shift + t) % DAY`."""
        self.shift = start.clock

    def at(self, t: float) -> float:
        """Seconds after local midnight, in [0, 86400)."""
        if t < self.steady_until:
            return (self.shift + t) % DAY
        if t < HORIZON * DAY:
            return (self._shifts[bisect_right(self.changes, t)] + t) % DAY
        local = datetime.fromtimestamp(self._begin + t, self._zone)
        return local.hour * 3600.0 + local.minute * 60.0 + local.second + local.microsecond / 1e6

    def _offset(self, t: float) -> float:
        offset = datetime.fromtimestamp(self._begin + t, self._zone).utcoffset() or timedelta()
        return offset.total_seconds()

    def _change_within(self, low: float, high: float) -> float:
        """The first instant of the new offset; offsets change at whole seconds of the epoch."""
        old = self._offset(low)
        first, last = int(self._begin + low), int(self._begin + high) + 1
        while last - first > 1:
            middle = (first + last) // 2
            if self._offset(middle - self._begin) == old:
                first = middle
            else:
                last = middle
        return last - self._begin


def contains(hours: tuple[Hours, ...] | None, clock: float) -> bool:
    """Do these hours (None: all) hold at this time of day?"""
    return hours is None or any(one.contains(clock) for one in hours)


def edges(schedules: Iterable[tuple[Hours, ...] | None]) -> list[float]:
    """Times of day at which any of the schedules may begin or end, with 0, ascending."""
    found = {0.0}
    for hours in schedules:
        for one in hours or ():
            found.update(edge for span in one.spans for edge in span if edge < DAY)
    return sorted(found)
