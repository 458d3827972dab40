"""What is in use, and who waits for it: utilisation, the guard's minutes, the queue."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..events import OCCUPIED, Event
from .counts import ratio
from .cuts import Cut, Figures
from .log import Log
from .spans import Spans, setting_out, spans


def utilisation(log: Log) -> Callable[[Cut], Figures]:
    """Lane busy / lane open, within the measured window. Of a group or a direction: its part of that."""
    taken = log.facts(Event.STAGE, whole=True)
    occupied = log.among(log.reason, taken.rows, (OCCUPIED,))
    marks, end = taken.marks.take(np.flatnonzero(occupied)), taken.t[occupied]
    begin = end - np.nan_to_num(log.floats("value")[taken.rows[occupied]])
    lanes = np.array(
        [float(log.portal_said(name, "lanes")) if name in log.standing else 0.0 for name in log.instances]
    )

    def figures(cut: Cut) -> Figures:
        open_for = cut.over_instances(lanes) * cut.window()
        return {"utilisation": ratio(cut.seconds(marks, begin, end), open_for, "no lanes: no share")}

    return figures


def guard(log: Log) -> Callable[[Cut], Figures]:
    """Minutes that guards spent on people, within the measured window."""
    done = log.facts(Event.GUARD_END, whole=True)
    begin = done.t - np.nan_to_num(log.floats("value")[done.rows])
    return lambda cut: {"guard.minutes": (cut.seconds(done.marks, begin, done.t) / 60.0).tolist()}


def queue(log: Log) -> Callable[[Cut], Figures]:
    """Time mean of those who wait to be served, within the measured window."""
    waits = _waits(log)
    marks = log.visits.marks.take(waits.visit)

    def figures(cut: Cut) -> Figures:
        waited = cut.seconds(marks, waits.begin, waits.end)
        return {"queue": ratio(waited, cut.window(), "outside the measured window: no mean")}

    return figures


def _waits(log: Log) -> Spans:
    """A wait begins with `arrive` or `queue` and ends with `present`, `pass`, `abandon`, `guard_start`, `wait_other`,
    `call`, or where a bypass begins; for people who present nothing, where a lane takes them."""
    visits = log.visits
    begins = [log.rows(Event.ARRIVE), log.rows_if_any(Event.QUEUE)]
    ends = [log.rows(event) for event in (Event.PRESENT, Event.PASS, Event.ABANDON)]
    ends += [
        log.rows_if_any(event) for event in (Event.BYPASS, Event.GUARD_START, Event.WAIT_OTHER, Event.CALL)
    ]
    around, since = setting_out(log)
    taken = log.rows_if_any(Event.STAGE)
    taken = taken[np.isnan(np.append(visits.presented, 0.0)[visits.of(taken)])]
    if len(taken):
        taken = taken[log.among(log.reason, taken, (OCCUPIED,))]
        seconds = np.nan_to_num(log.floats("value")[taken])
        around = np.append(around, taken[seconds > 0.0])
        since = np.append(since, (log.t[taken] - seconds)[seconds > 0.0])
    return spans(log, begins, ends, around, since)
