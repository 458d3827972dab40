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


def simulated(calit2, ratio, weeks=60):
    """Counts of a stream with the data's mean in each cell, Monday to Friday."""
    found = defaultdict(list)
    for flow in ("7", "9"):
        for day in range(5):
            means = [np.mean(calit2[flow, day, half]) for half in range(48)]
            rates = tuple(
                (half * 1800.0, (half + 1) * 1800.0, mean / 1800.0) for half, mean in enumerate(means)
            )
            profile = Profile(rates=rates, dispersion=ratio)
            for week in range(weeks):
                # A Monday and its following days have the same rates here: the weekday is that of the cell.
                t = profile_times(
                    profile, f"{flow}-{day}", Start.parse("2024-01-01T00:00 UTC"), 86400.0, Draws(1, week)
                )
                for half, count in enumerate(np.bincount((t // 1800).astype(int), minlength=48)):
                    found[flow, day, half].append(int(count))
    return found


@pytest.mark.reference_data
def test_the_over_dispersed_mode_fed_by_the_data_varies_as_they_do(calit2):
    # 480 cells of 60 counts: variance / mean of a cell has a relative standard error of about sqrt(2 / 59) and more where
    # the mean is small; over the cells 2 %, and 3.9 of these (alpha 1e-4) are 0.2.
    assert dispersion(simulated(calit2, 2.79)) == pytest.approx(2.79, abs=0.2)


@pytest.mark.reference_data
def test_the_poisson_mode_varies_as_poisson(calit2):
    assert dispersion(simulated(calit2, 1.0)) == pytest.approx(1.0, abs=0.07)
