"""The reader: `python -m gatebench.hil.camera.process`, on whose standard input the harness has a Unix socket.

It alone opens the camera, stamps each frame as it comes, and puts it into shared memory. Frames for which there is no room
are counted and told; where the source waits (a file), it waits, too. It ends when its harness has gone, however that went:
a second thread, which sleeps otherwise, hears it from the socket.

Exit codes: 0 the harness has ended it, or has gone; 3 an error, which it was told.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import signal
import socket
import sys
import threading
from dataclasses import asdict
from time import monotonic, monotonic_ns

from ..port.frames import Frame as Message
from ..port.frames import unpack
from ..port.process import CHUNK, Account, be_realtime
from .errors import (
    CameraError,
    CameraSilent,
    Counts,
    ReaderDied,
    SizeChanged,
    StreamBroken,
    StreamEnded,
    StreamStalled,
)
from .frame import Image
from .messages import TIMES, Charge, Kind, Why
from .pace import Pace, Timed
from .ring import Ring
from .source import Shot, Source, open_source

SPOILT = 30
"""Frames in a row that cannot be decoded; then it is no stream of pictures."""
LATE = 2.0
"""Seconds beyond its patience after which a source that does not come back is given up."""
LEAVE = 0.5
"""Seconds to let go of the camera when the harness has ended it."""


class Harness:
    """The socket, and the slots that are free."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.free: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.stopping = threading.Event()
        self.left = threading.Event()
        """The camera was let go of."""
        self._lock = threading.Lock()
        self._buffer = bytearray()

    def charge(self) -> Charge:
        """What is to be opened; waits for it."""
        while True:
            chunk = self.line.recv(CHUNK)
            if not chunk:
                os._exit(0)
            self._buffer += chunk
            for message in unpack(self._buffer):
                if message.kind == Kind.CHARGE:
                    return Charge.loads(message.body)

    def tell(self, kind: Kind, a: int, b: int = 0, c: int = 0, body: bytes = b"", fd: int = -1) -> None:
        data = Message(kind, a, b, c, body).pack()
        try:
            with self._lock:
                if fd >= 0:
                    data = data[socket.send_fds(self.line, [data], [fd]) :]
                self.line.sendall(data)
        except OSError:
            os._exit(0)  # the harness has gone

    def fail(self, error: CameraError, counts: Counts) -> None:
        told = {
            "error": type(error).__name__, "message": error.message, "advice": error.advice, "counts": asdict(counts),
        }  # fmt: skip
        self.tell(Kind.FAILED, monotonic_ns(), body=json.dumps(told).encode())

    def heed(self, reader: Reader) -> None:
        """Listen until the harness ends us or has gone, or the source does not come back. A thread of its own."""
        while True:
            self.line.settimeout(LATE / 2)
            try:
                chunk = self.line.recv(CHUNK)
            except TimeoutError:
                reader.look()
                continue
            except OSError:
                chunk = b""
            if not chunk:
                os._exit(0)
            self._buffer += chunk
            for message in unpack(self._buffer):
                if message.kind == Kind.TAKEN:
                    self.free.put(message.a)
                elif message.kind == Kind.STOP:
                    self.stopping.set()
                    self.free.put(-1)
                    self.left.wait(LEAVE)
                    os._exit(0)


class Reader:
    """One source, one harness."""

    def __init__(self, charge: Charge, harness: Harness, realtime: str) -> None:
        """`realtime`: why it has no real-time priority; empty: it has."""
        self.charge, self.harness, self.realtime = charge, harness, realtime
        self.account = Account()
        self.source: Source | None = None
        self.ring: Ring | None = None
        self.pace: Pace | None = None
        self.size = (0, 0)
        self.handed = self.lost = self.unread = self.spoilt = self._spoilt_now = 0
        self._pending = dict.fromkeys(Why, 0)
        self._last = monotonic()
        self._waiting = False

    @property
    def counts(self) -> Counts:
        known = self.pace is None or self.pace.numbered or not self.pace.settled
        discarded = self.pace.discarded if self.pace is not None else 0
        return Counts(self.handed, self.lost if known else None, self.unread, self.spoilt, discarded)

    def run(self) -> int:
        """To the end; the exit code."""
        try:
            self.source = open_source(self.charge)
            self.pace = Pace(
                self.source.resolution,
                self.source.fps,
                live=self.source.live,
                reports=self.source.reports,
                clock=self.charge.clock,
            )
            while not self.harness.stopping.is_set():
                self._one(self.source, self.pace)
            code = 0
        except CameraError as error:
            code = self._failed(error)
        except Exception as error:  # noqa: BLE001  whatever a decoder raises, the harness must hear of it
            code = self._failed(ReaderDied(f"{type(error).__name__}: {error}"))
        if self.source is not None:
            self.source.close()
        self.harness.left.set()
        return code

    def look(self) -> None:
        """Is the source still coming back? From the other thread."""
        waited = monotonic() - self._last
        if self.source is None or self._waiting or waited < self.charge.patience + LATE:
            return
        error: CameraError = StreamStalled(f"no frame for {waited:.1f} s")
        if not self.handed:
            error = CameraSilent(f"it opens and gives no picture within {waited:.1f} s")
        self.harness.fail(self._named(error), self.counts)
        os._exit(3)

    def _named(self, error: CameraError) -> CameraError:
        if not error.message.startswith(self.charge.parsed.shown):
            error.message = f"{self.charge.parsed.shown}: {error.message}"
        return error

    def _failed(self, error: CameraError) -> int:
        if not self.handed and isinstance(error, StreamStalled):
            error = CameraSilent(f"it opens and gives no picture within {self.charge.patience:g} s")
        if not self.handed and isinstance(error, StreamEnded):
            error.message += ", before a frame was there that could be used"
        self._tell_missed()
        self.harness.fail(self._named(error), self.counts)
        return 3

    # Frames

    def _one(self, source: Source, pace: Pace) -> None:
        shot = source.next()
        self._last = monotonic()
        timed = pace.feed(shot, self.account.since())
        if timed is None:
            return
        self.lost += timed.missing
        self._pending[Why.LOST] += timed.missing
        if self.ring is None:
            image = self._image(shot)
            if image is not None:
                self._announce(image, timed, source, pace)
                self._hand_over(shot, timed, image, self.harness.free.get())
            return
        slot = self._slot(source)
        if slot is None:
            self.unread += 1
            self._pending[Why.UNREAD] += 1
            return
        image = self._image(shot) if slot >= 0 else None
        if image is None:
            self.harness.free.put(slot)
            return
        if (image.shape[1], image.shape[0]) != self.size:
            raise SizeChanged(
                f"its pictures were {_times(self.size)} and are {image.shape[1]}x{image.shape[0]} now"
            )
        self._hand_over(shot, timed, image, slot)

    def _slot(self, source: Source) -> int | None:
        """A free one; None: there is none, and the source does not wait. -1: the harness wants no more."""
        try:
            return self.harness.free.get_nowait()
        except queue.Empty:
            if source.live:
                return None
        self._waiting = True
        slot = self.harness.free.get()
        self._last, self._waiting = monotonic(), False
        return slot

    def _image(self, shot: Shot) -> Image | None:
        image = shot.image()
        if image is not None:
            self._spoilt_now = 0
            return image
        self.spoilt += 1
        self._spoilt_now += 1
        self._pending[Why.SPOILT] += 1
        if self._spoilt_now >= SPOILT:
            raise StreamBroken(f"the last {SPOILT} frames cannot be decoded")
        return None

    def _announce(self, image: Image, timed: Timed, source: Source, pace: Pace) -> None:
        self.size = image.shape[1], image.shape[0]
        self.ring = Ring.new(self.size, self.charge.room)
        for slot in range(self.ring.slots):
            self.harness.free.put(slot)
        told = {
            "pid": os.getpid(), "address": self.charge.parsed.shown, "width": self.size[0], "height": self.size[1], "fps": pace.fps, "u": timed.u,
            "slots": self.ring.slots, "clock": pace.clock, "decoder": source.decoder, "counts_drops": pace.numbered, "live": source.live,
            "discarded": pace.discarded, "realtime": not self.realtime, "why": self.realtime,
        }  # fmt: skip
        self.harness.tell(Kind.OPENED, monotonic_ns(), body=json.dumps(told).encode(), fd=self.ring.fd)

    def _hand_over(self, shot: Shot, timed: Timed, image: Image, slot: int) -> None:
        assert self.ring is not None
        self.ring.write(slot, image)
        self._tell_missed()
        self.handed += 1
        self.harness.tell(Kind.FRAME, shot.arrival, timed.number, slot, TIMES.pack(timed.t, timed.u))

    def _tell_missed(self) -> None:
        for why, count in self._pending.items():
            if count:
                self.harness.tell(Kind.MISSED, monotonic_ns(), count, why)
                self._pending[why] = 0


def _times(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def main() -> int:
    for name in ("SIGINT", "SIGHUP", "SIGPIPE"):  # Ctrl-C goes to a whole group; the harness says when to end
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # what goes wrong has a name, and needs no second one
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    harness = Harness(socket.socket(fileno=os.dup(0)))
    charge = harness.charge()
    live = charge.parsed.kind != "file"
    why = be_realtime(charge.realtime if live else 0)
    gc.freeze()
    reader = Reader(charge, harness, why)
    threading.Thread(target=harness.heed, args=(reader,), daemon=True).start()
    return reader.run()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # decoders' own threads are not waited for
