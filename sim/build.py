"""From a scenario to a world that can run: portals in place, lanes with their doors, people with their luck."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..scenarios.policy.engine import Policy, PortalFacts
from ..scenarios.portals import Portal as PortalSpec
from ..scenarios.readers import Reader
from ..scenarios.scenario import Scenario
from ..scenarios.scores import false_positive_identification
from .arrivals import process_times, profile_times
from .clockwork import Clockwork
from .controller import Controller, Recognition
from .door import Leaf, ModelDoor
from .draws import Draws
from .guard import GuardPost
from .habits import Ways
from .luck import Luck
from .occupancy import moves
from .population import NONE, Population, kits, settle, with_visitors
from .portal import Portal
from .visit import Person, Visit
from .world import Leg, Legs, Trip, World

Record = Callable[[tuple[object, ...]], None] | None


@dataclass(frozen=True)
class Day:
    """What is the same for every policy: who there is, and when they want to go."""

    population: Population
    kits: Sequence[frozenset[str]]
    listed: Sequence[frozenset[str]]
    trips: Sequence[Trip]
    at: Mapping[int, tuple[str, str]]
    """First person of a stream that visits one portal only -> (portal, direction)."""
    streams: Sequence[tuple[int, str]]
    """(first person, stream id) of every stream of visitors, in order."""
    away: frozenset[int]
    """Residents who are not at home at the start."""


def instances(scenario: Scenario) -> dict[str, str]:
    """Portal instance -> declared id. A portal that stands once for each tower becomes `tower-door-1`, `-2` ..."""
    towers = scenario.compound.towers
    found: dict[str, str] = {}
    for name, spec in scenario.compound.portals.items():
        if spec.one_for_each is None or towers is None:
            found[name] = name
        else:
            found.update({f"{name}-{number + 1}": name for number in range(towers.count)})
    return found


def compile_policy(scenario: Scenario, id: str) -> Policy:
    """A candidate of the scenario, made ready."""
    declared = instances(scenario)
    portals = scenario.compound.portals
    facts = {one: PortalFacts(tuple(portals[name].readers), portals[name].without_power) for one, name in declared.items()}
    return Policy(id, scenario.policy(id), facts, tuple(scenario.people), scenario.start, declared)


def plan(scenario: Scenario, draws: Draws) -> Day:
    """Draw the people and their trips."""
    population = settle(scenario.people, scenario.compound.towers, draws)
    trips: list[Trip] = []
    at: dict[int, tuple[str, str]] = {}
    streams: list[tuple[int, str]] = []
    away: set[int] = set()
    for name, stream in scenario.traffic.items():
        if stream.occupancy is not None:
            wanted = stream.occupancy.groups
            chosen = np.flatnonzero(
                np.ones(population.residents, bool)
                if wanted is None
                else np.isin(population.group[: population.residents], [population.groups.index(one) for one in wanted])
            )
            found = moves(population.age[chosen], scenario.start, scenario.duration, stream.occupancy.day, draws)
            person = chosen[found.person]
            first = np.r_[0, np.flatnonzero(np.diff(person)) + 1] if len(person) else np.zeros(0, np.int64)
            nth = np.arange(len(person)) - np.repeat(first, np.diff(np.r_[first, len(person)]))
            away.update(chosen[~found.at_home].tolist())
            trips += map(
                Trip, found.t.tolist(), person.tolist(), nth.tolist(), np.where(found.outward, "out", "in").tolist()
            )
            continue
        if stream.profile is not None:
            t = profile_times(stream.profile, name, scenario.start, scenario.duration, draws)
        else:
            assert stream.arrivals is not None
            t = process_times(stream.arrivals, name, scenario.duration, draws)
        t = np.repeat(t, stream.party.ppf(draws.uniforms("party", len(t), portal=name)))
        assert stream.group is not None
        begin = len(population)
        tower = None
        towers = scenario.compound.towers
        if stream.at is None and towers is not None:
            tower = (draws.uniforms("tower", len(t), portal=name) * towers.count).astype(np.int64)
        population = with_visitors(population, scenario.people, stream.group, len(t), tower, draws)
        streams.append((begin, name))
        if stream.at is not None:
            at[begin] = (stream.at, stream.direction)
        direction = "in" if stream.at is None else stream.direction
        trips += [Trip(when, begin + index, 0, direction) for index, when in enumerate(t.tolist())]
    trips.sort(key=lambda trip: trip.t)
    present, listed = kits(population, scenario.people)
    return Day(population, present, listed, trips, at, streams, frozenset(away))


class Builder:
    """Puts one world together: a day, a policy, a clock."""

    def __init__(self, scenario: Scenario, day: Day, draws: Draws, record: Record) -> None:
        self.scenario, self.day, self.record = scenario, day, record
        self.draws = draws
        self.luck = Luck(draws, day.population.ordinal)
        self.declared = instances(scenario)
        self.people: dict[int, Person] = {}
        self._ways = {
            name: Ways.of(scenario.behaviour.of(group.habits), self.luck, slow=group.slow)
            for name, group in scenario.people.items()
        }
        self._starts = [begin for begin, _ in day.streams]
        self._forgets = {
            name: (group.forgets, frozenset(c for c in group.holds if scenario.readers[c].trait == "token"))
            for name, group in scenario.people.items()
            if group.forgets > 0.0
        }
        self._forgotten = self.luck.lot("forgotten")
        self._route = self.luck.lot("route")

    def build(self, policy: Policy, clock: Clockwork) -> World:
        """The world under a policy. Run the clock to run it."""
        controller = self._controller(policy)
        world = World(clock, self._find, self._legs, self._kit, self._stay)
        self.portals = {
            one: self._portal(one, name, clock, world, controller, policy) for one, name in self.declared.items()
        }
        self._ways_in = self._routes()
        self._at = {
            begin: (Leg(self.portals[portal], _no_walk),) for begin, (portal, _) in self.day.at.items()
        }
        self._stays = self._visitors_stay()
        if self.day.trips:
            clock.process(world.traffic(self.day.trips))
        return world

    # ---- the controller

    def _controller(self, policy: Policy) -> Controller:
        population, listed = self.day.population, self.day.listed
        recognition: dict[tuple[str, str], Recognition] = {}
        sizes = {name: sum(name in own for own in listed[: population.residents]) for name in self.scenario.readers}
        for credential, common in self.scenario.readers.items():
            difficulty = self._difficulty(credential, common)
            for one, name in self.declared.items():
                reader = common.at.get(name, common)
                fnir = difficulty if reader is common else self._difficulty(credential, reader)
                fmr = reader.scores.fmr if reader.scores is not None else reader.false_match_rate
                recognition[credential, one] = Recognition(
                    fnir,
                    false_positive_identification(fmr, sizes[credential]) if fmr else 0.0,
                    names_its_holder=reader.trait in ("token", "document"),
                )
        stranger = next(
            ((number, population.groups[int(population.group[number])]) for number, own in enumerate(listed) if own),
            (NONE, self.day.population.groups[0]),
        )
        return Controller(policy, recognition, stranger)

    def _difficulty(self, credential: str, reader: Reader) -> Callable[[int], float]:
        if reader.scores is not None:
            share = reader.scores.fnmr
            return lambda person: share
        constant = reader.false_non_identification.constant
        if constant is not None:
            return lambda person: constant
        values = reader.false_non_identification.ppf(
            self.draws.uniforms(f"{credential}.difficulty", len(self.day.population))
        ).tolist()
        return values.__getitem__  # type: ignore[no-any-return]

    # ---- portals

    def _portal(
        self, id: str, name: str, clock: Clockwork, world: World, controller: Controller, policy: Policy
    ) -> Portal:
        spec = self.scenario.compound.portals[name]
        luck, record = self.luck, self.record
        portal = Portal(
            clock, world, id, readers=tuple(spec.readers), room=spec.room,
            priority={group: rank for rank, group in enumerate(spec.priority)}, followers=spec.followers,
            rearm=luck.seconds("rearm", spec.rearm, portal=id), controller=controller, record=record,
        )  # fmt: skip
        samples = {credential: self._samples(credential, reader.at.get(name, reader), id)
                   for credential, reader in self.scenario.readers.items()}  # fmt: skip
        leaf = self._leaf(spec, id)
        lanes = [
            (ModelDoor(clock, portal, number, leaf, samples, controller, record), directions)
            for number, directions in enumerate(spec.lanes.directions())
        ]
        wicket = ModelDoor(clock, portal, len(lanes), leaf, samples, controller, record)
        duties = policy.duties(id)
        post = None
        if duties:
            duty = duties[0]
            grants = luck.event("guard.grants", duty.grants, by="attempt", portal=id)
            takes = luck.seconds("guard.takes", duty.takes, by="attempt", portal=id)
            post = GuardPost(clock, id, duty.posts, duty.occupies_lane, takes, grants, controller, record)
        portal.equip(lanes, wicket, post)
        return portal

    def _samples(self, credential: str, reader: Reader, portal: str) -> Callable[[Visit], object]:
        return self.luck.samples(
            credential, portal, (reader.approach, reader.acquire, reader.match, reader.decide), 2, reader.actuate,
            reader.failure_to_acquire,
        )  # fmt: skip

    def _leaf(self, spec: PortalSpec, id: str) -> Leaf:
        luck, unlock = self.luck, spec.unlock
        return Leaf(
            opening=luck.seconds("opening", spec.opening, portal=id),
            passing=luck.seconds("passing", spec.passing, portal=id),
            closing=luck.seconds("closing", spec.closing, portal=id),
            unlock=unlock.time,
            extended=unlock.extended,
            restart_on_pass=unlock.restart_on_pass,
            restart_on_grant=unlock.restart_on_grant,
            relock_on_close=spec.relock_on_close,
            held_open_alarm=spec.held_open_alarm,
            followers=spec.followers,
        )

    # ---- people

    def _find(self, number: int) -> Person:
        person = self.people.get(number)
        if person is None:
            population = self.day.population
            group = population.groups[int(population.group[number])]
            resident = number < population.residents
            direction = "in"
            if not resident:
                stream = self._stream(number)
                direction = self.day.at.get(stream, ("", "in"))[1]
            at_home = number not in self.day.away if resident else direction == "out"
            person = self.people[number] = Person(
                number, int(population.ordinal[number]), group, self._ways[group], self.day.kits[number],
                self.day.listed[number], int(population.tower[number]), at_home,
            )  # fmt: skip
        return person

    def _stream(self, number: int) -> int:
        """First person of the stream that brought a visitor."""
        return max(begin for begin in self._starts if begin <= number)

    def _kit(self, person: Person, journey: int) -> frozenset[str]:
        forgets = self._forgets.get(person.group)
        if forgets is None or self._forgotten(person, journey) >= forgets[0]:
            return person.kit
        return person.kit - forgets[1]

    def _stay(self, person: Person, journey: int) -> float | None:
        if person.number < self.day.population.residents:
            return None
        stay = self._stays.get(self._stream(person.number))
        return None if stay is None else stay(person, journey)

    def _visitors_stay(self) -> dict[int, Callable[[Person, int], float]]:
        found: dict[int, Callable[[Person, int], float]] = {}
        for begin, name in self.day.streams:
            stay = self.scenario.traffic[name].stay
            if stay is not None:
                found[begin] = self.luck.walk(f"stay.{name}", stay)
        return found

    # ---- routes

    def _legs(self, person: Person, journey: int, direction: str) -> Legs:
        if person.number >= self.day.population.residents:
            legs = self._at.get(self._stream(person.number))
            if legs is not None:
                return legs
        edges, ways = self._ways_in
        index = 0
        if len(edges) > 1:
            u = self._route(person, journey)
            while index + 1 < len(edges) and u >= edges[index]:
                index += 1
        return ways[index, max(person.tower, 0), direction]

    def _routes(self) -> tuple[list[float], dict[tuple[int, int, str], Legs]]:
        """Cumulative shares of the routes, and the legs by (route, tower, direction)."""
        compound = self.scenario.compound
        routes = compound.routes
        spoken = sum(route.share for route in routes if route.share is not None)
        silent = sum(route.share is None for route in routes)
        shares = [route.share if route.share is not None else (1.0 - spoken) / silent for route in routes]
        towers = compound.towers.count if compound.towers is not None else 1
        ways: dict[tuple[int, int, str], Legs] = {}
        for index, route in enumerate(routes):
            walks = [self.luck.walk(f"walk.{index}.{n}", route.walk_after(n)) for n in range(len(route.through))]
            for tower in range(towers):
                portals = [self._standing(name, tower) for name in route.through]
                inward = [Leg(portal, _no_walk if n == 0 else walks[n - 1]) for n, portal in enumerate(portals)]
                outward = [Leg(portal, walks[n]) for n, portal in enumerate(portals)]
                ways[index, tower, "in"] = tuple(inward)
                ways[index, tower, "out"] = tuple(reversed(outward))
        return np.cumsum(shares).tolist(), ways

    def _standing(self, name: str, tower: int) -> Portal:
        return self.portals[name] if name in self.portals else self.portals[f"{name}-{tower + 1}"]


def _no_walk(person: Person, visit: int) -> float:
    return 0.0


