"""A line across the floor: on which side somebody is, and when they cross it."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from .region import BadRegion

SIDE = 0.25
"""Sizes of a silhouette that somebody is away from the line before they are on a side: who sways on the line crosses nothing."""
KEPT = 400
"""Positions kept of one person."""


@dataclass(frozen=True)
class Line:
    """From `start` to `end`, px of the picture; inwards is the side where the point `inside` lies.

    Raises: BadRegion where two of them fall together.
    """

    name: str
    start: tuple[float, float]
    end: tuple[float, float]
    inside: tuple[float, float]

    def __post_init__(self) -> None:
        if math.dist(self.start, self.end) < 2:
            raise BadRegion(f"line {self.name!r} from {self.start} to {self.end} is shorter than two pixels")
        if abs(self._signed(self.inside)) < 1:
            raise BadRegion(f"line {self.name!r}: its inside {self.inside} lies on the line itself")

    @classmethod
    def across(cls, shape: tuple[int, ...]) -> Line:
        """The default: level through the middle of the picture, inside is above."""
        height, width = shape[:2]
        return cls("middle", (0.0, height / 2), (width - 1.0, height / 2), (width / 2, 0.0))

    def _signed(self, point: tuple[float, float]) -> float:
        along = (self.end[0] - self.start[0], self.end[1] - self.start[1])
        off = (point[0] - self.start[0], point[1] - self.start[1])
        return (along[0] * off[1] - along[1] * off[0]) / math.hypot(*along)

    def away(self, x: float, y: float) -> float:
        """px from the (endless) line; positive inside."""
        return math.copysign(1.0, self._signed(self.inside)) * self._signed((x, y))

    def along(self, x: float, y: float) -> float:
        """Where beside the line: 0 at its start, 1 at its end."""
        dx, dy = self.end[0] - self.start[0], self.end[1] - self.start[1]
        return ((x - self.start[0]) * dx + (y - self.start[1]) * dy) / (dx * dx + dy * dy)


@dataclass(frozen=True, slots=True)
class Passed:
    """Somebody's way over the line."""

    t: float
    u: float
    """s: from the positions alone; what is known of the frame's time comes on top."""
    inwards: bool
    y: float
    """px of the picture: where, for the instant of that row."""


@dataclass(slots=True)
class Walk:
    """One person's positions against the line."""

    side: int = 0
    """+1 inside, -1 outside, 0 not known yet."""
    points: deque[tuple[float, float, float, float]] = field(default_factory=lambda: deque(maxlen=KEPT))
    """t in s; px away from the line; where along it; y of the picture."""

    def feed(self, line: Line, t: float, x: float, y: float, size: float, jitter: float) -> Passed | None:
        """The next position, px of the picture; whether with it the line has been passed, and when."""
        away = line.away(x, y)
        self.points.append((t, away, line.along(x, y), y))
        if abs(away) < max(2.0, SIDE * size):
            return None
        side, before = (1 if away > 0 else -1), self.side
        self.side = side
        if before in (0, side):
            return None
        passed = self._when(side, jitter)
        self.points = deque([self.points[-1]], KEPT)
        return passed

    def _when(self, side: int, jitter: float) -> Passed | None:
        """The last change of sides, between two positions or by the straight line through those around it."""
        points = list(self.points)
        for n in range(len(points) - 1, 0, -1):
            if points[n - 1][1] * side <= 0 < points[n][1] * side:
                break
        else:
            return None
        (t0, a0, along0, y0), (t1, a1, along1, y1) = points[n - 1], points[n]
        share = a0 / (a0 - a1) if a0 != a1 else 0.5
        if not 0.0 <= along0 + share * (along1 - along0) <= 1.0:
            return None  # around its end
        t = t0 + share * (t1 - t0)
        near = [one for one in points[max(0, n - 4) : n + 4] if abs(one[0] - t) <= max(0.15, 1.5 * (t1 - t0))]
        speed = abs(a1 - a0) / max(t1 - t0, 1e-6)
        if len(near) >= 4:
            middle, mean = sum(one[0] for one in near) / len(near), sum(one[1] for one in near) / len(near)
            spread = sum((one[0] - middle) ** 2 for one in near)
            slope = sum((one[0] - middle) * (one[1] - mean) for one in near) / max(spread, 1e-9)
            if slope * side > 0.3 * speed:
                fitted = middle - mean / slope
                if t0 - (t1 - t0) <= fitted <= t1 + (t1 - t0):
                    t, speed = fitted, abs(slope)
        return Passed(t, min(jitter / max(speed, 1e-3), 5.0), side > 0, y0 + share * (y1 - y0))
