"""Ways in over replications: counts, shares, and what is missing."""

from __future__ import annotations

import pytest

from gatebench.sim.metrics import Missing
from gatebench.sim.metrics.ways import Slot
from gatebench.sim.ways import ALL, ways_in

DAY, NIGHT = Slot("refuser", "day", None), Slot("refuser", "night", None)


def rows(found, groups=("refuser",)):
    return {(one.slot, one.way): one for one in ways_in({"policy": found}, groups)["policy"]}


def test_counts_and_shares_are_means_over_replications():
    found = rows([{DAY: {"own": 1, "tailgate": 3}}, {DAY: {"own": 3, "tailgate": 1}}])
    assert (found[DAY, "own"].count.mean, found[DAY, ALL].count.mean) == (2.0, 4.0)
    assert found[DAY, "tailgate"].share.mean == 0.5
    # Student's t, two values that differ by 2: half-width 12.706 * 1.
    assert found[DAY, "own"].count.ci95 == pytest.approx((2 - 12.706, 2 + 12.706), abs=1e-3)


def test_where_nobody_came_the_count_is_0_and_there_is_no_share():
    found = rows([{DAY: {}}, {DAY: {"own": 2}}])
    assert (found[DAY, "own"].count.mean, found[DAY, "own"].count.n) == (1.0, 2)
    assert (found[DAY, "own"].share.mean, found[DAY, "own"].share.n) == (1.0, 1)
    nobody = rows([{DAY: {}, NIGHT: {"crawl": 1}}])[DAY, "crawl"]
    assert nobody.count.mean == 0.0
    assert nobody.share == Missing("nobody of the group 'refuser' came in by day: no share")


def test_a_period_and_a_group_that_are_not_there_are_missing_with_their_reason():
    found = rows([{DAY: {"own": 1}}], groups=("refuser", "courier"))
    assert found[NIGHT, ALL].count == Missing("there is no night in the run")
    assert found[Slot("courier", "day", None), "own"].count == Missing(
        "nobody belongs to the group 'courier'"
    )


def test_ways_that_only_another_candidate_has_are_told_as_0():
    found = ways_in({"one": [{DAY: {"own": 1}}], "other": [{DAY: {"crawl": 1}}]}, ["refuser"])
    assert [(one.way, one.count.mean) for one in found["one"] if one.slot == DAY] == [
        (ALL, 1.0),
        ("own", 1.0),
        ("crawl", 0.0),
    ]


def test_a_log_that_does_not_tell_is_missing_with_its_reason():
    assert rows([Missing("no night")])[DAY, ALL].count == Missing("no night")
