"""The modelled door of one lane: reader, lock, leaf and the doorway between them.

A lane asks it to `present` a credential and to `let_through`; it decides nothing itself but asks the controller. The
bench puts a door of the same form over real devices.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..scenarios.policy.engine import Decision
from ..scenarios.policy.state import Passed
from .events import Way
from .log import NO_VALUE, NONE, EventLog
from .visit import Visit

if TYPE_CHECKING:
    from .clockwork import Clockwork
    from .controller import Controller, Recognition
    from .portal import Portal

Steps = Generator[float, None, None]
Timing = float | Callable[[Visit], float]
"""Seconds: always the same, or by visit."""
PAST = -float("inf")
FOREVER = float("inf")
_WAYS = tuple(str(way) for way in Way)


Sample = tuple[float, float, bool, float]
"""One attempt at a reader, as luck has it: seconds from the presentation until the controller has answered (or the
reader gave up); seconds until the lock lets go; was a sample had; and a uniform number: below FNIR an enrolled person is
not recognised, below FPIR a stranger is taken for somebody."""


class Reader(NamedTuple):
    """What a lane can do with one credential."""

    sample: Callable[[Visit], Sample]
    recognition: Recognition
    images_faces: bool


class Leaf(NamedTuple):
    """What a door is made of. Times in seconds."""

    opening: Timing
    passing: Timing
    closing: Timing
    unlock: float
    extended: float
    restart_on_pass: bool
    restart_on_grant: bool
    relock_on_close: bool
    held_open_alarm: float


def seconds(timing: Timing, visit: Visit) -> float:
    """The time that a visit has of a timing."""
    return timing if type(timing) is float else timing(visit)  # type: ignore[operator]


class ModelDoor:
    """A door in simulated time."""

    def __init__(
        self,
        clock: Clockwork,
        portal: Portal,
        lane: int,
        leaf: Leaf,
        readers: Mapping[str, Reader],
        controller: Controller,
        log: EventLog | None,
    ) -> None:
        self.clock, self.portal, self.lane, self.leaf = clock, portal, lane, leaf
        self.readers, self.controller, self.log = readers, controller, log
        self._passed = portal.world.passed
        self._tells_passages = controller.watches_passages
        self._tells_doors = controller.watches_doors
        self._opening, self._passing, self._closing = leaf.opening, leaf.passing, leaf.closing
        self._restarts_on_pass, self._restarts_on_grant = leaf.restart_on_pass, leaf.restart_on_grant
        self._locks_at_once = leaf.relock_on_close and leaf.closing == 0.0
        self._admits_followers = portal.followers
        self.direction = "in"
        """The way it was opened last."""
        self.opener: Visit | None = None
        self.named: int | None = None
        """Whom the last credential named: on a false match not the one who showed it."""
        self.unlocked = self.is_open = False
        self.cycle = NONE
        self.lock_at = self.shut_at = self.clear_at = self.open_since = PAST
        """Instants: the lock falls, the leaf is shut, the doorway is clear, the leaf opened."""
        self._tended_at = FOREVER
        self._warned = self._used = False
        self.propped = self.released = False
        """Does something keep the leaf open, or the lock?"""
        self._bodies = 0
        """In the doorway, or about to follow: as long as there is one, the leaf does not fall shut."""
        self._ids = {direction: f"{portal.id}/{direction}/{lane}" for direction in ("in", "out")}
        if log is not None:
            self.write = log.write
            self._place = {direction: log.place(portal.id, lane, direction) for direction in ("in", "out")}
            self._present = {name: log.kind("present", credential=name) for name in readers}
            self._captures = log.kind("capture", credential="face")
            self._decisions: dict[tuple[str, str, str], int] = {}
            self._unlocks = {way: log.kind("unlock", reason=way) for way in _WAYS}
            self._passes = {way: log.kind("pass", way=way) for way in _WAYS}
            self._open_kind, self._close, self._relock = (
                log.kind("open"),
                log.kind("close"),
                log.kind("relock"),
            )

    def reader(self, direction: str) -> str:
        """Id of its reader of a direction."""
        return self._ids[direction]

    # ---- the reader

    def present(
        self, visit: Visit, credential: str, holder: Visit | None = None
    ) -> Generator[float, None, Decision | None]:
        """One attempt. None: no sample was had, so nobody decided anything; or the lock has no power to obey a grant.
        `holder`: whose credential it is, if it is lent."""
        visit.attempt += 1
        reader = self.readers[credential]
        length, actuate, acquired, luck = reader.sample(visit)
        clock, log = self.clock, self.log
        began = clock._now
        if log is not None:
            self._tell_presented(visit, credential, reader, began)
        if length:
            yield length
        now = clock._now
        if not acquired:
            if log is not None:
                self.note("acquire_failed", visit, credential=credential, value=now - began)
            return None
        decision, named = self.controller.judge(
            holder or visit,
            credential,
            reader.recognition,
            luck,
            now,
            self.portal.id,
            self._ids[visit.direction],
        )
        if log is not None:
            self._tell_decided(visit, credential, decision, named, now - began)
        self.named = named
        if decision.outcome == "grant":
            controller = self.controller
            if controller.state.faults and not controller.opens(
                decision, self.portal.id, self.lane, visit.direction, now
            ):
                return None
            if actuate:
                yield actuate
        return decision

    def _tell_presented(self, visit: Visit, credential: str, reader: Reader, began: float) -> None:
        who = (self._place[visit.direction], visit.person, visit.number, visit.attempt, NONE, NONE, NO_VALUE)
        row: tuple[float, ...] = (began, self._present[credential], *who)
        if reader.images_faces:
            row += (began, self._captures, *who)
        self.write(row)

    def _tell_decided(
        self, visit: Visit, credential: str, decision: Decision, named: int | None, value: float
    ) -> None:
        """`value`: seconds since the presentation."""
        now = self.clock._now
        donor = NONE if named is None or named == visit.person else named
        kind = self._decisions.get((credential, decision.outcome, decision.reason)) or self._decision_kind(
            credential, decision
        )
        self.write((now, kind, self._place[visit.direction], visit.person, visit.number, visit.attempt, NONE, donor, value))  # fmt: skip
        if decision.alarm is not None:
            self.note("alarm", visit, reason=decision.alarm)
        if decision.suspends is not None:
            subject, until = decision.suspends
            self.note("suspend", visit, reason=_kind_of(subject), value=until - now)

    def _decision_kind(self, credential: str, decision: Decision) -> int:
        assert self.log is not None
        kind = self.log.kind(
            "decision", credential=credential, outcome=decision.outcome, reason=decision.reason
        )
        self._decisions[credential, decision.outcome, decision.reason] = kind
        return kind

    # ---- lock and leaf

    def let_through(self, visit: Visit, way: str, donor: int = NONE, *, known: bool = True) -> Steps:
        """Unlock, open, and one body through, with whoever follows at once. `known`: does the controller know who it is?"""
        clock = self.clock
        now = clock._now
        self.direction, self.opener = visit.direction, visit
        if not self.unlocked:
            self._unlock(visit, way, now)
        elif self._restarts_on_grant:
            self.lock_at = max(self.lock_at, now + self._span(visit))
        if not self.is_open:
            opening = self._opening
            if type(opening) is not float:
                opening = opening(visit)  # type: ignore[operator]
            if opening:
                yield opening
                now = clock._now
                if not self.unlocked:
                    self._unlock(visit, way, now)
            if not self.is_open:  # beside the lanes two may be let in at once
                self._open(visit, now)
        crossing = self._begin_to_cross(visit, now)
        if crossing:
            yield crossing
        self._cross(visit, way, donor, known)

    def _begin_to_cross(self, visit: Visit, now: float) -> float:
        """One body more in the doorway, behind those who are in it. Seconds until it is across."""
        crossing, closing = self._passing, self._closing
        if type(crossing) is not float:
            crossing = crossing(visit)  # type: ignore[operator]
        if type(closing) is not float:
            closing = closing(visit)  # type: ignore[operator]
        if self.clear_at > now:
            crossing += self.clear_at - now
        self.clear_at = clear_at = now + crossing
        self.shut_at = clear_at + closing
        self._bodies += 1
        return crossing

    def _cross(self, visit: Visit, way: str, donor: int, known: bool) -> None:
        """The body is across."""
        self._through(visit, way, donor, known)
        if self._admits_followers:
            self.portal.following.opened(self, visit)
        self._bodies -= 1
        if self._locks_at_once and self.log is None and not (self._bodies or self._tells_doors or self.propped or self.released):  # fmt: skip
            self.is_open = self.unlocked = self._used = (
                False  # what _tend would come to, without a row to write
            )
        else:
            self._tend(self.clock._now)
        self._passed(visit)

    def _span(self, visit: Visit) -> float:
        return self.leaf.extended if visit.profile.ways.slow else self.leaf.unlock

    def _unlock(self, visit: Visit, reason: str, now: float) -> None:
        self.unlocked = True
        self.cycle = self.portal.next_cycle()
        self.lock_at = now + self._span(visit)
        if self.log is not None:
            self.write((now, self._unlocks[reason], self._place[visit.direction], visit.person, visit.number, visit.attempt, self.cycle, NONE, NO_VALUE))  # fmt: skip

    def passable(self, now: float) -> bool:
        """Could somebody walk in behind now?"""
        if not self.is_open and not (self.unlocked and self._used):
            return False
        return now < (self.shut_at if self.leaf.relock_on_close else max(self.lock_at, self.shut_at))

    def hold(self, until: float) -> None:
        """Somebody holds the leaf open for one who will be here at `until`."""
        self._bodies += 1
        self.shut_at = max(self.shut_at, until)

    def let_go(self) -> None:
        """Whom it was held for is here."""
        self._bodies -= 1

    def follow(self, visit: Visit, way: str, headway: float, opener: Visit | None = None) -> None:
        """Walk in behind `opener`: the caller has seen that the door is passable, or is held."""
        now = self.clock._now
        if not self.is_open:
            self._open(visit, now)
        at = max(now, self.clear_at) + headway
        self.clear_at, self.shut_at = at, at + seconds(self._closing, visit)
        self._bodies += 1
        donor = NONE if opener is None else opener.person
        if at > now:
            self.clock.at(at, self._followed, (visit, way, donor))
        else:
            self._followed((visit, way, donor))

    def _followed(self, what: tuple[Visit, str, int]) -> None:
        self._through(*what)
        self._bodies -= 1
        self._tend(self.clock._now)
        self._passed(what[0])

    def _open(self, visit: Visit, now: float) -> None:
        self.is_open, self.open_since, self._warned, self._used = True, now, False, True
        if self._tells_doors:
            self.controller.moved(self.portal.id, True, now, self.lane)
        if self.log is not None:
            self.write((now, self._open_kind, self._place[visit.direction], visit.person, visit.number, visit.attempt, self.cycle, NONE, NO_VALUE))  # fmt: skip

    def _through(self, visit: Visit, way: str, donor: int, known: bool = True) -> None:
        now, log = self.clock._now, self.log
        if log is not None:
            self.write((now, self._passes[way], self._place[visit.direction], visit.person, visit.number, visit.attempt, self.cycle, donor, NO_VALUE))  # fmt: skip
        if self._tells_passages and known and way in ("own", "shared", "guard"):
            self.controller.passed(
                Passed(now, self.portal.id, visit.direction, visit.person if donor == NONE else donor)
            )
        if self._restarts_on_pass:
            self.lock_at = now + self._span(visit)
        if self.portal.ajar is not None and way != "free":
            self.portal.ajar.after(self, visit)

    # ---- kept open

    def prop(self) -> None:
        """Something holds the leaf, which stands open, until it is `shut`."""
        self.propped = True

    def shut(self) -> None:
        """Take away what held the leaf; it falls shut behind whoever is in the doorway."""
        now = self.clock._now
        self.propped, self.shut_at = False, max(now, self.clear_at)
        self._tend(now)

    def release(self, reason: str) -> None:
        """Keep the lock open until it is made `secure`."""
        self.released, self.lock_at = True, FOREVER
        if not self.unlocked:
            self.unlocked, self.cycle = True, self.portal.next_cycle()
            self.note("unlock", None, reason=reason)

    def secure(self) -> None:
        """Let the lock fall again, as soon as the leaf is shut."""
        now = self.clock._now
        self.released, self.lock_at = False, now
        self._tend(now)

    def _tend(self, now: float) -> None:
        """Shut and lock what is due; come back when the next thing is."""
        log, leaf = self.log, self.leaf
        if self.is_open:
            if self.shut_at <= now and not self._bodies and not self.propped:
                self.is_open = False
                if self._tells_doors:
                    self.controller.moved(self.portal.id, False, now, self.lane)
                if log is not None:
                    self.write((now, self._close, self._place[self.direction], NONE, NONE, NONE, self.cycle, NONE, now - self.open_since))  # fmt: skip
            elif not self._warned and self.open_since + leaf.held_open_alarm <= now:
                self._warned = True
                self.note("held_open", None, value=now - self.open_since)
                self.note("alarm", None, reason="held-open")
        if (
            self.unlocked
            and not self.is_open
            and not self.released
            and (leaf.relock_on_close or self.lock_at <= now)
        ):
            self.unlocked = self._used = False
            if log is not None:
                self.write((now, self._relock, self._place[self.direction], NONE, NONE, NONE, self.cycle, NONE, NO_VALUE))  # fmt: skip
        if self.is_open or self.unlocked:
            self._tend_later(now)

    def _tend_later(self, now: float) -> None:
        if self.is_open:
            # With a body in the doorway its leaving brings us back here.
            due = FOREVER if self._bodies or self.propped else max(self.shut_at, now)
            if not self._warned:
                due = min(due, self.open_since + self.leaf.held_open_alarm)
        else:
            due = FOREVER if self.released else self.lock_at
        if due < self._tended_at:
            self._tended_at = due
            self.clock.at(due, self._tend_again, due)

    def _tend_again(self, due: float) -> None:
        if due == self._tended_at:
            self._tended_at = FOREVER
            self._tend(self.clock._now)

    def note(
        self, event: str, visit: Visit | None, *, credential: str | None = None, reason: str | None = None,
        value: float = NO_VALUE,
    ) -> None:  # fmt: skip
        """Write a row of the rarer kinds."""
        log = self.log
        if log is None:
            return
        kind = log.kind(event, credential=credential, reason=reason)
        now = self.clock._now
        if visit is None:
            log.write((now, kind, self._place[self.direction], NONE, NONE, NONE, self.cycle, NONE, value))
        else:
            place = self._place[visit.direction]
            log.write((now, kind, place, visit.person, visit.number, visit.attempt, self.cycle, NONE, value))


def _kind_of(subject: str | int) -> str:
    """Who is suspended, in one word."""
    return "reader" if isinstance(subject, str) else "person"
