"""Guards at a portal: so many posts, one line, a check that takes its time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from ..scenarios.policy.engine import Decision
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
        takes: Callable[[Visit], float],
        recognises: Callable[[Visit], bool],
        controller: Controller,
        record: Callable[[tuple[object, ...]], None] | None,
    ) -> None:
        self.clock, self.portal, self.occupies_lane = clock, portal, occupies_lane
        self._free = posts
        self._takes, self._recognises = takes, recognises
        self._controller, self._record = controller, record
        self._line: deque[Any] = deque()

    def check(self, visit: Visit, credential: str, lane: int) -> Generator[Any, None, Decision]:
        """Wait for a post, be looked at, hear the decision."""
        clock, record = self.clock, self._record
        if not self._free:
            turn = clock.event()
            self._line.append(turn)
            if record is not None:
                self._row("queue", visit, lane, reason="guard")
            yield turn
        else:
            self._free -= 1
        visit.attempt += 1
        began = clock._now
        if record is not None:
            self._row("guard_start", visit, lane)
            self._row("present", visit, lane, credential=credential)
        seconds = self._takes(visit)
        if seconds:
            yield seconds
        now = clock._now
        request = self._controller.vouch(
            visit.person, credential, self._recognises(visit), now, self.portal, visit.direction, lane
        )
        decision = self._controller.ask(request)
        if record is not None:
            self._row(
                "decision", visit, lane, credential=credential, outcome=decision.outcome, reason=decision.reason,
                value=now - began,
            )  # fmt: skip
            self._row("guard_end", visit, lane, value=now - began)
        if self._line:
            self._line.popleft().succeed()
        else:
            self._free += 1
        return decision

    def _row(
        self, event: str, visit: Visit, lane: int, *, credential: str | None = None, outcome: str | None = None,
        reason: str | None = None, value: float | None = None,
    ) -> None:  # fmt: skip
        self._record((  # type: ignore[misc]
            self.clock._now, event, self.portal, lane, visit.direction, visit.person.number, visit.number, visit.attempt, -1,
            credential, outcome, reason, None, -1, value,
        ))  # fmt: skip
