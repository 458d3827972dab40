"""The world of a bench run: the simulation's own, with few people, one portal's lanes, and doors over devices.

Without connections its doors are the modelled ones: the same people at the model, for comparison.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple

from ...scenarios.distributions import Distribution, constant
from ...scenarios.faults import TimedFault
from ...scenarios.policy.document import PolicyDocument
from ...scenarios.policy.engine import Policy
from ...scenarios.portals import Portal as PortalSpec
from ...scenarios.readers import Reader as ReaderSpec
from ...scenarios.scenario import Scenario
from ...sim.build import Builder
from ...sim.clockwork import Clockwork, Walk
from ...sim.controller import Controller
from ...sim.door import Leaf, ModelDoor, Reader
from ...sim.draws import Draws
from ...sim.log import EventLog
from ...sim.portal import Portal
from ...sim.trips import Day
from ...sim.visit import LEGS, Profile, Visit
from ...sim.world import Leg, World
from .connections import Connections, Lane
from .door import RigDoor
from .oracle import Oracle
from .timeline import BenchTimeline, Injected

LOCKED = 0.05
"""Seconds between two looks whether the last door is locked."""


LAST_LOOK = 1.5
"""Seconds for cameras to tell what they saw last: a camera's delay, and some frames more."""


class Coming(NamedTuple):
    """A visit that is played at the bound portal."""

    t: float
    """When they arrive, s."""
    person: int
    visit: int
    direction: str


class _FewPeople(World):
    """Tells when the last of them is through or has left."""

    expected = 0

    def __init__(self, clock: Clockwork) -> None:
        super().__init__(clock)
        self.over: Any = clock.event()

    def passed(self, visit: Visit) -> None:
        super().passed(visit)
        self._ended()

    def left(self, visit: Visit) -> None:
        super().left(visit)
        self._ended()

    def _ended(self) -> None:
        self.expected -= 1
        if self.expected == 0:
            self.over.succeed()


def lanes_to_wire(served: Sequence[tuple[str, ...]], count: int) -> list[int]:
    """Which of a portal's lanes are wired where the rig has room for `count`: the first of each kind in turn."""
    kinds: dict[tuple[str, ...], list[int]] = {}
    for number, directions in enumerate(served):
        kinds.setdefault(directions, []).append(number)
    chosen: list[int] = []
    while len(chosen) < min(count, len(served)):
        for waiting in kinds.values():
            if waiting and len(chosen) < count:
                chosen.append(waiting.pop(0))
    return sorted(chosen)


class BenchBuilder(Builder):
    """Builds the world of chosen visits at one portal."""

    def __init__(
        self, scenario: Scenario, day: Day, draws: Draws, log: EventLog, portal: str, coming: Sequence[Coming],
        lanes: Sequence[int], connections: tuple[Connections, Sequence[Lane]] | None = None,
        faults: Sequence[tuple[int, TimedFault]] = (), injectors: Mapping[str, Injected | str] | None = None,
    ) -> None:  # fmt: skip
        """`lanes`: numbers of those of the portal's lanes that take part. `connections`: the lines, and how each lane is
        wired; None: modelled doors. `faults`: those that are played, each with its number in the scenario; `injectors`: by fault
        what does it on the rig, or why nothing does."""
        super().__init__(scenario, day, draws, log)
        self._bound, self._coming, self._numbers = portal, list(coming), list(lanes)
        self._connections = connections
        self._faults, self.injectors = list(faults), injectors or {}
        self._events = log
        self.doors: list[RigDoor] = []
        self.over: Any = None
        """Succeeds when the last visit has ended and every door of the rig is locked."""

    def profile(self, person: int) -> Profile:
        """As the roll has them now. Only after `build`."""
        return self._profiles[person]

    @property
    def taken_for(self) -> Mapping[str, tuple[int, str]]:
        """Whom strangers are taken for, by credential. Only after `build`."""
        return self._roll.taken_for

    def _world(self, clock: Clockwork) -> World:
        return _FewPeople(clock)

    def _controller(self, policy: Policy) -> Controller:
        return Oracle(policy, self._roll.taken_for)

    def _play_faults(self, clock: Clockwork, controller: Controller) -> None:
        """By a timeline that is entered when the device is ready."""
        if not self.scenario.faults:
            return
        assert isinstance(controller, Oracle)
        if self._connections is None:
            self.timeline = BenchTimeline(clock, controller, self._portals, self.declared, self._events)
            return
        rig, _ = self._connections
        self.timeline = BenchTimeline(
            clock,
            controller,
            self._portals,
            self.declared,
            self._events,
            rig,
            self.injectors,
            self._up_to_date,
        )
        rig.why_disturbed = self._why_disturbed
        for door in self.doors:
            door.settled = self.timeline.settled

    timeline: BenchTimeline | None = None
    """None: the scenario has no faults that are played."""

    def _why_disturbed(self, answered: bool) -> str:
        assert self.timeline is not None
        if self.timeline.busy:
            return "a fault was just being done or undone"
        if self.timeline.disturbs and not answered:
            return "the readers' line is disturbed on purpose: an answer may be missing"
        return ""

    def _up_to_date(self) -> Generator[Any, Any, None]:
        assert self._connections is not None
        for person in sorted({one.person for one in self._coming}):
            yield from self._connections[0].bring_up_to_date(person, self._profiles[person])

    def _send_people(self, clock: Clockwork, world: World) -> None:
        assert isinstance(world, _FewPeople)
        world.expected = len(self._coming)
        self.over = clock.event()
        Walk(clock, self._send(clock, world))

    def _send(self, clock: Clockwork, world: _FewPeople) -> Generator[Any, Any, None]:
        if self._connections is not None:
            yield from self._connections[0].prepare(self.told)
        if self.timeline is not None:
            self.timeline.enter(self._faults)
        portal = self._portals[self._bound]
        legs = (Leg(portal, None),)
        for t, person, number, direction in self._coming:
            if t > clock.now:
                yield t - clock.now
            profile = self._profiles[person]
            if profile.without_tokens is not profile and self._lost_tokens(person, number // LEGS):
                profile = profile.without_tokens
            world.under_way += 1
            ordinal = int(self.day.population.ordinal[person])
            portal.arrive(Visit(person, ordinal, profile, direction, legs, number, None))
        if self._coming:
            yield world.over
        if self.timeline is not None:
            yield from self.timeline.stop()
        while any((door.unlocked and not door.released) or door.is_open for door in portal.doors):
            yield LOCKED
        if self._connections is not None and self._connections[0].eyes:
            self._connections[0].clock.hold(self, float("inf"))
            yield LAST_LOOK
        self.over.succeed()

    told: Mapping[str, Any] | None = None
    """What the controller is provisioned with, as JSON has it."""

    def _lanes(
        self, document: PolicyDocument, id: str, name: str, spec: PortalSpec
    ) -> Sequence[tuple[str, ...]]:
        served = super()._lanes(document, id, name, spec)
        return [served[number] for number in self._numbers] if id == self._bound else served

    def _answering(self, spec: ReaderSpec, portal: str) -> tuple[Distribution, Distribution]:
        if self._connections is not None and portal == self._bound:
            return constant(0.0), constant(0.0)  # what the device takes is measured
        return super()._answering(spec, portal)

    def _door(
        self, clock: Clockwork, portal: Portal, number: int, leaf: Leaf, readers: Mapping[str, Reader], controller: Controller
    ) -> ModelDoor:  # fmt: skip
        if self._connections is None or portal.id != self._bound:
            return super()._door(clock, portal, number, leaf, readers, controller)
        assert isinstance(controller, Oracle)
        rig, wired = self._connections
        door = RigDoor(clock, portal, wired[number], leaf, readers, controller, self._events, rig)  # type: ignore[arg-type]
        self.doors.append(door)
        return door
