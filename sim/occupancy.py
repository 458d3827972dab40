"""When residents leave and return: a chain of sleeping, being at home and being away, by quarter hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

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
    goes on from the present state.
    """
    n = len(age)
    if n == 0:
        nothing = np.zeros(0)
        return Moves(nothing, np.zeros(0, np.int64), np.zeros(0, bool), np.zeros(0, bool))
    band = np.searchsorted(_BAND_ENDS, age, side="right")
    state = np.zeros(n, np.int64)
    at_home = np.ones(n, bool)
    found: list[tuple[Floats, Ints, NDArray[np.bool_]]] = []
    for number, (begin, day) in enumerate(_diary_days(start, duration, kind)):
        tables = diary(day)
        cluster = _choose(tables.clusters[band], draws.uniforms("occupancy.cluster", n, visit=number))
        if number == 0:
            state = _choose(tables.initial[cluster], draws.uniforms("occupancy.initial", n))
            at_home = state != AWAY
        for quarter in range(BINS):
            at = begin + quarter * BIN
            if at >= duration:
                break
            rows = tables.transitions[cluster, quarter, state]
            after = _choose(rows, draws.uniforms("occupancy.state", n, visit=number, attempt=quarter))
            moved = np.flatnonzero((after == AWAY) != (state == AWAY))
            state = after
            if len(moved) == 0:
                continue
            t = at + BIN * draws.uniforms("occupancy.instant", n, visit=number, attempt=quarter)[moved]
            outward = after[moved] == AWAY
            before = t < 0.0
            at_home[moved[before]] = ~outward[before]
            within = ~before & (t < duration)
            found.append((t[within], moved[within], outward[within]))
    t = np.concatenate([part[0] for part in found])
    person = np.concatenate([part[1] for part in found])
    outward = np.concatenate([part[2] for part in found])
    order = np.lexsort((t, person))
    return Moves(t[order], person[order], outward[order], at_home)


def _choose(shares: Floats, u: Floats) -> Ints:
    """One of the columns for each row of shares, by the inverse of their sums."""
    below = np.cumsum(shares[:, :-1], axis=1) <= u[:, None]
    result: Ints = below.sum(axis=1)
    return result


def _diary_days(start: Start, duration: float, kind: str) -> Iterator[tuple[float, str]]:
    """(04:00 in seconds from the start, kind of day) of every diary day that reaches into the run."""
    local = start.local
    first = local.replace(hour=4, minute=0, second=0, microsecond=0)
    if start.clock < DIARY_START:
        first -= timedelta(days=1)
    day: datetime = first
    while (begin := start.seconds_until(day.replace(tzinfo=None))) < duration:
        yield begin, kind if kind != "calendar" else ("weekend" if day.weekday() >= 5 else "weekday")
        day += timedelta(days=1)
