"""What the lock of a lane has to do: from grants, contact, passages and the policy's say, the level at every instant.

The rules are those of DEFINITIONS and docs/policy.md, written down a second time: neither the modelled door nor an
emulated device is asked. Each change of level is expected within a window; between windows the level must hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ...scenarios.policy.engine import LockState
from ...scenarios.portals import Portal

FOREVER = float("inf")
JUST = 0.05
"""Seconds between two things that may as well have happened the other way round."""


@dataclass(frozen=True)
class Times:
    """What a portal's lock and alarm go by, s."""

    unlock: float
    extended: float
    restart_on_pass: bool
    restart_on_grant: bool
    relock_on_close: bool
    held_open: float
    fail_safe: bool

    @classmethod
    def of(cls, portal: Portal) -> Times:
        unlock = portal.unlock
        return cls(
            unlock.time, unlock.extended, unlock.restart_on_pass, unlock.restart_on_grant, portal.relock_on_close,
            portal.held_open_alarm, portal.without_power == "open",
        )  # fmt: skip


class Turn(NamedTuple):
    """From an instant on the lock has a level, by a cause."""

    t: float
    unlocked: bool
    behaviour: str
    """Which behaviour it would be if it did not."""
    why: str
    loose: float = 0.0
    """Seconds by which it may come later than usual (a fault that is noticed late)."""
    early: float = 0.0
    """Seconds by which it may come before that (what caused it was seen late)."""


class Alarm(NamedTuple):
    """An alarm that is due."""

    t: float
    name: str
    """`held-open` or `forced`."""
    maybe: bool = False
    """Was it due while the power went or came, or as the leaf was shut? Then it may be there or not."""


class LockModel:
    """One lane. Told what happens, in order of time; keeps what must come of it."""

    def __init__(self, times: Times, t: float, held: LockState) -> None:
        self.times = times
        self.is_open = False
        self.turns: list[Turn] = []
        self.alarms: list[Alarm] = []
        self.until = -FOREVER
        """A grant runs until then."""
        self._span = 0.0
        self._held: LockState = held
        self._dead = False
        self._ran_out = -FOREVER
        """When one ran out last."""
        self._unsure = -FOREVER
        """Until then it is not known whether there was power."""
        self.loose = self._doubt = 0.0
        """Seconds by which turns are not known, either way, while the readers' line is disturbed."""
        self._opened = FOREVER
        """When the alarm for the open leaf is due."""
        self.unlocked = False
        self.unlocked = self._wanted(t)
        self.turns.append(Turn(t, self.unlocked, "lock-state", "at rest"))

    @property
    def alarm_due(self) -> float:
        """When the alarm of a leaf that is open now is due; endless: it was due before, or the leaf is shut."""
        return self._opened

    def advance(self, t: float) -> None:
        """Time passes: what runs out, runs out."""
        while True:
            due = self._opened
            if not self.is_open and self.until <= t and self.until > -FOREVER:
                due = min(due, self.until)
            if due > t:
                return
            if due == self._opened:
                if not self._dead or due <= self._unsure:
                    self.alarms.append(Alarm(due, "held-open", due <= self._unsure))
                self._opened = FOREVER
            if not self.is_open and self.until <= due:
                self._ran_out, self.until = self.until, -FOREVER
                self._settle(due, "lock-timing", "its unlock time is over", self._doubt, self._doubt)

    def granted(
        self, t: float, slow: bool, why: str, behaviour: str = "lock-state", doubt: float | None = None
    ) -> None:
        """A grant, by a reader, the button or from afar. `doubt`: s by which it may have been earlier or later; None: as
        long as an answer may take while the line is disturbed. Nothing moves a lock that has no power."""
        doubt = self.loose if doubt is None else doubt
        self.advance(t)
        if self._dead:
            return
        span = self.times.extended if slow else self.times.unlock
        both = doubt + self._doubt
        edge = self.until if self.until > t else self._ran_out
        if both and abs(edge - t) <= both:
            self._just_then(t, span, both, behaviour, why)
            return
        if self.until <= t or self.times.restart_on_grant:
            self.until, self._span = max(self.until, t + span), span
            self._doubt = doubt
        self._settle(t, behaviour, why, doubt, doubt)

    def _just_then(self, t: float, span: float, both: float, behaviour: str, why: str) -> None:
        """A grant at about the instant at which another runs out: the lock may have fallen between them; and where a grant
        does not prolong, it may have been too early to count."""
        lost = 0.0 if self.times.restart_on_grant else span
        self.until, self._span, self._doubt = max(self.until, t + span), span, both + lost
        if self._held == "by-grant":
            self.unlocked = True
            self.turns.append(Turn(t, True, behaviour, why, both + lost, both))

    def passed(self, t: float) -> None:
        """A body went through."""
        self.advance(t)
        if (
            self.until > -FOREVER and self.times.restart_on_pass
        ):  # an open leaf keeps a grant whose time is over
            self.until = t + self._span

    def contact(self, t: float, is_open: bool) -> None:
        """The leaf opens or shuts."""
        self.advance(t)
        if is_open == self.is_open:
            return
        self.is_open = is_open
        if is_open:
            self._opened = t + self.times.held_open
            unsure = self._is_unsure(t)
            if unsure or not (self.unlocked or self._dead):
                self.alarms.append(Alarm(t, "forced", unsure))
            if unsure and self._held == "by-grant":
                # Open, it stays as it is, whichever way that is.
                self.turns.append(
                    Turn(t, self.unlocked, "lock-timing", "the leaf opened as it may have fallen", FOREVER)
                )
            return
        self._shut_at_its_alarm(t)
        self._opened = FOREVER
        if self.times.relock_on_close:
            self.until = -FOREVER
        self._settle(t, "lock-timing", "the leaf is shut")
        self.advance(t)

    def held(
        self, t: float, state: LockState, why: str, behaviour: str, *, dead: bool = False, loose: float = 0.0,
        early: float = 0.0,
    ) -> None:  # fmt: skip
        """What the policy says of the lock, whoever comes (`Policy.lock`), from now on. `dead`: it has no power."""
        self.advance(t)
        if (state, dead) == (self._held, self._dead):
            return
        if dead != self._dead:
            self._unsure = t + loose
        self._held, self._dead = state, dead
        running = self.until > t
        if dead:
            self.until = -FOREVER
        count = len(self.turns)
        self._settle(t, behaviour, why, loose, early)
        if loose and running and len(self.turns) == count:
            # A grant that runs out before the device has noticed falls, and the lock comes back when it has.
            self.turns.append(Turn(t, self.unlocked, behaviour, why, loose))

    def cancelled(self, t: float, early: float = 0.0) -> None:
        """An operator locks: no grant goes on. `early`: s by which that may have been before."""
        self.advance(t)
        if self.until > t:
            self.until, self._doubt = t, early
        self.advance(t)

    # ---- inside

    def _shut_at_its_alarm(self, t: float) -> None:
        """A leaf that shuts just as its alarm is due may have it or not: relays and looks take some milliseconds each."""
        if 0.0 < self._opened - t < JUST:
            self.alarms.append(Alarm(self._opened, "held-open", True))
        elif self.alarms and self.alarms[-1].name == "held-open" and t - self.alarms[-1].t < JUST:
            self.alarms[-1] = self.alarms[-1]._replace(maybe=True)

    def _is_unsure(self, t: float) -> bool:
        """May the lock be the other way just now?"""
        last, edge = self.turns[-1], self.until if self.until > t else self._ran_out
        return t <= max(self._unsure, last.t + last.loose if last.loose else t - 1.0) or abs(edge - t) < max(
            self._doubt, JUST
        )

    def _wanted(self, t: float) -> bool:
        if self._held != "by-grant":
            return self._held == "unlocked"
        return self.until > t or (self.is_open and self.unlocked)

    def _settle(self, t: float, behaviour: str, why: str, loose: float = 0.0, early: float = 0.0) -> None:
        wanted = self._wanted(t)
        if wanted != self.unlocked:
            self.unlocked = wanted
            self.turns.append(Turn(t, wanted, behaviour, why, loose, early))
