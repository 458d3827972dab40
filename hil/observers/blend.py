"""The instant of a change between frames, from how far frames are blended of before and after.

A change at τ leaves a row whose exposure begins at b and lasts E with the share (b + E - τ) / E of what came after, within 0 to 1. Each
frame tells that share for some bands of rows. All instants are tried; what remains likely is the answer, its spread the uncertainty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .optics import Optics

MODEL = 0.04
"""Standard deviation of a share beyond the noise: a display's own response, glare, the change of another pixel. Assumed."""
COARSE = 0.1
"""The same where exposure and readout are only tried in steps."""
STEPS = 801


@dataclass(frozen=True, slots=True)
class Blend:
    """How far one band of rows in one frame shows what came after."""

    t: float
    """s: when the frame began."""
    row: float
    """Middle of the band in the picture, as a share of its height."""
    shares: tuple[float, ...]
    """Of what came after, in linear light, for each gamma that `gammas` gives."""
    noise: float
    """Standard deviation of the share."""


def gammas(optics: Optics | None) -> tuple[float, ...]:
    """Exponents that are tried: what was told, and as wrong as its tolerance says."""
    if optics is None:
        return (1.8, 2.2, 2.6)
    return tuple(optics.gamma * (1.0 + off * math.sqrt(1.5) * optics.tolerance) for off in (-1, 0, 1))


def linear(picture: np.ndarray, gamma: float) -> np.ndarray:
    """Light, 0 to 1, of what the camera made 0 to 255."""
    light: np.ndarray = np.power(np.clip(picture, 0.0, 255.0) / 255.0, gamma)
    return light


def instant(blends: list[Blend], optics: Optics | None, period: float) -> tuple[float, float]:
    """Instant and standard uncertainty, s, of a change that the frames have in between; the uncertainty of the frames' own
    times comes on top. Without optics all exposures up to a frame, and all readouts, are taken to be possible.

    Raises: ValueError without blends.
    """
    if not blends:
        raise ValueError("no frames around the change")
    t = np.array([one.t for one in blends])
    row = np.array([one.row for one in blends])
    sd = np.hypot(MODEL, np.array([one.noise for one in blends]))
    # Bands of a frame have the same errors in common: together they weigh as much as three.
    sd *= math.sqrt(max(1.0, len(blends) / len(set(t.tolist())) / 3.0))
    if optics is not None:
        wrong = math.sqrt(1.5) * optics.tolerance
        exposures = [optics.exposure * (1.0 + off * wrong) for off in (-1, 0, 1)]
        readouts = [optics.readout]
    else:
        exposures = [period * share for share in np.linspace(0.1, 1.0, 10)]
        readouts = [period * share for share in np.linspace(0.0, 0.9, 6)]
        sd = np.hypot(sd, COARSE)
    longest = max(exposures) + max(readouts)
    tried = np.linspace(t.min() - 0.1 * longest, t.max() + longest, STEPS)
    likely = np.zeros(STEPS)
    for exposure in exposures:
        for readout in readouts:
            end = t + readout * row + exposure
            model = np.clip((end[:, None] - tried) / exposure, 0.0, 1.0)
            for n in range(len(blends[0].shares)):
                share = np.array([one.shares[n] for one in blends])
                off = (share[:, None] - model) / sd[:, None]
                likely += np.exp(-0.5 * np.minimum(off * off, 25.0).sum(0))
    if not likely.any():  # no instant explains the frames
        middle = tried[int(np.argmin(np.abs(tried - np.median(t))))]
        return float(middle), float((tried[-1] - tried[0]) / math.sqrt(12.0))
    likely /= likely.sum()
    mean = float((likely * tried).sum())
    spread = float(np.sqrt((likely * (tried - mean) ** 2).sum()))
    return mean, max(spread, (tried[1] - tried[0]) / math.sqrt(12.0))
