"""A line to an instrument through PyVISA, with the bench's errors.

It finds no instruments and knows no commands. A question that was not answered in time leaves the line unsure: before
the next message, what still comes is thrown away, or it would be taken for the answer to that.
"""

from __future__ import annotations

import errno
import select
import socket
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from .. import errors
from ..port.line import Line, SafeOrder
from ..port.standby import Standby
from ..rig.address import line_device

if TYPE_CHECKING:
    from pyvisa.resources import MessageBasedResource

PATIENCE = 2.0
"""Seconds for an answer."""
REST = 0.05
"""Seconds of silence after which a late answer is no longer expected."""
MOST = 65_536
"""Bytes of an answer."""


class Link(Protocol):
    """A line to an instrument that speaks in lines of ASCII."""

    @property
    def resource(self) -> str:
        """Name of the resource; errors name it."""

    def write(self, message: str) -> None:
        """Send a message. Raises: PortError."""

    def query(self, message: str) -> str:
        """Send a message; the answer without its end. Raises: PortError, NoAnswer, TooMuch, WrongAnswer."""

    def guard(self, safe: Sequence[SafeOrder]) -> None:
        """What makes the instrument safe should this program be killed before it closes the link."""

    def close(self) -> None:
        """Let go of the line; may be called again."""


class VisaLink:
    """`ASRL/dev/ttyUSB0::INSTR`, `TCPIP::HOST::PORT::SOCKET`, or whatever else PyVISA's backend opens."""

    def __init__(
        self,
        address: str,
        *,
        resource: str = "",
        baudrate: int = 9600,
        patience: float = PATIENCE,
        backend: str = "@py",
        ending: str = "\n",
    ) -> None:
        """`resource`: its name in the rig file; `patience`: seconds for an answer; `ending`: of a line, both ways.

        Raises: PortError, of the kind that fits.
        """
        try:
            import pyvisa
        except ImportError as error:
            raise errors.PortUnfit(
                "PyVISA is not installed", resource=resource, advice="pip install 'gatebench[bench]'"
            ) from error
        self.address, self._name, self.patience = address, resource or address, patience
        self._ending = ending.encode("ascii")
        self._unsure = False
        self._standby: Standby | None = None
        device = line_device(address)
        self._line = None if device is None else Line(self._name, device, baudrate)
        self._open: MessageBasedResource | None = None
        self._manager: Any = pyvisa.ResourceManager(backend)
        options: dict[str, Any] = {"baud_rate": baudrate} if address.upper().startswith("ASRL") else {}
        try:
            opened: Any = self._manager.open_resource(address, open_timeout=3000, **options)
        except Exception as error:  # the backend lets through what its libraries raise
            raise self._cannot_open(error) from error
        self._open = opened
        opened.timeout = max(1, round(patience * 1000))
        opened.read_termination = ending[-1]  # it ends a read; we take it off
        self._session = getattr(opened.visalib, "sessions", {}).get(opened.session)
        try:
            self._check_open(bool(options))
            if options:
                self.write("")  # ends what another program may have begun to say
                self._drain()
        except Exception:
            self.close()
            raise

    @property
    def resource(self) -> str:
        return self._name

    def write(self, message: str) -> None:
        data = message.encode("ascii") + self._ending
        opened = self._opened()
        if self._unsure:
            self._drain()
        elif self._waiting():
            received = self._drain()
            raise errors.WrongAnswer(
                "it spoke without being asked, perhaps a second answer to the last question",
                resource=self._name,
                received=received,
            )
        try:
            opened.write_raw(data)
        except Exception as error:
            raise self._lost(error, data) from error

    def query(self, message: str) -> str:
        self.write(message)
        sent = message.encode("ascii") + self._ending
        data = self._read(sent)
        text = data[: -len(self._ending)].rstrip(b"\r")
        if not text.isascii() or not text.decode("ascii").isprintable():
            self._unsure = True
            raise errors.WrongAnswer("that is no text", resource=self._name, sent=sent, received=data)
        return text.decode("ascii")

    def guard(self, safe: Sequence[SafeOrder]) -> None:
        """By a process that stands by, for serial lines and TCP sockets; whatever else PyVISA opens (USB, GPIB, VXI-11)
        is no line that another process could open, and stays as it is when this program is killed."""
        if self._open is None or self._line is None:
            return
        if self._standby is not None:
            self._standby.arm(safe)
        elif safe:
            self._standby = Standby(self._line, safe)

    def close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            with suppress(Exception):  # the line has gone; there is nothing more to let go of
                opened.close()
        standby, self._standby = self._standby, None
        if standby is not None:
            standby.dismiss()

    # Inside

    def _opened(self) -> MessageBasedResource:
        if self._open is None:
            raise errors.PortLost("it was closed", resource=self._name, advice="open the driver again")
        return self._open

    def _interface(self) -> Any:
        """The pyserial port or socket of pyvisa-py; None with another backend."""
        return getattr(self._session, "interface", None)

    def _check_open(self, serial: bool) -> None:
        """pyvisa-py reports neither a refused connection nor a serial line that somebody else uses."""
        interface = self._interface()
        if interface is None:
            return
        try:
            if serial:
                interface.exclusive = True
            elif isinstance(interface, socket.socket):
                interface.getpeername()
                interface.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            if serial:
                raise errors.PortBusy("another program holds it", resource=self._name) from error
            raise errors.PortMissing(
                f"no connection to {self.address}",
                resource=self._name,
                advice="start the device; check the address",
            ) from error

    def _waiting(self) -> bool:
        """Have bytes come that nobody asked for?"""
        interface = self._interface()
        if interface is None:
            return False
        try:
            if isinstance(interface, socket.socket):
                if getattr(self._session, "_pending_buffer", b""):
                    return True
                ready = bool(select.select([interface], (), (), 0)[0])
                return ready and interface.recv(1, socket.MSG_PEEK) != b""
            return bool(interface.in_waiting)
        except OSError as error:
            raise self._lost(error, None) from error

    def _read(self, sent: bytes) -> bytes:
        """One line, with its end."""
        data, until = b"", monotonic() + self.patience
        while not data.endswith(self._ending):
            more = self._chunk(sent)
            data += more
            if len(data) >= MOST:
                self._unsure = True
                raise errors.TooMuch(
                    f"{len(data)} bytes and no end", resource=self._name, sent=sent, received=data
                )
            if not more or (monotonic() > until and not data.endswith(self._ending)):
                self._unsure = True
                self._check_there(sent)
                what = "no answer" if not data else "an answer without its end"
                kind = errors.WrongAnswer if data else errors.NoAnswer
                raise kind(
                    f"{what} within {self.patience:g} s", resource=self._name, sent=sent, received=data
                )
        return data

    def _chunk(self, sent: bytes | None) -> bytes:
        """What comes until a line's end or the time-out; nothing if nothing comes."""
        opened: Any = self._opened()
        try:
            if self._session is not None:  # as visalib.read, which throws away what came before a time-out
                data, _ = self._session.read(MOST)
            else:
                data, _ = opened.visalib.read(opened.session, MOST)
        except Exception as error:
            if type(error).__name__ == "VisaIOError" and "VI_ERROR_TMO" in str(error):
                return b""
            raise self._lost(error, sent) from error
        return bytes(data)

    def _drain(self) -> bytes:
        """Throw away what comes until there is silence. Raises: TooMuch if there is none."""
        opened: Any = self._opened()
        thrown, until = b"", monotonic() + self.patience
        opened.timeout = round(REST * 1000)
        try:
            while more := self._chunk(None):
                thrown = (thrown + more)[:MOST]
                if monotonic() > until:
                    raise errors.TooMuch("it does not stop talking", resource=self._name, received=thrown)
        finally:
            opened.timeout = max(1, round(self.patience * 1000))
        self._unsure = False
        return thrown

    def _check_there(self, sent: bytes) -> None:
        """pyvisa-py takes a connection that was closed for one that is silent."""
        interface = self._interface()
        if isinstance(interface, socket.socket):
            try:
                if select.select([interface], (), (), 0)[0] and not interface.recv(1, socket.MSG_PEEK):
                    raise errors.PortLost("the device closed the connection", resource=self._name, sent=sent)
            except ConnectionError as error:
                if isinstance(error, errors.BenchError):
                    raise
                raise self._lost(error, sent) from error

    def _lost(self, error: Exception, sent: bytes | None) -> errors.BenchError:
        """What a failure of the open line means."""
        if isinstance(error, errors.BenchError):
            return error
        kind = errors.PortStuck if "VI_ERROR_TMO" in str(error) else errors.PortLost
        return kind(str(error), resource=self._name, sent=sent)

    def _cannot_open(self, error: Exception) -> errors.BenchError:
        """What a failure to open means. The cause has the number; pyvisa-py keeps some as text only."""
        causes = [error, error.__cause__, error.__context__]
        number = next((e.errno for e in causes if isinstance(e, OSError) and e.errno), 0)
        text = str(error)
        kind, advice = _KINDS.get(number, errors.PortUnfit), ""
        if "VI_ERROR_RSRC_NFOUND" in text or "No device found" in text or "could not connect" in text:
            kind = errors.PortMissing
            if not self.address.upper().startswith("ASRL"):
                advice = "start the device; check the address"
        elif "VI_ERROR_INV_RSRC_NAME" in text:
            advice = "write it as ASRL/dev/ttyUSB0::INSTR or TCPIP::HOST::PORT::SOCKET"
        return kind(f"{self.address} cannot be opened: {text}", resource=self._name, advice=advice)


class Shared:
    """One link for several drivers, such as the doors of one box: closed when the last has let go."""

    def __init__(self, link: Link) -> None:
        self._link, self._users = link, 0
        self._safe: dict[object, Sequence[SafeOrder]] = {}

    def user(self) -> Link:
        """The link for one more driver."""
        self._users += 1
        return _User(self)

    def leave(self) -> None:
        """One driver less."""
        self._users -= 1
        if not self._users:
            self._link.close()

    def guard(self, user: object, safe: Sequence[SafeOrder]) -> None:
        """What is safe for one driver; all are made safe."""
        self._safe[user] = safe
        self._link.guard([order for each in self._safe.values() for order in each])

    @property
    def link(self) -> Link:
        return self._link

    @property
    def closed(self) -> bool:
        """Has the last user let go?"""
        return not self._users


class _User:
    def __init__(self, shared: Shared) -> None:
        self._shared: Shared | None = shared
        self.resource = shared.link.resource

    def write(self, message: str) -> None:
        self._there().write(message)

    def query(self, message: str) -> str:
        return self._there().query(message)

    def guard(self, safe: Sequence[SafeOrder]) -> None:
        if self._shared is not None:
            self._shared.guard(self, safe)

    def close(self) -> None:
        shared, self._shared = self._shared, None
        if shared is not None:
            shared.leave()

    def _there(self) -> Link:
        if self._shared is None:
            raise errors.PortLost("it was closed", resource=self.resource, advice="open the driver again")
        return self._shared.link


_KINDS: dict[int, type[errors.PortError]] = {
    errno.ENOENT: errors.PortMissing,
    errno.ENXIO: errors.PortMissing,
    errno.ENODEV: errors.PortMissing,
    errno.EIO: errors.PortMissing,
    errno.EACCES: errors.PortDenied,
    errno.EPERM: errors.PortDenied,
    errno.EBUSY: errors.PortBusy,
}
