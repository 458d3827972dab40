"""Lives of residents: chains that go on from day to day, whenever the run starts and whatever the clocks do."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.scenarios.occupancy import AGES, AWAY, BIN, BINS, as_shares, diary
from gatebench.scenarios.units import Start
from gatebench.sim.draws import Draws
from gatebench.sim.occupancy import moves

DAY = 86400.0
HOUR = 3600.0
MIXED = np.array([3, 17, 30, 41, 58, 66, 80])


def lived(start, duration=DAY, age=MIXED, kind="calendar", seed=1):
    return moves(age, Start.parse(start), duration, kind, Draws(seed, 0))


def by_person(found, person):
    own = found.person == person
    return found.t[own], found.outward[own]


def assert_lives_are_whole(found, people, duration):
    assert len(found.at_home) == people
    assert ((found.t >= 0) & (found.t < duration)).all()
    assert (np.diff(found.person) >= 0).all()
    for person in range(people):
        t, outward = by_person(found, person)
        assert (np.diff(t) > 0).all()
        # Whoever is at home leaves next, whoever is away returns.
        assert outward.tolist() == [bool(found.at_home[person]) ^ bool(n % 2) for n in range(len(t))]


@given(
    st.datetimes(datetime(2023, 1, 1), datetime(2025, 1, 1)),
    st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York"]),
    st.floats(1.0, 4 * DAY),
    st.integers(0, 9),
)
def test_people_leave_and_return_in_turn(start, zone, duration, seed):
    found = lived(f"{start.isoformat()} {zone}", duration, seed=seed)
    assert_lives_are_whole(found, len(MIXED), duration)


@pytest.mark.parametrize(
    ("day", "hours"), [("2024-03-30", 23), ("2024-10-26", 25)], ids=["spring-forward", "fall-back"]
)
def test_days_of_23_and_25_hours_are_lived_once(day, hours):
    # A diary day begins at 04:00 of the clock on either side of the change.
    following = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
    people = np.full(3000, 40)
    found = lived(f"{day}T04:00 Europe/Berlin", 3 * DAY, people)
    assert_lives_are_whole(found, len(people), 3 * DAY)
    alone = lived(f"{day}T04:00 Europe/Berlin", min(hours, 24) * HOUR, people)
    same = found.t < min(hours, 24) * HOUR
    assert np.array_equal(found.t[same], alone.t)
    if hours == 25:
        assert not ((found.t >= 24 * HOUR) & (found.t < 25 * HOUR)).any()
    assert (
        Start.parse(f"{following}T04:00 Europe/Berlin").local.timestamp()
        - Start.parse(f"{day}T04:00 Europe/Berlin").local.timestamp()
        == hours * HOUR
    )


@pytest.mark.parametrize("start", ["00:00", "03:59", "04:00", "04:01", "12:34:56", "23:59:59"])
def test_a_run_that_starts_later_is_the_same_life_seen_from_later(start):
    people = np.full(500, 30)
    whole = lived("2024-03-05T04:00 UTC", 3 * DAY, people)
    clock = Start.parse(f"2024-03-05T{start} UTC").clock
    skipped = clock - 4 * HOUR if clock >= 4 * HOUR else clock + 20 * HOUR
    date = "2024-03-05" if clock >= 4 * HOUR else "2024-03-06"
    later = lived(f"{date}T{start} UTC", 2 * DAY, people)
    kept = (whole.t >= skipped) & (whole.t < skipped + 2 * DAY)
    assert np.array_equal(later.person, whole.person[kept])
    assert np.array_equal(later.outward, whole.outward[kept])
    # Seconds counted from another start differ by rounding.
    assert np.allclose(later.t, whole.t[kept] - skipped, rtol=0, atol=1e-6)
    gone = np.bincount(whole.person[whole.t < skipped], minlength=len(people)) % 2 == 1
    assert np.array_equal(later.at_home, whole.at_home ^ gone)


def test_more_people_change_nothing_for_those_who_are_there():
    few, many = lived("2024-03-05T00:00 UTC"), lived("2024-03-05T00:00 UTC", age=np.tile(MIXED, 3))
    mine = many.person < len(MIXED)
    assert np.array_equal(few.t, many.t[mine])
    assert np.array_equal(few.outward, many.outward[mine])


def test_a_longer_run_begins_as_the_shorter():
    short, long = lived("2024-03-05T00:00 UTC"), lived("2024-03-05T00:00 UTC", 3 * DAY)
    same = long.t < DAY
    assert np.array_equal(short.t, long.t[same])
    assert np.array_equal(short.person, long.person[same])


def test_the_calendar_says_which_day_is_lived():
    people = np.full(300, 40)
    for date, kind in (("2024-03-08", "weekday"), ("2024-03-09", "weekend"), ("2024-03-10", "weekend")):
        by_calendar = lived(f"{date}T04:00 UTC", age=people)
        assert np.array_equal(by_calendar.t, lived(f"{date}T04:00 UTC", age=people, kind=kind).t)
    # The small hours of a Saturday belong to Friday.
    early = lived("2024-03-09T00:00 UTC", 4 * HOUR, people)
    assert np.array_equal(early.t, lived("2024-03-09T00:00 UTC", 4 * HOUR, people, "weekday").t)


def test_children_live_by_the_youngest_band():
    assert np.array_equal(
        lived("2024-03-05T04:00 UTC", age=np.full(50, 6)).t,
        lived("2024-03-05T04:00 UTC", age=np.full(50, 20)).t,
    )
    assert not np.array_equal(
        lived("2024-03-05T04:00 UTC", age=np.full(50, 24)).t,
        lived("2024-03-05T04:00 UTC", age=np.full(50, 25)).t,
    )


def test_a_window_in_which_nobody_moves_is_no_mistake():
    found = lived("2024-03-05T03:00 UTC", 1.0, np.array([40]))
    assert len(found.t) == 0
    assert len(lived("2024-03-05T03:00 UTC", DAY, np.zeros(0, np.int64)).at_home) == 0


@pytest.mark.parametrize("kind", ["weekday", "weekend"])
@pytest.mark.parametrize("band", range(len(AGES)), ids=AGES)
def test_a_day_ends_as_it_began_so_that_days_in_a_row_are_alike(kind, band):
    # Exactly, from the tables: the survey's diaries were closed to a circle, within their own rounding.
    tables = diary(kind)
    crowd = tables.states[band][:, None] * tables.clusters[band]
    begun = crowd.sum(axis=1)
    for quarter in range(BINS):
        crowd = np.einsum("sc,cst->tc", crowd, tables.transitions[:, quarter])
    assert np.allclose(crowd.sum(axis=1), begun, rtol=0, atol=1e-9)


@pytest.mark.parametrize("day", [0, 1, 2])
def test_those_who_are_out_at_four_spend_every_day_as_the_tables_say(day):
    # On the second day too: who is away overnight belongs more often to those who are away all day.
    tables = diary("weekday")
    still = tables.clusters[1, AWAY].copy()
    for quarter in range(32):
        still *= tables.transitions[:, quarter, AWAY, AWAY]
    found = lived("2024-03-05T04:00 UTC", 3 * DAY, np.full(40_000, 40), "weekday")
    moved = np.bincount(found.person[found.t < day * DAY], minlength=40_000) % 2 == 1
    away = found.at_home == moved
    morning = (found.t >= day * DAY) & (found.t < day * DAY + 8 * HOUR)
    stayed = away & (np.bincount(found.person[morning], minlength=40_000) == 0)
    expected = still.sum()
    tolerance = 3.89 * (expected * (1 - expected) / away.sum()) ** 0.5  # alpha = 1e-4
    assert stayed.sum() / away.sum() == pytest.approx(expected, abs=tolerance)


def test_moves_fall_anywhere_in_their_quarter_hour():
    found = lived("2024-03-05T04:00 UTC", age=np.full(20_000, 40))
    within = found.t % BIN / BIN
    counts = np.bincount((within * 20).astype(int), minlength=20)
    # Chi-square with 19 degrees of freedom: 57.8 is passed once in 10,000 (alpha).
    assert ((counts - counts.mean()) ** 2 / counts.mean()).sum() < 57.8


def test_tables_are_read_only_and_add_up():
    for kind in ("weekday", "weekend"):
        tables = diary(kind)
        for table in (tables.states, tables.clusters, tables.transitions):
            assert not table.flags.writeable
            assert np.allclose(table.sum(axis=-1), 1.0, rtol=0, atol=1e-6)
    assert diary("weekday").transitions.shape == (5, 96, 3, 3)


@pytest.mark.parametrize("row", [[0.5, 0.4], [1.2, -0.2], [np.nan, 1.0]])
def test_shares_that_do_not_add_up_are_refused(row):
    with pytest.raises(ValueError, match=r"'mine', row \(1,\)"):
        as_shares("mine", np.array([[0.5, 0.5], row]))
