"""Lockouts: entitled people whom the access control itself does not let through."""

import pytest

NAMES = ("lockout.episodes", "lockout.persons", "lockout.minutes", "lockout.share")


def test_a_denial_and_no_pass_is_a_lockout_until_the_person_gives_up(story):
    told = story("""
        0    ann  arrive
        2    ann  present
        4    ann  decision  outcome=deny
        120  ann  abandon   reason=hope
    """).tells(*NAMES)
    assert told == [1, 1, 2.0, 1.0]


def test_who_is_granted_within_five_minutes_was_not_locked_out(story):
    told = story("""
        0    ann  arrive
        2    ann  present
        4    ann  decision  outcome=deny
        298  ann  decision  outcome=grant
        300  ann  pass      way=guard
    """).tells(*NAMES)
    assert told == [0, 0, 0.0, 0.0]


def test_after_more_than_five_minutes_it_was_a_lockout_and_lasted_until_the_pass(story):
    text = """
        0    ann  arrive
        2    ann  present
        4    ann  decision  outcome=deny
        330  ann  pass      way=remote
    """
    assert story(text).tells(*NAMES) == [1, 1, 5.5, 1.0]
    assert story(text, lockout_after=330.0).tells(*NAMES) == [0, 0, 0.0, 0.0]
    assert story(text, lockout_after=None).tells(*NAMES) == [1, 1, 5.5, 1.0]


@pytest.mark.parametrize("way", ["tailgate", "piggyback", "reverse", "shared", "free", "unknown"])
def test_following_somebody_in_does_not_undo_a_lockout(story, way):
    told = story(f"""
        0    eve  arrive    reason=no-credential
        0    eve  wait_other
        60   eve  pass      way={way}
    """).tells(*NAMES)
    assert told == [1, 1, 1.0, 1.0]


def test_crawling_under_ends_a_lockout(story):
    told = story("""
        0    eve  arrive    reason=no-credential
        30   eve  bypass
        90   eve  capture
    """).tells(*NAMES)
    assert told == [1, 1, 0.5, 1.0]


def test_still_outside_when_the_run_ends(story):
    told = story("3000 eve arrive reason=no-credential").tells(*NAMES)
    assert told == [1, 1, 10.0, 1.0]


def test_need_more_and_a_failed_acquisition_are_no_denials(story):
    told = story("""
        0    ann  arrive
        2    ann  present
        3    ann  acquire_failed
        4    ann  present
        6    ann  decision  outcome=need_more
        90   ann  abandon   reason=patience
    """).tells(*NAMES)
    assert told == [0, 0, 0.0, 0.0]


def test_people_who_are_not_entitled_are_never_locked_out(story):
    episodes, persons, minutes, share = story("""
        0    tom  arrive    reason=no-credential
        30   tom  abandon   reason=refused
    """).tells(*NAMES)
    assert (episodes, persons, minutes) == (0, 0, 0.0)
    assert share.why == "no entitled visitors: no share"


def test_two_episodes_of_one_person_are_one_person_locked_out(story):
    told = story("""
        0    eve  arrive    visit=0   reason=no-credential
        60   eve  abandon   visit=0   reason=hope
        100  eve  arrive    visit=16  reason=no-credential
        160  eve  pass      visit=16  way=tailgate
        200  ann  arrive
        204  ann  pass      way=own
    """).tells(*NAMES)
    assert told == [2, 1, 2.0, 0.5]
