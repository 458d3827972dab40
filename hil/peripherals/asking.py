"""The panel towards a reader under test, frame by frame, right or wrong; what every answer owes is judged at once.

A state machine of ours would mend what it should tell: it asks again, ignores what is not its own, begins anew. Here each
answer is held against the command that it answers: address, sequence, check, time, gaps, MAC, and that nothing comes unasked.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from ..osdp import commands as c
from ..osdp import replies as r
from ..osdp.checks import GAP, REPLY
from ..osdp.deframer import Damaged, Deframer, Noise, Whole
from ..osdp.errors import MessageError, SecureError
from ..osdp.frame import Block, Frame
from ..osdp.message import Message
from ..osdp.secure import DEFAULT_KEY, Channel, Session, same
from ..walk.finding import Behaviour
from .desk import Desk
from .judge import Judge

LINE = "reader"
"""Name of its line at the desk."""
PATIENCE = 0.5
"""Seconds for an answer: beyond the limit, so that a late one is seen as such."""
REST = 0.01
"""Seconds of silence before each command: whoever talks then talks unasked."""
POLL = 0.05
"""Seconds between two polls."""


class Answer(NamedTuple):
    """What came of one command. Instants: ns of the desk's clock."""

    frame: Frame | None
    """As it came, its check right, from our reader; None: silence, or nothing of that kind."""
    message: r.Reply | None
    """In the clear; None: silence, or it cannot be read."""
    raw: bytes
    sent: bytes
    after: int
    """When the command had gone."""
    began: int
    """Its first byte; 0: silence."""

    @property
    def name(self) -> str:
        if self.message is None:
            return "silence" if not self.raw else f"what is no reply ({self.raw.hex(' ')[:60]})"
        return f"NAK ({self.message.why})" if isinstance(self.message, r.Nak) else self.message.name


class Asker:
    """One reader."""

    def __init__(
        self, desk: Desk, judge: Judge, address: int = 0, key: bytes | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:  # fmt: skip
        """`key`: of its secure channel; None: SCBK-D."""
        self.desk, self.judge, self.address, self.key, self.random = desk, judge, address, key, random
        self.block = b"\0" if key is None else b"\1"
        self.channel: Channel | None = None
        self.next = 0
        self.blame = Behaviour.PROTOCOL
        """What silence and refusals are found as."""
        self._heard: list[tuple[int, bytes]] = []
        desk.listeners[LINE] = lambda instant, data: self._heard.append((instant, data))

    @contextmanager
    def blaming(self, behaviour: Behaviour) -> Iterator[None]:
        """Silence and refusals are found as this until the block is left."""
        before, self.blame = self.blame, behaviour
        try:
            yield
        finally:
            self.blame = before

    # ---- frames

    def fresh(self) -> None:
        """The next command begins anew, in the clear."""
        self.next, self.channel = 0, None

    def frame(
        self, command: c.Command, *, sequence: int | None = None, address: int | None = None, block: Block | None = None, crc: bool = True,
    ) -> Frame:  # fmt: skip
        """A command as the next frame, in the clear; with a sequence number it is out of turn."""
        if sequence is None:
            sequence, self.next = self.next, self.next % 3 + 1
        where = self.address if address is None else address
        return Frame(where, sequence, command.code, command.pack(), block=block, crc=crc)

    def sealed(self, command: c.Command) -> Frame:
        """The next command as the channel wants it."""
        assert self.channel is not None
        return self.channel.seal(self.frame(command))

    def raw(
        self, data: bytes, *, pause: float = 0.0, parts: Sequence[bytes] = (), within: float = PATIENCE
    ) -> Answer:
        """Bytes, and what comes. Judged is only what all that a reader says owes: see `_listen`."""
        self.judge.step()
        quiet = self.desk.instant + round(REST * 1e9)
        self.desk.run(quiet)
        if self._heard:
            told = b"".join(part for _, part in self._heard)
            self._heard.clear()
            self.judge.check(
                False, Behaviour.PROTOCOL, "a reader speaks when it is asked", f"unasked {told.hex(' ')[:90]}"
            )
        pieces = list(parts) or ([data[at : at + 1] for at in range(len(data))] if pause else [data])
        start = self.desk.instant
        after = start
        for number, piece in enumerate(pieces):
            if pause:
                self.desk.run(start + round(number * pause * 1e9))
            after = self.desk.write(LINE, piece)
        return self._listen(data, after, within)

    def ask(
        self, command: c.Command, *, by: type[Message] | tuple[type[Message], ...] | None = None, pause: float = 0.0, crc: bool = True
    ) -> Answer:  # fmt: skip
        """The next command, right in every respect, in the channel if there is one. Silence, a refusal, or an answer that
        is none of `by` is a finding; a NAK is none if `by` names it."""
        plain = self.channel is None
        frame = self.frame(command, crc=crc) if plain else self.sealed(command)
        data = frame.pack()
        answer = self._opened(self.raw(data, pause=pause), frame)
        kinds = by if isinstance(by, tuple) else () if by is None else (by,)
        message = answer.message
        right = (
            isinstance(message, kinds) if kinds else message is not None and not isinstance(message, r.Nak)
        )
        names = " or ".join(one.name for one in kinds) or "no refusal"
        self.judge.check(right, self.blame, f"{command.name} answered by {names}", answer.name)
        if not right and self.channel is not None:
            self.channel = None  # its chain is broken
            self.next = 0
        return answer

    def poll(self) -> Answer:
        return self.ask(c.Poll())

    def _listen(self, sent: bytes, after: int, within: float) -> Answer:
        """Until a whole frame came, or for so long."""
        until = after + round(within * 1e9)
        deframer, found, at = Deframer(None), list[Whole](), 0
        wrong: list[str] = []

        def over() -> bool:
            nonlocal at
            for instant, data in self._heard[at:]:
                for piece in deframer.feed(data, instant):
                    if isinstance(piece, Whole):
                        found.append(piece)
                    elif isinstance(piece, Damaged):
                        wrong.append(str(piece.error.message))
                    elif isinstance(piece, Noise):
                        wrong.append(f"{len(piece.raw)} bytes that are no frame")
            at = len(self._heard)
            return bool(found)

        self.desk.run(until, over)
        heard, self._heard = self._heard, []
        whole = b"".join(data for _, data in heard)
        for one in wrong:
            self.judge.check(False, Behaviour.PROTOCOL, "answers with a right check and length", one)
        if not found:
            if whole and not wrong:
                self.judge.check(
                    False, Behaviour.PROTOCOL, "whole answers", f"{whole.hex(' ')[:90]} and no more"
                )
            return Answer(None, None, whole, sent, after, heard[0][0] if heard else 0)
        frame, began = found[0].frame, heard[0][0]
        longest = max((b[0] - a[0] for a, b in itertools.pairwise(heard)), default=0)
        late = (began - after) / 1e9
        self.judge.row.latencies.append(late)
        self.judge.check(
            late <= REPLY, Behaviour.LATENCY, f"an answer begins within {REPLY * 1e3:g} ms (050-07-01)", f"after {late * 1e3:.0f} ms",
            timing=after,
        )  # fmt: skip
        self.judge.check(
            longest <= GAP * 1e9, Behaviour.PROTOCOL, f"its characters follow within {GAP * 1e3:g} ms (050-08-01)",
            f"a gap of {longest / 1e6:.0f} ms", timing=after,
        )  # fmt: skip
        self.judge.check(
            len(found) == 1, Behaviour.PROTOCOL, "one answer to one command", f"{len(found)} of them"
        )
        if not frame.reply or frame.address != self.address:
            what = f"address {frame.address}" if frame.reply else "its own command"
            self.judge.check(
                False, Behaviour.PROTOCOL, f"an answer from address {self.address}", f"from {what}"
            )
            return Answer(None, None, whole, sent, after, began)
        return Answer(frame, _message(frame), whole, sent, after, began)

    def _opened(self, answer: Answer, asked: Frame) -> Answer:
        """The answer in the clear; what it owes to its command is judged."""
        frame = answer.frame
        if frame is None:
            return answer
        if frame.code != r.Busy.code:
            self.judge.check(
                frame.sequence == asked.sequence, Behaviour.PROTOCOL, f"an answer with sequence number {asked.sequence}", f"{frame.sequence}"
            )  # fmt: skip
        if self.channel is None:
            self.judge.check(
                not frame.mac,
                Behaviour.PROTOCOL,
                "an answer in the clear to a command in the clear",
                "one with a MAC",
            )
            return answer
        if frame.code == r.Nak.code and not frame.mac:
            return answer
        block = frame.block
        if block is None or not block.authenticated:
            self.judge.check(
                False, Behaviour.AUTHENTICITY, "an answer in the secure channel", "one in the clear"
            )
            return answer._replace(message=None)
        if frame.data and not block.encrypted:
            self.judge.check(False, Behaviour.AUTHENTICITY, "data that is encrypted", "data in the clear")
        try:
            opened = self.channel.open(frame)
        except SecureError as error:
            self.judge.check(False, Behaviour.AUTHENTICITY, "an answer with the right MAC", error.message)
            return answer._replace(message=None)
        return answer._replace(message=_message(opened))

    # ---- the secure channel

    def challenge(self, *, block: bytes | None = None) -> tuple[Answer, bytes]:
        """A challenge as the first command, and the random number that it carried."""
        self.fresh()
        random = self.random(8)
        frame = self.frame(c.Chlng(random), block=Block(0x11, self.block if block is None else block))
        return self.raw(frame.pack()), random

    def handshake(self) -> bool:
        """Begin anew in the secure channel. What goes wrong is found."""
        self.channel = None
        answer, random = self.challenge()
        hand = answer.message
        if not self.judge.check(
            isinstance(hand, r.Ccrypt), Behaviour.PROTOCOL, "CHLNG answered by CCRYPT", answer.name
        ):
            return False
        assert isinstance(hand, r.Ccrypt)
        session = Session(self.key or DEFAULT_KEY, random, hand.random)
        right = same(session.reader_cryptogram, hand.cryptogram)
        if not self.judge.check(right, Behaviour.AUTHENTICITY, "a cryptogram that proves its key", "another"):
            return False
        frame = self.frame(c.Scrypt(session.panel_cryptogram), block=Block(0x13, self.block))
        done = self.raw(frame.pack())
        told = done.message
        first = isinstance(told, r.RMacI) and same(session.first_mac, told.mac)
        self.judge.check(
            first, Behaviour.AUTHENTICITY, "SCRYPT answered by RMAC_I with the first MAC", done.name
        )
        if first:
            self.channel = Channel(session)
        return first

    # ---- longer things

    def begin(self, secure: bool) -> bool:
        """Begin anew, so or so; whether it did."""
        if secure:
            return self.handshake()
        self.fresh()
        return isinstance(self.ask(c.Id(), by=r.PdId).message, r.PdId)  # a POLL would fetch a report

    def collect(
        self, seconds: float, until: Callable[[list[tuple[int, r.Reply]]], bool] | None = None
    ) -> list[tuple[int, r.Reply]]:
        """Poll for so long, or until what came suffices; (instant of its first byte, report) of each that is no ACK."""
        end = self.desk.instant + round(seconds * 1e9)
        found: list[tuple[int, r.Reply]] = []
        while self.desk.instant < end and not (until is not None and until(found)):
            answer = self.poll()
            if answer.message is not None and not isinstance(answer.message, (r.Ack, r.Nak, r.Busy)):
                found.append((answer.began, answer.message))
            else:
                self.desk.rest(POLL - REST)
        return found


def _message(frame: Frame) -> r.Reply | None:
    try:
        return r.decode_reply(frame.code, frame.data)
    except MessageError:
        return None
