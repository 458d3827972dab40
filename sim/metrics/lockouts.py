"""Lockouts: entitled people whom the access control does not let through themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..events import ADMITTED, Event
from .counts import ratio
from .cuts import Cut, Figures
from .log import LOCKOUT_AFTER, Log


def lockout(log: Log) -> Callable[[Cut], Figures]:
    """A visit of an entitled person with a denial, or without any usable credential that is accepted, and no
    pass by `own`, `guard` or `remote` within `lockout_after`, even if they followed somebody in. It lasts
    until they are through, give up or the run ends."""
    visits = log.visits
    passes = log.rows(Event.PASS)
    _, admitted = visits.first(passes[log.among(log.way, passes, ADMITTED)])
    entitled = visits.measured & log.persons.entitled(visits.person)
    after = float(log.metadata.get("lockout_after") or LOCKOUT_AFTER)
    in_time = admitted - visits.arrived <= after
    locked = entitled & (visits.denied | visits.empty_handed) & ~in_time
    over = np.where(np.isnan(visits.through), visits.abandoned, visits.through)
    minutes = (np.where(np.isnan(over), log.end, over) - visits.arrived) / 60.0

    def figures(cut: Cut) -> Figures:
        persons = cut.persons(visits.marks, visits.person, locked)
        visitors = cut.persons(visits.marks, visits.person, entitled)
        return {
            "lockout.episodes": cut.count(visits.marks, locked).tolist(),
            "lockout.persons": persons.tolist(),
            "lockout.minutes": cut.total(visits.marks, minutes, locked).tolist(),
            "lockout.share": ratio(persons, visitors, "no entitled visitors: no share"),
        }

    return figures
