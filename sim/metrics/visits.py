"""Visits: one for each `arrive`, with what became of it."""

from __future__ import annotations

import weakref
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..events import NO_CREDENTIAL, Event, Outcome
from .columns import Flags, Floats, Ints

if TYPE_CHECKING:
    from .log import Log, Marks


_DENSE = 8
"""A table of all possible keys is worth its memory up to so many cells a row; it is eight times as fast as a
search."""


class Visits:
    """Columns by visit. Times in seconds; NaN: never."""

    def __init__(self, log: Log) -> None:
        self._log: Log = weakref.proxy(log)
        """Not a cycle: a log's arrays are large and should go when it goes."""
        rows = log.rows(Event.ARRIVE)
        number = log.visit
        key = _keys(log.person, number)
        arriving = key[rows]
        rows, arriving = rows[arriving >= 0], arriving[arriving >= 0]
        keys, first = np.unique(arriving, return_index=True)
        self.rows: Ints = rows[first]
        """Their `arrive` rows."""
        self.number: Ints = number[self.rows]
        self._of = _places(keys, key)
        self.arrived: Floats = log.t[self.rows]
        self.person: Ints = log.person[self.rows]
        self.measured: Flags = self.arrived >= log.warm_up

    def __len__(self) -> int:
        return len(self.rows)

    def of(self, rows: Ints) -> Ints:
        """Index of the visit that each of these rows belongs to; -1: none that arrived."""
        return self._of[rows].astype(np.int64)

    @cached_property
    def marks(self) -> Marks:
        return self._log.marks(self.rows)

    def first(self, rows: Ints) -> tuple[Ints, Floats]:
        """By visit: the first of these rows (places in order of time) and its time; -1 and NaN where there is
        none."""
        place = np.full(len(self) + 1, -1)
        place[self.of(rows)[::-1]] = rows[::-1]
        place = place[:-1]
        return place, np.where(place >= 0, self._log.t[place], np.nan) if len(self._log.t) else np.zeros(0)

    @cached_property
    def presented(self) -> Floats:
        """First `present`."""
        return self.first(self._log.rows(Event.PRESENT))[1]

    @cached_property
    def passed(self) -> Floats:
        """First `pass`."""
        return self.first(self._log.rows(Event.PASS))[1]

    @cached_property
    def through(self) -> Floats:
        """First `pass` or `bypass`."""
        return np.fmin(self.passed, self.first(self._log.rows_if_any(Event.BYPASS))[1])

    @cached_property
    def abandoned(self) -> Floats:
        """`abandon` of those who did not get through after all."""
        given_up = self.first(self._log.rows(Event.ABANDON))[1]
        return np.where(np.isnan(self.through), given_up, np.nan)

    @cached_property
    def denied(self) -> Flags:
        """Was there a denial?"""
        rows = self._log.rows(Event.DECISION)
        denials = rows[self._log.among(self._log.outcome, rows, (Outcome.DENY,))]
        return self.first(denials)[0] >= 0

    @cached_property
    def empty_handed(self) -> Flags:
        """Without any usable credential that is accepted."""
        return self._log.among(self._log.reason, self.rows, (NO_CREDENTIAL,))

    @cached_property
    def granted_first(self) -> Flags:
        """Is the first decision a grant?"""
        place, _ = self.first(self._log.rows(Event.DECISION))
        return self._log.among(self._log.outcome, place, (Outcome.GRANT,)) & (place >= 0)


def _keys(person: Ints, visit: Ints) -> Ints:
    """One number for each (person, visit); -1 where either is missing."""
    span = int(visit.max(initial=0)) + 1
    if int(person.max(initial=0)) * span > np.iinfo(np.int64).max // 2:
        found, codes = np.unique(visit, return_inverse=True)
        span, number = len(found), codes
    else:
        number = visit
    key = person.astype(np.int64)
    key *= span
    key += number
    key[(person < 0) | (visit < 0)] = -1
    return key


def _places(known: Ints, keys: Ints) -> NDArray[np.int32]:
    """Place of each key among the known ones (sorted, unique); -1: not there."""
    if not len(known):
        return np.full(len(keys), -1, np.int32)
    top = int(known[-1])
    if top < _DENSE * len(keys):
        table = np.full(top + 2, -1, np.int32)
        table[known] = np.arange(len(known))
        return table[np.minimum(keys, top + 1)]
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1).astype(np.int32)
    return np.where(known[place] == keys, place, np.int32(-1))
