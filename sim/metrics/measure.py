"""Every metric of one replication, in every slice, from its event log and persons table alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyarrow as pa

from ...scenarios.metrics import METRICS
from ..events import Event
from . import costs, counts, following, lanes, lockouts, openness, privacy, spans, times
from .columns import Absent
from .cuts import Cut, Figure, Figures, Missing, Where, cuts
from .log import Log

Metric = Callable[[Log], Callable[[Cut], Figures]]


def _times(name: str) -> tuple[str, ...]:
    return tuple(metric for metric in METRICS if metric.startswith(f"{name}."))


FAMILIES: tuple[tuple[tuple[str, ...], Metric], ...] = (
    (("visits",), counts.visits),
    (("passes",), counts.count_of(Event.PASS, "passes")),
    (("bypasses",), counts.count_of(Event.BYPASS, "bypasses")),
    (("decisions",), counts.count_of(Event.DECISION, "decisions")),
    (("calls",), counts.count_of(Event.CALL, "calls")),
    (_times("wait"), times.wait),
    (_times("passage_time"), times.passage_time),
    (_times("journey_time"), times.journey_time),
    (("abandon.share",), counts.abandon),
    (("lockout.episodes", "lockout.persons", "lockout.minutes", "lockout.share"), lockouts.lockout),
    (("tailgating.share", "piggybacking.share"), following.following),
    (("unbadged.share",), following.unbadged),
    (("intrusion",), following.intrusion),
    (("free.share",), openness.free),
    (("open.minutes",), openness.standing_open),
    (("first_try.share",), counts.first_try),
    (("utilisation",), lanes.utilisation),
    (("queue",), lanes.queue),
    (("deadlock.episodes",), spans.deadlock),
    (("guard.minutes",), lanes.guard),
    (("captures",), counts.count_of(Event.CAPTURE, "captures")),
    (("captures.without_consent",), privacy.without_consent),
    (("template_days",), privacy.template_days),
    (("peak5.share",), counts.peak5),
)
"""Which names each function answers for."""


def measure(
    events: pa.Table, persons: pa.Table | None, wanted: Iterable[Where] = ()
) -> dict[Where, dict[str, Figure]]:
    """Every metric of `METRICS`, overall and by portal, group, direction and hour, and in the `wanted`
    slices: a portal's instance such as `tower-door-3`, or a group at a portal, `refuser@main-gate`.

    Visits that arrive before the `warm_up` of the metadata are left out; time means and sums are of the
    measured window, from `warm_up` to `duration`. What the tables don't tell is `Missing`, with the reason,
    and never 0. Costs are there only where the metadata have prices.
    """
    log = Log(events, persons)
    sliced = cuts(log, wanted)
    found: dict[Where, dict[str, Figure]] = {where: {} for cut in sliced for where in cut.wheres}
    priced = costs.told(log)
    for names, family in (*FAMILIES, (priced, costs.costs)) if priced else FAMILIES:
        try:
            metric = family(log)
        except Absent as absent:
            metric = _unknown(names, absent)
        for cut in sliced:
            try:
                figures = metric(cut)
            except Absent as absent:
                figures = _unknown(names, absent)(cut)
            for name in names:
                for where, figure in zip(cut.wheres, figures[name], strict=True):
                    found[where][name] = figure
    return found


def _unknown(names: tuple[str, ...], absent: Absent) -> Callable[[Cut], Figures]:
    why = Missing(str(absent))
    return lambda cut: {name: [why] * len(cut) for name in names}
