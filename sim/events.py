"""The words of the event log: events, ways, outcomes, columns. One enum each, for both worlds."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """What can happen."""

    ARRIVE = "arrive"
    """A visit begins; reason `no-credential`: they hold nothing usable that is accepted there and then."""
    QUEUE = "queue"
    """Begins to wait to be served; so also after rejoining."""
    ABANDON = "abandon"
    """Leaves without passing."""
    PRESENT = "present"
    """An attempt begins: service starts."""
    ACQUIRE_FAILED = "acquire_failed"
    DECISION = "decision"
    """Closes an attempt; value: seconds since its `present`."""
    SUSPEND = "suspend"
    RESUME = "resume"
    UNLOCK = "unlock"
    RELOCK = "relock"
    OPEN = "open"
    CLOSE = "close"
    PASS = "pass"
    """A body across."""
    BYPASS = "bypass"
    """Crawled under or climbed over."""
    WAIT_OTHER = "wait_other"
    """Begins to wait for another's grant, unable to open; ends with that visit's next `pass`, `abandon`, `present`,
    `guard_start` or `call`, or when it sets out for its `bypass`."""
    CALL = "call"
    """Guard, management, hotline or police."""
    GUARD_START = "guard_start"
    GUARD_END = "guard_end"
    """Value: seconds of guard's time."""
    HELD_OPEN = "held_open"
    FORCED = "forced"
    ALARM = "alarm"
    CAPTURE = "capture"
    """A face was imaged."""
    ENROL = "enrol"
    """Reason `registered`: a template was taken at the desk (value: seconds from coming there); `listed`: from now on the
    readers know it; with `-earlier`, at the run's start: this was done before (value: seconds ago)."""
    WITHDRAW = "withdraw"
    DELETE = "delete"
    """A template is deleted."""
    FAULT_ON = "fault_on"
    FAULT_OFF = "fault_off"
    CUTOVER = "cutover"
    """A credential `begins` or `ends` to count."""
    SIGHTING = "sighting"
    """A camera saw something, named by its reason (`lamp_on green`, `leaf_moved`); value: what was measured beside the time."""
    STAGE = "stage"
    """An interval that ends at `t`, `value` seconds long, named by its reason."""


class Direction(StrEnum):
    """`in` is towards home."""

    IN = "in"
    OUT = "out"


class Outcome(StrEnum):
    """What a decision says."""

    GRANT = "grant"
    DENY = "deny"
    NEED_MORE = "need_more"


class Way(StrEnum):
    """How somebody came to pass."""

    OWN = "own"
    GUARD = "guard"
    REMOTE = "remote"
    """Released from afar."""
    SHARED = "shared"
    """On another's credential."""
    TAILGATE = "tailgate"
    """Unnoticed by the one who opened."""
    PIGGYBACK = "piggyback"
    """Consented, a held door included."""
    REVERSE = "reverse"
    """Opened from the other side."""
    FREE = "free"
    """Egress, fire, propped open."""
    UNKNOWN = "unknown"


ADMITTED = (Way.OWN, Way.GUARD, Way.REMOTE)
"""Ways of people whom the access control let through themselves: they are not locked out."""
UNBADGED = (Way.TAILGATE, Way.PIGGYBACK, Way.REVERSE, Way.UNKNOWN)
"""Ways past a door that no credential or guard opened for them."""

NO_CREDENTIAL = "no-credential"
"""Reason of an `arrive`: nothing usable that is accepted."""
OCCUPIED = "occupied"
"""Reason of the `stage` that a lane was taken by one person."""

ROW = (
    "t", "event", "portal", "lane", "direction", "person", "visit", "attempt", "cycle", "credential", "outcome", "reason",
    "way", "donor", "value",
)  # fmt: skip
"""What the world records of an event, in this order."""
COLUMNS = (
    "rep", "seq", "t", "u", "clock", "portal", "lane", "direction", "event", "person", "visit", "attempt", "cycle",
    "credential", "outcome", "reason", "way", "donor", "value", "evidence",
)  # fmt: skip
"""Columns of the event log as it is written."""
