"""One replication: one draw of people and trips, lived through under every candidate."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ..scenarios.library import Loaded
from ..scenarios.people import BIOMETRICS, ENROLMENT_STATES
from ..scenarios.prices import prices_of
from ..scenarios.scenario import Scenario
from .build import Builder, compile_policy, instances
from .clockwork import Clockwork
from .draws import Draws
from .files import persons_table, write_events, write_persons
from .log import EventLog
from .metrics import Figure, Missing, Ways, Where, measure, ways
from .population import Population
from .trips import Day, plan
from .visit import LEGS

Figures = dict[Where, dict[str, Figure]]
_AGREED = {"enrolled": True, "pending": True, "failed": True, "refused": False}


class Told(NamedTuple):
    """What the log of one replication under one policy says."""

    figures: Figures
    ways: Ways | Missing


def replicate(
    loaded: Loaded, policies: Sequence[str], seed: int, replication: int, trace: Path | None = None
) -> dict[str, Figures]:
    """Every metric of one replication by policy. The event logs and persons are written below `trace` if it is given:
    `events/POLICY/rep-00000.parquet`, `persons/rep-00000.parquet`."""
    told = replicate_all(loaded, policies, seed, replication, trace)
    return {policy: one.figures for policy, one in told.items()}


def replicate_all(
    loaded: Loaded, policies: Sequence[str], seed: int, replication: int, trace: Path | None = None
) -> dict[str, Told]:
    """The same with the ways in."""
    scenario = loaded.scenario
    draws = Draws(seed, replication)
    day = plan(scenario, draws)
    wanted = wanted_slices(scenario)
    found: dict[str, Told] = {}
    about = metadata(loaded, seed, replication)
    persons = persons_of(scenario, day.population, about)
    standing = Counter(instances(scenario).values())
    for policy in policies:
        log = EventLog()
        run(scenario, policy, day, draws, log)
        prices = prices_of(scenario, policy, standing)
        portals = portals_under(scenario, policy, about["portals"])
        events = log.table(replication, {**about, "policy": policy, "prices": prices, "portals": portals})
        found[policy] = Told(measure(events, persons, wanted), ways(events, persons))
        if trace is not None:
            write_events(trace / "events" / policy / f"rep-{replication:05}.parquet", events)
    if trace is not None:
        write_persons(trace / "persons" / f"rep-{replication:05}.parquet", persons)
    return found


def run(scenario: Scenario, policy: str, day: Day, draws: Draws, log: EventLog | None) -> None:
    """Live through a day under a policy; what happens goes into the log, if there is one."""
    clock = Clockwork()
    with _no_garbage_collection():
        Builder(scenario, day, draws, log).build(compile_policy(scenario, policy), clock)
        clock.play(scenario.duration + scenario.drain)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """A world makes few cycles and hundreds of thousands of objects: looking for cycles costs a third of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def wanted_slices(scenario: Scenario) -> list[Where]:
    """What expectations and the headline ask for beyond the usual slices."""
    headline = where_of(scenario.headline.group, scenario.headline.portal)
    wanted = [headline] if headline.kind in ("group@portal", "portal") else []
    for expectations in scenario.expect.values():
        for one in expectations:
            where = where_of(one.group, one.portal)
            if where.kind in ("group@portal", "portal") and where not in wanted:
                wanted.append(where)
    return wanted


def where_of(group: str | None, portal: str | None) -> Where:
    """The slice that an expectation speaks of."""
    if group is not None and portal is not None:
        return Where("group@portal", f"{group}@{portal}")
    if group is not None:
        return Where("group", group)
    return Where("portal", portal) if portal is not None else Where("overall")


def metadata(loaded: Loaded, seed: int, replication: int) -> dict[str, Any]:
    """What the tables say of themselves; metrics need no more than this and the rows."""
    scenario = loaded.scenario
    portals = scenario.compound.portals
    street = _from_street(scenario)
    night = scenario.night
    return {
        "world": "sim",
        "scenario": scenario.id,
        "sha256": loaded.sha256,
        "seed": seed,
        "rep": replication,
        "start": scenario.start.local.replace(tzinfo=None).isoformat(),
        "zone": scenario.start.zone,
        "utc_offset": (scenario.start.local.utcoffset() or timedelta()).total_seconds(),
        "duration": scenario.duration,
        "warm_up": scenario.warm_up,
        "lockout_after": scenario.lockout_after,
        "night": None if night is None else [night.begin, night.end],
        "legs": LEGS,
        "portals": {
            one: {
                "declared": name,
                "lanes": portals[name].lanes.total,
                "credential": sorted(portals[name].readers),
                "from_street": name in street,
            }
            for one, name in instances(scenario).items()
        },
        "prices": None,
    }


def portals_under(scenario: Scenario, policy: str, portals: dict[str, Any]) -> dict[str, Any]:
    """What the metadata say of portals, with the lanes and the readers that are on under a policy."""
    document, found = scenario.policy(policy), {}
    for one, said in portals.items():
        name = said["declared"]
        portal = scenario.compound.portals[name]
        lanes, on = document.lanes_of(name, portal).total, sorted(document.read(name, portal))
        found[one] = {**said, "lanes": lanes, "credential": on}
    return found


def _from_street(scenario: Scenario) -> set[str]:
    """Portals that lie behind no other on some route, or on no route at all."""
    routes = [route.through for route in scenario.compound.routes]
    behind = {name for through in routes for name in through[1:]}
    first = {through[0] for through in routes}
    return {name for name in scenario.compound.portals if name in first or name not in behind}


def persons_of(scenario: Scenario, population: Population, about: dict[str, Any]) -> pa.Table:
    """The persons table. `enrolment` is that of the face, or of the fingerprint where nobody spoke of faces."""
    states = population.state[BIOMETRICS[0]]
    for kind in BIOMETRICS[1:]:
        states = np.where(states < 0, population.state[kind], states)
    names = [*ENROLMENT_STATES, None]
    said = [names[state] for state in states.tolist()]
    entitled = np.array([scenario.people[name].is_entitled() for name in population.groups])
    return persons_table(
        {
            "person": np.arange(len(population), dtype=np.int32),
            "household": population.household,
            "group": pa.DictionaryArray.from_arrays(
                pa.array(population.group.astype(np.int16)), pa.array(population.groups)
            ),
            "age": population.age,
            "entitled": entitled[population.group] if len(population) else np.zeros(0, bool),
            "enrolment": pa.array(said, pa.string()),
            "consent": pa.array([_AGREED.get(state) if state else None for state in said], pa.bool_()),
        },
        about,
    )
