"""Who came in how, by day and by night."""

from __future__ import annotations

import pytest

from gatebench.sim.files import metadata_of, with_metadata
from gatebench.sim.metrics import Missing, ways
from gatebench.sim.metrics.ways import Slot

NIGHT = {"start": "2021-10-11T21:30", "zone": "Asia/Shanghai", "utc_offset": 28800.0, "night": [79200.0, 21600.0],
         "duration": 86_400.0}  # fmt: skip
HALF_HOUR = 1800


def told(story, text, **metadata):
    one = story(text, **{**NIGHT, **metadata})
    return ways(one.events, one.persons)


def test_entries_are_counted_by_group_period_portal_and_way(story):
    found = told(
        story,
        """
        0     ann  arrive
        10    ann  pass    way=own
        70    ann  arrive  visit=1  at=tower-door-2
        80    ann  pass    visit=1  at=tower-door-2  way=own
        90    bob  arrive
        95    bob  pass    way=own
        100   eve  arrive
        110   eve  pass    way=tailgate
        2000  eve  arrive  visit=16
        2010  eve  bypass  visit=16  reason=crawl  value=20
        2100  tom  arrive
        2110  tom  bypass  reason=climb  value=60
        """,
        portals=STREET,
    )
    assert found[Slot("resident", "day", None)] == {"own": 2}
    assert found[Slot("resident", "day", "tower-door")] == {"own": 1}
    assert found[Slot("refuser", "day", "main-gate")] == {"tailgate": 1}
    assert found[Slot("refuser", "night", None)] == {"crawl": 1}
    assert found[Slot("courier", "night", None)] == {"climb": 1}
    assert found[Slot("courier", "day", None)] == {}


STREET = {
    "main-gate": {"declared": "main-gate", "lanes": 1, "credential": ["in"], "from_street": True},
    "tower-door-2": {"declared": "tower-door", "lanes": 1, "credential": ["in"], "from_street": False},
}


def test_where_nothing_says_what_lies_behind_what_every_portal_is_from_the_street(story):
    found = told(story, "0 ann pass way=own\n 5 ann pass visit=1 at=tower-door-1 way=own")
    assert found[Slot("resident", "day", None)] == {"own": 2}


def test_the_way_out_is_no_way_in(story):
    found = told(story, "0 ann pass to=out way=free\n 5 eve bypass to=out reason=crawl")
    assert not any(found.values())


@pytest.mark.parametrize(
    ("t", "period"),
    [
        (HALF_HOUR - 0.001, "day"),
        (HALF_HOUR, "night"),
        (HALF_HOUR + 8 * 3600 - 0.001, "night"),
        (HALF_HOUR + 8 * 3600, "day"),
    ],
)
def test_the_night_is_half_open(story, t, period):
    found = told(story, f"{t} ann pass way=own")
    assert [slot.period for slot, counts in found.items() if counts and slot.portal is None] == [period]


@pytest.mark.parametrize(
    ("start", "offset", "hours"),
    [
        ("2024-03-31T00:00", 3600.0, 5),  # 02:00 becomes 03:00: 06:00 comes after five hours.
        ("2024-10-27T00:00", 7200.0, 7),  # 03:00 becomes 02:00: after seven.
        ("2024-10-27T02:00", 3600.0, 4),  # The second 02:00 of that day.
        ("2024-10-27T02:00", 7200.0, 5),  # The first.
    ],
)
def test_the_night_ends_by_the_local_clock_when_the_clocks_change(story, start, offset, hours):
    summer = {"start": start, "zone": "Europe/Berlin", "utc_offset": offset}
    found = told(story, f"{hours * 3600 - 1} ann pass way=own\n {hours * 3600} bob pass way=own", **summer)
    assert found[Slot("resident", "night", None)] == {"own": 1}
    assert found[Slot("resident", "day", None)] == {"own": 1}


def test_it_is_the_instant_of_entering_that_counts_and_not_the_arrival(story):
    found = told(story, f"{HALF_HOUR - 60} eve arrive\n {HALF_HOUR + 60} eve bypass reason=crawl")
    assert found[Slot("refuser", "night", None)] == {"crawl": 1}


def test_a_run_without_night_has_no_such_period(story):
    found = told(story, "0 ann pass way=own", duration=HALF_HOUR)
    assert {slot.period for slot in found} == {"day"}
    assert {slot.period for slot in told(story, "0 ann pass way=own", duration=HALF_HOUR + 1)} == {
        "day",
        "night",
    }


def test_a_group_without_people_has_no_slot(story):
    people = {"ann": {}}
    one = story("0 ann pass way=own", people=people, **NIGHT)
    assert {slot.group for slot in ways(one.events, one.persons)} == {"resident"}


def test_visits_of_the_warm_up_are_left_out(story):
    found = told(story, "5 ann arrive\n 20 ann pass way=own", warm_up=10.0)
    assert not any(found.values())


def test_a_pass_or_bypass_that_does_not_say_how_is_unknown(story):
    found = told(story, "0 ann pass\n 5 eve bypass")
    assert found[Slot("resident", "day", None)] == found[Slot("refuser", "day", None)] == {"unknown": 1}


@pytest.mark.parametrize("entry", ["night", "start", "zone"])
def test_what_the_metadata_do_not_say_is_missing(story, entry):
    assert told(story, "0 ann pass way=own", **{entry: None}) == Missing(
        f"the log's metadata have no {entry!r}"
    )


def test_a_real_log_without_bypasses_does_not_say_that_there_were_none(story):
    one = story("0 ann pass way=own", **NIGHT)
    foreign = with_metadata(one.events, {**metadata_of(one.events), "world": "log"})
    assert ways(foreign, one.persons) == Missing("the log has no 'bypass' rows")
