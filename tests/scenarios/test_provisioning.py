"""Provisioning: what is compiled, and its JSON."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gatebench.scenarios.compound import Compound
from gatebench.scenarios.errors import InputError
from gatebench.scenarios.library import load
from gatebench.scenarios.library import names as library_names
from gatebench.scenarios.policy.document import PolicyDocument
from gatebench.scenarios.provisioner import Entry, instances, issue, provision, unix
from gatebench.scenarios.provisioning import SECOND, Credential, ListChange, Provisioning
from gatebench.scenarios.units import Start

START = Start.parse("2021-10-11T00:00+08:00 Asia/Shanghai")
ZERO = unix(START.local)
COMPOUND = Compound.model_validate(
    {
        "towers": {"count": 2, "floors": 3, "flats": 2},
        "portals": {
            "gate": {"kind": "speed-gate", "readers": ["in", "out"], "lanes": {"in": 1, "out": 1}},
            "outer": {"kind": "swing-door", "one_for_each": "tower"},
            "inner": {"kind": "swing-door", "one_for_each": "tower"},
        },
    }
)


def compiled(**policy: Any) -> Provisioning:
    portals, declared = instances(COMPOUND)
    document = PolicyDocument.model_validate(policy)
    return provision("p", document, portals, ("resident",), START, declared=declared)


def test_doors_of_towers_stand_apart() -> None:
    told = compiled(
        anti_passback=[{"at": ["outer", "inner"]}, {"at": ["gate"]}], interlock=[["outer", "inner"]]
    )
    assert [door.id for door in told.doors] == ["gate", "outer-1", "outer-2", "inner-1", "inner-2"]
    assert [door.interlocked_with for door in told.doors] == [
        (), ("inner-1",), ("inner-2",), ("outer-1",), ("outer-2",),
    ]  # fmt: skip
    assert [area.doors for area in told.areas] == [("outer-1", "inner-1"), ("outer-2", "inner-2"), ("gate",)]


def test_lanes_and_egress_are_those_of_the_policy() -> None:
    gate = compiled(lanes={"gate": 3}, egress={"free": "gate"}).doors[0]
    assert (gate.lanes, gate.readers) == ((("in", "out"),) * 3, ("in",))


def test_faults_say_what_each_door_does() -> None:
    told = compiled(faults={"server-down": [{"rule": "deny", "at": "gate"}, "ignore"]})
    answers = [{one.fault: (one.does, one.list_stands) for one in door.faults} for door in told.doors[:2]]
    assert answers[0]["server-down"] == ("deny", True)
    assert answers[1] == {
        "server-down": ("ignore", False),
        "network-down": ("last-list", True),
        "store-corrupt": ("deny", False),
        "power-cut": ("release", False),
    }


def test_the_list_and_what_changes_on_it() -> None:
    credentials, changes = issue(
        [
            Entry("1", "card", 1),
            Entry("2", "card", 2, issued=10.0, revoked=20.0),
            Entry("3", "card", 3, expires=5.0, revoked=-1.0),
            Entry("4", "face", 3, issued=float("inf")),
        ],
        START,
    )
    assert credentials == (
        Credential("1", "card", 1),
        Credential("2", "card", 2, "absent"),
        Credential("3", "card", 3, "revoked", ZERO + 5 * SECOND),
        Credential("4", "face", 3, "absent"),
    )
    assert changes == (
        ListChange(ZERO + 10 * SECOND, "2", "listed"),
        ListChange(ZERO + 20 * SECOND, "2", "revoked"),
    )


def test_every_ready_scenario_can_be_provisioned_and_comes_back_from_json() -> None:
    for name in library_names():
        scenario = load(name).scenario
        portals, declared = instances(scenario.compound)
        for policy in scenario.policies:
            told = provision(
                policy, scenario.policy(policy), portals, tuple(scenario.people), scenario.start,
                declared=declared, credentials=[Credential("1", "card", None, expires=3)],
            )  # fmt: skip
            assert Provisioning.from_json(told.to_json()) == told


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schema",), "gatebench.provisioning/2", "schema: is 'gatebench.provisioning/2'"),
        (("zone",), 5, r"provisioning\.zone: must be text \(got 5\)"),
        (("doors", 0, "fire_release"), 1, r"doors\[0\]\.fire_release: must be true or false"),
        (("doors", 0, "unlock", "time"), 2.5, r"unlock\.time: must be a whole number"),
        (("doors", 0, "readers"), ["up"], r"readers\[0\]: must be one of 'in', 'out' \(got 'up'\)"),
        (("doors", 0, "color"), "red", r"doors\[0\]: 'color' is no field of it"),
        (("levels",), {}, r"levels: must be a list"),
    ],
)
def test_wrong_json_is_answered_with_the_place(path: tuple[Any, ...], value: Any, message: str) -> None:
    found = json.loads(compiled(access=[{"accept": "card"}]).to_json())
    inner = found
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(InputError, match=message):
        Provisioning.from_json(json.dumps(found))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema": "gatebench.provisioning/1"}'])
def test_what_is_no_provisioning_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="provisioning"):
        Provisioning.from_json(text)


def test_the_same_data_gives_the_same_text() -> None:
    told = compiled(access=[{"accept": "card"}])
    assert told.to_json() == replace(told).to_json()
