"""What is said of a sample: by which rule, with which uncertainty, and what doubtful values do to it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from gatebench.hil.errors import EmptySample
from gatebench.hil.measure.judging import judge
from gatebench.hil.measure.sample import BENCH_ERROR, STALLED, Sample
from gatebench.hil.verdicts import Judgement, Rule, Verdict, exit_code, not_tested

TIMES = st.lists(st.integers(0, 4000).map(lambda n: n / 1024), min_size=1, max_size=120)
MARKED = st.lists(
    st.tuples(st.integers(0, 4000).map(lambda n: n / 1024), st.booleans()), min_size=1, max_size=120
)
LIMITS = st.integers(0, 4000).map(lambda n: n / 1024)
DOUBTS = st.integers(0, 500).map(lambda n: n / 1024)
SHARES = st.sampled_from([0.5, 0.9, 0.95, 1.0])
SEVERITY = {Verdict.PASS: 0, Verdict.INDETERMINATE: 1, Verdict.FAIL: 2}


def sample(values):
    return Sample("decision", tuple(values))


@pytest.mark.parametrize(
    ("limit", "verdict"),
    [
        (0.625, Verdict.PASS),  # bound 0.5 s + U 0.125 s: just on the limit
        (0.624, Verdict.INDETERMINATE),
        (0.375, Verdict.INDETERMINATE),  # bound 0.5 s - U 0.125 s is not above it
        (0.374, Verdict.FAIL),
    ],
)
def test_the_guard_band_is_as_wide_as_the_uncertainty(limit, verdict):
    assert judge(sample([0.5] * 100), 0.95, limit, 0.125).verdict is verdict


def test_the_simple_rule_looks_at_the_quantile_alone():
    values = sample([0.1] * 20)
    assert judge(values, 0.95, 0.1, 0.05, Rule.SIMPLE).verdict is Verdict.PASS
    assert judge(values, 0.95, 0.0999, 0.05, Rule.SIMPLE).verdict is Verdict.FAIL


def test_too_few_values_never_pass_and_it_is_said_how_many_it_takes():
    few = judge(sample([0.001] * 58), 0.95, 10.0, 0.0)
    assert few.verdict is Verdict.INDETERMINATE and "takes 59" in few.reason and few.upper is None
    assert judge(sample([0.001] * 59), 0.95, 10.0, 0.0).verdict is Verdict.PASS
    assert judge(sample([0.001] * 999), 1.0, 10.0, 0.0).verdict is Verdict.INDETERMINATE


@given(TIMES, SHARES, LIMITS, DOUBTS, st.integers(-2048, 2048), st.sampled_from(Rule))
def test_a_verdict_does_not_change_when_values_and_limit_shift_alike(values, p, limit, doubt, shift, rule):
    shift /= 1024
    moved = sample(value + shift for value in values)
    assert (
        judge(moved, p, limit + shift, doubt, rule).verdict
        is judge(sample(values), p, limit, doubt, rule).verdict
    )


@given(TIMES, SHARES, LIMITS, LIMITS, DOUBTS, st.sampled_from(Rule))
def test_a_wider_limit_is_never_worse(values, p, limit, more, doubt, rule):
    narrow, wide = (judge(sample(values), p, at, doubt, rule).verdict for at in (limit, limit + more))
    assert SEVERITY[wide] <= SEVERITY[narrow]


@given(TIMES, SHARES, LIMITS, DOUBTS, DOUBTS)
def test_more_uncertainty_never_turns_a_doubt_into_a_verdict(values, p, limit, doubt, more):
    sure, unsure = (judge(sample(values), p, limit, u).verdict for u in (doubt, doubt + more))
    assert unsure in (sure, Verdict.INDETERMINATE)


@given(TIMES, SHARES, LIMITS, DOUBTS)
def test_the_guarded_verdict_never_contradicts_the_simple_one(values, p, limit, doubt):
    guarded = judge(sample(values), p, limit, doubt).verdict
    assert guarded in (Verdict.INDETERMINATE, judge(sample(values), p, limit, doubt, Rule.SIMPLE).verdict)


@pytest.mark.parametrize(("limit", "wrong"), [(1.99, Verdict.PASS), (2.01, Verdict.FAIL)])
def test_a_wrong_verdict_is_as_rare_as_the_confidence_says(limit, wrong):
    # Times from an exponential distribution whose 95 % quantile is 2 s, almost on the limit.
    r, trials = np.random.default_rng(11), 2_000
    scale = 2.0 / -math.log(0.05)
    verdicts = [judge(sample(r.exponential(scale, 120)), 0.95, limit, 0.0).verdict for _ in range(trials)]
    assert verdicts.count(wrong) <= binom.ppf(1 - 1e-4, trials, 0.05)


# ---- marks


def test_a_stall_that_may_have_decided_makes_it_indeterminate():
    slow = Sample.of("decision", [(0.1, ())] * 90 + [(0.9, [STALLED])] * 10)
    found = judge(slow, 0.9, 0.5, 0.0)
    assert found.verdict is Verdict.INDETERMINATE
    assert str(found).startswith("INDETERMINATE: host stalled (10 of 100 values)")


def test_few_touched_values_change_nothing():
    assert (
        judge(Sample.of("x", [(0.1, ())] * 199 + [(0.2, [STALLED])]), 0.95, 0.5, 0.0).verdict is Verdict.PASS
    )
    assert (
        judge(Sample.of("x", [(0.9, ())] * 199 + [(0.2, [BENCH_ERROR])]), 0.95, 0.5, 0.0).verdict
        is Verdict.FAIL
    )


@given(MARKED, SHARES, LIMITS, DOUBTS, st.sampled_from(Rule), st.randoms(use_true_random=False))
def test_a_verdict_stands_whatever_the_marked_values_really_were(pairs, p, limit, doubt, rule, random):
    told = judge(
        Sample.of("x", [(v, [STALLED] if m else []) for v, m in pairs]), p, limit, doubt, rule
    ).verdict
    really = sample(random.choice([0.0, v, 1e6]) if m else v for v, m in pairs)
    if told is not Verdict.INDETERMINATE:
        assert judge(really, p, limit, doubt, rule).verdict is told


# ---- samples


def test_an_empty_sample_is_an_error():
    with pytest.raises(EmptySample, match="decision"):
        Sample("decision", ())
    with pytest.raises(ValueError, match="nan"):
        sample([0.1, math.nan])
    with pytest.raises(ValueError, match="marks"):
        Sample("decision", (0.1,), ((), ()))


def test_a_correction_keeps_what_was_measured():
    raw = Sample.of("decision", [(0.5, ()), (0.75, [STALLED])])
    corrected = raw.corrected(0.25)
    assert corrected.values == (0.25, 0.5) and corrected.raw() == raw.values
    assert corrected.marks == raw.marks and corrected.touched == (1,)


# ---- verdicts


def test_exit_codes():
    def one(verdict, mandatory=True):
        return Judgement("x", 1.0, 0.95, verdict, "", mandatory=mandatory)

    assert exit_code([]) == exit_code([one(Verdict.PASS), one(Verdict.NOT_TESTED, False)]) == 0
    for verdict in (Verdict.FAIL, Verdict.INDETERMINATE, Verdict.NOT_TESTED):
        assert exit_code([one(Verdict.PASS), one(verdict)]) == 1


def test_what_was_not_tested_says_why():
    found = not_tested("strike", 0.5, 0.95, "no lock is wired")
    assert (str(found), found.quantile, found.n) == ("NOT_TESTED: no lock is wired", None, 0)
    with pytest.raises(ValueError, match="why"):
        not_tested("strike", 0.5, 0.95, " ")


def test_a_judgement_as_json_has_all_that_it_rests_on():
    told = judge(sample([0.1] * 58), 0.95, 0.5, 0.01).to_json()
    assert told["bounds"] == [0.1, None] and told["U"] == 0.01 and told["n"] == 58
    assert told["rule_text"].startswith("guard-band: PASS if the one-sided 95 %")


def test_nonsense_gets_no_verdict():
    for value, lower, upper, doubt in [(1, 2, 3, 0), (1, 0, 2, -1), (1, 0, 2, math.inf), (math.nan, 0, 1, 0)]:
        with pytest.raises(ValueError, match="no verdict"):
            Rule.GUARD_BAND.decide(value, lower, upper, doubt, 1.0)
