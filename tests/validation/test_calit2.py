"""Counts at the main door of CalIt2 (UCI, 15 weeks of half hours): how far they vary more than Poisson counts."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import datetime, timedelta

import numpy as np
import pytest

from gatebench.scenarios.traffic import Profile
from gatebench.scenarios.units import Start
from gatebench.sim.arrivals import profile_times
from gatebench.sim.draws import Draws

HOUR = timedelta(hours=1)


def cells(folder):
    """(flow, weekday, half hour) -> counts, Monday to Friday, events with an hour on either side left out."""
    with (folder / "CalIt2.events").open() as file:
        events = [
            (
                datetime.strptime(f"{day} {begin}", "%m/%d/%y %H:%M:%S"),
                datetime.strptime(f"{day} {end}", "%m/%d/%y %H:%M:%S"),
            )
            for day, begin, end, *_ in csv.reader(file)
        ]
    found = defaultdict(list)
    with (folder / "CalIt2.data").open() as file:
        for flow, day, clock, count in csv.reader(file):
            t = datetime.strptime(f"{day} {clock}", "%m/%d/%y %H:%M:%S")
            if t.weekday() < 5 and not any(begin - HOUR <= t <= end + HOUR for begin, end in events):
                found[flow, t.weekday(), t.hour * 2 + t.minute // 30].append(int(count))
    return found


def dispersion(found):
    """Mean over the cells of sample variance / mean, cells without anybody left out."""
    told = [
        np.var(counts, ddof=1) / np.mean(counts)
        for counts in found.values()
        if len(counts) > 1 and sum(counts)
    ]
    return float(np.mean(told))


@pytest.fixture
def calit2(reference_data):
    return cells(reference_data / "calit2")


@pytest.mark.reference_data
def test_the_data_vary_2_79_times_as_much_as_poisson(calit2):
    assert dispersion(calit2) == pytest.approx(2.79, abs=0.005)


DAYS = 400


def simulated(calit2, ratio):
    """Counts of `DAYS` days in each cell, all of them with the data's mean in it."""
    found = {}
    for flow in ("7", "9"):
        for weekday in range(5):
            means = [np.mean(calit2[flow, weekday, half]) for half in range(48)]
            rates = tuple(
                (half * 1800.0, (half + 1) * 1800.0, mean / 1800.0) for half, mean in enumerate(means)
            )
            what = Profile(rates=rates, dispersion=ratio)
            t = profile_times(
                what, f"{flow}-{weekday}", Start.parse("2024-01-01T00:00 UTC"), DAYS * 86400.0, Draws(1, 0)
            )
            counts = np.bincount((t // 1800).astype(int), minlength=DAYS * 48).reshape(DAYS, 48)
            found.update({(flow, weekday, half): counts[:, half].tolist() for half in range(48)})
    return found


# The tolerances are 3.89 standard errors (alpha = 1e-4) of the statistic itself, by Monte Carlo with numpy's Poisson and
# negative binomial numbers of the same means (60 times 400 days of 441 cells): 0.023 at a ratio of 2.79, 0.0029 at 1.
# In a cell that saw few people variance / mean leans towards 1 (with one person in all it is 1), which takes 0.02 off at
# 400 days; off the 15 weeks of the data it would take 0.25.


@pytest.mark.reference_data
def test_the_over_dispersed_mode_fed_by_the_data_varies_as_they_do(calit2):
    assert dispersion(simulated(calit2, 2.79)) == pytest.approx(2.79, abs=3.89 * 0.023 + 0.02)


@pytest.mark.reference_data
def test_the_poisson_mode_varies_as_poisson(calit2):
    assert dispersion(simulated(calit2, 1.0)) == pytest.approx(1.0, abs=3.89 * 0.0029)
