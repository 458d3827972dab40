"""Who walks: a few people of each group, with every credential that a reader of the door can read, listed or not.

They are not the scenario's own people. Those are many, and a list of thousands takes longer to send than a walk lasts;
what a policy says depends on group, credential and list alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ...scenarios.policy.state import Record
from ...scenarios.provisioner import instances, provision
from ...scenarios.provisioning import Cardholder, Credential, Provisioning, Status
from ...scenarios.scenario import Scenario
from ..bench.roster import Roster

EACH = 3
"""People of a group: an ordinary one, one who needs longer, one whose credentials come and go."""


@dataclass(frozen=True)
class Player:
    """One of the cast."""

    person: int
    group: str | None
    """None: the controller knows the number, and no group of it."""
    listed: frozenset[str]
    """Kinds of credentials on the list at the start."""
    slow: bool = False
    """Needs the longer unlock time."""
    changing: bool = False
    """Used for what is revoked and enrolled."""


class Cast:
    """The people of a walk at one portal."""

    def __init__(self, scenario: Scenario, policy: str, portal: str, *, fillers: int = 0) -> None:
        """`portal`: an instance. `fillers`: so many more are on the list who never come."""
        self.scenario, self.policy, self.portal = scenario, policy, portal
        self.roster = Roster(scenario)
        kinds = [kind for kind, reader in scenario.readers.items() if reader.trait != "document"]
        players: list[Player] = []
        for group, spec in scenario.people.items():
            holds = frozenset(spec.holds) & frozenset(kinds)
            for nth in range(EACH):
                players.append(Player(1 + len(players), group, holds, nth == 1, nth == 2))
        self.kinds = tuple(kinds)
        self.players: Mapping[int, Player] = {one.person: one for one in players}
        self.stranger = 1 + len(players)
        """Somebody whose number nobody gave out."""
        self._fillers = range(self.stranger + 1, self.stranger + 1 + fillers)

    @cached_property
    def groups(self) -> Mapping[str, Sequence[Player]]:
        """Players of each group."""
        found: dict[str, list[Player]] = {}
        for one in self.players.values():
            found.setdefault(one.group or "", []).append(one)
        return found

    def is_typed(self, credential: str) -> bool:
        """Is it known instead of held?"""
        return self.scenario.readers[credential].trait == "knowledge"

    def number(self, person: int, credential: str) -> str:
        """As the device is provisioned with it."""
        return self.roster.number(credential, person)

    def records(self) -> dict[tuple[int, str], Record | None]:
        """What the list says of each credential when a walk begins; None: not on it."""
        return {
            (one.person, kind): Record() if kind in one.listed else None
            for one in self.players.values()
            for kind in self.kinds
        }

    def provisioning(self, lanes: Sequence[int]) -> Provisioning:
        """What the controller of the portal is told. `lanes`: which of the portal's lanes are wired."""
        scenario = self.scenario
        portals, declared = instances(scenario.compound)
        holders = [Cardholder(one.person, one.group, one.slow) for one in self.players.values()]
        numbers = [
            Credential(self.number(one.person, kind), kind, one.person, _status(kind in one.listed))
            for one in self.players.values()
            for kind in self.kinds
        ]
        for person in self._fillers:
            holders.append(Cardholder(person, next(iter(scenario.people), None)))
            numbers += [Credential(self.number(person, kind), kind, person) for kind in self.kinds]
        told = provision(
            self.policy, scenario.policy(self.policy), portals, tuple(scenario.people), scenario.start,
            declared=declared, cardholders=holders, credentials=numbers,
        )  # fmt: skip
        doors = tuple(
            replace(door, lanes=tuple(door.lanes[lane] for lane in lanes)) if door.id == self.portal else door
            for door in told.doors
        )
        return replace(told, doors=doors)


def _status(listed: bool) -> Status:
    return "listed" if listed else "absent"
