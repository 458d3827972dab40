"""The harness's end of a camera: a process reads it (`process.py`), and what it saw is taken here."""

from __future__ import annotations

import array
import json
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from time import monotonic, monotonic_ns
from typing import Any, NamedTuple, Self, TypeAlias

from ..port.frames import Frame as Message
from ..port.frames import unpack
from . import errors
from .address import Address, parse
from .errors import (
    CameraError,
    CameraUnfit,
    Counts,
    FramesLost,
    ReaderDied,
    StreamEnded,
    StreamError,
    StreamStalled,
)
from .frame import Clock, Frame
from .messages import TIMES, Charge, Kind, Why
from .ring import Ring

START = 90.0
"""Seconds for the process to have frames. It gives up by itself long before, with a name for what is wrong."""
END = 2.0
"""Seconds for it to end."""


class Opened(NamedTuple):
    """The camera gives frames."""

    resource: str
    stamp: int
    """ns of the host's monotonic clock."""
    pid: int
    """Of the process that reads it."""
    address: str
    """Without password."""
    size: tuple[int, int]
    """Width and height, pixels."""
    fps: float | None
    """As frames came; None: unknown."""
    clock: Clock
    """By which frames have their times."""
    u: float
    """s, standard uncertainty of the first frame's time."""
    decoder: str
    """`cv2` or `av`."""
    live: bool
    """It does not wait for who reads."""
    counts_drops: bool
    """Can it be told when frames are missing?"""
    discarded: int
    """Frames of the stale start."""
    slots: int
    """Frames that may wait to be taken."""
    realtime: bool
    why: str
    """Why it has no real-time priority."""


class Missed(NamedTuple):
    """Frames are missing between the one before and the next."""

    resource: str
    stamp: int
    """ns, when it was noticed."""
    missing: int
    """How many."""
    why: str
    """`lost`: they never came; `unread`: they were not taken in time; `spoilt`: they could not be decoded."""


class Failed(NamedTuple):
    """The stream is over."""

    resource: str
    stamp: int
    """ns, when it was noticed."""
    error: CameraError
    """To be raised by whoever wants to; it keeps what was seen."""


Event: TypeAlias = Frame | Missed | Failed


class Camera:
    """One source of frames.

    What came is fetched by `take`; `fileno` can be waited for by `select`. `frames` and `collect` wait and raise instead.
    """

    def __init__(
        self,
        address: str | Address,
        *,
        resource: str = "",
        udp: bool = False,
        decoder: str = "",
        clock: Clock | None = None,
        size: tuple[int, int] | None = None,
        fps: float | None = None,
        room: int = 64,
        patience: float = 3.0,
        realtime: int = 10,
    ) -> None:
        """Start the process and wait until frames come fresh, which takes a second or two; 14 frames at least.

        `address`: docs/cameras.md; `resource`: its name in the rig file, which errors tell; `udp`: RTP as datagrams;
        `decoder`: `cv2` or `av` for RTSP, else PyAV where it is installed; `clock`: which is wanted, else the best that
        there is; `size`, pixels, and `fps`: asked of a USB camera; `room`: frames that wait to be taken, within 256 MiB;
        `patience`: s without a frame or an answer; `realtime`: priority of the process (0: none).

        Raises: CameraError, of the kind that fits; ValueError for what is no address.
        """
        found = address if isinstance(address, Address) else parse(address)
        self.resource = resource
        self.charge = Charge(found.text, resource, udp, decoder, clock, size, fps, room, patience, realtime)
        self.lost: int | None = None
        """Frames that never came; None: nobody can tell."""
        self.count = self.unread = self.spoilt = 0
        """Frames that came; that were not taken in time; that could not be decoded."""
        self.last: Frame | None = None
        self.dead = False
        self._events: list[Event] = []
        self._opened: Opened | None = None
        self._failure: CameraError | None = None
        self._ring: Ring | None = None
        self._buffer = bytearray()
        self.opened = self._start()

    def _start(self) -> Opened:
        if not hasattr(socket, "send_fds"):
            raise CameraUnfit("cameras need a Unix system", resource=self.resource)
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "gatebench.hil.camera.process"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,  # ours may be a document, and decoders talk
                start_new_session=True,
            )
        try:
            self._tell(Message(Kind.CHARGE, body=self.charge.dumps()))
            self._socket.setblocking(False)
            until = monotonic() + START
            while self._opened is None and not self.dead and monotonic() < until:
                select.select([self._socket], (), (), 0.5)
                self._read()
            if self._opened is None:
                raise self._failure or ReaderDied(f"no frame within {START:g} s", resource=self.resource)
        except BaseException:
            self.close()
            raise
        return self._opened

    # What came

    def fileno(self) -> int:
        """To be waited for by `select`; -1 once it is over."""
        return self._socket.fileno()

    @property
    def waiting(self) -> bool:
        """Is there news that `select` does not know of?"""
        return bool(self._events)

    @property
    def counts(self) -> Counts:
        """What became of the frames so far."""
        discarded = 0 if self._opened is None else self._opened.discarded
        return Counts(self.count, self.lost, self.unread, self.spoilt, discarded)

    def take(self) -> list[Event]:
        """What came, in order; empty if nothing. Never waits, never raises: that the stream is over is an event, too.

        No more than `room` frames at a time: whoever takes too slowly misses some, and is told, but is not flooded.
        """
        if not self._events:
            self._read()
        events, self._events = self._events, []
        return events

    def frames(self, patience: float | None = None, *, drops: int | None = None) -> Iterator[Frame]:
        """Each frame as it comes. A file's frames end; a stream's do not.

        `patience`: s without any; that of the process unless given. `drops`: how many may be missing in all; None: any.
        Raises: StreamError, with what was seen.
        """
        limit = (self.charge.patience + 5.0) if patience is None else patience
        until = monotonic() + limit
        while True:
            if not self.waiting and not self.dead:
                select.select([self._socket], (), (), max(0.0, until - monotonic()))
            for place, event in enumerate(events := self.take()):
                if isinstance(event, Failed):
                    if isinstance(event.error, StreamEnded) and not self.opened.live:
                        return
                    raise event.error
                if isinstance(event, Frame):
                    self._events = events[place + 1 :]  # whoever asks for no more finds the rest
                    yield event
                    break
                self._may_miss(drops)
            else:
                if self.dead and not self.waiting:
                    raise self._failure or self._with_counts(
                        StreamEnded("it was closed", resource=self.resource)
                    )
                if monotonic() > until:
                    error = StreamStalled(f"no frame for {limit:g} s", resource=self.resource)
                    raise self._with_counts(error)
                continue
            until = monotonic() + limit

    def collect(self, seconds: float, *, drops: int | None = None) -> list[Frame]:
        """The frames of so many seconds by their own times, the first one after it included.

        Raises: StreamError, which has those that came, in `frames`; a file that is over is one, too.
        """
        found: list[Frame] = []
        try:
            for frame in self.frames(drops=drops):
                found.append(frame)
                if frame.t - found[0].t >= seconds:
                    return found
            raise self._with_counts(self._failure or StreamEnded("it is over", resource=self.resource))
        except StreamError as error:
            error.frames = tuple(found)
            raise

    def _may_miss(self, drops: int | None) -> None:
        missing = (self.lost or 0) + self.unread + self.spoilt
        if drops is not None and missing > drops:
            error = FramesLost(f"{missing} frames are missing, {drops} may", resource=self.resource)
            raise self._with_counts(error)

    # Its end

    def close(self) -> None:
        """Let go of the camera and end the process. May be called again."""
        if not self.dead:
            try:
                self._tell(Message(Kind.STOP))
            except OSError:
                pass
        self.dead = True
        self._socket.close()
        try:
            self._process.wait(END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._ring is not None:
            self._ring.close()
            self._ring = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # Inside

    def _tell(self, message: Message) -> None:
        self._socket.settimeout(1.0)
        self._socket.sendall(message.pack())
        self._socket.setblocking(False)

    def _read(self) -> None:
        """One chunk of what was said: frames that are in shared memory already, so no more than it has room for."""
        if self.dead:
            return
        try:
            chunk, descriptors = self._receive()
        except BlockingIOError:
            return
        except OSError:
            chunk, descriptors = b"", []
        if not chunk:
            self._died()
        self._buffer += chunk
        for message in unpack(self._buffer):
            self._hear(message, descriptors)

    def _receive(self) -> tuple[bytes, list[int]]:
        chunk, ancillary, _, _ = self._socket.recvmsg(
            65_536, socket.CMSG_SPACE(4 * array.array("i").itemsize)
        )
        found = array.array("i")
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                found.frombytes(data[: len(data) - len(data) % found.itemsize])
        return chunk, list(found)

    def _hear(self, message: Message, descriptors: list[int]) -> None:
        kind, a, b, c, body = message
        if kind == Kind.FRAME:
            assert self._opened is not None and self._ring is not None
            t, u = TIMES.unpack(body)
            self.last = Frame(b, t, u, self._opened.clock, a, self._ring.read(c))
            self.count += 1
            self._events.append(self.last)
            try:
                self._tell(Message(Kind.TAKEN, c))
            except OSError:
                pass  # it has ended, as the next read will tell
        elif kind == Kind.MISSED:
            self._missed(a, b, Why(c))
        elif kind == Kind.OPENED:
            self._set_up(a, json.loads(body), descriptors.pop())
        elif kind == Kind.FAILED:
            self._fail(a, _error(json.loads(body), self.resource))

    def _set_up(self, stamp: int, told: dict[str, Any], fd: int) -> None:
        size = told.pop("width"), told.pop("height")
        self._opened = Opened(self.resource, stamp, size=size, **told)
        self._ring = Ring(fd, size, self._opened.slots)
        self.lost = 0 if self._opened.counts_drops else None

    def _missed(self, stamp: int, count: int, why: Why) -> None:
        if why is Why.LOST:
            self.lost = (self.lost or 0) + count
        elif why is Why.UNREAD:
            self.unread += count
        else:
            self.spoilt += count
        self._events.append(Missed(self.resource, stamp, count, why.name.lower()))

    def _fail(self, stamp: int, error: CameraError) -> None:
        if self._failure is None:
            self._failure = self._with_counts(error)
            self._events.append(Failed(self.resource, stamp, self._failure))

    def _with_counts(self, error: CameraError) -> CameraError:
        if isinstance(error, StreamError):
            error.keep(self.counts, self.last)
        return error

    def _died(self) -> None:
        self.dead = True
        try:
            code: int | None = self._process.wait(END)
        except subprocess.TimeoutExpired:
            code = None
        how = "has closed its line" if code is None else f"ended with {code}"
        self._fail(monotonic_ns(), ReaderDied(f"the process that reads it {how}", resource=self.resource))


def _error(told: dict[str, Any], resource: str) -> CameraError:
    kind: type[CameraError] = getattr(errors, told["error"])
    return kind(told["message"], resource=resource, advice=told["advice"])
