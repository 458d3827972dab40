"""Who may pass is one thing, whether the lock moves another (docs/decisions/0011)."""

from typing import Any

import pytest

from gatebench.scenarios.policy.checks import Surroundings, problems
from gatebench.scenarios.policy.document import PolicyDocument
from gatebench.scenarios.policy.engine import Policy, PortalFacts
from gatebench.scenarios.policy.state import (
    Fault,
    FaultOff,
    FaultOn,
    FireAlarm,
    FireReset,
    Happening,
    Override,
    Request,
)
from gatebench.scenarios.units import Start

PORTALS = {
    "secure": PortalFacts(("in",), "locked"),  # with a handle on the way out
    "vault": PortalFacts(("in", "out"), "locked"),
    "safe": PortalFacts(("in", "out")),
}
CUT = FaultOn(1.0, Fault.POWER_CUT)
OPEN = Override(2.0, "secure", "open")


def policy(**document: Any) -> Policy:
    document.setdefault("access", [{"accept": "card"}])
    start = Start.parse("2021-10-11T00:00+08:00 Asia/Shanghai")
    return Policy("tried", PolicyDocument.model_validate(document), PORTALS, ("resident",), start)


def lock(portal: str, *events: Happening, t: float = 10.0, lane: int = 0, **document: Any) -> str:
    made = policy(**document)
    state = made.initial
    for event in events:
        state = made.advance(state, event)
    return made.lock(state, portal, lane, t)


def test_with_power_and_nothing_else_a_grant_moves_the_lock() -> None:
    assert [lock(portal) for portal in PORTALS] == ["by-grant"] * 3


def test_without_power_the_springs_have_it() -> None:
    assert [lock(portal, CUT) for portal in PORTALS] == ["locked", "locked", "unlocked"]
    assert lock("secure", CUT, FaultOff(2.0, Fault.POWER_CUT)) == "by-grant"
    assert lock("secure", FaultOn(1.0, Fault.POWER_CUT, "vault")) == "by-grant"
    assert lock("secure", FaultOn(1.0, Fault.POWER_CUT, "secure/in/0")) == "by-grant", (
        "of one reader, not the lock"
    )


@pytest.mark.parametrize(
    ("events", "document"),
    [((OPEN,), {}), ((), {"hold_open": {"at": ["secure"], "hours": "00:00-12:00"}})],
    ids=["override", "hours"],
)
def test_what_grants_before_the_fault_rule_does_not_move_a_dead_lock(events: Any, document: Any) -> None:
    made = policy(**document)
    state = made.initial
    for event in (CUT, *events):
        state = made.advance(state, event)
    asked = Request(10.0, "secure", "in", "secure/in/0", 1, "resident", "card")
    decision = made.decide(state, asked)
    assert (decision.outcome, decision.step) == ("grant", 3)
    assert made.lock(state, "secure", 0, 10.0) == "locked"
    assert not made.lets_through(state, decision, "secure", 0, "in", 10.0)
    powered = made.advance(state, FaultOff(11.0, Fault.POWER_CUT))
    assert made.lock(powered, "secure", 0, 12.0) == "unlocked"
    assert made.lets_through(powered, decision, "secure", 0, "in", 12.0)


def test_a_handle_lets_out_and_a_reader_that_is_off_leaves_none() -> None:
    made = policy(egress={"free": ["vault"]})
    state = made.advance(made.initial, CUT)
    for portal, out in (("secure", True), ("vault", False), ("safe", True)):
        way_out = Request(10.0, portal, "out", f"{portal}/out/0", 1, "resident", "card")
        decision = made.decide(state, way_out)
        assert decision.outcome == "grant"
        assert made.lets_through(state, decision, portal, 0, "out", 10.0) is out, portal


def test_fire_opens_with_and_without_power_until_it_is_reset() -> None:
    fire = FireAlarm(2.0)
    assert [lock(portal, CUT, fire) for portal in PORTALS] == ["unlocked"] * 3
    assert lock("secure", fire) == "unlocked"
    assert lock("secure", CUT, fire, FireReset(3.0)) == "locked"
    assert lock("secure", CUT, fire, fire={"releases": ["safe"]}) == "locked"


def test_operator_hours_and_faults_in_their_order() -> None:
    held = {"hold_open": {"at": ["secure"], "hours": "00:00-12:00"}}
    tampered = FaultOn(1.0, Fault.READER_TAMPERED, "secure/in/1")
    release = {"faults": {"reader-tampered": "release"}}
    assert lock("secure", OPEN) == "unlocked"
    assert lock("secure", **held) == "unlocked"
    assert lock("secure", t=43_200.0, **held) == "by-grant"
    assert lock("secure", Override(2.0, "secure", "locked"), **held) == "by-grant"
    assert [lock("secure", tampered, lane=lane, **release) for lane in (0, 1)] == ["by-grant", "unlocked"]
    assert lock("secure", tampered, Override(2.0, "secure", "locked"), lane=1, **release) == "by-grant"


def test_a_battery_keeps_the_lock_at_work() -> None:
    assert lock("secure", CUT, faults={"power-cut": "last-list"}) == "by-grant"
    assert lock("secure", CUT, OPEN, faults={"power-cut": "ignore"}) == "unlocked"


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ("release", "faults.power-cut"),
        ({"rule": "deny", "at": "safe"}, "faults.power-cut"),
        ([{"rule": "release", "at": ["safe", "secure"]}, "last-list"], "faults.power-cut.0"),
    ],
)
def test_no_rule_bends_the_springs_of_a_lock(rule: Any, place: str) -> None:
    around = Surroundings(
        {name: one.readers for name, one in PORTALS.items()}, {"resident": ("card",)}, ("card",),
        {name: one.without_power for name, one in PORTALS.items()},
    )  # fmt: skip
    document = PolicyDocument.model_validate({"access": [{"accept": "card"}], "faults": {"power-cut": rule}})
    (found,) = problems({"p": document}, around)
    assert ".".join(map(str, found.loc[2:])) == place
    assert "without power" in found.message


def test_rules_that_say_what_the_springs_do_are_taken() -> None:
    around = Surroundings({"safe": ("in",)}, {"resident": ("card",)}, ("card",), {"safe": "open"})
    document = PolicyDocument.model_validate(
        {"access": [{"accept": "card"}], "faults": {"power-cut": "release"}}
    )
    assert not list(problems({"p": document}, around))
