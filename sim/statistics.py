"""From the figures of replications to what can be said: means, differences under common random numbers, quantiles.

A replication that has no figure (`Missing`, or no finite number) is left out, and `n` counts those that have one.
scipy.special rather than scipy.stats: the same functions, and 0.5 s less to import.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeGuard

import numpy as np
from numpy.typing import ArrayLike

from .metrics import Figure, Missing

CONFIDENCE = 0.95
ROUNDING = 1e-12
"""Two figures that differ by less than this, relative to the larger, differ by rounding alone."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Estimate:
    """The mean over replications."""

    mean: float
    ci95: Interval | None
    """Student t interval."""
    n: int
    why: str | None = None
    """Why there is no interval."""


@dataclass(frozen=True)
class Difference:
    """The mean over replications of a candidate's figure minus the baseline's, replication by replication."""

    mean: float
    ci95: Interval | None
    n: int
    p: float | None
    """Two-sided, of the paired t test."""
    p_holm: float | None = None
    """Adjusted for all differences of its family; see `holm`."""
    why: str | None = None
    """Why there is neither interval nor p."""


def estimate(figures: Iterable[Figure]) -> Estimate | Missing:
    """Mean and interval of one figure a replication; Missing, with the reasons, if none has one."""
    given = list(figures)
    values = [figure for figure in given if _is_told(figure)]
    if not values:
        return _nothing(given)
    mean = _mean(values)
    if len(values) == 1:
        return Estimate(mean, None, 1, "one replication: no interval")
    margin = _quantile_of_t(len(values)) * _standard_error(values, mean)
    return Estimate(mean, (mean - margin, mean + margin), len(values))


def difference(figures: Sequence[Figure], baseline: Sequence[Figure]) -> Difference | Missing:
    """Mean, interval and p of the paired differences. ValueError unless both are of the same replications.

    Where all replications differ by just the same, the interval is that one value, and p is 1 if it is 0, else 0.
    """
    if len(figures) != len(baseline):
        raise ValueError(f"{len(figures)} replications cannot be paired with {len(baseline)}")
    pairs = [(a, b) for a, b in zip(figures, baseline, strict=True) if _is_told(a) and _is_told(b)]
    if not pairs:
        return _nothing([*figures, *baseline])
    values = [_minus(a, b) for a, b in pairs]
    n, mean = len(values), _mean(values)
    if n == 1:
        return Difference(mean, None, 1, None, why="one replication: no interval")
    error = _standard_error(values, mean)
    if error == 0.0:
        return Difference(mean, (mean, mean), n, 0.0 if mean else 1.0)
    from scipy.special import stdtr

    margin = _quantile_of_t(n) * error
    return Difference(mean, (mean - margin, mean + margin), n, 2.0 * float(stdtr(n - 1, -abs(mean / error))))


def adjust(family: Sequence[Difference | Missing]) -> list[Difference | Missing]:
    """The same, each with its `p_holm`. Those without a p are no part of the family."""
    told = [each.p for each in family if isinstance(each, Difference) and each.p is not None]
    adjusted = iter(holm(told))
    return [
        replace(each, p_holm=next(adjusted)) if isinstance(each, Difference) and each.p is not None else each
        for each in family
    ]


def holm(p: Sequence[float]) -> list[float]:
    """p values adjusted so that the chance of any false alarm among them stays at the level.

    Holm, S. (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 65-70.
    ValueError if one is no probability.
    """
    wrong = [value for value in p if not 0.0 <= value <= 1.0]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no p value")
    adjusted = [0.0] * len(p)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        largest = max(largest, min(1.0, (len(p) - rank) * p[index]))
        adjusted[index] = largest
    return adjusted


def quantile(values: ArrayLike, p: float) -> float:
    """Inverse of the empirical distribution: the smallest value that at least a share `p` of them does not exceed.

    Nothing is interpolated. `p` means the number as it is written: the 0.07 quantile of 100 values is the 7th, though
    0.07 * 100 > 7 in binary. ValueError if there are no values, or NaN among them, or `p` is not in (0, 1].
    """
    array = np.asarray(values, np.float64)
    if not 0.0 < p <= 1.0:
        raise ValueError(f"a quantile is asked for a share in (0, 1], not {p!r}")
    if not array.size or np.isnan(array).any():
        raise ValueError("no quantile of no values" if not array.size else "no quantile where a value is NaN")
    rank = math.ceil(Fraction(str(float(p))) * array.size)
    return float(np.partition(array.ravel(), rank - 1)[rank - 1])


def _is_told(figure: Figure) -> TypeGuard[float]:
    return not isinstance(figure, Missing) and math.isfinite(figure)


def _nothing(given: Iterable[Figure]) -> Missing:
    """Every reason once, as they came."""
    reasons = {
        each.why if isinstance(each, Missing) else "not a finite number": None
        for each in given
        if not _is_told(each)
    }
    return Missing("; ".join(reasons) or "no replications")


def _minus(a: float, b: float) -> float:
    return 0.0 if abs(a - b) <= ROUNDING * max(abs(a), abs(b)) else a - b


def _mean(values: Sequence[float]) -> float:
    return values[0] if min(values) == max(values) else math.fsum(values) / len(values)


def _standard_error(values: Sequence[float], mean: float) -> float:
    """0 exactly where all values are equal."""
    n = len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1) / n)


def _quantile_of_t(n: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, (1.0 + CONFIDENCE) / 2.0))
