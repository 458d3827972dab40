"""Counts, visits given up, first tries, the busiest five minutes."""


def test_counts(story):
    told = story("""
        0    ann  arrive
        2    ann  present
        4    ann  decision  outcome=deny
        5    ann  present
        7    ann  decision  outcome=grant
        9    ann  pass      way=own
        20   eve  arrive    reason=no-credential
        90   eve  bypass
    """).tells("visits", "passes", "bypasses", "decisions")
    assert told == [2, 1, 1, 2]


def test_abandon_is_a_share_of_the_visits(story):
    told = story("""
        0    ann  arrive
        1    bob  arrive
        2    eve  arrive
        3    tom  arrive
        9    ann  pass      way=own
        60   bob  abandon   reason=patience
        70   eve  abandon   reason=hope
        75   eve  bypass
    """).tells("abandon.share")
    assert told == [0.25]  # Eve crawled under after all; Tom is still there.


def test_nobody_came(story):
    (figure,) = story("0 ann capture").tells("abandon.share")
    assert figure.why == "no visits: no share"


def test_first_try_asks_for_the_first_decision_of_those_who_tried(story):
    told = story("""
        0    ann  arrive
        0    ann  present
        1    ann  acquire_failed
        2    ann  present
        3    ann  decision  outcome=grant
        10   bob  arrive
        10   bob  present
        12   bob  decision  outcome=deny
        13   bob  present
        15   bob  decision  outcome=grant
        20   eve  arrive    reason=no-credential
        30   eve  pass      way=tailgate
        40   tom  arrive
        40   tom  present
    """).tells("first_try.share")
    assert told == [1 / 3]


def test_nobody_tried(story):
    (figure,) = story("0 eve arrive reason=no-credential").tells("first_try.share")
    assert figure.why == "no visits with a `present`: no share"


PEAK = """
    0    ann  pass  at=tower-door-1  to=in   way=own
    10   bob  pass  at=tower-door-2  to=out  way=own
    299  tom  pass  at=tower-door-1  to=out  way=free
    300  eve  pass  at=tower-door-1  to=out  way=own
    310  ann  pass  at=main-gate     to=out  way=free
"""


def test_busiest_five_minutes_both_ways_at_all_doors_of_a_portal_of_those_who_live_here(story):
    """Ann, Bob and Eve live here. Three pass the tower doors within [0, 300), one within [300, 600)."""
    assert story(PEAK).tells("peak5.share") == [1.0]
    assert story(PEAK).tells("peak5.share", kind="portal", id="tower-door") == [1.0]
    assert story(PEAK).tells("peak5.share", kind="portal", id="tower-door-1") == [2 / 3]
    assert story(PEAK).tells("peak5.share", kind="portal", id="main-gate") == [1 / 3]
    (figure,) = story(PEAK).tells("peak5.share", kind="direction", id="in")
    assert figure.why == "the peak is counted both ways and of everybody"


def test_no_peak_where_nobody_lives(story):
    (figure,) = story("0 tom pass", people={"tom": {"household": -1}}).tells("peak5.share")
    assert figure.why == "no persons of a household: no share"
