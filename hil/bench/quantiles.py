"""Quantiles of few values, with what they may be by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

CONFIDENCE = 0.95


class Quantile(NamedTuple):
    """A quantile with its two-sided interval of 95 %."""

    value: float
    """The inverse of the empirical distribution."""
    low: float | None
    """None: there are too few values for this bound."""
    high: float | None

    def to_json(self) -> dict[str, Any]:
        return {name: None if one is None else round(one, 9) for name, one in self._asdict().items()}


def quantile(values: Sequence[float], p: float) -> Quantile:
    """The p-quantile of values of one unit. Its interval lies between two order statistics and holds for every continuous
    distribution: so many values as are below the true quantile are binomial (David and Nagaraja, Order Statistics, 2003,
    section 7.1). ValueError: no values."""
    if not values:
        raise ValueError("no values have no quantile")
    from scipy.stats import binom

    ordered, count = sorted(values), len(values)
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = int(binom.ppf(tail, count, p)), int(binom.ppf(1.0 - tail, count, p)) + 1
    return Quantile(
        ordered[max(math.ceil(p * count - 1e-9), 1) - 1],
        ordered[low - 1] if low >= 1 else None,
        ordered[high - 1] if high <= count else None,
    )


def shown(one: Quantile) -> str:
    """`212 ms (205 to 230)`, an open end as `…`; values are seconds."""
    low, high = ("…" if end is None else _ms(end) for end in (one.low, one.high))
    return f"{_ms(one.value)} ms ({low} to {high})"


def _ms(seconds: float) -> str:
    return f"{1000.0 * seconds:.{1 if seconds < 0.1 else 0}f}"
