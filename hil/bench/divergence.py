"""Where the bench and the model differ, and what comes from what.

A cause is something that a device did and the policy, asked on the same observed history, does not say. A consequence is a
row in which the two event logs differ though nobody contradicted the policy there: people live with what happened before.
Rows are compared by whose they are and the how-manieth of their kind, never by their time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import pyarrow as pa

from ...sim.events import Event
from ...sim.files import metadata_of
from ..measure.quantiles import Quantile, estimate
from .differences import TIMING, UNFINISHED, Cause, Consequence, DecisionTimes, Divergence, Drift, Slip, Whose
from .oracle import Judged
from .timeline import MISSING

SLIPPED = 1.0
"""Seconds by which a passage may be later than at the model before it is named."""
REST = 60.0
"""Seconds without anything at a portal after which what comes later has nothing to do with what was before."""
NOT_COMPARED = (Event.STAGE, Event.CAPTURE, Event.ENROL, Event.CUTOVER)
"""Events that say nothing of what happened to people at the door."""
SAID = ("direction", "credential", "outcome", "reason", "way", "donor")
"""Columns in which matching rows must be equal."""
LOCKED = "locked"
"""Reason of an `abandon` before a lock that did not let go."""
ENDS = (Event.PASS, Event.ABANDON, Event.BYPASS)

Row: TypeAlias = Mapping[str, Any]
Key: TypeAlias = tuple[int, int, str, int]
"""Person, visit, event, and the how-manieth of these, from 0."""
_NOBODY: Whose = (-1, -1)

__all__ = ["Cause", "Consequence", "DecisionTimes", "Divergence", "Drift", "Slip", "diverge"]


def diverge(
    model: pa.Table, bench: pa.Table, judged: Sequence[Judged], *, slipped: float = SLIPPED
) -> Divergence:
    """Compare the event logs of the same visits at the modelled door and at devices. `judged`: every attempt on the bench.
    `slipped`: s by which a passage may be late."""
    at_model, on_bench = _Side(model), _Side(bench)
    causes = _causes(judged, on_bench)
    not_played = [whose for whose in at_model.arrived if whose not in on_bench.arrived]
    followed = _Followed(causes, at_model, on_bench)
    consequences: list[Consequence] = []
    compared = 0
    own = {(one.person, one.visit, one.attempt) for one in causes if one.kind in ("decision", "no-answer")}
    for key in sorted(at_model.rows.keys() | on_bench.rows.keys()):
        before, after = at_model.rows.get(key), on_bench.rows.get(key)
        if key[:2] in not_played and after is None:
            continue
        compared += before is not None and after is not None
        told, tells = _says(before), _says(after)
        if told == tells:
            continue
        if after is not None and key[2] == Event.DECISION and (*key[:2], after["attempt"]) in own:
            continue  # the cause itself
        if after is not None and after["event"] == Event.ABANDON and after["reason"] == LOCKED:
            continue  # so is this
        row = before if after is None else after
        assert row is not None
        follows, why = followed.by(key, float(row["t"]), after is None)
        consequences.append(Consequence(*key, float(row["t"]), told, tells, follows, why))
    consequences.sort(key=lambda one: (one.t, one.person, one.visit, one.event, one.nth))
    return Divergence(
        compared, len(judged), sum(one.agrees for one in judged), sum(bool(one.not_tested) for one in judged),
        tuple(causes), tuple(consequences), tuple(sorted(not_played)), _decision_times(at_model, on_bench),
        _drifts(at_model, on_bench), _slips(at_model, on_bench, slipped), slipped,
    )  # fmt: skip


class _Side:
    """An event log by whose its rows are."""

    def __init__(self, table: pa.Table) -> None:
        self.all: list[dict[str, Any]] = table.to_pylist()
        portals = metadata_of(table).get("portals", {})
        self._lanes = {name: one.get("lanes") for name, one in portals.items()}
        self.rows: dict[Key, dict[str, Any]] = {}
        self.arrived: dict[Whose, float] = {}
        self.last: dict[Whose, float] = {}
        """When the last row of a visit was written."""
        self.ended: set[Whose] = set()
        openers: dict[tuple[str, int], Whose] = {}
        """By portal and cycle."""
        count: Counter[tuple[int, int, str]] = Counter()
        for row in self.all:
            if row["event"] == Event.SIGHTING:
                continue  # held against the wires, not against the model: witness.py
            whose = _whose(row)
            place = row["portal"], row["cycle"]
            if whose == _NOBODY:
                whose = openers.get(place, _NOBODY)
            elif row["event"] == Event.UNLOCK:
                openers[place] = whose
            elif row["event"] == Event.ARRIVE:
                self.arrived.setdefault(whose, row["t"])
            elif row["event"] in ENDS:
                self.ended.add(whose)
            self.last[whose] = row["t"]
            if row["event"] not in NOT_COMPARED:
                kind = *whose, row["event"]
                self.rows[*kind, count[kind]] = row
                count[kind] += 1

    def decided(self) -> dict[tuple[str, str], list[float]]:
        """Seconds to each decision at a lane, by credential and direction; not where there was none in time."""
        found: dict[tuple[str, str], list[float]] = defaultdict(list)
        for row in self.all:
            if row["event"] != Event.DECISION or row["value"] is None or row["reason"] == "no-answer":
                continue
            lanes = self._lanes.get(row["portal"])
            if lanes is None or row["lane"] < lanes:
                found[row["credential"] or "", row["direction"] or ""].append(row["value"])
        return found


def _whose(row: Row) -> Whose:
    return _NOBODY if row["person"] is None or row["visit"] is None else (row["person"], row["visit"])


def _says(row: Row | None) -> str | None:
    if row is None:
        return None
    told = (
        f"donor {row[name]}" if name == "donor" else str(row[name]) for name in SAID if row[name] is not None
    )
    return " ".join((str(row["event"]), *told))


def _causes(judged: Sequence[Judged], bench: _Side) -> list[Cause]:
    found = [
        Cause(
            0, "decision" if one.observed else "no-answer", one.t, one.person, one.visit, one.attempt, one.lane, one.direction,
            one.credential, one.group or "", one.expected, one.reason, one.observed or "no answer", one.evidence, one.not_tested,
        )
        for one in judged if not one.agrees
    ]  # fmt: skip
    for row in bench.all:
        if row["event"] == Event.ABANDON and row["reason"] == LOCKED:
            found.append(_at_the_lock("not-unlocked", "unlocked", "locked", row))
        elif row["event"] == Event.STAGE and row["reason"] == "not-relocked":
            found.append(_at_the_lock("not-relocked", "locked", "unlocked", row))
        elif row["event"] == Event.STAGE and row["reason"] == MISSING:
            found.append(_at_the_lock(MISSING, "an alarm in the log", "none", row))
        elif row["event"] == Event.STAGE and row["reason"] == "stray-answer":
            found.append(_at_the_lock("stray-answer", "nothing", "a decision", row))
    found.sort(key=lambda one: (one.t, one.person, one.visit, one.attempt, one.kind))
    return [replace(one, number=number) for number, one in enumerate(found, 1)]


def _at_the_lock(kind: str, expected: str, observed: str, row: Row) -> Cause:
    person, visit = _whose(row)
    attempt = -1 if row["attempt"] is None else row["attempt"]
    evidence = -1 if row["evidence"] is None else row["evidence"]
    return Cause(
        0, kind, row["t"], person, visit, attempt, row["lane"], row["direction"] or "", "", "", expected, "", observed,
        evidence, "",
    )  # fmt: skip


class _Followed:
    """From which cause a difference comes."""

    def __init__(self, causes: Sequence[Cause], model: _Side, bench: _Side) -> None:
        self._causes, self._bench = causes, bench
        self._quiet = _quiet(model, bench)

    def by(self, key: Key, t: float, missing: bool) -> tuple[int | None, str]:
        """Number of the cause, and the word for why."""
        person, visit = key[:2]
        # What the model has and the bench has not may stand a little before the cause: the model is quicker.
        same = [
            one for one in self._causes
            if one.person == person >= 0 and (one.t <= t or (missing and one.visit == visit))
        ]  # fmt: skip
        if same:
            nearest = max(same, key=lambda one: (one.visit == visit, one.t))
            return nearest.number, "cause"
        earlier = [one for one in self._causes if one.t <= t]
        if earlier and not any(earlier[-1].t < quiet <= t for quiet in self._quiet):
            return earlier[-1].number, "cause"
        if missing and key[:2] in self._bench.arrived and key[:2] not in self._bench.ended:
            return None, UNFINISHED
        return None, TIMING


def _quiet(*logs: _Side) -> list[float]:
    """Instants at which something begins after a rest in which nobody was there and nothing went on, in either log."""
    spans: list[tuple[float, float]] = []
    for log in logs:
        spans += [(log.arrived[whose], until) for whose, until in log.last.items() if whose in log.arrived]
        for row in log.all:
            lasts = row["value"] or 0.0
            if row["event"] == Event.STAGE:
                spans.append((row["t"] - lasts, row["t"]))
            else:
                spans.append((row["t"], row["t"] + (lasts if row["event"] == Event.SUSPEND else 0.0)))
    spans.sort()
    found: list[float] = []
    until = spans[0][1] if spans else 0.0
    for begin, end in spans:
        if begin > until + REST:
            found.append(begin)
        until = max(until, end)
    return found


def _decision_times(model: _Side, bench: _Side) -> tuple[DecisionTimes, ...]:
    before, after = model.decided(), bench.decided()
    return tuple(
        DecisionTimes(*kind, _quantiles(before.get(kind, [])), _quantiles(after.get(kind, [])))
        for kind in sorted(before.keys() | after.keys())
    )


def _quantiles(values: Sequence[float]) -> tuple[int, Quantile | None, Quantile | None]:
    if not values:
        return 0, None, None
    return len(values), estimate(values, 0.5), estimate(values, 0.95)


def _drifts(model: _Side, bench: _Side) -> tuple[Drift, ...]:
    found: dict[str, list[float]] = defaultdict(list)
    for key, row in bench.rows.items():
        before, whose = model.rows.get(key), key[:2]
        if (
            before is not None
            and whose in bench.arrived
            and whose in model.arrived
            and key[2] != Event.ARRIVE
        ):
            since = row["t"] - bench.arrived[whose]
            found[key[2]].append(since - (before["t"] - model.arrived[whose]))
    return tuple(
        Drift(event, len(by), estimate(by, 0.5).value, estimate(by, 0.95).value, max(by, key=abs))
        for event, by in sorted(found.items())
    )


def _slips(model: _Side, bench: _Side, limit: float) -> tuple[Slip, ...]:
    found = []
    for whose, t in model.arrived.items():
        if whose not in bench.arrived:
            continue
        arrived = bench.arrived[whose] - t
        rows = [side.rows.get((*whose, Event.PASS, 0)) for side in (model, bench)]
        passed = rows[1]["t"] - rows[0]["t"] if rows[0] is not None and rows[1] is not None else None
        if max(arrived, passed or 0.0) > limit:
            found.append(Slip(*whose, t, arrived, passed))
    return tuple(sorted(found, key=lambda one: (one.t, one.person)))
