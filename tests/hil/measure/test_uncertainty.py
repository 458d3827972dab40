"""Budgets: figures worked by hand, and coverage by simulation."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from gatebench.hil.errors import EmptySample
from gatebench.hil.measure import uncertainty as un

SPANS = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=2, max_size=150)


def test_figures_worked_by_hand():
    # BENCH: a latency timer of 16 ms has u = 4.6 ms, of 1 ms 0.29 ms.
    assert un.latency_timer(0.016).u == pytest.approx(4.62e-3, rel=1e-3)
    assert un.latency_timer(0.001).u == pytest.approx(0.289e-3, rel=2e-3)
    assert un.resolution(100e-6).u == pytest.approx(28.87e-6, rel=1e-3)
    assert un.clock_rate(50, 2.0).u == pytest.approx(100e-6 / math.sqrt(3))
    assert un.clock_join(174e-6).u == pytest.approx(100.5e-6, rel=1e-3)
    assert un.polled(0.05).u == pytest.approx(14.43e-3, rel=1e-3)


def test_independent_components_add_by_squares():
    three, four = un.Component("a", 3e-6, "A", ""), un.Component("b", 4e-6, "B", "")
    budget = un.Budget("line", 1e-4, (three,)).plus(four)
    assert budget.u == pytest.approx(5e-6) and budget.expanded == pytest.approx(10e-6)


def test_a_budget_reads_as_a_table():
    text = un.Budget("box", 3.2e-3, (un.resolution(1e-4),)).table()
    assert text.splitlines()[0] == "box: floor 3.2 ms, subtracted from every value"
    assert "resolution of the stamp  B     28.9 µs  steps of 100 µs, / √12" in text
    assert " ".join(text.splitlines()[-1].split()) == "expanded, U 57.7 µs k = 2, about 95 %"


@pytest.mark.parametrize("tail", ["normal", "long", "two humps"])
@pytest.mark.parametrize("n", [60, 200])
def test_u_holds_95_percent_of_later_values_whatever_their_distribution(tail, n):
    r, trials = np.random.default_rng(3), 500
    draw = {
        "normal": lambda size: r.normal(size=size),
        "long": lambda size: r.lognormal(sigma=1.5, size=size),
        "two humps": lambda size: r.normal(size=size) * 0.1 + 10.0 * (r.random(size) < 0.1),
    }[tail]
    later = np.sort(draw(200_000))
    held = 0
    for _ in range(trials):
        budget = un.null_budget("x", list(draw(n)))
        reach = (budget.correction - budget.expanded, budget.correction + budget.expanded)
        first, end = np.searchsorted(later, reach)
        held += int(end - first) >= 0.945 * len(
            later
        )  # the drawn ones are 200,000: 0.5 % is ten times their noise
    # The bound on the 95 % quantile of distances holds in 95 % of null tests (their own median costs a little).
    assert held >= binom.ppf(1e-4, trials, 0.90)


@given(SPANS)
def test_the_spread_is_never_less_than_the_standard_deviation(values):
    assert un.spread(values).u >= statistics.stdev(values) * (1 - 1e-12)


@given(SPANS, st.floats(1, 100))
def test_a_larger_scale_is_a_larger_doubt(values, scale):
    wide = [value * scale for value in values]
    assert un.null_budget("x", wide).u == pytest.approx(
        un.null_budget("x", values).u * scale, rel=1e-6, abs=1e-12
    )


def test_few_values_cost_more():
    # Student's t for 4 degrees of freedom is 2.78, over k = 2.
    values = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert un.spread(values).u == pytest.approx(statistics.stdev(values) * 2.7764 / 2, rel=1e-4)


def test_of_one_value_there_is_no_spread_and_no_budget_without_components():
    for call in (un.spread, un.floor_doubt):
        with pytest.raises(EmptySample):
            call([0.1])
    with pytest.raises(EmptySample):
        un.Budget("x", 0.0, ())
    for width in (-1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="width"):
            un.resolution(width)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ms"),
        (4.8e-5, "48 µs"),
        (0.00125, "1.25 ms"),
        (0.4, "400 ms"),
        (2.0, "2 s"),
        (-3e-5, "-30 µs"),
    ],
)
def test_times_are_told_in_the_unit_that_suits_them(seconds, text):
    assert un.shown(seconds) == text
