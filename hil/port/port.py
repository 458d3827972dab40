"""The harness's end of a port process."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from time import monotonic_ns
from typing import Self

from .. import errors
from .events import Dropped, Event, Expired, Failed, Heard, Opened, Released, Sent, Stalled
from .finding import resolve
from .frames import Frame, Kind, unpack
from .line import Charge, Line, SafeOrder, dump_orders

START = 10.0
"""Seconds for the process to be up, with its line open."""
ANSWER = 10.0
"""Seconds beyond what the safe orders may take for the process to report the release."""


class Port:
    """One resource: a process that holds its line.

    What it reports is fetched by `take`; `fileno` can be waited for by `select`. Leaving it as a context releases it:
    the safe orders are given and read back, however it is left, and NotReleased is raised if they were not confirmed.
    """

    def __init__(
        self, line: Line, safe: Sequence[SafeOrder] = (), *, realtime: int = 50, quiet: float = 0.010
    ) -> None:
        """Start the process and wait until the line is open.

        `realtime` is the priority that it asks for (0: none), `quiet` how long beyond its tick of 10 ms it may be away,
        s, before it reports a stall.

        Raises: PortError, of the kind that fits.
        """
        self.line, self.safe = line, tuple(safe)
        self._realtime, self._quiet = realtime, round(quiet * 1e9)
        self._events: list[Event] = []
        self._order = 0
        self._released: Released | None = None
        self.opened = self._start()

    def _start(self) -> Opened:
        found = replace(self.line, device=resolve(self.line.device, self.line.name))
        charge = Charge(found, self.safe, self._realtime, self._quiet)
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "gatebench.hil.port.process", charge.dumps()],
                stdin=theirs.fileno(),
                start_new_session=True,
            )
        self._buffer, self.dead = bytearray(), False
        self._socket.setblocking(False)
        until = monotonic_ns() + round(START * 1e9)
        while monotonic_ns() < until:
            for event in self._wait(0.1):
                if isinstance(event, Failed):
                    self._end()
                    raise event.exception()
                if isinstance(event, Opened):
                    return event
        self._end()
        raise errors.PortProcessDied(f"no sign of life within {START:g} s", resource=self.line.name)

    def fileno(self) -> int:
        """To be waited for by `select`; -1 once the process has ended."""
        return self._socket.fileno()

    @property
    def waiting(self) -> bool:
        """Is there news that `select` does not know of?"""
        return bool(self._events)

    def take(self) -> list[Event]:
        """What the process has reported, in order; empty if nothing. Never waits, never raises: that the process died is
        an event, too (Failed, PortProcessDied)."""
        self._read()
        events, self._events = self._events, []
        return events

    def send(self, data: bytes, *, at: int = 0, before: int = 0) -> int:
        """Have bytes written: not before instant `at` and not after instant `before`, ns of the monotonic clock (0: at
        once; whenever). The number of the order, which `Sent` or `Expired` repeats.

        Raises: PortProcessDied.
        """
        self._order += 1
        self._tell(Frame(Kind.SEND, at, before, self._order, data))
        return self._order

    def arm(self, safe: Sequence[SafeOrder]) -> None:
        """Replace the safe orders, as what is safe depends on what the rig does."""
        self.safe = tuple(safe)
        self._tell(Frame(Kind.ARM, body=dump_orders(self.safe)))

    def reopen(self, line: Line | None = None) -> None:
        """Open the line again after it was lost, under the name that it has now. `Opened` or `Failed` reports how it
        went.

        Raises: PortMissing if it is not there; PortProcessDied.
        """
        self.line = line or self.line
        found = replace(self.line, device=resolve(self.line.device, self.line.name))
        self._tell(Frame(Kind.REOPEN, body=json.dumps(asdict(found)).encode()))

    def release(self) -> Released:
        """Give the safe orders, read back, end the process. Where it died, another is started to do it.

        Never raises; `sound` says whether every order was confirmed. What was said meanwhile waits for `take`.
        """
        if self._released is None:
            self._released = self._ask_release() or self._release_anew() or self._unsound()
            self._end()
        return self._released

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if not self.release().sound:
            raise errors.NotReleased("the safe state was not confirmed", resource=self.line.name)

    # Inside

    def _ask_release(self) -> Released | None:
        try:
            self._tell(Frame(Kind.RELEASE))
        except errors.PortProcessDied:
            return None
        patience = ANSWER + sum(order.within * order.tries for order in self.safe)
        until = monotonic_ns() + round(patience * 1e9)
        seen = len(self._events)
        while not self.dead and monotonic_ns() < until:
            self._wait(0.1)
            for event in self._events[seen:]:
                if isinstance(event, Released):
                    return event
            seen = len(self._events)
        self._end()
        return None

    def _release_anew(self) -> Released | None:
        if not self.safe:
            return Released(self.line.name, monotonic_ns(), True, ())
        self._end()
        try:
            self._start()
        except (errors.PortError, OSError) as error:
            self._note_failure(error)
            return None
        return self._ask_release()

    def _unsound(self) -> Released:
        return Released(self.line.name, monotonic_ns(), False, (None,) * len(self.safe))

    def _note_failure(self, error: Exception) -> None:
        kind, message, advice = "PortProcessDied", str(error), ""
        if isinstance(error, errors.BenchError):
            kind, message, advice = type(error).__name__, error.message, error.advice
        self._events.append(Failed(self.line.name, monotonic_ns(), kind, message, advice))

    def _tell(self, frame: Frame) -> None:
        data = frame.pack()
        try:
            self._socket.settimeout(1.0)  # it always reads; were it stopped, that is an error within a second
            self._socket.sendall(data)
            self._socket.setblocking(False)
        except OSError as error:
            raise self._died() from error

    def _wait(self, seconds: float) -> list[Event]:
        """The events of the next `seconds`, as soon as there are any; they stay for `take`, too."""
        if not self.dead:
            select.select([self._socket], (), (), seconds)
        before = len(self._events)
        self._read()
        return self._events[before:]

    def _read(self) -> None:
        while not self.dead:
            try:
                chunk = self._socket.recv(65_536)
            except BlockingIOError:
                return
            except OSError:
                chunk = b""
            if not chunk:
                self.dead = True
                if not any(isinstance(event, Released) for event in self._events):
                    self._note_failure(self._died())
                return
            self._buffer += chunk
            self._events.extend(_event(self.line.name, frame) for frame in unpack(self._buffer))

    def _died(self) -> errors.PortProcessDied:
        try:
            code: int | None = self._process.wait(0.2)
        except subprocess.TimeoutExpired:
            code = None
        how = "is there and does not listen" if code is None else f"ended with {code}"
        return errors.PortProcessDied(f"the port process {how}", resource=self.line.name)

    def _end(self) -> None:
        """Close our end, on which the process releases and ends if it has not yet."""
        self.dead = True
        self._socket.close()
        try:
            self._process.wait(ANSWER + sum(order.within * order.tries for order in self.safe))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _event(resource: str, frame: Frame) -> Event:
    kind, a, b, c, body = frame
    if kind == Kind.HEARD:
        return Heard(resource, a, b, body)
    if kind == Kind.SENT:
        return Sent(resource, a, b, c, body)
    if kind == Kind.EXPIRED:
        return Expired(resource, a, c, body)
    if kind == Kind.STALLED:
        return Stalled(resource, a, b)
    if kind == Kind.DROPPED:
        return Dropped(resource, a, b)
    told = json.loads(body)
    if kind == Kind.OPENED:
        device = str(told["line"]["device"])
        return Opened(resource, a, told["pid"], device, told.get("realtime", False), told.get("why", ""))
    if kind == Kind.FAILED:
        return Failed(resource, a, told["error"], told["message"], told["advice"])
    answers = tuple(None if answer is None else bytes.fromhex(answer) for answer in told)
    return Released(resource, a, bool(b), answers)
