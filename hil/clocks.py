"""World seconds and nanoseconds of the monotonic clock, joined piece by piece.

Each cut of idle time begins a new piece. A stamp is converted by the piece in which it was taken, however late it is
looked at.
"""

from __future__ import annotations

from bisect import bisect_right


class WorldClock:
    """Which world instant a stamp is, and the other way round."""

    def __init__(self, stamp: int, world: float = 0.0) -> None:
        """At `stamp`, ns of the monotonic clock, the world's time is `world`, s."""
        self._since = [stamp]
        self._zero = [stamp - round(world * 1e9)]

    def at(self, stamp: int) -> float:
        """World time, s, of a stamp, ns."""
        return (stamp - self._zero[max(bisect_right(self._since, stamp) - 1, 0)]) / 1e9

    def stamp(self, world: float) -> int:
        """The stamp, ns, of a world time, s, by the present piece."""
        return self._zero[-1] + round(world * 1e9)

    def cut(self, stamp: int, seconds: float) -> None:
        """At `stamp` the world jumps ahead by so many seconds. ValueError if that is before the last cut, or backwards.

        The piece begins with `stamp` itself.
        """
        if stamp < self._since[-1] or not seconds >= 0:
            raise ValueError(f"no cut of {seconds!r} s at {stamp}: the last was at {self._since[-1]}")
        self._since.append(stamp)
        self._zero.append(self._zero[-1] - round(seconds * 1e9))

    @property
    def pieces(self) -> list[tuple[int, float]]:
        """(first stamp, world time there) of each piece."""
        return [(since, (since - zero) / 1e9) for since, zero in zip(self._since, self._zero, strict=True)]
