"""What a reader (PD) says to a panel (ACU, CP)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import TypeAlias, get_args

from .errors import MessageError
from .message import Bytes, Fixed, Message, counted, listed, misfit, packed

_PDID = Struct("<3sBBI3s")
_RAW = Struct("<BBH")


@dataclass(frozen=True, slots=True)
class Ack(Message):
    """Done; nothing to report."""

    code, name = 0x40, "ACK"


class Reason(IntEnum):
    """Why a command is refused."""

    NONE = 0
    CHECK = 1
    LENGTH = 2
    UNKNOWN_COMMAND = 3
    SEQUENCE = 4
    SECURITY_BLOCK = 5
    ENCRYPTION_REQUIRED = 6
    BIO_TYPE = 7
    BIO_FORMAT = 8
    RECORD = 9


@dataclass(frozen=True, slots=True)
class Nak(Message):
    """Refused: `reason` is a `Reason`, or a number that is none of them."""

    code, name = 0x41, "NAK"

    reason: int
    detail: bytes = b""

    @property
    def why(self) -> str:
        known = self.reason in Reason.__members__.values()
        return Reason(self.reason).name.lower().replace("_", " ") if known else f"0x{self.reason:02X}"

    def pack(self) -> bytes:
        return packed(Nak, Struct("B"), self.reason) + self.detail

    @classmethod
    def unpack(cls, data: bytes) -> Nak:
        return cls(data[0] if data else 0, data[1:])


@dataclass(frozen=True, slots=True)
class PdId(Message):
    """Who it is."""

    code, name = 0x45, "PDID"

    vendor: bytes = b"\0\0\0"
    """Its manufacturer's IEEE code, three bytes."""
    model: int = 0
    version: int = 0
    serial: int = 0
    firmware: tuple[int, int, int] = (0, 0, 0)

    def pack(self) -> bytes:
        if (
            len(self.vendor) != 3
            or len(self.firmware) != 3
            or not all(0 <= one <= 0xFF for one in self.firmware)
        ):
            raise MessageError(
                f"PDID: vendor {self.vendor!r} and firmware {self.firmware} have three bytes each"
            )
        return packed(PdId, _PDID, self.vendor, self.model, self.version, self.serial, bytes(self.firmware))

    @classmethod
    def unpack(cls, data: bytes) -> PdId:
        if len(data) != _PDID.size:
            raise misfit(cls, data)
        vendor, model, version, serial, firmware = _PDID.unpack(data)
        return cls(vendor, model, version, serial, (firmware[0], firmware[1], firmware[2]))


class Function(IntEnum):
    """Functions of which PDCAP tells."""

    CONTACT_STATUS = 1
    OUTPUT_CONTROL = 2
    CARD_DATA_FORMAT = 3
    LED_CONTROL = 4
    AUDIBLE_OUTPUT = 5
    TEXT_OUTPUT = 6
    TIME_KEEPING = 7
    CHECK_CHARACTER = 8
    COMMUNICATION_SECURITY = 9
    RECEIVE_BUFFER_SIZE = 10
    LARGEST_COMBINED_MESSAGE = 11
    SMART_CARD = 12
    READERS = 13
    BIOMETRICS = 14
    SECURE_PIN_ENTRY = 15
    OSDP_VERSION = 16


@dataclass(frozen=True, slots=True)
class Capability:
    """`function` is a `Function`, or a number that is none of them."""

    function: int
    compliance: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class PdCap(Message):
    """What it can do."""

    code, name = 0x46, "PDCAP"

    capabilities: tuple[Capability, ...] = ()

    def pack(self) -> bytes:
        form = Struct("3B")
        return b"".join(
            packed(PdCap, form, one.function, one.compliance, one.number) for one in self.capabilities
        )

    @classmethod
    def unpack(cls, data: bytes) -> PdCap:
        return cls(tuple(Capability(*one) for one in listed(cls, Struct("3B"), data)) if data else ())


@dataclass(frozen=True, slots=True)
class LocalStatusReport(Fixed):
    code, name = 0x48, "LSTATR"
    form = Struct("2B")

    tamper: int = 0
    """0 normal, 1 tampered; `power`: 0 normal, 1 failed."""
    power: int = 0


@dataclass(frozen=True, slots=True)
class InputStatusReport(Bytes):
    """One byte an input: 0 inactive, 1 active."""

    code, name = 0x49, "ISTATR"

    inputs: bytes = b""


@dataclass(frozen=True, slots=True)
class OutputStatusReport(Bytes):
    """One byte an output: 0 inactive, 1 active."""

    code, name = 0x4A, "OSTATR"

    outputs: bytes = b""


@dataclass(frozen=True, slots=True)
class ReaderStatusReport(Bytes):
    """One byte a reader: 0 normal, 1 not connected, 2 tampered."""

    code, name = 0x4B, "RSTATR"

    readers: bytes = b""


@dataclass(frozen=True, slots=True)
class Raw(Message):
    """A card: `bits` bits, from the top of the first byte on. `form` 0 not specified, 1 Wiegand."""

    code, name = 0x50, "RAW"

    card: bytes
    bits: int
    reader: int = 0
    form: int = 1

    def pack(self) -> bytes:
        return packed(Raw, _RAW, self.reader, self.form, self.bits) + self.card

    @classmethod
    def unpack(cls, data: bytes) -> Raw:
        (reader, form, bits), card = counted(cls, _RAW, data)
        if len(card) != (bits + 7) // 8:
            raise misfit(cls, data)
        return cls(card, bits, reader, form)


@dataclass(frozen=True, slots=True)
class Fmt(Message):
    """A card as characters (OSDP 1). `direction` 0 forward, 1 backward."""

    code, name = 0x51, "FMT"

    text: bytes
    reader: int = 0
    direction: int = 0

    def pack(self) -> bytes:
        return packed(Fmt, Struct("3B"), self.reader, self.direction, len(self.text)) + self.text

    @classmethod
    def unpack(cls, data: bytes) -> Fmt:
        (reader, direction, length), text = counted(cls, Struct("3B"), data)
        if len(text) != length:
            raise misfit(cls, data)
        return cls(text, reader, direction)


@dataclass(frozen=True, slots=True)
class Keypad(Message):
    """Keys: ASCII digits, 0x7F for `*`, 0x0D for `#`."""

    code, name = 0x53, "KEYPAD"

    keys: bytes
    reader: int = 0

    def pack(self) -> bytes:
        return packed(Keypad, Struct("2B"), self.reader, len(self.keys)) + self.keys

    @classmethod
    def unpack(cls, data: bytes) -> Keypad:
        (reader, length), keys = counted(cls, Struct("2B"), data)
        if len(keys) != length:
            raise misfit(cls, data)
        return cls(keys, reader)


@dataclass(frozen=True, slots=True)
class Com(Fixed):
    """The address and baud rate that it will use."""

    code, name = 0x54, "COM"
    form = Struct("<BI")

    address: int
    baud: int


@dataclass(frozen=True, slots=True)
class Ccrypt(Message):
    """The reader's unique id, random number and cryptogram."""

    code, name = 0x76, "CCRYPT"

    uid: bytes
    random: bytes
    cryptogram: bytes

    def pack(self) -> bytes:
        if (len(self.uid), len(self.random), len(self.cryptogram)) != (8, 8, 16):
            raise MessageError("CCRYPT: id and random number have 8 bytes, the cryptogram 16")
        return self.uid + self.random + self.cryptogram

    @classmethod
    def unpack(cls, data: bytes) -> Ccrypt:
        if len(data) != 32:
            raise misfit(cls, data)
        return cls(data[:8], data[8:16], data[16:])


@dataclass(frozen=True, slots=True)
class RMacI(Bytes):
    """The first MAC of the chain."""

    code, name = 0x78, "RMAC_I"
    size = 16

    mac: bytes


@dataclass(frozen=True, slots=True)
class Busy(Message):
    """Ask again. Its sequence number is 0."""

    code, name = 0x79, "BUSY"


@dataclass(frozen=True, slots=True)
class FileStatus(Fixed):
    """How a file transfer goes. `delay` in ms; `status` negative: it failed; `longest` message, bytes (0: any)."""

    code, name = 0x7A, "FTSTAT"
    form = Struct("<BHhH")

    action: int = 0
    delay: int = 0
    status: int = 0
    longest: int = 0


@dataclass(frozen=True, slots=True)
class MfgRep(Message):
    """A manufacturer's own reply."""

    code, name = 0x90, "MFGREP"

    vendor: bytes
    content: bytes = b""

    def pack(self) -> bytes:
        if len(self.vendor) != 3:
            raise MessageError(f"MFGREP: a vendor code of {len(self.vendor)} bytes")
        return self.vendor + self.content

    @classmethod
    def unpack(cls, data: bytes) -> MfgRep:
        if len(data) < 3:
            raise misfit(cls, data)
        return cls(data[:3], data[3:])


@dataclass(frozen=True, slots=True)
class RawReply:
    """A reply that has no class here, as it came."""

    code: int
    data: bytes = b""

    @property
    def name(self) -> str:
        known = REPLIES.get(self.code)
        return known.name if known else _OTHERS.get(self.code, f"0x{self.code:02X}")

    def pack(self) -> bytes:
        return self.data


Reply: TypeAlias = (
    Ack | Nak | PdId | PdCap | LocalStatusReport | InputStatusReport | OutputStatusReport | ReaderStatusReport | Raw
    | Fmt | Keypad | Com | Ccrypt | RMacI | Busy | FileStatus | MfgRep | RawReply
)  # fmt: skip

REPLIES: dict[int, type[Message]] = {kind.code: kind for kind in get_args(Reply)[:-1]}

_OTHERS = {
    0x52: "PRES", 0x57: "BIOREADR", 0x58: "BIOMATCHR", 0x80: "PIVDATAR", 0x81: "GENAUTHR", 0x82: "CRAUTHR",
    0x83: "MFGSTATR", 0x84: "MFGERRR", 0xB1: "XRD",
}  # fmt: skip


def decode_reply(code: int, data: bytes) -> Reply:
    """The reply. MessageError if it is known and the data does not fit."""
    kind = REPLIES.get(code)
    return RawReply(code, data) if kind is None else kind.unpack(data)  # type: ignore[return-value]
