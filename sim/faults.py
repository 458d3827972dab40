"""Faults in the modelled world: a scenario's timeline, and doors that suffer from it.

Only a scenario that has faults is built with such doors; in all others nothing here is asked. What each fault does stands
in the catalogue (scenarios/faults.py).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..scenarios.faults import CATALOGUE, FaultKind, TimedFault
from ..scenarios.policy.engine import Decision
from ..scenarios.policy.state import (
    FaultOff,
    FaultOn,
    FireAlarm,
    FireReset,
    Happening,
    Override,
    Record,
    Request,
)
from .controller import LISTED, Controller, Recognition
from .door import ModelDoor, Reader
from .log import NONE, EventLog
from .visit import Visit

if TYPE_CHECKING:
    from .clockwork import Clockwork
    from .portal import Portal

REPEAT = 0.2
"""Seconds until a frame that was spoilt is asked for again (OSDP, reply time-out)."""
Steps = Generator[Any, Any, Any]


class FaultyDoor(ModelDoor):
    """A door that faults can strike."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.mute: set[str] = set()
        """Directions whose reader answers nothing."""
        self.blind: set[str] = set()
        """Directions whose camera sees no face."""
        self.slow = 0.0
        """Seconds by which each answer is late."""
        self.stuck = False
        """Does the bolt not move?"""

    def present(
        self, visit: Visit, credential: str, holder: Visit | None = None
    ) -> Generator[float, None, Decision | None]:
        """As of the modelled door; what cannot be read is an acquisition that failed, what does not open is no answer."""
        reader: Reader = self.readers[credential]
        if visit.direction in self.mute or (reader.images_faces and visit.direction in self.blind):
            visit.attempt += 1
            length, *_ = reader.sample(visit)
            began = self.clock._now
            if self.log is not None:
                self._tell_presented(visit, credential, reader, began)
            if length:
                yield length
            self.note("acquire_failed", visit, credential=credential, value=self.clock._now - began)
            return None
        decision = yield from super().present(visit, credential, holder)
        if decision is not None and self.slow:
            yield self.slow
        return None if decision is not None and decision.outcome == "grant" and self.stuck else decision

    def wrench(self) -> None:
        """Somebody opens the leaf, whatever the lock says."""
        now = self.clock._now
        if not self.is_open:
            if not self.unlocked:
                self.note("forced", None)
            self.is_open, self.open_since, self._warned = True, now, False
            if self._tells_doors:
                self.controller.moved(self.portal.id, True, now, self.lane)
            self.note("open", None)
        self.propped = True
        self._tend(now)


class FaultyController(Controller):
    """A controller whose clock may show another time."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.skew = 0.0
        """Seconds ahead."""
        self._since = self._rate = 0.0

        self.entries: dict[tuple[int, str], Record] = {}
        """By person and credential: since when somebody stands on the list, or no more, if that changed in the run."""
        self._first: dict[tuple[int, str], Record | None] = {}
        """The same as it was at the start."""
        self._wrong_since: float | None = None
        self._is_stale = self._is_full = False
        self._waiting: set[tuple[int, str]] = set()
        """Who is to be listed once there is room."""

    def store_is(self, full: bool, t: float) -> None:
        """Nobody more fits on the list; or there is room again."""
        self._is_full = full
        if not full:
            for key in self._waiting:
                self.entries[key] = Record(issued=t)
            self._waiting.clear()

    def server_is(self, what: FaultKind, on: bool, t: float) -> None:
        """The access server gives out a list on which everybody is revoked (`server-wrong`), or that of the start."""
        if what is FaultKind.SERVER_WRONG:
            self._wrong_since = t if on else None
        else:
            self._is_stale = on

    def listed(self, person: int, credential: str, is_listed: bool, t: float) -> None:
        """The server's list has changed. A controller that is cut off does not learn of it."""
        self._first.setdefault((person, credential), None if is_listed else LISTED)
        if is_listed and self._is_full:
            self._waiting.add((person, credential))
            t = float("inf")
        before = self.entries.get((person, credential), LISTED)
        self.entries[person, credential] = (
            Record(issued=t) if is_listed else before._replace(revoked=min(before.revoked, t))
        )

    def shown(self, t: float) -> float:
        """What its clock shows at an instant, s after the scenario's start."""
        return t + self.skew + (t - self._since) * self._rate

    def drift_from(self, now: float, rate: float) -> None:
        """From now on it runs fast by `rate` seconds a second; what it has gained until now stays."""
        self.skew += (now - self._since) * self._rate
        self._since, self._rate = now, rate

    def request(
        self,
        visit: Visit,
        credential: str,
        known: Recognition,
        luck: float,
        t: float,
        portal: str,
        reader: str,
    ) -> tuple[Request, int | None]:
        """As of a sound one, at the time that its clock shows, and with the list's entry as it came to be: the policy says
        what a controller knows of it that is cut off."""
        request, named = super().request(visit, credential, known, luck, self.shown(t), portal, reader)
        key = visit.person, credential
        if request.person == visit.person and key in self.entries:
            request = request._replace(record=self._first[key] if self._is_stale else self.entries[key])
        if self._wrong_since is not None and request.record is not None:
            revoked = min(request.record.revoked, self._wrong_since)
            request = request._replace(record=request.record._replace(revoked=revoked))
        return request, named

    def ask(self, request: Request) -> Decision:
        """As of a sound one; a suspension is told in the world's time."""
        return self.in_world(super().ask(request), request.t - self._world_time(request.t))

    def person_suspended_until(self, person: int) -> float:
        until = super().person_suspended_until(person)
        return self._world_time(until) if until else until

    def in_world(self, decision: Decision, ahead: float) -> Decision:
        """The same with the end of a suspension in the world's time. `ahead`: of the controller's clock, s."""
        if decision.suspends is None or not ahead:
            return decision
        subject, until = decision.suspends
        return decision._replace(suspends=(subject, until - ahead))

    def _world_time(self, shown: float) -> float:
        """When its clock shows this, if nothing else happens to it."""
        return (shown - self.skew + self._since * self._rate) / (1.0 + self._rate)


class Timeline:
    """Begins and ends the faults of a scenario."""

    def __init__(
        self, clock: Clockwork, controller: FaultyController, portals: Mapping[str, Portal], declared: Mapping[str, str], log: EventLog | None
    ) -> None:  # fmt: skip
        """`portals` by instance; `declared`: the id of each as the scenario has it."""
        self._clock, self._controller, self._portals, self._log = clock, controller, portals, log
        self._declared = declared

    def play(self, faults: Iterable[TimedFault]) -> None:
        """Enter them into the calendar."""
        for one in faults:
            self._clock.at(one.at, self._begin, one)
            if one.lasts is not None:
                self._clock.at(one.end, self._end, one)

    # ---- one fault

    def _begin(self, one: TimedFault) -> None:
        self._tell("fault_on", one)
        self._turn(one, True)

    def _end(self, one: TimedFault) -> None:
        self._turn(one, False)
        self._tell("fault_off", one)

    def _turn(self, one: TimedFault, on: bool) -> None:
        now, kind = self._clock._now, one.fault
        word = CATALOGUE[kind].policy
        if word is not None:
            for where in self._wheres(one.where):
                self._happen(FaultOn(now, word, where) if on else FaultOff(now, word, where))
        for portal, door, directions in self._doors(one.where):
            self._strike(kind, one, portal, door, directions, on)
        if kind is FaultKind.FIRE:
            zone = None if one.where is None else frozenset(id for id, _ in self._struck(one.where))
            self._happen(FireAlarm(now, zone) if on else FireReset(now))
        elif kind in (FaultKind.OVERRIDE_OPEN, FaultKind.OVERRIDE_LOCKED):
            mode: Any = kind.value.removeprefix("override-") if on else None
            for id, _ in self._struck(one.where):
                self._happen(Override(now, id, mode))
        elif kind is FaultKind.CLOCK_JUMP:
            self._controller.skew += one.parameter("by") if on else -one.parameter("by")
        elif kind in (FaultKind.SERVER_WRONG, FaultKind.SERVER_STALE):
            self._controller.server_is(kind, on, now)
        elif kind is FaultKind.STORE_FULL:
            self._controller.store_is(on, now)
        elif kind is FaultKind.CLOCK_DRIFT:
            self._controller.drift_from(now, one.parameter("rate") / 86_400 if on else 0.0)
        self._settle()

    def _strike(
        self, kind: FaultKind, one: TimedFault, portal: Portal, door: FaultyDoor, directions: set[str], on: bool
    ) -> None:  # fmt: skip
        """What a fault does to one door."""
        match kind:
            case FaultKind.READER_UNPLUGGED | FaultKind.LINE_CUT | FaultKind.LINE_SHORT:
                door.mute = door.mute | directions if on else door.mute - directions
            case FaultKind.CAMERA_COVERED | FaultKind.CAMERA_BLINDED | FaultKind.CAMERA_FROZEN:
                door.blind = door.blind | directions if on else door.blind - directions
            case FaultKind.LINE_BIT_ERRORS | FaultKind.LINE_NOISE:
                door.slow += REPEAT if on else -REPEAT
            case FaultKind.LINE_DELAY:
                door.slow += 2 * one.parameter("delay") * (1 if on else -1)
            case FaultKind.STRIKE_STUCK:
                door.stuck = on
            case FaultKind.FORCED | FaultKind.HELD_OPEN:
                assert portal.ajar is not None
                if not on:
                    portal.ajar.let_fall(door)
                    return
                door.wrench()
                portal.ajar.keep(door)
            case _:
                pass

    # ---- what follows

    def _settle(self) -> None:
        """Locks that the policy holds open stand open, and fall when it does not any more."""
        now, controller = self._clock._now, self._controller
        for id, portal in self._portals.items():
            assert portal.ajar is not None
            state = controller.policy.lock(controller.state, id, 0, now)
            hours = controller.policy.is_held_open(id, now)
            if state == "unlocked" and not hours:
                portal.ajar.release("fault")
            else:
                portal.ajar.secure("fault")

    def _happen(self, happening: Happening) -> None:
        self._controller.state = self._controller.policy.advance(self._controller.state, happening)

    # ---- where

    def _struck(self, where: str | None) -> list[tuple[str, Portal]]:
        name = None if where is None else where.split("/")[0]
        return [(id, one) for id, one in self._portals.items() if name in (None, id, self._declared[id])]

    def _wheres(self, where: str | None) -> list[str | None]:
        """As the policy's state has it: None, instances, or readers of instances."""
        if where is None:
            return [None]
        name, _, rest = where.partition("/")
        if rest.count("/") == 0:
            return [id for id, _ in self._struck(name)]
        return [f"{id}/{rest}" for id, _ in self._struck(name)]

    def _doors(self, where: str | None) -> list[tuple[Portal, FaultyDoor, set[str]]]:
        """Lanes, and the directions of each whose readers are meant."""
        parts = [] if where is None else where.split("/")[1:]
        lane = None if not parts else int(parts[-1])
        directions = {parts[0]} if len(parts) == 2 else {"in", "out"}
        return [
            (portal, door, directions)
            for _, portal in self._struck(where)
            for door in portal.doors
            if isinstance(door, FaultyDoor) and lane in (None, door.lane)
        ]

    def _tell(self, event: str, one: TimedFault) -> None:
        if self._log is None:
            return
        kind = self._log.kind(event, reason=str(one.fault))
        places = self._struck(one.where) if one.where is not None else list(self._portals.items())[:1]
        parts = [] if one.where is None else one.where.split("/")[1:]
        lane = int(parts[-1]) if parts else 0
        direction = parts[0] if len(parts) == 2 else "in"
        for id, _ in places:
            place = self._log.place(id, lane, direction)
            self._log.write((self._clock._now, kind, place, NONE, NONE, NONE, NONE, NONE, float("nan")))
