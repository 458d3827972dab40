"""When residents leave and return: a chain of sleeping, being at home and being away, by quarter hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from ..scenarios.occupancy import AWAY, BIN, BINS, DIARY_START, diary
from ..scenarios.units import Start
from .draws import Draws

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Lower ends of the tables' age bands; children below 15 live by the youngest band.
_BAND_ENDS = (25, 55, 65, 75)


@dataclass(frozen=True)
class Moves:
    """Departures and returns, in order of person and time."""

    t: Floats
    person: Ints
    """Index into the ages that were given."""
    outward: NDArray[np.bool_]
    at_home: NDArray[np.bool_]
    """By person: at home at t = 0?"""


def moves(age: Ints, start: Start, duration: float, kind: str, draws: Draws) -> Moves:
    """Departures and returns of people of these ages in [0, duration) seconds from `start`.

    `kind` is `calendar`, `weekday` or `weekend`. A diary day runs from 04:00 to 04:00; one that began before the start
    is lived from its beginning, and what lies before the start is dropped. From one diary day to the next the chain
    goes on from the present state; the cluster of the new day is drawn given that state, so that days of one kind that
    follow one another are each distributed as the tables say. A change happens uniformly within its quarter hour.
    """
    n = len(age)
    band = np.searchsorted(_BAND_ENDS, age, side="right")
    state = np.zeros(n, np.int64)
    at_home = np.ones(n, bool)
    found: list[tuple[Floats, Ints, NDArray[np.bool_]]] = []
    for number, (begin, end, day) in enumerate(_diary_days(start, duration, kind)):
        tables = diary(day)
        if number == 0:
            state = _choose(_up_to(tables.states)[band], draws.uniforms("occupancy.initial", n))
            at_home = state != AWAY
        u = draws.uniforms("occupancy.cluster", n, visit=number)
        cluster = _choose(_up_to(tables.clusters)[band, state], u)
        up_to = _up_to(tables.transitions)
        for quarter in range(BINS):
            at = begin + quarter * BIN
            if at >= end:
                break
            u = draws.uniforms("occupancy.state", n, visit=number, attempt=quarter)
            after = _choose(up_to[:, quarter][cluster, state], u)
            moved = np.flatnonzero((after == AWAY) != (state == AWAY))
            state = after
            t = at + BIN * draws.uniforms("occupancy.instant", n, visit=number, attempt=quarter)[moved]
            outward = after[moved] == AWAY
            before = t < 0.0
            at_home[moved[before]] = ~outward[before]
            within = ~before & (t < duration)
            found.append((t[within], moved[within], outward[within]))
    t, person, outward = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((t, person))
    return Moves(t[order], person[order], outward[order], at_home)


def _up_to(shares: Floats) -> Floats:
    """Sums of shares along the last axis, up to each but the last, which is whatever is left."""
    return np.cumsum(shares[..., :-1], axis=-1)


def _choose(up_to: Floats, u: Floats) -> Ints:
    """A column for each row, by the inverse of its sums."""
    result: Ints = (up_to <= u[:, None]).sum(axis=1)
    return result


def _diary_days(start: Start, duration: float, kind: str) -> Iterator[tuple[float, float, str]]:
    """(begin and end in seconds from the start, kind of day) of every diary day that reaches into the run.

    Where the clocks change one ends an hour early, or has an hour at its end in which nobody moves.
    """
    day = start.local.replace(hour=4, minute=0, second=0, microsecond=0, tzinfo=None)
    if start.clock < DIARY_START:
        day -= timedelta(days=1)
    while (begin := start.seconds_until(day)) < duration:
        following = day + timedelta(days=1)
        called = "weekend" if day.weekday() >= 5 else "weekday"
        yield begin, min(start.seconds_until(following), duration), called if kind == "calendar" else kind
        day = following
