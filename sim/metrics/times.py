"""How long things take: wait, passage time, journey time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .columns import Flags, Floats, Ints
from .cuts import Cut, Figures, Missing
from .log import Log

QUANTILES = {"p50": 50, "p95": 95, "p99": 99}
"""Per cent; exact integers, so that no rounding picks the neighbour."""


def wait(log: Log) -> Callable[[Cut], Figures]:
    """First `present` (or, without one, `pass`) - `arrive`, over visits that passed."""
    visits = log.visits
    passed = ~np.isnan(visits.passed)
    begun = np.where(np.isnan(visits.presented), visits.passed, visits.presented)
    return _spread("wait", log, begun - visits.arrived, passed & visits.measured)


def passage_time(log: Log) -> Callable[[Cut], Figures]:
    """`pass` - `arrive`."""
    visits = log.visits
    return _spread(
        "passage_time", log, visits.passed - visits.arrived, ~np.isnan(visits.passed) & visits.measured
    )


def journey_time(log: Log) -> Callable[[Cut], Figures]:
    """Last `pass` - first `arrive` of journeys whose last visit passed. A journey counts at each portal that
    it went through; its group, direction and hour are those of its first visit. First and last as they arrived: who
    goes on to another portal makes a visit that is numbered from the journey's end."""
    visits = log.visits
    legs = int(log.said("legs"))
    of_person = visits.number // legs
    # The visits stand in order of person and number, so a journey's visits stand together.
    fresh = np.ones(len(visits), bool)
    fresh[1:] = (visits.person[1:] != visits.person[:-1]) | (of_person[1:] != of_person[:-1])
    starts = np.flatnonzero(fresh)
    journey = np.cumsum(fresh) - 1
    arriving = np.lexsort((visits.rows, journey))  # rows stand in order of time
    first, last = arriving[starts], arriving[np.append(starts[1:], len(visits))[: len(starts)] - 1]
    seconds = (visits.passed[last] - visits.arrived[first])[journey]
    whole = (~np.isnan(visits.passed[last]) & visits.measured[first])[journey]

    def figures(cut: Cut) -> Figures:
        once = np.zeros(len(visits), bool)
        once[first] = True
        if "portal" in cut.wheres[0].kind:
            codes = cut.codes(visits.marks)
            _, seen = np.unique(journey * (len(cut) + 1) + codes + 1, return_index=True)
            once = np.zeros(len(visits), bool)
            once[seen] = True
        return _spread("journey_time", log, seconds, whole & once)(cut)

    return figures


def _spread(name: str, log: Log, seconds: Floats, which: Flags) -> Callable[[Cut], Figures]:
    """Mean, quantiles (inverse of the empirical distribution) and maximum of the visits that `which` says."""
    chosen = np.flatnonzero(which)
    ordered = chosen[np.argsort(seconds[chosen], kind="stable")]

    def figures(cut: Cut) -> Figures:
        codes = cut.codes(log.visits.marks)[ordered]
        values = seconds[ordered[codes >= 0]]
        codes = codes[codes >= 0]
        count = np.bincount(codes, minlength=len(cut))
        values = values[np.argsort(codes, kind="stable")]
        sums = np.add.reduceat(np.append(values, 0.0), np.cumsum(count) - count) if len(cut) else np.zeros(0)
        ends = np.cumsum(count)
        return {
            f"{name}.mean": _told(count, sums / np.maximum(count, 1)),
            **{
                f"{name}.{suffix}": _picked(values, count, ends - count + (count * percent + 99) // 100 - 1)
                for suffix, percent in QUANTILES.items()
            },
            f"{name}.max": _picked(values, count, ends - 1),
        }

    return figures


def _picked(values: Floats, count: Ints, place: Ints) -> list[float | Missing]:
    return _told(count, np.append(values, 0.0)[np.where(count > 0, place, -1)])


def _told(count: Ints, figures: Floats) -> list[float | Missing]:
    nobody = Missing("no visits that passed: no times")
    return [figure if n else nobody for n, figure in zip(count.tolist(), figures.tolist(), strict=True)]
