"""Little stories of people at a gate, written as tables, and what the metrics tell of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pytest

from gatebench.sim.files import persons_table
from gatebench.sim.log import EventLog
from gatebench.sim.metrics import Figure, Where, measure

GATE = {"declared": "main-gate", "lanes": 1, "credential": ["in"]}
DOOR = {"declared": "tower-door", "lanes": 1, "credential": ["in", "out"]}
PORTALS = {"main-gate": GATE, "tower-door-1": DOOR, "tower-door-2": DOOR}
METADATA = {
    "world": "sim", "start": "2021-10-11T07:30", "duration": 3600.0, "warm_up": 0.0, "lockout_after": 300.0, "legs": 16,
    "portals": PORTALS, "prices": None,
}  # fmt: skip
RESIDENT = {
    "household": 0,
    "group": "resident",
    "age": 30,
    "entitled": True,
    "enrolment": "enrolled",
    "consent": True,
}
PEOPLE: dict[str, dict[str, Any]] = {
    "ann": {},
    "bob": {"household": 1},
    "eve": {"household": 1, "group": "refuser", "enrolment": "refused", "consent": False},
    "tom": {
        "household": -1,
        "group": "courier",
        "entitled": False,
        "enrolment": "not-offered",
        "consent": None,
    },
}


class Story:
    """Rows `t who event key=value...`; who `-`: nobody. Without a key: main-gate, in, the person's visit
    0."""

    def __init__(self, text: str, people: Mapping[str, Mapping[str, Any]] = PEOPLE, **metadata: Any) -> None:
        self.people = people
        numbers = {name: number for number, name in enumerate(people)}
        log = EventLog()
        for line in filter(str.strip, text.splitlines()):
            t, who, event, *more = line.split()
            said = dict(word.split("=") for word in more)
            number = numbers.get(who)
            visit = None if number is None else int(said.get("visit", 0))
            log.record((
                float(t), event, said.get("at", "main-gate"), int(said.get("lane", -1)), said.get("to", "in"), number, visit,
                None, None, None, said.get("outcome"), said.get("reason"), said.get("way"), None,
                float(said["value"]) if "value" in said else None,
            ))  # fmt: skip
        self.events: pa.Table = log.table(0, {**METADATA, **metadata})
        persons = [{"person": number, **RESIDENT, **people[name]} for name, number in numbers.items()]
        self.persons: pa.Table = persons_table({name: [one[name] for one in persons] for name in persons[0]})

    def tells(self, *names: str, kind: str = "overall", id: str = "") -> list[Figure]:
        """The figures of these names in one slice."""
        where = Where(kind, id)  # type: ignore[arg-type]
        found = measure(self.events, self.persons, [where])[where]
        return [found[name] for name in names]


@pytest.fixture
def story() -> Callable[..., Story]:
    return Story
