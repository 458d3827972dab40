"""An OSDP line in the host's hands: a port, and the state machines of one side of it, which answer in time whatever the
caller does.

A panel waits 200 ms for an answer, and a test may be busy with another instrument for longer. So a thread waits at the
port and drives the machines; callers only leave orders and read what was noted. In the live loop nobody uses this: there
the same machines run in the calendar (`hil/bench/readers.py`), without any thread.

Every frame is kept with its stamps. What goes out can be delayed, corrupted, cut short, withheld or spread: `disturb`.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from ipaddress import ip_address
from time import monotonic, monotonic_ns, time_ns
from typing import NamedTuple, Protocol, Self, TypeAlias

from .. import errors
from ..osdp.capture import Entry
from ..osdp.commands import Command
from ..osdp.deframer import Deframer, Piece
from ..osdp.events import Event, Send
from ..osdp.replies import Reply
from ..port.events import Failed, Heard, Sent, Stalled
from ..port.line import Line
from ..port.port import Port

KEPT = 100_000
"""Frames that are kept; the oldest go first."""
GAP = 20_000_000
"""ns between two characters that the standard allows."""
SLACK = 130_000_000
"""ns beyond `GAP` that this host may add between its own reads before half a frame is given up."""


class Disturbance(NamedTuple):
    """What is done to a frame on its way out. Times in seconds."""

    delay: float = 0.0
    """Written so much later."""
    flip: int | None = None
    """This bit is flipped, counted from the first byte's lowest; negative: from the end."""
    keep: int | None = None
    """So many bytes are written, and no more."""
    withhold: bool = False
    """Nothing is written."""
    pause: float | None = None
    """Each byte is written on its own, so long after the one before."""

    def pieces(self, data: bytes, instant: int) -> list[tuple[bytes, int]]:
        """What to write, each with its instant, ns."""
        if self.withhold:
            return []
        if self.flip is not None:
            changed = bytearray(data)
            bit = self.flip % (8 * len(data))
            changed[bit // 8] ^= 1 << bit % 8
            data = bytes(changed)
        data = data[: self.keep]
        start = instant + round(self.delay * 1e9)
        if self.pause is None:
            return [(data, start)] if data else []
        step = round(self.pause * 1e9)
        return [(data[at : at + 1], start + at * step) for at in range(len(data))]


NONE = Disturbance()


class OnWire(NamedTuple):
    """A frame, or what is left of one, as it crossed the line. Instants: ns of the host's monotonic clock."""

    ours: bool
    """We sent it."""
    began: int
    """Its first byte was handed over, or was read."""
    ended: int
    raw: bytes
    piece: Piece | Send
    disturbed: Disturbance


class _Going:
    """A frame on its way out, in one order or several."""

    def __init__(self, send: Send, disturbed: Disturbance, left: int) -> None:
        self.send, self.disturbed, self.left = send, disturbed, left
        self.began, self.raw = 0, bytearray()


class Machine(Protocol):
    """One side of the line, for one address or all of them."""

    def receive(self, data: bytes, instant: int) -> list[Event]: ...
    def tick(self, instant: int) -> list[Event]: ...
    def wakeup(self) -> int | None: ...


Listener: TypeAlias = Callable[[Event], object]
Which: TypeAlias = Callable[[Send], bool]


class OsdpLine:
    """A port and its machines. Machines may be added while it runs; it ends when the last has left.

    Machines are not safe for threads: touch them within `with line:` alone.
    """

    def __init__(self, line: Line, *, realtime: int = 50) -> None:
        """Raises: PortError."""
        self.resource = line.name
        self._port = Port(line, realtime=realtime)
        self.emulated = _is_emulated(self._port.opened.device)
        """Nothing that is wired ends in a pty or on this host alone."""
        self.frames: deque[OnWire] = deque(maxlen=KEPT)
        """What crossed the line, in order."""
        self.stalls: deque[Stalled] = deque(maxlen=KEPT)
        self.failure: errors.BenchError | None = None
        """Why the line is of no more use."""
        self._machines: list[tuple[Machine, Listener]] = []
        self._disturbances: list[tuple[Which, Disturbance, list[int]]] = []
        self._orders: dict[int, _Going] = {}
        self._deframer = Deframer(GAP + SLACK)
        self._news = threading.Condition(threading.RLock())
        self._bell, self._ringer = os.pipe()
        os.set_blocking(self._ringer, False)
        self._over = False
        self._thread = threading.Thread(target=self._run, name=f"osdp {line.name}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        self._news.acquire()
        return self

    def __exit__(self, *exception: object) -> None:
        self._news.notify_all()
        self._news.release()
        self._ring()

    def add(self, machine: Machine, listener: Listener) -> None:
        """One more machine; `listener` hears its events, in the line's thread, within the lock."""
        with self:
            self.check()
            self._machines.append((machine, listener))

    @property
    def taken(self) -> bool:
        """Has anybody joined it yet?"""
        return bool(self._machines)

    def leave(self, machine: Machine) -> None:
        """One machine less. With the last the port is closed. May be called again."""
        with self:
            self._machines = [one for one in self._machines if one[0] is not machine]
            last = not self._machines and not self._over
            self._over = self._over or last
        if last:
            self._thread.join(5)
            self._port.release()
            bell, self._bell = self._bell, -1
            os.close(bell)
            os.close(self._ringer)

    def close_unused(self) -> None:
        """Close it if nobody has joined it."""
        if not self.taken:
            self.leave(_NOBODY)

    @property
    def closed(self) -> bool:
        return self._over

    def check(self) -> None:
        """Raises what made the line useless."""
        if self.failure is not None:
            raise self.failure
        if self._over:
            raise errors.PortLost("it was closed", resource=self.resource, advice="open the driver again")

    def wait(self, true: Callable[[], bool], seconds: float) -> bool:
        """Until it is true, or for so long; did it become true? Asked within the lock. Raises what broke the line."""
        until = monotonic() + seconds
        with self._news:
            while not true():
                self.check()
                rest = until - monotonic()
                if rest <= 0:
                    return False
                self._news.wait(rest)
            return True

    def disturb(self, what: Disturbance, *, count: int = 1, which: Which | None = None) -> None:
        """Do this to the next `count` frames that we send and that `which` is true of."""
        if count < 1:
            raise ValueError(f"{count} frames: disturb at least one")
        with self:
            self._disturbances.append((which or (lambda send: True), what, [count]))

    def sent_at(self, message: Command | Reply) -> int | None:
        """When the first byte of this very message was handed over, ns; None: not yet, or not seen any more."""
        with self._news:
            for one in reversed(self.frames):
                if isinstance(one.piece, Send) and one.piece.message is message and one.raw:
                    return one.began
        return None

    def capture(self) -> list[Entry]:
        """What is kept, for an `.osdpcap` file (`hil/osdp/capture.py`); times are Unix times, by this host's clock."""
        offset = time_ns() - monotonic_ns()
        with self._news:
            return [
                Entry(one.raw, one.began + offset, "output" if one.ours else "input")
                for one in self.frames
                if one.raw
            ]

    def restore(self) -> None:
        """Disturb nothing more."""
        with self:
            self._disturbances.clear()

    # The thread

    def _ring(self) -> None:
        if self._bell >= 0:
            try:
                os.write(self._ringer, b"!")
            except BlockingIOError:
                pass  # it is ringing already

    def _run(self) -> None:
        try:
            while not self._over:
                with self._news:
                    now = monotonic_ns()
                    for machine, listener in list(self._machines):
                        self._act(machine.tick(now), listener)
                    due = [one for machine, _ in self._machines if (one := machine.wakeup()) is not None]
                rest = max(0.0, (min(due) - monotonic_ns()) / 1e9) if due else 0.5
                ready = select.select([self._port.fileno(), self._bell], (), (), min(rest, 0.5))[0]
                if self._bell in ready:
                    os.read(self._bell, 4096)
                with self._news:
                    for event in self._port.take():
                        self._hear(event)
                    self._news.notify_all()
        except errors.BenchError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001  a mistake of ours must not leave callers waiting
            self._fail(errors.PortProcessDied(f"the line's thread: {error!r}", resource=self.resource))

    def _fail(self, error: errors.BenchError) -> None:
        with self._news:
            self.failure = error
            self._news.notify_all()

    def _hear(self, event: object) -> None:
        if isinstance(event, Heard):
            self._note([*self._deframer.expire(event.stamp), *self._deframer.feed(event.data, event.stamp)])
            for machine, listener in list(self._machines):
                self._act(machine.receive(event.data, event.stamp), listener)
        elif isinstance(event, Sent) and event.order in self._orders:
            going = self._orders.pop(event.order)
            going.began = going.began or event.stamp
            going.raw += event.data
            going.left -= 1
            if not going.left:
                self.frames.append(
                    OnWire(True, going.began, event.after, bytes(going.raw), going.send, going.disturbed)
                )
        elif isinstance(event, Stalled):
            self.stalls.append(event)
        elif isinstance(event, Failed):
            raise event.exception()

    def _note(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self.frames.append(OnWire(False, piece.began, piece.ended, piece.raw, piece, NONE))

    def _act(self, events: list[Event], listener: Listener) -> None:
        for event in events:
            if isinstance(event, Send):
                self._send(event)
            listener(event)

    def _send(self, send: Send) -> None:
        what = NONE
        for entry in self._disturbances:
            which, wanted, left = entry
            if which(send):
                what = wanted
                left[0] -= 1
                if not left[0]:
                    self._disturbances.remove(entry)
                break
        pieces = what.pieces(send.data, monotonic_ns())
        if not pieces:
            now = monotonic_ns()
            self.frames.append(OnWire(True, now, now, b"", send, what))
        going = _Going(send, what, len(pieces))
        for data, at in pieces:
            self._orders[self._port.send(data, at=at if what is not NONE else 0)] = going


class _Nobody:
    """A machine that never was on a line."""

    def receive(self, data: bytes, instant: int) -> list[Event]:
        return []

    def tick(self, instant: int) -> list[Event]:
        return []

    def wakeup(self) -> int | None:
        return None


_NOBODY = _Nobody()


def _is_emulated(device: str) -> bool:
    """A pseudo-terminal, or a TCP address of this host."""
    if device.startswith("socket://"):
        host = device.removeprefix("socket://").rpartition(":")[0].strip("[]")
        try:
            return host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            return False
    return os.path.realpath(device).startswith(("/dev/pts/", "/dev/ttys"))
