"""A door under test at a rig, for tests: provision it, show credentials, see what it says and what its lock does.

Unlike a bench run nothing happens by itself here: no people, no calendar. Each call waits for what it asks for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from ..scenarios.library import Loaded
from ..sim.clockwork import Clockwork
from ..sim.log import EventLog
from .bench.plan import BenchPlan, bind
from .bench.roster import provisioning
from .bench.world import BenchBuilder
from .drivers.osdp_reader import OsdpReader
from .errors import NotTested
from .osdp.replies import Keypad, Raw
from .rig.opening import OpenRig
from .rig.schema import Slot, SlotLane
from .roles import DeviceClock, DoorContact, LockSensor, Provisioned

COLOURS = {"green": "grant", "red": "deny", "amber": "need_more"}
ANSWER = 2.0
"""Seconds for the reader's light to say something."""
LOOK = 0.002
"""Seconds between two looks."""


@dataclass(frozen=True)
class Shown:
    """What came of a credential that was shown."""

    outcome: str | None
    """grant, deny or need_more by the reader's light; None: it said nothing in time."""
    seconds: float | None
    """From the credential on the wire to the light."""


class TestedDoor:
    """One slot of an open rig."""

    __test__ = False  # for pytest: this is not a class of tests

    def __init__(self, bench: OpenRig, slot: Slot) -> None:
        self.bench, self.slot = bench, slot
        self.plan: BenchPlan | None = None
        self._builder: BenchBuilder | None = None

    # ---- at the start

    def provision(self, loaded: Loaded, policy: str | None = None, portal: str | None = None) -> None:
        """Tell the device a scenario's people and one of its policies, and set its clock to the scenario's start.

        Raises: NotTested where the rig has no access server; Refused, with the server's reason.
        """
        plan = bind(loaded, policy=policy, portal=portal, lanes=len(self.slot.lanes))
        builder = plan.build(Clockwork(), EventLog(), None)
        everybody = [(person, builder.profile(person)) for person in range(len(plan.day.population))]
        told = provisioning(loaded.scenario, plan.policy, plan.roster, everybody, plan.portal, plan.lanes)
        server = self._driver(self.slot.server, Provisioned, "an access server that provisions the device")
        server.provision(json.loads(told.to_json()))
        self.plan, self._builder = plan, builder
        self.set_clock(0.0)
        for number, lane in enumerate(self.slot.lanes[: len(plan.lanes)]):
            for way in lane.presenter:
                self._reader(number, way).wait_online(10.0)

    def set_clock(self, world: float) -> None:
        """Set the device's clock to a scenario time, s."""
        clock = self._driver(self.slot.server, DeviceClock, "an access server that sets the device's clock")
        clock.set_clock(self._planned().start + round(world * 1e9))

    # ---- people

    def present(
        self, credential: str, person: int, direction: str = "in", lane: int = 0, *, authentic: bool = True
    ) -> Shown:
        """Show somebody's credential at a reader, and wait for its light."""
        reader = self._reader(lane, direction)
        reader.observed()  # what was lit before says nothing of this
        report = self._planned().roster.report(credential, person, authentic)
        if isinstance(report, Keypad):
            begin = reader.press(report.keys.decode())
        else:
            assert isinstance(report, Raw)
            begin = reader.present(report.card, report.bits)
        until = monotonic() + ANSWER
        while monotonic() < until:
            for edge in reader.observed():
                if edge.level and edge.line in COLOURS:
                    return Shown(COLOURS[edge.line], (edge.stamp - begin) / 1e9)
            sleep(LOOK)
        return Shown(None, None)

    def people(self, group: str) -> list[int]:
        """Numbers of a group's people."""
        builder, plan = self._builder, self._planned()
        assert builder is not None
        return [n for n in range(len(plan.day.population)) if builder.profile(n).group == group]

    # ---- lock and leaf

    def unlocked(self, lane: int = 0) -> bool:
        """By the voltage on the lock's wires, and what kind of lock it is."""
        sensor = self._driver(self._lane(lane).lock, LockSensor, "a lock sensor")
        energised: bool = sensor.lock_energised()
        return energised != self._planned().fail_safe

    def wait_unlocked(self, seconds: float = ANSWER, lane: int = 0) -> bool:
        """Does the lock let go in time?"""
        return _becomes(lambda: self.unlocked(lane), seconds)

    def wait_locked(self, seconds: float, lane: int = 0) -> bool:
        """Does the lock fall in time?"""
        return _becomes(lambda: not self.unlocked(lane), seconds)

    def open(self, lane: int = 0) -> None:
        """Open the leaf."""
        self._driver(self._lane(lane).contact, DoorContact, "a door contact").set_contact(True)

    def shut(self, lane: int = 0) -> None:
        """Shut the leaf."""
        self._driver(self._lane(lane).contact, DoorContact, "a door contact").set_contact(False)

    # ---- inside

    def _planned(self) -> BenchPlan:
        if self.plan is None:
            raise NotTested("the device was not provisioned: call `provision` first")
        return self.plan

    def _lane(self, lane: int) -> SlotLane:
        if not 0 <= lane < len(self.slot.lanes):
            raise NotTested(f"slot {self.slot.id} has no lane {lane}")
        return self.slot.lanes[lane]

    def _reader(self, lane: int, direction: str) -> OsdpReader:
        presenter: Mapping[Any, str] = self._lane(lane).presenter
        found: OsdpReader = self._driver(
            presenter.get(direction), OsdpReader, f"a presenter for the way {direction}"
        )
        return found

    def _driver(self, name: str | None, role: type[Any], what: str) -> Any:
        if name is None or not isinstance(self.bench[name], role):
            raise NotTested(f"slot {self.slot.id} of rig {self.bench.rig.id} has not {what}")
        return self.bench[name]


def _becomes(true: Callable[[], bool], seconds: float) -> bool:
    until = monotonic() + seconds
    while not true():
        if monotonic() >= until:
            return False
        sleep(LOOK)
    return True
