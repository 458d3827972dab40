"""A door that stands unlocked, in closed form: how many pass at one unlocking, how many of them follow, which share.

People come as a Poisson stream of rate l; who finds the door unlocked follows with probability q and badges otherwise,
on the spot either way; who finds it locked badges and opens a cycle. The window is T. Each unlocking begins anew from
nothing (the stream has no memory), so that cycles are independent and alike: means and counts over cycles have exact
tests. Derivations stand with each law; what they use is textbook: thinning and superposition of Poisson streams, and
renewal (S. M. Ross, Introduction to Probability Models, chapters 5 and 7). A fixed window is the dead time of a
type I (non-paralysable) counter, one that each passage prolongs that of a type II (paralysable) one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats

ALPHA = 1e-4
RATE, WINDOW = 0.2, 8.0
HOUR = 3600.0
FIRST, LAST = 1 * HOUR, 35 * HOUR
"""Cycles that begin here are counted; arrivals end an hour later, which no cycle lasts."""


class Law(NamedTuple):
    """Of one cycle."""

    passes: float
    """Mean number through, the opener included."""
    followers: float
    """Mean number that follow."""
    generating: Callable[[np.ndarray], np.ndarray]
    """E z^(number of followers), for complex |z| <= 1."""


def fixed(q):
    """The window never moves: in it come Poisson l T, of whom a share q follows (thinning)."""
    m = RATE * WINDOW
    return Law(1 + m, q * m, lambda z: np.exp(-q * m * (1 - z)))


def by_pass(q):
    """Everybody who comes within T of the one before prolongs it; a gap is longer with probability s = e^(-l T). So the
    number M behind the opener is geometric, P(M = m) = s (1 - s)^m, and thinned by q."""
    s = np.exp(-RATE * WINDOW)
    return Law(1 / s, q * (1 / s - 1), lambda z: s / (1 - (1 - s) * (1 - q + q * z)))


def by_badge(q):
    """Only who badges, b = (1 - q) l a second, prolongs it. The open time L ends at the first gap between badges that is
    longer than T: L = T with probability e^(-b T), else a gap and L anew. So, for the transform f(x) = E e^(-x L),
    f = e^(-(b + x) T) + b / (b + x) (1 - e^(-(b + x) T)) f; its mean is (e^(b T) - 1) / b. Meanwhile followers come as an
    independent Poisson stream of rate q l: E z^F = f(q l (1 - z))."""
    b = (1 - q) * RATE
    mean = np.expm1(b * WINDOW) / b

    def transform(x):
        end = np.exp(-(b + x) * WINDOW)
        return (b + x) * end / (x + b * end)

    return Law(1 + RATE * mean, q * RATE * mean, lambda z: transform(q * RATE * (1 - z)))


CASES = [("fixed", 1.0, fixed), ("fixed", 0.6, fixed), ("by-pass", 1.0, by_pass), ("by-pass", 0.6, by_pass),
         ("by-badge", 0.6, by_badge)]  # fmt: skip
IDS = [f"{name}-{q:.0%}" for name, q, _ in CASES]


def cycles(trace, name, q):
    """By cycle: how many passed, and how many of them followed."""
    events = trace(f"following/{name}-{q * 100:.0f}.yaml")
    said = {one: np.asarray(events[one].to_pylist()) for one in ("event", "way")}
    cycle = events["cycle"].to_numpy(zero_copy_only=False)
    t = events["t"].to_numpy()
    unlocks = (said["event"] == "unlock") & (t >= FIRST) & (t < LAST)
    which = cycle[unlocks].astype(int)
    assert len(which) > 4_000
    passes = said["event"] == "pass"
    size = int(np.nanmax(cycle)) + 1
    through = np.bincount(cycle[passes].astype(int), minlength=size)[which]
    follows = np.bincount(cycle[passes & (said["way"] == "tailgate")].astype(int), minlength=size)[which]
    return through, follows


def within(values, figure, precise):
    """Student's t at ALPHA over independent cycles; and precise enough to prove something."""
    error = stats.sem(values)
    assert abs(np.mean(values) - figure) <= stats.t.ppf(1 - ALPHA / 2, len(values) - 1) * error
    assert 1.96 * error <= precise


def probabilities(generating, count=4096):
    """P(0), P(1), ... from the generating function: Fourier's inversion on the unit circle."""
    z = np.exp(2j * np.pi * np.arange(count) / count)
    return np.clip(np.fft.fft(generating(z)).real / count, 0.0, None)


@pytest.mark.parametrize(("name", "q", "law"), CASES, ids=IDS)
def test_as_many_pass_and_follow_at_one_unlocking_as_the_law_says(trace, name, q, law):
    through, follows = cycles(trace, name, q)
    said = law(q)
    within(through, said.passes, 0.04 * said.passes)
    within(follows, said.followers, 0.04 * said.followers)


@pytest.mark.parametrize(("name", "q", "law"), CASES, ids=IDS)
def test_the_share_that_follows_is_the_ratio_of_the_two(trace, name, q, law):
    # Over cycles, followers - share x passes has mean 0: the test of a ratio of means without its bias.
    through, follows = cycles(trace, name, q)
    said = law(q)
    share = said.followers / said.passes
    within(follows - share * through, 0.0, 0.02 * share * said.passes)


@pytest.mark.parametrize(("name", "q", "law"), CASES, ids=IDS)
def test_followers_of_a_cycle_are_distributed_as_the_law_says(trace, name, q, law):
    _, follows = cycles(trace, name, q)
    expected = probabilities(law(q).generating)
    assert np.dot(expected, np.arange(len(expected))) == pytest.approx(law(q).followers, rel=1e-6)
    # Bins with 20 expected at least; the rest is the last bin.
    last = int(np.argmax(np.cumsum(expected[::-1])[::-1] * len(follows) < 20.0)) - 1
    seen = np.bincount(np.minimum(follows, last), minlength=last + 1)
    wanted = np.append(expected[:last], 1.0 - expected[:last].sum()) * len(follows)
    assert last >= 4
    assert stats.chisquare(seen, wanted).pvalue > ALPHA


def test_the_laws_meet_where_they_must():
    for q in (0.2, 0.6):
        assert by_badge(1 - 1e-9).followers == pytest.approx(fixed(1.0).followers, rel=1e-6)
        for law in (fixed, by_pass, by_badge):
            one = law(q)
            assert one.generating(np.array([1.0 + 0j]))[0] == pytest.approx(1.0)
            near = one.generating(np.array([1.0 - 1e-6 + 0j]))[0].real
            assert (1.0 - near) / 1e-6 == pytest.approx(one.followers, rel=1e-3)
