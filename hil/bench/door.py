"""The door of a lane over devices: the rig plays credential, contact and passage; lock and decision are observed.

It has the form of the modelled door. People, leaf and doorway are the model's own; what a device does enters as news of
its line, in the calendar. Nothing here waits for a device outside the calendar or reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

from ...scenarios.policy.engine import Decision
from ...scenarios.policy.state import GRANT, Request
from ...sim.clockwork import Entry
from ...sim.door import FOREVER, PAST, Leaf, Reader
from ...sim.faults import FaultyDoor
from ...sim.log import NONE, EventLog
from ...sim.visit import Visit
from ..osdp.errors import QueueFull
from ..realtime import BenchClockwork, News
from .box import LockEdge
from .connections import Connections, Lane
from .oracle import Judged, Oracle
from .readers import Answer
from .timings import Timing

if TYPE_CHECKING:
    from ...sim.portal import Portal

ANSWER = 2.0
"""Seconds for a decision to be on the wire after the credential was."""
UNLOCK = 2.0
"""Seconds for the lock to let go after that, or after somebody asked from afar or by the button."""
REST = 1.0
"""Seconds that a reader rests after an answer did not come: a late one would be credited to whoever comes next."""
BUTTON, AFAR = ("free",), ("guard", "remote", "shared")
"""Ways that begin with the exit button, and those that somebody opens from afar."""


class _Attempt:
    """A credential that is being presented."""

    def __init__(self, visit: Visit, credential: str, request: Request, answered: Any) -> None:
        self.visit, self.credential, self.request, self.answered = visit, credential, request, answered
        self.expected: Decision | None = None
        self.shown = 0
        """ns of the host's clock."""
        self.sent: News | None = None
        self.answer: Answer | None = None


class RigDoor(FaultyDoor):
    """A door in real time."""

    clock: BenchClockwork

    def __init__(
        self, clock: BenchClockwork, portal: Portal, wired: Lane, leaf: Leaf, readers: Mapping[str, Reader], oracle: Oracle,
        log: EventLog, connections: Connections,
    ) -> None:  # fmt: skip
        # When the lock falls is the device's business, whatever the model knows of it.
        observed = leaf._replace(relock_on_close=False, restart_on_pass=False, restart_on_grant=False)
        super().__init__(clock, portal, wired.number, observed, readers, oracle, log)
        self._wired, self._oracle, self._rig, self._rows = wired, oracle, connections, log
        self._longest = max(leaf.unlock, leaf.extended) + UNLOCK
        self._attempt: _Attempt | None = None
        self._rested_at = self._owed_until = self._lit_until = PAST
        self._limit: Entry | None = None
        self._given_up = False
        """Has the lock stayed unlocked for so long that nobody waits for it any more?"""
        self._granted: Visit | None = None
        """Who was granted at a reader of this lane and is not through yet."""
        self._lock_moves: list[Any] = []
        """Those who wait for the lock to let go."""
        self._why = "own"
        self._opening_since: tuple[str, int, _Attempt | None] | None = None
        """What makes the lock let go: stage, stamp, and the attempt if it was one."""
        self._shut_since: int | None = None
        self._stuck_since = False
        """Did the wires let go while the bolt was stuck?"""
        self.settled: Callable[[], Generator[Any, Any, None]] = lambda: iter(())  # type: ignore[assignment,return-value]
        """Waits while a fault is being done or undone."""
        self.evidence: list[tuple[int, int]] = []
        """(row of the log, position in the transcript) of what was observed."""

    # ---- the reader

    def present(
        self, visit: Visit, credential: str, holder: Visit | None = None
    ) -> Generator[Any, Any, Decision | None]:
        """One attempt. None: no sample was had. A device that does not answer in time is told as a denial."""
        yield from self.settled()
        visit.attempt += 1
        reader, clock, rig = self.readers[credential], self.clock, self._rig
        length, _, acquired, luck = reader.sample(visit)
        began = clock.now
        self._tell_presented(visit, credential, reader, began)
        if length:
            yield length
        if not acquired or self._unread(visit, reader):
            self.note("acquire_failed", visit, credential=credential, value=clock.now - began)
            return None
        yield from rig.ready_for(holder or visit)
        if self._rested_at > clock.now:
            yield self._rested_at - clock.now
        request, named = self._oracle.request(
            holder or visit, credential, reader.recognition, luck, clock.now, self.portal.id, self._ids[visit.direction]
        )  # fmt: skip
        attempt = self._attempt = _Attempt(visit, credential, request, clock.event())
        self._hold()
        attempt.shown = clock.clock.stamp(clock.now)
        reply = rig.roster.report(credential, request.person, request.authentic)
        address = self._wired.addresses[visit.direction]
        try:
            rig.readers.show(address, reply, self._on_the_wire)
        except QueueFull:
            pass  # nobody polls it: a reader without power
        limit = clock.deadline(clock.now + ANSWER, self._expired, attempt)
        answer: Answer | None = yield attempt.answered
        clock.withdraw(limit)
        self._attempt = None
        if answer is None:
            rig.readers.withdraw(address)
            self._rested_at = clock.now + REST
        decision = self._judge(attempt, answer, named)
        self._tell_decided(visit, credential, decision, named, clock.now - began)
        self.named = named
        if decision.outcome == "grant":
            self._granted = visit
            self._owed_until = clock.now + UNLOCK
        elif decision.suspends is not None:
            self._owed_until = max(self._owed_until, decision.suspends[1])
        self._hold()
        if decision.outcome == "grant" and self.stuck:
            self._granted = None
            return None
        return decision

    def _unread(self, visit: Visit, reader: Reader) -> bool:
        """Can this reader read nobody, or no face?"""
        return visit.direction in self.mute or (reader.images_faces and visit.direction in self.blind)

    def _hold(self) -> None:
        """No idle time is cut while an answer is owed, the lock is unlocked or about to be, or somebody is suspended."""
        owes = self._attempt is not None or (self.unlocked and not self.released and not self._given_up)
        self.clock.hold(self, FOREVER if owes else self._owed_until)

    def _judge(self, attempt: _Attempt, answer: Answer | None, named: int | None) -> Decision:
        visit, request, rig = attempt.visit, attempt.request, self._rig
        expected = self._oracle.expect(request) if attempt.expected is None else attempt.expected
        dead = self._oracle.policy.is_dead(self._oracle.state, self.portal.id)
        sent = -1 if attempt.sent is None else attempt.sent.evidence
        evidence = sent if answer is None else answer.news.evidence
        observed = None if answer is None else answer.outcome
        why = (
            "the credential never went out: nobody polled the reader"
            if attempt.sent is None and not dead
            else rig.why_not_tested(visit.direction, request.group, answer is not None)
        )
        if dead and answer is None:
            observed = (
                expected.outcome if expected.outcome != GRANT else None
            )  # without power a reader says nothing
        if answer is not None and attempt.sent is not None:
            attempt.answer = answer
            wire = attempt.sent.event.stamp
            self._time(attempt, "poll", attempt.shown, wire, answer.news)
            self._time(attempt, "first-byte", wire, answer.began, answer.news)
            self._time(attempt, "decision", wire, answer.instant, answer.news)
        rig.judged.append(
            Judged(
                request.t, visit.person, visit.number, visit.attempt, self.lane, visit.direction, attempt.credential,
                request.group, expected.outcome, str(expected.reason), observed,
                None if answer is None else self.clock.clock.at(answer.instant), sent, evidence, why,
            )
        )  # fmt: skip
        self.evidence.append((len(self._rows), evidence))
        return self._oracle.observe(request, expected, observed)

    def _time(
        self, attempt: _Attempt | None, stage: str, begin: int, end: int, news: News, doubt: int = 0
    ) -> None:
        """Keep an interval that was seen."""
        stalled = self._rig.stalls.touch(begin, end)
        who = self.opener if attempt is None else attempt.visit
        person, visit, nth = (NONE, NONE, NONE) if who is None else (who.person, who.number, who.attempt)
        credential = "" if attempt is None else attempt.credential
        direction = self.direction if attempt is None else attempt.visit.direction
        self._rig.timings.append(
            Timing(stage, begin, end, doubt, stalled, person, visit, nth, credential, direction, news.evidence)
        )  # fmt: skip

    def _time_lock(self, edge: LockEdge) -> None:
        """The intervals that an edge on the lock's wires ends."""
        instant, doubt = self._rig.box.host_time(edge)
        if not self.unlocked:
            if self._shut_since is not None:
                self._time(None, "relock", self._shut_since, instant, edge.news, doubt)
            self._shut_since = None
            return
        since, self._opening_since = self._opening_since, None
        if since is None:
            return
        stage, begin, attempt = since
        if attempt is None:
            self._time(None, stage, begin, instant, edge.news, doubt)
        elif attempt.sent is not None:
            if attempt.answer is not None:
                self._time(attempt, "strike", attempt.answer.instant, instant, edge.news, doubt)
            self._time(attempt, "unlock", attempt.sent.event.stamp, instant, edge.news, doubt)
            self._time(attempt, "end-to-end", attempt.shown, instant, edge.news, doubt)

    def _on_the_wire(self, news: News) -> None:
        """The credential went out: the instant about which the policy is asked."""
        attempt = self._attempt
        if attempt is not None and attempt.sent is None:
            attempt.sent = news
            self._opening_since = ("unlock", attempt.shown, attempt)
            attempt.request = attempt.request._replace(t=self._oracle.shown(news.then))
            attempt.expected = self._oracle.expect(attempt.request)

    def answered(self, answer: Answer) -> None:
        """The panel told its decision to a reader of this lane."""
        attempt = self._attempt
        if attempt is None or attempt.answered.triggered or attempt.sent is None:
            if self.clock.now < self._lit_until:
                return  # a panel may light a reader when it opens for the button or from afar
            self.note("stage", None, reason="stray-answer")
            self.evidence.append((len(self._rows) - 1, answer.news.evidence))
        elif answer.address == self._wired.addresses[attempt.visit.direction]:
            attempt.answered.succeed(answer)

    def _expired(self, attempt: _Attempt) -> None:
        if not attempt.answered.triggered:
            attempt.answered.succeed(None)

    # ---- lock and leaf

    def let_through(
        self, visit: Visit, way: str, donor: int = NONE, *, known: bool = True
    ) -> Generator[Any, Any, None]:
        """One body through, if the lock lets go; whoever stands before a locked door leaves."""
        yield from self.settled()
        clock = self.clock
        self.direction, self.opener, self._why = visit.direction, visit, way
        if not self.is_open:
            if not self.unlocked:
                if self._granted is not visit:
                    self._ask_to_open(visit, way)
                yield from self._until_unlocked()
            if self.unlocked:
                opening = self._opening
                if type(opening) is not float:
                    opening = opening(visit)  # type: ignore[operator]
                if opening:
                    yield opening
            self._granted = None
            if not self.unlocked and not self.is_open:
                self.portal.leave(visit, "locked")
                return
            if not self.is_open:
                self._open(visit, clock.now)
        self._granted = None
        crossing = self._begin_to_cross(visit, clock.now)
        if crossing:
            yield crossing
        self._cross(visit, way, donor, known)

    def _ask_to_open(self, visit: Visit, way: str) -> None:
        """By the button where one walks out freely, else by whoever lets people in from afar."""
        stamp = self.clock.clock.stamp(self.clock.now)
        self._lit_until = self.clock.now + ANSWER
        self._opening_since = ("afar" if way in AFAR else "button", stamp, None)
        if way in AFAR and self._rig.server is not None:
            self._rig.server.ask(
                "release", _whatever, door=self.portal.id, lane=self.lane, direction=visit.direction
            )
        elif way in BUTTON:
            self._rig.box.press_exit(self._wired.box)

    def _until_unlocked(self) -> Generator[Any, Any, None]:
        moved = self.clock.event()
        self._lock_moves.append(moved)
        self._owed_until = max(self._owed_until, self.clock.now + UNLOCK)
        self._hold()
        limit = self.clock.deadline(self.clock.now + UNLOCK, _give_up, moved)
        yield moved
        self.clock.withdraw(limit)

    def lock_moved(self, edge: LockEdge) -> None:
        """The voltage on the lock's wires changed."""
        now = self.clock.now
        unlocked = edge.level == self._wired.unlocked
        if unlocked == self.unlocked:
            return
        self.unlocked = unlocked
        self._time_lock(edge)
        if unlocked:
            self.cycle, self.lock_at, self._given_up = self.portal.next_cycle(), FOREVER, False
            # A lock may let go before the reader's light says so.
            by = self._granted if self._attempt is None or self._attempt.sent is None else self._attempt.visit
            self._stuck_since = self.stuck
            if self.stuck:
                pass  # the wires say so, and the bolt does not move
            elif by is None and self.released and self._opening_since is None:
                self.note("unlock", None, reason=self._why)  # nobody's doing: hours, or a fault
            else:
                self.note(
                    "unlock", self.opener if by is None else by, reason=self._why if by is None else "own"
                )
            self._limit = self.clock.deadline(now + self._longest, self._should_be_locked, self.cycle)
            waiting, self._lock_moves = self._lock_moves, []
            for one in waiting:
                if not one.triggered:
                    one.succeed()
        else:
            self.lock_at, self._used = PAST, self.is_open
            if self._limit is not None:
                self.clock.withdraw(self._limit)
            if not self._stuck_since:
                self.note("relock", None)
        self._hold()
        if not self._stuck_since:
            self.evidence.append((len(self._rows) - 1, edge.news.evidence))

    def _should_be_locked(self, cycle: int) -> None:
        """Its longest time is over: a lock that never falls must not hold up the run for ever."""
        now = self.clock.now
        if self.unlocked and self.cycle == cycle:
            if self.is_open or self.released:
                self._limit = self.clock.deadline(now + self._longest, self._should_be_locked, cycle)
            else:
                self.note("stage", None, reason="not-relocked", value=self._longest)
                self._given_up = True
                self._hold()

    def passable(self, now: float) -> bool:
        """Could somebody walk in behind, as far as lock and contact are seen?"""
        return (self.is_open and now < self.shut_at) or (self.unlocked and self._used)

    def release(self, reason: str) -> None:
        """Hours hold it open: that is the device's to do. The world only keeps in mind that it should."""
        self.released, self._why = True, reason
        self._hold()

    def secure(self) -> None:
        """The hours are over; when the lock falls is the device's to do."""
        self.released = False
        self._hold()
        self._tend(self.clock.now)

    def wrench(self) -> None:
        self._rig.box.set_contact(self._wired.box, True)
        super().wrench()

    def _open(self, visit: Visit, now: float) -> None:
        super()._open(visit, now)
        self._rig.box.set_contact(self._wired.box, True)

    def _through(self, visit: Visit, way: str, donor: int, known: bool = True) -> None:
        self._rig.box.pass_body(self._wired.box, visit.direction)
        super()._through(visit, way, donor, known)

    def _tend(self, now: float) -> None:
        was_open = self.is_open
        super()._tend(now)
        if was_open and not self.is_open:
            self._rig.box.set_contact(self._wired.box, False)
            self._shut_since = None if self.released else self.clock.clock.stamp(now)


def _give_up(moved: Any) -> None:
    if not moved.triggered:
        moved.succeed()


def _whatever(told: Mapping[str, Any], news: News) -> None:
    """Whether it opened is seen at the lock."""
