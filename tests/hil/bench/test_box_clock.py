"""The I/O box's clock on the host's."""

from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.bench.box_clock import AGAIN, RATE, BoxClock


@given(
    start=st.integers(0, 10**15),
    drift=st.floats(-RATE, RATE),
    trips=st.lists(st.integers(50_000, 5_000_000), min_size=2, max_size=40),
    early=st.floats(0, 1),
)
def test_the_host_time_of_an_instant_is_within_its_bound_however_the_box_drifts(start, drift, trips, early):
    clock, host = BoxClock(), start
    box_at = lambda instant: round((instant - start) * (1 + drift * 1e-6))
    for trip in trips:
        host += AGAIN
        clock.answered(box_at(host + round(early * trip)), host, host + trip)
        later = host + AGAIN
        told, bound = clock.host(box_at(later))
        assert abs(told - later) <= bound + 2_000  # the drift of the trip itself, and rounding


def test_a_box_is_asked_again_after_a_while_and_not_before_it_was_asked_at_all():
    clock = BoxClock()
    assert not clock.is_old(10**12)
    clock.answered(0, 10**12, 10**12 + 200_000)
    clock.asked = 10**12
    assert not clock.is_old(10**12 + AGAIN)
    assert clock.is_old(10**12 + AGAIN + 1)
