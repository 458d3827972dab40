"""What holds of every policy, state and request."""

from datetime import datetime
from itertools import product
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
from hypothesis import given
from immutables import Map

from gatebench.scenarios.policy.document import PolicyDocument
from gatebench.scenarios.policy.engine import Policy, PortalFacts
from gatebench.scenarios.policy.schedule import WallClock
from gatebench.scenarios.policy.state import (
    Decided,
    Decision,
    DoorMoved,
    Fault,
    FaultOff,
    FaultOn,
    FireAlarm,
    FireReset,
    Happening,
    Lifted,
    Override,
    Passed,
    Record,
    Request,
    State,
)
from gatebench.scenarios.units import Hours, Start

DAY = 86400.0
PORTALS = {
    "gate": PortalFacts(("in", "out")),
    "ramp": PortalFacts(("in",), "locked"),
    "door": PortalFacts(("in", "out")),
}
GROUPS = ("resident", "refuser")
START = Start.parse("2021-03-28T00:00+01:00 Europe/Berlin")
FIRST_READ = {
    "authentic": 6, "tries": 6, "wrong": 6, "record": 7, "synced": 7, "credential": 7, "shown_at": 8, "group": 8,
    "partial": 9, "open_doors": 10, "places": 11,
}  # fmt: skip
"""The first rule that reads a part of the request or of the state."""

portals = st.sampled_from(tuple(PORTALS))
directions = st.sampled_from(("in", "out"))
groups = st.sampled_from((*GROUPS, None))
credentials = st.sampled_from(("face", "card", "pin", "guard"))
means = st.sampled_from(
    (
        "face",
        "card",
        "pin",
        "card + pin",
        "face + card + pin",
        "card at guard",
        "guard",
        "card + pin at guard",
    )
)
instants = st.integers(0, 200).map(lambda n: 900.0 * n) | st.floats(0, 2 * DAY)
clock_texts = st.integers(0, 95).map(lambda n: f"{n // 4:02}:{n % 4 * 15:02}")
hours = st.tuples(clock_texts, clock_texts).filter(lambda pair: pair[0] != pair[1]).map("-".join)
some_portals = st.lists(portals, min_size=1, max_size=2, unique=True)


def maybe(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=parts)


rules = st.builds(
    lambda accept, more: {"accept": accept, **more},
    st.lists(means, max_size=3, unique=True),
    maybe(
        who=st.sampled_from(GROUPS),
        at=some_portals,
        direction=directions,
        hours=st.lists(hours, min_size=1, max_size=2),
    ),
)
exceptions = st.builds(
    lambda rule, when: rule | when,
    rules,
    st.sampled_from(
        (
            {},
            {"from": "2021-03-28T06:00"},
            {"until": "2021-03-28T18:00"},
            {"from": "2021-03-28T12:00", "until": "2021-03-29T09:00"},
        )
    ),
)
anti_passback = st.builds(
    lambda kind, at, update: {"kind": kind, "at": at, "update": update, **({"lasts": "5 min"} if kind == "timed" else {})},
    st.sampled_from(("soft", "hard", "timed")), some_portals, st.sampled_from(("pass", "grant")),
)  # fmt: skip
documents = maybe(
    access=st.lists(rules, max_size=4),
    exceptions=st.lists(exceptions, max_size=3),
    suspension=maybe(after=st.integers(1, 4), of=st.sampled_from(("person", "reader"))),
    wrong_try_alarm=st.integers(1, 4),
    anti_passback=anti_passback,
    interlock=st.just([["gate", "door"]]),
    faults=st.dictionaries(
        st.sampled_from([str(fault) for fault in Fault]),
        st.sampled_from(("last-list", "deny", "release", "ignore")),
        max_size=3,
    ),
    fire=maybe(releases=some_portals),
    cutover=st.just({"at": "2021-03-28T12:00", "old": "card", "new": "face"}),
    guard=maybe(hours=hours),
)
policies = documents.map(
    lambda document: Policy("any", PolicyDocument.model_validate(document), PORTALS, GROUPS, START)
)
records = st.none() | st.builds(Record, *([instants | st.just(float("inf"))] * 3))
requests = st.builds(
    lambda t, portal, direction, lane, who, credential, shown_at, authentic, record: Request(
        t, portal, direction, f"{portal}/{direction}/{lane}", who[0], who[1], credential, shown_at, authentic, record
    ),
    instants, portals, directions, st.integers(0, 1),
    st.one_of(st.just((None, None)), st.tuples(st.integers(0, 2), groups)), credentials,
    st.sampled_from(("reader", "guard")), st.sampled_from((True, True, True, False)),
    st.one_of(st.just(Record()), records),
)  # fmt: skip
wheres = st.one_of(st.none(), portals, st.just("gate/in/0"))
subjects = st.one_of(st.integers(0, 2), st.just("gate/in/0"))
happenings: st.SearchStrategy[Happening | Request] = st.one_of(
    requests,
    st.builds(Passed, instants, portals, directions, st.integers(0, 2)),
    st.builds(DoorMoved, instants, portals, st.booleans(), st.integers(0, 1)),
    st.builds(FireAlarm, instants, st.none() | st.frozensets(portals, max_size=2)),
    st.builds(FireReset, instants),
    st.builds(Override, instants, portals, st.sampled_from(("open", "locked", None))),
    st.builds(FaultOn, instants, st.sampled_from(tuple(Fault)), wheres),
    st.builds(FaultOff, instants, st.sampled_from(tuple(Fault)), wheres),
    st.builds(Lifted, instants, subjects),
)


class Case(NamedTuple):
    policy: Policy
    state: State
    request: Request


def live(policy: Policy, events: list[Happening | Request]) -> State:
    """The state after events; a request stands for itself and its decision."""
    state = policy.initial
    for event in events:
        if isinstance(event, Request):
            event = Decided(event, policy.decide(state, event))
        state = policy.advance(state, event)
    return state


cases = st.builds(
    lambda policy, events, request: Case(policy, live(policy, events), request),
    policies, st.lists(happenings, max_size=12), requests,
)  # fmt: skip


def verdict(decision: Decision) -> tuple[Any, ...]:
    """All but `next`, which is advice."""
    return decision[:5]


def follow(case: Case, decision: Decision) -> State:
    return case.policy.advance(case.state, Decided(case.request, decision))


@given(cases)
def test_decide_and_advance_change_nothing_and_answer_the_same_twice(case: Case) -> None:
    before = repr(case.state), repr(case.request)
    first = case.policy.decide(case.state, case.request)
    after = follow(case, first)
    assert case.policy.decide(case.state, case.request) == first
    assert follow(case, first) == after
    assert (repr(case.state), repr(case.request)) == before


@given(cases)
def test_an_answer_makes_sense(case: Case) -> None:
    outcome, _, step, alarm, suspends, following = case.policy.decide(case.state, case.request)
    assert (outcome == "need_more") == (step == 9)
    assert outcome == "grant" or step not in (1, 2, 12)
    assert outcome == "deny" or step not in (5, 6, 7, 8, 10)
    assert alarm != "wrong-try" or step in (6, 7, 8)
    assert suspends is None or (step in (6, 7, 8) and suspends[1] > case.request.t)
    assert bool(following) or outcome != "need_more"


@given(cases)
def test_fire_beats_all_until_it_is_reset(case: Case) -> None:
    policy, request = case.policy, case.request
    burning = policy.advance(case.state, FireAlarm(request.t))
    released = policy.decide(policy.advance(policy.initial, FireAlarm(0.0)), request).step == 1
    decision = policy.decide(burning, request)
    assert (decision.outcome, decision.step) == ("grant", 1) if released else decision.step != 1
    assert policy.decide(policy.advance(burning, FireReset(request.t)), request).step != 1


@given(cases)
def test_free_egress_is_never_denied(case: Case) -> None:
    request = case.request._replace(portal="ramp", direction="out")
    decision = case.policy.decide(case.state, request)
    assert decision.outcome == "grant" and decision.step in (1, 2)


@given(cases, cases)
def test_no_decision_depends_on_what_only_later_rules_read(case: Case, other: Case) -> None:
    decision = case.policy.decide(case.state, case.request)
    state, request = case.state, case.request
    for name, rule in FIRST_READ.items():
        if rule > decision.step:
            if name in Request._fields:
                request = request._replace(**{name: getattr(other.request, name)})
            else:
                parts = {part: getattr(state, part) for part in State.__slots__}
                state = State(**{**parts, name: getattr(other.state, name)})
    assert verdict(case.policy.decide(state, request)) == verdict(decision)


@given(cases)
def test_a_grant_on_a_credential_clears_the_tries_of_person_and_reader(case: Case) -> None:
    decision = case.policy.decide(case.state, case.request)
    after = follow(case, decision)
    if decision.outcome == "grant" and decision.step >= 11:
        for one in (case.request.person, case.request.reader):
            assert one not in after.tries and one not in after.wrong and one not in after.suspended
        assert case.request.reader not in after.partial
    elif decision.outcome == "grant":
        assert after is case.state


@given(cases)
def test_only_denials_of_rules_6_to_8_count(case: Case) -> None:
    decision = case.policy.decide(case.state, case.request)
    after = follow(case, decision)
    if decision.outcome == "deny" and decision.step not in (6, 7, 8):
        assert after is case.state
    if decision.outcome == "need_more":
        assert (after.tries, after.wrong, after.suspended) == (
            case.state.tries,
            case.state.wrong,
            case.state.suspended,
        )


@given(policies, st.lists(happenings, max_size=12), happenings)
def test_advance_gives_back_the_same_object_when_nothing_changes(
    policy: Policy, events: list[Happening | Request], last: Happening | Request
) -> None:
    before = live(policy, events)
    if isinstance(last, Request):
        last = Decided(last, policy.decide(before, last))
    after = policy.advance(before, last)
    assert after is before or after != before
    if not isinstance(last, Decided):
        assert policy.advance(after, last) is after


@given(
    st.integers(1, 5),
    st.sampled_from(("person", "reader")),
    st.lists(st.sampled_from(("forged", "unlisted", "no level", "good")), max_size=30),
    st.floats(1, 1e6),
)
def test_exactly_the_nth_wrong_try_in_a_row_suspends(
    after: int, of: str, tries: list[str], lasts: float
) -> None:
    suspension = {"after": after, "lasts": f"{lasts!r} s", "of": of}
    document = PolicyDocument.model_validate({"access": [{"accept": "card"}], "suspension": suspension})
    policy = Policy("any", document, PORTALS, GROUPS, START)
    state, t, run = policy.initial, 0.0, 0
    good = Request(t, "gate", "in", "gate/in/0", 1, "resident", "card")
    for kind in tries:
        request = good._replace(
            t=t,
            authentic=kind != "forged",
            record=None if kind == "unlisted" else Record(),
            credential="pin" if kind == "no level" else "card",
        )
        decision = policy.decide(state, request)
        state = policy.advance(state, Decided(request, decision))
        run = 0 if kind == "good" else run + 1
        assert (decision.suspends is not None) == (run == after)
        if run == after:
            assert decision.suspends == (1 if of == "person" else "gate/in/0", t + lasts)
            until = t + lasts
            just_before = max(t, until - max(1e-6, 1e-12 * until))
            assert policy.decide(state, good._replace(t=just_before)).step == 5
            assert policy.decide(state, good._replace(t=until)).step == 12
            t, run = until, 0


def test_where_several_rules_apply_the_first_decides() -> None:
    """All 2048 ways in which some of the eleven rules before the last apply at once."""
    document = {
        "access": [{"who": "resident", "accept": ["card", "face + pin"]}],
        "suspension": {"after": 3},
        "interlock": [["ramp", "gate"]],
        "anti_passback": {"at": ["ramp", "gate"]},
        "faults": {"reader-tampered": "deny"},
    }
    policy = Policy("all", PolicyDocument.model_validate(document), PORTALS, GROUPS, START)
    wrong = Request(0.0, "gate", "in", "gate/in/0", 1, "resident", "card", record=None)
    for flags in product((False, True), repeat=11):
        fire, free, locked, fault, suspended, forged, unlisted, level, part, interlock, back = flags
        direction = "out" if free else "in"
        events: list[Happening] = []
        events += [Passed(0.0, "gate", direction, 1)] if back else []
        events += [FireAlarm(0.0, frozenset({"ramp"}))] if fire else []
        events += [Override(0.0, "ramp", "locked")] if locked else []
        events += [FaultOn(0.0, Fault.READER_TAMPERED, "ramp")] if fault else []
        events += [DoorMoved(0.0, "gate", True)] if interlock else []
        state = live(policy, [*events, *([wrong, wrong, wrong] if suspended else [])])
        request = Request(
            1.0, "ramp", direction, f"ramp/{direction}/0", 1, "refuser" if level else "resident",
            "pin" if part else "card", authentic=not forged, record=None if unlisted else Record(),
        )  # fmt: skip
        assert policy.decide(state, request).step == (*flags, True).index(True) + 1, flags


# ---- against a slow and obvious reckoning

ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1)),
    st.integers(0, 1300 * 86400),
    st.integers(-1, 1),
)
def test_the_wall_clock_is_that_of_the_zone(zone: str, local: datetime, t: int, beside: int) -> None:
    start = Start(local.replace(microsecond=0, tzinfo=ZoneInfo(zone)), zone)
    clock = WallClock(start)
    near = [round(change) + beside for change in clock.changes]
    for at in (t, *near):
        wall = datetime.fromtimestamp(start.local.timestamp() + at, ZoneInfo(zone))
        assert clock.at(float(at)) == wall.hour * 3600 + wall.minute * 60 + wall.second


@given(st.lists(rules, max_size=5), portals, directions, groups, instants)
def test_what_is_accepted_is_what_the_first_fitting_rule_says(
    wanted: list[dict[str, Any]], portal: str, direction: str, group: str | None, t: float
) -> None:
    document = PolicyDocument.model_validate({"access": wanted, "guard": {}})
    policy = Policy("any", document, PORTALS, GROUPS, START)
    wall = datetime.fromtimestamp(START.local.timestamp() + t, ZoneInfo(START.zone))
    clock = wall.hour * 3600 + wall.minute * 60 + wall.second + wall.microsecond / 1e6
    found: tuple[Any, ...] = ()
    for rule in document.access:
        if (
            (rule.who is None or group in rule.who)
            and (rule.at is None or portal in rule.at)
            and (rule.direction is None or rule.direction == direction)
            and (rule.hours is None or any(in_hours(one, clock) for one in rule.hours))
        ):
            found = rule.accept
            break
    assert policy.accepted(portal, direction, group, t) == found


def in_hours(hours: Hours, clock: float) -> bool:
    if hours.begin < hours.end:
        return hours.begin <= clock < hours.end
    return not hours.end <= clock < hours.begin


@given(policies, st.lists(happenings, max_size=12))
def test_a_list_stands_still_from_the_beginning_of_an_unbroken_outage(
    policy: Policy, events: list[Happening | Request]
) -> None:
    """Replayed second by second for one portal, with faults in the order in which they happen."""
    ordered = sorted(
        (event for event in events if isinstance(event, FaultOn | FaultOff)), key=lambda event: event.t
    )
    state, since = policy.initial, None
    on: set[tuple[str, str | None]] = set()
    for event in ordered:
        state = policy.advance(state, event)
        key = (str(event.fault), event.where)
        on = on | {key} if isinstance(event, FaultOn) else on - {key}
        cut = any(where in (None, "gate") and cuts_off(policy, fault) for fault, where in on)
        since = (event.t if since is None else since) if cut else None
        assert state.synced.get("gate") == since
    assert isinstance(state.synced, Map)


def cuts_off(policy: Policy, fault: str) -> bool:
    """Told by its effect alone: is what was revoked after the fault began still honoured or never reached?"""
    state = policy.advance(policy.initial, FaultOn(0.0, fault, "gate"))
    return "gate" in state.synced


@given(policies, portals, directions, groups, instants, instants)
def test_what_is_steady_is_the_same_at_all_times(
    policy: Policy, portal: str, direction: str, group: str | None, t: float, other: float
) -> None:
    if policy.is_steady(portal, direction, group):
        assert policy.accepted(portal, direction, group, t) == policy.accepted(
            portal, direction, group, other
        )


@given(st.lists(rules, max_size=3), st.lists(exceptions, max_size=3), portals, directions, groups, instants)
def test_at_every_instant_a_policy_is_one_whose_rules_are_those_that_hold_then(
    access: list[dict[str, Any]],
    special: list[dict[str, Any]],
    portal: str,
    direction: str,
    group: str | None,
    t: float,
) -> None:
    holding = [
        {key: value for key, value in one.items() if key not in ("from", "until")}
        for one in special
        if ("from" not in one or START.seconds_until(datetime.fromisoformat(one["from"])) <= t)
        and ("until" not in one or t < START.seconds_until(datetime.fromisoformat(one["until"])))
    ]
    changing, plain = (
        Policy("any", PolicyDocument.model_validate(document), PORTALS, GROUPS, START)
        for document in (
            {"access": access, "exceptions": special},
            {"access": [*holding, *access]},
        )
    )
    assert changing.accepted(portal, direction, group, t) == plain.accepted(portal, direction, group, t)


@given(cases, portals, directions, st.booleans())
def test_what_a_policy_does_not_watch_changes_nothing(
    case: Case, portal: str, direction: str, is_open: bool
) -> None:
    policy, state = case.policy, case.state
    if not policy.watches_doors:
        assert policy.advance(state, DoorMoved(0.0, portal, is_open)) is state
    if not policy.watches_passages:
        assert policy.advance(state, Passed(0.0, portal, direction, 1)) is state
    decision = policy.decide(policy.initial, case.request)
    if not policy.remembers_grants and decision.outcome == "grant":
        assert policy.advance(policy.initial, Decided(case.request, decision)) is policy.initial


@given(cases, st.sampled_from(tuple(Fault)), wheres)
def test_a_fault_that_has_come_and_gone_leaves_everything_as_it_was(
    case: Case, fault: Fault, where: str | None
) -> None:
    policy, state = case.policy, case.state
    if (str(fault), where) not in state.faults:
        broken = policy.advance(state, FaultOn(1.0, fault, where))
        assert broken != state
        assert policy.advance(broken, FaultOff(2.0, fault, where)) == state
