"""Arrival times: keyed by stream and interval, on the local clock, with the counts that their distributions say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gatebench.scenarios.errors import InputError
from gatebench.scenarios.traffic import Process, Profile
from gatebench.scenarios.units import Start
from gatebench.sim.arrivals import process_times, profile_times
from gatebench.sim.draws import Draws

ALPHA = 1e-4
HOUR, DAY = 3600.0, 86400.0
MIDNIGHT = Start.parse("2024-03-05T00:00 UTC")
HALF_HOURS = [(half * 1800.0, (half + 1) * 1800.0) for half in range(48)]


def profile(rates=None, **more):
    """Rates in persons a second by half hour, or one for the whole day."""
    if isinstance(rates, int | float):
        rates = [rates] * 48
    rates = tuple((begin, end, rate) for (begin, end), rate in zip(HALF_HOURS, rates, strict=True))
    return Profile(rates=rates, **more)


def times(what, *, stream="visitors", start=MIDNIGHT, duration=DAY, seed=1, replication=0):
    draws = Draws(seed, replication)
    if isinstance(what, Profile):
        return profile_times(what, stream, start, duration, draws)
    return process_times(what, stream, duration, draws)


def counts(t, width=1800.0, duration=DAY):
    return np.bincount((t // width).astype(int), minlength=round(duration / width))


def contains(many, few):
    return np.isin(few, many).all()


# ---- luck by stream and interval


RATES = st.lists(st.sampled_from([0.0, 0.001, 0.01, 0.05]), min_size=48, max_size=48)


@given(RATES, st.floats(1.0, 3.0), st.sampled_from([1.0, 1.0000001, 2.79, 30.0]))
def test_a_higher_rate_adds_arrivals_and_moves_none(rates, factor, dispersion):
    few = times(profile(rates, dispersion=dispersion))
    many = times(profile([rate * factor for rate in rates], dispersion=dispersion))
    assert contains(many, few)


@given(RATES, st.integers(0, 47), st.sampled_from([0.0, 0.02]))
def test_another_rate_in_one_interval_disturbs_no_other(rates, which, rate):
    begin, end = HALF_HOURS[which]
    changed = [*rates[:which], rate, *rates[which + 1 :]]
    before, after = times(profile(rates)), times(profile(changed))
    assert np.array_equal(before[(before < begin) | (before >= end)], after[(after < begin) | (after >= end)])


@given(st.floats(0.0, 3 * DAY, exclude_min=True), st.sampled_from([1.0, 5.0]))
def test_a_longer_run_begins_as_the_shorter(duration, dispersion):
    what = profile(0.01, dispersion=dispersion)
    short, long = times(what, duration=duration), times(what, duration=4 * DAY)
    assert np.array_equal(short, long[long < duration])


@pytest.mark.parametrize(
    "what", [profile(0.01), Process(every="exponential 60 s")], ids=["profile", "process"]
)
def test_streams_seeds_and_replications_have_luck_of_their_own(what):
    same = times(what)
    assert np.array_equal(same, times(what))
    for other in ({"stream": "couriers"}, {"seed": 2}, {"replication": 1}):
        assert not np.isin(times(what, **other), same).any()


def test_a_stream_has_the_same_luck_whatever_was_drawn_before():
    draws = Draws(1, 0)
    profile_times(profile(0.05), "couriers", MIDNIGHT, DAY, draws)
    process_times(Process(every="exponential 60 s"), "post", DAY, draws)
    assert np.array_equal(
        profile_times(profile(0.01), "visitors", MIDNIGHT, DAY, draws), times(profile(0.01))
    )


# ---- how many


@pytest.mark.parametrize("mean", [1e-6, 0.01, 0.7, 5.0, 80.0, 3000.0])
@pytest.mark.parametrize("dispersion", [1.0, 1.001, 2.79, 40.0])
def test_counts_are_those_of_the_distribution(mean, dispersion):
    t = times(profile(mean / 1800.0, dispersion=dispersion), duration=20 * DAY)
    # Interval n has the nth of the uniforms.
    u = Draws(1, 0).uniforms("arrivals.count", 20 * 48, portal="visitors")
    if dispersion == 1.0:
        expected = stats.poisson.ppf(u, mean)
    else:
        expected = stats.nbinom.ppf(u, mean / (dispersion - 1), 1 / dispersion)
    assert np.array_equal(counts(t, duration=20 * DAY), expected)


@pytest.mark.parametrize(
    ("dispersion", "interval"), [(1.0, None), (4.0, None), (4.0, "30 min"), (4.0, "7 min")]
)
def test_counts_vary_as_told_in_intervals_as_long_as_told(dispersion, interval):
    length = {None: HOUR, "30 min": 1800.0, "7 min": 420.0}[interval]
    what = Profile(rates={"08:00-09:00": "120 persons/h"}, dispersion=dispersion, interval=interval)
    days = 2000
    t = times(what, duration=days * DAY)
    first = t % DAY - 8 * HOUR
    assert ((first >= 0) & (first < HOUR)).all()
    per_day = np.bincount((t[first < length] // DAY).astype(int), minlength=days)
    mean = 120.0 * length / HOUR
    z = stats.norm.isf(ALPHA / 2)
    assert per_day.mean() == pytest.approx(mean, abs=z * (dispersion * mean / days) ** 0.5)
    # Variance of a sample variance: (m4 - m2^2 (n - 3) / (n - 1)) / n, m4 from the distribution's excess kurtosis.
    shape = mean / (dispersion - 1) if dispersion > 1 else np.inf
    excess = stats.nbinom.stats(shape, 1 / dispersion, moments="k") if dispersion > 1 else 1 / mean
    spread = ((float(excess) + 2) / days) ** 0.5
    assert per_day.var(ddof=1) / mean == pytest.approx(dispersion, rel=z * spread * 1.1)


def test_whole_hours_of_short_intervals_vary_no_more_than_their_parts():
    # Four independent quarter hours: the variance to mean of their sum is that of each.
    what = Profile(rates={"08:00-09:00": "120 persons/h"}, dispersion=4.0, interval="15 min")
    per_day = np.bincount((times(what, duration=1000 * DAY) // DAY).astype(int), minlength=1000)
    # 1000 counts, nearly normal: relative standard error sqrt(2 / 999), times 3.9, and a tenth for the excess.
    assert per_day.var(ddof=1) / per_day.mean() == pytest.approx(4.0, rel=3.9 * (2 / 999) ** 0.5 * 1.1)


@pytest.mark.parametrize("dispersion", [1.0, 10.0])
def test_arrivals_fall_anywhere_in_their_interval(dispersion):
    t = times(Profile(rates={"08:00-09:00": "2 persons/s"}, dispersion=dispersion))
    assert stats.kstest((t - 8 * HOUR) / HOUR, "uniform").pvalue > ALPHA


def test_hourly_weights_are_scaled_to_the_persons_of_a_day():
    weights = [0.0] * 24
    weights[7], weights[18] = 1.0, 3.0
    t = times(Profile(hourly=tuple(weights), per_day=400), duration=100 * DAY)
    by_hour = np.bincount((t % DAY // HOUR).astype(int), minlength=24)
    assert by_hour[7] + by_hour[18] == len(t)
    # Poisson: 10,000 and 30,000 expected.
    assert by_hour[7] == pytest.approx(10_000, abs=3.9 * 100)
    assert by_hour[18] == pytest.approx(30_000, abs=3.9 * 30_000**0.5)


def test_more_than_can_be_run_is_refused_by_name():
    with pytest.raises(InputError, match=r"traffic\.visitors: 8\.64e\+08 arrivals are expected"):
        times(profile(10_000.0))


# ---- when, by the local clock


def clock_hours(t, start):
    """Local hour of each arrival."""
    zone = start.local.tzinfo
    return [type(start.local).fromtimestamp(start.local.timestamp() + one, zone).hour for one in t]


@pytest.mark.parametrize("date", ["2024-03-30", "2024-10-26", "2024-07-01"])
def test_intervals_keep_to_the_local_clock_where_it_changes(date):
    what = Profile(rates={"07:00-08:00": "100 persons/h", "02:00-03:00": "100 persons/h"})
    start = Start.parse(f"{date}T12:00 Europe/Berlin")
    t = times(what, start=start, duration=2 * DAY)
    hours = clock_hours(t, start)
    assert set(hours) <= {2, 7}
    # Two mornings; the night's hour comes once more where it is the second, twice where it is had twice.
    nights = {"2024-03-30": 1, "2024-10-26": 3, "2024-07-01": 2}[date]
    assert hours.count(7) == pytest.approx(200, abs=3.9 * 200**0.5)
    assert hours.count(2) == pytest.approx(100 * nights, abs=3.9 * (100 * nights) ** 0.5)


def test_a_run_that_starts_within_an_interval_has_the_rest_of_it():
    what = Profile(rates={"07:00-09:00": "1 person/s"})
    whole = times(what)
    late = times(what, start=Start.parse("2024-03-05T08:30 UTC"))
    rest = whole[(whole >= 8.5 * HOUR)] - 8.5 * HOUR
    assert np.allclose(late[late < HOUR], rest)


@pytest.mark.parametrize(("kind", "weekdays"), [("weekday", {0, 1, 2, 3, 4}), ("weekend", {5, 6})])
def test_a_stream_of_some_days_stays_away_on_the_others(kind, weekdays):
    t = times(
        profile(0.01, kinds_of_day=(kind,)), start=Start.parse("2024-03-04T00:00 UTC"), duration=14 * DAY
    )
    assert set((t // DAY % 7).astype(int).tolist()) == weekdays


# ---- bare processes


def test_constant_gaps_count_from_the_start():
    assert times(Process(every="10 s"), duration=45.0).tolist() == [10.0, 20.0, 30.0, 40.0]
    assert times(Process(every="10 s"), duration=40.0).tolist() == [10.0, 20.0, 30.0]


def test_a_sequence_of_gaps_ends_or_repeats_up_to_the_count():
    assert times(Process(every="sequence 1 s 2 s"), duration=100.0).tolist() == [1.0, 3.0]
    assert times(Process(every="sequence 1 s 2 s", count=5), duration=100.0).tolist() == [
        1.0,
        3.0,
        4.0,
        6.0,
        7.0,
    ]


def test_given_instants_come_in_order_of_time_until_the_end():
    assert times(Process(instants=("30 s", "0 s", "10 s", "30 s")), duration=30.5).tolist() == [
        0.0,
        10.0,
        30.0,
        30.0,
    ]
    assert times(Process(instants=("30 s", "0 s", "10 s")), duration=30.0).tolist() == [0.0, 10.0]


def test_all_of_a_batch_come_at_the_same_instant_and_the_count_is_of_persons():
    assert times(Process(every="10 s", batch=3, count=7), duration=100.0).tolist() == [10.0] * 3 + [
        20.0
    ] * 3 + [30.0]
    t = times(Process(every="exponential 1 s", batch={1: "70 %", 4: "30 %"}), duration=20_000.0)
    sizes = np.unique(t, return_counts=True)[1]
    assert set(sizes.tolist()) == {1, 4}
    assert (sizes == 4).mean() == pytest.approx(0.3, abs=3.9 * (0.21 / len(sizes)) ** 0.5)


@given(st.floats(1.0, 5000.0), st.integers(1, 300))
def test_a_process_is_the_same_however_long_it_is_watched(duration, count):
    whole = times(Process(every="exponential 5 s"), duration=5000.0)
    assert np.array_equal(times(Process(every="exponential 5 s"), duration=duration), whole[whole < duration])
    assert np.array_equal(
        times(Process(every="exponential 5 s", count=count), duration=5000.0), whole[:count]
    )


def test_gaps_have_the_distribution_that_was_asked_for():
    t = times(Process(every="erlang stages 3 mean 6 s"), duration=60_000.0)
    gaps = np.diff(t, prepend=0.0)
    assert stats.kstest(gaps, stats.gamma(3, scale=2.0).cdf).pvalue > ALPHA


@pytest.mark.parametrize(
    ("every", "said"), [("0 s", "must be above 0"), ("0.000001 s", r"8\.64e\+10 arrivals are expected")]
)
def test_a_process_that_would_never_end_is_refused(every, said):
    with pytest.raises(InputError, match=said):
        times(Process(every=every))
