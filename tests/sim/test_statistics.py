"""Means, paired differences, Holm and quantiles: against scipy, against figures worked by hand, and where there is
little or nothing to go by."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from gatebench.sim.metrics import Missing
from gatebench.sim.statistics import Difference, Estimate, adjust, difference, estimate, holm, quantile

FIGURES = st.lists(st.integers(-10_000, 10_000).map(lambda n: n / 7), min_size=2, max_size=40)
EXACT = {"rel": 1e-9, "abs": 1e-9}


# ---- means


def test_mean_and_interval_by_hand():
    # 8, 10, 12: mean 10, sd 2, t(0.975; 2 df) = 4.30265 (any table), 4.30265 * 2 / sqrt(3) = 4.96828
    found = estimate([8.0, 10.0, 12.0])
    assert found.mean == 10.0
    assert found.ci95 == pytest.approx((5.03172, 14.96828), abs=1e-5)
    assert (found.n, found.why) == (3, None)


@given(FIGURES)
def test_interval_is_scipys(values):
    assume(len(set(values)) > 1)
    found = estimate(values)
    told = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert found.mean == pytest.approx(np.mean(values), **EXACT)
    assert found.ci95 == pytest.approx(tuple(told), **EXACT)


def test_one_replication_has_a_mean_and_no_interval():
    assert estimate([3.5]) == Estimate(3.5, None, 1, "one replication: no interval")


def test_equal_figures_have_an_interval_without_width():
    # 0.1 is chosen since 3 * 0.1 / 3 is not 0.1 when summed up.
    assert estimate([0.1] * 3) == Estimate(0.1, (0.1, 0.1), 3)


def test_what_is_missing_is_left_out_and_not_taken_for_0():
    nobody = Missing("nobody came")
    assert estimate([8.0, nobody, 10.0, float("nan"), 12.0]) == estimate([8.0, 10.0, 12.0])
    assert estimate([nobody, nobody, math.inf]) == Missing("nobody came; not a finite number")
    assert estimate([]) == Missing("no replications")


# ---- paired differences


def test_paired_difference_by_hand():
    # Differences 1, 2, 3: mean 2, sd 1, t = 2 * sqrt(3) = 3.4641 at 2 df; p = 1 - t / sqrt(t^2 + 2) = 1 - sqrt(6/7)
    found = difference([11.0, 22.0, 33.0], [10.0, 20.0, 30.0])
    assert (found.mean, found.n) == (2.0, 3)
    assert found.ci95 == pytest.approx((2 - 4.30265 / math.sqrt(3), 2 + 4.30265 / math.sqrt(3)), abs=1e-5)
    assert found.p == pytest.approx(1 - math.sqrt(6 / 7), abs=1e-12)


@given(st.lists(st.tuples(st.integers(-99, 99), st.integers(-99, 99)), min_size=2, max_size=40))
def test_difference_is_scipys_paired_t_test(pairs):
    values, baseline = ([number / 7 for number in column] for column in zip(*pairs, strict=True))
    assume(len({a - b for a, b in pairs}) > 1)
    found = difference(values, baseline)
    told = stats.ttest_rel(values, baseline)
    assert found.mean == pytest.approx(np.mean(np.subtract(values, baseline)), **EXACT)
    assert found.ci95 == pytest.approx(tuple(told.confidence_interval(0.95)), **EXACT)
    assert found.p == pytest.approx(told.pvalue, **EXACT)


def test_pairs_need_both_sides():
    away = Missing("nobody came")
    found = difference([11.0, 50.0, 22.0, away, 33.0], [10.0, away, 20.0, 7.0, 30.0])
    assert found == difference([11.0, 22.0, 33.0], [10.0, 20.0, 30.0])
    assert difference([away, 1.0], [1.0, Missing("no reader")]) == Missing("nobody came; no reader")


def test_one_pair_has_neither_interval_nor_p():
    assert difference([3.0], [1.0]) == Difference(2.0, None, 1, None, why="one replication: no interval")


@pytest.mark.parametrize(("shift", "p"), [(0.0, 1.0), (2.0, 0.0)])
def test_the_same_difference_everywhere(shift, p):
    baseline = [1.0, 4.0, 9.0]
    assert difference([value + shift for value in baseline], baseline) == Difference(
        shift, (shift, shift), 3, p
    )


def test_rounding_is_no_difference():
    values = [0.1 + 0.2, 1 / 3, 5.0]
    assert difference(values, [0.3, 1 - 2 / 3, 5.0]) == Difference(0.0, (0.0, 0.0), 3, 1.0)


def test_replications_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="2 replications cannot be paired with 3"):
        difference([1.0, 2.0], [1.0, 2.0, 3.0])


def test_interval_of_a_difference_holds_what_it_promises():
    """Of 95 % intervals, 95 % hold the true value: 4,000 trials, alpha 1e-4."""
    random = np.random.default_rng(5)
    common = random.normal(10.0, 5.0, (4000, 6))
    one, other = (
        common + random.normal(1.0, 1.0, common.shape),
        common + random.normal(0.0, 1.0, common.shape),
    )
    found = [difference(a, b) for a, b in zip(one.tolist(), other.tolist(), strict=True)]
    held = sum(each.ci95[0] <= 1.0 <= each.ci95[1] for each in found)
    assert stats.binomtest(held, len(found), 0.95).pvalue > 1e-4


# ---- Holm


def test_holm_by_hand():
    # sorted 0.005 0.01 0.03 0.04 -> times 4 3 2 1 = 0.02 0.03 0.06 0.04, never falling
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.6, 0.7]) == [1.0, 1.0]


@given(st.lists(st.floats(0.0, 1.0), max_size=12))
def test_holm_never_lowers_a_p_keeps_their_order_and_is_within_bonferroni(p):
    adjusted = holm(p)
    for raw, each in zip(p, adjusted, strict=True):
        assert raw <= each <= min(1.0, len(p) * raw)
    order = sorted(range(len(p)), key=lambda i: p[i])
    assert [adjusted[i] for i in order] == sorted(adjusted)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_holm_takes_probabilities_only(wrong):
    with pytest.raises(ValueError, match="no p value"):
        holm([0.5, wrong])


def test_holm_keeps_false_alarms_at_the_level():
    """Five candidates that are just like the baseline: any false alarm in 5 % of families at most; alpha 1e-4."""
    random = np.random.default_rng(6)
    alarms = 0
    for _ in range(2000):
        baseline, *candidates = random.normal(0.0, 1.0, (6, 8)).tolist()
        alarms += any(
            each.p_holm < 0.05 for each in adjust([difference(each, baseline) for each in candidates])
        )
    assert stats.binomtest(alarms, 2000, 0.05, alternative="greater").pvalue > 1e-4


def test_a_family_is_made_of_those_that_have_a_p():
    alone, missing = (
        Difference(2.0, None, 1, None, why="one replication: no interval"),
        Missing("nobody came"),
    )
    told = [Difference(1.0, (0.0, 2.0), 9, p) for p in (0.01, 0.04)]
    family = adjust([told[0], alone, missing, told[1]])
    assert [getattr(each, "p_holm", None) for each in family] == [0.02, None, None, 0.04]
    assert family[1:3] == [alone, missing]


# ---- quantiles


def test_quantiles_are_values_that_occurred():
    assert [quantile([40, 10, 30, 20], p) for p in (0.01, 0.25, 0.26, 0.5, 0.75, 0.76, 1.0)] == [
        10, 10, 20, 20, 30, 40, 40
    ]  # fmt: skip


@pytest.mark.parametrize("n", [20, 100, 1000, 12_345])
def test_shares_mean_what_is_written(n):
    # In binary 0.07 * 100 is above 7, and so on: no neighbour may come of that.
    values = np.arange(1, n + 1)[::-1]
    for percent in range(1, 101):
        assert quantile(values, percent / 100) == -(-n * percent // 100)


@given(FIGURES, st.floats(0.0, 1.0, exclude_min=True))
def test_a_quantile_is_the_smallest_value_that_reaches_the_share(values, p):
    found = quantile(values, p)
    reached = [value for value in values if sum(other <= value for other in values) / len(values) >= p]
    near = [
        value for value in values if sum(other <= value for other in values) / len(values) >= p * (1 - 1e-15)
    ]
    assert min(near) <= found <= min(reached)


@pytest.mark.parametrize(
    ("values", "p"), [([], 0.5), ([1.0, math.nan], 0.5), ([1.0], 0.0), ([1.0], 1.1), ([1.0], math.nan)]
)
def test_a_quantile_of_nothing_is_an_error(values, p):
    with pytest.raises(ValueError, match="quantile"):
        quantile(values, p)
