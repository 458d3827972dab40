"""Opening a line: a descriptor that can be read, written and waited for, or the kind of error that the harness raises."""

from __future__ import annotations

import errno
import os
import socket
import stat
from typing import Protocol

from .line import Line

CONNECT = 3.0
"""Seconds for a TCP connection."""


class CannotOpen(Exception):
    """`kind`: the name of a class in `hil.errors`."""

    def __init__(self, kind: str, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.kind, self.message, self.advice = kind, message, advice


class Wire(Protocol):
    """An open line that never blocks."""

    def fileno(self) -> int: ...
    def close(self) -> None: ...


def open_wire(line: Line) -> Wire:
    """Raises: CannotOpen."""
    if line.device.startswith("socket://"):
        return _connect(line.device)
    return _open_serial(line)


def _connect(device: str) -> Wire:
    host, _, port = device.removeprefix("socket://").rstrip("/").rpartition(":")
    if not host or not port.isdecimal():
        raise CannotOpen("PortUnfit", f"{device!r} is no address", "write it as socket://HOST:PORT")
    try:
        wire = socket.create_connection((host.strip("[]"), int(port)), CONNECT)
    except socket.gaierror as error:
        raise CannotOpen("PortMissing", f"no host {host!r}: {error.strerror}", "check the name") from error
    except OSError as error:
        why = error.strerror or str(error)
        raise CannotOpen("PortMissing", f"no connection to {device}: {why}", "start the device") from error
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire.setblocking(False)
    return wire


def _open_serial(line: Line) -> Wire:
    """Locked by flock alone, which dies with the process. With TIOCEXCL a pty would stay locked after this process was
    killed, and nobody could release the door."""
    try:
        import serial
    except ImportError as error:
        raise CannotOpen(
            "PortUnfit", "pyserial is not installed", "pip install 'gatebench[bench]'"
        ) from error
    try:
        if not stat.S_ISCHR(os.stat(line.device).st_mode):
            raise CannotOpen("PortUnfit", f"{line.device} is no serial device")
        return serial.Serial(
            line.device,
            line.baudrate,
            line.bytesize,
            line.parity,
            line.stopbits,
            timeout=0,
            rtscts=line.rtscts,
            xonxoff=line.xonxoff,
            exclusive=True,
        )
    except ValueError as error:
        raise CannotOpen("PortUnfit", f"{line.device} cannot be set up: {error}") from error
    except serial.SerialException as error:
        raise CannotOpen(_kind(error), f"{line.device}: {_why(error)}") from error
    except OSError as error:
        raise CannotOpen(_kind(error), f"{line.device}: {error.strerror}") from error
    except Exception as error:  # termios.error, which is no OSError
        raise CannotOpen("PortUnfit", f"{line.device} refuses its line parameters: {error}") from error


_KINDS = {
    errno.ENOENT: "PortMissing",
    errno.ENXIO: "PortMissing",
    errno.ENODEV: "PortMissing",
    errno.EIO: "PortMissing",
    errno.EACCES: "PortDenied",
    errno.EPERM: "PortDenied",
    errno.EBUSY: "PortBusy",
    errno.EAGAIN: "PortBusy",
}


def _kind(error: OSError) -> str:
    if "exclusively lock" in str(error):
        return "PortBusy"  # pyserial keeps the number of this one in its text alone
    return _KINDS.get(error.errno or 0, "PortUnfit")


def _why(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)
