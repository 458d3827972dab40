"""A lane: takes the next person in line, lets them try, lets them through."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from .clockwork import PARK, Walk
from .door import seconds
from .log import NONE
from .visit import Visit

if TYPE_CHECKING:
    from ..scenarios.policy.engine import Decision, Means
    from .clockwork import Clockwork
    from .door import ModelDoor
    from .portal import Portal

Steps = Generator[Any, Any, Any]


def _missing_part(means: Means, decision: Decision) -> int:
    """Which credential of a combination is asked for next."""
    missing = {name for one in decision.next for name in one.credentials}
    return next((part for part, name in enumerate(means.credentials) if name in missing), 0)


class Lane:
    """The server of a portal's lines; one process for as long as the world runs."""

    def __init__(
        self, clock: Clockwork, portal: Portal, number: int, door: ModelDoor, directions: tuple[str, ...]
    ):
        self.clock, self.portal, self.number, self.door = clock, portal, number, door
        self.directions = self.open_to = directions
        """Directions that it serves, and those whose reader works."""
        self._lines = tuple(portal.lines[direction] for direction in directions)
        self._paused: dict[str, float] = {}
        self._process = Walk(clock, self._run())
        self.wake = self._process.wake
        """Hand the next person to the lane, which is idle (None: look at the line again)."""

    def pause(self, direction: str, until: float) -> None:
        """Its reader of that direction is suspended."""
        self._paused[direction] = until
        self.open_to = tuple(one for one in self.directions if one not in self._paused)
        self.clock.at(until, self._resume, direction)

    def _resume(self, direction: str) -> None:
        if self._paused.get(direction, 0.0) <= self.clock._now:
            self._paused.pop(direction, None)
            self.open_to = tuple(one for one in self.directions if one not in self._paused)
            self.door.note("resume", None, reason="reader")
            if self in self.portal.idle and self.portal.lines[direction].first() is not None:
                self.portal.idle.remove(self)
                self.wake(None)

    def _next(self) -> Visit | None:
        best: Visit | None = None
        for line, direction in zip(self._lines, self.directions, strict=True):
            if line.waiting and (direction in self.open_to or self.portal.stands_open):
                first = line.first()
                if first is not None and (
                    best is None or (first.rank, first.joined) < (best.rank, best.joined)
                ):
                    best = first
        if best is not None:
            self.portal.lines[best.direction].call(best)
        return best

    def _run(self) -> Steps:
        clock, portal, door = self.clock, self.portal, self.door
        idle, rearm, log = portal.idle, portal.rearm, portal.log
        if log is not None:
            occupied = log.kind("stage", reason="occupied")
            places = {
                direction: log.place(portal.id, self.number, direction) for direction in self.directions
            }
        first, last = self._lines[0], self._lines[-1]
        while True:
            visit = self._next() if first.waiting or last.waiting else None
            if visit is None:
                idle.append(self)
                visit = yield PARK
                if visit is None:
                    continue
            began = clock._now
            person, number, direction = visit.person, visit.number, visit.direction
            way = "free" if portal.stands_open or not visit.means else (yield from self._authenticate(visit))
            if way is not None:
                named = door.named if way == "shared" else None
                means = visit.means[visit.place] if portal.lends and way == "own" else None
                yield from door.let_through(visit, way, NONE if named is None else named)
                if means is not None:
                    yield from self._lend(visit, means)
                pause = rearm if type(rearm) is float else seconds(rearm, visit)
                if pause:
                    yield pause
            if log is not None:
                now = clock._now
                log.write((now, occupied, places[direction], person, number, NONE, NONE, NONE, now - began))

    def _lend(self, opener: Visit, means: Means) -> Steps:
        """Somebody who has passed by `means` presents the credential once more for those who wait beside the door."""
        portal, door = self.portal, self.door
        if means.shown_at != "reader" or len(means.credentials) > 1:
            return
        for borrower in portal.following.borrowers(opener):
            decision = yield from door.present(borrower, means.credentials[0], opener)
            if decision is None or decision.outcome != "grant":
                if decision is not None:
                    self._heed(decision, borrower.direction)
                portal.following.wait_on(borrower)
                return
            yield from door.let_through(borrower, "shared", opener.person)

    def _authenticate(self, visit: Visit) -> Steps:
        """Try until granted, or until the person leaves the lane. -> the way of the pass, or None."""
        portal, door = self.portal, self.door
        while True:
            if self._paused:
                left = self._paused.get(visit.direction, 0.0) - self.clock._now
                if left > 0.0:
                    yield left
            means = visit.means[visit.place]
            credential = means.credentials[visit.part]
            at_guard = means.shown_at == "guard"
            if at_guard:
                post = portal.guard_post()
                # Off duty since the person joined the line: as if refused.
                decision = None if post is None else (yield from post.check(visit, credential, self.door))
            else:
                decision = yield from door.present(visit, credential)
            if decision is not None:
                outcome = decision.outcome
                if outcome == "grant":
                    if at_guard:
                        return "guard"
                    own = credential in visit.profile.listed
                    # A controller that is cut off may still honour what was revoked.
                    return "own" if own or (decision.step >= 11 and door.named == visit.person) else "shared"
                if outcome == "need_more":
                    before, visit.part = visit.part, _missing_part(means, decision)
                    if visit.part > before:
                        continue
                    # Too slow: an earlier part has lapsed, and this try was in vain.
                self._heed(decision, visit.direction)
            if not portal.denied(visit):
                return None

    def _heed(self, decision: Decision, direction: str) -> None:
        """Present nothing at a reader that a denial has suspended."""
        if decision.suspends is not None and decision.suspends[0] == self.door.reader(direction):
            self.pause(direction, decision.suspends[1])
