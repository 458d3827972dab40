"""When the host was not at it, and which measured intervals that touches.

A port process tells it in three ways: its own tick came late (`Stalled`), it was runnable and not running before it read
(`Heard.waited`, Linux's run-queue wait; a tick misses short waits), or a write took long (`Sent`, from `stamp` to `after`).
"""

from __future__ import annotations

from collections.abc import Iterable

from ..port.events import Event, Heard, Sent, Stalled
from .sample import STALLED, Sample

SHORTEST = 1_000_000
"""ns: shorter waits are part of the spread that null tests see, and not told apart."""
AFTER = 1_000_000
"""ns after a stall in which a stamp still belongs to it: what came meanwhile is read right after it."""


class Stalls:
    """Spans of the monotonic clock, ns, in which a process of the bench did not run."""

    def __init__(self, events: Iterable[Event] = (), shortest: int = SHORTEST) -> None:
        self.shortest = shortest
        self.spans: list[tuple[int, int]] = []
        for event in events:
            self.note(event)

    def note(self, event: Event) -> None:
        """Whatever a port reports."""
        if isinstance(event, Stalled):
            self.add(event.stamp, event.until)
        elif isinstance(event, Heard):
            self.add(event.stamp - event.waited, event.stamp)
        elif isinstance(event, Sent):
            self.add(event.stamp, event.after)

    def add(self, begin: int, end: int) -> None:
        """A span of one's own, such as from the tick of another process; too short ones are left out."""
        if end - begin >= self.shortest:
            self.spans.append((begin, end))

    def touch(self, begin: int, end: int, *, shared: bool = False) -> bool:
        """Is an interval between two stamps doubtful? A stall matters where it may have delayed a stamp; where the device
        under test runs on this host as well (`shared`), any stall between them matters, too: it may have stood still."""
        for since, until in self.spans:
            until += AFTER
            if since <= begin <= until or since <= end <= until or (shared and begin <= since <= end):
                return True
        return False

    def marks(self, begin: int, end: int, *, shared: bool = False) -> tuple[str, ...]:
        return (STALLED,) if self.touch(begin, end, shared=shared) else ()

    def sample(self, name: str, spans: Iterable[tuple[int, int]], *, shared: bool = False) -> Sample:
        """Intervals, ns, as a sample in seconds with its marks. Raises: EmptySample."""
        return Sample.of(
            name, (((end - begin) / 1e9, self.marks(begin, end, shared=shared)) for begin, end in spans)
        )
