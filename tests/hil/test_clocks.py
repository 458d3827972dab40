"""Stamps become world instants by the piece of time in which they were taken, and what acts is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.actuations import Actuations, ActuationsSpent
from gatebench.hil.clocks import WorldClock
from gatebench.hil.errors import BenchError

HOUR = 3600 * 10**9


def test_world_time_runs_from_its_first_stamp():
    clock = WorldClock(5_000_000_000, 100.0)
    assert clock.at(5_000_000_000) == 100.0
    assert clock.at(5_250_000_000) == 100.25
    assert clock.stamp(100.25) == 5_250_000_000


def test_a_stamp_from_before_a_cut_keeps_its_instant():
    clock = WorldClock(0)
    clock.cut(1_000_000_000, 60.0)
    assert clock.at(999_999_999) == 0.999999999
    assert clock.at(1_000_000_000) == 61.0
    assert clock.pieces == [(0, 0.0), (1_000_000_000, 61.0)]


def test_a_stamp_from_before_the_world_is_an_instant_before_it():
    assert WorldClock(1_000_000_000).at(0) == -1.0


@pytest.mark.parametrize(("stamp", "seconds"), [(9, 1.0), (20, -1.0), (20, float("nan"))])
def test_time_is_not_cut_backwards(stamp, seconds):
    clock = WorldClock(0)
    clock.cut(10, 1.0)
    with pytest.raises(ValueError, match="no cut of"):
        clock.cut(stamp, seconds)
    assert len(clock.pieces) == 2


STAMPS = st.integers(0, 24 * HOUR)
CUTS = st.lists(st.tuples(STAMPS, st.floats(0.0, 1e5)), max_size=8).map(lambda cuts: sorted(cuts))


@given(STAMPS, CUTS, st.lists(STAMPS, min_size=2))
def test_order_is_kept_over_cuts(begin, cuts, stamps):
    clock = WorldClock(begin)
    for stamp, seconds in cuts:
        clock.cut(begin + stamp, seconds)
    worlds = [clock.at(begin + stamp) for stamp in sorted(stamps)]
    assert worlds == sorted(worlds)


@given(STAMPS, CUTS, STAMPS)
def test_a_later_cut_moves_no_earlier_stamp(begin, cuts, stamp):
    """To the nanosecond: an interval that was measured stays as it was measured."""
    clock = WorldClock(begin)
    for at, seconds in cuts:
        before = clock.at(begin + at - 1) if at > stamp else clock.at(begin)
        earlier = clock.at(begin + min(stamp, at - 1)) if at else None
        clock.cut(begin + at, seconds)
        if at:
            assert clock.at(begin + min(stamp, at - 1)) == earlier
        assert clock.at(begin + at - 1) == before or at <= stamp


@given(STAMPS, CUTS, STAMPS)
def test_there_and_back_is_the_same_stamp(begin, cuts, later):
    """World times of a day are exact to 2^-53 of 10^5 s, 0.02 ns, so rounding finds the nanosecond again."""
    clock = WorldClock(begin)
    for stamp, seconds in cuts:
        clock.cut(begin + stamp, seconds)
    stamp = clock.pieces[-1][0] + later
    assert abs(clock.stamp(clock.at(stamp)) - stamp) <= 1


def test_an_actuation_beyond_the_budget_is_not_made():
    budget, relay = Actuations(3), []
    for _ in range(3):
        budget.spend()
        relay.append("click")
    with pytest.raises(
        ActuationsSpent, match="the budget of 3 relay actuations is spent.*raise `actuations:`"
    ):
        budget.spend()
        relay.append("click")
    assert (len(relay), budget.spent) == (3, 3)


def test_what_would_exceed_the_budget_in_part_is_refused_whole():
    budget = Actuations(3)
    budget.spend(2)
    with pytest.raises(BenchError):
        budget.spend(2)
    budget.spend(1)
    assert budget.spent == budget.limit


def test_a_budget_is_not_negative():
    with pytest.raises(ValueError, match="-1"):
        Actuations(-1)
