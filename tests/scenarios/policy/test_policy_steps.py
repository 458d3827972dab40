"""Single rules of the policy, each as a small story. The rows of decisions.yaml cover them in breadth."""

import pickle
from typing import Any

import pytest

from gatebench.scenarios.policy.document import PolicyDocument
from gatebench.scenarios.policy.engine import Policy, PortalFacts
from gatebench.scenarios.policy.means import Means
from gatebench.scenarios.policy.state import (
    Decided,
    Decision,
    DoorMoved,
    FaultOff,
    FaultOn,
    FireAlarm,
    FireReset,
    Happening,
    Lifted,
    Override,
    Passed,
    Reason,
    Record,
    Request,
    State,
)
from gatebench.scenarios.units import Start

H = 3600.0
GATE, RAMP, DOOR = "main-gate", "garage-ramp", "tower-door"
PORTALS = {
    GATE: PortalFacts(("in", "out")),
    RAMP: PortalFacts(("in", "out"), "locked"),
    f"{DOOR}-1": PortalFacts(("in",)),
    f"{DOOR}-2": PortalFacts(("in",)),
}
DECLARED = {f"{DOOR}-1": DOOR, f"{DOOR}-2": DOOR}
SHANGHAI = "2021-10-11T00:00+08:00 Asia/Shanghai"


def policy(start: str = SHANGHAI, **document: Any) -> Policy:
    document.setdefault("access", [{"accept": ["face", "card", "card + pin", "pin + phone-code"]}])
    return Policy.compile(
        "tried",
        PolicyDocument.model_validate(document),
        portals=PORTALS,
        groups=("resident", "refuser"),
        start=Start.parse(start),
        declared=DECLARED,
    )


class Story:
    """A policy and what has happened so far."""

    def __init__(self, start: str = SHANGHAI, **document: Any) -> None:
        self.policy = policy(start, **document)
        self.state = self.policy.initial

    def happens(self, *events: Happening) -> None:
        for event in events:
            self.state = self.policy.advance(self.state, event)

    def ask(self, t: float = 0.0, person: int | None = 1, **request: Any) -> Decision:
        fields: dict[str, Any] = {
            "portal": GATE, "direction": "in", "group": None if person is None else "resident", "credential": "card"
        }  # fmt: skip
        fields.update(request)
        fields.setdefault("reader", f"{fields['portal']}/{fields['direction']}/0")
        return self.policy.decide(self.state, Request(t=t, person=person, **fields))

    def tries(self, t: float = 0.0, person: int | None = 1, **request: Any) -> Decision:
        """Ask, and take note of the decision."""
        fields: dict[str, Any] = {
            "portal": GATE, "direction": "in", "group": None if person is None else "resident", "credential": "card"
        }  # fmt: skip
        fields.update(request)
        fields.setdefault("reader", f"{fields['portal']}/{fields['direction']}/0")
        asked = Request(t=t, person=person, **fields)
        decision = self.policy.decide(self.state, asked)
        self.state = self.policy.advance(self.state, Decided(asked, decision))
        return decision


def said(decision: Decision) -> tuple[str, str, int]:
    return decision.outcome, decision.reason, decision.step


# ---- 1 fire


def test_fire_releases_until_it_is_reset() -> None:
    story = Story()
    story.happens(FireAlarm(5.0))
    assert said(story.ask(6.0, None, record=None, authentic=False)) == ("grant", "fire", 1)
    story.happens(FireAlarm(7.0), FireReset(8.0))
    assert said(story.ask(8.0)) == ("grant", "granted", 12)


def test_fire_releases_the_portals_of_its_zone_that_the_policy_names() -> None:
    story = Story(fire={"releases": [GATE, DOOR]})
    story.happens(FireAlarm(0.0, frozenset({RAMP, f"{DOOR}-2"})))
    assert story.ask(portal=f"{DOOR}-2", record=None).reason == Reason.FIRE
    assert story.ask(portal=f"{DOOR}-1", record=None).reason == Reason.UNKNOWN
    assert story.ask(portal=RAMP, record=None).reason == Reason.UNKNOWN
    story.happens(FireAlarm(1.0))
    assert story.ask(portal=GATE, record=None).reason == Reason.FIRE
    assert story.ask(portal=RAMP, record=None).reason == Reason.UNKNOWN


def test_evacuation_leaves_nobody_trapped_by_anti_passback() -> None:
    story = Story(anti_passback={"at": [GATE, RAMP]}, fire={"releases": GATE})
    story.happens(Passed(1.0, GATE, "in", 1), Passed(2.0, GATE, "out", 2))
    assert story.ask(3.0, 2, direction="out").outcome == "deny"
    story.happens(FireAlarm(10.0))
    assert story.ask(11.0, 2, portal=RAMP, direction="out").outcome == "grant"
    story.happens(Passed(12.0, GATE, "in", 3))
    assert story.ask(13.0, 3, portal=RAMP, direction="in").outcome == "grant"
    story.happens(FireReset(99.0))
    assert story.ask(100.0, 1, direction="in").outcome == "grant"
    story.happens(Passed(101.0, GATE, "in", 1))
    assert story.ask(102.0, 1, direction="in").outcome == "deny"


# ---- 2 and 3


def test_free_egress_beats_an_operator_who_locks() -> None:
    story = Story()
    story.happens(Override(0.0, f"{DOOR}-1", "locked"))
    assert said(story.ask(portal=f"{DOOR}-1", direction="out")) == ("grant", "free-egress", 2)
    assert said(story.ask(portal=f"{DOOR}-1")) == ("deny", "override-locked", 3)
    story.happens(Override(1.0, f"{DOOR}-1", "open"))
    assert said(story.ask(portal=f"{DOOR}-1", record=None)) == ("grant", "override-open", 3)
    story.happens(Override(2.0, f"{DOOR}-1", None))
    assert said(story.ask(portal=f"{DOOR}-1", record=None)) == ("deny", "unknown", 7)


# ---- 4 faults


def test_off_line_the_list_stands_still_and_the_clock_goes_on() -> None:
    story = Story()
    story.happens(FaultOn(100.0, "network-down"))
    assert said(story.ask(150.0, record=Record(revoked=101.0))) == ("grant", "granted", 12)
    assert story.ask(150.0, record=Record(revoked=100.0)).reason == Reason.REVOKED
    assert story.ask(150.0, record=Record(issued=101.0)).reason == Reason.UNKNOWN
    assert story.ask(150.0, record=Record(issued=100.0)).reason == Reason.GRANTED
    assert story.ask(150.0, record=Record(expires=150.0)).reason == Reason.EXPIRED
    story.happens(FaultOff(160.0, "network-down"))
    assert story.ask(160.0, record=Record(revoked=101.0)).reason == Reason.REVOKED


def test_the_list_is_as_old_as_the_first_of_several_outages_without_a_gap() -> None:
    story = Story()
    story.happens(FaultOn(10.0, "network-down"), FaultOn(20.0, "server-down"), FaultOff(30.0, "network-down"))
    assert story.ask(40.0, record=Record(revoked=15.0)).reason == Reason.GRANTED
    story.happens(FaultOff(41.0, "server-down"))
    assert story.ask(42.0, record=Record(revoked=15.0)).reason == Reason.REVOKED


def test_an_outage_at_one_portal_leaves_the_others_on_line() -> None:
    story = Story()
    story.happens(FaultOn(10.0, "network-down", GATE))
    assert story.ask(20.0, record=Record(revoked=15.0)).reason == Reason.GRANTED
    assert story.ask(20.0, portal=RAMP, record=Record(revoked=15.0)).reason == Reason.REVOKED


@pytest.mark.parametrize(
    ("faults", "on", "wanted"),
    [
        ({"network-down": "deny"}, ["network-down"], ("deny", "fault-deny", 4)),
        ({"network-down": "release"}, ["network-down"], ("grant", "fault-release", 4)),
        ({"network-down": "deny", "server-down": "release"}, ["network-down", "server-down"],
         ("grant", "fault-release", 4)),
        ({"network-down": [{"rule": "deny", "at": RAMP}, "release"]}, ["network-down"], ("grant", "fault-release", 4)),
        ({"network-down": {"rule": "deny", "at": RAMP}}, ["network-down"], ("grant", "granted", 12)),
        ({}, ["power-cut"], ("grant", "fault-release", 4)),
        ({"power-cut": "deny", "network-down": "release"}, ["power-cut", "network-down"], ("deny", "fault-deny", 4)),
        ({"power-cut": "ignore"}, ["power-cut"], ("grant", "granted", 12)),
        ({}, ["store-corrupt"], ("deny", "fault-deny", 4)),
        ({}, ["reader-unplugged", "reader-tampered", "camera-covered", "anything-else"], ("grant", "granted", 12)),
    ],
)  # fmt: skip
def test_what_a_fault_does(faults: dict[str, Any], on: list[str], wanted: tuple[str, str, int]) -> None:
    story = Story(faults=faults)
    story.happens(*(FaultOn(0.0, fault) for fault in on))
    assert said(story.ask(1.0)) == wanted


def test_without_power_a_portal_does_what_it_is_made_for() -> None:
    story = Story()
    story.happens(FaultOn(0.0, "power-cut"))
    assert story.ask(portal=GATE, record=None).reason == Reason.FAULT_RELEASE
    assert story.ask(portal=RAMP).reason == Reason.FAULT_DENY


def test_a_fault_of_one_reader_leaves_its_neighbour_alone() -> None:
    story = Story(faults={"reader-tampered": "deny"})
    story.happens(FaultOn(0.0, "reader-tampered", f"{GATE}/in/1"))
    assert story.ask(reader=f"{GATE}/in/1").reason == Reason.FAULT_DENY
    assert story.ask(reader=f"{GATE}/in/0").reason == Reason.GRANTED


def test_a_portal_is_on_line_again_though_another_is_not() -> None:
    story = Story()
    story.happens(
        FaultOn(10.0, "network-down", GATE),
        FaultOn(11.0, "network-down", RAMP),
        FaultOff(20.0, "network-down", GATE),
    )
    assert story.ask(30.0, record=Record(revoked=15.0)).reason == Reason.REVOKED
    assert story.ask(30.0, portal=RAMP, record=Record(revoked=15.0)).reason == Reason.GRANTED


def test_a_fault_that_leaves_the_list_alone_does_not_keep_it_old() -> None:
    story = Story()
    story.happens(
        FaultOn(10.0, "network-down"), FaultOn(11.0, "camera-covered"), FaultOff(20.0, "network-down")
    )
    assert story.ask(30.0, record=Record(revoked=15.0)).reason == Reason.REVOKED


@pytest.mark.parametrize(
    ("faults", "first", "reason"),
    [
        ({"network-down": "deny"}, "network-down", Reason.GRANTED),
        ({"network-down": "release"}, "network-down", Reason.GRANTED),
        ({"network-down": "ignore"}, "network-down", Reason.REVOKED),
        ({"reader-tampered": "deny"}, "reader-tampered", Reason.REVOKED),
        ({"camera-covered": "last-list"}, "camera-covered", Reason.GRANTED),
    ],
)
def test_which_faults_keep_the_list_old(faults: dict[str, str], first: str, reason: Reason) -> None:
    """Revoked at 15; the first fault lasts from 10 to 30, the server is down from 20 on."""
    story = Story(faults=faults)
    story.happens(FaultOn(10.0, first), FaultOn(20.0, "server-down"), FaultOff(30.0, first))
    assert story.ask(40.0, record=Record(revoked=15.0)).reason == reason


# ---- 5 suspension


def test_the_nth_wrong_try_suspends_the_person_everywhere_until_exactly_then() -> None:
    story = Story(suspension={"after": 3, "lasts": "60 s"})
    assert [story.tries(t, record=None).suspends for t in (0.0, 1.0)] == [None, None]
    assert story.tries(2.0, record=None, portal=RAMP).suspends == (1, 62.0)
    assert said(story.tries(61.999)) == ("deny", "suspended", 5)
    assert story.ask(3.0, 2).outcome == "grant"
    assert story.tries(62.0, record=None).suspends is None
    assert story.state.tries[1] == 1


def test_who_is_unknown_counts_for_the_reader() -> None:
    story = Story(suspension={"after": 2, "lasts": "60 s"})
    story.tries(0.0, None, record=None, credential="face")
    assert story.tries(1.0, None, record=None, credential="face").suspends == (f"{GATE}/in/0", 61.0)
    assert story.ask(2.0, 1).reason == Reason.SUSPENDED
    assert story.ask(2.0, 1, reader=f"{GATE}/in/1").reason == Reason.GRANTED


def test_of_reader_every_wrong_try_counts_for_the_reader() -> None:
    story = Story(suspension={"after": 2, "lasts": "60 s", "of": "reader"})
    story.tries(0.0, 1, record=None)
    assert story.tries(1.0, 2, record=None).suspends == (f"{GATE}/in/0", 61.0)
    assert story.ask(2.0, 3).reason == Reason.SUSPENDED
    assert story.ask(2.0, 1, portal=RAMP).reason == Reason.GRANTED


def test_a_grant_clears_the_tries_of_person_and_reader() -> None:
    story = Story(suspension={"after": 2, "lasts": "60 s"})
    story.tries(0.0, None, record=None)
    story.tries(1.0, 1, record=None, portal=RAMP)
    assert dict(story.state.tries) == {f"{GATE}/in/0": 1, 1: 1}
    story.tries(2.0, 1)
    assert not story.state.tries


def test_a_release_clears_nothing_for_nobody_has_proved_anything() -> None:
    story = Story(suspension={"after": 2, "lasts": "60 s"})
    story.tries(0.0, record=None)
    story.happens(Override(1.0, GATE, "open"))
    story.tries(2.0)
    assert story.state.tries[1] == 1


def test_denials_by_other_rules_count_no_try() -> None:
    story = Story(suspension={"after": 2, "lasts": "60 s"}, anti_passback={"at": [GATE]})
    story.happens(Passed(0.0, GATE, "in", 1))
    story.tries(1.0)
    story.tries(2.0)
    assert not story.state.tries
    story.happens(Override(3.0, GATE, "locked"))
    story.tries(4.0)
    story.tries(5.0)
    assert not story.state.tries


def test_an_operator_lifts_a_suspension() -> None:
    story = Story(suspension={"after": 1, "lasts": "60 s"})
    story.tries(0.0, record=None)
    assert story.ask(1.0).reason == Reason.SUSPENDED
    story.happens(Lifted(2.0, 1))
    assert story.ask(2.0).reason == Reason.GRANTED
    assert story.state == story.policy.initial


def test_the_alarm_of_wrong_tries_goes_its_own_way() -> None:
    story = Story(suspension={"after": 2, "lasts": "1 s"}, wrong_try_alarm=3)
    alarms = [story.tries(10.0 * n, record=None).alarm for n in range(6)]
    assert alarms == [None, None, "wrong-try", None, None, "wrong-try"]


def test_the_alarm_counts_at_a_reader_whoever_it_is_until_a_grant() -> None:
    story = Story(wrong_try_alarm=3)
    assert [story.tries(1.0, person, record=None).alarm for person in (1, 2)] == [None, None]
    story.tries(2.0, 3)
    assert [story.tries(3.0, person, record=None).alarm for person in (4, 5, 6)] == [None, None, "wrong-try"]


# ---- 6 to 8


def test_the_first_of_several_things_that_are_wrong_is_named() -> None:
    story = Story(access=[{"accept": "face"}])
    assert said(story.ask(10.0, authentic=False, record=None)) == ("deny", "not-authentic", 6)
    assert said(story.ask(10.0, record=None)) == ("deny", "unknown", 7)
    assert said(story.ask(10.0, record=Record(expires=5.0, revoked=5.0))) == ("deny", "expired", 7)
    assert said(story.ask(10.0, record=Record(revoked=10.0))) == ("deny", "revoked", 7)
    assert said(story.ask(10.0)) == ("deny", "no-access", 8)


def test_hours_are_half_open() -> None:
    story = Story(access=[{"hours": "07:00-23:00", "accept": "card"}])
    reasons = [story.ask(t).reason for t in (7 * H - 0.001, 7 * H, 23 * H - 0.001, 23 * H)]
    assert reasons == ["outside-hours", "granted", "granted", "outside-hours"]


def test_hours_wrap_midnight_on_every_day() -> None:
    story = Story(access=[{"hours": ["22:00-06:00", "12:00-13:00"], "accept": "card"}])
    granted = [hour for hour in range(48) if story.ask(hour * H).outcome == "grant"]
    assert granted == [*range(6), 12, 22, 23, *range(24, 30), 36, 46, 47]


def test_hours_are_local_on_the_day_summer_time_begins() -> None:
    story = Story("2021-03-28T00:00+01:00 Europe/Berlin", access=[{"hours": "03:00-04:00", "accept": "card"}])
    granted = [hour for hour in range(48) if story.ask(hour * H).outcome == "grant"]
    assert granted == [2, 26]


def test_hours_are_local_on_the_day_summer_time_ends() -> None:
    story = Story("2021-10-31T00:00+02:00 Europe/Berlin", access=[{"hours": "02:00-03:00", "accept": "card"}])
    granted = [hour for hour in range(48) if story.ask(hour * H).outcome == "grant"]
    assert granted == [2, 3, 27]


def test_the_first_rule_that_fits_decides_alone() -> None:
    story = Story(access=[{"who": "refuser", "hours": "08:00-09:00", "accept": "face"}, {"accept": "card"}])
    assert story.ask(8 * H, group="refuser").reason == Reason.OUTSIDE_HOURS
    assert story.ask(9 * H, group="refuser").reason == Reason.GRANTED
    assert story.ask(8 * H, group="a-group-nobody-knows").reason == Reason.GRANTED


def test_what_is_for_the_guard_is_not_for_the_reader() -> None:
    story = Story(access=[{"accept": ["face", "card at guard", "guard"]}], guard={"hours": "07:00-23:00"})
    assert story.ask(credential="card").reason == Reason.NO_ACCESS
    assert story.ask(credential="card", shown_at="guard").reason == Reason.GRANTED
    assert story.ask(credential="guard", shown_at="guard").reason == Reason.GRANTED
    assert story.ask(credential="face", shown_at="guard").reason == Reason.NO_ACCESS


def test_what_is_for_the_guard_is_offered_while_one_is_on_duty() -> None:
    story = Story(access=[{"accept": ["face", "card at guard"]}], guard={"at": GATE, "hours": "07:00-23:00"})
    face, card = Means(("face",)), Means(("card",), "guard")
    assert story.policy.accepted(GATE, "in", "resident", 8 * H) == (face, card)
    assert story.policy.accepted(GATE, "in", "resident", 23 * H) == (face,)
    assert story.policy.accepted(RAMP, "in", "resident", 8 * H) == (face,)


def test_a_cutover_ends_one_credential_and_begins_another() -> None:
    story = Story(
        cutover={"at": "2021-10-11T08:00", "old": "card", "new": "face", "until": "2021-10-11T09:00"}
    )
    t = [8 * H - 1, 8 * H, 9 * H - 1, 9 * H]
    assert [story.ask(at, credential="card").reason for at in t] == [
        "granted",
        "granted",
        "granted",
        "stopped",
    ]
    assert [story.ask(at, credential="face").reason for at in t] == [
        "not-yet",
        "granted",
        "granted",
        "granted",
    ]
    offered = [
        {name for one in story.policy.accepted(GATE, "in", None, at) for name in one.credentials} for at in t
    ]
    both = {"face", "card", "pin", "phone-code"}
    assert offered == [both - {"face"}, both, both, both - {"card"}]


# ---- 9 combination


def test_both_parts_in_either_order() -> None:
    for first, second in (("pin", "phone-code"), ("phone-code", "pin")):
        story = Story()
        begun = story.tries(0.0, credential=first)
        assert said(begun) == ("need_more", "combination", 9)
        assert Means((second,)) in begun.next
        assert said(story.tries(9.999, credential=second)) == ("grant", "granted", 12)
        assert story.ask(9.9999, credential=second).outcome == "need_more"


def test_a_part_says_what_would_complete_it() -> None:
    story = Story(access=[{"accept": ["card + pin", "card + face"]}])
    assert story.tries(credential="card").next == (Means(("pin",)), Means(("face",)))


@pytest.mark.parametrize(
    "second", [{"t": 10.0}, {"person": 2}, {"reader": "elsewhere"}, {"credential": "phone-code"}]
)
def test_parts_that_do_not_belong_together(second: dict[str, Any]) -> None:
    story = Story()
    story.tries(0.0, credential="phone-code")
    assert story.ask(**{"t": 5.0, "person": 1, "credential": "pin", **second}).outcome == "need_more"


def test_a_grant_elsewhere_leaves_a_combination_under_way() -> None:
    story = Story()
    story.tries(0.0, credential="pin")
    story.tries(1.0, 2, portal=RAMP)
    assert story.tries(2.0, credential="phone-code").outcome == "grant"


def test_a_credential_that_is_enough_needs_no_second() -> None:
    story = Story(access=[{"accept": ["card + pin", "card"]}])
    assert story.ask(credential="card").outcome == "grant"
    assert story.ask(credential="pin").outcome == "need_more"


# ---- 10 and 11


def test_an_interlock_keeps_the_second_door_shut() -> None:
    story = Story(interlock=[[GATE, RAMP]])
    story.happens(
        DoorMoved(0.0, GATE, True, 0), DoorMoved(0.0, GATE, True, 1), DoorMoved(1.0, GATE, False, 0)
    )
    assert said(story.ask(portal=RAMP)) == ("deny", "interlock", 10)
    assert story.ask(portal=GATE).outcome == "grant"
    story.happens(DoorMoved(2.0, GATE, False, 1))
    assert story.ask(portal=RAMP).outcome == "grant"
    assert story.state is story.policy.advance(story.state, DoorMoved(3.0, f"{DOOR}-1", True))


def test_towers_do_not_wait_for_one_another() -> None:
    story = Story(interlock=[[GATE, DOOR]])
    story.happens(DoorMoved(0.0, f"{DOOR}-1", True))
    assert story.ask(portal=f"{DOOR}-2").outcome == "grant"
    assert story.ask(portal=GATE).reason == Reason.INTERLOCK


def test_the_doors_of_one_tower_wait_for_each_other() -> None:
    names = {f"{door}-{tower}": door for door in ("outer", "inner") for tower in (1, 2)}
    document = PolicyDocument.model_validate(
        {"access": [{"accept": "card"}], "interlock": [["outer", "inner"]]}
    )
    doors = {name: PortalFacts(("in",)) for name in names}
    both = Policy("doors", document, doors, ("resident",), Start.parse(SHANGHAI), names)
    state = both.advance(both.initial, DoorMoved(0.0, "outer-1", True))
    asked = [Request(1.0, door, "in", door, 1, "resident", "card") for door in names]
    assert [both.decide(state, one).reason for one in asked] == ["granted", "granted", "interlock", "granted"]


def test_hard_anti_passback_denies_the_same_way_twice() -> None:
    story = Story(anti_passback={"at": [GATE, RAMP]})
    story.tries(0.0)
    assert story.ask(1.0).outcome == "grant"
    story.happens(Passed(2.0, GATE, "in", 1))
    assert said(story.ask(3.0, portal=RAMP)) == ("deny", "anti-passback", 11)
    story.happens(Passed(4.0, RAMP, "out", 1))
    assert story.ask(5.0).outcome == "grant"


def test_soft_anti_passback_grants_with_an_alarm() -> None:
    story = Story(anti_passback={"kind": "soft", "at": [GATE]})
    story.happens(Passed(0.0, GATE, "in", 1))
    decision = story.ask(1.0)
    assert (said(decision), decision.alarm) == (("grant", "anti-passback", 11), "anti-passback")


def test_timed_anti_passback_ends_exactly_then() -> None:
    story = Story(anti_passback={"kind": "timed", "at": [GATE], "lasts": "5 min", "update": "grant"})
    assert story.tries(0.0).outcome == "grant"
    assert [story.ask(t).outcome for t in (299.999, 300.0)] == ["deny", "grant"]


def test_a_soft_grant_is_a_grant_and_clears_the_tries() -> None:
    story = Story(anti_passback={"kind": "soft", "at": [GATE]}, suspension={"after": 3}, wrong_try_alarm=5)
    story.happens(Passed(0.0, GATE, "in", 1))
    story.tries(1.0, record=None)
    assert story.state.tries and story.state.wrong
    assert story.tries(2.0).step == 11
    assert not story.state.tries and not story.state.wrong


def test_anti_passback_counts_nobody_whom_the_credential_does_not_name() -> None:
    story = Story(anti_passback={"at": [GATE], "update": "grant"})
    for t in (0.0, 1.0):
        assert story.tries(t, None).outcome == "grant"
    assert story.state is story.policy.initial


def test_each_tower_has_its_own_area() -> None:
    story = Story(anti_passback={"at": [DOOR]})
    story.happens(Passed(0.0, f"{DOOR}-1", "in", 1))
    assert story.ask(portal=f"{DOOR}-1").outcome == "deny"
    assert story.ask(portal=f"{DOOR}-2").outcome == "grant"


# ---- what may be tried next


def test_after_a_denial_the_other_means_are_offered() -> None:
    story = Story(access=[{"accept": ["face", "card", "face + pin"]}])
    assert story.ask(credential="face", record=None).next == (Means(("card",)),)
    again = story.ask(credential="face", authentic=False).next
    assert again == (Means(("face",)), Means(("card",)), Means(("face", "pin")))


def test_a_policy_and_its_state_survive_a_pickle() -> None:
    story = Story(suspension={"after": 2}, anti_passback={"at": [GATE]}, guard={})
    story.tries(0.0, record=None)
    story.happens(Passed(1.0, GATE, "in", 1), FaultOn(2.0, "network-down"))
    other: Policy
    state: State
    other, state = pickle.loads(pickle.dumps((story.policy, story.state)))
    assert state == story.state
    request = Request(3.0, GATE, "in", f"{GATE}/in/0", 1, "resident", "card")
    assert other.decide(state, request) == story.policy.decide(story.state, request)


def test_a_portal_that_is_not_there() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        Story().ask(portal="nowhere")


@pytest.mark.parametrize(
    ("document", "steady"),
    [
        ({}, True),
        ({"access": [{"accept": ["face", "card at guard"]}]}, True),
        ({"access": [{"accept": ["face", "card at guard"]}], "guard": {}}, True),
        ({"access": [{"accept": ["face", "card at guard"]}], "guard": {"hours": "07:00-23:00"}}, False),
        ({"access": [{"accept": "face"}], "guard": {"hours": "07:00-23:00"}}, True),
        ({"access": [{"hours": "07:00-23:00", "accept": "face"}]}, False),
        ({"cutover": {"at": "2021-10-11T08:00", "old": "card", "new": "face"}}, False),
        ({"cutover": {"at": "2021-10-11T08:00", "old": "fingerprint", "new": "registration-card"}}, True),
        ({"exceptions": [{"accept": "card", "until": "2021-10-12T00:00"}]}, False),
        ({"exceptions": [{"who": "refuser", "accept": "card", "until": "2021-10-12T00:00"}]}, True),
        ({"exceptions": [{"accept": "card"}]}, True),
    ],
)
def test_what_may_be_tried_is_known_to_be_the_same_at_all_times(
    document: dict[str, Any], steady: bool
) -> None:
    assert policy(**document).is_steady(GATE, "in", "resident") == steady
