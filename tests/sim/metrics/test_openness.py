"""Doors that stood open. At the main gate only the way in needs a credential."""

import pytest


def test_free_share_is_of_all_passes_in_directions_with_a_reader(story):
    told = story(
        "10 ann pass way=own\n 11 tom pass way=free\n 12 bob pass way=free\n 13 eve pass way=tailgate"
    )
    assert told.tells("free.share") == [0.5]


def test_free_egress_is_no_door_that_stands_open(story):
    assert story("10 ann pass way=own\n 11 ann pass to=out way=free").tells("free.share") == [0.0]


def test_without_a_pass_there_is_no_share(story):
    (figure,) = story("10 ann pass to=out way=free").tells("free.share")
    assert figure.why.startswith("no passes")


def test_a_propped_door_stands_open_until_it_is_shut(story):
    told = story("600 tom fault_on reason=propped lane=0\n 1500 - fault_off reason=propped lane=0 value=900")
    assert told.tells("open.minutes") == [15.0]
    assert told.tells("open.minutes", kind="portal", id="main-gate") == [15.0]
    # The clock shows 07:30 at the start.
    assert told.tells("open.minutes", kind="hour", id="07") == [15.0]


def test_a_door_that_nobody_shuts_stands_open_to_the_end(story):
    assert story("600 tom fault_on reason=propped lane=0").tells("open.minutes") == [50.0]


def test_two_doors_of_a_portal_count_once_and_two_portals_twice(story):
    told = story("""
        600   tom  fault_on   reason=propped  lane=0
        900   tom  fault_on   reason=propped  lane=1
        1200  -    fault_off  reason=propped  lane=0
        1500  -    fault_off  reason=propped  lane=1
        1800  -    fault_on   reason=switched-off
        2400  -    fault_off  reason=switched-off
        600   tom  fault_on   reason=propped  lane=0  at=tower-door-1
        660   -    fault_off  reason=propped  lane=0  at=tower-door-1
    """)
    assert told.tells("open.minutes") == [26.0]


def test_other_faults_open_nothing(story):
    assert story("600 - fault_on reason=network-down").tells("open.minutes") == [0.0]


@pytest.mark.parametrize(("kind", "id"), [("group", "courier"), ("direction", "in")])
def test_it_stands_open_for_everybody(story, kind, id):
    (figure,) = story("600 tom fault_on reason=propped lane=0\n 700 tom pass way=free").tells(
        "open.minutes", kind=kind, id=id
    )
    assert figure.why == "a door stands open for everybody"
