"""Slices of a replication: everything, by portal, group, direction, hour, and what was asked for.

A `Cut` takes one way of slicing: every thing falls into one of its slices or none, so that all its slices are
counted in one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from .columns import Absent, Codes, Flags, Floats, Ints
from .log import HOUR, Log, Marks

Kind = Literal["overall", "portal", "group", "direction", "hour", "group@portal"]
DIRECTIONS = ("in", "out")


class Where(NamedTuple):
    """A slice: which kind, and its id (group, declared portal or instance, `in` or `out`, hour "00" to
    "23")."""

    kind: Kind
    id: str = ""


OVERALL = Where("overall")


@dataclass(frozen=True)
class Missing:
    """A figure that cannot be told, and why."""

    why: str


Figure = float | Missing
Figures = dict[str, Sequence[Figure]]
"""Metric -> its figure in each slice of a cut."""


class Cut:
    """One way of slicing. Arrays of figures are by slice, in the order of `wheres`."""

    def __init__(
        self,
        log: Log,
        wheres: Sequence[Where],
        place: Callable[[Marks], Codes],
        instances: Sequence[Ints] | None = None,
    ) -> None:
        self.wheres = tuple(wheres)
        self._log, self._place, self._instances = log, place, instances
        self._codes: dict[Marks, Codes] = {}

    def __len__(self) -> int:
        return len(self.wheres)

    def codes(self, marks: Marks) -> Codes:
        """Index of the slice that each thing falls into; -1: none."""
        if marks not in self._codes:
            self._codes[marks] = self._place(marks)
        return self._codes[marks]

    def count(self, marks: Marks, which: Flags | None = None) -> Floats:
        """How many of them (those that `which` says) fall into each slice."""
        codes = self.codes(marks)
        if which is not None:
            codes = codes[which]
        return np.bincount(codes + 1, minlength=len(self) + 1)[1:].astype(np.float64)

    def total(self, marks: Marks, values: Floats, which: Flags) -> Floats:
        """Sum of the values in each slice."""
        codes = self.codes(marks)[which]
        sums = np.bincount(codes + 1, values[which], minlength=len(self) + 1)[1:]
        return np.asarray(sums, np.float64)

    def persons(self, marks: Marks, numbers: Ints, which: Flags) -> Floats:
        """How many different persons there are in each slice."""
        codes, numbers = self.codes(marks)[which].astype(np.int64), numbers[which]
        span = int(numbers.max(initial=0)) + 1
        different = np.unique(codes[codes >= 0] * span + numbers[codes >= 0])
        return np.bincount(different // span, minlength=len(self)).astype(np.float64)

    def seconds(self, marks: Marks, begin: Floats, end: Floats) -> Floats:
        """Total length of intervals within the measured window; for hours, the part of them that lies in each
        hour."""
        start, stop = self._log.window
        begin, end = np.clip(begin, start, stop), np.clip(end, start, stop)
        if self.wheres and self.wheres[0].kind == "hour":
            by_hour = hour_seconds(begin, end, self._log.midnight)
            return by_hour[[int(where.id) for where in self.wheres]]
        return self.total(marks, end - begin, np.ones(len(begin), bool))

    def window(self) -> Floats:
        """Seconds of the measured window, for hours those within each hour."""
        start, stop = self._log.window
        if self.wheres and self.wheres[0].kind == "hour":
            by_hour = hour_seconds(np.array([start]), np.array([stop]), self._log.midnight)
            return by_hour[[int(where.id) for where in self.wheres]]
        return np.full(len(self), stop - start)

    def over_instances(self, numbers: Floats) -> Floats:
        """Sum over the portal instances of each slice of a number that each instance has."""
        if self._instances is None:
            return np.full(len(self), float(numbers.sum()))
        return np.array([float(numbers[own].sum()) for own in self._instances])


def hour_seconds(begin: Floats, end: Floats, midnight: float) -> Floats:
    """Seconds of the intervals in each of the 24 hours of the day; the clock shows `midnight` seconds at time
    0."""
    begin, end = begin + midnight, end + midnight
    first, last = (np.floor(edge / HOUR).astype(np.int64) for edge in (begin, end))
    if not len(begin):
        return np.zeros(24)
    low, cells = int(first.min()), int(last.max() - first.min()) + 2
    one = first == last
    whole = np.bincount(first[~one] + 1 - low, minlength=cells) - np.bincount(
        last[~one] - low, minlength=cells
    )
    total = np.cumsum(whole) * HOUR
    total += np.bincount(first - low, np.where(one, end, (first + 1) * HOUR) - begin, minlength=cells)
    total += np.bincount(last - low, np.where(one, 0.0, end - last * HOUR), minlength=cells)
    return np.asarray(np.bincount((low + np.arange(cells)) % 24, total, minlength=24), np.float64)


def cuts(log: Log, wanted: Iterable[Where] = ()) -> list[Cut]:
    """Every cut that the tables allow, and what is wanted beyond them."""
    found = [Cut(log, [OVERALL], lambda marks: np.zeros(len(marks), np.int16)), _portals(log)]
    for cut in (_groups, _directions, _hours):
        try:
            found.append(cut(log))
        except Absent:
            continue
    told = {where for cut in found for where in cut.wheres}
    rest = [where for where in dict.fromkeys(wanted) if where not in told]
    found.append(_instances(log, [where for where in rest if where.kind == "portal"]))
    found += _crossed(log, [where for where in rest if where.kind == "group@portal"])
    found += [_empty(log, where) for where in rest if where.kind not in ("portal", "group@portal")]
    return [cut for cut in found if len(cut)]


def _portals(log: Log) -> Cut:
    declared = [log.declared(name) for name in log.instances]
    names = sorted({log.declared(name) for name in log.standing})
    slots = _slots(declared, names)
    within = [np.flatnonzero(slots[:-1] == index) for index in range(len(names))]
    return Cut(log, [Where("portal", name) for name in names], lambda marks: slots[marks["portal"]], within)


def _groups(log: Log) -> Cut:
    names = sorted(log.persons.present)
    slots = _slots(log.persons.groups, names)
    return Cut(log, [Where("group", name) for name in names], lambda marks: slots[marks["group"]])


def _directions(log: Log) -> Cut:
    return Cut(log, [Where("direction", name) for name in DIRECTIONS], lambda marks: marks["direction"])


def _hours(log: Log) -> Cut:
    try:
        start, stop = log.window
    except Absent:
        start, stop = (float(log.t[0]), float(log.t[-1]) + 1.0) if len(log.t) else (0.0, 0.0)
    hours = np.flatnonzero(hour_seconds(np.array([start]), np.array([stop]), log.midnight))
    slots = _slots(list(range(24)), hours.tolist())
    return Cut(log, [Where("hour", f"{hour:02d}") for hour in hours], lambda marks: slots[marks["hour"]])


def _instances(log: Log, wanted: list[Where]) -> Cut:
    slots = _slots(log.instances, [where.id for where in wanted])
    within = [np.flatnonzero(slots[:-1] == index) for index in range(len(wanted))]
    return Cut(log, wanted, lambda marks: slots[marks["portal"]], within)


def _crossed(log: Log, wanted: list[Where]) -> list[Cut]:
    """Groups at portals. Slices of one cut must not overlap: an instance and its declared portal go to two
    cuts."""
    try:
        groups = log.persons.groups
    except Absent:
        groups = []
    found: list[Cut] = []
    while wanted:
        slots = np.full((len(groups) + 1, len(log.instances) + 1), -1, np.int16)
        taken: list[Where] = []
        within: list[Ints] = []
        left: list[Where] = []
        for where in wanted:
            group, _, portal = where.id.partition("@")
            rows = [index for index, name in enumerate(groups) if name == group]
            own = [at for at, name in enumerate(log.instances) if portal in (name, log.declared(name))]
            cells = np.ix_(rows, own)
            if (slots[cells] >= 0).any():
                left.append(where)
                continue
            slots[cells] = len(taken)
            taken.append(where)
            within.append(np.array(own, np.int64))
        found.append(Cut(log, taken, _crossing(slots), within))
        wanted = left
    return found


def _crossing(slots: Codes) -> Callable[[Marks], Codes]:
    return lambda marks: np.asarray(slots[marks["group"], marks["portal"]])


def _empty(log: Log, where: Where) -> Cut:
    """A slice that nothing falls into: a group that nobody belongs to."""
    return Cut(log, [where], lambda marks: np.full(len(marks), -1, np.int16))


def _slots(codes: Sequence[object], names: Sequence[object]) -> Codes:
    """Code -> place among the names; -1: none of them, also for the code -1."""
    places = {name: place for place, name in reversed(list(enumerate(names)))}
    return np.array([places.get(code, -1) for code in codes] + [-1], np.int16)
