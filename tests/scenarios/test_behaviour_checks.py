"""Behaviour that contradicts itself, or cannot happen where it is: named with its place, the value and the way out."""

from __future__ import annotations

import pytest

from gatebench.scenarios.checks import problems
from gatebench.scenarios.errors import InputError
from gatebench.scenarios.library import load, names
from gatebench.scenarios.reading import read_text
from gatebench.scenarios.scenario import Scenario

TEXT = """
scenario: odd
start: 2024-01-01T00:00 UTC
duration: 1 d
compound:
  towers: {count: 1, floors: 6, flats: 4}
  portals:
    gate: {kind: speed-gate}
    ramp: {kind: vehicle-barrier, railing: {height: 50 cm}}
    door: {kind: swing-door, wall: {height: 2 m}}
  routes: ROUTES
people:
  resident: {share: 70 %, holds: [card]}
  refuser: {share: 30 %, holds: [card], habits: HABITS}
traffic: {residents: occupancy/calendar}
behaviour: BEHAVIOUR
policies: {it: {access: [{accept: card}]}}
"""
TWO = "[{through: [gate, door]}, {through: [ramp, door], share: 10 %}]"


def mistakes(behaviour: str = "{}", habits: str = "{}", routes: str = TWO) -> list[str]:
    text = TEXT.replace("ROUTES", routes).replace("HABITS", habits).replace("BEHAVIOUR", behaviour).lstrip()
    try:
        read_text(text, Scenario, name="odd.yaml", check=problems)
    except InputError as error:
        return [line for line in str(error).split("\n") if "error:" in line]
    return []


@pytest.mark.parametrize(
    "behaviour",
    [
        "{resorts: [guard, crawl, climb, elsewhere, follow, call, leave]}",
        "{crawl: {at: ramp}, climb: {at: [door]}}",
        "{resorts: [leave]}",
        "{resorts: []}",
        "{resorts: [follow], follow: {without_credential: 0, reverse: 0}, lend: {probability: 10 %}}",
        "{resorts: [climb], climb: {probability: {night: 100 %, otherwise: 0}}}",
        "{resorts: [crawl], crawl: {probability: {guard: 0, night: 60 %, otherwise: 5 %}, takes: exponential 20 s}}",
        "{guards: {opens: 50 %, registers: 30 %, lends: 20 %}}",
        "{guards: {opens: {night: 100 %, otherwise: 0}, lends: {day: 100 %, otherwise: 0}}}",
    ],
)
def test_what_can_be_is_taken(behaviour: str):
    assert mistakes(behaviour) == []


@pytest.mark.parametrize(
    ("behaviour", "at", "says"),
    [
        ("{crawl: {at: gate}}", "gate", "'gate' has no railing to crawl under; ramp has one: name that, or give 'gate' a"),
        ("{climb: {at: [door, ramp]}}", "ramp", "'ramp' has no wall to climb over; door has one"),
        ("{climb: {at: dor}}", "dor", "did you mean 'door'?"),
        ("{resorts: [crawl], crawl: {probability: 0}}", "crawl", "'resorts' has 'crawl', but 'crawl.probability' is 0"),
        ("{resorts: [climb], climb: {probability: {night: 0, otherwise: 0}}}", "climb", "'climb.probability' is 0"),
        ("{resorts: [elsewhere], elsewhere: {probability: 0}}", "elsewhere", "'elsewhere.probability' is 0"),
        ("{resorts: [call], call: {police: {probability: 0}}}", "call", "'call.*.probability' is 0"),
        ("{resorts: [follow], follow: {without_credential: 0, reverse: 0}}", "follow", "'follow.without_credential' is 0"),
        ("{resorts: [guard, follow, guard]}", None, "'guard' stands twice; each resort is tried once a visit"),
        ("{resorts: [leave, follow]}", None, "nothing comes after 'leave', but 'follow' does"),
        ("{resorts: [follow, crwl]}", None, "crwl"),
        ("{crawl: {probability: 120 %}}", None, "120 %"),
        ("{climb: {probability: -0.1}}", None, "-0.1"),
        ("{crawl: {probability: {nigth: 60 %, otherwise: 5 %}}}", None, "unknown condition 'nigth'; did you mean 'night'?"),
        ("{hold: {probability: {night: 60 %}}}", None, "say what holds 'otherwise'"),
        ("{follow: {without_credential: {night: 160 %, otherwise: 5 %}}}", None, "'night': "),
        ("{guards: {opens: 60 %, registers: 50 %}}", None, "add up to 1.1, which is above 1"),
        ("{guards: {opens: {night: 60 %, otherwise: 0}, lends: {guard: 50 %, otherwise: 0}}}", None, "add up to 1.1"),
        ("{call: {neighbour: {}}}", None, "neighbour"),
        ("{follow: {hurry: 0.5}}", None, "hurry"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(behaviour: str, at: str | None, says: str):
    found = mistakes(behaviour)
    assert len(found) == 1, found
    assert says in found[0]
    column = "" if at is None else f"{len('behaviour: ') + behaviour.index(at) + 1}:"
    assert found[0].startswith(f"odd.yaml:15:{column}"), found[0]


def test_habits_of_a_group_are_looked_at_with_what_they_inherit():
    assert mistakes(habits="{resorts: [crawl]}") == []
    found = mistakes("{crawl: {probability: 0}}", "{resorts: [crawl]}")
    assert len(found) == 1
    assert "'resorts' has 'crawl', but 'crawl.probability' is 0 in every situation" in found[0]
    assert found[0].startswith("odd.yaml:13:")


def test_who_goes_elsewhere_needs_another_route():
    found = mistakes("{resorts: [elsewhere]}", routes="[[gate, door]]")
    assert len(found) == 1
    assert "'elsewhere' can never happen: there is no other route" in found[0]


NOBODY_WAITS = "nobody can be lent anything: no group has 'follow' in its resorts"


@pytest.mark.parametrize("resorts", ["[leave]", "[guard, call]", "[]"])
def test_who_lends_needs_somebody_who_waits(resorts: str):
    behaviour = f"{{resorts: {resorts}, lend: {{probability: {{night: 10 %, otherwise: 0}}}}}}"
    found = mistakes(behaviour)
    assert len(found) == 1, found
    assert found[0].startswith(f"odd.yaml:15:{len('behaviour: ') + behaviour.index('probability') + 1}: ")
    assert NOBODY_WAITS in found[0]
    assert "add 'follow' to the resorts of those who wait, or leave 'lend' out" in found[0]
    assert mistakes(behaviour, "{resorts: [follow]}") == []
    assert mistakes(behaviour.replace("10 %", "0")) == []


def test_a_group_that_lends_needs_somebody_who_waits_of_any_group():
    assert mistakes(habits="{resorts: [leave], lend: {probability: 5 %}}") == []
    found = mistakes("{resorts: [leave]}", "{lend: {probability: 5 %}}")
    assert len(found) == 1
    assert found[0].startswith("odd.yaml:13:")
    assert NOBODY_WAITS in found[0]


@pytest.mark.parametrize("name", names())
def test_nothing_in_the_library_contradicts_itself(name: str):
    assert load(name).scenario.policies
