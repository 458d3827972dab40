"""Residents leave and return as the published tables say (ATUS, clustered by obgeneration; 25 to 54 years, weekday)."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from gatebench.scenarios.library import Loaded
from gatebench.scenarios.reading import read_bytes
from gatebench.scenarios.scenario import Scenario
from gatebench.scenarios.units import Start
from gatebench.sim.draws import Draws
from gatebench.sim.metrics import OVERALL
from gatebench.sim.occupancy import moves
from gatebench.sim.replication import replicate

PEOPLE = 40_000
AGE = np.full(PEOPLE, 40)
Z = 3.89  # alpha = 1e-4
DAY = 86400.0


def lived(start, seed=1, age=AGE, kind="weekday"):
    return moves(age, Start.parse(f"2024-03-05T{start} UTC"), DAY, kind, Draws(seed, 0))


@pytest.mark.parametrize("start", ["04:00", "00:00"])
def test_departures_and_returns_a_day_are_those_of_the_tables(start):
    found = lived(start)
    # 2.041 a person-day; the number of trips of a person has a standard deviation below 2. A run from midnight begins
    # in the diary day before, whose end stands for this day's: the same expectation.
    tolerance = Z * 2 / PEOPLE**0.5
    assert found.outward.sum() / PEOPLE == pytest.approx(2.041, abs=tolerance)
    assert (~found.outward).sum() / PEOPLE == pytest.approx(2.041, abs=tolerance)


@pytest.mark.parametrize("start", ["04:00", "00:00"])
def test_the_morning_hour_and_noon_are_those_of_the_tables(start):
    found = lived(start)
    clock = (found.t + Start.parse(f"2024-03-05T{start} UTC").clock) % DAY
    morning = found.outward & (clock >= 6 * 3600) & (clock < 7 * 3600)
    assert morning.sum() / PEOPLE == pytest.approx(0.253, abs=Z * 0.5 / PEOPLE**0.5 + 5e-4)
    until_noon = 12 * 3600 - Start.parse(f"2024-03-05T{start} UTC").clock
    away = (
        (~found.at_home).sum()
        + found.outward[found.t < until_noon].sum()
        - (~found.outward[found.t < until_noon]).sum()
    )
    assert away / PEOPLE == pytest.approx(0.606, abs=Z * 0.5 / PEOPLE**0.5 + 5e-4)


def test_nobody_leaves_twice_or_returns_without_having_left():
    found = lived("00:00", age=np.tile([10, 20, 40, 60, 70, 80], 500), kind="calendar")
    for person in range(3000):
        own = found.person == person
        outward, t = found.outward[own], found.t[own]
        assert (np.diff(t) > 0).all()
        expected = [bool(found.at_home[person]) ^ bool(n % 2) for n in range(len(outward))]
        assert outward.tolist() == expected


@pytest.mark.reference_data
@pytest.mark.parametrize("age", ["25-54", "65-74"])
def test_every_quarter_hour_of_the_derived_profile_is_met(reference_data, age):
    with (reference_data / "occupancy" / "atus_gate_profile_derived.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["day"] == "weekday" and row["age"] == age]
    found = lived("04:00", age=np.full(PEOPLE, int(age[:2]) + 1))
    quarter = (found.t // 900).astype(int)
    for column, outward in (("p_depart", True), ("p_return", False)):
        expected = np.array([float(row[column]) for row in rows])
        share = np.bincount(quarter[found.outward == outward], minlength=96) / PEOPLE
        # 96 bins at alpha = 1e-4 each; the figures are rounded to 1e-6.
        assert (np.abs(share - expected) <= Z * np.sqrt(expected * (1 - expected) / PEOPLE) + 2e-4).all()


TOWERS = """
scenario: towers
start: 2024-03-05T04:00 UTC
duration: 1 d
compound:
  towers: {count: 2, floors: 30, flats: 8}
  portals:
    gate: {kind: swing-door, lanes: 20, readers: []}
    tower-door: {kind: swing-door, one_for_each: tower, lanes: 20, readers: []}
  routes: [[gate, tower-door]]
people: {resident: {share: 1, holds: [], ages: {25-54: 1}}}
traffic: {residents: occupancy/weekday}
policies: {open: {access: [{accept: []}]}}
"""


def test_the_towers_peak_lies_below_what_lift_planning_reckons_with():
    # Lift planning: 5 to 8 % of the residents in five minutes, both ways (Powell, ELEVCON 2008); the tables alone give
    # about 4.6 % in a building of any size, more by chance where few people live.
    figures = replicate(Loaded(read_bytes(TOWERS.encode(), Scenario), None, ""), ["open"], 1, 0)["open"][
        OVERALL
    ]
    assert 0.040 < figures["peak5.share"] < 0.062
    assert figures["passes"] == figures["visits"]
