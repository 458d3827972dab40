"""Light that flickers with the mains: twice its 50 or 60 Hz, as the camera's frames and rows sample it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

MAINS = {"50 Hz": 100.0, "60 Hz": 120.0}
"""Frequency of the light for each mains."""
BANDS = 8
SECONDS = 2.0
"""s of frames that are looked at together."""
AMPLITUDE = 0.004
"""Least amplitude, as a share of the light, that is called flicker."""
EXPLAINED = 0.5
"""Least share of all change of a band that the flicker explains."""
SLOWEST = 0.7
"""Hz: a beat slower than this can't be told from a cloud; nor can a frame rate that the flicker is a multiple of."""


@dataclass(frozen=True, slots=True)
class Found:
    """Flicker that was found."""

    mains: str
    """"50 Hz", "60 Hz", or both where the frame rate does not tell them apart."""
    lowest: float
    """Hz: of the mains (the lower, where both are possible)."""
    amplitude: float
    """Share of the light."""
    share: float
    """Of the stretches of frames that were looked at."""


@dataclass(slots=True)
class Flicker:
    """Looks at frames in stretches of SECONDS."""

    _t: deque[float] = field(default_factory=deque)
    _bands: deque[np.ndarray] = field(default_factory=deque)
    _looked: int = 0
    _seen: list[tuple[str, float]] = field(default_factory=list)

    def feed(self, t: float, grey: np.ndarray) -> None:
        """Take the next frame's picture, grey."""
        self._t.append(t)
        self._bands.append(
            np.array([one.mean() for one in np.array_split(grey[:, ::4], min(BANDS, len(grey)))])
        )
        if self._t[-1] - self._t[0] >= SECONDS:
            if len(self._t) >= 12:
                self._look()
            self._t.clear()
            self._bands.clear()

    def found(self) -> Found | None:
        """What flickers, if anything does in at least half of the stretches."""
        if not self._looked or 2 * len(self._seen) < self._looked:
            return None
        names = [name for name, _ in self._seen]
        mains = max(set(names), key=names.count)
        lowest = 50.0 if "50" in mains else 60.0
        amplitude = float(np.median([size for _, size in self._seen]))
        return Found(mains, lowest, amplitude, len(self._seen) / self._looked)

    def _look(self) -> None:
        self._looked += 1
        t = np.array(self._t) - self._t[0]
        light = np.array(self._bands)
        light = light / np.maximum(light.mean(0), 1.0) - 1.0
        trend = np.polynomial.polynomial.polyvander(t / SECONDS, 3)
        light -= trend @ np.linalg.lstsq(trend, light, rcond=None)[0]
        total = float((light**2).sum())
        rate = (len(t) - 1) / (t[-1] - t[0])
        sizes: dict[str, float] = {}
        for name, frequency in MAINS.items():
            beat = abs(frequency - rate * round(frequency / rate))
            if beat < SLOWEST:
                continue
            waves = np.stack([np.cos(2 * np.pi * frequency * t), np.sin(2 * np.pi * frequency * t)], 1)
            fitted = waves @ np.linalg.lstsq(waves, light, rcond=None)[0]
            amplitude = float(np.sqrt(2.0 * np.median((fitted**2).mean(0))))
            if amplitude >= AMPLITUDE and float((fitted**2).sum()) >= EXPLAINED * total:
                sizes[name] = amplitude
        if sizes:
            most = max(sizes.values())
            names = [name for name, size in sizes.items() if size > 0.9 * most]
            self._seen.append((" or ".join(names), most))
