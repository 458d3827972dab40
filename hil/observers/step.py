"""When the light in a part of the picture changed, between two frames: from how far the frame in between had got.

A pixel that is dark before and lit after holds, in a frame during whose exposure the change fell, the mixture of both that
fits the share of the exposure that was left. Rows begin one after the other, so each row has its own share. The share is
found per row by weighted least squares on what the pixels read (their noise is even there, not in linear light); pixels that
saturate, and those beside them, are left out: of a glaring lamp the halo is what counts.

Unknown are the instant, the true exposure, and the true gamma. All that is possible is tried on a grid; what comes of it is a
distribution, whose spread holds the noise, the exposure, the gamma, and the time between two exposures in which nothing is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from .belief import Belief

SATURATED = 246
"""Reading from which a pixel's light is not known."""
RINGING = 3
"""px beside a saturated pixel that JPEG, or the lens, may have spoiled."""
FAINT = 4.0
"""Least change of a pixel's reading that is looked at, of 255."""
PIXELS = 1200
"""Most that are looked at."""
DARKEST = 3.0
"""Reading below which gamma's slope would be endless."""
COARSE, FINE = 160, 160
"""Instants tried: over the whole time in question, then where it is likely."""
UNLIKELY = 14.0
"""Difference of log likelihood that is as good as impossible."""
STEADY = 3
"""Frames that it takes to see how much the light wavers by itself."""
WAVERING = 4.0
"""Variance ratio that is assumed with fewer."""


class Moment(NamedTuple):
    """A frame's part of the picture."""

    t: float
    """s: when its first row's exposure began (row 0 of the whole picture)."""
    pixels: np.ndarray
    """uint8 (rows, columns, 3)."""


@dataclass(frozen=True)
class Step:
    """Where the instant lies for every pair of exposure and gamma, and how likely each pair is (with what was believed)."""

    exposures: np.ndarray
    gammas: np.ndarray
    t: np.ndarray
    """s (E, G)."""
    variance: np.ndarray
    """s² (E, G)."""
    share: np.ndarray
    """(E, G), sums to 1."""
    evidence: np.ndarray
    """log (E, G), without what was believed."""
    pixels: int
    """How many were looked at (each of three colours counts)."""
    misfit: float
    """Mean square of what the model does not explain, over that of the noise: about 1 where it is right."""
    wavering: float
    """Variance of the light as a whole, over what the noise of pixels explains."""

    @property
    def instant(self) -> float:
        """s: the mean."""
        return float((self.share * self.t).sum())

    @property
    def u(self) -> float:
        """s: standard deviation."""
        return float(np.sqrt((self.share * (self.variance + (self.t - self.instant) ** 2)).sum()))


class Unfit(Exception):
    """There is nothing to go by; the message says what is missing."""


def usable(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Pixels, bool (rows, columns, 3), of two mean pictures: they differ, and neither is saturated."""
    glaring = (np.maximum(before, after) >= SATURATED).any(2).astype(np.uint8)
    near = cv2.dilate(glaring, np.ones((2 * RINGING + 1, 2 * RINGING + 1), np.uint8)).astype(bool)
    found: np.ndarray = (np.abs(after - before) >= FAINT) & ~near[:, :, None]
    return found


def fit(
    before: list[Moment],
    between: list[Moment],
    after: list[Moment],
    begins: np.ndarray,
    belief: Belief,
    where: np.ndarray | None = None,
) -> Step:
    """`before` and `after` are frames of steady light, `between` those that may hold something of both, in order and with at
    least one neighbour on each side that is steady. `begins`, s (rows,): when each row's exposure begins after the frame's t.
    `where`: bool (rows, columns), pixels that may be used.

    Raises: Unfit if no pixel can be used.
    """
    dark = np.mean([moment.pixels for moment in before], 0, dtype=np.float32)
    lit = np.mean([moment.pixels for moment in after], 0, dtype=np.float32)
    use = usable(dark, lit)
    if where is not None:
        use &= where[:, :, None]
    if not use.any():
        raise Unfit("no pixel of it changes without being saturated")
    change = np.abs(lit - dark)
    if (count := int(use.sum())) > PIXELS:
        use &= change >= np.partition(change[use], count - PIXELS)[count - PIXELS]
    rows = np.nonzero(use)[0]
    low, high = dark[use], lit[use]
    still = [np.array([m.pixels[use] for m in some], np.float32) for some in (before, after)]
    noise = _noise(still)
    seen = np.array([moment.pixels[use] for moment in between], np.float32)
    fewest = min(len(before), len(after))
    noise2 = noise**2 * (1 + 1 / fewest)

    exposures, gammas, weight = belief.nodes()
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    kinds = rows[starts]
    begin = np.array([moment.t for moment in between])[:, None] + begins[kinds][None]
    mixtures = [_mixture(seen, low, high, starts, gamma, noise2) for gamma in gammas]
    share, information = (
        np.stack([mixture[i] for mixture in mixtures], -1) for i in (0, 1)
    )  # (frames, rows, G)
    rest = np.array([mixture[2] for mixture in mixtures])  # (G,)
    free = max(1, seen.size - share[:, :, 0].size)
    misfit = float(rest.min() / free)
    wavering = _wavering(still, low, high, float(gammas[len(gammas) // 2]), noise)
    scale = max(1.0, misfit) * max(1.0, wavering)

    def likelihood(instants: np.ndarray) -> np.ndarray:
        """log (instants, E, G)."""
        f = (begin[None, None] + exposures[None, :, None, None] - instants[:, None, None, None]) / exposures[
            None, :, None, None
        ]
        f = np.clip(f, 0.0, 1.0).reshape(len(instants), len(exposures), -1)
        weights = (information / scale).reshape(-1, len(gammas))
        means = share.reshape(-1, len(gammas))
        found: np.ndarray = (
            f @ (weights * means) - 0.5 * (f * f) @ weights - 0.5 * (weights * means * means).sum(0)
        )
        return found - 0.5 * rest / scale

    first, last = float(begin.min()), float(begin.max() + exposures.max())
    first -= 0.25 * exposures.max()
    coarse = np.linspace(first, last, COARSE)
    rough = (likelihood(coarse) + weight).max((1, 2))
    likely = np.flatnonzero(rough > rough.max() - UNLIKELY)
    step = coarse[1] - coarse[0]
    instants = np.linspace(coarse[likely[0]] - step, coarse[likely[-1]] + step, FINE)
    logs = likelihood(instants)
    top = logs.max(0)
    mass = np.exp(logs - top)
    total = mass.sum(0)
    t = np.einsum("teg,t->eg", mass, instants) / total
    variance = np.einsum("teg,teg->eg", mass, (instants[:, None, None] - t) ** 2) / total
    variance = variance + (instants[1] - instants[0]) ** 2 / 12
    evidence = top + np.log(total)
    posterior = np.exp(evidence + weight - (evidence + weight).max())
    return Step(
        exposures,
        gammas,
        t,
        variance,
        posterior / posterior.sum(),
        evidence - evidence.max(),
        len(low),
        misfit,
        wavering,
    )


def _mixture(
    seen: np.ndarray, low: np.ndarray, high: np.ndarray, starts: np.ndarray, gamma: float, noise2: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Share of the lit picture per frame and row, the information (1 / variance) of each, and the squares left over, in
    units of the noise. Gauss–Newton on the readings: linear light would let the noise of bright pixels rule."""
    a = (np.maximum(low, DARKEST) / 255) ** np.float32(gamma)
    b = (np.maximum(high, DARKEST) / 255) ** np.float32(gamma) - a
    sizes = np.diff(np.append(starts, len(low)))
    seen = np.clip(seen, np.minimum(low, high) - 40, np.maximum(low, high) + 40)
    light = (np.maximum(seen, DARKEST) / 255) ** np.float32(gamma)
    share = np.add.reduceat((light - a) * b, starts, 1) / np.add.reduceat(b * b, starts)
    information = np.zeros_like(share)
    left = 0.0
    for _ in range(4):
        at = np.clip(share, 0.0, 1.0)
        f = np.repeat(at, sizes, 1)
        mixed = a + b * f
        model = 255 * mixed ** np.float32(1 / gamma)
        slope = model / (gamma * mixed) * b
        off = seen - model
        information = np.add.reduceat(slope * slope, starts, 1)
        moved = np.add.reduceat(slope * off, starts, 1) / information
        share = at + moved
        left = float((off * off).sum() - (information * moved * moved).sum())
    return share, information / noise2, left / noise2


def _noise(still: list[np.ndarray]) -> float:
    """Standard deviation of a pixel's reading from frame to frame; rounding alone leaves 0.3."""
    squares = sum(float(((some - some.mean(0)) ** 2).sum()) for some in still if len(some) > 1)
    free = sum((len(some) - 1) * some.shape[1] for some in still if len(some) > 1)
    return max(0.5, float(np.sqrt(squares / free))) if free else 4.0


def _wavering(
    still: list[np.ndarray], low: np.ndarray, high: np.ndarray, gamma: float, noise: float
) -> float:
    """How much more the share wavers from frame to frame of steady light than independent noise of pixels would have it."""
    found, free = 0.0, 0
    a, c = ((np.maximum(level, DARKEST) / 255) ** gamma for level in (low, high))
    for some, level in zip(still, (a, c), strict=True):
        if len(some) < 2:
            continue
        slope = 255 * level ** (1 / gamma - 1) / gamma * (c - a)
        shares = (some - some.mean(0)) @ slope / (slope @ slope)
        found += float((shares**2).sum() * (slope @ slope) / noise**2)
        free += len(some) - 1
    return found / free if free >= STEADY else WAVERING
