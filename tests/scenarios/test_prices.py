"""Prices: what a candidate needs of each thing, and what is refused."""

from __future__ import annotations

import pytest

from gatebench.scenarios.checks import problems
from gatebench.scenarios.errors import InputError
from gatebench.scenarios.prices import MONTH, guard_hours, prices_of
from gatebench.scenarios.reading import read_text
from gatebench.scenarios.scenario import Scenario

PLACE = """
scenario: priced
start: 2024-01-01T00:00 UTC
duration: 1 d
compound:
  towers: {count: 3, floors: 2, flats: 4}
  portals:
    main-gate: {kind: speed-gate, lanes: {in: 2, out: 1, both: 1}, readers: [in, out]}
    tower-door: {kind: swing-door, one_for_each: tower, lanes: 2}
  routes: [[main-gate, tower-door]]
people:
  resident: {share: 90 %, holds: [face, card]}
  refuser: {share: 10 %, holds: [card], face: refused}
  cleaner: {holds: [card]}
traffic:
  residents: occupancy/calendar
  cleaners: {group: cleaner, stay: 1 h, arrivals: {every: 1 h}}
policies:
  face: {access: [{at: main-gate, accept: face}, {accept: card}]}
  cards: {access: [{who: resident, direction: in, accept: card}, {accept: []}]}
  guards:
    access: [{accept: [face, card at guard]}]
    guard:
      - {at: main-gate, hours: 07:00-23:00, posts: 2}
      - {posts: 1}
"""
PRICES = """
prices:
  currency: CNY
  guard: 45 CNY/h
  cards: {card: {price: 12 CNY, life: 6 years, replaced: 10 %/year}}
  calls: 12 CNY
  capital:
    readers: {face: 8000 CNY over 8 years, card: {price: 900 CNY, life: 10 years, upkeep: 6 %/year}}
    lanes: {speed-gate: 30000 CNY over 10 years, swing-door: 3000 CNY over 10 years}
    systems: {face: 40000 CNY over 5 years}
"""
STANDING = {"main-gate": 1, "tower-door": 3}


def scenario(text: str = PLACE + PRICES) -> Scenario:
    return read_text(text, Scenario, name="priced.yaml", check=problems)


def found(policy: str, part: str, text: str = PLACE + PRICES) -> dict[str, dict[str, object]]:
    told = prices_of(scenario(text), policy, STANDING)
    assert told is not None
    return {one["what"]: one for one in told[part]}


def mistakes(text: str) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        scenario(text)
    return [(one.path, one.message) for one in caught.value.findings]


def test_without_prices_nothing_is_told():
    assert prices_of(scenario(PLACE), "face", STANDING) is None


def test_readers_stand_at_every_lane_and_direction_in_which_the_credential_is_accepted():
    # At the gate three lanes lead in and two out; the three doors have two lanes each and readers on the way in.
    counts = {
        policy: {name: one["count"] for name, one in found(policy, "capital").items() if "reader" in name}
        for policy in ("face", "cards", "guards")
    }
    assert counts == {
        "face": {"face reader": 3 + 2, "card reader": 3 * 2},
        "cards": {"face reader": 0, "card reader": 3 + 3 * 2},
        "guards": {"face reader": 3 + 2 + 3 * 2, "card reader": 0},
    }


def test_lanes_stand_under_every_candidate_and_systems_where_they_are_needed():
    for policy, systems in (("face", 1), ("cards", 0)):
        capital = found(policy, "capital")
        assert capital["speed-gate lane"]["count"] == 4
        assert capital["swing-door lane"]["count"] == 6
        assert capital["face system"]["count"] == systems


def test_capital_is_spread_evenly_over_its_life_and_upkeep_is_a_share_of_the_price():
    capital = found("face", "capital")
    assert capital["face reader"]["monthly"] == pytest.approx(8000 / 8 / 12)
    assert capital["card reader"]["monthly"] == pytest.approx((900 / 10 + 900 * 0.06) / 12)


def test_cards_are_handed_to_residents_who_may_use_them():
    assert found("face", "cards")["card"]["groups"] == ["resident", "refuser"]
    assert found("cards", "cards")["card"]["groups"] == ["resident"]
    # Shown to a guard is used, too.
    assert found("guards", "cards")["card"]["groups"] == ["resident", "refuser"]
    assert found("face", "cards")["card"]["monthly"] == pytest.approx((12 / 6 + 12 * 0.1) / 12)
    two = PRICES.replace("life: 6 years", "life: 72 months, per_holder: 2")
    assert found("face", "cards", PLACE + two)["card"]["monthly"] == pytest.approx(
        2 * (12 / 6 + 12 * 0.1) / 12
    )


def test_guards_are_paid_for_their_hours_on_duty_and_the_first_duty_that_fits_holds():
    document = scenario().policy("guards")
    assert guard_hours(document, scenario(), STANDING) == {"main-gate": 2 * 16 + 8, "tower-door": 3 * 24}
    assert found("guards", "guard")["main-gate"]["monthly"] == pytest.approx(45 * MONTH)
    assert found("face", "guard") == {}


def test_hours_that_wrap_midnight_count_once():
    text = PLACE.replace("hours: 07:00-23:00", "hours: 22:00-06:00").replace("      - {posts: 1}\n", "")
    assert guard_hours(scenario(text).policy("guards"), scenario(text), STANDING) == {"main-gate": 2 * 8}


@pytest.mark.parametrize(
    ("old", "new", "path", "said"),
    [
        ("45 CNY/h", "45 CNY", "prices.guard", "paid by the hour, like '45 CNY/h'"),
        ("45 CNY/h", "45", "prices.guard", "money needs its currency"),
        ("45 CNY/h", "45 CNY/d", "prices.guard", "'/d' is no hour"),
        ("45 CNY/h", "-45 CNY/h", "prices.guard", "cannot be negative"),
        ("45 CNY/h", "45 EUR/h", "prices.guard", "the prices are in CNY, this is in EUR"),
        ("calls: 12 CNY", "calls: 12 EUR", "prices.calls", "the prices are in CNY, this is in EUR"),
        ("8000 CNY over 8 years", "8000 CNY", "prices.capital.readers.face", "needs a price and a life"),
        ("8000 CNY over 8 years", "8000 CNY over 8", "prices.capital.readers.face", "a life needs a unit"),
        ("8000 CNY over 8 years", "8000 CNY over 0 years", "prices.capital.readers.face", "longer than 0 years"),
        ("8000 CNY over 8 years", "8000 USD over 8 years", "prices.capital.readers.face", "this is in USD"),
        ("replaced: 10 %/year", "replaced: 10 %", "prices.cards.card.replaced", "say in which time, like '6 %/year'"),
        ("life: 6 years", "lief: 6 years", "prices.cards.card.lief", "did you mean 'life'?"),
        ("{face: 8000", "{fcae: 8000", "prices.capital.readers.fcae", "did you mean 'face'?"),
        ("cards: {card:", "cards: {face: 1 CNY over 1 year, card:", "prices.cards.face", "'face' is not handed out"),
        ("{speed-gate: 30000", "{turnstile: 30000", "prices.capital.lanes.turnstile", "no portal is a turnstile"),
        ("speed-gate: 30000 CNY over 10 years, ", "", "prices.capital.lanes", "no price of a lane of 'main-gate'"),
        ("face: 8000 CNY over 8 years, ", "", "prices.capital.readers", "no price of a reader for 'face', which 'face' accepts"),
        ("  guard: 45 CNY/h\n", "", "prices", "'guards' has guards on duty, and there is no price of them"),
        ("currency: CNY", "currency: 12", "prices.currency", "must be text"),
        ("currency: CNY", "currency: C-Y", "prices.currency", "a word of up to 12 letters"),
        ("calls: 12 CNY", "calls: {}", "prices.calls", "no call is priced"),
        ("calls: 12 CNY", "calls: {hotlne: 1 CNY}", "prices.calls.hotlne", "did you mean 'hotline'?"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place_and_the_way_out(old, new, path, said):
    assert old in PRICES
    wrong = mistakes(PLACE + PRICES.replace(old, new))
    assert any(where == path and said in message for where, message in wrong), wrong


def test_an_expectation_on_costs_needs_prices():
    expect = "expect:\n  face: [costs.total <= 25 CNY]\n"
    assert mistakes(PLACE + expect) == [
        ("expect.face[0]", "costs.total cannot be told: the scenario gives no prices; add 'prices'")
    ]
    assert scenario(PLACE + PRICES + expect).expect["face"][0].limit == 25.0
    only = PLACE + "prices: {currency: CNY, guard: 45 CNY/h}\nexpect:\n  face: [costs.cards <= 25 CNY]\n"
    assert "add 'prices.cards'" in mistakes(only)[0][1]
    assert "this is in EUR" in mistakes(PLACE + PRICES + expect.replace("CNY", "EUR"))[0][1]
    assert (
        "whole place"
        in mistakes(PLACE + PRICES + "expect:\n  face:\n    - costs.total[resident] <= 25 CNY\n")[0][1]
    )
    assert "as money" in mistakes(PLACE + PRICES + expect.replace(" CNY", ""))[0][1]


def test_limits_in_money_may_say_per_household_and_month():
    for unit in ("CNY", "CNY/household/month", "CNY per household and month", "CNY a household and month"):
        text = f"{PLACE}{PRICES}expect:\n  face: [costs.total <= 25 {unit}]\n"
        one = scenario(text).expect["face"][0]
        assert (one.limit, one.expect.currency) == (25.0, "CNY")


def test_a_policy_that_extends_what_is_not_there_is_told_once():
    text = PLACE.replace("  cards: {access", "  cards: {extends: fcae, access") + PRICES
    assert [path for path, _ in mistakes(text)] == ["policies.cards.extends"]
