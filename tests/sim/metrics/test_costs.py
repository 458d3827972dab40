"""Costs a household and month: the parts, their sum, and how they answer to prices and to the run's length."""

from __future__ import annotations

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatebench.scenarios.metrics import COSTS
from gatebench.sim.metrics import Missing, measure

DAY = 86_400.0
MONTH = 365.25 / 12
CALLS = """
    10 ann arrive
    20 ann call reason=hotline
    30 ann call reason=management
    40 ann call reason=guard
    50 bob arrive
    60 bob call reason=hotline
"""
# Two households: Ann's, and that of Bob and Eve. Tom, a courier, lives elsewhere.
PRICES = {
    "currency": "CNY",
    "guard": [{"what": "main-gate", "count": 16.0, "monthly": 45.0 * MONTH}],
    "cards": [{"what": "card", "groups": ["resident", "courier"], "monthly": 0.25}],
    "calls": {"management": 12.0, "hotline": 5.0},
    "capital": [
        {"what": "face reader", "count": 6, "monthly": 80.0},
        {"what": "face system", "count": 0, "monthly": 500.0},
    ],
}


def tells(story, prices=PRICES, text=CALLS, duration=DAY, **said):
    return dict(zip(COSTS, story(text, prices=prices, duration=duration, **said).tells(*COSTS), strict=True))


def test_each_part_is_shared_by_the_households_and_the_total_is_their_sum(story):
    told = tells(story)
    assert told["costs.guard"] == pytest.approx(16 * 45 * MONTH / 2)
    # Ann and Bob; Tom's group may use cards, and he does not live here.
    assert told["costs.cards"] == pytest.approx(2 * 0.25 / 2)
    # One call to the management, two to the hotline; the guard is paid by the hour.
    assert told["costs.calls"] == pytest.approx((12 + 2 * 5) * MONTH / 2)
    assert told["costs.capital"] == pytest.approx(6 * 80 / 2)
    assert told["costs.total"] == pytest.approx(sum(told[name] for name in COSTS[:-1]))


def test_only_what_is_priced_is_told_and_summed(story):
    only = {name: PRICES[name] for name in ("currency", "capital")}
    log = story(CALLS, prices=only)
    for figures in measure(log.events, log.persons).values():
        assert {name for name in figures if name.startswith("costs.")} == {"costs.capital", "costs.total"}
    assert log.tells("costs.total") == log.tells("costs.capital")


def test_costs_are_of_the_whole_place(story):
    log = story(CALLS, prices=PRICES)
    for kind, id in (("group", "resident"), ("portal", "main-gate"), ("hour", "07"), ("direction", "in")):
        assert log.tells("costs.total", kind=kind, id=id) == [Missing("costs are told for the whole place")]


def test_without_households_there_is_nobody_to_share_the_costs(story):
    away = {"tom": {"household": -1, "group": "courier"}}
    told = story("0 tom arrive", away, prices=PRICES).tells("costs.total")
    assert told == [Missing("nobody lives here: no households to share the costs")]


def test_calls_of_the_warm_up_are_left_out(story):
    told = tells(story, duration=DAY, warm_up=45.0)
    # Ann arrived before the warm-up ended, and so her calls don't count.
    assert told["costs.calls"] == pytest.approx(5 * MONTH * DAY / (DAY - 45.0) / 2)


def test_a_longer_run_costs_the_same_a_month_but_for_calls_that_did_not_come_again(story):
    short, long = tells(story), tells(story, duration=2 * DAY)
    for name in ("costs.guard", "costs.cards", "costs.capital"):
        assert long[name] == short[name]
    assert long["costs.calls"] == pytest.approx(short["costs.calls"] / 2)


def scaled(prices, factor, parts):
    found = copy.deepcopy(prices)
    for part in parts:
        if part == "calls":
            found["calls"] = {who: money * factor for who, money in found["calls"].items()}
        else:
            for thing in found[part]:
                thing["monthly"] *= factor
    return found


PARTS = [name.removeprefix("costs.") for name in COSTS[:-1]]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(factor=st.floats(0.0, 1e4), parts=st.sets(st.sampled_from(PARTS)))
def test_each_part_is_proportional_to_its_own_prices_alone(story, factor, parts):
    before, after = tells(story), tells(story, scaled(PRICES, factor, parts))
    for part in PARTS:
        expected = before[f"costs.{part}"] * (factor if part in parts else 1.0)
        assert after[f"costs.{part}"] == pytest.approx(expected, rel=1e-12)
    # Sums of four numbers of one sign: each addition rounds by 2^-53 of the sum at most.
    assert after["costs.total"] == pytest.approx(
        sum(after[f"costs.{part}"] for part in PARTS), rel=1e-14, abs=0
    )
