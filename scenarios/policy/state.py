"""What a controller keeps in mind, what it is asked, what it answers, and what happens to it.

All of it is frozen data; `Policy.advance` alone makes new states. Instants are seconds since the scenario's start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, NamedTuple, TypeAlias

from immutables import Map

from .means import Means

FOREVER = float("inf")
Outcome: TypeAlias = Literal["grant", "deny", "need_more"]
GRANT: Final = "grant"
DENY: Final = "deny"
MORE: Final = "need_more"
Alarm: TypeAlias = Literal["wrong-try", "anti-passback"]
Subject: TypeAlias = str | int
"""Whose tries are counted and who is suspended: a person's number or a reader's id."""


class Reason(StrEnum):
    """Why a decision is as it is. The number is that of the rule that says so."""

    FIRE = "fire"
    """1 grant: the fire alarm has released this portal."""
    FREE_EGRESS = "free-egress"
    """2 grant: this direction has no reader."""
    OVERRIDE_OPEN = "override-open"
    """3 grant: an operator holds the portal open."""
    OVERRIDE_LOCKED = "override-locked"
    """3 deny: an operator holds the portal locked."""
    HOLD_OPEN = "hold-open"
    """3 grant: its hours hold the portal open, and no operator has locked it."""
    FAULT_RELEASE = "fault-release"
    """4 grant: a fault is on whose rule is `release`, or the power is cut and the portal opens without it."""
    FAULT_DENY = "fault-deny"
    """4 deny: a fault is on whose rule is `deny`, or the power is cut and the portal locks without it."""
    SUSPENDED = "suspended"
    """5 deny: this person or this reader is suspended after too many wrong tries."""
    NOT_AUTHENTIC = "not-authentic"
    """6 deny: parity, facility code, message authentication or biometric match is wrong."""
    UNKNOWN = "unknown"
    """7 deny: not on the list, as far as the controller knows."""
    EXPIRED = "expired"
    """7 deny: its time is over by the controller's own clock."""
    NOT_YET = "not-yet"
    """7 deny: the cutover that brings this credential is still to come."""
    STOPPED = "stopped"
    """7 deny: a cutover has put an end to this credential."""
    REVOKED = "revoked"
    """7 deny: taken off the list, as far as the controller knows."""
    OUTSIDE_HOURS = "outside-hours"
    """8 deny: would be accepted from this group, here, at another hour of the day."""
    NO_ACCESS = "no-access"
    """8 deny: is not accepted from this group, here, at any hour."""
    COMBINATION = "combination"
    """9 need_more: one part of a combination; others are still missing."""
    INTERLOCK = "interlock"
    """10 deny: another door of the interlock stands open."""
    ANTI_PASSBACK = "anti-passback"
    """11 deny, or with `kind: soft` grant: went this way last time, and has not come back."""
    GRANTED = "granted"
    """12 grant."""
    DEVICE = "device"
    """On the bench alone: a device did what no rule explains."""
    NO_ANSWER = "no-answer"
    """On the bench alone: a device did not answer in time."""


class Fault(StrEnum):
    """Faults that a policy may speak of, because a controller can notice them."""

    NETWORK_DOWN = "network-down"
    SERVER_DOWN = "server-down"
    READER_UNPLUGGED = "reader-unplugged"
    READER_TAMPERED = "reader-tampered"
    CAMERA_COVERED = "camera-covered"
    POWER_CUT = "power-cut"
    STORE_CORRUPT = "store-corrupt"


class Record(NamedTuple):
    """The list's entry of one credential: on it from `issued`, off it from `revoked`, void from `expires`."""

    issued: float = -FOREVER
    expires: float = FOREVER
    revoked: float = FOREVER


LISTED = Record()
"""On the list, for ever."""


class Request(NamedTuple):
    """One attempt: all that a controller could know of it."""

    t: float
    portal: str
    direction: str
    reader: str
    """Id of the reader (or of the guard's post), such as `main-gate/in/0`."""
    person: int | None
    """Whom the presented credential names; None: it names nobody."""
    group: str | None
    """Of that person; None: unknown."""
    credential: str
    """`face`, `card` ...; `guard` is the guard's own judgement."""
    shown_at: str = "reader"
    """`reader` or `guard`."""
    authentic: bool = True
    """Parity, facility code, message authentication, biometric match: all as they should be."""
    record: Record | None = LISTED
    """The credential's entry as it truly stands now; None: it has none. A controller that is cut off knows less."""


class Decision(NamedTuple):
    """The answer to a request."""

    outcome: Outcome
    reason: Reason
    step: int
    """Which of the twelve rules decided."""
    alarm: Alarm | None = None
    suspends: tuple[Subject, float] | None = None
    """This denial was the last of the tries: who is suspended, and until when."""
    next: tuple[Means, ...] = ()
    """What may still be tried there and then, in order of fallback. `need_more`: what completes the combination."""


class Decided(NamedTuple):
    """A decision was made."""

    request: Request
    decision: Decision


class Passed(NamedTuple):
    """Somebody went through on a grant."""

    t: float
    portal: str
    direction: str
    person: int
    """Whom the grant named: a controller knows of nobody else."""


class DoorMoved(NamedTuple):
    """The contact of one lane of a portal has opened or closed."""

    t: float
    portal: str
    is_open: bool
    lane: int = 0


class FireAlarm(NamedTuple):
    """The fire alarm rings."""

    t: float
    portals: frozenset[str] | None = None
    """Its zone; None: everywhere. Portals that the policy does not release stay as they are."""


class FireReset(NamedTuple):
    """Somebody has reset the fire alarm by hand."""

    t: float


class Override(NamedTuple):
    """An operator holds a portal `open` or `locked`; None ends it."""

    t: float
    portal: str
    mode: Literal["open", "locked"] | None


class FaultOn(NamedTuple):
    """A fault begins."""

    t: float
    fault: str
    where: str | None = None
    """A portal's id, one reader's id, or None: everywhere."""


class FaultOff(NamedTuple):
    """The fault that began with the same words ends."""

    t: float
    fault: str
    where: str | None = None


class Lifted(NamedTuple):
    """An operator lifts a suspension and forgets the tries. (By time it ends without anybody's doing.)"""

    t: float
    subject: Subject


Happening: TypeAlias = (
    Decided | Passed | DoorMoved | FireAlarm | FireReset | Override | FaultOn | FaultOff | Lifted
)


class Partial(NamedTuple):
    """The parts of a combination that are through at one reader."""

    person: int | None
    credentials: frozenset[str]
    until: float
    """The other parts must come before this."""


class Place(NamedTuple):
    """Where anti-passback believes somebody to be."""

    direction: str
    """Of the last passage that counted."""
    since: float


@dataclass(frozen=True, slots=True)
class State:
    """Everything that a controller remembers. It survives a loss of power."""

    fire: frozenset[str] = frozenset()
    """Portals that the fire alarm has released; latched until `FireReset`."""
    overrides: Map[str, str] = field(default_factory=Map)
    """Portal -> `open` or `locked`."""
    faults: Map[tuple[str, str | None], float] = field(default_factory=Map)
    """(fault, portal, reader or None for everywhere) -> since when."""
    synced: Map[str, float] = field(default_factory=Map)
    """Portal or reader that is cut off -> when its list was last synchronised. What is not here has the list of now."""
    tries: Map[Subject, int] = field(default_factory=Map)
    """Wrong tries towards a suspension. Nobody stands here with 0."""
    wrong: Map[Subject, int] = field(default_factory=Map)
    """Wrong tries in a row, of each person and at each reader, towards the alarm."""
    suspended: Map[Subject, float] = field(default_factory=Map)
    """Subject -> until when. An instant that is over means nothing."""
    partial: Map[str, Partial] = field(default_factory=Map)
    """Reader -> the combination under way there."""
    places: Map[str, Map[int, Place]] = field(default_factory=Map)
    """Anti-passback area -> person -> last passage."""
    open_doors: Map[str, frozenset[int]] = field(default_factory=Map)
    """Portal with an interlock -> lanes whose contact is open."""
