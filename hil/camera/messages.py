"""What harness and reader say to each other: frames of `hil/port/frames.py` on a Unix socket, with kinds of their own.

Pictures themselves lie in shared memory (`ring.py`), whose descriptor comes with OPENED.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from enum import IntEnum

from .address import Address, parse
from .frame import Clock

TIMES = struct.Struct("<dd")
"""t and u of a frame, s."""


class Kind(IntEnum):
    """a, b, c and body of each. Instants: ns of the monotonic clock."""

    # from the harness
    CHARGE = 1  # body: what is to be opened, JSON
    TAKEN = 2  # a: the slot that is free again
    STOP = 3

    # from the reader
    OPENED = 16  # a: when; body: about the stream, JSON; with the descriptor of the ring
    FRAME = 17  # a: arrival; b: number; c: slot; body: TIMES
    MISSED = 18  # a: when noticed; b: how many; c: a Why
    FAILED = 19  # a: when; body: what went wrong, JSON


class Why(IntEnum):
    """Why frames are missing."""

    LOST = 0
    UNREAD = 1
    SPOILT = 2


@dataclass(frozen=True)
class Charge:
    """All that a reader is started with."""

    address: str
    resource: str = ""
    udp: bool = False
    """RTP as datagrams."""
    decoder: str = ""
    """`cv2`, `av`, or whichever is fit and installed."""
    clock: Clock | None = None
    """Which is wanted; None: the best that there is."""
    size: tuple[int, int] | None = None
    """Asked of a USB camera."""
    fps: float | None = None
    """Asked of a USB camera."""
    room: int = 64
    """Frames that wait to be taken."""
    patience: float = 3.0
    """Seconds without a frame."""
    realtime: int = 10
    """Priority of SCHED_FIFO, 1 to 99; 0: none."""

    @property
    def parsed(self) -> Address:
        return parse(self.address)

    def dumps(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def loads(cls, text: bytes) -> Charge:
        told = json.loads(text)
        return cls(**{**told, "size": tuple(told["size"]) if told["size"] else None})
