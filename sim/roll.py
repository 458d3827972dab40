"""Who holds what, and who stands on the list, as the run goes on: profiles by person, changed when a campaign lists somebody.

Visits that begin later go with the new profile; who is under way keeps the old one to the journey's end.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping

from ..scenarios.distributions import Distribution
from ..scenarios.people import BIOMETRICS, ENROLMENT_STATES
from ..scenarios.policy.document import PolicyDocument
from ..scenarios.policy.engine import Policy
from ..scenarios.scenario import Scenario
from .clockwork import Clockwork
from .controller import Recognition
from .draws import Draws
from .enrolment import Course, Floats, at_start, campaigns, changes, hold, times
from .habits import Ways
from .log import NO_VALUE, NONE, EventLog
from .population import Population, profile_keys
from .visit import Person, Profile


class Roll:
    """Profiles by person, of one world."""

    def __init__(
        self,
        scenario: Scenario,
        document: PolicyDocument,
        population: Population,
        ways: Mapping[str, Ways],
        draws: Draws,
    ) -> None:
        """`document`: the policy with all that it inherits. `ways` by group."""
        self._scenario, self._population, self._ways = scenario, population, ways
        self._until = scenario.duration + scenario.drain
        self.campaigns = campaigns(scenario, document)
        self.courses: dict[str, Course] = {
            kind: hold(kind, campaign, population, scenario.start, self._until, draws)
            for kind, campaign in self.campaigns.items()
        }
        self._states = at_start(population, self.courses)
        self._made: dict[tuple[int, ...], Profile] = {}
        self._revoked: dict[int, set[str]] = {}
        """By group's index: what was taken off the list since the start."""
        self.profiles = [self._profile(key) for key in profile_keys(population, self._states)]
        """By person, as they are now."""
        self._met: dict[int, Person] = {}
        self._by_guards: set[tuple[int, int]] = set()
        """Whom guards put on the list with which biometric: what a desk does for them later changes nothing."""
        self._readers: list[tuple[str, Recognition]] = []
        residents = self.profiles[: population.residents] or self.profiles
        self.listed = {
            credential: sum(credential in profile.listed for profile in residents)
            for credential in scenario.readers
        }
        """How many residents (without any, people) stand on the list, by credential."""
        self.on_listed: Callable[[int, str, bool], object] | None = None
        """Hears of each change of the list: person, credential, and do they stand on it now?"""
        self.taken_for: dict[str, tuple[int, str]] = {}
        """By credential: a listed person and group, whom a falsely matched stranger is taken for."""
        for number, profile in enumerate(residents):
            for credential in profile.listed - self.taken_for.keys():
                self.taken_for[credential] = number, profile.group

    def _profile(self, key: tuple[int, ...]) -> Profile:
        """People of one group and enrolment share one profile."""
        profile = self._made.get(key)
        if profile is None:
            people, readers = self._scenario.people, self._scenario.readers
            group = self._population.groups[key[0]]
            kit, listed = self._population.kit(key, people)
            listed -= frozenset(self._revoked.get(key[0], ()))
            profile = self._made[key] = Profile(group, self._ways[group], kit, listed)
            tokens = {name for name in kit if readers[name].trait == "token"}
            if people[group].forgets > 0.0 and tokens:
                profile.without_tokens = Profile(group, self._ways[group], kit - tokens, listed)
        return profile

    def meet(self, person: Person) -> Person:
        """Somebody whose profile is to be kept up to date."""
        self._met[person.number] = person
        return person

    def template_ages(self, credential: str, drawn: Distribution, draws: Draws) -> Floats:
        """How old everybody's template is at the run's start, s: as drawn, or of those whom a campaign listed as it was;
        templates that are yet to be taken are new."""
        u = draws.uniforms(f"{credential}.template-age", len(self._population))
        ages = times(drawn, u, self._population.ordinal)
        if credential in self.courses:
            for person, t in self.courses[credential].registered.items():
                ages[person] = max(-t, 0.0)
        return ages

    # ---- as the run goes on

    def events(
        self,
        clock: Clockwork,
        policy: Policy,
        log: EventLog | None,
        recognition: Iterable[tuple[str, Recognition]],
    ) -> Generator[float, None, None] | None:
        """The process that changes profiles and writes what happens at desks and cutovers; None: nothing ever does.
        `recognition` by credential: what depends on how many are listed is kept up to date."""
        readers = self._readers = list(recognition)
        due: list[tuple[float, int, tuple[object, ...]]] = [
            (change.t, 1, change) for change in changes(self.courses, self._until)
        ]
        groups = self._population.groups
        due += [
            (t, 2, (groups.index(name), credential))
            for name, group in self._scenario.people.items()
            for credential, t in group.revoked.items()
        ]
        if log is not None:
            due += [(t, 0, row) for t, row in self._rows(policy, log)]
        due.sort(key=lambda one: one[:2])
        return self._run(clock, log, readers, due) if due else None

    def register(self, person: int, accepted: Iterable[str]) -> tuple[str, Profile] | None:
        """Put somebody on the list there and then, with an accepted biometric that they may give and are willing to.
        -> the credential, and what they are now; None: there is none."""
        for kind, name in enumerate(BIOMETRICS):
            state = int(self._states[name][person])
            if name in accepted and state >= 0 and ENROLMENT_STATES[state] in ("pending", "not-offered"):
                self._by_guards.add((person, kind))
                self._change(person, kind, ENROLMENT_STATES.index("enrolled"), self._readers)
                return name, self.profiles[person]
        return None

    def _run(
        self,
        clock: Clockwork,
        log: EventLog | None,
        readers: list[tuple[str, Recognition]],
        due: list[tuple[float, int, tuple[object, ...]]],
    ) -> Generator[float, None, None]:
        for t, is_change, what in due:
            if t > clock._now:
                yield t - clock._now
            if is_change == 2:
                self._revoke(*what)  # type: ignore[arg-type]
            elif is_change:
                _, person, kind, state = what
                if (person, kind) in self._by_guards:
                    continue
                self._change(person, kind, state, readers)  # type: ignore[arg-type]
            elif log is not None:
                log.write((t, *what))  # type: ignore[arg-type]

    def _revoke(self, group: int, credential: str) -> None:
        """Everybody's of a group; who is under way keeps what they know of themselves, as with every change."""
        self._revoked.setdefault(group, set()).add(credential)
        self._made = {key: profile for key, profile in self._made.items() if key[0] != group}
        for person, key in enumerate(profile_keys(self._population, self._states)):
            if key[0] == group:
                self._becomes(person, self._profile(key))

    def _becomes(self, person: int, after: Profile) -> None:
        before, self.profiles[person] = self.profiles[person], after
        if person in self._met:
            self._met[person].profile = after
        if self.on_listed is not None:
            for name in sorted(before.listed ^ after.listed):
                self.on_listed(person, name, name in after.listed)

    def _change(self, person: int, kind: int, state: int, readers: list[tuple[str, Recognition]]) -> None:
        name = BIOMETRICS[kind]
        self._states[name][person] = state
        before = self.profiles[person]
        key = (int(self._population.group[person]), *(int(self._states[one][person]) for one in BIOMETRICS))
        after = self._profile(key)
        self._becomes(person, after)
        if (
            name in after.listed
            and name not in before.listed
            and person < (self._population.residents or len(self.profiles))
        ):
            self.listed[name] += 1
            self.taken_for.setdefault(name, (person, after.group))
            for credential, one in readers:
                if credential == name:
                    one.listed_are(self.listed[name])

    def _rows(self, policy: Policy, log: EventLog) -> Generator[tuple[float, tuple[float, ...]], None, None]:
        nowhere = log.place(None)
        for t, credential, what in policy.cutovers:
            if 0.0 <= t < self._until:
                kind = log.kind("cutover", credential=credential, reason=what)
                yield t, (kind, nowhere, NONE, NONE, NONE, NONE, NONE, NO_VALUE)
        for name, course in self.courses.items():
            desk = self.campaigns[name].desk.portal
            place = nowhere if desk is None else log.place(desk)
            listed = log.kind("enrol", credential=name, reason="listed")
            for person, t in course.registered.items():
                if t <= 0.0:
                    on_list = course.listed[person] <= 0.0
                    since = course.listed[person] if on_list else t
                    reason = "listed-earlier" if on_list else "registered-earlier"
                    kind = log.kind("enrol", credential=name, reason=reason)
                    yield 0.0, (kind, nowhere, person, NONE, NONE, NONE, NONE, -since)
            for one in course.visits:
                if 0.0 < one.end < self._until:
                    spent = one.end - one.came
                    if one.outcome == "registered":
                        kind = log.kind("enrol", credential=name, reason="registered")
                    else:
                        kind = log.kind("stage", credential=name, reason=f"desk-{one.outcome}")
                    yield one.end, (kind, place, one.person, NONE, NONE, NONE, NONE, spent)
            for person, t in course.listed.items():
                if 0.0 < t < self._until:
                    yield t, (listed, nowhere, person, NONE, NONE, NONE, NONE, NO_VALUE)
