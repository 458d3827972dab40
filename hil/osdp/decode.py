"""What a capture says: frames of both directions, in the clear as far as a key is known.

The decoder listens: it follows the handshakes and the MAC chain of every address, learns keys from KEYSET, and marks
what is wrong without ever giving up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from . import commands as c
from . import replies as r
from .capture import BrokenLine, Entry
from .deframer import Damaged, Deframer, Noise, Piece
from .errors import FrameError, MessageError, OsdpError, SecureError, WrongMac
from .frame import MARK, Block, Frame, parts, unpack
from .secure import DEFAULT_KEY, Channel, Session, checked_key, same

_GAP = 1_000_000_000
"""ns after which two lines of a capture do not belong to one frame."""
_LONGEST = 4096
_LEARNT = 32
"""Keys from KEYSETs that are remembered."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """One frame, or bytes that are none."""

    line: int
    """Of the capture, where it was complete."""
    time: int | None
    """ns, of the line on which it began."""
    io: str
    raw: bytes
    frame: Frame | None = None
    """As on the line; None: no frame."""
    message: c.Command | r.Reply | None = None
    """In the clear. None: it cannot be told."""
    secure: str = ""
    """`plain`, `authenticated`, `encrypted`; with `?` where it could not be checked; empty: no frame."""
    repeated: bool = False
    notes: tuple[str, ...] = ()
    """What is wrong or remarkable."""

    @property
    def name(self) -> str:
        if self.message is not None:
            return self.message.name
        if self.frame is None:
            return "noise"
        return (r.RawReply if self.frame.reply else c.RawCommand)(self.frame.code).name


@dataclass
class _Talk:
    """What is known of one address."""

    panel_random: bytes = b""
    session: Session | None = None
    unknown: bool = False
    """A handshake was seen, its key is not known."""
    channel: Channel | None = None
    last: dict[bool, tuple[bytes, Decoded]] = field(default_factory=dict)


class Decoder:
    """Give it the records of a capture; `keys` (16 bytes each) are tried besides SCBK-D and those in KEYSETs."""

    def __init__(self, keys: Iterable[bytes] = ()) -> None:
        self._keys = tuple(dict.fromkeys([*(checked_key(key) for key in keys), DEFAULT_KEY]))
        self._learnt: deque[bytes] = deque(maxlen=_LEARNT)
        self._streams: dict[str, Deframer] = {}
        self._talks: dict[int, _Talk] = {}
        self._clock = 0

    def decode(self, records: Iterable[Entry | BrokenLine]) -> Iterator[Decoded | BrokenLine]:
        """Everything that the records contain, in order."""
        line = 0
        for record in records:
            line = record.line
            if isinstance(record, BrokenLine):
                yield record
            else:
                yield from self._record(record)
        for io, stream in self._streams.items():
            for piece in stream.flush():
                yield self._piece(piece, io, line, None)

    def _record(self, entry: Entry) -> Iterator[Decoded]:
        stream = self._streams.setdefault(entry.io, Deframer(_GAP, _LONGEST))
        if entry.time is not None:
            self._clock = max(self._clock, entry.time)
        pieces: list[Piece] = []
        if len(stream) and (_complete(entry.data) or not entry.data):
            pieces = stream.flush()
        pieces += stream.feed(entry.data, self._clock)
        for piece in pieces:
            began = entry.time if piece.began == self._clock else piece.began
            yield self._piece(piece, entry.io, entry.line, began)

    def _piece(self, piece: Piece, io: str, line: int, time: int | None) -> Decoded:
        match piece:
            case Noise():
                return Decoded(
                    line, time, io, piece.raw, notes=(f"{len(piece.raw)} bytes that are no frame",)
                )
            case Damaged():
                return self._damaged(piece, Decoded(line, time, io, piece.raw))
        return self._whole(piece.frame, Decoded(line, time, io, piece.raw, piece.frame))

    def _damaged(self, piece: Damaged, shown: Decoded) -> Decoded:
        try:
            frame, _ = parts(piece.raw)
        except FrameError:
            return replace(shown, notes=(piece.error.message,))
        secure = _protection(frame.block) + ("?" if _protection(frame.block) != "plain" else "")
        shown = replace(shown, frame=frame, secure=secure)
        if secure == "plain":
            shown = _told(shown, frame)
        return replace(shown, notes=(f"WRONG {'CRC' if frame.crc else 'CHECKSUM'}", *shown.notes))

    def _whole(self, frame: Frame, shown: Decoded) -> Decoded:
        talk = self._talks.setdefault(frame.address, _Talk())
        before = talk.last.get(frame.reply)
        authenticated = bool(frame.mac)
        if before is not None and before[0] == shown.raw and (frame.sequence or authenticated):
            # Asked again with the same bytes: the chain of MACs does not move.
            old = before[1]
            return replace(old, line=shown.line, time=shown.time, io=shown.io, repeated=True)
        if not frame.reply:
            talk.last.pop(True, None)
        shown = self._secured(talk, frame, shown) if authenticated else self._plain(talk, frame, shown)
        if isinstance(shown.message, c.Keyset) and len(shown.message.key) == 16:
            self._learnt.appendleft(shown.message.key)
        talk.last[frame.reply] = (shown.raw, shown)
        return shown

    def _secured(self, talk: _Talk, frame: Frame, shown: Decoded) -> Decoded:
        assert frame.block is not None
        secure = _protection(frame.block)
        if talk.channel is None and talk.session is not None:
            # The last step of the handshake was lost or damaged; what follows shows that it was taken.
            talk.channel, talk.session = Channel(talk.session), None
        if talk.channel is None:
            why = "key not known" if talk.unknown else "its handshake is not in the capture"
            shown = replace(shown, secure=secure + "?", notes=(why,))
            return shown if frame.block.encrypted else _told(shown, frame)
        try:
            plain = talk.channel.open(frame)
        except OsdpError as error:
            note = "WRONG MAC" if isinstance(error, WrongMac) else error.message
            shown = replace(shown, secure=secure + "?", notes=(note,))
            return shown if frame.block.encrypted else _told(shown, frame)
        return _told(replace(shown, secure=secure), plain)

    def _plain(self, talk: _Talk, frame: Frame, shown: Decoded) -> Decoded:
        shown = _told(replace(shown, secure="plain"), frame)
        if frame.block is not None and frame.block.authenticated:
            shown = replace(shown, notes=(*shown.notes, f"{frame.block.name} without MAC"))
        if not frame.reply and frame.sequence == 0:
            talk.channel, talk.session, talk.unknown = None, None, False
        match shown.message:
            case c.Chlng(random):
                talk.channel, talk.session, talk.panel_random, talk.unknown = None, None, random, False
            case r.Ccrypt(_, random, cryptogram) if talk.panel_random:
                try:
                    talk.session = self._session(talk.panel_random, random, cryptogram)
                except SecureError as error:
                    return replace(shown, notes=(*shown.notes, error.message))
                talk.unknown = talk.session is None
                if talk.session is None:
                    return replace(shown, notes=(*shown.notes, "key not known"))
            case c.Scrypt(cryptogram) if talk.session is not None:
                if not same(talk.session.panel_cryptogram, cryptogram):
                    return replace(shown, notes=(*shown.notes, "WRONG CRYPTOGRAM"))
            case r.RMacI(mac) if talk.session is not None:
                if not same(talk.session.first_mac, mac):
                    return replace(shown, notes=(*shown.notes, "WRONG R-MAC"))
                talk.channel, session, talk.session = Channel(talk.session), talk.session, None
                key = "SCBK-D" if session.key == DEFAULT_KEY else "own key"
                return replace(shown, notes=(*shown.notes, f"secure channel with {key}"))
        return shown

    def _session(self, panel: bytes, reader: bytes, cryptogram: bytes) -> Session | None:
        """With the key that explains the cryptogram."""
        sessions = (Session(key, panel, reader) for key in dict.fromkeys((*self._learnt, *self._keys)))
        return next((one for one in sessions if same(one.reader_cryptogram, cryptogram)), None)


def _told(shown: Decoded, plain: Frame) -> Decoded:
    """With the message that the frame in the clear is."""
    try:
        decode = r.decode_reply if plain.reply else c.decode_command
        return replace(shown, message=decode(plain.code, plain.data))
    except MessageError as error:
        raw: c.Command | r.Reply = (r.RawReply if plain.reply else c.RawCommand)(plain.code, plain.data)
        return replace(shown, message=raw, notes=(*shown.notes, error.message))


def _protection(block: Block | None) -> str:
    if block is None or not block.authenticated:
        return "plain"
    return "encrypted" if block.encrypted else "authenticated"


def _complete(data: bytes) -> bool:
    """Is it one frame, as most lines of a capture are?"""
    try:
        unpack(data.lstrip(bytes([MARK])))
    except FrameError:
        return False
    return True
