"""Nobody on either side can open: 60 s and more count."""

import pytest

STUCK = """
    0    ann  arrive      to=in   reason=no-credential
    0    ann  wait_other  to=in
    40   bob  arrive      to=out  reason=no-credential
    40   bob  wait_other  to=out
"""


@pytest.mark.parametrize(("until", "episodes"), [(99, 0), (100, 1), (900, 1)])
def test_both_sides_must_wait_for_sixty_seconds(story, until, episodes):
    assert story(STUCK + f"{until} bob abandon to=out reason=hope").tells("deadlock.episodes") == [episodes]


def test_one_side_alone_is_no_deadlock(story):
    told = story("0 ann arrive\n 0 ann wait_other\n 0 eve arrive\n 0 eve wait_other")
    assert told.tells("deadlock.episodes") == [0]


def test_two_doors_are_two_places(story):
    told = story("""
        0    ann  arrive      to=in   at=tower-door-1
        0    ann  wait_other  to=in   at=tower-door-1
        0    bob  arrive      to=out  at=tower-door-2
        0    bob  wait_other  to=out  at=tower-door-2
    """)
    assert told.tells("deadlock.episodes") == [0]


def test_a_pass_there_ends_it_and_another_may_follow(story):
    text = (
        STUCK
        + "130 tom pass to=out way=own\n 180 tom pass to=in visit=16 way=own\n 900 ann abandon reason=hope"
    )
    assert story(text).tells("deadlock.episodes") == [2]  # 40 to 130 and 180 to 900, not 130 to 180


def test_a_pass_elsewhere_changes_nothing(story):
    text = STUCK + "90 tom pass at=tower-door-1 way=own\n 120 ann abandon reason=hope"
    assert story(text).tells("deadlock.episodes") == [1]


def test_taking_turns_at_waiting_is_one_deadlock(story):
    text = (
        STUCK
        + """
    70   eve  arrive      to=in
    70   eve  wait_other  to=in
    70   ann  abandon     to=in   reason=hope
    120  eve  present     to=in
    """
    )
    assert story(text).tells("deadlock.episodes") == [
        1
    ]  # 40 to 120, though nobody inside waited for all of it


@pytest.mark.parametrize("event", ["present", "guard_start", "bypass", "abandon"])
def test_what_ends_the_waiting(story, event):
    assert story(STUCK + f"99 ann {event}").tells("deadlock.episodes") == [0]


def test_it_lasts_to_the_end_of_the_run(story):
    assert story(STUCK, duration=99.0).tells("deadlock.episodes") == [0]
    assert story(STUCK, duration=100.0).tells("deadlock.episodes") == [1]


def test_who_came_during_the_warm_up_is_left_out(story):
    assert story(STUCK, warm_up=1.0).tells("deadlock.episodes") == [0]


def test_it_belongs_to_a_portal_and_an_hour_but_to_no_group_or_direction(story):
    stuck = story(STUCK)
    assert stuck.tells("deadlock.episodes", kind="portal", id="main-gate") == [1]
    assert stuck.tells("deadlock.episodes", kind="portal", id="tower-door") == [0]
    assert stuck.tells("deadlock.episodes", kind="hour", id="07") == [1]
    assert stuck.tells("deadlock.episodes", kind="hour", id="08") == [0]
    for kind, id in (("group", "resident"), ("direction", "in"), ("group@portal", "resident@main-gate")):
        (figure,) = stuck.tells("deadlock.episodes", kind=kind, id=id)
        assert figure.why == "a deadlock is of both sides and of everybody there"
