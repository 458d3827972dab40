"""What we check of OSDP devices: ids, what is asked, limits. Running them: `hil/checks/`.

Ids of three numbers are those of the SIA's *OSDP Verified* test list (as libosdp-conformance names them in
`osdp_conformance.h`), where we know that they mean the same; the words are ours. Ids that begin with `gb-` are our own: many stand for defects that were found in real stacks.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

REPLY = 0.200
"""Seconds from a command's last character to its reply's first."""
GAP = 0.020
"""Seconds between two characters of a frame."""
OFFLINE = 8.0
"""Seconds of silence after which the other side counts as off-line."""


class Role(StrEnum):
    """Which side is under test."""

    READER = "reader"
    PANEL = "panel"


class Check(NamedTuple):
    """One of them."""

    id: str
    role: Role
    title: str
    """What a sound device does."""


READER = (
    Check("050-07-01", Role.READER, "its replies begin within 200 ms"),
    Check("050-08-01", Role.READER, "its characters follow each other within 20 ms"),
    Check("050-09-02", Role.READER, "sequence number 0 begins anew"),
    Check(
        "050-09-17", Role.READER, "a command with a wrong CRC is ignored or refused, the next one is answered"
    ),
    Check("060-03-01", Role.READER, "it says who it is"),
    Check("060-04-01", Role.READER, "it says what it can do"),
    Check("060-17-01", Role.READER, "it answers the challenge of a secure channel"),
    Check("070-03-01", Role.READER, "an unknown command is refused as such"),
    Check("gb-osdp-fragmented", Role.READER, "a command whose characters come one by one is answered"),
    Check("gb-osdp-half-frame", Role.READER, "half a frame is forgotten, the next one is answered"),
    Check("gb-osdp-noise", Role.READER, "noise before a frame does not hide it"),
    Check("gb-osdp-repeat", Role.READER, "a repeated command gets the same reply again"),
    Check("gb-osdp-sequence", Role.READER, "a number out of sequence is refused as such"),
    Check("gb-osdp-address", Role.READER, "it is silent when another is asked"),
    Check("gb-osdp-nonce", Role.READER, "its random number is another in each handshake"),
    Check("gb-osdp-nonce-restart", Role.READER, "its random number is another after each start"),
    Check("gb-osdp-cryptogram", Role.READER, "whoever does not know the key gets no secure channel"),
    Check("gb-osdp-survives", Role.READER, "malformed frames do not silence it"),
)

PANEL = (
    Check("050-09-16", Role.PANEL, "after a reply with a wrong CRC it goes on within 8 s"),
    Check("gb-osdp-poll", Role.PANEL, "it polls, so that nobody is off-line"),
    Check("gb-osdp-fragmented-reply", Role.PANEL, "a reply whose characters come one by one is taken"),
    Check("gb-osdp-late-reply", Role.PANEL, "a reply after 100 ms is taken"),
    Check("gb-osdp-lost-reply", Role.PANEL, "after a reply that was lost it goes on within 8 s"),
    Check("gb-osdp-panel-nonce", Role.PANEL, "its random number is another in each handshake"),
    Check("gb-osdp-panel-nonce-restart", Role.PANEL, "its random number is another after each start"),
    Check("gb-osdp-reply-timer", Role.PANEL, "the reply timer begins after a long command, not within it"),
)

CHECKS = {check.id: check for check in (*READER, *PANEL)}
