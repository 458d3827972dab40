"""How many: visits, passes, bypasses, decisions, visits given up, first tries; the busiest five minutes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..events import Event
from .columns import Absent, Floats
from .cuts import Cut, Figure, Figures, Missing
from .log import Log

FIVE_MINUTES = 300.0


def ratio(numerator: Floats, denominator: Floats, none: str) -> list[Figure]:
    """Quotients; where the denominator is 0, Missing with `none` as its reason."""
    return [
        up / down if down else Missing(none)
        for up, down in zip(numerator.tolist(), denominator.tolist(), strict=True)
    ]


def visits(log: Log) -> Callable[[Cut], Figures]:
    """Visits that arrived."""
    return lambda cut: {"visits": cut.count(log.visits.marks, log.visits.measured).tolist()}


def count_of(event: Event, name: str) -> Callable[[Log], Callable[[Cut], Figures]]:
    """A metric that counts the rows of one kind."""

    def metric(log: Log) -> Callable[[Cut], Figures]:
        facts = log.facts(event)
        return lambda cut: {name: cut.count(facts.marks).tolist()}

    return metric


def abandon(log: Log) -> Callable[[Cut], Figures]:
    """Visits that ended in `abandon` / `arrive`."""
    visits = log.visits
    given_up = ~np.isnan(visits.abandoned) & visits.measured

    def figures(cut: Cut) -> Figures:
        arrived = cut.count(visits.marks, visits.measured)
        return {"abandon.share": ratio(cut.count(visits.marks, given_up), arrived, "no visits: no share")}

    return figures


def first_try(log: Log) -> Callable[[Cut], Figures]:
    """Visits whose first decision is a grant / visits with a `present`."""
    visits = log.visits
    tried = ~np.isnan(visits.presented) & visits.measured
    granted = tried & visits.granted_first

    def figures(cut: Cut) -> Figures:
        shares = ratio(
            cut.count(visits.marks, granted),
            cut.count(visits.marks, tried),
            "no visits with a `present`: no share",
        )
        return {"first_try.share": shares}

    return figures


def peak5(log: Log) -> Callable[[Cut], Figures]:
    """Most passes, both ways, in five minutes (counted from the start) at a declared portal / persons of
    households. Overall: at the portal where it is most."""
    facts = log.facts(Event.PASS)
    residents = int(np.count_nonzero(log.persons.at_home))
    if not residents:
        raise Absent("no persons of a household: no share")
    portal = facts.marks["portal"]
    known = portal >= 0
    number = {
        name: place for place, name in enumerate(sorted({log.declared(name) for name in log.instances}))
    }
    declared = np.array([number[log.declared(name)] for name in log.instances] + [-1])[portal]
    five = np.floor(facts.t / FIVE_MINUTES).astype(np.int64)
    low = int(five.min(initial=0))
    span = int(five.max(initial=0)) - low + 1

    def figures(cut: Cut) -> Figures:
        if cut.wheres[0].kind not in ("overall", "portal", "hour"):
            raise Absent("the peak is counted both ways and of everybody")
        own = cut.codes(facts.marks).astype(np.int64)
        keep = known & (own >= 0)
        cells, passes = np.unique(
            (own[keep] * len(number) + declared[keep]) * span + five[keep] - low, return_counts=True
        )
        most = np.zeros(len(cut))
        np.maximum.at(most, cells // (span * len(number)), passes)
        return {"peak5.share": (most / residents).tolist()}

    return figures
