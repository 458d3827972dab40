"""A bench run in virtual time: the world of the bench against devices in the same process, nobody waits for anything.

The calendar is the live run's: what devices say enters it at the instant of its stamp, behind what the world does then;
idle time is cut as it is live; the transcript replays the run bit for bit. Only the waiting is left out, and the lines:
they are the caller's, in memory. It proves logic and finds defects, and measures nothing of the real time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import heappop, heappush
from typing import Any, Protocol

from ..sim.clockwork import INFINITY
from .clocks import WorldClock
from .port.events import Event, Expired, Heard, Opened, Released, Sent
from .port.line import SafeOrder
from .realtime import OUTSIDE, BenchClockwork, Listener, News
from .transcript import Transcript

NEVER = 1 << 62
"""ns: no instant."""
PATIENCE = 60.0
"""World seconds without an entry in the calendar, while something is held, after which nothing will come any more."""


class Host(Protocol):
    """Devices on a clock that is turned. `instant`: ns, never goes back."""

    instant: int

    def wakeup(self) -> int:
        """When the next of them has something to do, ns."""

    def step(self) -> None:
        """Let them do what is due by `instant`."""


class MemoryLine(Protocol):
    """Our end of a line to a device."""

    def write(self, data: bytes) -> None: ...
    def read(self) -> bytes:
        """What has arrived by the host's instant."""

    def wakeup(self) -> int | None:
        """When something arrives; None: nothing is on its way."""


class VirtualPort:
    """What a port process does, at a line in memory."""

    def __init__(self, host: Host, resource: str, line: MemoryLine) -> None:
        self.host, self.resource, self.line = host, resource, line
        self.opened = Opened(resource, host.instant, 0, "memory", False, "virtual time")
        self._order = 0
        self._later: list[tuple[int, int, int, bytes]] = []
        self._told: list[Event] = []

    def send(self, data: bytes, *, at: int = 0, before: int = 0) -> int:
        """As `Port.send`."""
        self._order += 1
        if at <= self.host.instant:
            self._write(self._order, data, before)
        else:
            heappush(self._later, (at, self._order, before, data))
        return self._order

    def wakeup(self) -> int:
        """When it has something to do or to tell, ns."""
        if self._told:
            return self.host.instant
        arrives = self.line.wakeup()
        return min(self._later[0][0] if self._later else NEVER, NEVER if arrives is None else arrives)

    def take(self) -> list[Event]:
        """What happened by now, in order."""
        while self._later and self._later[0][0] <= self.host.instant:
            _, order, before, data = heappop(self._later)
            self._write(order, data, before)
        data = self.line.read()
        if data:
            self._told.append(Heard(self.resource, self.host.instant, 0, data))
        told, self._told = self._told, []
        return told

    def release(self, orders: tuple[SafeOrder, ...]) -> Released:
        """Give the safe orders and read back, as a port process does when it is left."""
        answers = tuple(self._obey(order) for order in orders)
        return Released(self.resource, self.host.instant, all(one is not None for one in answers), answers)

    def _write(self, order: int, data: bytes, before: int) -> None:
        now = self.host.instant
        if before and now > before:
            self._told.append(Expired(self.resource, now, order, data))
            return
        self.line.write(data)
        self._told.append(Sent(self.resource, now, now, order, data))

    def _obey(self, order: SafeOrder) -> bytes | None:
        self.line.read()
        for _ in range(order.tries):
            self.line.write(order.send)
            until, heard = self.host.instant + round(order.within * 1e9), b""
            while self.host.instant < until:
                self.host.instant = min(max(self.host.wakeup(), self.host.instant + 1), until)
                self.host.step()
                heard += self.line.read()
                if order.expect is not None and re.search(order.expect, heard):
                    return heard.strip()
            if order.expect is None:
                return b""
        return None


class VirtualClockwork(BenchClockwork):
    """The bench's calendar, at devices in virtual time."""

    def __init__(
        self, host: Host, transcript: Transcript | None = None, *, cut_idle: float = INFINITY, initial_time: float = 0.0
    ) -> None:  # fmt: skip
        super().__init__(initial_time)
        self.host, self.transcript, self.cut_idle = host, transcript, cut_idle
        self.clock = WorldClock(host.instant, initial_time)
        self.steps = self.cuts = 0
        self._holds: dict[object, float] = {}
        self._ports: list[tuple[VirtualPort, Listener]] = []
        self._note("world", stamp=host.instant, world=float(initial_time))

    def listen(self, port: VirtualPort, listener: Listener) -> None:
        """Have `listener` called, in the calendar, with all that this port reports."""
        self._ports.append((port, listener))

    def hold(self, who: object, until: float) -> None:
        self._holds[who] = until

    def step(self) -> None:
        self._wait()
        self.steps += 1
        super().step()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Ctrl-C ends it where it is: nothing has to be made safe."""
        yield

    def _wait(self) -> None:
        """Let devices go on until the next entry of the calendar is due."""
        idle_since = self.clock.at(self.host.instant)
        while True:
            self._hear()
            due, now = self.peek(), self.clock.at(self.host.instant)
            if due <= now or (due != INFINITY and self.clock.stamp(due) <= self.host.instant):
                return
            held = max(self._holds.values(), default=-INFINITY)
            if due - now > self.cut_idle or due == INFINITY:
                # By stamps: an instant that no ns meets would be waited for without end.
                if held <= now or (held != INFINITY and self.clock.stamp(held) <= self.host.instant):
                    if due == INFINITY:
                        return  # step() will say that the calendar is empty
                    self._cut(due - now)
                    continue
                due = min(due, held)
            if now - idle_since > PATIENCE and due == INFINITY:
                return
            until = NEVER if due == INFINITY else self.clock.stamp(due)
            wakes = min(self.host.wakeup(), *(port.wakeup() for port, _ in self._ports))
            self.host.instant = max(self.host.instant, min(wakes, until))
            self.host.step()

    def _hear(self) -> None:
        for port, listener in self._ports:
            for event in port.take():
                then = self.clock.at(event.stamp)
                at, evidence = max(then, self._now), -1
                if self.transcript is not None:
                    evidence = self.transcript.event(event, then=then, world=at, step=self.steps)
                self.at(at, listener, News(event, then, evidence), OUTSIDE)

    def _cut(self, seconds: float) -> None:
        self.cuts += 1
        self.clock.cut(self.host.instant, seconds)
        self._note("cut", stamp=self.host.instant, seconds=seconds, step=self.steps)
        if self.on_cut is not None:
            self.on_cut(self.host.instant)

    def _note(self, kind: str, **fields: Any) -> None:
        if self.transcript is not None:
            self.transcript.write(kind, **fields)
