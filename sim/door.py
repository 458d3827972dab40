"""The modelled door of one lane: reader, lock, leaf and the doorway between them.

A lane asks it to `present` a credential and to `let_through`; it decides nothing itself but asks the controller. The
bench puts a door of the same form over real devices.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..scenarios.policy.engine import Decision
from ..scenarios.policy.state import Passed, Request
from .visit import Visit

if TYPE_CHECKING:
    from .clockwork import Clockwork
    from .controller import Controller
    from .portal import Portal

Wait = Generator[float, None, None]
Seconds = Callable[[Visit], float]
FOREVER = float("inf")


class Sample(NamedTuple):
    """One attempt at a reader, as luck has it."""

    seconds: float
    """From the presentation until the controller has answered (or until the reader gave up)."""
    actuate: float
    acquired: bool
    luck: float
    """Uniform: below FNIR an enrolled person is not recognised; below FPIR a stranger is taken for somebody."""


class Leaf(NamedTuple):
    """What a door is made of. Times in seconds."""

    opening: Seconds
    passing: Seconds
    closing: Seconds
    unlock: float
    extended: float
    restart_on_pass: bool
    restart_on_grant: bool
    relock_on_close: bool
    held_open_alarm: float
    followers: bool


class ModelDoor:
    """A door in simulated time."""

    def __init__(
        self,
        clock: Clockwork,
        portal: Portal,
        lane: int,
        leaf: Leaf,
        samples: Mapping[str, Callable[[Visit], Sample]],
        controller: Controller,
        record: Callable[[tuple[object, ...]], None] | None,
    ) -> None:
        self.clock, self.portal, self.lane, self.leaf = clock, portal, lane, leaf
        self.samples, self.controller, self.record = samples, controller, record
        self.name = portal.id
        self.direction = "in"
        """The way it was opened last."""
        self.opener: Visit | None = None
        self.unlocked = self.is_open = False
        self.cycle = -1
        self.lock_at = self.shut_at = self.clear_at = self.open_since = -FOREVER
        """Instants: the lock falls, the leaf is shut, the doorway is clear, the leaf opened."""
        self._tended_at = FOREVER
        self._warned = self._used = False

    # ---- the reader

    def present(self, visit: Visit, credential: str) -> Generator[float, None, Decision | None]:
        """One attempt. None: no sample was had, so nobody decided anything."""
        visit.attempt += 1
        sample = self.samples[credential](visit)
        person, record, direction = visit.person, self.record, visit.direction
        began = self.clock._now
        if record is not None:
            self._row(began, "present", visit, credential=credential)
            if credential == "face":
                self._row(began, "capture", visit, credential=credential)
        if sample.seconds:
            yield sample.seconds
        now = self.clock._now
        if not sample.acquired:
            if record is not None:
                self._row(now, "acquire_failed", visit, credential=credential, value=now - began)
            return None
        request = self.controller.identify(person, credential, sample.luck, now, self.name, direction, self.lane)
        decision = self.controller.ask(request)
        if record is not None:
            self._decision(now, visit, request, decision, now - began)
        if decision.outcome == "grant" and sample.actuate:
            yield sample.actuate
        return decision

    def _decision(self, now: float, visit: Visit, request: Request, decision: Decision, seconds: float) -> None:
        donor = -1 if request.person in (None, visit.person.number) else request.person
        self._row(
            now, "decision", visit, credential=request.credential, outcome=decision.outcome, reason=decision.reason,
            donor=donor, value=seconds,
        )  # fmt: skip
        if decision.alarm is not None:
            self._row(now, "alarm", visit, reason=decision.alarm)
        if decision.suspends is not None:
            self._row(now, "suspend", visit, reason=str(decision.suspends[0]), value=decision.suspends[1] - now)

    # ---- lock and leaf

    def unlock(self, visit: Visit, reason: str) -> None:
        """Let the lock go, or go on letting it go."""
        now, leaf = self.clock._now, self.leaf
        seconds = leaf.extended if visit.person.ways.slow else leaf.unlock
        if not self.unlocked:
            self.unlocked = True
            self.cycle = self.portal.next_cycle()
            self.lock_at = now + seconds
            if self.record is not None:
                self._row(now, "unlock", visit, reason=reason)
        elif leaf.restart_on_grant:
            self.lock_at = max(self.lock_at, now + seconds)
        self.direction, self.opener = visit.direction, visit

    def let_through(self, visit: Visit, way: str, donor: int = -1) -> Wait:
        """Unlock, open, and one body through, with whoever follows at once."""
        self.unlock(visit, way)
        clock, leaf = self.clock, self.leaf
        if not self.is_open:
            opening = leaf.opening(visit)
            if opening:
                yield opening
            self._open(visit)
        now = clock._now
        crossing = leaf.passing(visit)
        if self.clear_at > now:
            crossing += self.clear_at - now
        self._enter_doorway(now + crossing, visit)
        if crossing:
            yield crossing
        self._through(visit, way, donor)
        self.portal.opened(self, visit)

    def passable(self, now: float) -> bool:
        """Could somebody walk in behind now?"""
        if not self.is_open and not (self.unlocked and self._used):
            return False
        return now < (self.shut_at if self.leaf.relock_on_close else max(self.lock_at, self.shut_at))

    def follow(self, visit: Visit, way: str, headway: float) -> None:
        """Walk in behind somebody: the caller has seen that the door is passable, or is held."""
        now = self.clock._now
        if not self.is_open:
            self._open(visit)
        at = max(now, self.clear_at) + headway
        self._enter_doorway(at, visit)
        donor = self.opener.person.number if self.opener is not None else -1
        if at > now:
            self.clock.at(at, self._followed, (visit, way, donor))
        else:
            self._through(visit, way, donor)

    def _followed(self, what: tuple[Visit, str, int]) -> None:
        self._through(*what)

    def _enter_doorway(self, clear_at: float, visit: Visit) -> None:
        self.clear_at = clear_at
        self.shut_at = clear_at + self.leaf.closing(visit)

    def _open(self, visit: Visit) -> None:
        now = self.clock._now
        self.is_open, self.open_since, self._warned, self._used = True, now, False, True
        self.controller.moved(self.name, True, now)
        if self.record is not None:
            self._row(now, "open", visit)

    def _through(self, visit: Visit, way: str, donor: int) -> None:
        now, leaf = self.clock._now, self.leaf
        if self.record is not None:
            self._row(now, "pass", visit, way=way, donor=donor)
        if way == "own" or way == "shared" or way == "guard":
            self.controller.passed(Passed(now, self.name, visit.direction, visit.person.number))
        if leaf.restart_on_pass:
            self.lock_at = now + (leaf.extended if visit.person.ways.slow else leaf.unlock)
        self._tend(now)
        self.portal.passed(visit)

    def _tend(self, now: float) -> None:
        """Shut and lock what is due; come back when the next thing is."""
        if self.is_open:
            if self.shut_at <= now and self.clear_at <= now:
                self.is_open = False
                self.controller.moved(self.name, False, now)
                if self.record is not None:
                    self._door_row(now, "close", now - self.open_since)
            elif not self._warned and self.open_since + self.leaf.held_open_alarm <= now:
                self._warned = True
                if self.record is not None:
                    self._door_row(now, "held_open", now - self.open_since)
                    self._door_row(now, "alarm", None, "held-open")
        if self.unlocked and not self.is_open and (self.leaf.relock_on_close or self.lock_at <= now):
            self.unlocked = self._used = False
            if self.record is not None:
                self._door_row(now, "relock", None)
        if self.is_open or self.unlocked:
            due = max(self.shut_at, self.clear_at) if self.is_open else self.lock_at
            warning = self.open_since + self.leaf.held_open_alarm
            if self.is_open and not self._warned and warning < due:
                due = warning
            if due < self._tended_at:
                self._tended_at = due
                self.clock.at(due, self._tend_again, due)

    def _tend_again(self, due: float) -> None:
        if due == self._tended_at:
            self._tended_at = FOREVER
            self._tend(self.clock._now)

    # ---- rows

    def _row(
        self, t: float, event: str, visit: Visit, *, credential: str | None = None, outcome: str | None = None,
        reason: str | None = None, way: str | None = None, donor: int = -1, value: float | None = None,
    ) -> None:  # fmt: skip
        self.record((  # type: ignore[misc]
            t, event, self.name, self.lane, visit.direction, visit.person.number, visit.number, visit.attempt, self.cycle,
            credential, outcome, reason, way, donor, value,
        ))  # fmt: skip

    def _door_row(self, t: float, event: str, value: float | None, reason: str | None = None) -> None:
        self.record((  # type: ignore[misc]
            t, event, self.name, self.lane, self.direction, -1, -1, -1, self.cycle, None, None, reason, None, -1, value,
        ))  # fmt: skip
