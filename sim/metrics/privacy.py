"""What is kept and taken of people's faces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..events import Event
from .columns import Absent, Codes
from .cuts import Cut, Figures
from .log import Log, Marks

DAY = 86_400.0


def without_consent(log: Log) -> Callable[[Cut], Figures]:
    """Captures of people who have not said yes, whether they said no or were never asked."""
    captures = log.facts(Event.CAPTURE)
    unasked = ~log.persons.consenting(log.person[captures.rows])
    return lambda cut: {"captures.without_consent": cut.count(captures.marks, unasked).tolist()}


def template_days(log: Log) -> Callable[[Cut], Figures]:
    """Templates times days within the measured window: of those enrolled at the beginning, from `enrol`,
    until `delete`."""
    persons = log.persons
    start, stop = log.window
    rows = np.sort(np.concatenate([log.rows_if_any(Event.ENROL), log.rows_if_any(Event.DELETE)]))
    enrols = np.isin(rows, log.rows_if_any(Event.ENROL)).astype(np.int64)
    who = persons.find(log.person[rows]) if len(rows) else rows
    rows, enrols, who = rows[who >= 0], enrols[who >= 0], who[who >= 0]
    order = np.argsort(who, kind="stable")
    rows, enrols, who = rows[order], enrols[order], who[order]
    held = persons.enrolled.astype(np.int64)
    before = np.append(0, enrols[:-1])[: len(who)]
    first = np.append(True, who[1:] != who[:-1])[: len(who)]
    change = enrols - np.where(first, held[who], before)
    left = stop - np.clip(log.t[rows], start, stop)
    changed = np.bincount(who, change * left, minlength=len(persons))
    seconds = np.asarray(held * (stop - start) + changed, np.float64)
    everywhere = Absent("templates are kept for the whole place and all day")
    columns: dict[str, Codes | Absent] = dict.fromkeys(("portal", "direction", "hour"), everywhere)
    try:
        columns["group"] = persons.by_group()
    except Absent as absent:
        columns["group"] = absent.again()
    marks, all_of_them = Marks(len(persons), columns), np.ones(len(persons), bool)
    return lambda cut: {"template_days": (cut.total(marks, seconds, all_of_them) / DAY).tolist()}
