"""Who is played on the bench: everybody on whom a visit hangs comes along, and the budget is kept."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.bench.choice import (
    BUDGET,
    COMPANY,
    HANGS,
    LEAD,
    NO_DEVICE,
    NO_END,
    NOT_WIRED,
    RETURNED,
    TOO_MANY,
    choose,
)  # fmt: skip
from gatebench.hil.bench.visits import AHEAD, FACTORS, bands, clock_of, edges_of, visits_at
from gatebench.scenarios.policy.document import PolicyDocument

from .rows import in_order, log, own

GROUPS = {person: ("owner", "guest")[person % 2] for person in range(200)}


def chosen(text, **more):
    more = {"budget": 1e6, **more}
    return choose(log(text), "gate-1", GROUPS, **more)


def of(choice, person):
    """What a chosen person's visit was an example of."""
    return next(dict(one.factors) for one in choice.visits if one.person == person)


# ---- what visits are


def test_a_visit_is_known_by_direction_credential_group_hours_state_and_outcome():
    choice = chosen(own(10, "1/0", 0, to="out", credential="face"))
    assert of(choice, 1) == {
        "direction": "out", "credential": "face", "group": "guest", "hours": "morning", "state": "idle", "outcome": "own",
    }  # fmt: skip
    assert (choice.percent, len(choice.covered)) == (100.0, 15)


def test_busy_time_is_attempts_and_unlocked_lock():
    (one,) = chosen(own(10, "1/0", 0)).visits
    assert one.seconds == pytest.approx(1.0 + 2.9)


def test_who_arrives_while_the_door_stands_open_brings_along_who_opened_it():
    choice = chosen(in_order(own(10, "1/0", 0), own(12, "2/0", 1, lane=1)))
    assert of(choice, 2)["state"] == "open"
    assert [one.person for one in choice.visits] == [1, 2]


def test_a_follower_brings_along_the_one_who_opened():
    story = in_order(
        own(10, "1/0", 0),
        "12 arrive 2/0 lane=-1\n 12.6 pass 2/0 way=tailgate cycle=0 donor=1",
        own(100, "3/0", 1),
    )
    choice = chosen(story)
    assert of(choice, 2)["outcome"] == "tailgate"
    assert {1, 2} <= {one.person for one in choice.visits}


def test_who_queues_brings_along_those_ahead():
    story = in_order(
        own(10, "1/0", 0),
        "10.5 arrive 2/0 lane=-1\n 10.5 queue 2/0 lane=-1",
        own(14, "2/0", 1).replace("14 arrive 2/0 lane=-1 to=in", ""),
    )
    choice = chosen(story)
    assert of(choice, 2)["state"] == "queue"
    assert [one.person for one in choice.visits] == [1, 2]


def test_after_a_denial_the_visit_that_was_denied_comes_along():
    story = """
    10 arrive 1/0 lane=-1
    10 present 1/0 credential=card
    11 decision 1/0 credential=card outcome=deny reason=unknown value=1
    12 abandon 1/0 lane=-1 reason=denied
    """
    choice = chosen(story + own(3_000, "1/16", 0))
    later = next(one for one in choice.visits if one.visit == 16)
    assert dict(later.factors)["state"] == "after-denial"
    assert dict(choice.visits[0].factors)["outcome"] == "left, denied after unknown"


def test_whoever_is_suspended_takes_the_suspension_as_long_as_it_lasts():
    story = """
    10 arrive 1/0 lane=-1
    10 present 1/0 credential=card
    11 decision 1/0 credential=card outcome=deny reason=unknown value=1
    11 suspend 1/0 reason=person value=60
    12 abandon 1/0 lane=-1 reason=denied
    """
    choice = chosen(story + own(40, "1/16", 0) + own(50, "3/0", 1))
    assert [dict(one.factors)["state"] for one in choice.visits] == ["idle", "suspended", "idle"]
    assert choice.visits[0].seconds == pytest.approx(61.0)


def test_a_suspended_reader_concerns_whoever_comes_its_way():
    story = """
    10 arrive 1/0 lane=-1
    10 present 1/0 credential=card
    11 decision 1/0 credential=card outcome=deny reason=unknown value=1
    11 suspend 1/0 reason=reader value=60
    12 abandon 1/0 lane=-1 reason=denied
    """
    choice = chosen(story + own(40, "2/0", 0) + own(50, "4/0", 1, to="out", lane=1))
    assert of(choice, 2)["state"] == "reader-suspended"
    assert of(choice, 4)["state"] == "idle"


def test_hours_are_parts_of_the_day_cut_where_the_policy_changes():
    story = own(10, "1/0", 0) + own(3 * 3600, "2/0", 1) + own(16 * 3600, "3/0", 2)
    assert [of(chosen(story), person)["hours"] for person in (1, 2, 3)] == ["morning", "day", "night"]
    cut = chosen(story, edges=[8 * 3600.0])
    assert of(cut, 1)["hours"] == "morning (00:00-08:00)"
    assert of(cut, 2)["hours"] == "day (08:00-24:00)"


def test_whoever_went_the_same_way_twice_brings_along_the_first_time():
    story = (
        own(10, "1/0", 0)
        + """
    5000 arrive 1/16 lane=-1
    5000 present 1/16 credential=card
    5001 decision 1/16 credential=card outcome=deny reason=anti-passback value=1
    5002 abandon 1/16 lane=-1 reason=denied
    """
    )
    (later,) = (one for one in chosen(story, budget=5.6).visits if one.visit == 16)
    assert dict(later.factors)["state"] == "idle"
    assert [one.visit for one in chosen(story, budget=5.6).visits] == [0, 16]


def test_whoever_is_lent_a_credential_brings_along_who_lends_it():
    lent = own(14, "2/0", 1).replace("way=own", "way=shared donor=1").replace("14 arrive", "11 arrive")
    crowd = "".join(own(1_000.0 + 60 * n, f"{n}/1", n + 2, credential="face") for n in range(20, 26))
    story = in_order(own(10, "1/0", 0), lent.replace("reason=own", "reason=shared")) + crowd
    choice = chosen(story)
    assert of(choice, 2)["outcome"] == "shared"
    assert 1 in {one.person for one in choice.visits if one.visit == 0}


def test_nobody_is_brought_along_for_a_passage_of_ones_own():
    choice = chosen(in_order(own(10, "1/0", 0), own(100, "2/0", 1)), budget=4.5)
    assert len(choice.visits) == 1


def test_hours_are_cut_where_a_rule_of_the_portal_changes():
    document = {
        "access": [{"accept": "card", "hours": "07:30-20:00"}, {"at": "garage", "accept": [], "hours": "01:00-02:00"}],
        "guard": {"at": "gate", "hours": "22:00-06:00"},
    }  # fmt: skip
    found = edges_of(PolicyDocument.model_validate(document), "gate")
    assert found == [0.0, 6 * 3600.0, 7.5 * 3600.0, 20 * 3600.0, 22 * 3600.0]
    assert bands(log(""), found)(7 * 3600.0) == "morning (06:00-07:30)"


@pytest.mark.parametrize(
    ("clock", "hours"),
    [
        (0, "night"),
        (6, "morning"),
        (9.999, "morning"),
        (10, "day"),
        (16.999, "day"),
        (17, "evening"),
        (22, "night"),
    ],
)
def test_parts_of_the_day_begin_on_the_hour(clock, hours):
    assert bands(log(""))(clock * 3600.0) == hours
    assert bands(log("", night=[3600.0, 7200.0]))(1.5 * 3600.0) == "night"
    assert bands(log("", night=[3600.0, 7200.0]))(2.5 * 3600.0) == "morning"


def test_the_time_of_day_counts_from_the_start():
    assert clock_of(log("", start="2024-01-01T07:30:15"))(3600.0) == 8 * 3600 + 30 * 60 + 15


# ---- what cannot be chosen


@pytest.mark.parametrize(
    ("story", "why"),
    [
        (
            "20 arrive 2/0 lane=-1\n 50 call 2/0 lane=-1 reason=host\n 55 pass 2/0 lane=2 way=remote cycle=7",
            NO_DEVICE,
        ),
        (
            "20 arrive 2/0\n 20 present 2/0 credential=face\n 22 acquire_failed 2/0\n 22 abandon 2/0 reason=denied",
            NO_DEVICE,
        ),
        ("20 arrive 2/0 lane=-1\n 21 present 2/0 credential=card", NO_END),
        (own(20, "2/0", 7, to="out", lane=1), NOT_WIRED),
        (own(20, "2/0", 7) + "60 arrive 2/0 lane=-1\n 61 abandon 2/0 lane=-1 reason=hope", RETURNED),
    ],
)
def test_what_cannot_be_played_is_left_out_and_told(story, why):
    choice = chosen(own(10, "1/0", 0) + story, directions=["in"])
    assert [one.person for one in choice.visits] == [1]
    assert choice.unplayable == ((why, 1),)
    assert choice.left and {one.why for one in choice.left} == {why}
    assert why in choice.text() and choice.percent < 100.0


def queue_behind(t, who, cycle, *, to="in"):
    """Somebody who finds the lane taken and is served 6 s later."""
    served = own(t + 6, who, cycle).replace(f"{t + 6} arrive {who} lane=-1 to=in", "")
    return f"{t} arrive {who} lane=-1\n {t} queue {who} lane=-1\n {served}"


def test_who_waited_behind_somebody_who_cannot_be_played_is_left_out():
    choice = chosen(in_order(own(10, "2/0", 0, to="out"), queue_behind(10.5, "1/0", 1)), directions=["in"])
    assert choice.visits == ()
    assert sorted(choice.unplayable) == [(HANGS, 1), (NOT_WIRED, 1)]


def test_of_a_rush_hour_nobody_comes_along_who_stood_further_ahead():
    crowd = in_order(own(10, "0/0", 0), *(queue_behind(10.5 + n / 8, f"{n}/0", n) for n in range(1, 12)))
    visits = visits_at(log(crowd), "gate-1")
    assert visits[11, 0].ahead == tuple((n, 0) for n in range(11 - AHEAD, 11))
    choice = chosen(crowd, budget=1.0)
    assert len(choice.visits) <= AHEAD + 1
    chosen_ones = {(one.person, one.visit) for one in choice.visits}
    assert {one.person for one in choice.visits if one.complete} == {
        person for person, visit in chosen_ones if set(visits[person, visit].ahead) <= chosen_ones
    }


def test_a_chain_of_needs_that_is_too_long_is_left_out():
    story = own(0, "0/0", 0)
    for n in range(1, COMPANY + 2):
        t = 60.0 * n
        story += f"""
        {t} arrive 0/{n} lane=-1
        {t} present 0/{n} credential=card
        {t + 1} decision 0/{n} credential=card outcome=deny reason=anti-passback value=1
        {t + 2} abandon 0/{n} lane=-1 reason=denied
        """
    choice = chosen(story)
    assert (TOO_MANY, 2) in choice.unplayable
    assert len(choice.visits) <= COMPANY


def test_who_comes_along_for_somebody_else_alone_covers_nothing():
    # The opener is played for the follower's sake; the one ahead, whom no wired lane serves, is not there again.
    story = in_order(
        own(10, "2/0", 0, to="out"),
        queue_behind(10.5, "1/0", 1),
        "17 arrive 3/0 lane=-1\n 18.6 pass 3/0 way=tailgate cycle=1",
    )
    choice = chosen(story, directions=["in"])
    assert [(one.person, one.complete) for one in choice.visits] == [(1, False), (3, True)]
    assert len(choice.covered) == 15 and not any(("state", "queue") in pair for pair in choice.covered)
    alone = chosen(story + own(5_000, "5/0", 7, credential="face"))
    assert all(one.complete for one in alone.visits) and alone.percent == 100.0


def test_who_waits_aside_and_never_meets_a_device_comes_along_and_covers_nothing():
    waits = "5 arrive 2/0 lane=-1\n 5 wait_other 2/0 lane=-1\n 70 pass 2/0 lane=2 way=remote cycle=9"
    choice = chosen(in_order(waits, own(10, "1/0", 0)))
    assert [(one.person, one.complete) for one in choice.visits] == [(2, False), (1, True)]
    assert of(choice, 1)["state"] == "others-wait" and len(choice.covered) == 15


def test_the_text_counts_what_is_left_out():
    found = chosen(own(10, "1/0", 0) + "50 arrive 2/0 lane=-1\n 70 pass 2/0 lane=2 way=remote cycle=9")
    first, unplayable, left, *pairs = found.text(2).splitlines()
    assert first.startswith("1 of 2 visits at gate-1, about 4 s of 1e+06 s: 15 of 27 pairs (56 %)")
    assert unplayable == f"  1 visit not to be chosen: {NO_DEVICE}"
    assert left == f"  12 pairs left out: {NO_DEVICE}"
    assert pairs[0] == "    credential none, direction in (1 visit)" and pairs[-1] == "    and 10 more"


def test_a_day_without_anybody_is_covered():
    choice = chosen("10 held_open - value=30")
    assert (choice.visits, choice.percent, choice.seconds) == ((), 100.0, 0.0)


# ---- the choice as a whole


def test_few_visits_cover_all_pairs_of_a_full_day():
    everything = list(product(("in", "out"), ("card", "face", "pin"), (0, 1), range(3)))
    story = "".join(
        own(n * 60.0 + 5, f"{2 * n + group}/0", n, to=to, credential=credential)
        for n, (to, credential, group, _) in enumerate(everything)
    )
    choice = chosen(story)
    least = 3 * 2  # credentials by directions: no fewer visits show all of these pairs
    assert choice.percent == 100.0
    assert least <= len(choice.visits) <= 1.5 * least


def test_a_small_budget_takes_the_first_group_all_the_same():
    choice = chosen(in_order(own(10, "1/0", 0), own(12, "2/0", 1, lane=1)) + own(100, "3/0", 2), budget=0.1)
    assert choice.seconds > choice.budget and choice.visits
    assert {one.why for one in choice.left} <= {BUDGET}


def test_lanes_work_side_by_side():
    story = in_order(own(10, "1/0", 0), own(12, "2/0", 1, lane=1))
    one, two = (chosen(story, lanes=lanes).seconds for lanes in (1, 2))
    # On one lane the first is worth more alone, and the second follows.
    assert (one, two) == (pytest.approx(7.8 + 2 * LEAD), pytest.approx(3.9 + LEAD))


@st.composite
def days(draw):
    """People who come one after the other and some at once; some follow, some queue, some are denied or never shown in."""
    stories, t = [], 0.0
    for person in range(draw(st.integers(1, 14))):
        t += draw(st.sampled_from([0.5, 2.0, 30.0, 5_000.0]))
        cycle = person
        who = f"{draw(st.integers(0, 5)) if person % 3 == 0 else person}/{person}"
        kind = draw(st.sampled_from(["own", "denied", "tailgate", "queue", "remote", "open-ended"]))
        to, credential = draw(st.sampled_from(["in", "out"])), draw(st.sampled_from(["card", "face"]))
        arrives = f"{t} arrive {who} lane=-1 to={to}\n"
        if kind == "own":
            stories.append(own(t, who, cycle, lane=cycle % 2, to=to, credential=credential))
        elif kind == "denied":
            stories.append(
                f"{arrives}{t} present {who} to={to} credential={credential}\n"
                f"{t + 1} decision {who} to={to} credential={credential} outcome=deny reason=unknown value=1\n"
                f"{t + 2} abandon {who} lane=-1 to={to} reason=denied"
            )
        elif kind == "tailgate":
            stories.append(
                f"{arrives}{t + 0.6} pass {who} way=tailgate to={to} cycle={max(cycle - 1, 0)} donor=1"
            )
        elif kind == "queue":
            later = own(t + 6, who, cycle, to=to, credential=credential).split("\n", 2)[2]
            stories.append(f"{arrives}{t} queue {who} lane=-1 to={to}\n{later}")
        elif kind == "remote":
            stories.append(f"{arrives}{t + 20} pass {who} lane=2 to={to} way=remote cycle={cycle}")
        else:
            stories.append(arrives)
    return log(in_order(*stories))


@given(days(), st.floats(0.1, 60.0), st.floats(0.0, 60.0), st.integers(1, 2))
def test_choices_keep_the_budget_and_cover_what_they_say(day, budget, more, lanes):
    choice = choose(day, "gate-1", GROUPS, budget=budget, lanes=lanes)
    assert choice == choose(day, "gate-1", dict(reversed(GROUPS.items())), budget=budget, lanes=lanes)

    first = choose(day, "gate-1", GROUPS, budget=1e-6, lanes=lanes)
    assert choice.seconds <= budget or choice.visits == first.visits

    larger = choose(day, "gate-1", GROUPS, budget=budget + more, lanes=lanes)
    assert set(choice.covered) <= set(larger.covered) and choice.percent <= larger.percent
    assert {(one.person, one.visit) for one in choice.visits} <= {
        (one.person, one.visit) for one in larger.visits
    }

    shown = {pair for one in choice.visits if one.complete for pair in combinations(sorted(one.factors), 2)}
    assert shown == set(choice.covered)
    left = {one.pair for one in choice.left}
    assert not left & shown
    assert left | shown == {one.pair for one in larger.left} | set(larger.covered)
    assert all({name for name, _ in one.factors} == set(FACTORS) for one in choice.visits)
    assert choice.of == len(
        {(p, v) for p, v in zip(*map(day.column, ("person", "visit")), strict=True) if p.is_valid}
    )
    assert choice.text()


@given(days())
def test_without_a_limit_only_what_cannot_be_played_is_left_out(day):
    choice = choose(day, "gate-1", GROUPS, budget=1e9)
    assert all(one.why != BUDGET for one in choice.left)
