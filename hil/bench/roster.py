"""Who holds which number: from the world's people to what a controller is provisioned with, and to what a reader sends.

Each kind of credential has a facility code of its own; somebody's number is their person number plus one. What is known
instead of held (a PIN) is typed: six digits, the person number plus 100,000.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ...scenarios.errors import InputError
from ...scenarios.provisioner import instances, provision
from ...scenarios.provisioning import Cardholder, Credential, Provisioning
from ...scenarios.scenario import Scenario
from ...sim.visit import Profile
from .. import wiegand
from ..osdp import replies as r

LARGEST = (1 << 19) - 2
"""Person number that fits into 19 bits of card number."""
FIRST_PIN = 100_000


class Roster:
    """Numbers of one scenario's people."""

    def __init__(self, scenario: Scenario) -> None:
        self._facility = {kind: place + 1 for place, kind in enumerate(scenario.readers)}
        self._typed = {kind for kind, reader in scenario.readers.items() if reader.trait == "knowledge"}
        self._shown_to_people = {
            kind for kind, reader in scenario.readers.items() if reader.trait == "document"
        }

    def kinds(self, profile: Profile, later: Iterable[str] = ()) -> list[str]:
        """Credentials of a profile that a controller knows by a number; `later`: what they may come to hold within the run."""
        held = profile.kit | profile.listed | frozenset(later)
        return sorted(held & self._facility.keys() - self._shown_to_people)

    def number(self, kind: str, person: int) -> str:
        """As the controller is provisioned with it. InputError for a person beyond 19 bits."""
        if kind in self._typed:
            return f"keys:{FIRST_PIN + person}"
        return f"{self._facility[kind]}:{_card_number(person)}"

    def report(self, kind: str, person: int | None, authentic: bool) -> r.Reply:
        """What a reader reports when it is shown. `person`: whom it names, None: nobody; not `authentic`: with a wrong
        parity, as a sample that matches nobody or a card whose check fails."""
        if kind in self._typed:
            digits = f"{FIRST_PIN + person}" if person is not None and authentic else "0"
            return r.Keypad(f"{digits}#".encode())
        number = 0 if person is None else _card_number(person)
        data, bits = wiegand.encode(self._facility[kind], number)
        if not authentic:
            data = bytes([data[0] ^ 0x80]) + data[1:]  # the first bit is the parity of the first half
        return r.Raw(data, bits)


def _card_number(person: int) -> int:
    if person > LARGEST:
        raise InputError(
            f"person {person} has no card number of 19 bits; replay a scenario with fewer people on the bench"
        )
    return person + 1


def provisioning(
    scenario: Scenario, policy: str, roster: Roster, people: Iterable[tuple[int, Profile]], portal: str, lanes: Sequence[int]
) -> Provisioning:  # fmt: skip
    """What the controller of one portal is told: every rule of the policy, and these people with their numbers as they
    stand now. `lanes`: which of the portal's lanes are wired to it."""
    portals, declared = instances(scenario.compound)
    holders: list[Cardholder] = []
    numbers: list[Credential] = []
    for person, profile in people:
        holders.append(Cardholder(person, profile.group, profile.ways.slow))
        numbers += [
            Credential(
                roster.number(kind, person), kind, person, "listed" if kind in profile.listed else "absent"
            )
            for kind in roster.kinds(profile, scenario.people[profile.group].holds)
        ]
    told = provision(
        policy,
        scenario.policy(policy),
        portals,
        tuple(scenario.people),
        scenario.start,
        declared=declared,
        cardholders=holders,
        credentials=numbers,
    )
    doors = tuple(
        replace(door, lanes=tuple(door.lanes[lane] for lane in lanes)) if door.id == portal else door
        for door in told.doors
    )
    return replace(told, doors=doors)
