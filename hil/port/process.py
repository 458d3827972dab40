"""The port process: `python -m gatebench.hil.port.process CHARGE`, on whose standard input the harness has a socket.

It alone opens the line. It stamps what goes out and what comes in, so that a stamp is late only when the whole host is;
by how much, Linux tells (`/proc/self/schedstat`: how long the process was runnable and not running). It holds the line
exclusively, so nobody else could make the door safe: it is the watchdog. Its socket ends however the harness dies.
Standing by, it does that last part alone, for a line that the harness holds itself.

Exit codes: 0 released, every order confirmed; 4 not confirmed; 3 the line could not be opened.
"""

from __future__ import annotations

import gc
import json
import os
import re
import select
import signal
import socket
import sys
from dataclasses import asdict, replace
from heapq import heappop, heappush
from time import monotonic_ns

from .frames import Frame, Kind, unpack
from .line import Charge, Line, SafeOrder, load_orders
from .wire import CannotOpen, Wire, open_wire

TICK = 0.010
"""Seconds between two looks at the clock, so that a stall is seen."""
SPIN = 300_000
"""ns before an order's instant that are waited out awake: waking up alone takes a tenth of a millisecond."""
CHUNK = 65_536
BACKLOG = 4 << 20
"""Bytes kept for a harness that does not read; what a device says beyond is counted and dropped."""
STUCK = 2_000_000_000
"""ns after which a line that takes no bytes is reported."""
RETURN = 3_000_000_000
"""ns for which a lost line is looked for when the door must be made safe."""
SETTLE = 100_000_000
"""ns of silence after which no answer to an earlier order is expected any more."""
UNANSWERED = 2_000_000_000
"""ns for which an order that nothing followed may still be answered."""
LONGEST_SETTLE = 500_000_000
"""ns after which a device that does not stop talking is asked all the same."""


class Account:
    """How long this process was runnable and not running, ns; 0 where the system does not say."""

    def __init__(self) -> None:
        try:
            self._fd = os.open("/proc/self/schedstat", os.O_RDONLY)
        except OSError:
            self._fd = -1
        self._was = 0
        self.since()

    def since(self) -> int:
        """ns since this was last asked."""
        if self._fd < 0:
            return 0
        now = int(os.pread(self._fd, 64, 0).split()[1])
        self._was, waited = now, now - self._was
        return waited


class PortProcess:
    """One line, one harness."""

    def __init__(self, charge: Charge, harness: socket.socket, alarm: int) -> None:
        """`alarm`: a descriptor that becomes readable when the process is asked to end (SIGTERM)."""
        self.line, self.safe, self.quiet = charge.line, charge.safe, charge.quiet
        self.harness, self.alarm = harness, alarm
        self.account = Account()
        self.wire: Wire | None = None
        self.orders: list[tuple[int, int, int, bytes]] = []  # heap of (not before, order, not after, bytes)
        self.writing: list[tuple[int, int, bytes, int]] = []  # [(before, order, bytes, written)], one at most
        self.news, self.said, self.dropped, self.deaf = bytearray(), bytearray(), 0, False
        self.sent = self.heard = 0  # when bytes last went out, and came in
        self.again = 0.0  # seconds between two tries of the last safe order, if it took several

    # The harness

    def tell(self, kind: Kind, a: int = 0, b: int = 0, c: int = 0, body: bytes = b"") -> None:
        if self.deaf:
            return
        if len(self.news) > BACKLOG and kind is Kind.HEARD:
            self.dropped += len(body)
            return
        self.news += Frame(kind, a, b, c, body).pack()
        self.push()

    def push(self) -> None:
        try:
            while self.news:
                del self.news[: self.harness.send(self.news)]
        except BlockingIOError:
            return
        except OSError:
            self.deaf = True
            self.news.clear()
        if self.dropped:
            dropped, self.dropped = self.dropped, 0
            self.tell(Kind.DROPPED, monotonic_ns(), dropped)

    def fail(self, kind: str, message: str, advice: str = "") -> None:
        told = {"error": kind, "message": message, "advice": advice}
        self.tell(Kind.FAILED, monotonic_ns(), body=json.dumps(told).encode())

    def heed(self) -> bool:
        """Take the harness's frames; False once it wants the release, or is gone."""
        try:
            chunk = self.harness.recv(CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            chunk = b""
        if not chunk:
            self.deaf = True
            return False
        self.said += chunk
        for frame in unpack(self.said):
            if frame.kind == Kind.SEND:
                heappush(self.orders, (frame.a, frame.c, frame.b, frame.body))
            elif frame.kind == Kind.ARM:
                self.safe = load_orders(json.loads(frame.body))
            elif frame.kind == Kind.REOPEN:
                self.line = Line(**json.loads(frame.body))
                self.close()
                self.open()
            elif frame.kind == Kind.RELEASE:
                return False
        return True

    # The line

    def open(self, about: dict[str, object] | None = None, silent: bool = False) -> bool:
        try:
            self.wire = open_wire(self.line)
        except CannotOpen as error:
            if not silent:
                self.fail(error.kind, error.message, error.advice)
            return False
        told = {"pid": os.getpid(), "line": asdict(self.line), **(about or {})}
        self.tell(Kind.OPENED, monotonic_ns(), body=json.dumps(told).encode())
        return True

    def close(self) -> None:
        if self.wire is not None:
            self.wire.close()
        self.wire = None
        self.writing.clear()

    def lose(self, why: str) -> None:
        self.close()
        self.fail("PortLost", f"{self.line.device} has gone: {why}")

    def hear(self) -> bytes:
        """What has come, reported with its stamp. Only when `select` says so: a serial line with nothing to read looks
        like one that has ended."""
        assert self.wire is not None
        try:
            chunk = os.read(self.wire.fileno(), CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            self.lose(error.strerror or str(error))
            return b""
        self.heard = stamp = monotonic_ns()
        if not chunk:
            self.lose("it ended")
            return b""
        self.tell(Kind.HEARD, stamp, self.account.since(), body=chunk)
        return chunk

    def write(self) -> None:
        """Go on with what is being written, or begin the first order that is due."""
        while self.wire is not None:
            if not self.writing:
                if not self.orders or self.orders[0][0] > monotonic_ns():
                    return
                _, order, latest, body = heappop(self.orders)
                now = monotonic_ns()
                if latest and now > latest:
                    self.tell(Kind.EXPIRED, now, c=order, body=body)
                    continue
                self.writing.append((monotonic_ns(), order, body, 0))
            before, order, body, done = self.writing.pop()
            try:
                done += os.write(self.wire.fileno(), body[done:])
            except BlockingIOError:
                pass
            except OSError as error:
                self.lose(error.strerror or str(error))
                return
            self.sent = after = monotonic_ns()
            if done == len(body):
                self.tell(Kind.SENT, before, after, order, body)
            elif after - before > STUCK:
                self.fail("PortStuck", f"{self.line.device} took {done} of {len(body)} bytes in 2 s")
            else:
                self.writing.append((before, order, body, done))
                return

    def serve(self) -> None:
        """Until the harness wants the release or is gone."""
        seen = monotonic_ns()
        while True:
            rest = TICK
            if self.orders and self.wire is not None and not self.writing:
                rest = min(TICK, max(0.0, (self.orders[0][0] - SPIN - monotonic_ns()) / 1e9))
            ears: list[int] = [self.harness.fileno(), self.alarm]
            if self.wire is not None:
                ears.append(self.wire.fileno())
            mouths = [self.harness.fileno()] if self.news else []
            if self.writing and self.wire is not None:
                mouths.append(self.wire.fileno())
            ready, able, _ = select.select(ears, mouths, (), rest)
            now = monotonic_ns()
            if now - seen > TICK * 1e9 + self.quiet:
                self.tell(Kind.STALLED, seen, now)
            if not ready:
                self.account.since()
            if self.wire is not None and self.wire.fileno() in ready:
                self.hear()
            if self.harness.fileno() in able:
                self.push()
            if self.alarm in ready:
                return
            if self.harness.fileno() in ready and not self.heed():
                return
            self.write()
            seen = now

    # The watchdog

    def release(self) -> int:
        """Give the safe orders and read back; the exit code."""
        self.orders.clear()
        until = monotonic_ns() + RETURN
        while self.wire is None and self.safe and not self.open(silent=True) and monotonic_ns() < until:
            select.select((), (), (), 0.1)
        self.writing.clear()
        if self.wire is not None and select.select([self.wire.fileno()], (), (), 0)[0]:
            self.hear()  # what was said before is no answer to what comes now
        if self.owed():  # nor is what is still on its way. So first safe, then sure
            for order in self.safe:
                self.obey(replace(order, expect=None))
            self.settle()
        answers = [self.obey(order) for order in self.safe]
        sound = all(answer is not None for answer in answers)
        told = [None if answer is None else answer.hex() for answer in answers]
        self.tell(Kind.RELEASED, monotonic_ns(), int(sound), body=json.dumps(told).encode())
        self.harness.settimeout(1.0)
        try:
            self.harness.sendall(self.news)
        except OSError:
            pass  # the harness is gone, which is why we are here
        return 0 if sound else 4

    def stand_by(self) -> None:
        """Until the harness is gone. Who asks us to end asks too early: the harness is there, and holds the line."""
        while select.select([self.harness.fileno()], (), ())[0]:
            if not self.heed():
                break
        self.sent = monotonic_ns()  # what the harness last asked may still be answered

    def owed(self) -> bool:
        """May an answer to an earlier order still come, and is there an order that it could seem to confirm?"""
        since = monotonic_ns() - max(self.sent, self.heard)
        recent = since < (UNANSWERED if self.sent > self.heard else SETTLE)
        return recent and any(order.expect is not None for order in self.safe)

    def settle(self, more: float = 0.0) -> None:
        """Listen until there is silence; `more`: for so many seconds beyond the usual."""
        until = monotonic_ns() + LONGEST_SETTLE + round(more * 1e9)
        while self.wire is not None and monotonic_ns() < until:
            if not select.select([self.wire.fileno()], (), (), SETTLE / 1e9 + more)[0]:
                return
            self.hear()

    def obey(self, order: SafeOrder) -> bytes | None:
        """Send one safe order until it is confirmed; what the device answered, or None."""
        if self.again:  # the answers to the other tries would seem to be the next order's
            self.settle(self.again)
            self.again = 0.0
        heard = b""
        for attempt in range(order.tries):
            heappush(self.orders, (0, -1, 0, order.send))
            until = monotonic_ns() + round(order.within * 1e9)
            while (now := monotonic_ns()) < until and self.wire is not None:
                self.write()
                if order.expect is None and not self.writing and not self.orders:
                    return b""
                if self.wire is None:
                    break
                mouths = [self.wire.fileno()] if self.writing else []
                if select.select([self.wire.fileno()], mouths, (), (until - now) / 1e9)[0]:
                    heard = (heard + self.hear())[-4096:]
                    if order.expect is not None and (found := re.search(order.expect, heard)):
                        self.again = order.within if attempt else 0.0
                        return found[0]
            self.orders.clear()
            self.writing.clear()
        self.again = order.within
        return None


def be_realtime(priority: int) -> str:
    """Ask for SCHED_FIFO, never inherited by children: they would starve the host. Why not, or nothing."""
    if not priority:
        return "not asked for"
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(priority))
    except AttributeError:
        return "this system has no SCHED_FIFO"
    except OSError as error:
        return f"{error.strerror}; allow it by `ulimit -r {priority}`"
    return ""


def main() -> int:
    charge = Charge.loads(sys.argv[1])
    harness = socket.socket(fileno=os.dup(0))
    harness.setblocking(False)
    alarm, bell = os.pipe()
    os.set_blocking(bell, False)
    signal.set_wakeup_fd(bell)
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    for name in ("SIGINT", "SIGHUP", "SIGPIPE"):  # Ctrl-C goes to a whole group; the release still needs us
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    gc.disable()
    why = be_realtime(charge.realtime)
    port = PortProcess(charge, harness, alarm)
    if charge.standby:
        port.stand_by()
        return port.release()
    if not port.open({"realtime": not why, "why": why}):
        return 3
    port.serve()
    code = port.release()
    port.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
