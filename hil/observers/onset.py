"""When something began to move, from where it was on average in each exposure.

At first it moves as a power of the time: all at once (1: a spring lets go), by a constant force (2: a motor, a hand; a parabola),
or ever harder (3: a smooth start); later by that and the next two powers. Which of the three, how strongly, and where it rested
are unknown. All instants of a grid are tried with each power; for each the strengths are Gaussian and are integrated over exactly.
What remains is a distribution of the instant. Frames are means over an exposure, and the powers are averaged so too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

POWERS = {1: 0.2, 2: 0.6, 3: 0.2}
"""How it may begin, and how likely that is before anything is seen."""
SHARES = (0.7, 0.35, 0.12)
"""Of the way in the window: how uncertain the shares of the power, the next and the one after are."""
GRID, PASSES = 96, 4
"""Instants tried, everywhere and then where it is likely."""
UNLIKELY = 14.0
"""Difference of log evidence that is as good as impossible."""


class Onset(NamedTuple):
    """The instant, its standard deviation, s, the likeliest power, and the mean square of what is left over that of the noise."""

    t: float
    u: float
    power: int
    misfit: float


def onset(begins: np.ndarray, exposure: float, way: np.ndarray, noise: np.ndarray) -> Onset:
    """`begins`, s (N,): when each exposure began, in order; `way` (N,): where it was in it on average, with standard deviation
    `noise` (N,). It rests in the first, and moves in the last."""
    last = begins[-1] + exposure
    size = way[-1] - way[0]
    unit, scale = way / size, np.abs(noise / size)
    until = begins[-1] + 0.5 * exposure
    grids = []
    for power, likely in POWERS.items():
        low, high = begins[0], until
        for _ in range(PASSES):  # each power on its own: one's peak may be narrower than the other's steps
            instants = np.linspace(low, high, GRID)
            step = instants[1] - instants[0]
            log, left = _evidence(instants, power, begins, exposure, unit, scale, last)
            kept = instants[log > log.max() - UNLIKELY]
            low, high = kept[0] - 1.5 * step, min(kept[-1] + 1.5 * step, until)
        grids.append((instants, log + np.log(likely * step), left))
    instants, logs, left = (np.array(each) for each in zip(*grids, strict=True))
    share = np.exp(logs - logs.max())
    share /= share.sum()
    best = float((share * instants).sum())
    spread = float((share * (instants - best) ** 2).sum())
    index = int(share.sum(1).argmax())
    misfit = float(left[index][logs[index].argmax()]) / max(1, len(way) - 3)
    return Onset(best, float(np.sqrt(spread * max(1.0, misfit))), list(POWERS)[index], misfit)


def _evidence(
    instants: np.ndarray,
    power: int,
    begins: np.ndarray,
    exposure: float,
    unit: np.ndarray,
    scale: np.ndarray,
    last: float,
) -> tuple[np.ndarray, np.ndarray]:
    """log evidence (G,) of each instant, and the sum of squares that is left."""
    since = begins[None] - instants[:, None]
    span = (last - instants)[:, None]
    columns = [np.ones_like(since)]
    for q in range(power, power + len(SHARES)):
        whole = np.clip(since + exposure, 0, None) ** (q + 1) - np.clip(since, 0, None) ** (q + 1)
        columns.append(whole / ((q + 1) * exposure * span**q))
    design = np.stack(columns, -1)
    prior = np.array([0.0, 1.0, 0.0, 0.0])
    certain = 1.0 / np.array([0.5, *SHARES]) ** 2
    weighted = design / scale[None, :, None] ** 2
    information = np.einsum("gni,gnj->gij", weighted, design) + np.diag(certain)
    right = np.einsum("gni,n->gi", weighted, unit) + prior * certain
    mean = np.linalg.solve(information, right[..., None])[..., 0]
    left = (((unit - np.einsum("gni,gi->gn", design, mean)) / scale) ** 2).sum(1)
    away = ((mean - prior) ** 2 * certain).sum(1)
    log = -0.5 * (left + away) - 0.5 * np.linalg.slogdet(information)[1]
    return log, left
