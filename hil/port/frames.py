"""What harness and port process say to each other: frames on a stream socket, the same in both directions.

A frame is a head of fixed size (length of the body, kind, three signed 64-bit numbers) and a body of bytes. Both ends
may wait for it by `select`. This module imports nothing heavy: the port process must be up at once.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

HEAD = struct.Struct("<IBqqq")
LARGEST = 1 << 20
"""Bytes of a body; what is longer is no frame of ours."""


class Kind(IntEnum):
    """a, b, c and body of each. Instants and durations: ns of the monotonic clock."""

    # from the harness
    SEND = 1  # a: not before this instant (0: at once); b: not after it (0: whenever); c: order; body: bytes
    ARM = 2  # body: the safe orders from now on, JSON
    REOPEN = 3  # body: the line to open instead of the present one, JSON
    RELEASE = 4  # give the safe orders, answer RELEASED, end

    # from the port process
    OPENED = 16  # a: when; body: about the process, JSON
    SENT = 17  # a, b: just before and just after the write; c: order; body: the bytes
    EXPIRED = 18  # a: when noticed; c: order; body: the bytes that were not written
    HEARD = (
        19  # a: when read; b: how long the process was kept from running since it last looked; body: bytes
    )
    STALLED = 20  # a, b: from when to when the process did not run
    FAILED = 21  # a: when; body: what went wrong, JSON
    DROPPED = 22  # a: when; b: bytes that were read and not passed on, since the harness did not take them
    RELEASED = 23  # a: when; b: 1 if every safe order was confirmed; body: what was answered, JSON


class Frame(NamedTuple):
    kind: int
    a: int = 0
    b: int = 0
    c: int = 0
    body: bytes = b""

    def pack(self) -> bytes:
        return HEAD.pack(len(self.body), self.kind, self.a, self.b, self.c) + self.body


def unpack(buffer: bytearray) -> list[Frame]:
    """Take every whole frame off the front of `buffer`. ValueError if it cannot be a stream of frames."""
    found = []
    while len(buffer) >= HEAD.size:
        length, kind, a, b, c = HEAD.unpack_from(buffer)
        if length > LARGEST:
            raise ValueError(f"a frame of {length} bytes")
        end = HEAD.size + length
        if len(buffer) < end:
            break
        found.append(Frame(kind, a, b, c, bytes(buffer[HEAD.size : end])))
        del buffer[:end]
    return found
