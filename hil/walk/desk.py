"""Carries out the steps of a walk at a door, in the bench's calendar, and keeps what the wires say.

Live over ports, in virtual time, or from a transcript: the same generators. Nothing here reads a clock or waits outside
the calendar.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from ...scenarios.policy.state import GRANT, Request
from ...scenarios.provisioning import Provisioning
from ...sim.clockwork import Walk
from .. import wiegand
from ..bench.box import LockEdge
from ..bench.connections import Connections, Lane
from ..bench.readers import Answer
from ..errors import NotTested, Refused
from ..faults.injector import Injector
from ..faults.rig import BY_STEPS
from ..osdp import replies as r
from ..osdp.errors import QueueFull
from ..realtime import BenchClockwork, News
from ..verdicts import Verdict
from .begun import Begun
from .cast import Cast
from .finding import Behaviour, Finding
from .held_against import MEETING, Answered, HeldAgainst, Limits
from .journal import JournalCheck
from .oracle import CUT_OFF, RECONNECTED, Oracle
from .steps import (
    At,
    Begin,
    Contact,
    End,
    Fire,
    FireReset,
    Held,
    Journal,
    Lift,
    List,
    Override,
    Pass,
    Present,
    Press,
    Release,
    Step,
    Together,
    Wait,
)

Going = Generator[Any, Any, Any]
FAR = 30.0
"""Seconds from which on time is jumped over instead of waited for."""
HELD_FOR = 0.1
"""Seconds beyond the instant at which the alarm of an open leaf is due."""
STEP = 0.05
"""Seconds between leaf, body and leaf of somebody who walks through."""
POLLED = 2.0
"""Seconds for a reader of the rig to be polled, before a credential that nobody fetched is nobody's answer."""


class _Waiting:
    """Somebody at a reader."""

    def __init__(self, address: int, answered: Any) -> None:
        self.address, self.answered = address, answered
        self.sent: News | None = None


class Desk:
    """One door under test and whoever walks at it."""

    def __init__(
        self, clock: BenchClockwork, rig: Connections, lanes: Sequence[Lane], cast: Cast, told: Provisioning, oracle: Oracle,
        limits: Limits, injectors: Mapping[str, Injector | str],
    ) -> None:  # fmt: skip
        """`told`: what the device was provisioned with. `injectors`: by fault of the catalogue, or why this rig has none."""
        self.clock, self.rig, self.wired, self.cast, self.told = clock, rig, list(lanes), cast, told
        self.oracle, self.limits = oracle, limits
        self.check = HeldAgainst(oracle, limits, rig.stalls)
        self.journal = JournalCheck(oracle, limits)
        self.begun = Begun(clock, oracle, self.journal, limits, rig.box.resource, injectors)
        self.findings: list[Finding] = []
        self.step_number = -1
        self._waiting: dict[int, _Waiting] = {}
        self._named: dict[int, tuple[int | None, str]] = {}
        """By lane: whom the last grant named, and its direction."""
        self._nonces = 0
        self._lit_until = -float("inf")
        self._lit: dict[int, float] = {}
        """When each reader said last that somebody is let in, by its address."""

    # ---- steps

    def carry_out(self, step: Step) -> Going:
        """One step, until what it asks for has come or its time is over. Raises: NotTested where this rig cannot do it;
        BenchError where the bench fails."""
        match step:
            case Present():
                yield from self._present(step)
            case Together():
                yield from self._together(step)
            case Wait():
                yield step.seconds
            case Held():
                model = self.oracle.lanes[step.lane]
                model.advance(self.clock.now)
                due = model.alarm_due
                yield HELD_FOR + (max(0.0, due - self.clock.now) if math.isfinite(due) else 0.0)
            case At():
                yield from self._until(step.t)
            case Contact():
                self._move(step.lane, step.open)
                yield STEP
            case Press():
                yield from self._press(step)
            case Pass():
                self._through(step.lane, step.direction)
                yield STEP
            case Begin():
                yield from self._begin(step)
            case End():
                yield from self._end(step)
            case List():
                yield from self._list(step)
            case Fire():
                yield from self._fire(step)
            case FireReset():
                asked = self.clock.now
                yield from self._ask("reset-fire")
                self.oracle.fire_reset(self.clock.now, self.clock.now - asked)
            case Override():
                asked = self.clock.now
                yield from self._ask("override", door=self.cast.portal, mode=step.mode)
                self.oracle.override(self.clock.now, step.mode, self.clock.now - asked)
            case Release():
                yield from self._release(step)
            case Lift():
                yield from self._ask("lift", subject=step.subject)
                self.oracle.lifted(self.clock.now, step.subject)
            case Journal():
                yield from self.read_journal()

    def hold(self) -> None:
        """No idle time is cut: what is waited for may be a timer of the device."""
        self.clock.hold(self, float("inf"))

    def found(self, finding: Finding | None) -> None:
        """Keep what did not come out as it must."""
        if finding is not None:
            self.findings.append(
                Finding(**{**finding.__dict__, "step": self.step_number}) if finding.step < 0 else finding
            )

    def undo_all(self) -> Going:
        """Whatever a row has begun and not ended: faults, leaves, fire, overrides. In the reverse order."""
        for begun in reversed(list(self.begun.steps)):
            yield from self.carry_out(End(begun.fault, begun.where))
        for number, lane in enumerate(self.oracle.lanes):
            if lane.is_open:
                self._move(number, False)
        if self.oracle.burning:
            yield from self.carry_out(Fire(False))
            yield STEP
            yield from self.carry_out(FireReset())
        if self.oracle.state.overrides:
            yield from self.carry_out(Override(None))

    def settle(self, since: float) -> None:
        """Hold the locks of all lanes, from `since` until now, against what they had to do."""
        self.oracle.settle(self.clock.now)
        for lane in range(len(self.wired)):
            for finding in self.check.lock(lane, since, self.clock.now):
                self.found(finding)

    # ---- what the wires say

    def answered(self, answer: Answer) -> None:
        """The panel lit a reader of ours."""
        waiting = self._waiting.get(answer.address)
        if waiting is not None and waiting.sent is not None and not waiting.answered.triggered:
            waiting.answered.succeed(answer)
        elif answer.outcome == GRANT and self.clock.now > self._lit_until and not self._is_again(answer):
            self.found(
                Finding(
                    Behaviour.INDICATION, self.check.verdict(answer.began, answer.instant), "no light where nobody stands",
                    f"{answer.outcome} at the reader with address {answer.address}", self.clock.now, answer.news.evidence,
                )
            )  # fmt: skip

    def _is_again(self, answer: Answer) -> bool:
        """Is it a light that the device may not know to have arrived, for the line was disturbed?"""
        return self.begun.disturbs and self.clock.now - self._lit.get(answer.address, -math.inf) < MEETING

    def lock_moved(self, lane: int, edge: LockEdge) -> None:
        """The voltage on a lock's wires changed."""
        instant, _ = self.rig.box.host_time(edge)
        if edge.level != self.wired[lane].unlocked:
            self._named.pop(lane, None)  # whoever was granted has not come through
        self.check.edge(
            lane,
            self.clock.clock.at(instant),
            edge.level == self.wired[lane].unlocked,
            edge.news.evidence,
            instant,
        )

    def lock_is(self, lane: int, level: int) -> None:
        """It was asked."""
        self.check.start(lane, self.clock.now, level == self.wired[lane].unlocked)

    # ---- one step each

    def _until(self, t: float) -> Going:
        """Wait for an instant. What is far away is jumped to: idle time is cut, and the device's clock set."""
        rest = t - self.clock.now
        if rest > FAR:
            self.settle(self.clock.now - FAR)
            self.check.forget()
            self.clock.hold(self, self.clock.now)
            yield rest
            self.hold()
            self.oracle.jumped(self.clock.now)
            while self.rig.server is not None and self.rig.server.owes:
                yield STEP
            yield self.limits.unlock
        elif rest > 0:
            yield rest
        self.oracle.settle(self.clock.now)

    def _present(self, step: Present) -> Going:
        direction, lane = step.direction, step.lane
        address = self.wired[lane].addresses.get(direction)
        if address is None:
            raise NotTested(
                f"the rig has no reader {direction} at lane {lane}", resource=self.rig.readers.resource
            )
        reader = f"{self.cast.portal}/{direction}/{lane}"
        oracle, clock = self.oracle, self.clock
        mute = oracle.is_dead(clock.now) or oracle.is_mute(reader)
        waiting = self._waiting[address] = _Waiting(address, clock.event())
        begun, asked_again = clock.now, self.rig.readers.repeats

        def sent(news: News) -> None:
            waiting.sent = news

        report = self._report(step)
        try:
            self.rig.readers.show(address, report, sent, step.frame)
        except QueueFull:
            pass  # nobody polls it: what is expected of a reader without power
        limit = clock.deadline(
            begun + (self.limits.mute if mute else POLLED + self.limits.answer + self.check.patience),
            _expire,
            waiting,
        )
        answer: Answer | None = yield waiting.answered
        clock.withdraw(limit)
        del self._waiting[address]
        self.rig.readers.withdraw(address)
        at = begun if waiting.sent is None else waiting.sent.then
        told = (
            None
            if answer is None
            else Answered(
                answer.outcome, answer.instant, clock.clock.at(answer.instant), answer.news.evidence
            )
        )
        doubt = 0.0
        if told is not None and self.begun.disturbs:
            # It was read after it was sent, and before the answer: as long before it as usual.
            at, doubt = max(at, told.t - self.check.usual), told.t - at
        request = oracle.request(at, step.person, step.credential, reader, direction, step.sound)
        if (
            step.facility
            or step.short
            or step.extra
            or (not step.sound and self.cast.is_typed(step.credential))
        ):
            request = request._replace(person=None, group=None, record=None, authentic=True)
        expected = oracle.decide(request)
        sent_stamp = None if waiting.sent is None else waiting.sent.event.stamp
        for finding in self.check.decision(
            request,
            expected,
            told,
            sent_stamp,
            at,
            mute,
            waiting.sent,
            self.begun.disturbs,
            self.rig.readers.was_fetched(address),
        ):
            self.found(finding)
        if step.frame == "fragments" and self.rig.readers.repeats > asked_again and not self.begun.disturbs:
            self.found(
                Finding(
                    Behaviour.PROTOCOL,
                    Verdict.FAIL,
                    "a frame in two pieces is one frame",
                    "it was asked for again",
                    at,
                )
            )
        self._look_at_nonces()
        outcome = None if answer is None else answer.outcome
        oracle.observed(request, expected, outcome)
        if told is not None:
            self.journal.decided(told.t, reader, told.outcome, expected, late=doubt)
            if outcome == GRANT:
                self._lit[address] = told.t
            if outcome == GRANT:
                player = self.cast.players.get(step.person)
                self._named[lane] = (
                    request.person if expected.step >= 11 or expected.outcome != GRANT else None,
                    direction,
                )
                slow = bool(player and player.slow and (expected.step >= 11 or expected.outcome != GRANT))
                oracle.lanes[lane].granted(
                    at, slow, f"{reader} was granted", self._lock_name(expected), doubt
                )
        if step.passes and outcome == GRANT:
            yield from self._walk_through(lane, direction, at)

    def _look_at_nonces(self) -> None:
        """Each handshake of a secure channel must begin with a number that was not used before."""
        nonces = self.rig.readers.nonces
        if len(nonces) != self._nonces:
            self._nonces = len(nonces)
            last = nonces[-1][1]
            if sum(one == last for _, one in nonces) > 1:
                self.found(
                    Finding(
                        Behaviour.PROTOCOL,
                        Verdict.FAIL,
                        "a handshake that begins with a new number",
                        f"{last.hex()} again",
                        self.clock.now,
                    )
                )

    def _together(self, step: Together) -> Going:
        walks = [Walk(self.clock, self._present(one)) for one in step.present]
        for walk in walks:  # noqa: UP028  they wait for each in turn
            yield walk

    def _lock_name(self, expected: Any) -> str:
        return str(self.oracle.behaviour(expected, self.clock.now, otherwise=Behaviour.LOCK_STATE))

    def _report(self, step: Present) -> r.Reply:
        report = self.cast.roster.report(step.credential, step.person, step.sound)
        if step.short and isinstance(report, r.Keypad):
            return r.Keypad(report.keys[: -1 - step.short] + report.keys[-1:])
        if step.extra and isinstance(report, r.Keypad):
            more = b"7" * abs(step.extra)
            return r.Keypad(
                report.keys[:-1] + more + report.keys[-1:] if step.extra > 0 else more + report.keys
            )
        if step.facility and isinstance(report, r.Raw):
            card = wiegand.decode(report.card, report.bits)
            return r.Raw(*wiegand.encode(card.facility + step.facility, card.number))
        return report

    def _walk_through(self, lane: int, direction: str, since: float) -> Going:
        until = since + self.limits.unlock + self.limits.answer
        while not self.check.is_unlocked(lane) and self.clock.now < until:
            yield STEP
        if not self.check.is_unlocked(lane):
            return  # the lock is held against that, whoever stands before it
        self._move(lane, True)
        yield STEP
        self._through(lane, direction)
        yield STEP
        self._move(lane, False)
        yield STEP

    def _move(self, lane: int, is_open: bool) -> None:
        self.rig.box.set_contact(self.wired[lane].box, is_open)
        self.oracle.moved(self.clock.now, lane, is_open)

    def _through(self, lane: int, direction: str) -> None:
        self.rig.box.pass_body(self.wired[lane].box, direction)
        named, way = self._named.pop(lane, (None, direction))
        self.oracle.passed(self.clock.now, direction, lane, named if way == direction else None)

    def _press(self, step: Press) -> Going:
        oracle, now = self.oracle, self.clock.now
        reader = f"{self.cast.portal}/out/{step.lane}"
        expected = oracle.decide(
            Request(now, self.cast.portal, "out", reader, None, None, "nothing", "reader", True, None)
        )
        self._lit_until = now + self.limits.answer
        self.rig.box.press_exit(self.wired[step.lane].box)
        dead = oracle.is_dead(now)
        granted = expected.outcome == GRANT and expected.step <= 4
        if granted:
            oracle.lanes[step.lane].granted(
                now, False, "the exit button was pressed", self._lock_name(expected)
            )
        if not dead:
            self.journal.decided(now, reader, "grant" if granted else "deny", None)
        yield self.limits.unlock

    def _release(self, step: Release) -> Going:
        asked = self.clock.now
        self._lit_until = asked + self.limits.answer
        yield from self._ask("release", door=self.cast.portal, lane=step.lane, direction=step.direction)
        took = self.clock.now - asked
        self.oracle.lanes[step.lane].granted(
            asked,
            False,
            "somebody released it from afar",
            str(Behaviour.LOCK_STATE),
            took if took > STEP else None,
        )

    def _list(self, step: List) -> Going:
        yield from self._ask(
            "list", number=self.cast.number(step.person, step.credential), status=step.status
        )
        self.oracle.listed(self.clock.now, step.person, step.credential, step.status)

    def _fire(self, step: Fire) -> Going:
        self.rig.box.set_fire(self.wired[0].box, step.on)
        if step.on:
            self.oracle.fire(self.clock.now)
        yield STEP

    def _begin(self, step: Begin) -> Going:
        if step.fault in BY_STEPS:
            yield from self._by_steps(step.fault, True)
            self.begun.note(step)
        else:
            yield from self.begun.begin(step)

    def _end(self, step: End) -> Going:
        if step.fault in BY_STEPS:
            self.begun.forget(step)
            yield from self._by_steps(step.fault, False)
        else:
            yield from self.begun.end(step)

    def _by_steps(self, fault: str, begins: bool) -> Going:
        """Faults that need no instrument but those of every walk."""
        if fault == "fire":
            yield from self.carry_out(Fire(begins))
            if not begins:
                yield from self.carry_out(FireReset())
        elif fault.startswith("override-"):
            yield from self.carry_out(Override(fault.removeprefix("override-") if begins else None))
        else:
            self._move(0, begins)
            yield STEP

    def read_journal(self) -> Going:
        """Read the device's log, once it has what is due or its time for that is over, and hold it against the wires."""
        if self.rig.server is None:
            raise NotTested(
                "the rig has no access server that has the device's log", resource=self.rig.box.resource
            )
        until = self.clock.now + self.limits.log
        while True:
            told = yield from self._ask("events", after=self.journal.last)
            if self.clock.now >= until or self.journal.is_whole(told["events"], self.clock.now):
                break
            yield STEP
        for finding in self.journal.held_against(told["events"], self.clock.now, self.rig.unix):
            self.found(finding)
        self.journal.skewed = self.begun.skews_clock

    def _ask(self, do: str, **what: Any) -> Going:
        """Ask the access server and wait. Raises: NotTested without one; NoAnswer, Refused."""
        if self.rig.server is None:
            raise NotTested(f"the rig has no access server that could {do}", resource=self.rig.box.resource)
        cut_off = any(one.fault in CUT_OFF for one in self.begun.steps)
        until = self.oracle.healed + (0.0 if cut_off else RECONNECTED)
        while True:
            try:
                return (yield from self.rig.done(do, **what))
            except Refused:
                if self.clock.now >= until:
                    raise
                yield STEP  # it was gone a moment ago, and has to find its server again


def _expire(waiting: _Waiting) -> None:
    if not waiting.answered.triggered:
        waiting.answered.succeed(None)
