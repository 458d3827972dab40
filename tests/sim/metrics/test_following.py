"""On whose credential people come through. At the main gate only the way in needs one; at the tower doors
both."""

import pytest

NAMES = ("tailgating.share", "piggybacking.share", "unbadged.share")
FOUR_IN = """
    10   ann  pass      way=own
    11   eve  pass      way=tailgate
    12   tom  pass      way=piggyback
    13   bob  pass      way=guard
"""


def test_shares_are_of_the_passes_in_directions_that_need_a_credential(story):
    assert story(FOUR_IN).tells(*NAMES) == [0.25, 0.25, 0.5]


def test_the_free_way_out_is_left_out(story):
    assert story(FOUR_IN + "20 ann pass to=out way=own\n 21 eve pass to=out way=tailgate").tells(*NAMES) == [
        0.25,
        0.25,
        0.5,
    ]


def test_free_passes_are_left_out(story):
    assert story(FOUR_IN + "20 ann pass way=free").tells(*NAMES) == [0.25, 0.25, 0.5]


@pytest.mark.parametrize("way", ["reverse", "unknown"])
def test_unbadged_counts_every_way_that_no_credential_opened(story, way):
    assert story(FOUR_IN + f"20 ann pass way={way}").tells(*NAMES) == [0.2, 0.2, 0.6]


@pytest.mark.parametrize("way", ["own", "shared", "remote"])
def test_a_credential_or_a_release_is_not_unbadged(story, way):
    assert story(FOUR_IN + f"20 ann pass way={way}").tells("unbadged.share") == [0.4]


def test_bypasses_count_beside_the_passes(story):
    assert story(FOUR_IN + "20 eve bypass\n 21 tom bypass").tells(*NAMES, "bypasses") == [
        0.25,
        0.25,
        4 / 6,
        2,
    ]


def test_only_bypasses_is_all_unbadged(story):
    tailgating, _, unbadged = story("20 eve bypass").tells(*NAMES)
    assert tailgating.why.startswith("no passes")
    assert unbadged == 1.0


def test_without_a_pass_there_is_no_share(story):
    assert all(figure.why.startswith("no passes") for figure in story("0 ann arrive").tells(*NAMES))


def test_both_ways_need_a_credential_at_a_tower_door(story):
    told = story("""
        1    ann  pass  at=tower-door-1  to=out  way=own
        2    eve  pass  at=tower-door-2  to=out  way=tailgate
    """)
    assert told.tells("tailgating.share", kind="portal", id="tower-door") == [0.5]
    assert told.tells("tailgating.share", kind="portal", id="tower-door-2") == [1.0]
    assert told.tells("tailgating.share", kind="direction", id="out") == [0.5]


def test_intrusion_counts_passes_and_bypasses_of_people_who_are_not_entitled(story):
    told = story(FOUR_IN + "20 tom bypass\n 21 eve bypass\n 22 - pass way=unknown").tells(
        "intrusion", "passes"
    )
    assert told == [2, 5]
