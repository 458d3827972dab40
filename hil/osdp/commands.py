"""What a panel (ACU, CP) says to a reader (PD). Times are in units of 100 ms unless a field says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import TypeAlias, get_args

from .errors import MessageError
from .message import Bytes, Fixed, Message, counted, listed, misfit, packed

_OUTPUT = Struct("<BBH")
_LIGHT = Struct("<BB BBBBBH BBBBB")
_TEXT = Struct("<6B")
_FILE = Struct("<BIIH")


@dataclass(frozen=True, slots=True)
class Poll(Message):
    """Anything to report?"""

    code, name = 0x60, "POLL"


@dataclass(frozen=True, slots=True)
class Id(Message):
    """Who are you? Answered by PDID."""

    code, name = 0x61, "ID"

    form: int = 0

    def pack(self) -> bytes:
        return bytes([self.form])

    @classmethod
    def unpack(cls, data: bytes) -> Id:
        if len(data) > 1:
            raise misfit(cls, data)
        return cls(data[0] if data else 0)


@dataclass(frozen=True, slots=True)
class Cap(Message):
    """What can you do? Answered by PDCAP."""

    code, name = 0x62, "CAP"

    form: int = 0

    def pack(self) -> bytes:
        return bytes([self.form])

    @classmethod
    def unpack(cls, data: bytes) -> Cap:
        if len(data) > 1:
            raise misfit(cls, data)
        return cls(data[0] if data else 0)


@dataclass(frozen=True, slots=True)
class LocalStatus(Message):
    """Tamper and power? Answered by LSTATR."""

    code, name = 0x64, "LSTAT"


@dataclass(frozen=True, slots=True)
class InputStatus(Message):
    """The inputs? Answered by ISTATR."""

    code, name = 0x65, "ISTAT"


@dataclass(frozen=True, slots=True)
class OutputStatus(Message):
    """The outputs? Answered by OSTATR."""

    code, name = 0x66, "OSTAT"


@dataclass(frozen=True, slots=True)
class ReaderStatus(Message):
    """The readers' tamper? Answered by RSTATR."""

    code, name = 0x67, "RSTAT"


@dataclass(frozen=True, slots=True)
class Output:
    """One output: `control` 1 off, 2 on (permanent, abort timed), 3 off, 4 on (permanent, let timed finish),
    5 on, 6 off (timed), 0 leave."""

    number: int
    control: int
    timer: int = 0


@dataclass(frozen=True, slots=True)
class Out(Message):
    """Set outputs."""

    code, name = 0x68, "OUT"

    outputs: tuple[Output, ...]

    def pack(self) -> bytes:
        return b"".join(packed(Out, _OUTPUT, one.number, one.control, one.timer) for one in self.outputs)

    @classmethod
    def unpack(cls, data: bytes) -> Out:
        return cls(tuple(Output(*record) for record in listed(cls, _OUTPUT, data)))


@dataclass(frozen=True, slots=True)
class Light:
    """One LED of one reader. Colours: 0 off, 1 red, 2 green, 3 amber, 4 blue, 5 magenta, 6 cyan, 7 white.

    Temporary: `temporary` 0 leave, 1 cancel, 2 set for `timer`. Permanent: `permanent` 0 leave, 1 set.
    """

    reader: int = 0
    led: int = 0
    temporary: int = 0
    temporary_on: int = 0
    temporary_off: int = 0
    temporary_on_colour: int = 0
    temporary_off_colour: int = 0
    timer: int = 0
    permanent: int = 0
    on: int = 0
    off: int = 0
    on_colour: int = 0
    off_colour: int = 0

    def values(self) -> tuple[int, ...]:
        return (
            *(self.reader, self.led, self.temporary, self.temporary_on, self.temporary_off),
            *(self.temporary_on_colour, self.temporary_off_colour, self.timer),
            *(self.permanent, self.on, self.off, self.on_colour, self.off_colour),
        )


@dataclass(frozen=True, slots=True)
class Led(Message):
    """Set LEDs."""

    code, name = 0x69, "LED"

    lights: tuple[Light, ...]

    def pack(self) -> bytes:
        return b"".join(packed(Led, _LIGHT, *light.values()) for light in self.lights)

    @classmethod
    def unpack(cls, data: bytes) -> Led:
        return cls(tuple(Light(*record) for record in listed(cls, _LIGHT, data)))


@dataclass(frozen=True, slots=True)
class Buz(Fixed):
    """Sound the buzzer: `tone` 1 off, 2 default; `count` 0 until told otherwise."""

    code, name = 0x6A, "BUZ"
    form = Struct("<5B")

    reader: int = 0
    tone: int = 2
    on: int = 1
    off: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True)
class Text(Message):
    """Show text: `mode` 1 permanent, 2 the same wrapped, 3 for `seconds`, 4 the same wrapped. Row and column from 1."""

    code, name = 0x6B, "TEXT"

    text: bytes
    reader: int = 0
    mode: int = 1
    seconds: int = 0
    row: int = 1
    column: int = 1

    def pack(self) -> bytes:
        head = (self.reader, self.mode, self.seconds, self.row, self.column, len(self.text))
        return packed(Text, _TEXT, *head) + self.text

    @classmethod
    def unpack(cls, data: bytes) -> Text:
        (reader, mode, seconds, row, column, length), text = counted(cls, _TEXT, data)
        if len(text) != length:
            raise misfit(cls, data)
        return cls(text, reader, mode, seconds, row, column)


@dataclass(frozen=True, slots=True)
class Comset(Fixed):
    """Change address and baud rate. Answered by COM, with what will be used."""

    code, name = 0x6E, "COMSET"
    form = Struct("<BI")

    address: int
    baud: int


@dataclass(frozen=True, slots=True)
class Keyset(Message):
    """A new key for the secure channel; `kind` 1 is SCBK."""

    code, name = 0x75, "KEYSET"

    key: bytes
    kind: int = 1

    def pack(self) -> bytes:
        if len(self.key) > 0xFF or not 0 <= self.kind <= 0xFF:
            raise MessageError(f"KEYSET: a key of {len(self.key)} bytes, kind {self.kind}")
        return bytes([self.kind, len(self.key)]) + self.key

    @classmethod
    def unpack(cls, data: bytes) -> Keyset:
        if len(data) < 2 or data[1] != len(data) - 2:
            raise misfit(cls, data)
        return cls(data[2:], data[0])


@dataclass(frozen=True, slots=True)
class Chlng(Bytes):
    """The panel's random number: the secure channel begins."""

    code, name = 0x76, "CHLNG"
    size = 8

    random: bytes


@dataclass(frozen=True, slots=True)
class Scrypt(Bytes):
    """The panel's cryptogram."""

    code, name = 0x77, "SCRYPT"
    size = 16

    cryptogram: bytes


@dataclass(frozen=True, slots=True)
class AcuRxSize(Fixed):
    """The longest frame, in bytes, that the panel takes."""

    code, name = 0x7B, "ACURXSIZE"
    form = Struct("<H")

    size: int


@dataclass(frozen=True, slots=True)
class FileTransfer(Message):
    """A piece of a file. Answered by FTSTAT."""

    code, name = 0x7C, "FILETRANSFER"

    kind: int
    size: int
    """Bytes of the whole file."""
    offset: int
    fragment: bytes

    def pack(self) -> bytes:
        head = packed(FileTransfer, _FILE, self.kind, self.size, self.offset, len(self.fragment))
        return head + self.fragment

    @classmethod
    def unpack(cls, data: bytes) -> FileTransfer:
        (kind, size, offset, length), fragment = counted(cls, _FILE, data)
        if length != len(fragment):
            raise misfit(cls, data)
        return cls(kind, size, offset, fragment)


@dataclass(frozen=True, slots=True)
class Mfg(Message):
    """A manufacturer's own command."""

    code, name = 0x80, "MFG"

    vendor: bytes
    content: bytes = b""

    def pack(self) -> bytes:
        if len(self.vendor) != 3:
            raise MessageError(f"MFG: a vendor code of {len(self.vendor)} bytes")
        return self.vendor + self.content

    @classmethod
    def unpack(cls, data: bytes) -> Mfg:
        if len(data) < 3:
            raise misfit(cls, data)
        return cls(data[:3], data[3:])


@dataclass(frozen=True, slots=True)
class Abort(Message):
    """Stop what goes on."""

    code, name = 0xA2, "ABORT"


@dataclass(frozen=True, slots=True)
class KeepActive(Fixed):
    """Keep the card's field on for some milliseconds."""

    code, name = 0xA7, "KEEPACTIVE"
    form = Struct("<H")

    milliseconds: int


@dataclass(frozen=True, slots=True)
class RawCommand:
    """A command that has no class here, as it came."""

    code: int
    data: bytes = b""

    @property
    def name(self) -> str:
        known = COMMANDS.get(self.code)
        return known.name if known else _OTHERS.get(self.code, f"0x{self.code:02X}")

    def pack(self) -> bytes:
        return self.data


Command: TypeAlias = (
    Poll | Id | Cap | LocalStatus | InputStatus | OutputStatus | ReaderStatus | Out | Led | Buz | Text | Comset
    | Keyset | Chlng | Scrypt | AcuRxSize | FileTransfer | Mfg | Abort | KeepActive | RawCommand
)  # fmt: skip

COMMANDS: dict[int, type[Message]] = {kind.code: kind for kind in get_args(Command)[:-1]}

_OTHERS = {
    0x63: "DIAG", 0x6C: "RMODE", 0x6D: "TDSET", 0x6F: "DATA", 0x71: "PROMPT", 0x73: "BIOREAD",
    0x74: "BIOMATCH", 0xA1: "XWR", 0xA3: "PIVDATA", 0xA4: "GENAUTH", 0xA5: "CRAUTH",
}  # fmt: skip


def decode_command(code: int, data: bytes) -> Command:
    """The command. MessageError if it is known and the data does not fit."""
    kind = COMMANDS.get(code)
    return RawCommand(code, data) if kind is None else kind.unpack(data)  # type: ignore[return-value]
