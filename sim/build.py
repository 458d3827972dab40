"""From a scenario to a world that can run: portals in place, lanes with their doors, people with their luck."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from ..scenarios.decay import PROPPABLE
from ..scenarios.distributions import Distribution
from ..scenarios.policy.document import PolicyDocument
from ..scenarios.policy.engine import Guard, Policy, PortalFacts
from ..scenarios.policy.schedule import WallClock
from ..scenarios.portals import Portal as PortalSpec
from ..scenarios.readers import Reader as ReaderSpec
from ..scenarios.scenario import Scenario
from ..scenarios.traffic import Stream
from .clockwork import Clockwork, Walk
from .controller import Controller, Recognition
from .decay import Ajar, Upkeep, worn
from .door import Leaf, ModelDoor, Reader, Timing
from .draws import Draws
from .faults import FaultyController, FaultyDoor, Timeline
from .guard import GuardPost
from .habits import Ways
from .log import EventLog
from .luck import Luck
from .portal import Portal
from .resorts import Resorts
from .roll import Roll
from .trips import Day
from .visit import Person, Visit
from .world import Leg, Legs, PassersBy, Source, Travellers, World


def instances(scenario: Scenario) -> dict[str, str]:
    """Portal instance -> declared id. A portal that stands once for each tower becomes `tower-door-1`, `-2` ..."""
    towers = scenario.compound.towers
    found: dict[str, str] = {}
    for name, spec in scenario.compound.portals.items():
        if spec.one_for_each is None or towers is None:
            found[name] = name
        else:
            found.update({f"{name}-{number + 1}": name for number in range(scenario.compound.tower_count)})
    return found


def compile_policy(scenario: Scenario, id: str) -> Policy:
    """A candidate of the scenario, made ready."""
    declared = instances(scenario)
    portals = scenario.compound.portals
    facts = {
        one: PortalFacts(tuple(portals[name].readers), portals[name].without_power)
        for one, name in declared.items()
    }
    return Policy(id, scenario.policy(id), facts, tuple(scenario.people), scenario.start, declared)


class Builder:
    """Puts one world together: a day, a policy, a clock."""

    def __init__(self, scenario: Scenario, day: Day, draws: Draws, log: EventLog | None) -> None:
        self.scenario, self.day, self.log, self.draws = scenario, day, log, draws
        self.luck = Luck(draws, day.population.ordinal)
        self.declared = instances(scenario)
        self._ways = {
            name: Ways.of(scenario.behaviour.of(group.habits), self.luck, slow=group.slow)
            for name, group in scenario.people.items()
        }
        self._lends = any(type(one.lend) is not float or one.lend > 0.0 for one in self._ways.values())
        wall = WallClock(scenario.start)
        self._is_night: Callable[[float], bool] = lambda t: scenario.night.contains(wall.at(t))
        self._forgets = {name: group.forgets for name, group in scenario.people.items()}
        self._forgotten = self.luck.lot("forgotten")
        self._route = self.luck.lot("route")

    def build(self, policy: Policy, clock: Clockwork) -> World:
        """The world under a policy. Run the clock to run it."""
        self._roll = Roll(
            self.scenario, self.scenario.policy(policy.id), self.day.population, self._ways, self.draws
        )
        self._profiles = self._roll.profiles
        controller = self._controller(policy)
        world = self._world(clock)
        recognition = self._recognition()
        self._portals = {
            one: self._portal(one, name, clock, world, controller, recognition)
            for one, name in self.declared.items()
        }
        self._edges, self._ways_in = self._routes()
        if isinstance(controller, FaultyController):
            self._roll.on_listed = lambda person, name, is_listed: controller.listed(
                person, name, is_listed, clock.now
            )
        by_credential = [(credential, one) for (credential, _), one in recognition.items()]
        changes = self._roll.events(clock, policy, self.log, by_credential)
        if changes is not None:
            Walk(clock, changes)
        self._play_faults(clock, controller)
        self._send_people(clock, world)
        return world

    # ---- what a bench does in another way

    def _world(self, clock: Clockwork) -> World:
        return World(clock)

    def _controller(self, policy: Policy) -> Controller:
        kind = FaultyController if self.scenario.faults else Controller
        return kind(policy, self._roll.taken_for)

    def _play_faults(self, clock: Clockwork, controller: Controller) -> None:
        if self.scenario.faults:
            assert isinstance(controller, FaultyController)
            Timeline(clock, controller, self._portals, self.declared, self.log).play(self.scenario.faults)

    def _send_people(self, clock: Clockwork, world: World) -> None:
        sources = [self._source(world, name, stream) for name, stream in self.scenario.traffic.items()]
        if self.day.trips:
            Walk(clock, world.traffic(self.day.trips, sources))

    def _door(
        self, clock: Clockwork, portal: Portal, number: int, leaf: Leaf, readers: Mapping[str, Reader], controller: Controller
    ) -> ModelDoor:  # fmt: skip
        """The door of a lane."""
        kind = FaultyDoor if self.scenario.faults else ModelDoor
        return kind(clock, portal, number, leaf, readers, controller, self.log)

    def _lanes(
        self, document: PolicyDocument, id: str, name: str, spec: PortalSpec
    ) -> Sequence[tuple[str, ...]]:
        """The directions of each lane of a portal."""
        return document.lanes_of(name, spec).directions()

    def _answering(self, spec: ReaderSpec, portal: str) -> tuple[Distribution, Distribution]:
        """How long the controller takes to decide, and then to let the lock go."""
        return spec.decide, spec.actuate

    # ---- people

    def _lost_tokens(self, person: int, journey: int) -> bool:
        return self._forgotten(person, journey) < self._forgets[self._profiles[person].group]

    def _source(self, world: World, name: str, stream: Stream) -> Source:
        if stream.occupancy is not None:
            return Travellers(
                world, self._legs, self._lost_tokens, partial(self._person, True), None, self._all_legs
            )
        first = self.day.first[name]
        if stream.at is not None:
            legs = (Leg(self._portals[stream.at], None),)
            return PassersBy(world, legs, self._profiles, self._lost_tokens, first)
        assert stream.stay is not None
        stay = self.luck.walk(f"stay.{name}", stream.stay)
        return Travellers(
            world,
            self._legs,
            self._lost_tokens,
            partial(self._person, False),
            stay or _at_once,
            self._all_legs,
        )

    def _person(self, resident: bool, number: int) -> Person:
        population = self.day.population
        at_home = resident and number not in self.day.away
        return self._roll.meet(
            Person(
                number,
                int(population.ordinal[number]),
                self._profiles[number],
                int(population.tower[number]),
                at_home,
            )
        )

    # ---- routes

    def _legs(self, person: Person, journey: int, direction: str) -> Legs:
        edges, index = self._edges, 0
        if len(edges) > 1:
            u = self._route(person.number, journey)
            while index + 1 < len(edges) and u >= edges[index]:
                index += 1
        return self._ways_in[index, max(person.tower, 0), direction]

    def _all_legs(self, person: Person, direction: str) -> list[Legs]:
        """Every way that somebody could go."""
        tower = max(person.tower, 0)
        return [self._ways_in[index, tower, direction] for index in range(len(self._edges))]

    def _routes(self) -> tuple[list[float], dict[tuple[int, int, str], Legs]]:
        """Cumulative shares of the routes, and the legs by (route, tower, direction)."""
        compound = self.scenario.compound
        routes = compound.routes
        shares = compound.route_shares()
        towers = max(compound.tower_count, 1)
        ways: dict[tuple[int, int, str], Legs] = {}
        for index, route in enumerate(routes):
            walks = [
                self.luck.walk(f"walk.{index}.{n}", route.walk_after(n)) for n in range(len(route.through))
            ]
            for tower in range(towers):
                portals = [self._standing(name, tower) for name in route.through]
                ways[index, tower, "in"] = tuple(
                    Leg(portal, walks[n - 1] if n else None) for n, portal in enumerate(portals)
                )
                ways[index, tower, "out"] = tuple(Leg(portal, walks[n]) for n, portal in enumerate(portals))[
                    ::-1
                ]
        return np.cumsum(shares).tolist(), ways

    def _standing(self, name: str, tower: int) -> Portal:
        return self._portals[name] if name in self._portals else self._portals[f"{name}-{tower + 1}"]

    # ---- what readers make of people

    def _recognition(self) -> dict[tuple[str, str], Recognition]:
        """By credential and declared portal."""
        found: dict[tuple[str, str], Recognition] = {}
        for credential, common in self.scenario.readers.items():
            for name in self.scenario.compound.portals:
                reader = common.at.get(name, common)
                scores = reader.scores
                fmr = reader.false_match_rate if scores is None else scores.fmr
                difficulty = reader.false_non_identification
                by_person = None
                if scores is None and difficulty.constant is None:
                    u = self.draws.uniforms(f"{credential}.difficulty", len(self.day.population))
                    by_person = difficulty.ppf(u).tolist()
                if reader.ageing is not None:
                    mean = difficulty.mean if scores is None else scores.fnmr
                    fnir = (
                        np.full(len(self.day.population), mean) if by_person is None else np.array(by_person)
                    )
                    ages = self._roll.template_ages(credential, reader.ageing.template_age, self.draws)
                    by_person = reader.ageing.worse(fnir, self.day.population.age, ages).tolist()
                found[credential, name] = Recognition(
                    difficulty.mean if scores is None else scores.fnmr,
                    by_person,
                    fmr,
                    self._roll.listed[credential],
                    names_its_holder=reader.trait in ("token", "document"),
                    masked=None if reader.masked is None else self.luck.masked(reader.masked.share),
                    worse_masked=None if reader.masked is None else reader.masked.worse,
                )
        return found

    # ---- portals

    def _portal(
        self,
        id: str,
        name: str,
        clock: Clockwork,
        world: World,
        controller: Controller,
        recognition: Mapping[tuple[str, str], Recognition],
    ) -> Portal:
        spec = self.scenario.compound.portals[name]
        luck, log = self.luck, self.log
        document = self.scenario.policy(controller.policy.id)
        upkeep = Upkeep(document.maintenance, name)
        portal = Portal(
            clock, world, id, readers=controller.policy.readers(id), room=spec.room,
            priority={group: rank for rank, group in enumerate(spec.priority)}, followers=spec.followers,
            lends=self._lends, camera=spec.camera, is_night=self._is_night,
            floors=self.day.population.floor.tolist() if spec.own_floor_only else None,
            rearm=luck.seconds("rearm", spec.rearm, portal=id), controller=controller, log=log,
        )  # fmt: skip
        readers = {
            credential: self._reader(
                credential, common.at.get(name, common), id, recognition[credential, name], clock, upkeep
            )
            for credential, common in self.scenario.readers.items()
        }
        leaf = self._leaf(spec, id)
        lanes = [
            (self._door(clock, portal, number, leaf, readers, controller), directions)
            for number, directions in enumerate(self._lanes(document, id, name, spec))
        ]
        wicket = ModelDoor(clock, portal, len(lanes), leaf, readers, controller, log)
        posts = {duty: self._guard_post(clock, id, duty, controller) for duty in controller.policy.duties(id)}
        remotes = {
            one: (
                luck.seconds(f"remote.{one.by}.takes", one.takes, portal=id),
                luck.event(f"remote.{one.by}.grants", one.grants, portal=id),
            )
            for one in controller.policy.remotes(id)
        }
        obstacles = [
            way for way, there in (("crawl", spec.railing), ("climb", spec.wall)) if there is not None
        ]
        resorts = Resorts(portal, name, obstacles, remotes)
        portal.equip(lanes, wicket, posts, resorts, partial(self._register, portal))
        props = self._props(name, spec)
        if self.scenario.faults or Ajar.needed(document, name, spec.readers, props):
            portal.ajar = Ajar(portal, document, name, props)
        return portal

    def _register(self, portal: Portal, visit: Visit) -> str | None:
        """A guard puts somebody on the list there and then."""
        accepted = portal.policy.accepted(portal.id, visit.direction, visit.profile.group, portal.clock._now)
        found = self._roll.register(visit.person, {name for one in accepted for name in one.credentials})
        if found is None:
            return None
        credential, profile = found
        # What stayed at home today does not come with it.
        left_at_home = profile.kit - profile.without_tokens.kit
        visit.profile = profile if left_at_home <= visit.profile.kit else profile.without_tokens
        return credential

    def _props(self, name: str, spec: PortalSpec) -> bool:
        """Can anybody prop this portal's doors?"""
        return spec.kind in PROPPABLE and any(
            max(ways.prop) > 0.0 and name in (ways.prop_at or (name,)) for ways in self._ways.values()
        )

    def _guard_post(self, clock: Clockwork, id: str, duty: Guard, controller: Controller) -> GuardPost:
        finds: Callable[..., bool] = self.luck.event("guard.grants", duty.grants, by="attempt", portal=id)
        takes = self.luck.seconds("guard.takes", duty.takes, by="attempt", portal=id)
        return GuardPost(clock, id, duty.posts, duty.occupies_lane, takes, finds, controller, self.log)

    def _reader(
        self, credential: str, spec: ReaderSpec, portal: str, recognition: Recognition, clock: Clockwork, upkeep: Upkeep
    ) -> Reader:  # fmt: skip
        decide, actuate = self._answering(spec, portal)
        stages = (spec.approach, spec.acquire, spec.match, decide)
        masked = None if spec.masked is None else (spec.masked.share, spec.masked.failure_to_acquire)
        sample = self.luck.samples(credential, portal, stages, 2, actuate, spec.failure_to_acquire, masked)
        if spec.wear is not None:
            lost = self.luck.uniform(f"{credential}.wear", by="attempt", portal=portal)
            sample = worn(sample, spec.wear, upkeep, clock, lost)
        return Reader(sample, recognition, images_faces=credential == "face")

    def _leaf(self, spec: PortalSpec, id: str) -> Leaf:
        def timing(name: str) -> Timing:
            return self.luck.seconds(name, getattr(spec, name), portal=id)

        unlock = spec.unlock
        return Leaf(
            opening=timing("opening"),
            passing=timing("passing"),
            closing=timing("closing"),
            unlock=unlock.time,
            extended=unlock.extended,
            restart_on_pass=unlock.restart_on_pass,
            restart_on_grant=unlock.restart_on_grant,
            relock_on_close=spec.relock_on_close,
            held_open_alarm=spec.held_open_alarm,
        )


def _at_once(person: int, journey: int) -> float:
    return 0.0
