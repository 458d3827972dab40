"""One OSDP frame: its parts, to bytes and back.

`SOM | address | length (2) | control | security block | code | data | MAC (4) | CRC (2) or checksum (1)`, numbers
little-endian; the length counts all of it. The MAC is there with security blocks SCS_15 to SCS_18.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .crc import checksum, crc16
from .errors import FrameError, WrongCheck, WrongLength

SOM = 0x53
MARK = 0xFF
"""May precede a frame, any number of times; no part of it."""
BROADCAST = 0x7F
LONGEST = 1440
"""Bytes of a frame that any device is expected to send."""
SHORTEST = 7

_SEQUENCE, _CRC, _BLOCK = 0x03, 0x04, 0x08
_HEAD = struct.Struct("<BBHB")
_MAC = 4


@dataclass(frozen=True, slots=True)
class Block:
    """A security block: its type (0x11 is SCS_11, …) and its data."""

    kind: int
    data: bytes = b""

    @property
    def name(self) -> str:
        return f"SCS_{self.kind:02X}"

    @property
    def authenticated(self) -> bool:
        """Does the frame carry a MAC?"""
        return 0x15 <= self.kind <= 0x18

    @property
    def encrypted(self) -> bool:
        return self.kind in (0x17, 0x18)


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts of a frame, `data` as on the wire (encrypted under SCS_17 and SCS_18)."""

    address: int
    """0 to 126; 127 is every device (configuration only)."""
    sequence: int
    """0 to 3; 0 begins anew."""
    code: int
    """Of the command or the reply."""
    data: bytes = b""
    reply: bool = False
    block: Block | None = None
    mac: bytes = b""
    """Four bytes, or none: some panels begin with SCS_15 and no MAC, before there is a channel."""
    crc: bool = True
    """CRC-16, else the 8-bit checksum."""
    reserved: int = 0
    """The upper four bits of the control byte."""

    def covered(self) -> bytes:
        """What the MAC covers: everything before it."""
        block = (
            b""
            if self.block is None
            else bytes([len(self.block.data) + 2, self.block.kind]) + self.block.data
        )
        length = _HEAD.size + len(block) + 1 + len(self.data) + len(self.mac) + (2 if self.crc else 1)
        if length > 0xFFFF or not (
            0 <= self.address <= BROADCAST and 0 <= self.sequence <= 3 and 0 <= self.code <= 0xFF
        ):
            raise FrameError(
                f"no such frame: address {self.address}, sequence {self.sequence}, {length} bytes"
            )
        control = self.sequence | self.reserved & 0xF0 | _CRC * self.crc | _BLOCK * (self.block is not None)
        head = _HEAD.pack(SOM, self.address | 0x80 * self.reply, length, control)
        return head + block + bytes([self.code]) + self.data

    def pack(self) -> bytes:
        """The bytes of the frame, from SOM to check. FrameError if its parts fit into no frame."""
        if self.mac and (len(self.mac) != _MAC or self.block is None or not self.block.authenticated):
            raise FrameError(f"a MAC of {len(self.mac)} bytes; it has {_MAC}, and needs SCS_15 to SCS_18")
        body = self.covered() + self.mac
        return body + (crc16(body).to_bytes(2, "little") if self.crc else bytes([checksum(body)]))


def expected_length(buffer: bytes | bytearray) -> int | None:
    """Bytes of the frame that begins at the first byte of `buffer`; None: too few bytes to tell; 0: none begins."""
    if not buffer:
        return None
    if buffer[0] != SOM:
        return 0
    if len(buffer) < 4:
        return None
    length = buffer[2] | buffer[3] << 8
    return length if length >= SHORTEST else 0


def parts(raw: bytes | bytearray) -> tuple[Frame, bool]:
    """The frame that `raw` is, and whether its CRC (or checksum) is right. WrongLength if it is none."""
    if len(raw) < SHORTEST or raw[0] != SOM:
        raise WrongLength("no frame", received=bytes(raw))
    _, address, length, control = _HEAD.unpack_from(raw)
    if length != len(raw):
        raise WrongLength(f"a frame of {len(raw)} bytes says that it has {length}", received=bytes(raw))
    crc = bool(control & _CRC)
    end = length - (2 if crc else 1)
    at, block = _HEAD.size, None
    if control & _BLOCK:
        size = raw[at]
        if size < 2 or at + size >= end:
            raise WrongLength(f"a security block of {size} bytes in a frame of {length}", received=bytes(raw))
        block = Block(raw[at + 1], bytes(raw[at + 2 : at + size]))
        at += size
    authenticated = block is not None and block.authenticated
    body_end = end - _MAC if authenticated and at + _MAC < end else end
    if at >= body_end:
        raise WrongLength(f"a frame of {length} bytes has no room for its parts", received=bytes(raw))
    right = crc16(raw[:end]) == raw[end] | raw[end + 1] << 8 if crc else checksum(raw[:end]) == raw[end]
    frame = Frame(
        address=address & 0x7F,
        sequence=control & _SEQUENCE,
        code=raw[at],
        data=bytes(raw[at + 1 : body_end]),
        reply=bool(address & 0x80),
        block=block,
        mac=bytes(raw[body_end:end]),
        crc=crc,
        reserved=control & 0xF0,
    )
    return frame, right


def unpack(raw: bytes | bytearray) -> Frame:
    """The frame that `raw` is. WrongLength or WrongCheck if it is none."""
    frame, right = parts(raw)
    if not right:
        raise WrongCheck(f"wrong {'CRC' if frame.crc else 'checksum'}", received=bytes(raw))
    return frame
