"""A lane: takes the next person in line, lets them try, lets them through."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from .visit import Visit

if TYPE_CHECKING:
    from .clockwork import Clockwork
    from .door import ModelDoor
    from .portal import Portal

Steps = Generator[Any, Any, Any]


class Lane:
    """The server of a portal's line; one process for as long as the world runs."""

    def __init__(self, clock: Clockwork, portal: Portal, number: int, door: ModelDoor, directions: tuple[str, ...]):
        self.clock, self.portal, self.number, self.door = clock, portal, number, door
        self.directions = directions
        self._lines = tuple(portal.lines[direction] for direction in directions)
        self._bell: Any = None
        self._paused: dict[str, float] = {}
        clock.process(self._run())

    def serves(self, direction: str) -> bool:
        """Could it take somebody at once, if it is idle?"""
        return direction in self.directions and not self._is_paused(direction)

    def wake(self, visit: Visit | None) -> None:
        """Hand the next person to an idle lane (None: look at the line again)."""
        bell, self._bell = self._bell, None
        bell.succeed(visit)

    def pause(self, direction: str, until: float) -> None:
        """Its reader of that direction is suspended."""
        self._paused[direction] = until
        self.clock.at(until, self._resume, direction)

    def _resume(self, direction: str) -> None:
        if self._paused.get(direction, 0.0) <= self.clock._now:
            self._paused.pop(direction, None)
            self.portal.resumed(self.number, direction)
            if self._bell is not None and self.portal.lines[direction].first() is not None:
                self.portal.idle.remove(self)
                self.wake(None)

    def _is_paused(self, direction: str) -> bool:
        return bool(self._paused) and self._paused.get(direction, 0.0) > self.clock._now

    def _next(self) -> Visit | None:
        best: Visit | None = None
        for line, direction in zip(self._lines, self.directions, strict=True):
            if line.waiting and not self._is_paused(direction):
                first = line.first()
                if first is not None and (best is None or (first.rank, first.joined) < (best.rank, best.joined)):
                    best = first
        if best is not None:
            self.portal.lines[best.direction].call(best)
        return best

    def _run(self) -> Steps:
        clock, portal = self.clock, self.portal
        record, rearm = portal.record, portal.rearm
        while True:
            visit = self._next()
            if visit is None:
                self._bell = clock.event()
                portal.idle.append(self)
                visit = yield self._bell
                if visit is None:
                    continue
            began = clock._now
            if visit.means:
                way = yield from self._authenticate(visit)
                if way is not None:
                    yield from self.door.let_through(visit, way)
            else:
                yield from self.door.let_through(visit, "free")
                way = "free"
            if way is not None:
                seconds = rearm(visit)
                if seconds:
                    yield seconds
            if record is not None:
                now = clock._now
                record((
                    now, "stage", portal.id, self.number, visit.direction, visit.person.number, visit.number, visit.attempt,
                    -1, None, None, "occupied", None, -1, now - began,
                ))  # fmt: skip

    def _authenticate(self, visit: Visit) -> Steps:
        """Try until granted, or until the person leaves the lane. -> the way of the pass, or None."""
        clock, portal, door = self.clock, self.portal, self.door
        while True:
            if self._paused:
                left = self._paused.get(visit.direction, 0.0) - clock._now
                if left > 0.0:
                    yield left
            means = visit.means[visit.place]
            credential = means.credentials[visit.part]
            at_guard = means.shown_at == "guard"
            if at_guard:
                decision = yield from portal.guard_post().check(visit, credential, self.number)
            else:
                decision = yield from door.present(visit, credential)
            if decision is not None:
                if decision.outcome == "grant":
                    if at_guard:
                        return "guard"
                    return "own" if credential in visit.person.listed else "shared"
                if decision.outcome == "need_more" and visit.part + 1 < len(means.credentials):
                    visit.part += 1
                    continue
                if decision.suspends is not None:
                    portal.suspended(self, visit, decision)
            if not portal.denied(visit, decision):
                return None
