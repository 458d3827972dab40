"""The two tables a metric may read, opened: rows by kind of event, who and where each belongs to.

A row belongs where its visit belongs (portal, group, direction, hour of the visit's `arrive`); one without a
visit belongs where it says itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..events import Event
from ..files import metadata_of
from .columns import Absent, Codes, Columns, Flags, Floats, Ints
from .persons import Persons
from .visits import Visits

LOCKOUT_AFTER = 300.0
"""Seconds, unless the metadata say otherwise (DEFINITIONS)."""
HOUR = 3600.0


class Window(NamedTuple):
    """The measured time, seconds: from the end of the warm-up to the end of the run."""

    start: float
    end: float


class Marks:
    """Where each of several things belongs: codes of portal instance, group, direction (0 in, 1 out) and
    hour; -1: nowhere.

    A mark that the tables don't tell is `Absent` until somebody asks for it.
    """

    def __init__(self, count: int, columns: Mapping[str, Codes | Absent]) -> None:
        self._count = count
        self._columns = columns

    def __len__(self) -> int:
        return self._count

    def take(self, index: Ints) -> Marks:
        """Those of the things at these places."""
        told = {
            name: column if isinstance(column, Absent) else column[index]
            for name, column in self._columns.items()
        }
        return Marks(len(index), told)

    def __getitem__(self, name: str) -> Codes:
        column = self._columns[name]
        if isinstance(column, Absent):
            raise column.again()
        return column


class Facts(NamedTuple):
    """Rows of one kind of event, in order of time."""

    rows: Ints
    """Their places in the log."""
    t: Floats
    visit: Ints
    """Index into the visits; -1: of none."""
    marks: Marks


class Log:
    """An event log and its persons, ready to be counted."""

    def __init__(self, events: pa.Table, persons: pa.Table | None) -> None:
        self._events = Columns(events, "log")
        self.metadata: dict[str, Any] = metadata_of(events)
        self.persons = Persons(persons)
        self._facts: dict[tuple[Event, bool], Facts] = {}

    # ---- metadata

    def said(self, name: str) -> Any:
        """An entry of the metadata; Absent if there is none."""
        found = self.metadata.get(name)
        if found is None:
            raise Absent(f"the log's metadata have no {name!r}")
        return found

    @cached_property
    def warm_up(self) -> float:
        return float(self.metadata.get("warm_up") or 0.0)

    @cached_property
    def window(self) -> Window:
        window = Window(self.warm_up, float(self.said("duration")))
        if window.end <= window.start:
            raise Absent("nothing was measured: the run is no longer than its warm-up")
        return window

    @cached_property
    def end(self) -> float:
        """The run's end: its duration, or the last row if that is later."""
        last = float(self.t[-1]) if len(self.t) else 0.0
        return max(last, float(self.metadata.get("duration") or last))

    @cached_property
    def midnight(self) -> float:
        """Seconds from the last local midnight to the run's start."""
        start = datetime.fromisoformat(str(self.said("start")))
        return start.hour * HOUR + start.minute * 60.0 + start.second + start.microsecond / 1e6

    def hours(self, t: Floats) -> Ints:
        """Hour of day, 0-23, by the local clock of the start."""
        return np.floor((self.midnight + t) / HOUR).astype(np.int64) % 24

    # ---- columns, in order of time

    @cached_property
    def t(self) -> Floats:
        return self._sorted(self._events.floats("t"))

    @cached_property
    def _order(self) -> Ints | None:
        t = self._events.floats("t")
        return None if np.all(t[1:] >= t[:-1]) else np.argsort(t, kind="stable")

    def _sorted(self, column: NDArray[Any]) -> NDArray[Any]:
        return column if self._order is None else column[self._order]

    def floats(self, name: str) -> Floats:
        return self._sorted(self._events.floats(name))

    @cached_property
    def person(self) -> Ints:
        return self._sorted(self._events.ints("person"))

    @property
    def visit(self) -> Ints:
        return self._sorted(self._events.ints("visit"))

    @cached_property
    def portal(self) -> tuple[NDArray[Any], list[str]]:
        return self._coded("portal")

    @cached_property
    def way(self) -> tuple[NDArray[Any], list[str]]:
        return self._coded("way")

    @cached_property
    def outcome(self) -> tuple[NDArray[Any], list[str]]:
        return self._coded("outcome")

    @cached_property
    def reason(self) -> tuple[NDArray[Any], list[str]]:
        return self._coded("reason")

    @cached_property
    def direction(self) -> tuple[NDArray[Any], list[str]]:
        return self._coded("direction")

    def _coded(self, name: str) -> tuple[NDArray[Any], list[str]]:
        codes, words = self._events.codes(name)
        return self._sorted(codes), words

    @staticmethod
    def among(column: tuple[NDArray[Any], list[str]], rows: Ints, words: tuple[str, ...]) -> Flags:
        """Which of the rows hold one of these words?"""
        codes, known = column
        wanted = np.array([word in words for word in known] + [False])
        return np.asarray(wanted[codes[rows]])

    # ---- portals

    @cached_property
    def _portals(self) -> dict[str, Any]:
        found = self.metadata.get("portals")
        return found if isinstance(found, dict) else {}

    @cached_property
    def instances(self) -> list[str]:
        """Portals as they stand: first by the codes of their marks, then those that only the metadata
        know."""
        try:
            words = self.portal[1]
        except Absent:
            words = []
        return [*words, *(name for name in self._portals if name not in words)]

    @cached_property
    def standing(self) -> set[str]:
        """Instances that the metadata or any row name."""
        try:
            codes, words = self.portal
        except Absent:
            return set(self._portals)
        return {*self._portals, *(words[code] for code in np.unique(codes[codes >= 0]))}

    def declared(self, instance: str) -> str:
        """The scenario's id of a portal that may stand several times."""
        return str(self._portals.get(instance, {}).get("declared", instance))

    def portal_said(self, instance: str, name: str) -> Any:
        """What the metadata say of a portal; Absent if nothing."""
        if name not in self._portals.get(instance, {}):
            raise Absent(f"the log's metadata have no {name!r} of portal {instance!r}")
        return self._portals[instance][name]

    # ---- rows by kind

    @cached_property
    def _by_event(self) -> dict[str, Ints]:
        codes, words = self._coded("event")
        order = np.argsort(codes, kind="stable")
        ends = np.searchsorted(codes[order], np.arange(len(words) + 1))
        return {word: order[ends[code] : ends[code + 1]] for code, word in enumerate(words)}

    def rows(self, event: Event) -> Ints:
        """Places of such rows, in order of time. A log of the world or the bench has them all; of a foreign
        log without a single one we can't know whether it never happened or was never written down: Absent."""
        found = self._by_event.get(event, np.zeros(0, np.int64))
        if not len(found) and self.metadata.get("world") not in ("sim", "bench"):
            raise Absent(f"the log has no {event.value!r} rows")
        return found

    def rows_if_any(self, event: Event) -> Ints:
        """The same; none where a foreign log has none."""
        return self._by_event.get(event, np.zeros(0, np.int64))

    def facts(self, event: Event, *, whole: bool = False) -> Facts:
        """Rows of a kind that count: of visits that arrived after the warm-up, or, without a visit, that
        happened after it. `whole`: those of the warm-up as well."""
        key = (event, whole)
        if key not in self._facts:
            rows = self.rows(event)
            visit = self._visit_of(rows)
            if not whole:
                arrived = self.t[rows]
                known = visit >= 0
                if known.any():
                    arrived = np.where(known, self.visits.arrived[visit], arrived)
                keep = arrived >= self.warm_up
                rows, visit = rows[keep], visit[keep]
            self._facts[key] = Facts(rows, self.t[rows], visit, self._marks(rows, visit))
        return self._facts[key]

    @cached_property
    def visits(self) -> Visits:
        return Visits(self)

    def _visit_of(self, rows: Ints) -> Ints:
        try:
            return self.visits.of(rows)
        except Absent:
            return np.full(len(rows), -1)

    # ---- where rows belong

    def marks(self, rows: Ints) -> Marks:
        """Where the rows belong by what they say themselves."""
        return Marks(
            len(rows), {name: self._mark(name, rows) for name in ("portal", "group", "direction", "hour")}
        )

    def _marks(self, rows: Ints, visit: Ints) -> Marks:
        columns: dict[str, Codes | Absent] = {}
        known = visit >= 0
        for name in ("portal", "group", "direction", "hour"):
            own = self._mark(name, rows)
            if known.any() and not isinstance(own, Absent):
                own = np.where(known, self.visits.marks[name][visit], own)
            columns[name] = own
        return Marks(len(rows), columns)

    def _mark(self, name: str, rows: Ints) -> Codes | Absent:
        try:
            if name == "portal":
                return self.portal[0][rows].astype(np.int16)
            if name == "direction":
                codes, words = self.direction
                sides = np.array([{"in": 0, "out": 1}.get(word, -1) for word in words] + [-1], np.int16)
                return np.asarray(sides[codes[rows]])
            if name == "hour":
                return self.hours(self.t[rows]).astype(np.int16)
            return self.persons.group_of(self.person[rows])
        except Absent as absent:
            return absent.again()
