"""Who wants to go when: the trips of every stream, drawn before the world starts and the same for every policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..scenarios.scenario import Scenario
from ..scenarios.traffic import Occupancy, Stream
from .arrivals import process_times, profile_times
from .draws import Draws
from .occupancy import moves
from .population import Population, settle, with_visitors

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Trip = tuple[float, int, int, int, str]
"""When, which stream of the scenario (by place), who, that person's nth journey, `in` or `out`."""


@dataclass(frozen=True)
class Day:
    """The people of one replication and their trips, in order of time."""

    population: Population
    trips: list[Trip]
    first: Mapping[str, int]
    """Stream of visitors -> number of its first person; the others follow."""
    away: frozenset[int]
    """Residents who are not at home at the start."""


@dataclass(frozen=True)
class _Wishes:
    """Trips of one stream, as columns."""

    t: Floats
    person: Ints
    journey: Ints
    outward: NDArray[np.bool_]


def plan(scenario: Scenario, draws: Draws) -> Day:
    """Draw the people and their trips."""
    towers = scenario.compound.towers
    population = settle(scenario.people, towers, draws)
    wishes: list[_Wishes] = []
    first: dict[str, int] = {}
    away: frozenset[int] = frozenset()
    for name, stream in scenario.traffic.items():
        if stream.occupancy is not None:
            residents, gone = _resident_trips(scenario, stream.occupancy, population, draws)
            wishes.append(residents)
            away |= gone
            continue
        t = _visitor_times(scenario, name, stream, draws)
        tower = floor = None
        if stream.at is None and towers is not None:
            edges = np.cumsum(scenario.compound.tower_shares())[:-1]
            tower = np.searchsorted(edges, draws.uniforms("tower", len(t), portal=name), side="right")
            heights = np.repeat([kind.floors for kind in towers], [kind.count for kind in towers])
            floor = (draws.uniforms("floor", len(t), portal=name) * heights[tower]).astype(np.int64)
        first[name] = len(population)
        assert stream.group is not None
        population = with_visitors(population, scenario.people, stream.group, len(t), tower, floor, draws)
        outward = np.full(len(t), stream.at is not None and stream.direction == "out")
        number = np.arange(first[name], len(population))
        wishes.append(_Wishes(t, number, np.zeros(len(t), np.int64), outward))
    return Day(population, _in_order(wishes), first, away)


def _resident_trips(
    scenario: Scenario, occupancy: Occupancy, population: Population, draws: Draws
) -> tuple[_Wishes, frozenset[int]]:
    wanted = occupancy.groups
    groups = population.group[: population.residents]
    chosen = np.arange(population.residents)
    if wanted is not None:
        chosen = np.flatnonzero(np.isin(groups, [population.groups.index(name) for name in wanted]))
    found = moves(population.age[chosen], scenario.start, scenario.duration, occupancy.day, draws)
    person = chosen[found.person]
    first = np.flatnonzero(np.r_[True, np.diff(person) > 0]) if len(person) else np.zeros(0, np.int64)
    journey = np.arange(len(person)) - np.repeat(first, np.diff(np.r_[first, len(person)]))
    return _Wishes(found.t, person, journey, found.outward), frozenset(chosen[~found.at_home].tolist())


def _visitor_times(scenario: Scenario, name: str, stream: Stream, draws: Draws) -> Floats:
    if stream.profile is not None:
        t = profile_times(stream.profile, name, scenario.start, scenario.duration, draws)
    else:
        assert stream.arrivals is not None
        t = process_times(stream.arrivals, name, scenario.duration, draws)
    if stream.party.constant == 1:
        return t
    return np.repeat(t, stream.party.ppf(draws.uniforms("party", len(t), portal=name)))


def _in_order(wishes: list[_Wishes]) -> list[Trip]:
    """One list by time; among equals the stream that stands first in the file."""
    if not wishes:
        return []
    t = np.concatenate([one.t for one in wishes])
    stream = np.repeat(np.arange(len(wishes)), [len(one.t) for one in wishes])
    order = np.argsort(t, kind="stable")
    person, journey, outward = (
        np.concatenate([getattr(one, column) for one in wishes])[order]
        for column in ("person", "journey", "outward")
    )
    directions = [("in", "out")[outwards] for outwards in outward.tolist()]
    return list(
        zip(
            t[order].tolist(),
            stream[order].tolist(),
            person.tolist(),
            journey.tolist(),
            directions,
            strict=True,
        )
    )
