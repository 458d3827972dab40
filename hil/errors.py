"""What can go wrong on the bench, as types.

```
BenchError                      exit code 3
├── PortError (OSError)         the line itself
│   ├── PortMissing             no such device, or more than one that fits
│   ├── PortBusy                another program holds it
│   ├── PortDenied              it may not be opened by this user
│   ├── PortUnfit               it opens, and is no serial line; or it refuses its line parameters
│   ├── PortLost                it was there, and has gone: cable, power, hub, peer
│   ├── PortStuck               it takes no more bytes
│   └── PortProcessDied         the process that held it ended without being asked to
├── DeviceError                 the device behind the line
│   ├── NoAnswer (TimeoutError) nothing came in time
│   ├── LateAnswer (TimeoutError) it came, after its limit
│   ├── WrongAnswer (ValueError) what came is no answer to what was sent
│   ├── TooMuch (BufferError)   it does not stop talking
│   └── Refused                 the device itself reports an error
├── CameraError                 a camera, or the stream from it: `hil/camera/errors.py` has the types
├── HostStalled                 the host was away for so long that going on would only measure the host
├── NotReleased                 the safe state was not confirmed
├── NotTested                   this rig can't do it here: the verdict NOT_TESTED, with its reason
├── BrokenTranscript (ValueError) a record is not what was written
└── EmptySample (ValueError)    nothing was measured, so nothing can be said
```

Each is also the standard error that fits, and says which resource it was, what was sent, what was received and what
to try. The tree follows that of python-can.
"""

from __future__ import annotations

from ..scenarios.errors import GatebenchError

_SHOWN = 64
"""Bytes of what was sent or received that a message shows."""


def shown(data: bytes) -> str:
    """Bytes for people: as text where they are printable ASCII, else in hex; shortened."""
    head = data[:_SHOWN]
    text = head.rstrip(b"\r\n")
    told = (
        repr(head.decode("ascii")) if text.isascii() and text.decode("ascii").isprintable() else head.hex(" ")
    )
    return told + (f" … ({len(data)} bytes)" if len(data) > _SHOWN else "")


class BenchError(GatebenchError, RuntimeError):
    """Root of what goes wrong on the bench."""

    advice = ""
    """What to try. A class has what is usual."""

    def __init__(
        self,
        message: str,
        *,
        resource: str = "",
        sent: bytes | None = None,
        received: bytes | None = None,
        advice: str = "",
    ) -> None:
        self.message, self.resource, self.sent, self.received = message, resource, sent, received
        self.advice = advice or type(self).advice
        super().__init__(message)

    def __str__(self) -> str:
        text = f"{self.resource}: {self.message}" if self.resource else self.message
        if self.sent is not None:
            text += f"; sent {shown(self.sent) if self.sent else 'nothing'}"
        if self.received is not None:
            text += f"; received {shown(self.received) if self.received else 'nothing'}"
        return f"{text}. Try: {self.advice}" if self.advice else text

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), self.message, self.resource, self.sent, self.received, self.advice)


def _again(
    kind: type[BenchError],
    message: str,
    resource: str,
    sent: bytes | None,
    received: bytes | None,
    advice: str,
) -> BenchError:
    return kind(message, resource=resource, sent=sent, received=received, advice=advice)


class PortError(BenchError, OSError):
    """The line itself."""


class PortMissing(PortError, FileNotFoundError):
    """No such device, or several that fit."""

    advice = "plug it in, or name one of those that are there: python -m serial.tools.list_ports -v"


class PortBusy(PortError, BlockingIOError):
    """Another program holds the port."""

    advice = "end the program that holds it; `fuser -v DEVICE` names it"


class PortDenied(PortError, PermissionError):
    """The port may not be opened by this user."""

    advice = "join the group that owns it (often `dialout`), then log in again"


class PortUnfit(PortError):
    """It opens and is no serial line, or refuses its line parameters."""

    advice = "name the device of a serial line, with line parameters that it supports"


class PortLost(PortError, ConnectionError):
    """It was there and has gone."""

    advice = "check cable and power; name USB devices by /dev/serial/by-id, which survives their return"


class PortStuck(PortError, TimeoutError):
    """It takes no more bytes."""

    advice = "check that the device is on and that flow control is as it expects"


class PortProcessDied(PortError, ConnectionAbortedError):
    """The process that held the port ended without being asked to."""

    advice = "see what killed it (memory, somebody else) in the system's journal"


class DeviceError(BenchError):
    """The device behind the line."""


class NoAnswer(DeviceError, TimeoutError):
    """Nothing came in time."""

    advice = "check that the device is on, the wires are not swapped, and the baud rate is the device's"


class LateAnswer(DeviceError, TimeoutError):
    """The answer came after its limit."""

    advice = "raise the limit, or let the device rest between two questions"


class WrongAnswer(DeviceError, ValueError):
    """What came is no answer to what was sent."""

    advice = "check the baud rate, the parity, and that it is the device that the rig file means"


class TooMuch(DeviceError, BufferError):
    """The device does not stop talking."""

    advice = "switch off its unasked reports, or check the baud rate"


class Refused(DeviceError):
    """The device itself reports an error, such as SCPI's -113."""


class HostStalled(BenchError):
    """The host was away for so long that going on would only measure the host."""

    advice = "close other programs; allow real-time priority (`ulimit -r 50`)"


class NotReleased(BenchError):
    """The safe state was not confirmed by the device."""

    advice = "look at the door: it may stand unlocked or under power"


class NotTested(BenchError):
    """This rig can't do it here: no verdict but NOT_TESTED, with the message as its reason."""


class BrokenTranscript(BenchError, ValueError):
    """A record is not what was written."""

    advice = "use the untouched original; records before the broken one are sound"


class EmptySample(BenchError, ValueError):
    """Nothing was measured, so nothing can be said."""
