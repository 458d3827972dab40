"""Costs a household and month, from the prices in the log's metadata, the persons, and the calls of the log.

Only what is priced has a figure (`told`). All but calls is reckoned by the month whatever the length of the run; calls
within the measured window are scaled to a month.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...scenarios.metrics import COSTS
from ...scenarios.prices import MONTH
from ..events import Event
from .columns import Absent
from .cuts import Cut, Figure, Figures
from .log import Log

DAY = 86_400.0
NOWHERE_ELSE = "costs are told for the whole place"


def told(log: Log) -> tuple[str, ...]:
    """The metrics for which the metadata have prices; none where they have none."""
    prices = log.metadata.get("prices")
    if not isinstance(prices, Mapping):
        return ()
    given = [name for name in COSTS if name.removeprefix("costs.") in prices]
    return (*given, "costs.total") if given else ()


def costs(log: Log) -> Callable[[Cut], Figures]:
    """Each priced part and their sum, overall. Absent: nobody lives here."""
    prices = log.metadata["prices"]
    households = log.persons.households
    if households == 0:
        raise Absent("nobody lives here: no households to share the costs")
    monthly = {
        name: _PARTS[name](log, prices[name.removeprefix("costs.")]) for name in told(log) if name in _PARTS
    }
    found: dict[str, Figure] = {name: money / households for name, money in monthly.items()}
    found["costs.total"] = sum(monthly.values()) / households

    def figures(cut: Cut) -> Figures:
        if cut.wheres[0].kind != "overall":
            raise Absent(NOWHERE_ELSE)
        return {name: [figure] * len(cut) for name, figure in found.items()}

    return figures


def _counted(log: Log, things: list[dict[str, Any]]) -> float:
    """Money a month of things that are so many."""
    return float(sum(thing["count"] * thing["monthly"] for thing in things))


def _cards(log: Log, things: list[dict[str, Any]]) -> float:
    """Money a month of what residents of these groups hold."""
    by_group, at_home = log.persons.by_group(), log.persons.at_home
    words = log.persons.groups
    total = 0.0
    for thing in things:
        among = np.array([word in thing["groups"] for word in words] + [False])
        total += float((among[by_group] & at_home).sum()) * float(thing["monthly"])
    return total


def _calls(log: Log, price: Mapping[str, float]) -> float:
    """Money a month of calls by visits of the measured window."""
    start, stop = log.window
    calls = log.facts(Event.CALL)
    spent = sum(
        money * float(log.among(log.reason, calls.rows, (who,)).sum()) for who, money in price.items()
    )
    return spent * MONTH * DAY / (stop - start)


_PARTS: dict[str, Callable[[Log, Any], float]] = {
    "costs.guard": _counted,
    "costs.cards": _cards,
    "costs.calls": _calls,
    "costs.capital": _counted,
}
