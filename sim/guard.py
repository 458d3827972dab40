"""Guards at a portal: so many posts, one line, a check that takes its time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from ..scenarios.policy.engine import Decision
from ..scenarios.policy.state import Request
from .controller import LISTED
from .door import ModelDoor, Timing, seconds
from .line import LATE
from .log import NO_VALUE, NONE, EventLog
from .visit import Visit

if TYPE_CHECKING:
    from .clockwork import Clockwork
    from .controller import Controller


class GuardPost:
    """Checks people, one a post at a time, in the order in which they ask."""

    def __init__(
        self,
        clock: Clockwork,
        portal: str,
        posts: int,
        occupies_lane: bool,
        takes: Timing,
        finds_in_order: Callable[[Visit], bool],
        controller: Controller,
        log: EventLog | None,
    ) -> None:
        self.clock, self.portal, self.occupies_lane = clock, portal, occupies_lane
        self._free = posts
        self._takes, self._finds_in_order = takes, finds_in_order
        self._controller, self._log = controller, log
        self._line: deque[Any] = deque()
        # Wrong tries with the guard are not the lane's reader's.
        self._readers = {direction: f"{portal}/{direction}/guard" for direction in ("in", "out")}

    def check(self, visit: Visit, credential: str, door: ModelDoor) -> Generator[Any, Any, Decision | None]:
        """Wait for a post, be looked at beside `door`, hear the decision. None: patience ended before it was one's turn
        (only beside the lanes: who stands in a lane stays)."""
        clock = self.clock
        if not (yield from self._come(visit, door)):
            return None
        visit.attempt += 1
        began = clock._now
        self._note("guard_start", visit, door)
        self._note("present", visit, door, credential=credential)
        span = seconds(self._takes, visit)
        if span:
            yield span
        now = clock._now
        request = Request(
            now, self.portal, visit.direction, self._readers[visit.direction], visit.person, visit.profile.group, credential,
            "guard", self._finds_in_order(visit), LISTED,
        )  # fmt: skip
        decision = self._controller.ask(request)
        self._note(
            "decision",
            visit,
            door,
            credential=credential,
            outcome=decision.outcome,
            reason=decision.reason,
            value=now - began,
        )
        self._note("guard_end", visit, door, value=now - began)
        self._next()
        return decision

    def help(self, visit: Visit, takes: Timing, door: ModelDoor) -> Generator[Any, Any, bool]:
        """Be heard by a guard about something that is not in the orders. False: patience ended before it was one's turn."""
        if not (yield from self._come(visit, door)):
            return False
        began = self.clock._now
        self._note("guard_start", visit, door)
        span = seconds(takes, visit)
        if span:
            yield span
        self._note("guard_end", visit, door, value=self.clock._now - began)
        self._next()
        return True

    def _come(self, visit: Visit, door: ModelDoor) -> Generator[Any, Any, bool]:
        """Wait for one's turn. False: patience ended before."""
        if self._free:
            self._free -= 1
            return True
        self._note("queue", visit, door, reason="guard")
        turn: bool = yield self._turn(visit)
        return turn

    def _turn(self, visit: Visit) -> Any:
        """An event: true when it is one's turn, false when patience ends before."""
        turn = self.clock.event()
        visit.stay += 1  # patience is drawn anew for every wait
        self._line.append(turn)
        patience = visit.profile.ways.patience
        if patience is not None and not self.occupies_lane:
            ends = (
                visit.deadline
                if visit.profile.ways.patience_over_visit
                else self.clock._now + seconds(patience, visit)
            )
            self.clock.at(max(ends, self.clock._now), self._give_up, turn, LATE)
        return turn

    def _give_up(self, turn: Any) -> None:
        if not turn.triggered:
            self._line.remove(turn)
            turn.succeed(False)

    def _next(self) -> None:
        if self._line:
            self._line.popleft().succeed(True)
        else:
            self._free += 1

    def _note(
        self, event: str, visit: Visit, door: ModelDoor, *, credential: str | None = None, outcome: str | None = None,
        reason: str | None = None, value: float = NO_VALUE,
    ) -> None:  # fmt: skip
        log = self._log
        if log is not None:
            kind = log.kind(event, credential=credential, outcome=outcome, reason=reason)
            place = log.place(self.portal, door.lane, visit.direction)
            log.write(
                (self.clock._now, kind, place, visit.person, visit.number, visit.attempt, NONE, NONE, value)
            )
