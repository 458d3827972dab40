"""The access controller of the modelled compound: one policy and its state, for all portals."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..scenarios.policy.engine import Decision, Policy
from ..scenarios.policy.state import Decided, DoorMoved, Passed, Record, Request
from ..scenarios.scores import false_positive_identification
from .visit import Visit

LISTED = Record()
"""On the list, always was and always will be."""


class Recognition:
    """What a reader makes of one credential: whom it names, and whether it takes it for genuine."""

    __slots__ = ("fmr", "fnir", "fnir_by_person", "fpir", "masked", "names_its_holder", "worse_masked")

    def __init__(
        self,
        fnir: float,
        fnir_by_person: list[float] | None,
        fmr: float,
        listed: int,
        names_its_holder: bool,
        masked: Callable[[Visit], bool] | None = None,
        worse_masked: Callable[[float], float] | None = None,
    ) -> None:
        """`fmr` of one comparison, `listed` of them. `masked`: does this visit's person wear a mask? `worse_masked`: from
        the FNIR of somebody without to that with one."""
        self.fnir = fnir
        """Probability that one attempt of somebody on the list is not recognised."""
        self.fnir_by_person = fnir_by_person
        """The same where it differs from person to person."""
        self.fmr = fmr
        self.names_its_holder = names_its_holder
        """A card that fails still tells its number; a face that fails tells nobody's."""
        self.masked, self.worse_masked = masked, worse_masked
        self.fpir = 0.0
        """Probability that somebody who is not on the list is taken for somebody who is."""
        self.listed_are(listed)

    def listed_are(self, count: int) -> None:
        """So many stand on the list now."""
        self.fpir = false_positive_identification(self.fmr, count) if self.fmr else 0.0


class Controller:
    """Keeps the policy's state; every decision of the compound is made here."""

    def __init__(self, policy: Policy, taken_for: Mapping[str, tuple[int, str]]) -> None:
        """`taken_for`: by credential a listed person and group, whom a falsely matched stranger is taken for; where it
        has none, nobody is listed."""
        self.policy = policy
        self.state = policy.initial
        self._taken_for = taken_for
        self._initial = policy.initial
        self._decide = policy.decide
        self._forgets_grants = not policy.remembers_grants
        self.watches_doors = policy.watches_doors
        self.watches_passages = policy.watches_passages

    def judge(
        self,
        visit: Visit,
        credential: str,
        known: Recognition,
        luck: float,
        t: float,
        portal: str,
        reader: str,
    ) -> tuple[Decision, int | None]:
        """Decide an attempt at a reader, and whom the credential named. `luck` is uniform in (0, 1)."""
        request, named = self.request(visit, credential, known, luck, t, portal, reader)
        return self.ask(request), named

    def request(
        self,
        visit: Visit,
        credential: str,
        known: Recognition,
        luck: float,
        t: float,
        portal: str,
        reader: str,
    ) -> tuple[Request, int | None]:
        """What an attempt at a reader asks the controller, and whom the credential named."""
        profile = visit.profile
        named: int | None = visit.person
        group: str | None = profile.group
        record: Record | None = LISTED
        if credential in profile.listed:
            by_person = known.fnir_by_person
            fnir = known.fnir if by_person is None else by_person[visit.person]
            if known.masked is not None and known.worse_masked is not None and known.masked(visit):
                fnir = known.worse_masked(fnir)
            authentic = luck >= fnir
        elif luck < known.fpir:
            named, group = self._taken_for[credential]
            authentic = True
        else:
            # A face that is on no list matches nobody; a card that is on none still tells its number.
            authentic, record = known.names_its_holder, None
        if not authentic and not known.names_its_holder:
            named = group = None
        request = Request(
            t, portal, visit.direction, reader, named, group, credential, "reader", authentic, record
        )
        return request, named

    def ask(self, request: Request) -> Decision:
        """Decide, and take note of it."""
        state = self.state
        decision = self._decide(state, request)
        if not (state is self._initial and self._forgets_grants and decision.outcome == "grant"):
            self.state = self.policy.advance(state, Decided(request, decision))
        return decision

    def opens(self, decision: Decision, portal: str, lane: int, direction: str, t: float) -> bool:
        """Does a grant move the lock? Not one that is locked without power."""
        return self.policy.lets_through(self.state, decision, portal, lane, direction, t)

    def moved(self, portal: str, is_open: bool, t: float, lane: int) -> None:
        """A door opened or shut."""
        self.state = self.policy.advance(self.state, DoorMoved(t, portal, is_open, lane))

    def passed(self, passage: Passed) -> None:
        """Somebody who was granted has gone through."""
        self.state = self.policy.advance(self.state, passage)

    def person_suspended_until(self, person: int) -> float:
        """When a person may try again (a past instant if at once)."""
        return self.state.suspended.get(person, 0.0) if self.state.suspended else 0.0
