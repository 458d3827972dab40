"""Doors that stand open although nobody opened them: propped by people, held by the controller's hours, or switched off.

One `Ajar` a portal, and only where the scenario or the policy gives a reason for one. Whoever comes then walks through by way
`free`, without being asked for anything. How the leaf and the lock do it is the door's business.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator
from typing import TYPE_CHECKING, Any

from ..scenarios.clock import DAY
from ..scenarios.decay import Prop, Wear
from ..scenarios.policy.document import PolicyDocument
from ..scenarios.policy.schedule import WallClock, contains
from ..scenarios.policy.state import Override
from ..scenarios.policy.upkeep import GivesUp, Maintenance, Patrol
from ..scenarios.units import Hours
from .clockwork import Walk
from .door import seconds
from .log import NO_VALUE, NONE

if TYPE_CHECKING:
    from .clockwork import Clockwork
    from .door import ModelDoor, Sample
    from .portal import Portal
    from .visit import Visit

DENIAL, WAIT, NO_CREDENTIAL = 1, 2, 4
"""What a passage cost somebody (bits of `Visit.trouble`): an attempt was in vain, one stood aside and waited for others, one
holds nothing that is accepted here."""
TROUBLES = {"denial": DENIAL, "wait": WAIT, "no-credential": NO_CREDENTIAL}
PROPPED, SWITCHED_OFF, HELD = "propped", "switched-off", "hold-open"
"""Reasons of the rows: `fault_on` and `fault_off` of the first two, `unlock` of the last two."""

Steps = Generator[float, None, None]


def troubles(prop: Prop) -> int:
    """The bits after which people of these habits may prop a door."""
    return sum(TROUBLES[one] for one in prop.after)


class Ajar:
    """What lets people through a portal though nobody opens for them."""

    def __init__(
        self,
        portal: Portal,
        document: PolicyDocument,
        declared: str,
        props: bool,
    ) -> None:
        """`declared`: the portal's id in the scenario. `props`: can anybody prop its doors?"""
        self._portal, self._clock, self._log = portal, portal.clock, portal.log
        self._declared, self._props = declared, props
        self._propped: dict[ModelDoor, float] = {}
        """Doors that stand propped, and since when."""
        self._released: set[str] = set()
        """Why its lock stays open: hours, readers switched off."""
        self._gives_up: GivesUp | None = next((one for one in document.gives_up if declared in one.at), None)
        self._calls: deque[float] = deque()
        hours = portal.policy.hold_open_hours(portal.id)
        if hours:
            Walk(self._clock, self._hold_open(hours, portal.policy.wall_clock))
        for one in document.patrol:
            if declared in one.at if one.at is not None else portal.readers:
                Walk(self._clock, self._patrol(one, portal.policy.wall_clock))

    @staticmethod
    def needed(document: PolicyDocument, declared: str, readers: Collection[str], props: bool) -> bool:
        """Could such a portal ever stand open, or is anybody sent to see?"""
        return (
            props
            or any(declared in one.at for one in document.hold_open)
            or any(declared in one.at for one in document.gives_up)
            or any(declared in one.at if one.at is not None else readers for one in document.patrol)
        )

    # ---- people

    def take(self, visit: Visit) -> None:
        """Somebody comes, or stands there, and it stands open: through a propped door at once, else by the lanes."""
        if self._propped:
            door = min(self._propped, key=lambda one: one.clear_at)
            visit.stay += 1
            door.follow(visit, "free", seconds(visit.profile.ways.headway, visit))
        else:
            self._portal.to_lane(visit)

    def after(self, door: ModelDoor, visit: Visit) -> None:
        """Somebody has gone through a door: do they prop it?"""
        if not self._props or not visit.trouble or self._portal.stands_open or door not in self._portal.doors:
            return
        ways = visit.profile.ways
        if (
            visit.trouble & ways.prop_after
            and (ways.prop_at is None or self._declared in ways.prop_at)
            and ways.propping(visit) < ways.prop[self._portal.situation(visit)]
        ):
            self._propped[door] = self._clock._now
            door.prop()
            door.note("fault_on", visit, reason=PROPPED)
            self._begin()

    def complained(self, callee: str) -> None:
        """Somebody has called about this portal."""
        rule, now = self._gives_up, self._clock._now
        if rule is None or callee not in rule.calls or SWITCHED_OFF in self._released:
            return
        calls = self._calls
        calls.append(now)
        while calls[0] <= now - rule.within:
            calls.popleft()
        if len(calls) >= rule.after:
            calls.clear()
            self._tell_controller("open")
            self._note("fault_on", SWITCHED_OFF)
            self.release(SWITCHED_OFF)
            if rule.lasts is not None:
                self._clock.at(now + rule.lasts, self._switch_on, now)

    def _switch_on(self, since: float) -> None:
        self._tell_controller(None)
        self._note("fault_off", SWITCHED_OFF, self._clock._now - since)
        self.secure(SWITCHED_OFF)

    def _tell_controller(self, mode: Any) -> None:
        controller = self._portal.controller
        override = Override(self._clock._now, self._portal.id, mode)
        controller.state = controller.policy.advance(controller.state, override)

    # ---- rounds and hours

    def _patrol(self, patrol: Patrol, wall: WallClock) -> Steps:
        while True:
            yield patrol.every
            now = self._clock._now
            if not contains(patrol.hours, wall.at(now)):
                continue
            if patrol.takes:
                self._note("guard_start", "patrol")
                self._clock.at(now + patrol.takes, self._leaves, patrol.takes)
            for door, since in list(self._propped.items()):
                del self._propped[door]
                door.note("fault_off", None, reason=PROPPED, value=now - since)
                door.shut()
            self._end()

    def _leaves(self, seconds: float) -> None:
        self._note("guard_end", "patrol", seconds)

    def _hold_open(self, hours: tuple[Hours, ...], wall: WallClock) -> Steps:
        """Releases and secures at the edges of the hours, also across changes of the clock."""
        edges = [edge % DAY for one in hours for edge in (one.begin, one.end)]
        while True:
            now = self._clock._now
            clock = wall.at(now)
            if contains(hours, clock):
                self.release(HELD)
            else:
                self.secure(HELD)
            ahead = min((edge - clock) % DAY or DAY for edge in edges)
            turns = [change - now for change in wall.changes if now < change < now + ahead]
            yield min([ahead, *turns])

    # ---- standing open

    def keep(self, door: ModelDoor) -> None:
        """A leaf stands open from now on, whoever opened it: whoever comes walks through."""
        if door not in self._propped:
            self._propped[door] = self._clock._now
            door.prop()
            self._begin()

    def let_fall(self, door: ModelDoor) -> None:
        """Nothing keeps it open any more."""
        if self._propped.pop(door, None) is not None:
            door.shut()
            self._end()

    def release(self, reason: str) -> None:
        """Keep every lock open, for this reason, until it is made `secure`."""
        if reason in self._released:
            return
        self._released.add(reason)
        for door in self._portal.doors:
            door.release(reason)
        self._begin()

    def secure(self, reason: str) -> None:
        """This reason is gone; locks fall when it was the last."""
        if reason not in self._released:
            return
        self._released.remove(reason)
        if not self._released:
            for door in self._portal.doors:
                door.secure()
        self._end()

    def _begin(self) -> None:
        """It stands open from now on: those who wait walk through."""
        portal = self._portal
        portal.stands_open = True
        for line in portal.aside.values():
            while line:
                self.take(line.popleft())
        if self._propped:
            for visit in self._called():
                self.take(visit)
        else:
            # A lane whose reader was suspended idles though people wait; now it needs none.
            for lane in list(portal.idle):
                if any(portal.lines[direction].waiting for direction in lane.directions):
                    portal.idle.remove(lane)
                    lane.wake(None)

    def _end(self) -> None:
        """Who still waits for a lane must show something again, or is left with what else there is to do."""
        portal = self._portal
        if not portal.stands_open or self._propped or self._released:
            return
        portal.stands_open = False
        for visit in self._called():
            portal.begin(visit)

    def _called(self) -> list[Visit]:
        """Everybody in the lines at a reader, called out of them in their order."""
        called: list[Visit] = []
        for direction in self._portal.readers:
            line = self._portal.lines[direction]
            while (visit := line.first()) is not None:
                line.call(visit)
                called.append(visit)
        return sorted(called, key=lambda visit: (visit.rank, visit.joined))

    def _note(self, event: str, reason: str, value: float = NO_VALUE) -> None:
        log = self._log
        if log is not None:
            place = log.place(self._portal.id, NONE, "in")
            log.write(
                (self._clock._now, log.kind(event, reason=reason), place, NONE, NONE, NONE, NONE, NONE, value)
            )


class Upkeep:
    """How long a portal's readers have gone without care."""

    def __init__(self, rounds: Collection[Maintenance], declared: str) -> None:
        """`rounds` of the policy; `declared`: the portal's id in the scenario."""
        spans = [one.every for one in rounds if one.at is None or declared in one.at]
        self._every = min(spans) if spans else None

    def since(self, t: float) -> float:
        """Seconds since the last round, or since the start."""
        return t if self._every is None else t % self._every


def worn(
    sample: Callable[[Visit], Sample],
    wear: Wear,
    upkeep: Upkeep,
    clock: Clockwork,
    lost: Callable[[Visit], float],
) -> Callable[[Visit], Sample]:
    """The attempts of a reader that wears: of those that would have had a sample a growing share has none (`lost`: a uniform
    number by attempt). The time until the reader gives up is that of the whole attempt."""

    def draw(visit: Visit) -> Sample:
        length, actuate, acquired, match = sample(visit)
        if acquired and lost(visit) < wear.at(upkeep.since(clock._now)):
            acquired = False
        return length, actuate, acquired, match

    return draw


__all__ = ["DENIAL", "NO_CREDENTIAL", "TROUBLES", "WAIT", "Ajar", "Upkeep", "troubles", "worn"]
