"""Quantiles of a sample with distribution-free confidence bounds: order statistics.

As many of n values lie at or below the true p-quantile as a binomial (n, p) says, whatever the distribution; where it has
jumps, the bounds hold with more than the nominal confidence. Source: David and Nagaraja, Order Statistics, 3rd edition
(2003), section 7.1; ISO 16269-6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import bdtr

from ...sim.statistics import quantile
from ..errors import EmptySample

CONFIDENCE = 0.95


class Quantile(NamedTuple):
    """A quantile of values of one unit, with its bounds; infinite where there are too few values for one."""

    p: float
    n: int
    value: float
    """The inverse of the empirical distribution."""
    low: float
    """Two-sided interval."""
    high: float
    lower: float
    """One-sided bounds, each of the whole confidence."""
    upper: float

    def to_json(self) -> dict[str, Any]:
        """Bounds that are not there are null."""
        return {
            name: None if isinstance(one, float) and math.isinf(one) else one
            for name, one in self._asdict().items()
        }


def estimate(values: Sequence[float], p: float, confidence: float = CONFIDENCE) -> Quantile:
    """The p-quantile and its bounds.

    Raises: EmptySample; ValueError for p outside (0, 1], a confidence outside (0, 1), or a NaN.
    """
    if not len(values):
        raise EmptySample("nothing was measured, so there is no quantile")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"a confidence lies in (0, 1), {confidence!r} does not")
    value, ordered, n = quantile(values, p), sorted(values), len(values)

    def at(rank: int) -> float:
        return -math.inf if rank < 1 else math.inf if rank > n else ordered[rank - 1]

    tail = (1.0 - confidence) / 2.0
    low, high = at(rank_below(n, p, tail)), at(rank_above(n, p, tail))
    lower, upper = at(rank_below(n, p, 1.0 - confidence)), at(rank_above(n, p, 1.0 - confidence))
    return Quantile(p, n, value, low, high, lower, upper)


def rank_below(n: int, p: float, risk: float) -> int:
    """The largest rank, from 1, whose value exceeds the true p-quantile with probability `risk` at the most; 0: none."""
    return _binomial(risk, n, p)


def rank_above(n: int, p: float, risk: float) -> int:
    """The smallest rank, from 1, whose value falls short of the true p-quantile with probability `risk` at the most; n + 1:
    there is none among n values."""
    return _binomial(1.0 - risk, n, p) + 1


def _binomial(q: float, n: int, p: float) -> int:
    """The smallest k that a binomial (n, p) does not exceed with probability q. (scipy.stats takes 0.5 s to import.)"""
    return int(np.searchsorted(bdtr(np.arange(n + 1), n, p), q))


def needed(p: float, confidence: float = CONFIDENCE) -> int | None:
    """How many values an upper bound of the p-quantile takes at least: 59 for p = 0.95. None: no number will do (p = 1)."""
    if p >= 1.0:
        return None
    n = max(1, math.ceil(math.log(1.0 - confidence) / math.log(p)))
    while rank_above(n, p, 1.0 - confidence) > n:  # rounding of the logarithms
        n += 1
    return n


def shown(one: Quantile) -> str:
    """`212 ms (205 to 230)`, with the two-sided interval, an open end as `…`; values are seconds."""
    low, high = ("…" if math.isinf(end) else f"{1000.0 * end:.0f}" for end in (one.low, one.high))
    return f"{1000.0 * one.value:.0f} ms ({low} to {high})"
