"""Numbers and times of frames: gaps in the source's time stamps are drops, and scatter is uncertainty. No input or output.

`Numbering` counts at the source. `Spread` bounds how far time stamps are from the truth, from two sides: they scatter around
an even grid by their own error and by the source's unevenness; against arrival by their own error and by the way's. Either
is an upper bound of their own error; the smaller one is told.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

MEMORY = 31
"""Intervals of which the time between two frames is taken."""
SLOWER = 1.6
"""Where most intervals are so many times what the source says of itself, it has another rate."""
FASTER = 2.5
"""The other way; jitter shortens a quarter of intervals, too."""
LOCKED = 12
"""Frames whose numbers are believed enough to tell the time between two."""
FOLLOW = 0.4
"""Of its distance from the even grid: by so much each frame moves the grid."""
WINDOW = 64
"""Frames over which scatter is measured."""
EVERY = 8
"""Frames between two measurements."""
WOKEN = 2e-4
"""s, standard uncertainty of an arrival beyond its scatter: waking up for it takes as long, now and then more."""
BELIEVED = 1e-4
"""s: no source's time stamps are believed better than that. Nothing tells how it makes them; an even row of them may be no
more than a count of frames."""
FEW = 8
"""Frames before which nothing can be said about scatter."""


class Numbering:
    """Numbers of frames, from their time stamps: each goes to the place of an even grid that is nearest.

    A source that slows down by itself looks like drops until most of the last intervals are new.
    """

    def __init__(self, fps: float | None = None, *, early: float = 0.5) -> None:
        """`fps`: what the source says, which is believed where intervals do not say otherwise; `early`: by which share of
        the time between two a frame may be early; later than the rest, it is a later one."""
        self.number = 0
        self._intervals: deque[float] = deque(maxlen=MEMORY)
        self._early = early
        self._nominal = 1 / fps if fps else None
        self._last: float | None = None
        self._place = 0.0
        """Where the grid has the present number."""

    @property
    def period(self) -> float | None:
        """s between two frames; drops do not stretch it, nor does jitter shorten it."""
        if not self._intervals:
            return self._nominal
        ranked = sorted(self._intervals)
        quarter, period = ranked[len(ranked) // 4], ranked[len(ranked) // 2]
        if period > SLOWER * quarter:
            period = quarter  # most of them have drops within
        if self._nominal is not None and (len(ranked) < FEW or period < SLOWER * self._nominal):
            period = self._nominal
        for _ in range(3):
            period = sum(ranked) / sum(_steps(interval / period) for interval in ranked)
        return period

    def feed(self, stamp: float) -> int:
        """One more frame; how many are missing before it. ValueError: its time stamp is not after the last one."""
        if self._last is None:
            self._last = self._place = stamp
            return 0
        if not stamp > self._last:
            raise ValueError(f"its time stamp is {self._last - stamp:.6f} s before that of the frame before")
        self._intervals.append(stamp - self._last)
        self._last = stamp
        period = self.period
        assert period is not None
        steps = _steps((stamp - self._place) / period, self._early)
        self.number += steps
        self._place += steps * period
        self._place += FOLLOW * (stamp - self._place)
        return steps - 1


def _steps(times: float, early: float = 0.5) -> int:
    """The nearest whole number, 1 at least."""
    return max(1, math.floor(times + early))


class Spread:
    """Scatter of time stamps."""

    def __init__(self, resolution: float) -> None:
        """`resolution`: of the time stamps, s."""
        self.floor = max(resolution / math.sqrt(12), BELIEVED)
        """Of a time stamp that nothing but its resolution spoils, s."""
        self._seen: deque[tuple[int, float, float]] = deque(maxlen=WINDOW)
        self._until = 0
        self._slope = self._intercept = 0.0
        self.u = math.inf
        """Standard uncertainty of a time stamp, s; infinite until a few frames are there."""

    def feed(self, number: int, stamp: float, arrival: float) -> float:
        """One more frame, s; by how much it is off the even grid, s."""
        self._seen.append((number, stamp, arrival))
        if len(self._seen) < FEW:
            return 0.0
        self._until -= 1
        if self._until <= 0:
            self._until = EVERY
            self._measure()
        return abs(stamp - self._intercept - self._slope * number)

    def _measure(self) -> None:
        seen = np.array(self._seen)
        numbers, stamps, arrivals = seen[:, 0], seen[:, 1], seen[:, 2]
        self._slope, self._intercept, grid = _line(numbers, stamps)
        way = _line(stamps, arrivals - stamps)[2]
        if np.any(arrivals != stamps):
            self.u = math.hypot(self.floor, min(grid, way))
        else:  # of arrivals only the grid tells
            self.u = math.hypot(WOKEN, grid)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Slope, intercept and standard deviation of the residuals of a straight line."""
    middle, height = float(x.mean()), float(y.mean())
    across = x - middle
    square = float(across @ across)
    slope = float(across @ (y - height)) / square if square else 0.0
    rest = y - height - slope * across
    return slope, height - slope * middle, math.sqrt(float(rest @ rest) / max(1, len(x) - 2))
