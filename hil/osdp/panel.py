"""A panel (ACU, CP) towards one reader: polls, sends commands, keeps sequence and secure channel.

Bytes and instants in, events (and bytes to write) out. Several readers on one line: `bus.py`.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from . import commands as c
from . import replies as r
from .deframer import Deframer, Whole
from .errors import MessageError, QueueFull, SecureError
from .events import (
    Event,
    Ignored,
    KeyChanged,
    LineChanged,
    Offline,
    Online,
    Replied,
    Secured,
    Send,
    Unanswered,
    Unsecured,
)
from .frame import BROADCAST, Block, Frame
from .secure import DEFAULT_KEY, Channel, Session, checked_key, same

_LONGEST_QUEUE = 64


@dataclass
class Settings:
    """How a panel talks to one reader. Durations: ns."""

    address: int = 0
    key: bytes | None = None
    """The reader's own key (SCBK); with a key the secure channel is a must."""
    default_key: bool = False
    """May the secure channel come up with SCBK-D? Tried in turn with the own key, if there is one."""
    crc: bool = True
    poll: int = 50_000_000
    """From the end of one exchange to the next POLL."""
    timeout: int = 200_000_000
    """For a reply to begin and end, from when the command was handed over: add the line's own time at low rates."""
    retries: int = 3
    rest: int = 200_000_000
    """After a failure, before it begins anew."""
    offline: int = 8_000_000_000
    gap: int | None = 20_000_000


class Panel:
    """One reader, as the panel sees it. `random` gives the number of random bytes that it is asked for."""

    def __init__(
        self, settings: Settings | None = None, *, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        settings = settings or Settings()
        if not 0 <= settings.address < BROADCAST:
            raise MessageError(f"no address of a reader: {settings.address}")
        self.settings, self.address = settings, settings.address
        self.key = None if settings.key is None else checked_key(settings.key)
        self.identity: r.PdId | None = None
        self.capabilities: r.PdCap | None = None
        self.online = False
        self._random = random
        self._deframer = Deframer(settings.gap)
        self._queue: deque[c.Command] = deque()
        self._setup: deque[c.Command] = deque()
        self._default = self.key is None
        self._panel_random = b""
        self._session: Session | None = None
        self._channel: Channel | None = None
        self._sequence = 0
        self._sent: Send | None = None
        self._first = self._deadline = self._next = 0
        self._tries = 0
        self._heard: int | None = None
        self._begin()

    @property
    def secure(self) -> bool:
        return self._channel is not None

    @property
    def busy(self) -> bool:
        """Is a reply awaited? Then nobody else may talk on the line."""
        return self._sent is not None

    @property
    def waiting(self) -> int:
        """Commands that have not gone out yet."""
        return len(self._queue)

    def send(self, command: c.Command) -> None:
        """Send it as soon as the reader is on-line, after what was given before. QueueFull, MessageError."""
        if len(self._queue) >= _LONGEST_QUEUE:
            raise QueueFull(f"{_LONGEST_QUEUE} commands wait for the reader")
        command.pack()
        self._queue.append(command)

    def wakeup(self) -> int:
        """When `tick` has something to do if nothing comes before."""
        due = self._deadline if self.busy else self._next
        gap = self._deframer.deadline
        return due if gap is None else min(due, gap + 1)

    def tick(self, instant: int) -> list[Event]:
        """Let time pass: send what is due, repeat or give up what was not answered."""
        events: list[Event] = []
        for piece in self._deframer.expire(instant):
            events += self._take(piece, instant) if isinstance(piece, Whole) else [piece]
        if self._sent is not None and instant >= self._deadline:
            for piece in self._deframer.flush():
                events += self._take(piece, instant) if isinstance(piece, Whole) else [piece]
            if self._sent is not None:
                self._again(events, instant)
        if self._heard is not None and instant - self._heard >= self.settings.offline and self.online:
            self.online = False
            events.append(Offline(instant))
        if self._sent is None and instant >= self._next:
            events.append(self._send_next(instant))
        return events

    def receive(self, data: bytes, instant: int) -> list[Event]:
        """Take bytes from the line."""
        events: list[Event] = []
        for piece in self._deframer.feed(data, instant):
            events += self._take(piece, instant) if isinstance(piece, Whole) else [piece]
        return events

    def _begin(self) -> None:
        """Everything anew: sequence 0, identity, handshake."""
        self._sequence, self._channel, self._session, self._sent = 0, None, None, None
        self._setup = deque((c.Id(), c.Cap()))
        if self.key is not None or self.settings.default_key:
            self._panel_random = self._random(8)
            self._setup.append(c.Chlng(self._panel_random))

    def _send_next(self, instant: int) -> Send:
        command: c.Command
        if self._setup:
            command = self._setup[0]
        elif self._queue:
            command = self._queue.popleft()
        else:
            command = c.Poll()
        frame = Frame(self.address, self._sequence, command.code, command.pack(), crc=self.settings.crc)
        key = b"\0" if self._default else b"\1"
        if isinstance(command, c.Chlng):
            frame = replace(frame, block=Block(0x11, key))
        elif isinstance(command, c.Scrypt):
            frame = replace(frame, block=Block(0x13, key))
        elif self._channel is not None:
            frame = self._channel.seal(frame)
        self._sent = Send(instant, frame.pack(), frame, command, repeated=False)
        self._first, self._deadline, self._tries = instant, instant + self.settings.timeout, 0
        if self._heard is None:
            self._heard = instant
        return self._sent

    def _again(self, events: list[Event], instant: int) -> None:
        assert self._sent is not None
        if self._tries < self.settings.retries:
            self._tries += 1
            self._deadline = instant + self.settings.timeout
            events.append(self._sent._replace(instant=instant, repeated=True))
            return
        message = self._sent.message
        events.append(Unanswered(instant, message))  # type: ignore[arg-type]
        self._fail(events, instant, "no answer")

    def _fail(self, events: list[Event], instant: int, why: str) -> None:
        if self._channel is not None or self._session is not None:
            events.append(Unsecured(instant, why))
        self._begin()
        self._next = instant + self.settings.rest

    def _take(self, piece: Whole, instant: int) -> list[Event]:
        frame, sent = piece.frame, self._sent
        if not frame.reply or frame.address != self.address:
            return [Ignored(instant, frame, "not from this reader")]
        if sent is None:
            return [Ignored(instant, frame, "nobody asked")]
        if frame.code == r.Busy.code:
            self._heard, self._deadline, self._tries = instant, instant + self.settings.poll, 0
            return [Replied(instant, piece.began, self._first, _command(sent), r.Busy(), False)]
        if frame.sequence != sent.frame.sequence:
            return [Ignored(instant, frame, f"sequence {frame.sequence} instead of {sent.frame.sequence}")]
        events: list[Event] = []
        self._heard = instant
        secure = False
        if self._channel is not None:
            if frame.code == r.Nak.code and (frame.block is None or not frame.block.authenticated):
                self._fail(events, instant, "the reader has no secure channel")
            else:
                try:
                    frame, secure = self._channel.open(frame), True
                except SecureError as error:
                    self._fail(events, instant, error.message)
                    return [Ignored(instant, frame, error.message), *events]
        try:
            reply = r.decode_reply(frame.code, frame.data)
        except MessageError as error:
            reply = r.RawReply(frame.code, frame.data)
            events.append(Ignored(instant, frame, error.message))
        if isinstance(reply, r.Nak) and reply.reason == r.Reason.CHECK and self._sent is not None:
            self._deadline = instant
            return events
        events.insert(0, Replied(instant, piece.began, self._first, _command(sent), reply, secure))
        if self._sent is not None:
            self._sent = None
            self._sequence = sent.frame.sequence % 3 + 1
            self._next = instant if self._setup or self._queue else instant + self.settings.poll
            self._learn(_command(sent), reply, instant, events)
        return events

    def _learn(self, command: c.Command, reply: r.Reply, instant: int, events: list[Event]) -> None:
        """What an answer changes."""
        refused = isinstance(reply, r.Nak)
        if isinstance(reply, r.Nak) and reply.reason == r.Reason.SEQUENCE:
            self._fail(events, instant, "the reader lost the sequence")
            return
        if self._setup and command is self._setup[0]:
            self._setup.popleft()
            if isinstance(command, c.Chlng | c.Scrypt):
                self._shake(reply, instant, events)
            if isinstance(reply, r.PdId):
                self.identity = reply
            elif isinstance(reply, r.PdCap):
                self.capabilities = reply
            if not self._setup and not self.online and self._next <= instant:
                self.online = True
                events.append(Online(instant, self.identity, self.capabilities))
            if not self._setup and self.online:
                self._next = instant if self._queue else max(self._next, instant)
        elif isinstance(command, c.Keyset) and not refused:
            self.key, self._default = checked_key(command.key), False
            events.append(KeyChanged(instant, command.key))
            self._fail(events, instant, "the key has changed")
            self._next = instant
        elif isinstance(command, c.Comset) and isinstance(reply, r.Com):
            self.address = reply.address & 0x7F
            events.append(LineChanged(instant, reply.address, reply.baud))
            self._begin()
            self._next = instant + self.settings.rest
        elif self.secure and isinstance(reply, r.Nak) and reply.reason == r.Reason.ENCRYPTION_REQUIRED:
            self._fail(events, instant, "the reader wants a new handshake")

    def _shake(self, reply: r.Reply, instant: int, events: list[Event]) -> None:
        """The next step of the handshake. If it fails, the other key is tried next."""
        key = DEFAULT_KEY if self._default else self.key
        why = f"the handshake was answered by {reply.name}"
        if isinstance(reply, r.Ccrypt) and self._session is None and key is not None:
            session = Session(key, self._panel_random, reply.random)
            if same(session.reader_cryptogram, reply.cryptogram):
                self._session = session
                self._setup.append(c.Scrypt(session.panel_cryptogram))
                return
            why = "the reader does not know the key"
        elif isinstance(reply, r.RMacI) and self._session is not None:
            if same(self._session.first_mac, reply.mac):
                self._channel, self._session = Channel(self._session), None
                events.append(Secured(instant, self._default))
                return
            why = "the reader's first MAC is wrong"
        if self.settings.default_key and self.key is not None:
            self._default = not self._default
        self._begin()
        events.append(Unsecured(instant, why))
        self._next = instant + self.settings.rest


def _command(sent: Send) -> c.Command:
    return sent.message  # type: ignore[return-value]
