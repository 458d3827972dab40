"""The access controller of the modelled compound: one policy and its state, for all portals."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..scenarios.policy.engine import Decision, Means, Policy
from ..scenarios.policy.state import Decided, DoorMoved, Passed, Record, Request
from .visit import Person

ON_THE_LIST = Record()


class Recognition:
    """What a reader makes of one credential: whom it names, and whether it takes it for genuine."""

    __slots__ = ("fnir", "fpir", "names_its_holder")

    def __init__(self, fnir: Callable[[int], float], fpir: float, names_its_holder: bool) -> None:
        self.fnir = fnir
        """Person number -> probability that one attempt is not recognised."""
        self.fpir = fpir
        """Probability that somebody who is not on the list is taken for somebody who is."""
        self.names_its_holder = names_its_holder
        """A card that fails still tells its number; a face that fails tells nobody's."""


class Controller:
    """Keeps the policy's state; every decision of the compound is made here."""

    def __init__(self, policy: Policy, recognition: Mapping[tuple[str, str], Recognition], stranger: tuple[int, str]):
        self.policy = policy
        self.state = policy.initial
        self._recognition = recognition
        self._stranger = stranger
        """A listed person and group: whom a falsely matched stranger is taken for."""
        self._readers: dict[tuple[str, str, int], str] = {}
        self._usable: dict[tuple[tuple[Means, ...], frozenset[str]], tuple[Means, ...]] = {}
        self._watches_doors = policy.watches_doors
        self._watches_passages = policy.watches_passages

    def reader(self, portal: str, direction: str, lane: int) -> str:
        """Id of the reader of a lane and direction."""
        key = (portal, direction, lane)
        name = self._readers.get(key)
        if name is None:
            name = self._readers[key] = f"{portal}/{direction}/{lane}"
        return name

    def identify(
        self, person: Person, credential: str, luck: float, t: float, portal: str, direction: str, lane: int
    ) -> Request:
        """What the controller gets to know of an attempt at a reader. `luck` is uniform in (0, 1)."""
        reader = self.reader(portal, direction, lane)
        known = self._recognition[credential, portal]
        if credential in person.listed:
            if luck >= known.fnir(person.number):
                return Request(t, portal, direction, reader, person.number, person.group, credential, "reader", True, ON_THE_LIST)
            if known.names_its_holder:
                return Request(t, portal, direction, reader, person.number, person.group, credential, "reader", False, ON_THE_LIST)
            return Request(t, portal, direction, reader, None, None, credential, "reader", False, None)
        if luck < known.fpir:
            number, group = self._stranger
            return Request(t, portal, direction, reader, number, group, credential, "reader", True, ON_THE_LIST)
        if known.names_its_holder:
            return Request(t, portal, direction, reader, person.number, person.group, credential, "reader", True, None)
        return Request(t, portal, direction, reader, None, None, credential, "reader", False, None)

    def vouch(
        self, person: Person, credential: str, granted: bool, t: float, portal: str, direction: str, lane: int
    ) -> Request:
        """What a guard makes of a person or of a document."""
        return Request(
            t, portal, direction, self.reader(portal, direction, lane), person.number, person.group, credential, "guard",
            granted, ON_THE_LIST,
        )  # fmt: skip

    def ask(self, request: Request) -> Decision:
        """Decide, and take note of it."""
        decision = self.policy.decide(self.state, request)
        self.state = self.policy.advance(self.state, Decided(request, decision))
        return decision

    def moved(self, portal: str, is_open: bool, t: float) -> None:
        """A door opened or shut."""
        if self._watches_doors:
            self.state = self.policy.advance(self.state, DoorMoved(t, portal, is_open))

    def passed(self, passage: Passed) -> None:
        """Somebody who was granted has gone through."""
        if self._watches_passages:
            self.state = self.policy.advance(self.state, passage)

    def usable(
        self, portal: str, direction: str, group: str, kit: frozenset[str], t: float
    ) -> tuple[Means, ...]:
        """What is accepted there and then, as far as the pocket holds it; people know the rules of their compound."""
        accepted = self.policy.accepted(portal, direction, group, t)
        key = (accepted, kit)
        means = self._usable.get(key)
        if means is None:
            means = self._usable[key] = tuple(
                one for one in accepted if all(name in kit or name == "guard" for name in one.credentials)
            )
        return means

    def on_duty(self, portal: str, t: float) -> bool:
        """Is a guard on duty?"""
        return self.policy.guard(portal, t) is not None

    def person_suspended_until(self, person: int) -> float:
        """When a person may try again (a past instant if at once)."""
        return self.state.suspended.get(person, 0.0) if self.state.suspended else 0.0
