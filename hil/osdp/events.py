"""What happens on an OSDP line, as the panel's and the reader's state machines report it. Instants: ns."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from .commands import Command
from .deframer import Damaged, Noise
from .frame import Frame
from .replies import PdCap, PdId, Reply


class Send(NamedTuple):
    """Write these bytes now. Who drives the machine may also delay, change or withhold them."""

    instant: int
    data: bytes
    frame: Frame
    message: Command | Reply
    """In the clear."""
    repeated: bool
    """It was sent before, with the same sequence number."""


class Commanded(NamedTuple):
    """A reader took a command. `began`, `instant`: of its first and last byte."""

    instant: int
    began: int
    command: Command
    secure: bool


class Replied(NamedTuple):
    """A panel has the answer to its command. `began`, `instant`: of the reply's first and last byte; `sent`: when
    the command was first sent."""

    instant: int
    began: int
    sent: int
    command: Command
    reply: Reply
    secure: bool


class Unanswered(NamedTuple):
    """A command was repeated as often as is allowed, and given up."""

    instant: int
    command: Command


class Online(NamedTuple):
    """The other side is there (for a reader: it was heard; for a panel: it has said who it is, where it does)."""

    instant: int
    identity: PdId | None = None
    capabilities: PdCap | None = None


class Offline(NamedTuple):
    """Nothing was heard for the time after which the standard calls it off-line."""

    instant: int


class Secured(NamedTuple):
    """The secure channel is up; `default`: with the key that everybody knows."""

    instant: int
    default: bool


class Unsecured(NamedTuple):
    """The secure channel is down, or did not come up."""

    instant: int
    why: str


class KeyChanged(NamedTuple):
    """A new key was agreed upon; it serves from the next handshake on."""

    instant: int
    key: bytes


class LineChanged(NamedTuple):
    """COMSET was agreed upon; after what is being sent, the line has another baud rate."""

    instant: int
    address: int
    baud: int


class Ignored(NamedTuple):
    """A sound frame that is not what was waited for."""

    instant: int
    frame: Frame
    why: str


Event: TypeAlias = (
    Send | Commanded | Replied | Unanswered | Online | Offline | Secured | Unsecured | KeyChanged | LineChanged
    | Ignored | Damaged | Noise
)  # fmt: skip
