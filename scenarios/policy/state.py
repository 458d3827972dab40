"""What a controller keeps in mind, and what happens to it. All of it is data; `Policy.advance` alone makes new states."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from immutables import Map

FOREVER = float("inf")


class Fault(StrEnum):
    """Faults that a policy may speak of."""

    NETWORK_DOWN = "network-down"
    SERVER_DOWN = "server-down"
    READER_UNPLUGGED = "reader-unplugged"
    CAMERA_COVERED = "camera-covered"
    POWER_CUT = "power-cut"
    STORE_CORRUPT = "store-corrupt"


OFF_LINE = frozenset({Fault.NETWORK_DOWN, Fault.SERVER_DOWN})
"""While one of these lasts, the list is as last synchronised."""


class Record(NamedTuple):
    """The list's entry of one credential. Instants in seconds; half-open."""

    issued: float = -FOREVER
    expires: float = FOREVER
    revoked: float = FOREVER


class Request(NamedTuple):
    """One attempt, as the controller gets to know it."""

    t: float
    portal: str
    direction: str
    reader: str
    """Id of the reader, such as `main-gate/in/0`."""
    person: int | None
    """Whom the credential names; None: it names nobody."""
    group: str | None
    credential: str
    shown_at: str = "reader"
    """`reader` or `guard`."""
    authentic: bool = True
    """Parity, facility code, message authentication, biometric match: all as they should be."""
    record: Record | None = Record()
    """None: not on the list."""


class Decision(NamedTuple):
    """The answer to a request."""

    outcome: str
    """`grant`, `deny` or `need_more`."""
    reason: str
    step: int
    """Which of the twelve rules decided."""
    alarm: str | None = None
    suspends: tuple[str | int, float] | None = None
    """This denial was the last that is allowed: who or what is suspended (a person's number or a reader's id), until."""
    next: tuple[str, ...] = ()
    """`need_more`: the credentials that complete the combination. `deny`: those that are accepted there and then."""


class Decided(NamedTuple):
    """A decision was made."""

    request: Request
    decision: Decision


class Passed(NamedTuple):
    """Somebody who had been granted has gone through."""

    t: float
    portal: str
    direction: str
    person: int


class DoorMoved(NamedTuple):
    """The contact of a portal has opened or closed (one of its lanes)."""

    t: float
    portal: str
    is_open: bool


class FireAlarm(NamedTuple):
    t: float


class FireReset(NamedTuple):
    """Somebody has reset the fire alarm by hand."""

    t: float


class Override(NamedTuple):
    """An operator holds a portal `open` or `locked`; None ends it."""

    t: float
    portal: str
    mode: str | None


class FaultOn(NamedTuple):
    """A fault begins, at one portal or (None) everywhere."""

    t: float
    fault: str
    portal: str | None = None


class FaultOff(NamedTuple):
    t: float
    fault: str
    portal: str | None = None


Happening = Decided | Passed | DoorMoved | FireAlarm | FireReset | Override | FaultOn | FaultOff


class Place(NamedTuple):
    """Where anti-passback believes somebody to be."""

    direction: str
    """The direction of the last counted passage."""
    since: float


@dataclass(frozen=True, slots=True)
class State:
    """Everything that a controller remembers. It survives a loss of power."""

    fire: bool = False
    """Latched until `FireReset`."""
    overrides: Map[str, str] = field(default_factory=Map)
    """Portal -> `open` or `locked`."""
    faults: Map[tuple[str, str | None], float] = field(default_factory=Map)
    """(fault, portal or None for everywhere) -> since when."""
    tries: Map[str | int, int] = field(default_factory=Map)
    """Wrong tries in a row, by person or reader."""
    suspended: Map[str | int, float] = field(default_factory=Map)
    """Person or reader -> until when."""
    partial: Map[tuple[int, str, str], tuple[frozenset[str], float]] = field(default_factory=Map)
    """(person, portal, direction) -> credentials of a combination that are through, and when the last was."""
    places: Map[tuple[int, str], Place] = field(default_factory=Map)
    """(person, anti-passback area) -> last passage."""
    open_doors: Map[str, int] = field(default_factory=Map)
    """Portal -> lanes whose contact is open (portals with an interlock)."""
