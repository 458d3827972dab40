"""Bounds of quantiles hold with the confidence that they claim, for every distribution and every size."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from gatebench.hil.errors import EmptySample
from gatebench.hil.measure.quantiles import estimate, needed, rank_above, rank_below

SIZES = st.integers(1, 400)
SHARES = st.integers(1, 99).map(lambda n: n / 100)
VALUES = st.lists(st.floats(-10, 10, allow_subnormal=False), min_size=1, max_size=200)


@given(SIZES, SHARES, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_an_upper_bound_covers_and_the_rank_below_it_would_not(n, p, confidence):
    # The value of rank r is at or above the quantile if fewer than r values lie below it: binomial, exactly.
    rank = rank_above(n, p, 1 - confidence)
    assert binom.cdf(rank - 1, n, p) >= confidence - 1e-12
    assert rank == 1 or binom.cdf(rank - 2, n, p) < confidence + 1e-12


@given(SIZES, SHARES, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_a_lower_bound_covers_and_the_rank_above_it_would_not(n, p, confidence):
    rank = rank_below(n, p, 1 - confidence)
    assert rank == 0 or binom.sf(rank - 1, n, p) >= confidence - 1e-12
    assert binom.sf(rank, n, p) < confidence + 1e-12


def exponential(p):
    return -math.log1p(-p)


@pytest.mark.parametrize(
    ("n", "p", "draw", "true"),
    [
        (200, 0.95, lambda r, size: r.exponential(size=size), exponential(0.95)),
        (60, 0.95, lambda r, size: r.exponential(size=size), exponential(0.95)),
        (15, 0.5, lambda r, size: r.lognormal(size=size), 1.0),
        # Stamps have a resolution: with ties the bounds only hold better.
        (100, 0.5, lambda r, size: np.ceil(r.exponential(size=size) * 4) / 4, 0.75),
    ],
)
def test_coverage_in_simulation(n, p, draw, true):
    trials = 4_000
    samples = draw(np.random.default_rng(7), (trials, n))
    found = [estimate(list(sample), p) for sample in samples]
    least = binom.ppf(1e-4, trials, 0.95)  # a count below it has a chance of 1e-4 if the coverage is nominal
    assert sum(one.upper >= true for one in found) >= least
    assert sum(one.lower <= true for one in found) >= least
    assert sum(one.low <= true <= one.high for one in found) >= least


@given(VALUES, SHARES)
def test_bounds_enclose_the_estimate_and_are_values_that_occurred(values, p):
    found = estimate(values, p)
    assert found.low <= found.lower <= found.value <= found.upper <= found.high
    assert {found.low, found.lower, found.value, found.upper, found.high} <= {*values, math.inf, -math.inf}


@given(VALUES, SHARES, st.integers(-5, 5))
def test_a_shift_shifts_everything_alike(values, p, shift):
    values = [float(round(value * 8)) for value in values]  # exact in binary
    moved = estimate([value + shift for value in values], p)
    was = estimate(values, p)
    assert moved == was._replace(**{name: getattr(was, name) + shift for name in was._fields[2:]})


def test_59_values_bound_the_95_percent_quantile_and_58_do_not():
    # 1 - 0.95 ** n >= 0.95 from n = 59 on.
    assert needed(0.95) == 59
    assert estimate(range(59), 0.95).upper == 58
    assert estimate(range(58), 0.95).upper == math.inf
    assert needed(0.99) == 299
    assert needed(1.0) is None


@given(SHARES)
def test_what_is_needed_is_enough_and_no_more(p):
    n = needed(p)
    assert math.isfinite(estimate(list(range(n)), p).upper)
    assert n == 1 or math.isinf(estimate(list(range(n - 1)), p).upper)


def test_bounds_that_are_not_there_are_null():
    assert estimate([0.1], 0.95).to_json() == {
        "p": 0.95, "n": 1, "value": 0.1, "low": None, "high": None, "lower": None, "upper": None
    }  # fmt: skip


def test_of_nothing_there_is_no_quantile():
    with pytest.raises(EmptySample):
        estimate([], 0.5)
    for p in (0.0, 1.1, math.nan):
        with pytest.raises(ValueError):
            estimate([1.0], p)
    with pytest.raises(ValueError, match="confidence"):
        estimate([1.0], 0.5, 1.0)
