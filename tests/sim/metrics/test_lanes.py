"""Lanes and guards in use, and the queue. Runs last 3600 s here, unless said."""

import pytest


def test_utilisation_is_busy_over_open_of_the_lanes_within_the_window(story):
    """One lane at each of three doors, 600 to 3600 s: 9000 s open. Busy: 100 + 50 (from 600 on) + 200 (until
    3600)."""
    text = """
        650  ann  stage  reason=occupied  value=150
        800  bob  stage  reason=occupied  value=100  at=tower-door-1
        900  bob  stage  reason=walking   value=80
        3700 eve  stage  reason=occupied  value=300
    """
    told = story(text, warm_up=600.0)
    assert told.tells("utilisation") == [pytest.approx(350 / 9000)]
    assert told.tells("utilisation", kind="portal", id="main-gate") == [pytest.approx(250 / 3000)]
    assert told.tells("utilisation", kind="portal", id="tower-door") == [pytest.approx(100 / 6000)]
    assert told.tells("utilisation", kind="portal", id="tower-door-1") == [pytest.approx(100 / 3000)]
    assert told.tells("utilisation", kind="portal", id="tower-door-2") == [0.0]
    assert told.tells("utilisation", kind="group", id="refuser") == [pytest.approx(200 / 9000)]


def test_an_hour_of_use_is_the_part_within_that_hour(story):
    """The run starts at 07:30, so 08:00 is 1800 s in: 60 s of the stage lie before it and 40 s behind."""
    told = story("1840 ann stage reason=occupied value=100")
    assert told.tells("utilisation", kind="hour", id="07") == [pytest.approx(60 / (3 * 1800))]
    assert told.tells("utilisation", kind="hour", id="08") == [pytest.approx(40 / (3 * 1800))]


def test_guard_minutes_are_those_within_the_window(story):
    told = story("""
        90   ann  guard_start
        120  ann  guard_end  value=30
        700  eve  guard_end  value=60
    """, warm_up=105.0)  # fmt: skip
    assert told.tells("guard.minutes") == [1.25]
    assert told.tells("guard.minutes", kind="group", id="refuser") == [1.0]


def queue(story, text, **said):
    """Person-seconds in the queue of a run of 3600 s."""
    (mean,) = story(text, **said).tells("queue")
    return mean * (3600.0 - said.get("warm_up", 0.0))


def test_those_in_service_do_not_queue(story):
    text = """
        0    ann  arrive
        0    ann  queue
        40   ann  present
        45   ann  decision  outcome=grant
        60   ann  pass      way=own
    """
    assert queue(story, text) == pytest.approx(40)


def test_rejoining_queues_again(story):
    text = """
        0    ann  arrive
        10   ann  present
        15   ann  decision  outcome=deny
        15   ann  queue
        40   ann  present
        45   ann  decision  outcome=deny
        45   ann  queue
        95   ann  abandon   reason=patience
    """
    assert queue(story, text) == pytest.approx(10 + 25 + 50)


def test_waiting_for_the_guard_is_queueing_until_he_begins(story):
    text = """
        0    ann  arrive
        0    ann  queue        reason=guard
        70   ann  guard_start
        70   ann  present
        90   ann  guard_end    value=20
        95   ann  pass         way=guard
    """
    assert queue(story, text) == pytest.approx(70)


def test_waiting_for_another_is_not_queueing(story):
    text = """
        0    eve  arrive      reason=no-credential
        0    eve  wait_other
        500  eve  pass        way=tailgate
    """
    assert queue(story, text) == 0.0


def test_who_presents_nothing_queues_until_a_lane_takes_them(story):
    """Out through the main gate no credential is needed: the lane has Tom from 30 to 36 s."""
    text = """
        0    tom  arrive  to=out
        0    tom  queue   to=out
        34   tom  pass    to=out  way=free
        36   tom  stage   to=out  reason=occupied  value=6
    """
    assert queue(story, text) == pytest.approx(30)


def test_a_lane_takes_somebody_at_once(story):
    text = """
        10   tom  arrive  to=out
        14   tom  pass    to=out  way=free
        16   tom  stage   to=out  reason=occupied  value=6
    """
    assert queue(story, text) == 0.0


def test_waits_of_the_warm_up_count_from_its_end_and_those_at_the_end_until_then(story):
    text = """
        50   ann  arrive
        160  ann  present
        3500 bob  arrive
    """
    assert queue(story, text, warm_up=100.0) == pytest.approx(60 + 100)


def test_the_queue_by_portal_and_hour(story):
    told = story(
        "1700 ann arrive at=tower-door-1\n 1700 bob arrive at=tower-door-2\n 2000 bob present at=tower-door-2"
    )
    assert told.tells("queue", kind="portal", id="tower-door") == [pytest.approx((1900 + 300) / 3600)]
    assert told.tells("queue", kind="portal", id="tower-door-2") == [pytest.approx(300 / 3600)]
    assert told.tells("queue", kind="hour", id="07") == [pytest.approx(200 / 1800)]
    assert told.tells("queue", kind="hour", id="08") == [pytest.approx((1800 + 200) / 1800)]
