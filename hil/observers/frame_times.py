"""When frames really began, from what the source says of many of them."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from ..camera.frame import Frame

WINDOW = 64
"""Frames that are looked at together."""
FEWEST = 8
"""Frames before anything is said of how regular they are."""


class Instant(NamedTuple):
    """s, with its standard uncertainty."""

    t: float
    u: float


class FrameTimes:
    """Weighs each frame's stamp against the line through its neighbours'.

    Stamps that scatter as much as they are said to (`Frame.u`) come from a regular camera, and the line is better than any of
    them. Stamps that scatter more tell of frames that are irregular. Stamps that scatter less than they are said to leave
    their doubt as it is. In between the two are weighed by their variances, as for a mean of normal populations.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[int, float, float]] = deque(maxlen=WINDOW)
        self._line: tuple[float, float, float, float] | None = None

    def add(self, frame: Frame) -> None:
        """The next frame. Numbers that do not rise (a source that began anew) begin anew here too."""
        if self._seen and frame.number <= self._seen[-1][0]:
            self._seen.clear()
        self._seen.append((frame.number, frame.t, frame.u))
        self._line = None

    @property
    def period(self) -> float | None:
        """s from frame to frame; None before there are enough."""
        if len(self._seen) < FEWEST:
            return None
        return self._fitted()[1]

    def of(self, frame: Frame) -> Instant:
        """When it began."""
        if len(self._seen) < FEWEST:
            return Instant(frame.t, frame.u)
        zero, slope, scatter, doubt = self._fitted()
        line = zero + slope * (frame.number - self._seen[-1][0])
        told, u2 = scatter**2, frame.u**2
        irregular = max(0.0, told - u2)
        weight = irregular / told if told > 0 else 0.0
        hidden = max(0.0, u2 - told)
        variance = weight * u2 + ((1 - weight) * doubt) ** 2 + hidden
        return Instant(line + weight * (frame.t - line), float(np.sqrt(variance)))

    def _fitted(self) -> tuple[float, float, float, float]:
        """The line's value at the last frame, its slope, the scatter around it, and its own doubt at its end, s."""
        if self._line is None:
            numbers, stamps, _ = np.array(self._seen, float).T
            x = numbers - numbers[-1]
            slope, _ = np.polyfit(x - x.mean(), stamps - stamps.mean(), 1)
            rest = stamps - stamps.mean() - slope * (x - x.mean())
            scatter = float(np.sqrt((rest**2).sum() / (len(x) - 2)))
            end = float(np.sqrt(1 / len(x) + x.mean() ** 2 / ((x - x.mean()) ** 2).sum()))
            self._line = float(stamps.mean() - slope * x.mean()), float(slope), scatter, scatter * end
        return self._line
