"""Towers of one kind or of several, and how many households live in them."""

import numpy as np
import pytest

from gatebench.scenarios.checks import problems
from gatebench.scenarios.errors import InputError
from gatebench.scenarios.reading import read_text
from gatebench.scenarios.scenario import Scenario
from gatebench.sim.build import instances
from gatebench.sim.draws import Draws
from gatebench.sim.population import Population, settle
from gatebench.sim.trips import plan

TWO_KINDS = """
towers:
  - {count: 2, floors: 3, flats: 4, occupied: 17 households}
  - {count: 1, floors: 10, flats: 2, occupied: 50 %, households: 1}
"""
FILE = """
scenario: estate
start: 2021-10-11T00:00 Asia/Shanghai
duration: 1 d
compound:
{towers}
  portals:
    door: {{kind: swing-door, one_for_each: tower}}
  routes: [[door]]
people:
  resident: {{share: 100 %, holds: [card]}}
  guest: {{holds: [card]}}
traffic:
  residents: occupancy/weekday
  guests: {{group: guest, stay: 10 min, profile: {{per_day: 4000, hourly: [{hourly}]}}}}
policies:
  card: {{access: [{{accept: card}}]}}
"""


def estate(towers: str) -> Scenario:
    indented = "\n".join("  " + line for line in towers.strip().splitlines())
    return read_text(FILE.format(towers=indented, hourly=", ".join(["1"] * 24)), Scenario)


def residents(towers: str, replication: int = 0) -> Population:
    scenario = estate(towers)
    return settle(scenario.people, scenario.compound.towers, Draws(1, replication))


def test_a_number_of_households_is_met_in_every_replication() -> None:
    towers = "towers: {count: 2, floors: 3, flats: 4, occupied: 17 households}"
    found = [residents(towers, replication) for replication in range(5)]
    assert [one.households for one in found] == [17] * 5
    assert len({tuple(one.tower.tolist()) for one in found}) > 1, "other flats each time"


def test_kinds_are_numbered_in_order_and_keep_their_own_households() -> None:
    people = residents(TWO_KINDS)
    third = people.tower == 2
    assert set(people.tower.tolist()) == {0, 1, 2}
    assert len(np.unique(people.household[~third])) == 17
    assert np.bincount(people.household[third])[people.household[third]].max() == 1
    assert list(instances(estate(TWO_KINDS))) == ["door-1", "door-2", "door-3"]


def test_a_list_of_one_kind_is_that_kind() -> None:
    alone = residents("towers: {count: 3, floors: 6, flats: 4, occupied: 80 %}")
    listed = residents("towers:\n  - {count: 3, floors: 6, flats: 4, occupied: 80 %}")
    assert alone.tower.tolist() == listed.tower.tolist()
    assert alone.household.tolist() == listed.household.tolist()


def test_guests_go_where_households_are() -> None:
    day = plan(
        estate("towers:\n  - {count: 1, floors: 10, flats: 3}\n  - {count: 2, floors: 5, flats: 2, occupied: 0 %}\n"
               "  - {count: 1, floors: 10, flats: 1}"),
        Draws(1, 0),
    )  # fmt: skip
    towers = np.bincount(day.population.tower[day.population.residents :], minlength=4)
    assert towers[1] == towers[2] == 0
    # 4,000 expected, three in four of them to the first: 0.75 within five standard deviations, 0.034.
    assert towers[0] / towers.sum() == pytest.approx(0.75, abs=0.035)


@pytest.mark.parametrize(
    ("towers", "said"),
    [
        ("towers: {count: 2, floors: 3, flats: 4, occupied: 25 households}", "25 households, but these towers have 24 flats"),
        ("towers: {count: 2, floors: 3, flats: 4, occupied: many}", "or give a number, such as '480 households'"),
        ("towers: []", "towers"),
        ("towers:\n  - {count: 2, floors: 3, flat: 4}", "did you mean 'flats'"),
    ],
)  # fmt: skip
def test_mistakes_are_named(towers: str, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        estate(towers)


def test_flats_lie_floor_above_floor() -> None:
    people = residents(TWO_KINDS)
    assert people.floor[people.tower < 2].max() == 2
    assert people.floor[people.tower == 2].max() > 5
    day = plan(estate(TWO_KINDS), Draws(1, 0))
    guests = slice(people.residents, None)
    assert set(day.population.floor[guests][day.population.tower[guests] < 2].tolist()) == {0, 1, 2}


def test_a_lift_to_the_own_floor_stands_in_a_tower() -> None:
    with pytest.raises(InputError, match="floors are those of a tower"):
        read_text(
            FILE.format(
                towers="  towers: {count: 1, floors: 2, flats: 2}", hourly=", ".join(["1"] * 24)
            ).replace("kind: swing-door, one_for_each: tower", "kind: lift, own_floor_only: true"),
            Scenario,
            check=problems,
        )
