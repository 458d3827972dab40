"""One message after the other over ports, each with its stamps, for tests before a run: nothing else may listen meanwhile."""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Callable
from time import monotonic

from .. import errors
from ..port.events import Event, Failed, Heard, Sent
from ..port.port import Port
from .stalls import Stalls


class Conversation:
    """What is said over one port and heard over another, or the same."""

    def __init__(self, sender: Port, receiver: Port) -> None:
        self.sender, self.receiver = sender, receiver
        self._ports = list(dict.fromkeys((sender, receiver)))
        self.stalls = Stalls()
        self._news: deque[tuple[Port, Event]] = deque()
        self._heard = b""
        self._last: Heard | None = None
        self._sent: dict[int, Sent] = {}
        self._drain()

    def say(self, message: bytes) -> int:
        """The number of the order."""
        return self.sender.send(message)

    def exchange(
        self, message: bytes, whole: Callable[[bytes], bool], patience: float, advice: str = ""
    ) -> tuple[Sent, Heard]:
        """Send, and wait until what was heard since is the whole answer: the write, and the read that made it whole.

        Raises: NoAnswer after `patience` s; PortError; what `whole` raises.
        """
        self._drain()
        order = self.say(message)
        self._until(lambda: order in self._sent and whole(self._heard), patience, message, advice)
        assert self._last is not None
        return self._sent[order], self._last

    def await_more(self, whole: Callable[[bytes], bool], patience: float, advice: str = "") -> bytes:
        """Wait until there is more of the last answer; all of it. Raises: as `exchange`."""
        self._until(lambda: whole(self._heard), patience, None, advice)
        return self._heard

    def _until(self, done: Callable[[], bool], patience: float, sent: bytes | None, advice: str) -> None:
        end = monotonic() + patience
        while not done():
            if self._news or self._fetch():
                self._next()
                continue
            rest = end - monotonic()
            if rest <= 0:
                raise errors.NoAnswer(
                    f"it did not come back within {patience:g} s",
                    resource=self.receiver.line.name,
                    sent=sent,
                    received=self._heard,
                    advice=advice,
                )
            select.select([port for port in self._ports if not port.dead], (), (), rest)

    def _fetch(self) -> bool:
        """Is there anything new?"""
        for port in self._ports:
            self._news.extend((port, event) for event in port.take())
        return bool(self._news)

    def _next(self) -> None:
        """One event at a time, or a later read would be taken for the one that made an answer whole."""
        port, event = self._news.popleft()
        self.stalls.note(event)
        if isinstance(event, Failed):
            raise event.exception()
        if isinstance(event, Sent) and port is self.sender:
            self._sent[event.order] = event
        elif isinstance(event, Heard) and port is self.receiver:
            self._heard, self._last = self._heard + event.data, event

    def _drain(self) -> None:
        """What came before is no answer to what comes now."""
        while self._news or self._fetch():
            self._next()
        self._heard, self._last, self._sent = b"", None, {}
