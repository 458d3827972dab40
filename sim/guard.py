"""Guards at a portal: so many posts, one line, a check that takes its time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from ..scenarios.policy.engine import Decision
from ..scenarios.policy.state import Request
from .controller import LISTED
from .door import ModelDoor, Timing, seconds
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

    def check(self, visit: Visit, credential: str, door: ModelDoor) -> Generator[Any, Any, Decision]:
        """Wait for a post, be looked at beside `door`, hear the decision."""
        clock = self.clock
        if not self._free:
            turn = clock.event()
            self._line.append(turn)
            self._note("queue", visit, door, reason="guard")
            yield turn
        else:
            self._free -= 1
        visit.attempt += 1
        began = clock._now
        self._note("guard_start", visit, door)
        self._note("present", visit, door, credential=credential)
        span = seconds(self._takes, visit)
        if span:
            yield span
        now = clock._now
        request = Request(
            now, self.portal, visit.direction, door.reader(visit.direction), visit.person, visit.profile.group, credential,
            "guard", self._finds_in_order(visit), LISTED,
        )  # fmt: skip
        decision = self._controller.ask(request)
        self._note(
            "decision", visit, door, credential=credential, outcome=decision.outcome, reason=decision.reason, value=now - began
        )
        self._note("guard_end", visit, door, value=now - began)
        if self._line:
            self._line.popleft().succeed()
        else:
            self._free += 1
        return decision

    def _note(
        self, event: str, visit: Visit, door: ModelDoor, *, credential: str | None = None, outcome: str | None = None,
        reason: str | None = None, value: float = NO_VALUE,
    ) -> None:  # fmt: skip
        log = self._log
        if log is not None:
            kind = log.kind(event, credential=credential, outcome=outcome, reason=reason)
            place = log.place(self.portal, door.lane, visit.direction)
            log.write((self.clock._now, kind, place, visit.person, visit.number, visit.attempt, NONE, NONE, value))
