"""Stages of an attempt as the rig saw them, each an interval between two stamps of the host's clock."""

from __future__ import annotations

from typing import NamedTuple

STAGES = {
    "poll": "the credential is shown, until the reader is asked and it is on the wire",
    "first-byte": "the credential is on the wire, until the first byte of the decision",
    "decision": "the credential is on the wire, until the decision is told to the reader",
    "strike": "the decision is told, until the voltage on the lock's wires changes (where it does so after it is told)",
    "unlock": "the credential is on the wire, until the voltage on the lock's wires changes",
    "seen": "the credential is on the wire, until a camera sees the lamp over the lane turn green",
    "end-to-end": "the credential is shown, until the voltage on the lock's wires changes",
    "button": "the exit button is ordered, until the voltage on the lock's wires changes",
    "afar": "somebody opens from afar, until the voltage on the lock's wires changes",
    "relock": "the leaf is ordered shut, until the voltage on the lock's wires changes back",
}
"""Stage -> from when until when."""


class Timing(NamedTuple):
    """One interval. Instants: ns of the host's monotonic clock."""

    stage: str
    begin: int
    end: int
    doubt: int
    """ns by which the stamps may be wrong beyond the line's floor: half the shortest round trip that joins the box's clock."""
    stalled: bool
    """Was a port process kept from running when it was stamped?"""
    person: int
    visit: int
    attempt: int
    credential: str
    """Empty where none was shown."""
    direction: str
    evidence: int
    """Position in the transcript of what ended it."""

    @property
    def seconds(self) -> float:
        return (self.end - self.begin) / 1e9
