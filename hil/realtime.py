"""The calendar in real time, and the same calendar again from its transcript.

`RealtimeClockwork` is the simulation's clockwork whose `step` first waits: until the next entry is due, or a device has
said something. What a device says never acts where it is received. It enters the calendar at the instant of its stamp,
behind what the world does at that instant; deadlines enter the same way. So one heap decides every order, and a host
that was away finds what devices said and what is overdue in the order in which it happened.

`ReplayedClockwork` enters the same things before the same steps, out of a transcript, and waits for nothing: the world
on it does the same, bit for bit.
"""

from __future__ import annotations

import signal
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from heapq import heapify
from time import monotonic_ns
from types import FrameType
from typing import Any, NamedTuple

from ..sim.clockwork import INFINITY, Clockwork, Entry
from .clocks import WorldClock
from .errors import BrokenTranscript, HostStalled
from .inbox import Inbox
from .port.events import Event, from_record
from .port.port import Port
from .transcript import Recording, Transcript

OUTSIDE = 2
"""Priority of what comes from outside: behind URGENT (0) and NORMAL (1), which is everything that the world does."""
POLL = 1.0
"""Seconds after which a wait looks around, whatever happens."""


class News(NamedTuple):
    """What a device did, as the world learns of it."""

    event: Event
    then: float
    """World time of its stamp, s. What came late is acted on later than this."""
    evidence: int
    """Position in the transcript; -1 without one."""


Listener = Callable[[News], object]


class BenchClockwork(Clockwork):
    """What doors of a rig may ask of the clockwork, live or replayed."""

    clock: WorldClock
    on_cut: Callable[[int], object] | None = None
    """Called after each cut of idle time with its stamp, before the world goes on: devices are told the new time."""

    def deadline(self, at: float, callback: Callable[[Any], object], value: object = None) -> Entry:
        """Call `callback(value)` at world time `at`, s (now, if that has passed), behind what devices said before."""
        return self.at(max(at, self._now), callback, value, OUTSIDE)

    def withdraw(self, entry: Entry) -> None:
        """Take an entry out of the calendar. One that was only cancelled would still keep idle time from being cut."""
        queue = self._queue
        queue[:] = [one for one in queue if one[3] is not entry]
        heapify(queue)

    def hold(self, who: object, until: float) -> None:
        """Until world time `until` (inf: till further notice) no idle time is cut: a timer of the device `who` may be
        running (unlock, suspension, timed anti-passback), or it owes an answer."""


class RealtimeClockwork(BenchClockwork):
    """Paced by the monotonic clock, woken by devices."""

    def __init__(
        self,
        inbox: Inbox,
        transcript: Transcript | None = None,
        *,
        cut_idle: float = INFINITY,
        give_up: float = 2.0,
        initial_time: float = 0.0,
    ) -> None:
        """Idle time beyond `cut_idle` is cut, s; being behind by more than `give_up`, s, ends the run (HostStalled)."""
        super().__init__(initial_time)
        self.inbox, self.transcript, self.cut_idle, self.give_up = inbox, transcript, cut_idle, give_up
        self.steps = 0
        self.due, self.late = array("d"), array("d")
        """World instant of each step, s, and by how much it ran late, s."""
        self.clock = WorldClock(monotonic_ns(), initial_time)
        self._holds: dict[object, float] = {}
        self._listeners: dict[Port, Listener] = {}
        self._stop = 0
        self._told_stop = False
        self._note("world", stamp=self.clock.stamp(initial_time), world=float(initial_time))

    def listen(self, port: Port, listener: Listener) -> None:
        """Have `listener` called, in the calendar, with all that this port reports."""
        self._listeners[port] = listener
        self.inbox.add(port)

    def hold(self, who: object, until: float) -> None:
        self._holds[who] = until

    def step(self) -> None:
        self._wait()
        self.steps += 1
        super().step()

    def begin(self) -> None:
        """Let the world's time start now. What was set up before has not been waiting; call it before the first step."""
        stamp = monotonic_ns()
        self.clock = WorldClock(stamp, self._now)
        self._note("world", stamp=stamp, world=self._now)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Ctrl-C and TERM end the run between two steps, never inside a lane; a second one is answered at once."""

        def ask(number: int, frame: FrameType | None) -> None:
            self._stop += 1
            self.inbox.ring()
            if self._stop > 1:
                raise KeyboardInterrupt

        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def tell_stop(self) -> None:
        """Note that the run was stopped before its next step, once; a second Ctrl-C may have come amid one."""
        if not self._told_stop:
            self._told_stop = True
            self._note("stop", stamp=monotonic_ns(), step=self.steps)

    def _now_outside(self) -> float:
        return self.clock.at(monotonic_ns())

    def _wait(self) -> None:
        polled = False
        while True:
            due, now = self.peek(), self._now_outside()
            held = max(self._holds.values(), default=-INFINITY)
            if due == INFINITY and held <= now and polled:
                return  # step() will say that the calendar is empty
            if polled and due <= now:
                break  # polled once a step: a device that floods cannot starve the calendar
            rest = due - now
            if rest > self.cut_idle or due == INFINITY:
                if held > now:
                    rest = min(rest, held - now)
                elif not polled:
                    rest = 0.0
                else:  # nothing said, nothing owed
                    self._cut(rest)
                    continue
            said = self.inbox.wait(min(max(rest, 0.0), POLL))
            for port, event in said:
                self._hear(port, event)
            if self._stop:
                self.tell_stop()
                raise KeyboardInterrupt
            polled = rest <= 0.0 or not said
        self._keep_lateness(due, now - due)

    def _hear(self, port: Port, event: Event) -> None:
        then = self.clock.at(event.stamp)
        at = max(then, self._now)
        evidence = -1
        if self.transcript is not None:
            evidence = self.transcript.event(event, then=then, world=at, step=self.steps)
        listener = self._listeners.get(port)
        if listener is not None:
            self.at(at, listener, News(event, then, evidence), OUTSIDE)

    def _cut(self, seconds: float) -> None:
        stamp = monotonic_ns()
        self.clock.cut(stamp, seconds)
        self._note("cut", stamp=stamp, seconds=seconds, step=self.steps)
        if self.on_cut is not None:
            self.on_cut(stamp)

    def _keep_lateness(self, due: float, late: float) -> None:
        self.due.append(due)
        self.late.append(late)
        if late > self.give_up:
            self._note("gave-up", stamp=monotonic_ns(), step=self.steps, late=late)
            raise HostStalled(f"{late:.1f} s behind at world time {due:.3f} s")

    def _note(self, kind: str, **fields: Any) -> None:
        if self.transcript is not None:
            self.transcript.write(kind, **fields)


class ReplayedClockwork(BenchClockwork):
    """A live run again, in simulated time."""

    def __init__(self, recording: Recording, listeners: Mapping[str, Listener]) -> None:
        """`listeners`: resource to what is called with its news, as in the live run.

        Raises: BrokenTranscript if it holds no run of a world.
        """
        begun = [record for record in recording.records if record["kind"] == "world"]
        if not begun:
            raise BrokenTranscript("there is no run of a world in this transcript")
        super().__init__(begun[-1]["world"])
        self.clock = WorldClock(begun[-1]["stamp"], begun[-1]["world"])
        self.steps = 0
        self._outside = iter([record for record in recording.records if "step" in record])
        self._next = next(self._outside, None)
        self._listeners = listeners
        self._is_whole = recording.complete

    def peek(self) -> float:
        """Time of the next entry, s; what is said before the next step counts."""
        self._enter()
        return super().peek()

    def step(self) -> None:
        self._enter()
        self.steps += 1
        super().step()

    def _enter(self) -> None:
        """What came from outside before this step of the live run."""
        while self._next is not None and self._next["step"] <= self.steps:
            record, self._next = self._next, next(self._outside, None)
            if record["kind"] == "cut":
                self.clock.cut(record["stamp"], record["seconds"])
                if self.on_cut is not None:
                    self.on_cut(record["stamp"])
            elif record["kind"] == "stop":
                raise KeyboardInterrupt
            elif record["kind"] == "gave-up":
                raise HostStalled(f"{record['late']:.1f} s behind, as in the live run")
            elif record["resource"] in self._listeners:
                news = News(from_record(record), record["then"], record["n"])
                self.at(record["world"], self._listeners[record["resource"]], news, OUTSIDE)
        if self._next is None and not self._is_whole:
            # The live run was killed: how far it went after what it noted last, nobody knows.
            raise KeyboardInterrupt
