"""Doors that stand open, told by their log: propped by people, held by their hours, switched off by a management that has
had enough; and readers that wear."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebench.scenarios.checks import problems
from gatebench.scenarios.errors import InputError
from gatebench.scenarios.reading import read_bytes
from gatebench.scenarios.scenario import Scenario
from gatebench.sim.draws import Draws
from gatebench.sim.log import EventLog
from gatebench.sim.replication import run
from gatebench.sim.trips import plan

TEXT = """
scenario: story
start: 2024-01-01T08:00 UTC
duration: {duration}
drain: {drain}
compound: {{portals: {{gate: {{kind: {kind}, opening: 1 s, passing: 2 s, closing: 5 s, rearm: 0 s, readers: [in, out]{portal}}}}}}}
people: {{resident: {{holds: [card], entitled: true}}, stranger: {{holds: []{stranger}}}}}
traffic:
  residents: {{group: resident, at: gate, arrivals: {{instants: [{residents}]}}}}
  strangers: {{group: stranger, at: gate, arrivals: {{instants: [{strangers}]}}}}
  leaving: {{group: stranger, at: gate, direction: out, arrivals: {{instants: [{leaving}]}}}}
readers:
  card: {{acquire: 1 s, match: 0 s, decide: 0 s, actuate: 0 s, failure_to_acquire: 0, false_non_identification: {misses}{reader}}}
behaviour:
  retry: {{probability: 0}}
  resorts: [{resorts}]
  follow: {{with_credential: 0, without_credential: 1, reverse: 0, headway: 1 s, hope: {hope}}}
  hold: {{probability: 0}}
  prop: {{probability: {prop}, after: [{after}]}}{behaviour}
policies: {{it: {{access: [{{accept: card}}]{policy}}}}}
"""
NEVER = "3599 s"
PLAIN: dict[str, Any] = {
    "duration": "30 min", "drain": "10 min", "resorts": "follow, leave", "portal": "", "stranger": "", "residents": NEVER, "strangers": NEVER, "leaving": NEVER, "misses": 0, "reader": "",
    "kind": "swing-door", "hope": "60 s", "prop": 0, "after": "wait", "behaviour": "", "policy": "",
}  # fmt: skip


def load(**changes: Any) -> Scenario:
    return read_bytes(TEXT.format(**{**PLAIN, **changes}).encode(), Scenario, check=problems)


def rows(seed: int = 1, **changes: Any) -> list[dict[str, Any]]:
    scenario = load(**changes)
    draws, log = Draws(seed, 0), EventLog()
    run(scenario, "it", plan(scenario, draws), draws, log)
    return list(log.table().to_pylist())


def told(found: list[dict[str, Any]], *events: str) -> list[tuple[Any, ...]]:
    names = ("outcome", "reason", "way")
    return [
        (row["t"], row["event"], *(row[name] for name in names if row[name] is not None))
        for row in found
        if row["event"] in events
    ]


PLACES = st.sampled_from([
    {}, {"portal": ", lanes: 3"}, {"kind": "speed-gate", "portal": ", lanes: 2, relock_on_close: true"},
    {"kind": "vehicle-barrier", "portal": ", unlock: {time: 4 s, restart_on_pass: true}"},
])  # fmt: skip


# ---- propped


def test_who_had_to_wait_props_the_door_and_the_patrol_shuts_it() -> None:
    found = rows(
        prop=1, strangers="5 s, 50 s, 400 s", residents="10 s, 100 s", policy=", patrol: {every: 2 min, takes: 30 s}", drain="0 s"
    )  # fmt: skip
    assert told(found, "wait_other", "pass", "fault_on", "fault_off", "close", "relock", "held_open", "alarm") == [
        (5.0, "wait_other"),
        (14.0, "pass", "own"),
        (15.0, "pass", "tailgate"),
        (15.0, "fault_on", "propped"),
        (42.0, "held_open"),
        (42.0, "alarm", "held-open"),
        (51.0, "pass", "free"),
        (101.0, "pass", "free"),
        (120.0, "fault_off", "propped"),
        (120.0, "close"),
        (120.0, "relock"),
        (400.0, "wait_other"),
    ]  # fmt: skip
    who = {row["event"]: row for row in found if row["event"].startswith("fault")}
    assert who["fault_on"]["person"] is not None
    assert who["fault_off"]["person"] is None
    assert who["fault_off"]["value"] == 105.0


def test_the_patrol_costs_its_time_at_every_round() -> None:
    found = rows(policy=", patrol: {every: 10 min, takes: 30 s}", drain="0 s")
    assert told(found, "guard_start", "guard_end") == [
        (600.0, "guard_start", "patrol"), (630.0, "guard_end", "patrol"),
        (1200.0, "guard_start", "patrol"), (1230.0, "guard_end", "patrol"),
    ]  # fmt: skip
    assert [row["value"] for row in found if row["event"] == "guard_end"] == [30.0, 30.0]


def test_rounds_outside_their_hours_do_not_take_place() -> None:
    found = rows(policy=", patrol: {every: 5 min, hours: 08:10-08:20, takes: 1 s}")
    assert told(found, "guard_start") == [(600.0, "guard_start", "patrol"), (900.0, "guard_start", "patrol")]


def test_without_a_patrol_it_stands_open_to_the_end() -> None:
    found = rows(prop=1, strangers="5 s, 1700 s", residents="10 s, 900 s")
    assert told(found, "pass", "fault_off", "close") == [
        (14.0, "pass", "own"), (15.0, "pass", "tailgate"), (901.0, "pass", "free"), (1701.0, "pass", "free"),
    ]  # fmt: skip


def test_through_a_propped_door_people_walk_both_ways_one_behind_the_other() -> None:
    found = rows(prop=1, strangers="5 s, 100 s, 100 s", residents="10 s", leaving="100 s")
    assert [(row["t"], row["direction"]) for row in found if row["way"] == "free"] == [
        (101.0, "in"), (102.0, "in"), (103.0, "out"),
    ]  # fmt: skip


def test_everybody_who_waits_walks_through_as_soon_as_it_is_propped() -> None:
    # A stranger waits on each side; a resident stands at the reader when the door is propped, another in line.
    found = rows(prop=1, strangers="5 s", leaving="6 s", residents="10 s, 10 s, 10 s")
    assert told(found, "pass") == [
        (14.0, "pass", "own"), (15.0, "pass", "tailgate"), (16.0, "pass", "free"), (17.0, "pass", "free"), (19.0, "pass", "own"),
    ]  # fmt: skip
    assert len(told(found, "present")) == 2


@pytest.mark.parametrize(
    ("after", "changes", "props"),
    [
        ("wait", {"strangers": "5 s", "residents": "10 s"}, True),
        ("wait", {"residents": "10 s"}, False),
        ("no-credential", {"strangers": "5 s", "residents": "10 s"}, True),
        ("denial", {"strangers": "5 s", "residents": "10 s"}, False),
        ("no-credential", {"residents": "10 s, 20 s"}, False),
    ],
)
def test_only_trouble_of_the_kinds_that_are_said_makes_people_prop(
    after: str, changes: Any, props: bool
) -> None:
    assert bool(told(rows(prop=1, after=after, **changes), "fault_on")) is props


def test_a_denial_is_trouble() -> None:
    # Half of the attempts fail; whoever is denied and then follows somebody in, props.
    found = rows(prop=1, after="denial", misses=0.5, residents=", ".join(f"{10 * n} s" for n in range(1, 40)))
    denied = {row["person"] for row in found if row["outcome"] == "deny"}
    ((when, who),) = [(row["t"], row["person"]) for row in found if row["event"] == "fault_on"]
    assert who in denied
    assert not [row for row in found if row["t"] > when + 10 and row["event"] == "decision"]


def test_a_habit_of_one_group_is_not_that_of_others() -> None:
    habits = ", habits: {prop: {probability: 1, after: no-credential}}"
    assert told(rows(stranger=habits, after="no-credential", strangers="5 s", residents="10 s"), "fault_on")
    assert not told(rows(prop=0, strangers="5 s", residents="10 s"), "fault_on")


def test_a_turnstile_cannot_be_propped() -> None:
    with pytest.raises(InputError, match="no portal can be propped open"):
        load(prop=1, kind="turnstile")
    with pytest.raises(InputError, match="'gate' is a lift, which nobody can prop open"):
        load(prop=1, kind="lift", after="wait], at: [gate")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 1700), min_size=1, max_size=12), st.lists(st.integers(1, 1700), min_size=1, max_size=12),
    st.sampled_from([60, 250, 600]), st.integers(0, 1000), PLACES,
)  # fmt: skip
def test_every_prop_ends_at_the_next_round(
    residents: list[int], strangers: list[int], every: int, seed: int, place: dict[str, str]
) -> None:
    found = rows(
        seed, prop=0.5, after="wait, no-credential", policy=f", patrol: {{every: {every} s}}",
        residents=", ".join(f"{t} s" for t in sorted(residents)), strangers=", ".join(f"{t} s" for t in sorted(strangers)),
        **place,
    )  # fmt: skip
    begins = [row["t"] for row in found if row["event"] == "fault_on"]
    ends = [(row["t"], row["value"]) for row in found if row["event"] == "fault_off"]
    rounds = [(math.floor(t / every) + 1) * every for t in begins]
    assert [t for t, _ in ends] == rounds
    assert [value for _, value in ends] == pytest.approx(
        [end - t for t, end in zip(begins, rounds, strict=True)]
    )
    # While it stands propped nobody is asked for anything; who had begun before may still be answered.
    for begin, end in zip(begins, rounds, strict=True):
        assert not [row for row in found if row["event"] == "present" and begin < row["t"] < end]
    _everybody_comes_to_an_end(found)


# ---- held open by hours


def test_in_its_hours_the_door_is_held_open() -> None:
    found = rows(
        policy=", hold_open: {at: gate, hours: 08:01-08:02}", residents="10 s, 61 s, 119 s, 130 s", strangers="50 s, 118 s"
    )  # fmt: skip
    assert told(found, "unlock", "relock", "wait_other", "pass", "decision")[:-2] == [
        (11.0, "decision", "grant", "granted"),
        (11.0, "unlock", "own"),
        (14.0, "pass", "own"),
        (19.0, "relock"),
        (50.0, "wait_other"),
        (60.0, "unlock", "hold-open"),
        (63.0, "pass", "free"),
        (65.0, "pass", "free"),
        (121.0, "pass", "free"),
        # Who still stood in line at 120 s shows the card after all, to a door that stands open.
        (122.0, "decision", "grant", "granted"),
        (124.0, "pass", "own"),
        (129.0, "relock"),
        (131.0, "decision", "grant", "granted"),
        (131.0, "unlock", "own"),
    ]  # fmt: skip


def test_a_stranger_in_line_at_the_end_of_the_hours_is_left_with_what_else_there_is() -> None:
    found = rows(
        policy=", hold_open: {at: gate, hours: 08:01-08:02}", residents="118 s", strangers="118 s, 119 s"
    )
    # The leaf has not fallen shut behind the resident, and they follow.
    assert told(found, "pass", "wait_other", "abandon") == [
        (121.0, "pass", "free"), (122.0, "pass", "tailgate"), (123.0, "pass", "tailgate"),
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 1700), min_size=1, max_size=15), st.lists(st.integers(1, 1700), max_size=8), st.integers(1, 20),
    st.integers(1, 8), st.integers(0, 1000), PLACES,
)  # fmt: skip
def test_under_hold_open_nobody_is_denied(
    residents: list[int], strangers: list[int], begin: int, minutes: int, seed: int, place: dict[str, str]
) -> None:
    found = rows(
        seed, misses=0.5, policy=f", hold_open: {{at: gate, hours: '08:{begin:02}-08:{begin + minutes:02}'}}",
        residents=", ".join(f"{t} s" for t in sorted(residents)),
        strangers=", ".join(f"{t} s" for t in sorted(strangers)) or NEVER,
        **place,
    )  # fmt: skip
    held = [row for row in found if begin * 60.0 <= row["t"] < (begin + minutes) * 60.0]
    assert not [row for row in held if row["event"] == "decision" and row["outcome"] != "grant"]
    assert not [
        row for row in held if row["event"] in ("present", "relock", "abandon") and row["t"] > begin * 60.0
    ]
    _everybody_comes_to_an_end(found)


# ---- switched off

CALLING = "\n  call: {management: {probability: 1, takes: 10 s}}"


def test_after_so_many_calls_the_management_switches_the_readers_off() -> None:
    found = rows(
        behaviour=CALLING,
        policy=", gives_up: {at: gate, after: 3, within: 10 min, lasts: 5 min}", strangers="10 s, 20 s, 700 s, 720 s, 740 s, 800 s, 1100 s",
        resorts="call, leave",
    )  # fmt: skip
    # Two calls at first are not enough, and too long ago to count with the later ones.
    assert [t for t, *_ in told(found, "fault_on")] == [740.0]
    assert told(found, "fault_on", "fault_off") == [
        (740.0, "fault_on", "switched-off"), (1040.0, "fault_off", "switched-off"),
    ]  # fmt: skip
    assert (803.0, "pass", "free") in told(found, "pass")
    assert (1110.0, "abandon", "no-credential") in told(found, "abandon")


# ---- wear


EVERY_TEN_MINUTES = {
    "duration": "2 d",
    "hope": "1 s",
    "residents": ", ".join(f"{10 * n} min" for n in range(1, 288)),
}


def _lost(begin: float, end: float, **changes: Any) -> int:
    found = rows(reader=", wear: {per_day: 50 %, up_to: 75 %}", **EVERY_TEN_MINUTES, **changes)
    return sum(row["event"] == "acquire_failed" and begin <= row["t"] < end for row in found)


def test_a_reader_that_nobody_cleans_gets_worse_and_worse() -> None:
    # 144 attempts a day: on the first the share grows from 0 to 50 %, 36 expected; on the second to 75 % at noon and no
    # further: 45 + 54 = 99. Bounds: 4 standard deviations of a binomial, at the most 0.5 sqrt(144).
    assert 12 <= _lost(0, 86400) <= 60
    assert 75 <= _lost(86400, 172800) <= 123


def test_maintenance_begins_anew() -> None:
    clean = ", maintenance: {every: 1 d}"
    assert 12 <= _lost(86400, 172800, policy=clean) <= 60
    # Cleaned every 10 min, right before each attempt, nothing is lost.
    assert _lost(0, 172800, policy=", maintenance: {every: 10 min}") == 0


def test_a_reader_does_not_wear_unless_said() -> None:
    assert not told(rows(**EVERY_TEN_MINUTES), "acquire_failed")


def _everybody_comes_to_an_end(found: list[dict[str, Any]]) -> None:
    came = sorted(row["person"] for row in found if row["event"] == "arrive")
    went = sorted(row["person"] for row in found if row["event"] in ("pass", "abandon"))
    assert came == went
