"""A panel played towards a reader under test, over OSDP: who it is, what it reads, what its LED is told; with its keys.

It presents nothing: a card is shown by who holds it (a person, a machine, or the terminals of an emulated reader).
Released, its lamp is off, as far as the reader answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

from .. import errors
from ..osdp import commands as c
from ..osdp import replies as r
from ..osdp.events import Event, Online, Replied, Secured, Send, Unanswered, Unsecured
from ..osdp.lamp import COLOURS
from ..osdp.panel import Panel, Settings
from ..osdp.reader import EMULATED
from .osdp_line import Disturbance, OsdpLine

PATIENCE = 2.0
"""Seconds for the reader to be on-line, or to answer what was asked."""
EVENTS = 10_000
"""What is kept of each kind until somebody asks."""


class Card(NamedTuple):
    """A reader has reported a credential. Instants: ns of the host's monotonic clock."""

    data: bytes
    """From the top of the first byte on; of a keypad, its keys as ASCII (0x7F `*`, 0x0D `#`)."""
    bits: int
    """0: keys."""
    began: int
    """The report's first byte was here."""
    ended: int
    secure: bool


class Exchange(NamedTuple):
    """A command and its answer."""

    command: c.Command
    reply: r.Reply
    sent: int
    """ns: handed over."""
    began: int
    """ns: the answer's first byte was here; `ended`: its last."""
    ended: int
    secure: bool


class OsdpPanel:
    """One reader on a line."""

    def __init__(
        self,
        line: OsdpLine,
        address: int = 0,
        *,
        key: bytes | None = None,
        default_key: bool = False,
        crc: bool = True,
        character: float = 0.0,
        patience: float = PATIENCE,
    ) -> None:
        """`key`: of the secure channel; `default_key`: SCBK-D will do, too; `crc`: else checksums; `character`: seconds
        of a byte on the line, by which the reply timer is longer for long commands; `patience`: seconds for an answer.

        Raises: MessageError for an address or a key that is none; what broke the line.
        """
        if line.taken:
            raise ValueError(f"{line.resource}: a panel needs a line of its own")
        self.line, self.patience = line, patience
        longest = round(200 * character * 1e9)
        settings = Settings(
            address, key=key, default_key=default_key, crc=crc, timeout=200_000_000 + longest, gap=150_000_000
        )
        self._panel = Panel(settings)
        self._cards: list[Card] = []
        self._exchanges: list[Exchange] = []
        self._lost: list[c.Command] = []
        self._handshakes = 0
        self._released = False
        self.why_insecure = ""
        """What was wrong with the last handshake."""
        line.add(self._panel, self._hear)

    @property
    def resource(self) -> str:
        return self.line.resource

    @property
    def emulated(self) -> bool:
        """As the reader itself says by its vendor code; the line tells before it is known."""
        identity = self._panel.identity
        return self.line.emulated if identity is None else identity.vendor == EMULATED

    @property
    def online(self) -> bool:
        return self._panel.online

    @property
    def secure(self) -> bool:
        return self._panel.secure

    @property
    def key(self) -> bytes | None:
        """Of the secure channel, as it was last agreed upon."""
        return self._panel.key

    def identify(self) -> tuple[r.PdId, r.PdCap]:
        """Who it is and what it can do. Raises: NoAnswer, Refused."""
        self._wait(lambda: self._panel.online, "it does not answer")
        identity, capabilities = self._panel.identity, self._panel.capabilities
        if identity is None or capabilities is None:
            what = "ID" if identity is None else "CAP"
            raise errors.Refused(f"reader {self._panel.address} refuses {what}", resource=self.resource)
        return identity, capabilities

    def wait_secure(self, seconds: float | None = None) -> None:
        """Until the secure channel is up. Raises: NoAnswer, with what was wrong with the last handshake."""
        self._wait(lambda: self.secure, "no secure channel", seconds)

    def exchange(self, command: c.Command) -> Exchange:
        """Send a command and wait for its answer. Raises: NoAnswer, QueueFull."""
        with self.line:
            self._check()
            self._panel.send(command)
        found: list[Exchange] = []

        def answered() -> bool:
            found.extend(one for one in self._exchanges if one.command is command)
            return bool(found) or any(one is command for one in self._lost)

        self._wait(answered, f"no answer to {command.name}")
        if not found:
            raise self._silence(f"no answer to {command.name}, repeated as often as is allowed")
        with self.line:
            self._exchanges = [one for one in self._exchanges if one.command is not command]
        return found[0]

    def order(self, command: c.Command) -> Exchange:
        """As `exchange`, for what must not be refused. Raises: Refused, NoAnswer."""
        done = self.exchange(command)
        if isinstance(done.reply, r.Nak):
            raise errors.Refused(
                f"reader {self._panel.address} refuses {command.name}: {done.reply.why}",
                resource=self.resource,
                sent=bytes([command.code]) + command.pack(),
                received=bytes([done.reply.code]) + done.reply.pack(),
            )
        return done

    def cards(self) -> Sequence[Card]:
        """What was shown to it since this was last asked, in order."""
        with self.line:
            self._check()
            cards, self._cards = self._cards, []
        return cards

    def wait_card(self, seconds: float | None = None) -> Card:
        """The next one. Raises: NoAnswer."""
        self._wait(lambda: bool(self._cards), "it reports no card", seconds)
        with self.line:
            return self._cards.pop(0)

    def light(self, colour: str, seconds: float | None = None) -> Exchange:
        """Show a colour, from now on, or for so long (to a tenth of a second). ValueError for what is no colour."""
        if colour not in COLOURS:
            raise ValueError(f"{colour!r} is no colour of OSDP: {', '.join(COLOURS)}")
        number = COLOURS.index(colour)
        if seconds is None:
            return self.order(c.Led((c.Light(permanent=1, on=1, on_colour=number, off_colour=number),)))
        tenths = round(seconds * 10)
        if not 1 <= tenths <= 0xFFFF:
            raise ValueError(f"{seconds!r} s of light: 0.1 to 6553.5")
        light = c.Light(
            temporary=2,
            temporary_on=1,
            temporary_on_colour=number,
            temporary_off_colour=number,
            timer=tenths,
        )
        return self.order(c.Led((light,)))

    def set_key(self, key: bytes) -> None:
        """Give it a key of its own (KEYSET), and wait for the handshake with it. Raises: Refused, NoAnswer."""
        before = self._handshakes
        self.order(c.Keyset(key))
        self._wait(lambda: self._handshakes > before and self.secure, "no handshake with the new key")

    def disturb(self, what: Disturbance, *, count: int = 1, only: type[c.Command] | None = None) -> None:
        """Do this to the next commands to this reader; `only`: to those of a kind, such as `Poll`."""

        def which(send: Send) -> bool:
            ours = not send.frame.reply and send.frame.address == self._panel.address
            return ours and (only is None or isinstance(send.message, only))

        self.line.disturb(what, count=count, which=which)

    def release(self) -> None:
        """Lamp off, line closed. Raises: NotReleased if the reader had been on-line and did not confirm."""
        if self._released:
            return
        try:
            if self.online and self.line.failure is None:
                self.light("off")
        except errors.BenchError as error:
            raise errors.NotReleased(
                f"its lamp may be on: {error.message}",
                resource=self.resource,
                advice="look at the reader; without power its lamp is off",
            ) from error
        finally:
            self._released = True
            self.line.leave(self._panel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()

    # Inside

    def _hear(self, event: Event) -> None:
        """In the line's thread."""
        if isinstance(event, Replied):
            if isinstance(event.reply, r.Raw):
                self._cards.append(
                    Card(event.reply.card, event.reply.bits, event.began, event.instant, event.secure)
                )
            elif isinstance(event.reply, r.Keypad):
                self._cards.append(Card(event.reply.keys, 0, event.began, event.instant, event.secure))
            if not isinstance(event.command, c.Poll) and not isinstance(event.reply, r.Busy):
                self._exchanges.append(
                    Exchange(event.command, event.reply, event.sent, event.began, event.instant, event.secure)
                )
            del self._cards[:-EVENTS], self._exchanges[:-EVENTS]
        elif isinstance(event, Unanswered):
            self._lost.append(event.command)
            del self._lost[:-EVENTS]
        elif isinstance(event, Secured):
            self._handshakes += 1
            self.why_insecure = ""
        elif isinstance(event, Unsecured):
            self.why_insecure = event.why
        elif isinstance(event, Online):
            self._lost.clear()

    def _wait(self, true: Callable[[], bool], what: str, seconds: float | None = None) -> None:
        self._check()
        if not self.line.wait(true, self.patience if seconds is None else seconds):
            raise self._silence(what, self.patience if seconds is None else seconds)

    def _check(self) -> None:
        if self._released:
            raise errors.PortLost("it was released", resource=self.resource, advice="open the driver again")

    def _silence(self, what: str, seconds: float | None = None) -> errors.NoAnswer:
        within = "" if seconds is None else f" within {seconds:g} s"
        why = f"; the last handshake: {self.why_insecure}" if self.why_insecure else ""
        return errors.NoAnswer(
            f"reader {self._panel.address}: {what}{within}{why}",
            resource=self.resource,
            advice="check address, baud rate, the swap of A and B, and the secure channel's key",
        )
