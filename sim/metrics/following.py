"""Who comes through on whose credential: tailgating, piggybacking, unbadged ways, intrusion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..events import UNBADGED, Event, Way
from .columns import Flags
from .counts import ratio
from .cuts import DIRECTIONS, Cut, Figures
from .log import Facts, Log

NO_PASSES = "no passes in a direction that needs a credential: no share"


def following(log: Log) -> Callable[[Cut], Figures]:
    """`tailgate` / P and `piggyback` / P, where P = passes in directions that need a credential, `free` left
    out."""
    passes = log.facts(Event.PASS)
    controlled = _controlled(log, passes)
    tailgate = controlled & log.among(log.way, passes.rows, (Way.TAILGATE,))
    piggyback = controlled & log.among(log.way, passes.rows, (Way.PIGGYBACK,))

    def figures(cut: Cut) -> Figures:
        passed = cut.count(passes.marks, controlled)
        return {
            "tailgating.share": ratio(cut.count(passes.marks, tailgate), passed, NO_PASSES),
            "piggybacking.share": ratio(cut.count(passes.marks, piggyback), passed, NO_PASSES),
        }

    return figures


def unbadged(log: Log) -> Callable[[Cut], Figures]:
    """(`tailgate` + `piggyback` + `reverse` + `unknown` + bypasses) / (P + bypasses)."""
    passes, bypasses = log.facts(Event.PASS), log.facts(Event.BYPASS)
    controlled = _controlled(log, passes)
    without = controlled & log.among(log.way, passes.rows, UNBADGED)

    def figures(cut: Cut) -> Figures:
        around = cut.count(bypasses.marks)
        some, all_of_them = cut.count(passes.marks, without), cut.count(passes.marks, controlled)
        return {"unbadged.share": ratio(some + around, all_of_them + around, f"{NO_PASSES}; and no bypasses")}

    return figures


def intrusion(log: Log) -> Callable[[Cut], Figures]:
    """Passes and bypasses of people who are not entitled."""
    passes, bypasses = log.facts(Event.PASS), log.facts(Event.BYPASS)
    strangers = [(facts, log.persons.not_entitled(log.person[facts.rows])) for facts in (passes, bypasses)]

    def figures(cut: Cut) -> Figures:
        by_kind = [cut.count(facts.marks, which) for facts, which in strangers]
        return {"intrusion": np.sum(by_kind, axis=0).tolist()}

    return figures


def _controlled(log: Log, passes: Facts) -> Flags:
    """Passes that count as P."""
    return needs_credential(log, passes) & ~log.among(log.way, passes.rows, (Way.FREE,))


def needs_credential(log: Log, passes: Facts) -> Flags:
    """Passes in directions with a reader that is on."""
    portal, direction = passes.marks["portal"], passes.marks["direction"]
    used = set(np.unique(portal[portal >= 0]).tolist())
    needs = np.zeros((len(log.instances) + 1, len(DIRECTIONS) + 1), bool)
    for place, name in enumerate(log.instances):
        if place in used:
            needs[place, :-1] = [way in log.portal_said(name, "credential") for way in DIRECTIONS]
    return np.asarray(needs[portal, direction])
