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
SOFT = 2.0
"""px."""
CLEAR = 10.0
"""The same in standard uncertainties of the change: less, and chance would choose the pixels."""
PIXELS = 6000
"""Most that are looked at."""
DARKEST = 3.0
"""Reading below which gamma's slope would be endless."""
INSTANTS, ZOOMS = 24, 4
"""Instants tried at a time, and how often the time in question is narrowed to where it is likely."""
SHARE = 0.003
"""Standard uncertainty of a share however bright the lamp is: no camera has a gamma to the last digit."""
MODEL = 0.005
"""Share of an exposure below which a frame's time is never trusted: the lamp takes its own time, the shutter too."""
EDGE = 0.85
"""Of a frame's time, the part of its uncertainty that two neighbours share at least (two independent ones: 0.71)."""
HIDDEN = 2.0
"""Of light that wavers, as much again does not show while it is steady: JPEG rounds the same picture the same way each time."""
OWN = 400.0
"""Information (1 / variance) of a row's share from which it is taken by itself rather than with its neighbours."""
TOGETHER = 300
"""Rows count as one if their exposures begin within this part of an exposure."""
UNLIKELY = 14.0
"""Difference of log likelihood that is as good as impossible."""
STEADY = 3
"""Frames that it takes to see how much the light wavers by itself."""
NOISE, WAVERING = 4.0, 4.0
"""What is assumed with fewer, if nothing is known from before."""


class Moment(NamedTuple):
    """A frame's part of the picture."""

    t: float
    """s: when its first row's exposure began (row 0 of the whole picture)."""
    u: float
    """s: standard uncertainty of that."""
    pixels: np.ndarray
    """uint8 (rows, columns, 3)."""


class Steadiness(NamedTuple):
    """How even light is from frame to frame while nothing changes."""

    noise: float
    """Standard deviation of a pixel's reading, of 255."""
    wavering: float
    """Variance of the light as a whole, over what the noise of pixels explains."""


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
    steadiness: Steadiness
    uneven: float
    """Mean square of what rows and frames differ by from what exposure and readout say, over what their noise explains."""

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


def usable(before: np.ndarray, after: np.ndarray, least: float) -> np.ndarray:
    """Pixels, bool (rows, columns, 3), of two mean pictures: they differ by that much, and neither is saturated."""
    glaring = (np.maximum(before, after) >= SATURATED).any(2).astype(np.uint8)
    near = cv2.dilate(glaring, np.ones((2 * RINGING + 1, 2 * RINGING + 1), np.uint8)).astype(bool)
    # Softened, or of pixels that hardly change those would be chosen that noise favours.
    change = cv2.GaussianBlur(after - before, (0, 0), SOFT)
    found: np.ndarray = (np.abs(change) >= least) & (np.abs(after - before) >= 1.0) & ~near[:, :, None]
    return found


def fit(
    before: list[Moment],
    between: list[Moment],
    after: list[Moment],
    begins: np.ndarray,
    belief: Belief,
    usual: Steadiness | None = None,
) -> Step:
    """`before` and `after` are frames of steady light, `between` those that may hold something of both, in order and with at
    least one neighbour on each side that is steady. `begins`, s (rows,): when each row's exposure begins after the frame's t.
    `usual`: what was found before, for when there are too few steady frames to see it.

    Raises: Unfit if no pixel can be used.
    """
    still = [np.array([m.pixels for m in some], np.float32) for some in (before, after)]
    dark, lit = (np.asarray(some.mean(0)) for some in still)
    doubt = _noise(still, usual) * (1 / len(before) + 1 / len(after)) ** 0.5
    use = usable(dark, lit, max(FAINT, CLEAR * doubt))
    if not use.any():
        raise Unfit("no pixel of it changes without being saturated")
    if (count := int(use.sum())) > PIXELS:  # any other choice than an even one would be a choice of noise
        use.ravel()[np.flatnonzero(use)[np.arange(count) % -(-count // PIXELS) > 0]] = False
    rows = np.nonzero(use)[0]
    low, high = dark[use], lit[use]
    still = [some[:, use] for some in still]
    noise = _noise(still, usual)
    seen = np.array([moment.pixels[use] for moment in between], np.float32)
    fewest = min(len(before), len(after))
    noise2 = noise**2 * (1 + 1 / fewest)

    exposures, gammas, weight = belief.nodes()
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    mixtures = [_mixture(seen, low, high, rows[starts], starts, gamma, noise2) for gamma in gammas]
    share, information = (
        np.stack([mixture[i] for mixture in mixtures], -1) for i in (0, 1)
    )  # (frames, rows, G)
    rest = np.array([mixture[2] for mixture in mixtures])  # (G,)
    misfit = float(rest.min() / max(1, seen.size - share[:, :, 0].size))
    wavering = _wavering(still, low, high, float(gammas[len(gammas) // 2]), noise, usual)
    scale = max(1.0, misfit) * max(1.0, wavering)
    near = _near(share.mean((1, 2)))
    begin = np.array([moment.t for moment in between])[near, None] + begins[rows[starts]][None]
    begin, share, information = _grouped(begin, share[near], information[near] / scale, belief.exposure)
    information = 1 / (1 / information + SHARE**2)
    doubt = np.array([moment.u for moment in between])[near]
    t, variance, evidence, squares = _instants(begin, doubt, share, information, exposures)
    free = max(1, share.shape[0] * share.shape[1] - 2)
    uneven = squares / free
    if uneven > 1 + 2 * (2 / free) ** 0.5:
        information, scale = information / uneven, scale * uneven
        t, variance, evidence, squares = _instants(begin, doubt, share, information, exposures)
    evidence -= 0.5 * rest / scale
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
        Steadiness(noise, wavering),
        uneven,
    )


def _near(share: np.ndarray) -> slice:
    """The frames that say when, of the mean share of each: those in between, and a neighbour on each side."""
    lit = share > 0.5
    first = int(np.argmax(lit)) if lit.any() else len(share)
    low = first - 1
    while low > 0 and share[low] > 0.02:
        low -= 1
    high = first
    while high < len(share) and share[high] < 0.98:
        high += 1
    return slice(max(0, low), high + 1)


def _grouped(
    begin: np.ndarray, share: np.ndarray, information: np.ndarray, exposure: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows whose exposures begin nearly together, as one: (frames, groups), then twice (frames, groups, G)."""
    late = begin[0] - begin[0, 0]
    group = np.unique(np.floor(late / (exposure / TOGETHER)), return_index=True)[1]
    total = np.add.reduceat(information, group, 1)
    mean = np.add.reduceat(information * share, group, 1) / total
    weight = information.mean(2)
    when = np.add.reduceat(weight * begin, group, 1) / np.add.reduceat(weight, group, 1)
    return when, mean, total


def _instants(
    begin: np.ndarray, doubt: np.ndarray, share: np.ndarray, information: np.ndarray, exposures: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Mean and variance of the instant, and the log evidence, for each exposure and gamma, (E, G): the likelihood of equally
    likely instants, narrowed for each to where it is likely. `doubt`: standard uncertainty of each frame's time, which all its
    rows share; it is averaged over, as a normal distribution, for the rows that it moves."""
    pairs = (len(exposures), share.shape[2])
    exposure = exposures[:, None]
    low = np.full(pairs, begin.min() - 0.3 * exposures.max())
    high = np.full(pairs, begin.max() + exposures.max())
    steps = np.linspace(0.0, 1.0, INSTANTS)[:, None, None]
    common2 = np.maximum(doubt[:, None, None] / exposures[:, None], MODEL)[:, None] ** 2
    for zoom in range(ZOOMS + 1):
        instants = low + steps * (high - low)
        off = (begin[:, :, None, None, None] - instants + exposure) / exposure
        np.clip(off, 0.0, 1.0, out=off)
        partial = (off > 0.0) & (off < 1.0)
        off -= share[:, :, None, None, :]
        pull = np.einsum("nrteg,nrteg,nrg->nteg", off, partial, information, optimize=True)
        moved = np.einsum("nrteg,nrg->nteg", partial, information)
        logs = 0.5 * (common2 * pull**2 / (1 + common2 * moved)).sum(0)
        off *= off
        logs -= 0.5 * np.einsum("nrteg,nrg->teg", off, information)
        top = logs.max(0)
        if zoom < ZOOMS:
            likely = logs > top - UNLIKELY
            step = (high - low) / (INSTANTS - 1)
            first = likely.argmax(0)
            last = INSTANTS - 1 - likely[::-1].argmax(0)
            low, high = low + (first - 1) * step, low + (last + 1) * step
    mass = np.exp(logs - top)
    total = mass.sum(0)
    t = (mass * instants).sum(0) / total
    variance = (mass * (instants - t) ** 2).sum(0) / total
    # Where an instant lies between two exposures, their edges bound it, and the edges are no better known than the frames.
    variance = np.maximum(variance, (EDGE * common2[0, 0] ** 0.5 * exposure) ** 2)
    return t, variance, top + np.log(total * (high - low)), float(-2 * top.max())


def _mixture(
    seen: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    rows: np.ndarray,
    starts: np.ndarray,
    gamma: float,
    noise2: float,
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
    x = rows - rows.mean()
    information = np.add.reduceat(b * b, starts, 0)[None] / np.abs(b).max() ** 2 * OWN + 0 * share
    for _ in range(4):
        # Rows that know little of themselves are taken near where their neighbours are.
        mean = (information * share).sum(1, keepdims=True) / information.sum(1, keepdims=True)
        slope = (information * x * (share - mean)).sum(1, keepdims=True) / np.maximum(
            (information * x * x).sum(1, keepdims=True), 1e-9
        )
        own = information / (information + OWN)
        at = np.clip(own * share + (1 - own) * (mean + slope * x), 0.0, 1.0)
        f = np.repeat(at, sizes, 1)
        mixed = a + b * f
        model = 255 * mixed ** np.float32(1 / gamma)
        steep = model / (gamma * mixed) * b
        off = seen - model
        information = np.add.reduceat(steep * steep, starts, 1) / noise2
        moved = np.add.reduceat(steep * off, starts, 1) / noise2 / information
        share = at + moved
        left = float((off * off).sum() / noise2 - (information * moved * moved).sum())
    return share, information, left


def _noise(still: list[np.ndarray], usual: Steadiness | None) -> float:
    """Standard deviation of a pixel's reading from frame to frame; rounding alone leaves 0.3."""
    squares = sum(float(((some - some.mean(0)) ** 2).sum()) for some in still if len(some) > 1)
    free = sum(some[1:].size for some in still)
    if not free:
        return usual.noise if usual else NOISE
    return max(0.5, float(np.sqrt(squares / free)))


def _wavering(
    still: list[np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
    gamma: float,
    noise: float,
    usual: Steadiness | None,
) -> float:
    """How much more the share wavers from frame to frame of steady light than independent noise of pixels would have it."""
    found, free = 0.0, 0
    a, c = ((np.maximum(level, DARKEST) / 255) ** gamma for level in (low, high))
    for some, level in zip(still, (a, c), strict=True):
        slope = 255 * level ** (1 / gamma - 1) / gamma * (c - a)
        shares = (some - some.mean(0)) @ slope / (slope @ slope)
        found += float((shares**2).sum() * (slope @ slope) / noise**2)
        free += len(some) - 1
    if free < STEADY:
        return usual.wavering if usual else WAVERING
    ratio = found / free
    return (
        HIDDEN * ratio if ratio > 1 + 2 * (2 / free) ** 0.5 else 1.0
    )  # or chance alone would make it larger
