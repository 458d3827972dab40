"""A camera's clock on the host's, from a lamp that the host drives."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.eyes.joining import FEW, Change, NoClock, join


def driven(random, count, start=100.0):
    """Changes of the lamp at random times, as `EyesLine.begin` drives it."""
    times = start + np.cumsum(random.uniform(0.13, 0.33, count))
    return [Change(float(t), 1e-4, bool(number % 2 == 0)) for number, t in enumerate(times)]


def seen(random, changes, offset, rate, u=2e-3, miss=0.0):
    """The same by a camera whose clock is so far behind and so much slower."""
    return [
        Change((one.t - offset) / (1 + rate) + float(random.normal(0, u)), u, one.lit)
        for one in changes
        if random.random() >= miss
    ]


@given(
    seed=st.integers(0, 10_000),
    offset=st.floats(-1e4, 1e6),
    rate=st.floats(-2e-4, 2e-4),
    count=st.integers(20, 60),
    miss=st.floats(0, 0.2),
)
def test_an_instant_is_told_within_four_standard_uncertainties_whatever_the_clocks_are(
    seed, offset, rate, count, miss
):
    random = np.random.default_rng(seed)
    changes = driven(random, count)
    found = join(seen(random, changes, offset, rate, miss=miss), changes)
    true = changes[count // 2].t
    told, u = found.host((true - offset) / (1 + rate), 0.0)
    assert abs(told - true) <= 4.5 * u  # 7e-6 of Gaussian errors lie beyond
    assert u < 2e-3 * (0.7 + 3 / math.sqrt(found.n))


def test_a_sighting_of_something_else_is_left_out():
    random = np.random.default_rng(3)
    changes = driven(random, 30)
    sightings = seen(random, changes, 5.0, 0.0)
    sightings[7] = sightings[7]._replace(t=sightings[7].t + 0.04)
    found = join(sightings, changes)
    assert found.n == 29
    assert found.missed == 1


@pytest.mark.parametrize("count", [0, 3, FEW - 1])
def test_too_few_changes_tell_no_clock(count):
    random = np.random.default_rng(1)
    changes = driven(random, count)
    with pytest.raises(NoClock, match=f"{FEW} are needed"):
        join(seen(random, changes, 5.0, 0.0), changes)


def test_a_lamp_that_blinks_evenly_fits_in_more_than_one_way():
    changes = [Change(0.2 * number, 1e-4, number % 2 == 0) for number in range(60)]
    with pytest.raises(NoClock, match="more than one way"):
        join([Change(one.t - 7.0, 1e-3, one.lit) for one in changes[:30]], changes)


def test_sightings_of_another_lamp_fit_nowhere():
    random = np.random.default_rng(5)
    with pytest.raises(NoClock, match=r"fit the times|more than one way|needed"):
        join(driven(random, 30, start=0.0), driven(np.random.default_rng(6), 30))


def test_a_clock_that_is_none_is_told():
    random = np.random.default_rng(8)
    changes = driven(random, 30)
    with pytest.raises(NoClock, match="no clock does|fit the times|lie on one line"):
        join(seen(random, changes, 5.0, 2e-3, u=1e-4), changes)
