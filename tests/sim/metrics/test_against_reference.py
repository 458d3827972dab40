"""The metrics against a slow reading of their definitions: plain Python, row by row, half minute by half
minute.

Times are multiples of 30 s, so that what holds in the middle of a cell of 30 s holds in all of it.
"""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatebench.scenarios.metrics import COSTS
from gatebench.sim.files import persons_table
from gatebench.sim.log import EventLog
from gatebench.sim.metrics import METRICS, Missing, Where, measure

CELL = 30.0
PORTALS = {
    "gate": {"declared": "gate", "lanes": 2, "credential": ["in"]},
    "door-1": {"declared": "door", "lanes": 1, "credential": ["in", "out"]},
    "door-2": {"declared": "door", "lanes": 1, "credential": ["in", "out"]},
}
META = {
    "world": "sim",
    "start": "2021-10-11T07:50",
    "duration": 1200.0,
    "lockout_after": 300.0,
    "legs": 16,
    "portals": PORTALS,
}
MIDNIGHT = (7 * 60 + 50) * 60.0
WANTED = [
    Where("portal", "door-1"), Where("group@portal", "red@door"), Where("group@portal", "red@door-2"), Where("group@portal", "blue@gate")
]  # fmt: skip
WAITING_ENDS = {"present", "pass", "bypass", "abandon", "guard_start"}


class Reference:
    """One replication, told slowly."""

    def __init__(self, rows, persons, warm_up):
        self.rows, self.persons, self.warm_up = rows, {one["person"]: one for one in persons}, warm_up
        self.end = max([META["duration"], *(row["t"] for row in rows)])
        self.visits = {}
        for row in rows:
            if row["event"] == "arrive":
                self.visits.setdefault((row["person"], row["visit"]), {"arrive": row, "rows": []})
        for row in rows:
            visit = self.visits.get((row["person"], row["visit"]))
            if visit is not None:
                visit["rows"].append(row)

    # Where things belong.

    def visit_of(self, row):
        return self.visits.get((row["person"], row["visit"]))

    def measured(self, row):
        visit = self.visit_of(row)
        return (visit["arrive"] if visit else row)["t"] >= self.warm_up

    def at(self, row, where, *, hour=True):
        """Does the row, or its visit, belong there? `hour`: its own."""
        visit = self.visit_of(row)
        row = visit["arrive"] if visit else row
        person = self.persons.get(row["person"])
        group = person["group"] if person else None
        portals = (row["portal"], PORTALS[row["portal"]]["declared"])
        if where.kind == "group@portal":
            wanted, portal = where.id.split("@")
            return group == wanted and portal in portals
        return {
            "overall": True,
            "portal": where.id in portals,
            "group": group == where.id,
            "direction": row["direction"] == where.id,
            "hour": not hour or f"{clock_hour(row['t']):02d}" == where.id,
        }[where.kind]

    def of(self, event, where):
        return [
            row for row in self.rows if row["event"] == event and self.measured(row) and self.at(row, where)
        ]

    def came(self, where):
        return [
            one
            for one in self.visits.values()
            if one["arrive"]["t"] >= self.warm_up and self.at(one["arrive"], where)
        ]

    @staticmethod
    def first(visit, *events, **having):
        for row in visit["rows"]:
            if row["event"] in events and all(row[name] in values for name, values in having.items()):
                return row["t"]
        return None

    # Times.

    def times(self, name, where):
        if name == "journey_time":
            return self.journeys(where)
        found = []
        for visit in self.came(where):
            passed, arrived = self.first(visit, "pass"), visit["arrive"]["t"]
            if passed is not None:
                present = self.first(visit, "present")
                found.append((passed if name == "passage_time" or present is None else present) - arrived)
        return found

    def journeys(self, where):
        journeys = {}
        for (person, number), visit in sorted(self.visits.items()):
            journeys.setdefault((person, number // 16), []).append(visit)
        found = []
        for visits in journeys.values():
            passed, arrived = self.first(visits[-1], "pass"), visits[0]["arrive"]["t"]
            touched = visits if "portal" in where.kind else visits[:1]
            if (
                passed is not None
                and arrived >= self.warm_up
                and any(self.at(one["arrive"], where) for one in touched)
            ):
                found.append(passed - arrived)
        return found

    # Intervals, by cells: a state holds from the row that begins it to the visit's next row that ends it.

    def cells(self, where):
        """Middles of the cells of the measured window (that hour's only)."""
        middles = [
            self.warm_up + CELL * (n + 0.5) for n in range(int((META["duration"] - self.warm_up) / CELL))
        ]
        return [t for t in middles if where.kind != "hour" or f"{clock_hour(t):02d}" == where.id]

    def queueing(self, visit, t):
        waits = False
        tries = self.first(visit, "present") is not None
        for row in visit["rows"]:
            if row["t"] < t:
                if row["event"] in ("arrive", "queue"):
                    waits = True
                    since = row["t"]
                elif row["event"] in WAITING_ENDS or row["event"] == "wait_other":
                    waits = False
        lanes = [
            row
            for row in visit["rows"]
            if row["event"] == "stage" and row["reason"] == "occupied" and row["value"] > 0
        ]
        return waits and (tries or not any(since <= row["t"] - row["value"] < t for row in lanes))

    def stuck(self, visit, t):
        waits = False
        for row in visit["rows"]:
            if row["t"] < t:
                waits = row["event"] == "wait_other" or (waits and row["event"] not in WAITING_ENDS)
        return waits

    def deadlocks(self, where):
        found = 0
        for portal in PORTALS:
            here = [
                one
                for one in self.visits.values()
                if one["arrive"]["portal"] == portal and one["arrive"]["t"] >= self.warm_up
            ]
            passes = {(self.visit_of(row) or {"arrive": row})["arrive"]["portal"] == portal and row["t"]
                      for row in self.rows if row["event"] == "pass"}  # fmt: skip
            since = None
            for n in range(int(self.end / CELL) + 1):
                t = n * CELL
                both = t < self.end and all(
                    any(self.stuck(one, t + CELL / 2) for one in here if one["arrive"]["direction"] == side)
                    for side in ("in", "out")
                )
                if since is not None and (t in passes or not both):
                    place = {"t": since, "portal": portal, "person": None, "visit": None, "direction": None}
                    found += t - since >= 60.0 and self.at(place, where)
                    since = None
                if both and since is None:
                    since = t
        return found

    def busy(self, event, where, **having):
        rows = [row for row in self.rows if row["event"] == event and self.at(row, where, hour=False)]
        rows = [row for row in rows if all(row[name] == value for name, value in having.items())]
        return sum(
            CELL for t in self.cells(where) for row in rows if row["t"] - (row["value"] or 0.0) < t < row["t"]
        )

    def standing_open(self, where):
        if where.kind in ("group", "direction", "group@portal"):
            return None
        total = 0.0
        for t in self.cells(where):
            for portal in PORTALS:
                if where.kind == "portal" and where.id not in (portal, PORTALS[portal]["declared"]):
                    continue
                last = {}
                for row in self.rows:
                    if row["t"] < t and row["portal"] == portal and row["event"] in ("fault_on", "fault_off"):
                        last[row["reason"]] = row["event"]
                total += CELL * any(last.get(why) == "fault_on" for why in ("propped", "switched-off"))
        return total / 60.0

    # The figures.

    def locked_out(self, where):
        found = []
        for visit in self.came(where):
            if self.persons[visit["arrive"]["person"]]["entitled"] is True:
                denied = self.first(visit, "decision", outcome=["deny"]) is not None
                arrived = visit["arrive"]
                admitted = self.first(visit, "pass", way=["own", "guard", "remote"])
                if (denied or arrived["reason"] == "no-credential") and (
                    admitted is None or admitted - arrived["t"] > 300.0
                ):
                    over = self.first(visit, "pass", "bypass") or self.first(visit, "abandon") or self.end
                    found.append((arrived["person"], over - arrived["t"]))
        return found

    def template_days(self, where):
        if where.kind not in ("overall", "group"):
            return None
        total = 0.0
        for number, person in self.persons.items():
            if where.kind == "group" and person["group"] != where.id:
                continue
            for t in self.cells(Where("overall")):
                held = person["enrolment"] == "enrolled"
                for row in self.rows:
                    if row["person"] == number and row["t"] < t and row["event"] in ("enrol", "delete"):
                        held = row["event"] == "enrol"
                total += CELL * held
        return total / 86_400.0

    def peak(self, where):
        residents = sum(one["household"] >= 0 for one in self.persons.values())
        if where.kind not in ("overall", "portal", "hour") or not residents:
            return None
        counted = Counter()
        for row in self.of("pass", where):
            visit = self.visit_of(row)
            counted[PORTALS[(visit["arrive"] if visit else row)["portal"]]["declared"], row["t"] // 300] += 1
        return max(counted.values(), default=0) / residents

    def figure(self, name, where):
        base, _, suffix = name.rpartition(".")
        if base in ("wait", "passage_time", "journey_time"):
            values = sorted(self.times(base, where))
            if not values:
                return None
            if suffix == "mean":
                return math.fsum(values) / len(values)
            if suffix == "max":
                return values[-1]
            # The smallest value that at least that share of them does not exceed.
            share = int(suffix[1:])
            return next(v for v in values if sum(w <= v for w in values) * 100 >= share * len(values))
        visits = self.came(where)
        passes, bypasses = self.of("pass", where), self.of("bypass", where)
        strict = [row for row in passes if row["way"] != "free" and self.needs_credential(row)]
        ways = Counter(row["way"] for row in strict)
        tried = [one for one in visits if self.first(one, "present") is not None]
        locked = self.locked_out(where)
        entitled = {
            one["arrive"]["person"]
            for one in visits
            if self.persons[one["arrive"]["person"]]["entitled"] is True
        }
        strangers = [
            row for row in passes + bypasses if self.persons.get(row["person"], {}).get("entitled") is False
        ]
        captures = self.of("capture", where)
        window = CELL * len(self.cells(where))
        if name == "deadlock.episodes":
            return self.deadlocks(where) if where.kind in ("overall", "portal", "hour") else None
        if name == "queue":
            mine = [one for one in self.visits.values() if self.at(one["arrive"], where, hour=False)]
            return share_of(
                sum(CELL for t in self.cells(where) for one in mine if self.queueing(one, t)), window
            )
        simple = {
            "visits": lambda: len(visits),
            "passes": lambda: len(passes),
            "bypasses": lambda: len(bypasses),
            "decisions": lambda: len(self.of("decision", where)),
            "calls": lambda: len(self.of("call", where)),
            "abandon.share": lambda: share_of(
                sum(
                    self.first(one, "abandon") is not None and self.first(one, "pass", "bypass") is None
                    for one in visits
                ),
                len(visits),
            ),
            "lockout.episodes": lambda: len(locked),
            "lockout.persons": lambda: len({person for person, _ in locked}),
            "lockout.minutes": lambda: sum(seconds for _, seconds in locked) / 60.0,
            "lockout.share": lambda: share_of(len({person for person, _ in locked}), len(entitled)),
            "tailgating.share": lambda: share_of(ways["tailgate"], len(strict)),
            "piggybacking.share": lambda: share_of(ways["piggyback"], len(strict)),
            "unbadged.share": lambda: share_of(
                ways["tailgate"] + ways["piggyback"] + ways["reverse"] + ways["unknown"] + len(bypasses),
                len(strict) + len(bypasses),
            ),
            "intrusion": lambda: len(strangers),
            "free.share": lambda: share_of(
                sum(row["way"] == "free" for row in passes if self.needs_credential(row)),
                sum(self.needs_credential(row) for row in passes),
            ),
            "open.minutes": lambda: self.standing_open(where),
            "first_try.share": lambda: share_of(
                sum(self.first_outcome(one) == "grant" for one in tried), len(tried)
            ),
            "utilisation": lambda: share_of(
                self.busy("stage", where, reason="occupied"), self.lanes(where) * window
            ),
            "guard.minutes": lambda: self.busy("guard_end", where) / 60.0,
            "captures": lambda: len(captures),
            "captures.without_consent": lambda: sum(
                self.persons.get(row["person"], {}).get("consent") is not True for row in captures
            ),
            "template_days": lambda: self.template_days(where),
            "peak5.share": lambda: self.peak(where),
        }
        return simple[name]()

    def needs_credential(self, row):
        visit = self.visit_of(row)
        row = visit["arrive"] if visit else row
        return row["direction"] in PORTALS[row["portal"]]["credential"]

    @staticmethod
    def first_outcome(visit):
        return next((row["outcome"] for row in visit["rows"] if row["event"] == "decision"), None)

    @staticmethod
    def lanes(where):
        portal = where.id.rpartition("@")[2] if "portal" in where.kind else None
        return sum(said["lanes"] for id, said in PORTALS.items() if portal in (None, id, said["declared"]))


def clock_hour(t):
    return int((MIDNIGHT + t) // 3600) % 24


def share_of(part, whole):
    return part / whole if whole else None


# ---- small logs in which anything may happen

instants = st.integers(0, 44).map(lambda n: n * CELL)
anything = st.sampled_from([
    "queue", "present", "present", "decision", "decision", "pass", "pass", "abandon", "bypass", "wait_other", "wait_other", "wait_other",
    "guard_start", "guard_end", "capture", "stage", "stage", "acquire_failed", "enrol", "delete", "unlock", "call",
    "fault_on", "fault_on", "fault_off",
])  # fmt: skip
details = st.fixed_dictionaries({
    "outcome": st.sampled_from(["grant", "deny", "need_more"]),
    "way": st.sampled_from(["own", "guard", "remote", "shared", "tailgate", "piggyback", "reverse", "free", "unknown"]),
    "occupied": st.sampled_from(["occupied", "occupied", "walking"]),
    "fault": st.sampled_from(["propped", "propped", "switched-off", "network-down"]),
    "value": st.integers(0, 6).map(lambda n: n * CELL),
})  # fmt: skip
places = st.sampled_from(list(PORTALS))
directions = st.sampled_from(["in", "out"])


@st.composite
def persons_of(draw):
    count = draw(st.integers(1, 4))
    return [
        {
            "person": number,
            "household": draw(st.sampled_from([-1, 0, 1])),
            "group": draw(st.sampled_from(["red", "blue"])),
            "age": 30,
            "entitled": draw(st.sampled_from([True, True, False, None])),
            "enrolment": draw(st.sampled_from(["enrolled", "refused"])),
            "consent": draw(st.sampled_from([True, False, None])),
        }
        for number in range(count)
    ]


@st.composite
def logs(draw):
    persons = draw(persons_of())
    rows = []

    def add(t, event, portal, direction, person, visit, said, reason=None):
        rows.append({
            "t": t, "event": event, "portal": portal, "lane": 0, "direction": direction, "person": person, "visit": visit,
            "attempt": None, "cycle": None, "credential": None, "outcome": said["outcome"] if event == "decision" else None,
            "reason": said["occupied"] if event == "stage" else said["fault"] if event.startswith("fault") else reason, "way": said["way"] if event == "pass" else None,
            "donor": None, "value": said["value"] if event in ("stage", "guard_end", "decision") else None,
        })  # fmt: skip

    visits = draw(
        st.lists(
            st.tuples(st.integers(0, len(persons) - 1), st.sampled_from([0, 1, 2, 16, 17])),
            max_size=7,
            unique=True,
        )
    )
    for person, visit in visits:
        portal, direction, t = draw(places), draw(directions), draw(instants)
        reason = draw(st.sampled_from([None, None, "no-credential"]))
        add(t, "arrive", portal, direction, person, visit, {}, reason)
        for _ in range(draw(st.integers(0, 5))):
            t += CELL * draw(st.integers(0, 5))
            add(t, draw(anything), portal, direction, person, visit, draw(details))
    for _ in range(draw(st.integers(0, 3))):  # rows of nobody, or of a visit that never arrived
        person = draw(st.sampled_from([None, 0, 99]))
        add(
            draw(instants),
            draw(anything),
            draw(places),
            draw(directions),
            person,
            32 if person == 0 else None,
            draw(details),
        )
    rows.sort(key=lambda row: row["t"])
    return rows, persons, draw(st.sampled_from([0.0, 0.0, 90.0, 600.0]))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(logs())
def test_every_metric_in_every_slice_agrees(case):
    rows, persons, warm_up = case
    log = EventLog()
    for row in rows:
        log.record(tuple(row.values()))
    table = persons_table({name: [one[name] for one in persons] for name in persons[0]})
    found = measure(log.table(0, {**META, "warm_up": warm_up}), table, WANTED)
    reference = Reference(rows, persons, warm_up)
    assert set(WANTED) <= set(found)
    for where, figures in found.items():
        for name in set(METRICS) - set(COSTS):
            expected = reference.figure(name, where)
            if expected is None:
                assert isinstance(figures[name], Missing), (where, name)
            else:
                # 1e-9: sums in another order.
                assert figures[name] == pytest.approx(expected, rel=1e-9, abs=1e-9), (where, name)
