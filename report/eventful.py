"""Whose day is worth reading: people who were locked out, went around the lock, gave up, followed or were followed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..sim.events import UNBADGED, Event
from ..sim.metrics.log import Log

_RARE_FIRST = (
    "bypasses",
    "given up",
    "denied",
    "lent to others",
    "follows",
    "waits to follow",
    "followed by others",
)


class Eventful(NamedTuple):
    """Somebody, and how often what happened to them."""

    person: int
    group: str | None
    counts: dict[str, int]


def eventful(events: pa.Table, persons: pa.Table, most: int = 8) -> list[Eventful]:
    """Up to `most` people with eventful days: by turns the one with the most of each kind, rare kinds first.

    A person stands in the list once. Rows without a person count for nobody.
    """
    log = Log(events, None)
    size = 1 + max(
        int(log.person.max(initial=-1)), int(np.nan_to_num(log.floats("donor"), nan=-1.0).max(initial=-1))
    )
    donor = np.nan_to_num(log.floats("donor"), nan=-1.0).astype(np.int64)

    def by(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.bincount(numbers[numbers >= 0], minlength=size)

    passes = log.rows_if_any(Event.PASS)
    unbadged = passes[log.among(log.way, passes, UNBADGED)]
    shared = passes[log.among(log.way, passes, ("shared",))]
    decisions = log.rows_if_any(Event.DECISION)
    denied = decisions[log.among(log.outcome, decisions, ("deny",))]
    counted = {
        "bypasses": by(log.person[log.rows_if_any(Event.BYPASS)]),
        "given up": by(log.person[log.rows_if_any(Event.ABANDON)]),
        "denied": by(log.person[denied]),
        "lent to others": by(donor[shared]),
        "follows": by(log.person[unbadged]),
        "waits to follow": by(log.person[log.rows_if_any(Event.WAIT_OTHER)]),
        "followed by others": by(donor[unbadged]),
    }
    total = sum(counted.values())
    groups = dict(
        zip(persons["person"].to_pylist(), persons["group"].cast(pa.string()).to_pylist(), strict=True)
    )
    found: dict[int, Eventful] = {}
    for turn in range(most):
        for kind in _RARE_FIRST:
            numbers = counted[kind]
            order = np.lexsort((np.arange(size), -np.asarray(total), -numbers))[: turn + 1]
            for person in order[turn:].tolist():
                if numbers[person] and person not in found and len(found) < most:
                    told = {name: int(count[person]) for name, count in counted.items() if count[person]}
                    found[person] = Eventful(person, groups.get(person), told)
    return list(found.values())
