"""Slices, the warm-up, and what is missing."""

import pyarrow as pa
import pytest

from gatebench.scenarios.metrics import COSTS
from gatebench.sim.files import metadata_of, with_metadata
from gatebench.sim.metrics import METRICS, OVERALL, Missing, Where, measure

DAY = """
    0    ann  arrive    visit=0
    5    ann  pass      visit=0  way=own
    60   ann  arrive    visit=1  at=tower-door-1
    70   ann  pass      visit=1  at=tower-door-1  way=own
    1795 eve  arrive    visit=0  to=out  at=tower-door-2  reason=no-credential
    1815 eve  pass      visit=0  to=out  at=tower-door-2  way=tailgate
"""


def test_there_is_a_slice_for_every_portal_group_direction_and_hour(story):
    found = measure(story(DAY).events, story(DAY).persons)
    assert list(found) == [
        OVERALL,
        *(Where("portal", id) for id in ("main-gate", "tower-door")),
        *(Where("group", id) for id in ("courier", "refuser", "resident")),
        *(Where("direction", id) for id in ("in", "out")),
        *(Where("hour", id) for id in ("07", "08")),
    ]
    assert all(set(figures) == set(METRICS) - set(COSTS) for figures in found.values())


@pytest.mark.parametrize(
    ("kind", "id", "visits", "passes", "wait"),
    [
        ("overall", "", 3, 3, 35 / 3),
        ("portal", "main-gate", 1, 1, 5),
        ("portal", "tower-door", 2, 2, 15),
        ("portal", "tower-door-2", 1, 1, 20),
        ("group", "resident", 2, 2, 7.5),
        ("direction", "out", 1, 1, 20),
        ("hour", "07", 3, 3, 35 / 3),  # Eve passed after eight, but she came before
        ("group@portal", "resident@tower-door", 1, 1, 10),
        ("group@portal", "resident@tower-door-1", 1, 1, 10),
        ("group@portal", "refuser@tower-door", 1, 1, 20),
    ],
)
def test_a_slice_holds_its_own_visits(story, kind, id, visits, passes, wait):
    assert story(DAY).tells("visits", "passes", "wait.mean", kind=kind, id=id) == [
        visits,
        passes,
        pytest.approx(wait),
    ]


@pytest.mark.parametrize(
    ("kind", "id"),
    [("group", "nobody"), ("portal", "nowhere"), ("group@portal", "courier@main-gate"), ("hour", "03")],
)
def test_an_empty_slice_has_counts_of_zero_and_no_shares(story, kind, id):
    visits, episodes, wait = story(DAY).tells("visits", "lockout.episodes", "wait.p95", kind=kind, id=id)
    assert (visits, episodes) == (0, 0)
    assert isinstance(wait, Missing)


def test_overlapping_wishes_are_all_answered(story):
    day = story(DAY)
    wanted = [
        Where("group@portal", f"resident@{portal}") for portal in ("tower-door", "tower-door-1", "main-gate")
    ]
    found = measure(day.events, day.persons, [*wanted, Where("portal", "tower-door-1"), OVERALL])
    assert [found[where]["visits"] for where in [*wanted, Where("portal", "tower-door-1")]] == [1, 1, 1, 1]


def test_visits_of_the_warm_up_are_left_out_whatever_becomes_of_them(story):
    told = story("""
        99   ann  arrive
        110  ann  capture
        110  ann  present
        112  ann  decision  outcome=grant
        115  ann  pass      way=own
        116  bob  arrive
    """, warm_up=100.0)  # fmt: skip
    assert told.tells("visits", "passes", "decisions", "captures") == [1, 0, 0, 0]


def test_a_row_without_a_visit_counts_by_its_own_time(story):
    told = story("99 - pass way=unknown\n 100 - pass way=unknown", warm_up=100.0)
    assert told.tells("passes") == [1]


def test_rows_may_come_out_of_order(story):
    day = story(DAY)
    turned = day.events.take(pa.array(range(len(day.events) - 1, -1, -1)))
    assert measure(turned, day.persons) == measure(day.events, day.persons)


def test_an_empty_log_has_counts_of_zero(story):
    day = story(DAY)
    found = measure(day.events.slice(0, 0), day.persons)[OVERALL]
    assert found["visits"] == found["lockout.episodes"] == found["deadlock.episodes"] == found["queue"] == 0.0
    assert found["utilisation"] == 0.0
    assert isinstance(found["wait.mean"], Missing)


# ---- what is missing


def without(table, *columns):
    return table.drop_columns(list(columns))


@pytest.mark.parametrize(
    ("column", "lost", "kept"),
    [
        (
            "visit",
            {"visits", "wait.mean", "abandon.share", "lockout.persons", "first_try.share", "queue"},
            {"passes", "intrusion"},
        ),
        (
            "way",
            {"tailgating.share", "unbadged.share", "lockout.persons"},
            {"passes", "wait.mean", "intrusion"},
        ),
        ("outcome", {"first_try.share", "lockout.share"}, {"wait.mean", "decisions", "tailgating.share"}),
        ("reason", {"lockout.share", "utilisation"}, {"wait.mean"}),
        ("direction", {"tailgating.share", "deadlock.episodes"}, {"wait.mean", "utilisation"}),
        ("value", {"utilisation", "guard.minutes"}, {"wait.mean"}),
        ("portal", {"tailgating.share", "peak5.share"}, {"wait.mean", "lockout.share", "utilisation"}),
        ("person", {"visits", "wait.mean", "intrusion", "captures.without_consent"}, {"passes", "captures"}),
    ],
)
def test_a_missing_column_takes_its_metrics_with_it(story, column, lost, kept):
    day = story(DAY)
    found = measure(without(day.events, column), day.persons)[OVERALL]
    assert {found[name] for name in lost} == {Missing(f"the log has no column {column!r}")}
    assert not any(isinstance(found[name], Missing) for name in kept)


@pytest.mark.parametrize(
    ("column", "lost"),
    [
        ("entitled", {"lockout.persons", "intrusion"}),
        ("consent", {"captures.without_consent"}),
        ("enrolment", {"template_days"}),
        ("household", {"peak5.share"}),
    ],
)
def test_a_missing_column_of_the_persons(story, column, lost):
    day = story(DAY)
    found = measure(day.events, without(day.persons, column))[OVERALL]
    assert {
        name for name in found if found[name] == Missing(f"the persons table has no column {column!r}")
    } >= lost


def test_without_persons_there_are_no_groups_and_nobody_is_entitled(story):
    found = measure(story(DAY).events, None)
    assert not any(where.kind == "group" for where in found)
    assert (
        found[OVERALL]["lockout.persons"]
        == found[OVERALL]["intrusion"]
        == Missing("there is no persons table")
    )
    assert found[OVERALL]["wait.mean"] == pytest.approx(35 / 3)


@pytest.mark.parametrize(
    ("entry", "lost"),
    [
        ("duration", {"utilisation", "queue", "guard.minutes", "template_days"}),
        ("legs", {"journey_time.mean"}),
    ],
)
def test_a_missing_entry_of_the_metadata(story, entry, lost):
    found = measure(story(DAY, **{entry: None}).events, story(DAY).persons)[OVERALL]
    assert {found[name] for name in lost} == {Missing(f"the log's metadata have no {entry!r}")}
    assert found["wait.mean"] == pytest.approx(35 / 3)


def test_without_portals_in_the_metadata_lanes_and_directions_are_unknown(story):
    found = measure(story(DAY, portals=None).events, story(DAY).persons)
    assert isinstance(found[OVERALL]["utilisation"], Missing)
    assert isinstance(found[OVERALL]["tailgating.share"], Missing)
    assert found[Where("portal", "tower-door-1")]["visits"] == 1


def test_without_a_start_there_are_no_hours(story):
    found = measure(story(DAY, start=None).events, story(DAY).persons)
    assert not any(where.kind == "hour" for where in found)


def test_without_a_column_of_directions_their_slices_are_missing(story):
    found = measure(without(story(DAY).events, "direction"), story(DAY).persons)
    assert found[Where("direction", "in")]["visits"] == Missing("the log has no column 'direction'")


def test_without_prices_there_are_no_costs_at_all(story):
    told = story(DAY)
    found = measure(told.events, told.persons)
    assert not any(name.startswith("costs.") for figures in found.values() for name in figures)


def test_a_foreign_log_that_never_mentions_something_does_not_say_that_it_never_happened(story):
    day = story(DAY)
    foreign = with_metadata(day.events, {**metadata_of(day.events), "world": "log"})
    found = measure(foreign, day.persons)[OVERALL]
    assert found["captures"] == Missing("the log has no 'capture' rows")
    assert found["bypasses"] == found["unbadged.share"] == Missing("the log has no 'bypass' rows")
    assert found["passes"] == 3
    assert measure(day.events, day.persons)[OVERALL]["captures"] == 0
