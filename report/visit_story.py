"""One visit in sentences: its rows taken one by one, each a clause or a part of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..sim.events import NO_CREDENTIAL, Event
from . import phrases

LONG = 60.0
"""Seconds after which a new sentence begins, with its own clock time."""
_END_WAIT = ("pass", "bypass", "abandon", "present", "guard_start", "call", "queue", "wait_other")
"""What ends the wait for somebody who opens (`wait_other` in sim/events.py); a bypass does when one sets out."""


class Row(NamedTuple):
    """One row, as far as stories need it; `t` and `value` in seconds."""

    seq: int
    t: float
    portal: str | None
    direction: str | None
    event: str
    person: int | None
    visit: int | None
    credential: str | None
    outcome: str | None
    reason: str | None
    way: str | None
    donor: int | None
    value: float | None


@dataclass(frozen=True)
class Sentence:
    """One sentence, the instant of its first row (s since the start), and the `seq` of every row that it tells."""

    t: float
    text: str
    rows: tuple[int, ...]


def quoted(row: Row) -> str:
    """A row for which there are no words, as it stands."""
    named = {"credential": row.credential, "outcome": row.outcome, "reason": row.reason, "way": row.way}
    told = "".join(f", {name} {value}" for name, value in named.items() if value is not None)
    value = "" if row.value is None else f", value {row.value:g}"
    at = "" if row.portal is None else f" at {phrases.place(row.portal)}"
    return f"the log has `{row.event}`{at}{told}{value}"


@dataclass
class _Clause:
    t: float
    text: str
    rows: list[int]
    begins: bool = False
    """Does a new sentence begin with it, unless the one before began within the same second?"""
    alone: bool = False
    """Has it a subject of its own?"""


@dataclass
class _Try:
    """An attempt, or a check by the guard, that is still open."""

    first: Row
    rows: list[int] = field(default_factory=list)
    credential: str | None = None
    text: str | None = None
    seconds: float | None = None
    decision: Row | None = None
    """The guard's."""
    asked: bool = False
    """Is it about help that is not in the guard's orders?"""


class VisitStory:
    """The rows of one visit, in order."""

    def __init__(self, rows: Sequence[Row], goes_on: bool) -> None:
        self._rows, self._goes_on = rows, goes_on
        self._clauses: list[_Clause] = []
        self._try: _Try | None = None
        self._check: _Try | None = None
        self._door: list[Row] = []
        """`unlock` and `open`, until somebody passes."""
        self._arrived: float | None = None
        self._shown: str | None = None
        """The credential of the last attempt."""

    def sentences(self) -> list[Sentence]:
        for index, row in enumerate(self._rows):
            self._take(index, row)
        self._close_open_ends()
        told: list[Sentence] = []
        batch: list[_Clause] = []
        for clause in sorted(self._clauses, key=lambda one: one.t):
            if batch and _ends(batch, clause):
                told.append(_sentence(batch))
                batch = []
            batch.append(clause)
        return [*told, _sentence(batch)] if batch else told

    def _say(self, row: Row, text: str, *, begins: bool = False, alone: bool = False) -> None:
        self._clauses.append(_Clause(row.t, text, [row.seq], begins, alone))

    def _take(self, index: int, row: Row) -> None:
        handler = getattr(self, f"_on_{row.event}", None)
        if handler is None:
            self._say(row, quoted(row), alone=True)
        else:
            handler(index, row)

    def _until(self, index: int, events: tuple[str, ...] = ()) -> str:
        """How long until the visit's next row (of these events)."""
        row = self._rows[index]
        for later in self._rows[index + 1 :]:
            if not events or later.event in events:
                sets_out = later.t - (later.value or 0.0) if later.event == Event.BYPASS else later.t
                return phrases.span(max(sets_out, row.t) - row.t)
        return "until the log ends"

    # -- one method an event

    def _on_arrive(self, index: int, row: Row) -> None:
        self._arrived = row.t
        to = {"in": " to go in", "out": " to go out"}.get(row.direction or "", "")
        empty = ", with nothing that is accepted there" if row.reason == NO_CREDENTIAL else ""
        goes = "goes on to" if self._goes_on else "comes to"
        self._say(row, f"{goes} {phrases.place(row.portal)}{to}{empty}", begins=True)

    def _on_queue(self, index: int, row: Row) -> None:
        line = "for the guard" if row.reason == "guard" else "in line"
        self._say(row, f"waits {line} {self._until(index)}")

    def _on_present(self, index: int, row: Row) -> None:
        if self._check is not None:
            self._check.rows.append(row.seq)
            self._check.credential = row.credential
            return
        self._end_try()
        self._try = _Try(row, [row.seq], row.credential)

    def _on_capture(self, index: int, row: Row) -> None:
        if self._try is None:
            self._say(row, "has the face imaged")
        else:
            self._try.rows.append(row.seq)

    def _on_acquire_failed(self, index: int, row: Row) -> None:
        if self._try is None:
            self._say(row, quoted(row), alone=True)
            return
        self._try.rows.append(row.seq)
        self._try.text = "but the reader gets no usable sample"
        self._end_try()

    def _on_decision(self, index: int, row: Row) -> None:
        check = self._check
        if check is not None:
            check.rows.append(row.seq)
            check.decision = row
        elif self._try is not None:
            self._try.rows.append(row.seq)
            said = phrases.judged(row.credential or "", row.outcome, row.reason, row.donor)
            after = f" after {phrases.span(row.value)}" if row.outcome == "grant" and row.value else ""
            self._try.text = f"and {said}{after}"
            self._end_try()
        else:
            self._say(row, phrases.judged(row.credential or "", row.outcome, row.reason, row.donor))

    def _on_guard_start(self, index: int, row: Row) -> None:
        self._end_try()
        self._end_check()
        before = [one for one in self._rows[:index] if one.event != Event.QUEUE]
        asked = before != [] and before[-1].event == Event.CALL and before[-1].reason == phrases.GUARD
        self._check = _Try(row, [row.seq], asked=asked)

    def _on_guard_end(self, index: int, row: Row) -> None:
        if self._check is None:
            self._say(row, quoted(row), alone=True)
            return
        self._check.rows.append(row.seq)
        self._check.seconds = row.value
        self._end_check()

    def _on_unlock(self, index: int, row: Row) -> None:
        self._door.append(row)

    _on_open = _on_unlock

    def _on_pass(self, index: int, row: Row) -> None:
        self._end_try()
        text = phrases.passed(row.way, row.direction, row.donor, self._with_guard(index))
        if self._arrived is not None and row.t > self._arrived:
            text += f", {phrases.span(row.t - self._arrived)} after coming"
        rows = [*(one.seq for one in self._door), row.seq]
        self._door.clear()
        after_wait = any(one.event == Event.WAIT_OTHER for one in self._rows[:index])
        self._clauses.append(_Clause(row.t, text, rows, begins=after_wait))

    def _on_fault_on(self, index: int, row: Row) -> None:
        if row.reason == "propped":
            self._say(row, "props the door open behind them")
        else:
            self._say(row, quoted(row), alone=True)

    def _on_abandon(self, index: int, row: Row) -> None:
        text = phrases.abandoned(row.reason)
        if self._arrived is not None and row.t > self._arrived:
            text += f", {phrases.span(row.t - self._arrived)} after coming"
        self._say(row, text, begins=row.t > (self._arrived or row.t))

    def _on_wait_other(self, index: int, row: Row) -> None:
        self._say(row, f"waits for somebody who opens, {self._until(index, _END_WAIT)}", begins=True)

    def _with_guard(self, index: int) -> bool:
        """Is the guard the last whom the visit had to do with, before this row?"""
        before = [one.event for one in self._rows[:index] if one.event not in (Event.UNLOCK, Event.OPEN)]
        return before[-1:] == [Event.GUARD_END]

    def _on_call(self, index: int, row: Row) -> None:
        self._say(row, phrases.called(row.reason, row.value), begins=True)

    def _on_bypass(self, index: int, row: Row) -> None:
        text = phrases.bypassed(row.reason, row.value)
        if row.donor is not None:
            text += f", after person {row.donor}"
        self._say(row, text, begins=True)

    def _on_suspend(self, index: int, row: Row) -> None:
        whose = "the reader" if row.reason == "reader" else "they"
        verb = "is" if row.reason == "reader" else "are"
        for_so_long = f" for {phrases.span(row.value)}" if row.value is not None else ""
        self._say(row, f"{whose} {verb} suspended{for_so_long} after too many wrong tries", alone=True)

    def _on_resume(self, index: int, row: Row) -> None:
        self._say(row, "they may try again, for the suspension is over", alone=True)

    def _on_alarm(self, index: int, row: Row) -> None:
        self._say(
            row, f"sets off the alarm {phrases.plain(row.reason)}" if row.reason else "sets off an alarm"
        )

    def _on_enrol(self, index: int, row: Row) -> None:
        if row.reason == "guard":
            self._say(
                row, f"is put on the list there and then, with the {phrases.plain(row.credential or 'face')}"
            )
        else:
            text = phrases.enrolled(row.reason, row.credential, row.value)
            self._say(row, text.removesuffix(".") if text else quoted(row), alone=True)

    # -- what is still open

    def _end_try(self) -> None:
        one, self._try = self._try, None
        if one is None:
            return
        again = one.credential == self._shown
        self._shown = one.credential
        text = one.text or "and the log ends before the answer"
        comma = "," if text.startswith("but") else ""
        self._clauses.append(
            _Clause(
                one.first.t, f"{phrases.shown(one.credential or 'credential', again)}{comma} {text}", one.rows
            )
        )

    def _end_check(self) -> None:
        one, self._check = self._check, None
        if one is None:
            return
        said = one.decision
        text = (
            phrases.heard(one.seconds)
            if one.asked
            else phrases.at_guard(said and said.outcome, said and said.reason, one.credential, one.seconds)
        )
        self._clauses.append(_Clause(one.first.t, text, one.rows, begins=True))

    def _close_open_ends(self) -> None:
        self._end_try()
        self._end_check()
        for row in self._door:
            verb = "is unlocked" if row.event == Event.UNLOCK else "is opened"
            self._say(
                row, f"the door {verb} for them, and the log does not tell of their passing", alone=True
            )
        self._door.clear()


def _ends(batch: Sequence[_Clause], clause: _Clause) -> bool:
    """Is the sentence over before this clause?"""
    since = clause.t - batch[0].t
    return clause.alone or batch[-1].alone or since > LONG or (clause.begins and since >= 1.0)


def _sentence(clauses: list[_Clause]) -> Sentence:
    texts = [one.text for one in clauses]
    text = texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])}, and {texts[-1]}"
    rows = tuple(sorted(seq for one in clauses for seq in one.rows))
    return Sentence(clauses[0].t, f"{text[0].upper()}{text[1:]}.", rows)
