"""A reader (PD): answers what a panel sends. Bytes and instants in, events (and bytes to write) out."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from . import commands as c
from . import replies as r
from .deframer import Deframer, Whole
from .errors import MessageError, QueueFull, SecureError
from .events import (
    Commanded,
    Event,
    Ignored,
    KeyChanged,
    LineChanged,
    Offline,
    Online,
    Secured,
    Send,
    Unsecured,
)
from .frame import BROADCAST, Block, Frame
from .secure import DEFAULT_KEY, Channel, Session, checked_key, same

EMULATED = b"\x02GB"
"""Vendor code of our emulated readers, and of nothing else: its first byte marks it as no manufacturer's."""
_LONGEST_QUEUE = 64
_PLAIN = (c.Id, c.Cap, c.Chlng, c.Scrypt)
"""What a reader that insists on the secure channel still answers without it."""

STANDARD_CAPABILITIES = r.PdCap(
    (
        r.Capability(r.Function.CONTACT_STATUS, 1, 1),
        r.Capability(r.Function.OUTPUT_CONTROL, 1, 1),
        r.Capability(r.Function.CARD_DATA_FORMAT, 1),
        r.Capability(r.Function.LED_CONTROL, 1, 1),
        r.Capability(r.Function.AUDIBLE_OUTPUT, 1, 1),
        r.Capability(r.Function.TEXT_OUTPUT, 1, 1),
        r.Capability(r.Function.CHECK_CHARACTER, 1),
        r.Capability(r.Function.COMMUNICATION_SECURITY, 1, 1),
        r.Capability(r.Function.RECEIVE_BUFFER_SIZE, 0xA0, 0x05),
        r.Capability(r.Function.READERS, 0, 1),
    )
)

Answer = Callable[[c.Command], r.Reply | None]


@dataclass
class Settings:
    """How a reader is set up. Durations: ns."""

    address: int = 0
    identity: r.PdId = field(default_factory=r.PdId)
    capabilities: r.PdCap = STANDARD_CAPABILITIES
    key: bytes | None = None
    """Its own key (SCBK)."""
    default_key: bool | None = None
    """Is SCBK-D accepted? None: as long as there is no own key."""
    secure_only: bool = False
    """Nothing but identity and handshake is answered outside the secure channel."""
    offline: int = 8_000_000_000
    gap: int | None = 20_000_000


class Reader:
    """One reader. `answer` may answer a command itself; None: as usual.

    Inputs, outputs and so on are attributes; what it has to report is given to `report` and goes out with the next
    POLL, in order. `random` gives the number of random bytes that it is asked for.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        answer: Answer | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        settings = settings or Settings()
        if not 0 <= settings.address < BROADCAST:
            raise MessageError(f"no address of a reader: {settings.address}")
        self.settings, self.address = settings, settings.address
        self.key = None if settings.key is None else checked_key(settings.key)
        self.default_key = self.key is None if settings.default_key is None else settings.default_key
        self.local = r.LocalStatusReport()
        self.inputs, self.outputs, self.readers = b"\0", b"\0", b"\0"
        self._answer_first, self._random = answer, random
        self._deframer = Deframer(settings.gap)
        self._reports: deque[r.Reply] = deque()
        self.fetched = True
        """Has the panel the last report for certain? It goes on with the next sequence number only once it has."""
        self._watching = False
        """Does the next command tell?"""
        self._sequence: int | None = None
        self._last: tuple[bytes, Send] | None = None
        self._heard: int | None = None
        self._session: tuple[Session, bool] | None = None
        self._channel: Channel | None = None

    @property
    def online(self) -> bool:
        return self._heard is not None

    @property
    def secure(self) -> bool:
        return self._channel is not None

    @property
    def waiting(self) -> int:
        """Reports that no POLL has fetched yet."""
        return len(self._reports)

    def report(self, reply: r.Reply) -> None:
        """Answer a POLL with it: a card, keys, a changed state. QueueFull if nobody polls."""
        if len(self._reports) >= _LONGEST_QUEUE:
            raise QueueFull(f"{_LONGEST_QUEUE} reports wait for a POLL")
        self._reports.append(reply)

    def forget(self, reply: r.Reply) -> bool:
        """Take back what no POLL has fetched yet. False: it has gone."""
        left = [one for one in self._reports if one is not reply]
        found, self._reports = len(left) < len(self._reports), deque(left)
        return found

    def wakeup(self) -> int | None:
        """When `tick` has something to do if nothing comes before."""
        silent = None if self._heard is None else self._heard + self.settings.offline
        times = [time for time in (silent, self._deframer.deadline) if time is not None]
        return min(times) + 1 if times else None

    def tick(self, instant: int) -> list[Event]:
        """Let time pass."""
        events: list[Event] = []
        for piece in self._deframer.expire(instant):
            events += self._take(piece, instant) if isinstance(piece, Whole) else [piece]
        if self._heard is not None and instant > self._heard + self.settings.offline:
            self._down(events, instant, "the panel is silent")
            self._heard = self._sequence = self._last = None
            events.append(Offline(instant))
        return events

    def receive(self, data: bytes, instant: int) -> list[Event]:
        """Take bytes from the line."""
        events = self.tick(instant)
        for piece in self._deframer.feed(data, instant):
            events += self._take(piece, instant) if isinstance(piece, Whole) else [piece]
        return events

    def _take(self, piece: Whole, instant: int) -> list[Event]:
        frame, events = piece.frame, list[Event]()
        if frame.reply or frame.address not in (self.address, BROADCAST):
            return [Ignored(instant, frame, "for another")]
        if self._heard is None:
            events.append(Online(instant))
        self._heard = instant
        if frame.sequence and self._last is not None and frame.sequence == self._sequence:
            raw, sent = self._last
            if raw == piece.raw:
                # The panel did not get the answer. The chain of MACs must not move twice.
                return [*events, sent._replace(instant=instant, repeated=True)]
        if frame.sequence == 0:
            self._down(events, instant, "the panel began anew")
        elif self._sequence is None or frame.sequence != self._sequence % 3 + 1:
            return [*events, self._send(piece, instant, r.Nak(r.Reason.SEQUENCE), plain=True)]
        elif self._watching:
            self.fetched = True
        self._watching = False
        self._sequence = frame.sequence
        reply, plain = self._respond(piece, instant, events)
        sent = self._send(piece, instant, reply, plain)
        self._last = (piece.raw, sent)
        events.append(sent)
        self._after(reply, instant, events)
        return events

    def _respond(self, piece: Whole, instant: int, events: list[Event]) -> tuple[r.Reply, bool]:
        """The reply, and whether it goes out in the clear though the channel is up."""
        frame = piece.frame
        if frame.mac:
            if self._channel is None:
                return r.Nak(r.Reason.ENCRYPTION_REQUIRED), True
            try:
                frame = self._channel.open(frame)
            except SecureError as error:
                self._down(events, instant, error.message)
                return r.Nak(r.Reason.ENCRYPTION_REQUIRED), True
        elif self._channel is not None:
            shake = frame.code in (c.Chlng.code, c.Scrypt.code)
            self._down(events, instant, "a new handshake" if shake else "a command in the clear")
            if not shake:
                return r.Nak(r.Reason.ENCRYPTION_REQUIRED), True
        try:
            command = c.decode_command(frame.code, frame.data)
        except MessageError:
            return r.Nak(r.Reason.LENGTH), False
        events.append(Commanded(instant, piece.began, command, self.secure))
        if self.settings.secure_only and not self.secure and not isinstance(command, _PLAIN):
            return r.Nak(r.Reason.ENCRYPTION_REQUIRED), False
        reply = self._answer_first(command) if self._answer_first is not None else None
        return (self._answer(command, piece.frame.block, instant, events) if reply is None else reply), False

    def _answer(self, command: c.Command, block: Block | None, instant: int, events: list[Event]) -> r.Reply:
        match command:
            case c.Poll():
                if not self._reports:
                    return r.Ack()
                self.fetched, self._watching = False, True
                return self._reports.popleft()
            case c.Id():
                return self.settings.identity
            case c.Cap():
                return self.settings.capabilities
            case c.LocalStatus():
                return self.local
            case c.InputStatus():
                return r.InputStatusReport(self.inputs)
            case c.OutputStatus():
                return r.OutputStatusReport(self.outputs)
            case c.ReaderStatus():
                return r.ReaderStatusReport(self.readers)
            case c.Out(outputs):
                return self._set_outputs(outputs)
            case c.Comset(address, baud):
                fits = 0 <= address < BROADCAST and baud > 0
                return r.Com(address, baud) if fits else r.Nak(r.Reason.RECORD)
            case c.Keyset(key, kind):
                if not self.secure:
                    return r.Nak(r.Reason.ENCRYPTION_REQUIRED)
                if kind != 1 or len(key) != 16:
                    return r.Nak(r.Reason.RECORD)
                self.key = key
                if self.settings.default_key is None:
                    self.default_key = False
                events.append(KeyChanged(instant, key))
                return r.Ack()
            case c.Chlng(random):
                return self._challenge(random, block, instant, events)
            case c.Scrypt(cryptogram):
                return self._confirm(cryptogram, block, instant, events)
            case c.Led() | c.Buz() | c.Text() | c.AcuRxSize() | c.Abort() | c.KeepActive():
                return r.Ack()
        return r.Nak(r.Reason.UNKNOWN_COMMAND)

    def _set_outputs(self, outputs: tuple[c.Output, ...]) -> r.Reply:
        """On or off at once; the timers are the business of who drives this reader."""
        if any(one.number >= len(self.outputs) or one.control > 6 for one in outputs):
            return r.Nak(r.Reason.RECORD)
        state = bytearray(self.outputs)
        for one in outputs:
            if one.control:
                state[one.number] = one.control in (2, 4, 5)
        self.outputs = bytes(state)
        return r.OutputStatusReport(self.outputs)

    def _challenge(self, random: bytes, block: Block | None, instant: int, events: list[Event]) -> r.Reply:
        if block is None or block.kind != 0x11 or len(block.data) != 1:
            return r.Nak(r.Reason.SECURITY_BLOCK)
        default = block.data == b"\0"
        key = (DEFAULT_KEY if self.default_key else None) if default else self.key
        if key is None:
            return r.Nak(r.Reason.SECURITY_BLOCK)
        session = Session(key, random, self._random(8))
        self._session = (session, default)
        who = self.settings.identity
        uid = who.vendor + bytes([who.model & 0xFF]) + (who.serial & 0xFFFFFFFF).to_bytes(4, "little")
        return r.Ccrypt(uid, session.reader_random, session.reader_cryptogram)

    def _confirm(self, cryptogram: bytes, block: Block | None, instant: int, events: list[Event]) -> r.Reply:
        if self._session is None or block is None or block.kind != 0x13:
            return r.Nak(r.Reason.SECURITY_BLOCK)
        (session, default), self._session = self._session, None
        if not same(session.panel_cryptogram, cryptogram):
            events.append(Unsecured(instant, "the panel does not know the key"))
            return r.Nak(r.Reason.ENCRYPTION_REQUIRED)
        self._channel = Channel(session)
        events.append(Secured(instant, default))
        return r.RMacI(session.first_mac)

    def _send(self, piece: Whole, instant: int, reply: r.Reply, plain: bool) -> Send:
        asked = piece.frame
        frame = Frame(
            address=asked.address,
            sequence=0 if isinstance(reply, r.Busy) else asked.sequence,
            code=reply.code,
            data=reply.pack(),
            reply=True,
            crc=asked.crc,
        )
        if isinstance(reply, r.Ccrypt):
            frame = replace(frame, block=Block(0x12, asked.block.data if asked.block else b"\0"))
        elif isinstance(reply, r.RMacI):
            frame = replace(frame, block=Block(0x14, b"\1"))
        elif self._channel is not None and not plain:
            frame = self._channel.seal(frame)
        return Send(instant, frame.pack(), frame, reply, repeated=False)

    def _after(self, reply: r.Reply, instant: int, events: list[Event]) -> None:
        if isinstance(reply, r.Com):
            self.address = reply.address
            events.append(LineChanged(instant, reply.address, reply.baud))

    def _down(self, events: list[Event], instant: int, why: str) -> None:
        if self._channel is not None:
            events.append(Unsecured(instant, why))
        self._channel = None
