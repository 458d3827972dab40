"""Numbers, clocks and uncertainty of frames, from time stamps and arrivals alone."""

import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.camera.errors import CameraUnfit, StreamBroken, StreamUnsettled
from gatebench.hil.camera.pace import Pace
from gatebench.hil.camera.settling import Settling
from gatebench.hil.camera.source import Shot
from gatebench.hil.camera.timing import BELIEVED, Numbering, Spread

RATES = st.sampled_from([5.0, 10.0, 25.0, 29.97, 30.0, 60.0, 120.0])


def shot(stamp, arrival, wall=None):
    return Shot(round(arrival * 1e9), stamp, wall, lambda: None)


# Numbers


@given(RATES, st.integers(0, 2**20), st.floats(0, 0.07), st.floats(0, 0.4), st.booleans())
def test_gaps_are_numbered_through(fps, seed, jitter, drop, told):
    """Jitter up to a fifteenth of a frame's time, two of five lost: the number is the shutter's own, once the first 14
    frames are over, which nobody gets to see."""
    luck = random.Random(seed)
    numbering = Numbering(fps if told else None)
    seen = []
    for place in range(120):
        if place >= 14 and luck.random() < drop:
            continue
        moved = min(max(luck.gauss(0, jitter), -0.3), 0.3)
        missing = numbering.feed(1000 + (place + moved) / fps)
        seen.append((place, numbering.number, missing))
    begun = seen[13:]
    assert [number - begun[0][1] for _, number, _ in begun] == [place - begun[0][0] for place, _, _ in begun]
    assert sum(missing for *_, missing in begun[1:]) == 120 - 14 - len(seen[14:]) - (119 - begun[-1][0])


def test_a_source_that_says_another_rate_than_it_has_is_seen_through():
    numbering = Numbering(60.0)
    missing = [numbering.feed(place / 15) for place in range(100)]
    assert sum(missing[20:]) == 0 and numbering.period == pytest.approx(1 / 15)


def test_a_source_that_slows_down_is_followed_after_a_while():
    numbering = Numbering()
    t, missing = 0.0, []
    for place in range(120):
        t += 1 / 30 if place < 60 else 1 / 10
        missing.append(numbering.feed(t))
    assert sum(missing[:60]) == 0 and sum(missing[95:]) == 0 and sum(missing) > 0


def test_time_stamps_do_not_go_back():
    numbering = Numbering()
    numbering.feed(1.0)
    for stamp in (1.0, 0.5):
        with pytest.raises(ValueError, match="before that of the frame before"):
            numbering.feed(stamp)


# Uncertainty


def scattered(stamp_error, way, uneven, n=60, fps=30.0, seed=1):
    """Spread after n frames, and the errors of their time stamps."""
    luck, spread = random.Random(seed), Spread(1 / 90_000)
    for number in range(n):
        true = number / fps + luck.gauss(0, uneven)
        spread.feed(number, true + luck.gauss(0, stamp_error), true + abs(luck.gauss(0, way)) + 0.05)
    return spread.u


@pytest.mark.parametrize(
    ("stamp_error", "way", "uneven"), [(0.002, 0.02, 0.0), (0.002, 0.0003, 0.01), (0.002, 0, 0)]
)
def test_an_error_of_time_stamps_shows_on_the_even_grid_or_against_arrival(stamp_error, way, uneven):
    u = scattered(stamp_error, way, uneven)
    assert 0.75 * stamp_error < u < 1.5 * stamp_error  # 60 values: the sd is known to a tenth (1 sd)


def test_it_is_never_told_smaller_than_it_is_where_both_scatter():
    assert scattered(0.001, 0.005, 0.005) > 0.001


def test_time_stamps_that_look_perfect_are_not_believed():
    assert scattered(0, 0, 0) == pytest.approx(BELIEVED, rel=0.01)


def test_arrivals_are_as_uncertain_as_they_are_uneven():
    luck, spread = random.Random(3), Spread(1e-6)
    for number in range(60):
        arrival = number / 30 + luck.gauss(0, 0.002)
        spread.feed(number, arrival, arrival)
    assert spread.u == pytest.approx(0.002, rel=0.35)


# The stale start


@given(RATES, st.integers(0, 60), st.floats(0.0001, 0.004), st.booleans(), st.integers(0, 99))
def test_no_frame_that_waited_is_taken_for_fresh(fps, waiting, each, told, seed):
    """So many old frames come first, each after `each` s; then frames come as they are taken."""
    luck, settling = random.Random(seed), Settling()
    now = waiting / fps  # when we begin to look: the first of them is as old
    settled = None
    for place in range(waiting + int(3 * fps) + 20):
        fresh_at = place / fps + 0.05 + luck.uniform(0, 0.001)
        now = max(now + each, fresh_at)
        if settling.feed(now, place / fps if told else None):
            settled = place
            assert now - fresh_at < 0.5 / fps, "this frame is old"
            break
    assert settled is not None


def test_where_frames_come_later_and_later_it_is_told():
    pace = Pace(1e-6, 30.0)
    with pytest.raises(StreamUnsettled, match="unevenly"):
        for place in range(400):
            pace.feed(shot(place / 30, place / 30 * 1.5))


def test_where_frames_begin_to_come_later_and_later_it_is_told():
    """A decoder that takes a fifth longer than the time between two frames."""
    pace = Pace(1e-6, 30.0)
    with pytest.raises(StreamUnsettled, match=r"come 1\.\d s later than they did"):
        for place in range(1000):
            pace.feed(shot(place / 30, place / 30 + max(0, place - 200) / 150))


@pytest.mark.parametrize(
    "late", [lambda place: place * 1e-3 / 30, lambda place: 2.0 if 200 < place < 260 else 0.0]
)
def test_a_clock_that_drifts_and_a_network_with_a_hiccup_are_no_lag(late):
    """A clock that is a thousandth fast, for three minutes; and two seconds in which nothing came through."""
    pace = Pace(1e-6, 30.0)
    for place in range(5400 if late(1) else 1000):
        pace.feed(shot(place / 30, place / 30 + late(place)))


# Which clock


def followed(pace, n=80, stamp=lambda place: place / 30, wall=lambda place: None, late=lambda place: 0.0):
    return [
        timed
        for place in range(n)
        if (timed := pace.feed(shot(stamp(place), 5 + place / 30 + late(place), wall(place)))) is not None
    ]


def test_the_best_clock_is_taken():
    for reports, wall, clock in ((True, 1e9, "sender"), (False, None, "source")):
        pace = Pace(1 / 90_000, 30.0, reports=reports)
        frames = followed(pace, wall=lambda place, w=wall: None if w is None else w + place / 30)
        assert pace.clock == clock and frames[0].number == 0 and pace.settled
        assert frames[-1].t == pytest.approx((wall or 0.0) + 79 / 30)
    pace = Pace(1e-6, None)
    frames = followed(pace, stamp=lambda place: None)
    assert pace.clock == "arrival" and not pace.numbered
    assert [frame.number for frame in frames] == list(range(len(frames)))
    assert frames[-1].t == pytest.approx(5 + 79 / 30)


def test_a_sender_that_may_still_report_is_waited_for():
    pace = Pace(1 / 90_000, 30.0, reports=True)
    frames = followed(pace, 200, wall=lambda place: 1e9 + place / 30 if place >= 100 else None)
    assert pace.clock == "sender" and pace.discarded == 100 + 8 and len(frames) == 92
    pace = Pace(1 / 90_000, 30.0, reports=True)
    followed(pace, 250)
    assert pace.clock == "source", "one that never does is not waited for longer than six seconds"


def test_a_clock_that_is_wanted_and_not_there_is_an_error():
    with pytest.raises(CameraUnfit, match="'sender': it has sent no report.*take the clock 'source'"):
        followed(Pace(1e-6, 30.0, clock="sender"))
    with pytest.raises(CameraUnfit, match="'source': its frames have no time stamps"):
        followed(Pace(1e-6, 30.0, clock="source"), stamp=lambda place: None)
    pace = Pace(1e-6, 30.0, clock="arrival")
    frames = followed(pace)
    assert pace.clock == "arrival" and pace.numbered and frames[-1].t == pytest.approx(5 + 79 / 30)


def test_a_clock_does_not_change_on_the_way():
    for kind, wall in (("time stamp", None), ("wall clock", 1e9)):
        pace = Pace(1e-6, 30.0, reports=wall is not None)
        with pytest.raises(StreamBroken, match=kind):
            followed(
                pace,
                stamp=lambda place, w=wall: None if place > 60 and w is None else place / 30,
                wall=lambda place, w=wall: None if place > 60 or w is None else w,
            )


def test_time_stamps_that_begin_anew_are_an_error_once_frames_were_handed_over():
    pace = Pace(1e-6, 30.0)
    with pytest.raises(StreamBroken, match=r"started anew"):
        followed(pace, stamp=lambda place: (place if place < 50 else place - 50) / 30)
    pace = Pace(1e-6, 30.0)
    assert followed(pace, stamp=lambda place: (place if place < 5 else place - 5) / 30), "before, they may"


def test_a_frame_that_came_late_is_as_uncertain_as_it_is_late():
    pace = Pace(1e-6, None)
    frames = followed(pace, 120, stamp=lambda place: None, late=lambda place: 0.02 if place == 100 else 0.0)
    worst = max(frames, key=lambda frame: frame.u)
    assert worst.t == pytest.approx(5 + 100 / 30 + 0.02) and worst.u == pytest.approx(0.02, rel=0.2)
    assert median(frame.u for frame in frames) < 0.002


def test_a_reader_that_was_kept_from_running_says_so():
    pace = Pace(1e-6, None)
    for place in range(100):
        timed = pace.feed(shot(None, 5 + place / 30), waited=7_000_000 if place == 99 else 0)
    assert timed.u == pytest.approx(0.007)


def test_a_file_is_taken_as_it_is():
    pace = Pace(1e-3, 10.0, live=False)
    frames = followed(pace, 5, stamp=lambda place: place / 10)
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4] and pace.discarded == 0
    assert frames[0].u == pytest.approx(1e-3 / 12**0.5)
