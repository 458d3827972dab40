"""Stories at one portal, told by its log: what people do, and what its doors and guards do to them."""

from __future__ import annotations

from gatebench.scenarios.checks import problems
from gatebench.scenarios.reading import read_bytes
from gatebench.scenarios.scenario import Scenario
from gatebench.sim.draws import Draws
from gatebench.sim.log import EventLog
from gatebench.sim.replication import run
from gatebench.sim.trips import plan

TEXT = """
scenario: story
start: 2024-01-01T08:00 UTC
duration: 10 min
night: 22:00-06:00
compound: {{portals: {{gate: {{kind: swing-door, opening: 1 s, passing: 2 s, closing: {closing}, rearm: 0 s{portal}}}{portals}}}}}
people: {{person: {{holds: [{holds}], entitled: true{person}}}{people}}}
traffic: {{one: {{group: person, at: gate, arrivals: {{instants: [{at}]}}}}{traffic}}}
readers:
  face: {{acquire: 3 s, match: 0 s, decide: 0 s, actuate: 0 s, failure_to_acquire: 0, false_non_identification: {misses}}}
  card: {{acquire: 1 s, match: 0 s, decide: 0 s, actuate: 0 s, failure_to_acquire: 0, false_non_identification: {fails}}}
  pin: {{acquire: 4 s, match: 0 s, decide: 0 s, actuate: 0 s, false_non_identification: 0}}
behaviour: {{follow: {{with_credential: 0, without_credential: {follow}, headway: 1 s, hope: 60 s}}, hold: {{probability: {hold}}}{behaviour}}}
policies: {{it: {{{policy}}}}}
"""
PLAIN = {
    "portal": "", "closing": "5 s", "portals": "", "holds": "card", "person": "", "people": "", "at": "10 s", "traffic": "", "misses": 0,
    "fails": 0, "follow": 0, "hold": 0, "behaviour": "", "policy": "access: [{accept: card}]",
}  # fmt: skip


def story(**changes):
    """(t, event, detail) of every row, in order."""
    scenario = read_bytes(TEXT.format(**{**PLAIN, **changes}).encode(), Scenario, check=problems)
    draws, log = Draws(1, 0), EventLog()
    run(scenario, "it", plan(scenario, draws), draws, log)
    return [
        (
            row["t"],
            row["event"],
            *(row[name] for name in ("credential", "outcome", "reason", "way") if row[name] is not None),
        )
        for row in log.table().to_pylist()
    ]


def only(rows, *events):
    return [row for row in rows if row[1] in events]


def test_somebody_with_a_card_opens_walks_in_and_the_door_falls_shut():
    assert story() == [
        (10.0, "arrive"),
        (10.0, "present", "card"),
        (11.0, "decision", "card", "grant", "granted"),
        (11.0, "unlock", "own"),
        (12.0, "open"),
        (14.0, "pass", "own"),
        (14.0, "stage", "occupied"),
        (19.0, "close"),
        (19.0, "relock"),
    ]


def test_the_lock_stays_open_for_its_time_although_the_leaf_is_shut():
    rows = story(portal=", unlock: 20 s")
    assert only(rows, "close", "relock") == [(19.0, "close"), (31.0, "relock")]


def test_people_who_need_longer_have_the_extended_time():
    rows = story(portal=", unlock: {time: 5 s, extended: 30 s}", person=", slow: true")
    assert only(rows, "relock") == [(41.0, "relock")]


def test_a_leaf_that_stands_open_too_long_raises_the_alarm_once():
    rows = story(portal=", held_open_alarm: 4 s")
    assert only(rows, "held_open", "alarm") == [(16.0, "held_open"), (16.0, "alarm", "held-open")]


def test_whoever_holds_nothing_waits_for_somebody_and_follows_unnoticed():
    rows = story(
        people=", stranger: {holds: []}", follow=1,
        traffic=", two: {group: stranger, at: gate, arrivals: {instants: [5 s]}}",
    )  # fmt: skip
    assert only(rows, "wait_other", "pass") == [
        (5.0, "wait_other"),
        (14.0, "pass", "own"),
        (15.0, "pass", "tailgate"),
    ]


def test_a_held_door_waits_for_everybody_who_follows():
    rows = story(
        people=", stranger: {holds: []}", follow=1, hold=1, portal=", relock_on_close: true", closing="0 s",
        traffic=", two: {group: stranger, at: gate, arrivals: {instants: [5 s], batch: 3}}",
    )  # fmt: skip
    assert [row[:3] for row in only(rows, "pass")] == [
        (14.0, "pass", "own"), (15.0, "pass", "piggyback"), (16.0, "pass", "piggyback"), (17.0, "pass", "piggyback"),
    ]  # fmt: skip
    assert only(rows, "close", "relock") == [(17.0, "close"), (17.0, "relock")]


def test_hope_ends_and_nobody_came():
    rows = story(people=", stranger: {holds: []}", at="300 s", follow=1,
                 traffic=", two: {group: stranger, at: gate, arrivals: {instants: [5 s]}}")  # fmt: skip
    assert only(rows, "abandon") == [(65.0, "abandon", "hope")]


def test_a_turnstile_lets_nobody_follow():
    rows = story(
        people=", stranger: {holds: []}", follow=1, portal=", followers: false",
        traffic=", two: {group: stranger, at: gate, arrivals: {instants: [5 s]}}",
    )  # fmt: skip
    assert only(rows, "abandon") == [(5.0, "abandon", "no-credential")]


def test_a_face_that_is_missed_is_tried_three_times_and_then_the_card():
    rows = story(holds="face, card", misses=1, policy="access: [{accept: [face, card]}]")
    assert [row[:3] for row in only(rows, "present")] == [
        (10.0, "present", "face"), (13.0, "present", "face"), (16.0, "present", "face"), (19.0, "present", "card"),
    ]  # fmt: skip
    assert only(rows, "pass") == [(23.0, "pass", "own")]


def test_a_combination_needs_both_parts():
    rows = story(holds="card, pin", policy="access: [{accept: card + pin}]")
    assert [row[2:] for row in only(rows, "decision")] == [
        ("card", "need_more", "combination"), ("pin", "grant", "granted"),
    ]  # fmt: skip


def test_who_is_too_slow_for_a_combination_shows_the_lapsed_part_again():
    # The PIN takes 4 s, the card is forgotten after 3; shown again within 3 s of the PIN it completes the pair.
    rows = story(holds="card, pin", policy="access: [{accept: card + pin}], combination_within: 3 s")
    assert [row[2] for row in only(rows, "present")] == ["card", "pin", "card"]
    assert [row[2:] for row in only(rows, "pass")] == [("own",)]


def test_a_refused_guard_sends_one_on_to_follow_or_to_leave():
    rows = story(
        people=", stranger: {holds: []}", at="300 s",
        traffic=", two: {group: stranger, at: gate, arrivals: {instants: [5 s]}}",
        policy="access: [{accept: card}], guard: {takes: 20 s}",
    )  # fmt: skip
    assert only(rows, "guard_start", "guard_end", "wait_other")[:3] == [
        (5.0, "guard_start"), (35.0, "guard_end"), (35.0, "wait_other"),
    ]  # fmt: skip


def test_the_guard_opens_the_wicket_beside_the_lanes():
    rows = story(
        holds="registration-card",
        policy="access: [{accept: registration-card at guard}], guard: {takes: 20 s}",
    )
    assert only(rows, "present", "pass") == [(10.0, "present", "registration-card"), (33.0, "pass", "guard")]


def test_outside_their_hours_there_is_no_guard():
    rows = story(
        holds="registration-card", policy="access: [{accept: registration-card at guard}], guard: {hours: 09:00-17:00}",
        behaviour=", resorts: [guard, leave]",
    )  # fmt: skip
    assert rows == [(10.0, "arrive", "no-credential"), (10.0, "abandon", "no-credential")]


def test_a_card_stops_at_the_cutover_and_the_face_begins():
    rows = story(
        holds="card, face", at="10 s, 130 s",
        policy="access: [{accept: [card, face]}], cutover: {at: 2024-01-01T08:01, old: card, new: face}",
    )  # fmt: skip
    assert [row[:3] for row in only(rows, "present")] == [
        (10.0, "present", "card"),
        (130.0, "present", "face"),
    ]


def test_an_interlock_keeps_the_other_door_shut():
    rows = story(
        portals=", inner: {kind: swing-door, opening: 0 s, passing: 0 s, closing: 60 s}", at="20 s",
        traffic=", two: {group: person, at: inner, arrivals: {instants: [10 s]}}",
        policy="access: [{accept: card}], interlock: [[gate, inner]]", behaviour=", retry: {limit: 1}, resorts: [leave]",
    )  # fmt: skip
    assert (21.0, "decision", "card", "deny", "interlock") in rows
    assert (21.0, "abandon", "denied") in rows


def test_pending_people_try_their_face_and_are_refused():
    rows = story(
        holds="face",
        person=", face: pending",
        policy="access: [{accept: face}]",
        behaviour=", resorts: [leave], retry: {probability: 100 %, limit: 3}",
    )
    assert [row[2:] for row in only(rows, "decision")] == [("face", "deny", "not-authentic")] * 3
    assert only(rows, "abandon") == [(19.0, "abandon", "denied")]


def test_who_refused_does_not_show_the_face():
    rows = story(
        holds="face",
        person=", face: refused",
        policy="access: [{accept: face}]",
        behaviour=", resorts: [leave]",
    )
    assert rows == [(10.0, "arrive", "no-credential"), (10.0, "abandon", "no-credential")]


def test_a_lane_for_both_directions_takes_who_came_first_from_either_side():
    scenario = read_bytes(
        TEXT.format(
            **{
                **PLAIN,
                "at": "10 s, 11 s, 13 s",
                "portal": ", readers: [in, out]",
                "traffic": ", two: {group: person, at: gate, direction: out, arrivals: {instants: [12 s, 14 s]}}",
            }
        ).encode(),
        Scenario,
        check=problems,
    )
    log, draws = EventLog(), Draws(1, 0)
    run(scenario, "it", plan(scenario, draws), draws, log)
    taken = [row["direction"] for row in log.table().to_pylist() if row["event"] == "present"]
    assert taken == ["in", "in", "out", "in", "out"]


def test_the_duty_of_the_hour_is_the_one_that_checks():
    rows = story(
        holds="registration-card", at="10 s, 310 s", policy="access: [{accept: registration-card at guard}],"
        " guard: [{hours: 08:00-08:05, takes: 20 s}, {takes: 50 s}]",
    )  # fmt: skip
    starts, ends = (only(rows, event) for event in ("guard_start", "guard_end"))
    assert [end[0] - start[0] for start, end in zip(starts, ends, strict=True)] == [20.0, 50.0]
