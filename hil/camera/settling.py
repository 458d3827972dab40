"""Frames that waited somewhere are old when they come, and are told from fresh ones by their times.

Old frames come as fast as they can be read, so the offset from their time stamps to their arrival falls by nearly a frame's
time with each. It stays where it is, apart from jitter, once frames come as they are taken.
"""

from __future__ import annotations

from collections import deque
from statistics import median

LEAST, WINDOW = 6, 0.2
"""Frames, and seconds of arrival, over which the offset must stay."""
SHARE = 0.2
"""Of the time between two frames: by so much it may move from one half of the window to the other."""
WIDE = 3.0
"""Median absolute deviations by which it may move besides."""
BLOCK, REMEMBERED = 64, 16
"""Frames of which the one that came soonest counts, and how many such are looked back at."""
UNSTAMPED = 1.0
"""Seconds to wait where nothing but arrival is known; the rate must be even then."""
UNEVEN = 1.3
"""By so much the rate may differ between halves of the window, where nothing but arrival is known."""


class Settling:
    """Watches the first frames."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float | None]] = deque()
        self._began: float | None = None
        self.trend = 0.0
        """By how much the offset moved last, s."""

    def feed(self, arrival: float, stamp: float | None) -> bool:
        """One more frame, s of the host's clock and of its own; is it fresh, and will those after it be?"""
        self._began = arrival if self._began is None else self._began
        if self._seen and stamp is not None and self._seen[-1][1] is not None and stamp <= self._seen[-1][1]:
            self._seen.clear()  # the time stamps began anew
        self._seen.append((arrival, stamp))
        while len(self._seen) > LEAST and arrival - self._seen[1][0] >= WINDOW:
            self._seen.popleft()
        if len(self._seen) < LEAST or arrival - self._seen[0][0] < WINDOW:
            return False
        return self._even(arrival) if any(stamp is None for _, stamp in self._seen) else self._still()

    def _still(self) -> bool:
        seen = [(arrival, stamp) for arrival, stamp in self._seen if stamp is not None]
        offsets = [arrival - stamp for arrival, stamp in seen]
        half = len(offsets) // 2
        self.trend = median(offsets[-half:]) - median(offsets[:half])
        middle = median(offsets)
        jitter = median(abs(offset - middle) for offset in offsets)
        period = (seen[-1][1] - seen[0][1]) / (len(seen) - 1)
        return abs(self.trend) <= SHARE * period + min(WIDE * jitter, period)

    def _even(self, arrival: float) -> bool:
        times = [arrival for arrival, _ in self._seen]
        half = len(times) // 2
        first, second = times[half] - times[0], times[-1] - times[-1 - half]
        rate = max(first, second) <= UNEVEN * min(first, second)
        return rate and self._began is not None and arrival - self._began >= UNSTAMPED


class Lag:
    """Watches whether frames come later and later on the way: a decoder or a network that does not keep up.

    A clock that drifts is no lag: only the last thousand frames or so are looked at.
    """

    def __init__(self) -> None:
        self._block: list[float] = []
        self._least: deque[float] = deque(maxlen=REMEMBERED)

    def feed(self, arrival: float, stamp: float) -> float:
        """One more frame, s; by how much frames come later than lately, s."""
        self._block.append(arrival - stamp)
        if len(self._block) < BLOCK:
            return 0.0
        self._least.append(min(self._block))
        self._block.clear()
        return self._least[-1] - min(self._least)
