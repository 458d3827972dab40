"""The rows of decisions.yaml: what a controller must answer, each with the reason why.

Expected answers come from docs/policy.md and from the sources named, never from what the code happened to say.
"""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from gatebench.scenarios.policy.document import PolicyDocument, resolved
from gatebench.scenarios.policy.engine import Policy, PortalFacts
from gatebench.scenarios.policy.means import parse_means
from gatebench.scenarios.policy.state import (
    Decided,
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

FILE: dict[str, Any] = YAML(typ="safe", pure=True).load(Path(__file__).with_name("decisions.yaml"))
ROWS: list[dict[str, Any]] = FILE["rows"]
DOCUMENTS: dict[str, Any] = FILE["policies"]
PORTALS = {
    id: PortalFacts(tuple(facts["readers"]), facts["without_power"]) for id, facts in FILE["portals"].items()
}
DECLARED = {id: facts["declared"] for id, facts in FILE["portals"].items() if "declared" in facts}
STEPS = {
    1: {"fire"},
    2: {"free-egress"},
    3: {"override-open", "override-locked", "hold-open"},
    4: {"fault-release", "fault-deny"},
    5: {"suspended"},
    6: {"not-authentic"},
    7: {"unknown", "expired", "not-yet", "stopped", "revoked"},
    8: {"outside-hours", "no-access"},
    9: {"combination"},
    10: {"interlock"},
    11: {"anti-passback"},
    12: {"granted"},
}


def seconds(value: Any) -> float:
    """Seconds after the start; `'07:00'` and `'7d 08:00:00'` count from its midnight."""
    if not isinstance(value, str):
        return float(value)
    days, _, clock = value.rpartition(" ")
    parts = [float(part) for part in clock.split(":")]
    of_day = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    return float(days.rstrip("d") or 0) * 86400 + of_day


def record(value: dict[str, Any] | None) -> Record | None:
    return None if value is None else Record(**{name: seconds(at) for name, at in value.items()})


def request(value: dict[str, Any]) -> Request:
    """A request as a row writes it: a resident, person 1, with a card at the main gate's reader, unless it says otherwise."""
    fields: dict[str, Any] = {
        "portal": "main-gate",
        "direction": "in",
        "person": 1,
        "credential": "card",
    } | value
    fields["t"] = seconds(fields["t"])
    fields.setdefault("group", None if fields["person"] is None else "resident")
    place = "0" if fields.get("shown_at", "reader") == "reader" else "guard"
    fields.setdefault("reader", f"{fields['portal']}/{fields['direction']}/{place}")
    if "record" in fields:
        fields["record"] = record(fields["record"])
    return Request(**fields)


def happening(value: dict[str, Any]) -> Happening:
    """Something in a history that is not a request."""
    rest = dict(value)
    t, at = seconds(rest.pop("t")), rest.pop("at", None)
    happened: Happening
    if "fire" in rest:
        zone = rest.pop("fire")
        happened = FireAlarm(t, None if zone == "all" else frozenset(zone))
    elif "reset" in rest:
        assert rest.pop("reset") == "fire"
        happened = FireReset(t)
    elif "override" in rest:
        mode = rest.pop("override")
        happened = Override(t, at, None if mode == "ended" else mode)
    elif "fault_on" in rest:
        happened = FaultOn(t, rest.pop("fault_on"), at)
    elif "fault_off" in rest:
        happened = FaultOff(t, rest.pop("fault_off"), at)
    elif "passes" in rest:
        happened = Passed(t, at or "main-gate", rest.pop("direction"), rest.pop("passes"))
    elif "door" in rest:
        is_open = {"opens": True, "closes": False}[rest.pop("door")]
        happened = DoorMoved(t, at, is_open, rest.pop("lane", 0))
    else:
        happened = Lifted(t, rest.pop("lifted"))
    assert not rest, f"not understood: {rest}"
    return happened


@cache
def documents() -> dict[str, PolicyDocument]:
    return {id: PolicyDocument.model_validate(document) for id, document in DOCUMENTS.items()}


def policy(row: dict[str, Any]) -> Policy:
    id, known = row["policy"], documents()
    if not isinstance(id, str):
        known, id = {**known, "own": PolicyDocument.model_validate(id)}, "own"
    return Policy.compile(
        id,
        resolved(id, known),
        portals=PORTALS,
        groups=tuple(FILE["groups"]),
        start=Start.parse(row.get("start", FILE["start"])),
        declared=DECLARED,
    )


def after(tried: Policy, history: list[dict[str, Any]]) -> State:
    """The state after a history. Requests in it must have been answered as it says."""
    state = tried.initial
    for entry in history:
        if "asks" not in entry:
            state = tried.advance(state, happening(entry))
            continue
        assert entry.keys() <= {"asks", "gives", "times"}
        asked = request(entry["asks"])
        for _ in range(entry.get("times", 1)):
            decision = tried.decide(state, asked)
            assert decision.reason == entry["gives"], f"in the history, {entry['asks']}: {decision}"
            state = tried.advance(state, Decided(asked, decision))
    return state


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_the_answer_is_as_the_row_says(row: dict[str, Any]) -> None:
    tried, expect = policy(row), row["expect"]
    decision = tried.decide(after(tried, row.get("history", [])), request(row["request"]))
    assert (decision.outcome, str(decision.reason), decision.step) == (
        expect["outcome"],
        expect["reason"],
        expect["step"],
    ), row["because"]
    if expect.get("alarm") != "either":
        assert decision.alarm == expect.get("alarm"), row["because"]
    subject, until = expect.get("suspends", (None, 0))
    suspends = None if subject is None else (subject, seconds(until))
    assert decision.suspends == suspends, row["because"]
    if "next" in expect:
        assert decision.next == tuple(parse_means(one) for one in expect["next"]), row["because"]


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_rows_are_written_as_they_should_be(row: dict[str, Any]) -> None:
    assert row.keys() <= {"id", "policy", "start", "history", "request", "expect", "because"}
    assert row["expect"].keys() <= {"outcome", "reason", "step", "alarm", "suspends", "next"}
    assert row["expect"]["reason"] in STEPS[row["expect"]["step"]]
    assert len(row["because"]) >= 20 and row["because"].endswith(".")
    times = [seconds((entry.get("asks") or entry)["t"]) for entry in row.get("history", [])]
    times.append(seconds(row["request"]["t"]))
    assert times == sorted(times), "a history goes forward in time"


def test_no_two_rows_share_an_id_or_ask_the_same() -> None:
    assert not [id for id, n in Counter(row["id"] for row in ROWS).items() if n > 1]
    asked = Counter(repr([row.get(key) for key in ("policy", "start", "history", "request")]) for row in ROWS)
    assert not [text for text, n in asked.items() if n > 1]


def test_every_step_and_every_reason_has_rows() -> None:
    assert len(ROWS) >= 110
    assert {row["expect"]["step"] for row in ROWS} == set(range(1, 13))
    assert {row["expect"]["reason"] for row in ROWS} == {str(reason) for reason in Reason} - {
        "device",
        "no-answer",
    }
