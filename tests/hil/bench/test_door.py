"""A door over devices: what the device really does drives what people do next."""

from __future__ import annotations

import pytest

from .conftest import Device


def told(rows, *events, person=0):
    return [
        (row["event"], row["outcome"] or row["reason"] or row["way"])
        for row in rows
        if row["event"] in events and row["person"] in (person, None)
    ]


def test_whoever_is_granted_walks_through_and_the_rig_plays_contact_and_passage(play):
    rows, rig, device = play()
    assert told(rows, "decision", "unlock", "pass") == [
        ("decision", "grant"),
        ("unlock", "own"),
        ("pass", "own"),
    ]
    opened, shut = device.contacts
    assert opened[1] and not shut[1]
    assert device.bodies == [(pytest.approx(opened[0] + 1.0), "in")]
    assert shut[0] == pytest.approx(opened[0] + 1.5)
    assert [one.agrees for one in rig.judged] == [True]


def test_whoever_is_denied_by_the_device_stays_outside_whatever_the_policy_says(play):
    rows, rig, device = play(Device(outcomes=[("deny", 0.2)]))
    assert told(rows, "decision", "pass")[0] == ("decision", "deny")
    assert not told(rows, "pass") and not device.bodies
    assert {(one.expected, one.observed) for one in rig.judged} == {("grant", "deny")}
    assert {row["reason"] for row in rows if row["event"] == "decision"} == {"device"}


def test_an_answer_that_does_not_come_is_a_denial_to_people_and_no_decision_of_the_device(play):
    rows, rig, _device = play(Device(outcomes=[(None, 0.0), ("grant", 0.2)]), owners="10 s, 40 s")
    assert next((one.person, one.observed) for one in rig.judged) == (0, None)
    first = next(row for row in rows if row["event"] == "decision")
    assert first["reason"] == "no-answer" and first["value"] == pytest.approx(
        3.0
    )  # 1 s at the reader, 2 s of patience
    assert any(one.observed == "grant" for one in rig.judged[1:])


def test_an_answer_after_its_limit_is_not_credited_to_whoever_comes_next(play):
    rows, rig, _device = play(
        Device(outcomes=[("grant", 2.5), ("deny", 0.2)], unlocks=[(None, 0.0)]), owners="10 s, 10.1 s"
    )
    assert [one.observed for one in rig.judged[:2]] == [None, "deny"]
    assert [row["reason"] for row in rows if row["event"] == "stage"].count("stray-answer") == 1


def test_a_grant_without_an_unlock_leaves_people_before_a_locked_door(play):
    rows, _rig, device = play(Device(unlocks=[(None, 0.0)]))
    assert told(rows, "decision", "abandon", "pass") == [("decision", "grant"), ("abandon", "locked")]
    assert not device.contacts


def test_a_lock_that_falls_before_the_leaf_is_open_keeps_people_out(play):
    rows, _rig, _device = play(Device(unlocks=[(0.1, 0.2)]))
    assert told(rows, "unlock", "relock", "abandon", "pass") == [
        ("unlock", "own"), ("relock", None), ("abandon", "locked"),
    ]  # fmt: skip


def test_a_follower_passes_only_while_lock_or_leaf_are_seen_open(play):
    first = 1  # the stranger: numbers go by stream
    rows, _, _ = play(strangers="5 s")
    assert told(rows, "pass", person=first) == [("pass", "tailgate")]
    rows, _, device = play(Device(unlocks=[(None, 0.0)]), strangers="5 s")
    assert told(rows, "pass", person=first) == [] and not device.bodies


def test_fail_safe_locks_are_unlocked_without_voltage(play):
    rows, _, device = play()
    assert device.fail_safe  # a speed gate opens without power unless its file says otherwise
    assert ("unlock", "own") in told(rows, "unlock")


def test_where_no_reader_is_on_the_button_opens(play):
    rows, _, device = play(direction="out")
    assert device.asked.count("button") == 1
    assert told(rows, "pass") == [("pass", "free")]


def test_a_guard_opens_from_afar(play):
    rows, _, device = play(
        access="{accept: guard}", policy=", guard: {at: gate, takes: 5 s, occupies_lane: true}"
    )
    assert "release" in device.asked
    assert told(rows, "pass") == [("pass", "guard")]


def test_schedules_prove_nothing_while_the_clock_of_the_device_is_not_confirmed(play):
    hours = {"access": "{accept: card, hours: 06:00-22:00}"}
    _, rig, _ = play(server=False, **hours)
    assert "clock" in rig.judged[0].not_tested
    _, rig, _ = play(**hours)
    assert rig.judged[0].not_tested == ""
    _, rig, _ = play(server=False)
    assert rig.judged[0].not_tested == ""


def test_stages_of_an_attempt_add_up(play):
    _, rig, _ = play()
    found = {one.stage: one.seconds for one in rig.timings}
    assert found["poll"] == pytest.approx(0.01, abs=1e-6)
    assert found["decision"] == pytest.approx(0.2, abs=1e-6)
    assert found["strike"] == pytest.approx(0.1, abs=1e-6)
    assert found["unlock"] == pytest.approx(found["decision"] + found["strike"], abs=1e-6)
    assert found["end-to-end"] == pytest.approx(found["poll"] + found["unlock"], abs=1e-6)
