"""The access server in the live loop: it sets the controller's clock, changes its list, opens from afar."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ...sim.clockwork import Entry
from ..errors import NoAnswer, Refused, WrongAnswer
from ..port.events import Failed, Heard
from ..realtime import BenchClockwork, News
from .readers import Outgoing

PATIENCE = 5.0
"""Seconds for an answer: the server asks the controller, and waits for it in turn."""
Told = Callable[[Mapping[str, Any], News], object]
LONGEST = 1 << 16
"""Bytes of provisioning that one order carries; the rest follows in further ones."""


class ServerLine:
    """The administration line of an access server, JSON lines. Its `heard` is the port's listener."""

    port: Outgoing

    def __init__(self, clock: BenchClockwork, resource: str) -> None:
        self.clock, self.resource = clock, resource
        self._number = 0
        self._asked: dict[int, tuple[str, Told | None, Entry]] = {}
        self._rest = b""

    @property
    def owes(self) -> int:
        """Answers that are still to come."""
        return len(self._asked)

    def ask(self, do: str, then: Told | None = None, *, asked_at: float | None = None, **what: Any) -> None:
        """Send a request; `then` hears its answer, whatever it is. Without it a refusal is an error.

        `asked_at`: world time, s, where that is not yet the calendar's (after a cut).
        """
        self._number += 1
        self.clock.hold(self, float("inf"))
        since = self.clock.now if asked_at is None else asked_at
        limit = self.clock.deadline(since + PATIENCE, self._overdue, self._number)
        self._asked[self._number] = do, then, limit
        data = json.dumps({"id": self._number, "do": do, **what}, separators=(",", ":")).encode() + b"\n"
        for begin in range(0, len(data), LONGEST):
            self.port.send(data[begin : begin + LONGEST])

    def _overdue(self, number: int) -> None:
        if number in self._asked:
            raise NoAnswer(
                f"no answer to {self._asked[number][0]} within {PATIENCE:g} s",
                resource=self.resource,
                advice="check that the access server runs and that its controller is connected",
            )

    def heard(self, news: News) -> None:
        """News of the port."""
        event = news.event
        if isinstance(event, Heard):
            *lines, self._rest = (self._rest + event.data).split(b"\n")
            for line in lines:
                self._answer(line, news)
        elif isinstance(event, Failed):
            raise event.exception()

    def _answer(self, line: bytes, news: News) -> None:
        try:
            told = json.loads(line)
            do, then, limit = self._asked.pop(told["id"])
        except (ValueError, KeyError, TypeError) as error:
            raise WrongAnswer("no answer to any request", resource=self.resource, received=line) from error
        self.clock.withdraw(limit)
        if not self._asked:
            self.clock.hold(self, self.clock.now)
        if then is not None:
            then(told, news)
        elif not told.get("ok"):
            raise Refused(
                f"the access server refuses {do}: {told.get('error')}", resource=self.resource, received=line
            )
