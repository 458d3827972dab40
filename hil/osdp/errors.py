"""What can be wrong with OSDP, as types. Bytes from a line raise these and no others."""

from __future__ import annotations

from ..errors import BenchError


class OsdpError(BenchError, ValueError):
    """Root of the codec's errors."""


class FrameError(OsdpError):
    """These bytes are no frame."""


class WrongLength(FrameError):
    """The length in the header and the frame's other parts do not agree."""


class WrongCheck(FrameError):
    """The CRC (or the checksum) is not that of the bytes before it."""


class MessageError(OsdpError):
    """A frame whose data does not fit its command or reply."""


class SecureError(OsdpError):
    """The secure channel does not hold."""


class WrongMac(SecureError):
    """The message authentication code is not that of the message at this place of the chain."""


class WrongCryptogram(SecureError):
    """The other side does not know the key."""


class QueueFull(OsdpError, BufferError):
    """More was queued than the other side fetches."""

    advice = "wait until the other side has fetched what is queued"
