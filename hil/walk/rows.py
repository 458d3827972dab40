"""Rows of a walk: each a few steps that ask one thing of a device, with its name, its fault and the state of the door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ...scenarios.policy.document import PolicyDocument
from ...scenarios.policy.engine import Policy
from ...scenarios.portals import Portal
from .cast import Cast, Player
from .steps import (
    Begin,
    End,
    Held,
    Present,
    Press,
    Step,
    Together,
    Wait,
)

LOCKED, UNLOCKED, OPEN, HELD = STATES = ("locked", "unlocked", "open", "held")
"""States of the door in which a fault begins."""
WALK = 0.12
"""Seconds that a presentation with its answer takes, about: for the plan."""
REST = 0.1
"""Seconds after the last step of a row, so that what is still due can come."""
AFTER = 0.1
"""Seconds until every lock is locked again and the log read, about: for the plan."""


@dataclass(frozen=True)
class Row:
    """One thing that is asked."""

    id: str
    title: str
    steps: tuple[Step, ...]
    fault: str = ""
    """Of the catalogue; empty: all is well."""
    state: str = ""
    """Of the door when the fault begins."""
    probes: tuple[str, ...] = field(default=())
    """(direction, group, credential) that are tried, as text."""
    beside: tuple[str, ...] = ()
    """Further faults that are done in it, each alone."""

    def seconds(self, noticed: dict[str, float] | None = None, held: float = 3.0) -> float:
        """How long it takes, about, s. `noticed`: seconds until a fault is noticed, by fault; `held`: until the alarm of an
        open leaf."""
        total = REST + AFTER
        for step in self.steps:
            match step:
                case Wait():
                    total += step.seconds
                case Held():
                    total += 0.6 * held  # it has been open for a while
                case Present():
                    total += WALK + (0.3 if step.passes else 0.0)
                case Together():
                    total += WALK
                case Begin():
                    total += (noticed or {}).get(step.fault, 0.2)
                case End():
                    total += 0.3
                case Press():
                    total += 0.7
                case _:
                    total += 0.03
        return total


class Probes:
    """Who can be sent to the readers of a portal, and what should come of it while all is well."""

    def __init__(
        self, cast: Cast, policy: Policy, document: PolicyDocument, declared: str, spec: Portal, lanes: Sequence[Sequence[str]]
    ) -> None:  # fmt: skip
        """`declared`: the portal's id as the document has it; `lanes`: directions that each wired lane serves."""
        self.cast, self.policy, self.document, self.spec, self.lanes = cast, policy, document, spec, lanes
        self.portal, self.declared = cast.portal, declared
        self.directions = [
            way for way in document.read(declared, spec) if any(way in served for served in lanes)
        ]
        """With a reader that is on and wired."""
        self.free = [
            way for way in ("in", "out") if way not in self.directions and any(way in one for one in lanes)
        ]

    @property
    def has_places(self) -> bool:
        """Does anti-passback look at who went through here?"""
        return any(self.declared in area.at for area in self.document.anti_passback)

    def lane(self, direction: str) -> int:
        """The first lane that serves a direction."""
        return next(number for number, served in enumerate(self.lanes) if direction in served)

    def player(self, group: str, nth: int = 0) -> Player:
        return self.cast.groups[group][nth]

    def show(
        self, direction: str, group: str, credential: str, nth: int = 0, *, passes: bool = False
    ) -> Present:
        """Somebody of a group at the first reader of a direction."""
        return Present(
            self.player(group, nth).person, credential, direction, self.lane(direction), passes=passes
        )

    @cached_property
    def all(self) -> list[tuple[str, str, str]]:
        """Every (direction, group, credential) that a reader here can be asked."""
        return [
            (direction, group, kind)
            for direction in self.directions
            for group in self.cast.groups
            for kind in self.cast.kinds
        ]

    def granted(self, direction: str, t: float) -> list[tuple[str, str]]:
        """(group, credential) that one credential alone lets in there and then."""
        found = []
        for group, players in self.cast.groups.items():
            for means in self.policy.accepted(self.portal, direction, group, t):
                if (
                    means.shown_at == "reader"
                    and len(means.credentials) == 1
                    and means.credentials[0] in players[0].listed
                ):
                    found.append((group, means.credentials[0]))
        return found

    def denied(self, direction: str, t: float) -> list[tuple[str, str]]:
        """(group, credential) that are on no list, or not accepted."""
        able = set(self.granted(direction, t))
        parts = {
            (group, kind)
            for group in self.cast.groups
            for means in self.policy.accepted(self.portal, direction, group, t)
            if len(means.credentials) > 1
            for kind in means.credentials
        }
        return [
            (group, kind)
            for group in self.cast.groups
            for kind in self.cast.kinds
            if (group, kind) not in able | parts
        ]

    def combinations(self, direction: str, t: float) -> list[tuple[str, tuple[str, ...]]]:
        """(group, credentials) that are needed together."""
        return [
            (group, means.credentials)
            for group, players in self.cast.groups.items()
            for means in self.policy.accepted(self.portal, direction, group, t)
            if means.shown_at == "reader"
            and len(means.credentials) > 1
            and set(means.credentials) <= players[0].listed
        ]
