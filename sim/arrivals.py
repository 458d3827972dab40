"""Arrival times of a stream: rates over the day, plain or over-dispersed, and bare processes."""

from __future__ import annotations

import itertools
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from ..scenarios.errors import InputError
from ..scenarios.traffic import Process, Profile
from ..scenarios.units import Start
from .draws import Draws

Floats = NDArray[np.float64]
MOST = 20_000_000
"""Arrivals of one stream; more is a mistake in the file."""


def profile_times(profile: Profile, stream: str, start: Start, duration: float, draws: Draws) -> Floats:
    """Sorted arrival times in [0, duration) seconds.

    Counts of an interval are Poisson, or, with a variance-to-mean ratio `dispersion` D > 1, Poisson with a gamma rate of
    shape mean / (D - 1), which gives just this ratio whatever the mean. Within an interval arrivals are uniform. Each
    interval has its own luck, so a higher rate adds arrivals and moves none. InputError: more than `MOST` are expected.
    """
    number, begins, ends, means = _intervals(profile, start, duration)
    if len(number) == 0:
        return np.zeros(0)
    if means.sum() > MOST:
        raise InputError(
            f"traffic.{stream}: {means.sum():.3g} arrivals are expected; at most {MOST:,} can be run"
        )
    u = draws.uniforms("arrivals.count", int(number[-1]) + 1, portal=stream)[number]
    counts = _counts(means, profile.dispersion, u)
    within = [
        draws.uniforms("arrivals.instant", count, visit=interval, portal=stream)
        for interval, count in zip(number.tolist(), counts.tolist(), strict=True)
        if count
    ]
    t = np.repeat(begins, counts) + np.concatenate([*within, ()]) * np.repeat(ends - begins, counts)
    t = np.sort(t)
    return t[(t >= 0.0) & (t < duration)]


def _intervals(
    profile: Profile, start: Start, duration: float
) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
    """Number from the first day's first, begin, end (s from the start) and expected count of every interval with
    arrivals that reaches into the run. Intervals keep to the local clock: an hour that a day lacks or has twice is as
    much shorter or longer."""
    cut = [
        (low, high, rate)
        for begin, end, rate in profile.intervals()
        for low, high in _cut(begin, end, profile.interval)
    ]
    rows: list[tuple[int, float, float, float]] = []
    first = start.local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    for number in itertools.count():
        day = first + timedelta(days=number)
        if start.seconds_until(day) >= duration:
            break
        if ("weekend" if day.weekday() >= 5 else "weekday") not in profile.kinds_of_day:
            continue
        for place, (low, high, rate) in enumerate(cut, start=number * len(cut)):
            begin, end = (start.seconds_until(day + timedelta(seconds=clock)) for clock in (low, high))
            if rate > 0.0 and begin < min(end, duration) and end > 0.0:
                rows.append((place, begin, end, rate * (end - begin)))
    table = np.array(rows).reshape(-1, 4)
    return table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3]


def _cut(begin: float, end: float, length: float | None) -> list[tuple[float, float]]:
    if length is None or length >= end - begin:
        return [(begin, end)]
    edges = [*np.arange(begin, end - 1e-9, length).tolist(), end]
    return list(itertools.pairwise(edges))


def _counts(means: Floats, dispersion: float, u: Floats) -> NDArray[np.int64]:
    """Inverse of the distribution of counts. As scipy.stats has it, which takes 0.5 s longer to import."""
    from scipy.special import nbdtrik, pdtrik

    if dispersion == 1.0:
        inverse = pdtrik(u, means)
    else:
        inverse = nbdtrik(u, means / (dispersion - 1.0), 1.0 / dispersion)
    counts: NDArray[np.int64] = np.ceil(np.maximum(inverse, 0.0)).astype(np.int64)
    return counts


def process_times(process: Process, stream: str, duration: float, draws: Draws) -> Floats:
    """Arrival times of a bare process in [0, duration) seconds; all of a batch at the same instant."""
    if process.instants is not None:
        t = np.sort(np.asarray(process.instants, np.float64))
    else:
        t = _renewals(process, stream, duration, draws)
    t = t[t < duration]
    sizes = (
        process.batch.ppf(draws.uniforms("arrivals.batch", len(t), portal=stream))
        if len(t)
        else np.zeros(0, np.int64)
    )
    t = np.repeat(t, sizes)
    return t if process.count is None else t[: process.count]


def _renewals(process: Process, stream: str, duration: float, draws: Draws) -> Floats:
    every = process.every
    assert every is not None
    if every.sequence is not None:
        gaps = np.asarray(every.sequence)
        return np.asarray(
            np.cumsum(gaps if process.count is None else np.resize(gaps, process.count)), np.float64
        )
    if every.mean <= 0.0:
        raise InputError(f"traffic.{stream}.arrivals.every: the mean time between arrivals must be above 0")
    expected = duration / every.mean
    if expected > MOST and (process.count or MOST + 1) > MOST:
        raise InputError(
            f"traffic.{stream}: {expected:.3g} arrivals are expected; at most {MOST:,} can be run"
        )
    count = int(expected + 6.0 * expected**0.5) + 16
    if process.count is not None:
        count = min(count, process.count)
    while True:
        t: Floats = np.cumsum(every.ppf(draws.uniforms("arrivals.gap", count, portal=stream)))
        if t[-1] >= duration or count == process.count:
            return t
        count = 2 * count if process.count is None else min(2 * count, process.count)
