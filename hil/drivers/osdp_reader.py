"""A reader played towards a controller under test, over OSDP: it shows cards and keys, and sees its lamp.

Several readers share a line (`OsdpLine`), each with an address of its own. Released, a reader presents nothing more; what
nobody had fetched is forgotten. There is nothing to read back: the panel drives the lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic_ns
from typing import Self

from .. import errors
from ..osdp.commands import Led
from ..osdp.events import Commanded, Event, KeyChanged, Offline, Online, Secured, Send, Unsecured
from ..osdp.lamp import Lamp, colour
from ..osdp.reader import Reader, Settings
from ..osdp.replies import Keypad, Raw, Reply
from ..roles import Edge
from .osdp_line import Disturbance, OsdpLine

PATIENCE = 2.0
"""Seconds for a panel to fetch what is shown; it polls about every 50 ms."""
_KEYS = str.maketrans({"*": "\x7f", "#": "\r"})


class OsdpReader:
    """CredentialPresenter; Observer of its own LED 0: lines `red`, `green`, `amber` and so on."""

    def __init__(
        self,
        line: OsdpLine,
        address: int = 0,
        *,
        key: bytes | None = None,
        secure_only: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        """`key`: of the secure channel, else SCBK-D is accepted; `patience`: seconds for the panel to poll.

        Raises: MessageError for an address or a key that is none; what broke the line.
        """
        self.line, self.patience = line, patience
        self._reader = Reader(Settings(address, key=key, secure_only=secure_only, gap=150_000_000))
        self._lamp = Lamp()
        self._edges: list[Edge] = []
        self._released = False
        self.events: list[Event] = []
        """What the reader's state machine reported, in order; without the frames themselves, and without POLLs."""
        self.last: Commanded | None = None
        """The command that came last, POLLs included."""
        line.add(self._reader, self._hear)

    @property
    def resource(self) -> str:
        return self.line.resource

    @property
    def address(self) -> int:
        return self._reader.address

    @property
    def emulated(self) -> bool:
        """Does the line end in an emulated device?"""
        return self.line.emulated

    @property
    def online(self) -> bool:
        """Does a panel poll it?"""
        return self._reader.online

    @property
    def secure(self) -> bool:
        return self._reader.secure

    def wait_online(self, seconds: float | None = None, *, secure: bool = False) -> None:
        """Until a panel polls it (with `secure`: within the secure channel). Raises: NoAnswer."""
        patience = self.patience if seconds is None else seconds
        if not self.line.wait(lambda: self.online and (self.secure or not secure), patience):
            what = "no secure channel" if self.online else "nobody polls it"
            raise self._silence(what, patience)

    # CredentialPresenter

    def present(self, credential: bytes, bits: int) -> int:
        """The instant: the first byte of the reader's report was handed to the line."""
        return self._report(Raw(credential, bits))

    def press(self, keys: str) -> int:
        """Digits, `*` and `#`; the instant as of `present`."""
        if not keys or set(keys) - set("0123456789*#"):
            raise ValueError(f"{keys!r}: a keypad has digits, * and #")
        return self._report(Keypad(keys.translate(_KEYS).encode("ascii")))

    def _report(self, reply: Reply) -> int:
        with self.line:
            self._check()
            self.line.check()
            self._reader.report(reply)
        if not self.line.wait(lambda: self.line.sent_at(reply) is not None, self.patience):
            with self.line:
                self._reader.forget(reply)
            raise self._silence("the panel does not fetch what it was shown", self.patience)
        instant = self.line.sent_at(reply)
        assert instant is not None
        return instant

    # Observer

    def observed(self) -> Sequence[Edge]:
        with self.line:
            self.line.check()
            self._check()
            self._light(self._lamp.changes(monotonic_ns()))
            edges, self._edges = self._edges, []
        return edges

    def lit(self) -> str:
        """The colour that is shown now; `off`."""
        with self.line:
            self._light(self._lamp.changes(monotonic_ns()))
            return colour(self._lamp.shown)

    def disturb(self, what: Disturbance, *, count: int = 1, only: type[Reply] | None = None) -> None:
        """Do this to the next replies of this reader; `only`: to those of a kind, such as `Raw`."""

        def which(send: Send) -> bool:
            ours = send.frame.reply and send.frame.address == self.address
            return ours and (only is None or isinstance(send.message, only))

        self.line.disturb(what, count=count, which=which)

    def release(self) -> None:
        if not self._released:
            self._released = True
            self.line.leave(self._reader)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()

    # Inside

    def _hear(self, event: Event) -> None:
        """In the line's thread."""
        if isinstance(event, Commanded):
            self.last = event
            if isinstance(event.command, Led):
                for light in event.command.lights:
                    if light.led == 0:
                        self._light(self._lamp.set(light, event.instant))
            if event.command.code != 0x60:
                self.events.append(event)
        elif isinstance(event, (Online, Offline, Secured, Unsecured, KeyChanged)):
            self.events.append(event)

    def _light(self, changes: Sequence[tuple[int, int]]) -> None:
        for instant, number in changes:
            if self._shown != "off":
                self._edges.append(Edge(self._shown, 0, instant, "host", _UNCERTAINTY))
            self._shown = colour(number)
            if self._shown != "off":
                self._edges.append(Edge(self._shown, 1, instant, "host", _UNCERTAINTY))

    _shown = "off"

    def _check(self) -> None:
        if self._released:
            raise errors.PortLost("it was released", resource=self.resource, advice="open the driver again")

    def _silence(self, what: str, seconds: float) -> errors.NoAnswer:
        return errors.NoAnswer(
            f"reader {self.address}: {what} within {seconds:g} s",
            resource=self.resource,
            advice="check address, baud rate, the swap of A and B, and the secure channel's key",
        )


_UNCERTAINTY = 300_000
"""ns: a read of the port process is stamped that well on a busy machine (docs/osdp.md); the serial adapter's own latency
is not in it."""
