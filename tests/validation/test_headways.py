"""Followers against the free-flow headways of the Juelich gate: nobody follows faster than people who press.

Source: Juelich data archive, "Crowds in front of bottlenecks", entrance gate 0.5 m wide (run 040_c_56_h-): 75 people,
74 headways between their crossings of the gate line. Mean 0.871 s; 15 of 74 below 0.5 s.
"""

from __future__ import annotations

import csv
import itertools

import numpy as np
import pytest
from scipy import optimize, stats

from gatebench.scenarios.behaviour import Follow

ALPHA = 1e-4
MEAN, BELOW_HALF = 0.871, 15 / 74


def default():
    """The default headway as a frozen scipy distribution."""
    shape, scale = Follow().headway.values
    return stats.gamma(shape, scale=scale)


@pytest.fixture(scope="module")
def gaps(trace):
    """Seconds from the body in front to a follower's, within a cycle."""
    events = trace("following/crowd.yaml")
    rows = [
        (row["cycle"], row["t"], row["donor"])
        for row in events.select(["event", "cycle", "t", "donor"]).to_pylist()
        if row["event"] == "pass"
    ]
    found = [b[1] - a[1] for a, b in itertools.pairwise(rows) if a[0] == b[0] and b[2] is not None]
    assert len(found) > 1_000
    return np.array(found)


def test_the_default_has_the_mean_and_the_share_below_half_a_second():
    assert Follow().headway.mean == pytest.approx(MEAN, abs=1e-9)
    assert default().cdf(0.5) == pytest.approx(BELOW_HALF, abs=0.002)


def test_followers_in_a_crowd_keep_the_default_headways(gaps):
    # One sample against the law, two-sided: no faster, and here, where all wait at the door, no slower.
    assert stats.kstest(gaps, default().cdf).pvalue > ALPHA


@pytest.mark.reference_data
def test_followers_are_no_faster_than_the_people_at_the_gate(gaps, reference_data):
    measured = headways(reference_data)
    assert stats.ks_2samp(gaps, measured, alternative="greater").pvalue > ALPHA
    # The check can fail: people who follow half as fast again are found out.
    assert stats.ks_2samp(gaps / 1.5, measured, alternative="greater").pvalue < ALPHA


@pytest.mark.reference_data
def test_the_default_comes_from_the_gate(reference_data):
    measured = headways(reference_data)
    assert len(measured) == 74
    assert measured.mean() == pytest.approx(MEAN, abs=0.0005)
    assert (measured < 0.5).mean() == pytest.approx(BELOW_HALF)

    def missed(sd):
        return stats.gamma((MEAN / sd) ** 2, scale=sd**2 / MEAN).cdf(0.5) - BELOW_HALF

    # Two conditions, two parameters: the gamma distribution of that mean whose share below 0.5 s is the measured one.
    assert optimize.brentq(missed, 0.1, 0.8) == pytest.approx(0.44, abs=0.005)
    assert stats.kstest(measured, default().cdf).pvalue > 0.05


def headways(folder):
    with (folder / "pedestrian" / "gate050_crossings_derived.csv").open() as file:
        return np.diff(np.sort([float(row["t_gate_s"]) for row in csv.DictReader(file)]))
