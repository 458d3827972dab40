"""Doors that stood open: who came through them without being asked, and how long they stood so."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..events import Event, Way
from .columns import Absent, Codes, Floats, Ints
from .counts import ratio
from .cuts import Cut, Figures
from .following import NO_PASSES, needs_credential
from .log import Log, Marks

OPEN = ("propped", "switched-off")
"""Reasons of `fault_on` and `fault_off`."""


def free(log: Log) -> Callable[[Cut], Figures]:
    """Passes by `free` / all passes, in directions that need a credential."""
    passes = log.facts(Event.PASS)
    asked = needs_credential(log, passes)
    unasked = asked & log.among(log.way, passes.rows, (Way.FREE,))

    def figures(cut: Cut) -> Figures:
        passed = cut.count(passes.marks, asked)
        return {"free.share": ratio(cut.count(passes.marks, unasked), passed, NO_PASSES)}

    return figures


def standing_open(log: Log) -> Callable[[Cut], Figures]:
    """Minutes that portals stood propped open or with their readers switched off, within the measured window. A portal of
    which several doors do, or which does for both reasons, counts once."""
    rows = np.sort(np.concatenate([log.rows(Event.FAULT_ON), log.rows_if_any(Event.FAULT_OFF)]))
    rows = rows[log.among(log.reason, rows, OPEN)]
    where, begin, end = _stretches(log, rows)
    everybody = Absent("a door stands open for everybody")
    marks = Marks(
        len(where), {"portal": where, "group": everybody, "direction": everybody, "hour": everybody}
    )
    return lambda cut: {"open.minutes": (cut.seconds(marks, begin, end) / 60.0).tolist()}


def _stretches(log: Log, rows: Ints) -> tuple[Codes, Floats, Floats]:
    """Portal, begin and end of each stretch in which something keeps it open."""
    begun = set(log.rows(Event.FAULT_ON).tolist())
    why = zip(log.floats("lane")[rows].tolist(), log.reason[0][rows].tolist(), strict=True)
    since: dict[int, float] = {}
    causes: dict[int, set[tuple[float, int]]] = {}
    found: list[tuple[int, float, float]] = []
    portals = log.portal[0][rows].tolist()
    for row, portal, cause, t in zip(rows.tolist(), portals, why, log.t[rows].tolist(), strict=True):
        there = causes.setdefault(portal, set())
        if row in begun:
            since[portal] = since[portal] if there else t
            there.add(cause)
        elif cause in there:
            there.remove(cause)
            if not there:
                found.append((portal, since[portal], t))
    found += [(portal, since[portal], log.end) for portal, there in causes.items() if there]
    columns = [*zip(*found, strict=True)] or [(), (), ()]
    return np.array(columns[0], np.int16), np.array(columns[1], np.float64), np.array(columns[2], np.float64)
