"""Wait, passage time, journey time."""

import pytest


def test_wait_ends_with_the_first_attempt_and_passage_time_with_the_pass(story):
    told = story("""
        0    ann  arrive
        0    ann  queue
        4    ann  present
        6    ann  decision  outcome=deny
        7    ann  present
        9    ann  decision  outcome=grant
        11   ann  pass      way=own
    """).tells("wait.mean", "wait.max", "passage_time.mean")
    assert told == [4.0, 4.0, 11.0]


def test_wait_of_somebody_who_presents_nothing_ends_with_the_pass(story):
    told = story("""
        10   eve  arrive    reason=no-credential
        25   eve  pass      way=tailgate
    """).tells("wait.mean", "passage_time.p50")
    assert told == [15.0, 15.0]


def test_people_who_do_not_pass_have_no_times(story):
    told = story("""
        0    ann  arrive
        5    ann  present
        7    ann  decision  outcome=deny
        8    ann  abandon   reason=denied
        9    bob  arrive
        50   bob  present
    """).tells("wait.mean", "passage_time.max")  # fmt: skip
    assert [figure.why for figure in told] == ["no visits that passed: no times"] * 2


def crowd(waits):
    """People who arrive together and get through one after the other."""
    people = {f"p{number}": {} for number in range(len(waits))}
    rows = [(0.0, f"0 p{number} arrive") for number in range(len(waits))]
    rows += [(wait, f"{wait} p{number} present") for number, wait in enumerate(waits)]
    rows += [(wait, f"{wait} p{number} pass way=own") for number, wait in enumerate(waits)]
    return "\n".join(text for _, text in sorted(rows, key=lambda row: row[0])), people


@pytest.mark.parametrize(
    ("n", "p50", "p95", "p99"),
    [
        (1, 1, 1, 1),
        (2, 1, 2, 2),
        (4, 2, 4, 4),
        (20, 10, 19, 20),
        (31, 16, 30, 31),
        (100, 50, 95, 99),
        (140, 70, 133, 139),
        (300, 150, 285, 297),
    ],
)
def test_a_quantile_is_the_inverse_of_the_empirical_distribution(story, n, p50, p95, p99):
    """Waits 1, 2, ... n: the q-quantile is the smallest value that at least q of them do not exceed, never
    between two."""
    told = story(*crowd(list(range(n, 0, -1)))).tells(
        "wait.mean", "wait.p50", "wait.p95", "wait.p99", "wait.max"
    )
    assert told == [(n + 1) / 2, p50, p95, p99, n]


HOMEWARD = """
    100  ann  arrive    visit=16
    110  ann  pass      visit=16  way=own
    170  ann  arrive    visit=17  at=tower-door-1
    178  ann  pass      visit=17  at=tower-door-1  way=own
    300  bob  arrive    visit=0
    305  bob  pass      visit=0   way=own
    365  bob  arrive    visit=1   at=tower-door-2
    395  bob  abandon   visit=1   at=tower-door-2  reason=patience
"""


def test_journey_time_goes_from_the_first_portal_to_behind_the_last(story):
    assert story(HOMEWARD).tells("journey_time.mean", "passage_time.mean") == [
        78.0,
        pytest.approx((10 + 8 + 5) / 3),
    ]


def test_a_journey_counts_whole_at_each_of_its_portals(story):
    homeward = story(HOMEWARD)
    for portal in ("main-gate", "tower-door", "tower-door-1"):
        assert homeward.tells("journey_time.mean", kind="portal", id=portal) == [78.0]
    (figure,) = homeward.tells("journey_time.mean", kind="portal", id="tower-door-2")
    assert figure.why == "no visits that passed: no times"


def test_another_journey_of_the_same_person_is_another_time(story):
    told = story("""
        0    ann  arrive    visit=0
        4    ann  pass      visit=0   way=own
        900  ann  arrive    visit=16
        910  ann  pass      visit=16  way=own
    """).tells("journey_time.mean", "journey_time.max")
    assert told == [7.0, 10.0]
