"""What holds for every policy."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gatebench.scenarios.law import RULES, Answer, Case
from gatebench.scenarios.law.case import Spot
from gatebench.scenarios.law.witness import FACE, witnesses
from gatebench.scenarios.policy.document import PolicyDocument
from gatebench.scenarios.policy.engine import Policy
from gatebench.scenarios.policy.state import GRANT, Request
from gatebench.scenarios.units import DAY, Hours

from .compounds import compound

BARE = compound()
MEANS = ("face", "card", "registration-card at guard", "card + face", "guard")

hours = st.builds(
    lambda begin, length: str(Hours(begin * 3600.0, (begin + length) % 24 * 3600.0)),
    st.integers(0, 23),
    st.integers(1, 23),
)
rules = st.fixed_dictionaries(
    {"accept": st.lists(st.sampled_from(MEANS), unique=True, max_size=3)},
    optional={
        "who": st.sampled_from(["resident", "refuser"]),
        "direction": st.sampled_from(["in", "out"]),
        "hours": hours,
    },
)
policies = st.fixed_dictionaries(
    {"access": st.lists(rules, min_size=1, max_size=4)},
    optional={
        "guard": st.fixed_dictionaries({}, optional={"hours": hours}),
        "remote": st.fixed_dictionaries({"by": st.just("management")}, optional={"hours": hours}),
        "hold_open": st.fixed_dictionaries({"at": st.just("gate"), "hours": hours}),
    },
)


def case(policy: dict[str, Any]) -> Case:
    document = PolicyDocument.model_validate(policy)
    return Case(BARE.model_copy(update={"policies": {"tried": document}}), "tried", date(2025, 7, 1))


@settings(max_examples=60, deadline=None)
@given(policies, st.data())
def test_one_more_way_without_a_face_never_makes_a_breach_of_what_complies(
    policy: dict[str, Any], data: Any
) -> None:
    number = data.draw(st.integers(0, len(policy["access"]) - 1))
    access = [dict(rule) for rule in policy["access"]]
    access[number]["accept"] = [*access[number]["accept"], "card"]
    before, after = case(policy), case({**policy, "access": access})
    for rule in RULES:
        if rule.judge(before, None).answer is Answer.COMPLIANT:
            assert rule.judge(after, None).answer is not Answer.BREACH, rule.id


def gets_through(
    policy: Policy, group: str, direction: str, held: dict[str, tuple[str, ...]], t: float
) -> bool:
    """Does the controller grant one of these credentials (by where they are shown), or does somebody answer a call?"""
    if policy.remote("gate", "management", group, t) is not None:
        return True
    for shown_at, credentials in held.items():
        if shown_at == "guard" and policy.guard("gate", t) is None:
            continue
        for credential in credentials:
            request = Request(t, "gate", direction, f"gate/{direction}/0", 1, group, credential, shown_at)
            if policy.decide(policy.initial, request).outcome == GRANT:
                return True
    return False


@settings(max_examples=60, deadline=None)
@given(policies)
def test_the_search_finds_whom_the_controller_leaves_out_at_any_quarter_of_an_hour(
    policy: dict[str, Any],
) -> None:
    """Hours of these policies begin and end on the hour: every 15 min leaves none of them out. With a card in hand `card + face`
    needs a face as well; nothing else is combined."""
    one = case(policy)
    found = {(each.group, each.direction): each.hours for each in witnesses(one, FACE)}
    plain = {"reader": ("card",), "guard": ("registration-card", "guard")}
    for direction in ("in", "out"):
        for step in range(96):
            t = step * DAY / 96
            lacks = not gets_through(one.policy, "refuser", direction, plain, t)
            spot = Spot("gate", direction, "resident")
            by_face = any(
                "face" in means.credentials for means in one.accepted(spot, t)
            ) and not one.policy.is_held_open("gate", t)
            told = any(begin <= t < end for begin, end in found.get(("refuser", direction), ()))
            assert told == (lacks and by_face), (direction, t)
