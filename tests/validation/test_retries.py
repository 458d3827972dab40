"""How often people try again whom the door denies, against the access log of a campus.

Source: 43,156 events of 3,044 cards; 1,407 denials for want of permission make 829 runs (same card, same door, gaps of
at most 2 minutes). Near geometric: a further try with 0.41.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

ALPHA = 1e-4
RUNS = {1: 508, 2: 201, 3: 69, 4: 19, 5: 19, 6: 6, 7: 1, 8: 1, 10: 1, 11: 1, 12: 1, 14: 1, 21: 1}
"""Tries in a run -> runs."""
LAST = 6
"""Runs of so many tries and more are one bin."""


def binned(runs):
    """Runs of 1, 2 ... tries, the last bin open."""
    bins = np.zeros(LAST, int)
    for tries, count in runs.items():
        if count:
            bins[min(tries, LAST) - 1] += count
    return bins


@pytest.fixture(scope="module")
def simulated(trace):
    """Tries -> people, of those whose credential is not permitted, with every default."""
    events = trace("following/not-permitted.yaml").select(["event", "person", "outcome"]).to_pylist()
    assert {row["outcome"] for row in events if row["event"] == "decision"} == {"deny"}
    tries = np.bincount([row["person"] for row in events if row["event"] == "present"])
    assert len(tries) > 5_000
    assert tries.min() >= 1
    return dict(enumerate(np.bincount(tries)))


def test_the_default_makes_runs_like_those_of_the_campus(simulated):
    table = np.array([binned(RUNS), binned(simulated)])
    assert stats.chi2_contingency(table).pvalue > ALPHA


def test_the_default_is_geometric(simulated):
    seen = binned(simulated)
    law = 0.59 * 0.41 ** np.arange(LAST)
    law[-1] = 1.0 - law[:-1].sum()
    assert stats.chisquare(seen, law * seen.sum()).pvalue > ALPHA


def test_the_check_can_fail():
    # Three tries for everybody, as one might assume, is not what people do.
    table = np.array([binned(RUNS), [1, 1, 827, 1, 1, 1]])
    assert stats.chi2_contingency(table).pvalue < ALPHA


def test_the_probability_is_that_of_the_runs():
    # Maximum likelihood of a geometric distribution: 1 - runs / tries.
    tries = sum(count * run for run, count in RUNS.items())
    assert 1.0 - sum(RUNS.values()) / tries == pytest.approx(0.41, abs=0.005)


@pytest.mark.reference_data
def test_the_runs_are_those_of_the_log(reference_data):
    told = json.loads((reference_data / "campus_access_derived" / "summary.json").read_text())
    assert {
        int(tries): count for tries, count in told["deny_runs_same_card_same_door_gap_le_2min"].items()
    } == RUNS
    assert told["runs"] == sum(RUNS.values())
