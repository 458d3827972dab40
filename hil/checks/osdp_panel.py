"""Checks of a panel under test: we are one of its readers, and disturb what we answer.

A panel can't be asked anything: what it took shows in what it sends next. A command that comes again with the same
sequence number says that it did not take the answer; sequence number 0 says that it has begun anew.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from time import monotonic_ns

from ..drivers.osdp_line import Disturbance, OnWire
from ..drivers.osdp_reader import OsdpReader
from ..osdp import commands as c
from ..osdp.checks import OFFLINE, PANEL, REPLY
from ..osdp.deframer import Whole
from ..osdp.events import Commanded, Send
from .result import Result, failed, judged, not_tested, passed, unclear

ALL = tuple(check.id for check in PANEL)
POLLS = 5
LATE = 0.100
"""Seconds: half of what the standard allows."""
PAUSE = 0.002
"""Seconds between characters of a reply that comes in pieces: a tenth of what the standard allows."""
LONG = 64
"""Bytes of the data of a long command."""
LONG_TIME = 0.050
"""Seconds that it must take on the line to tell anything."""


class PanelChecks:
    """All checks of one panel, by id."""

    def __init__(
        self,
        reader: OsdpReader,
        *,
        restart: Callable[[], None] | None = None,
        provoke: Callable[[], object] | None = None,
        patience: float = OFFLINE,
    ) -> None:
        """`restart`: switches the panel off and on; `provoke`: makes it send a command with 64 bytes of data or more, such
        as a long text. Without them, what needs them is NOT_TESTED. `patience`: seconds within which it must go on; the
        standard's, unless a quicker verdict is wanted."""
        self.reader, self.line, self.restart, self.provoke = reader, reader.line, restart, provoke
        self.patience = patience
        self._checks: dict[str, Callable[[str], Result]] = {
            "050-09-16": lambda id: self._recovers(id, Disturbance(flip=-1)),
            "gb-osdp-poll": self._polls,
            "gb-osdp-fragmented-reply": lambda id: self._takes(id, Disturbance(pause=PAUSE)),
            "gb-osdp-late-reply": lambda id: self._takes(id, Disturbance(delay=LATE)),
            "gb-osdp-lost-reply": lambda id: self._recovers(id, Disturbance(withhold=True)),
            "gb-osdp-panel-nonce": self._nonce,
            "gb-osdp-panel-nonce-restart": self._nonce_restart,
            "gb-osdp-reply-timer": self._reply_timer,
        }

    def run(self, ids: Iterable[str] = ALL) -> list[Result]:
        """These, in order; what finds the panel silent is NOT_TESTED. Raises: NoAnswer if the panel does not poll at all;
        PortError; KeyError."""
        wanted = [(id, self._checks[id]) for id in ids]
        self.reader.wait_online(self.patience)
        results = []
        for id, check in wanted:
            self.line.restore()
            if not self._after(monotonic_ns(), 1, self.patience):
                results.append(not_tested(id, f"the panel has been silent for {self.patience:g} s"))
            else:
                results.append(check(id))
        return results

    # What all need

    def _commands(self, since: int) -> list[OnWire]:
        """Commands to our reader that ended after an instant."""
        return [
            one
            for one in self.line.frames
            if one.ended > since
            and isinstance(one.piece, Whole)
            and not one.piece.frame.reply
            and one.piece.frame.address == self.reader.address
        ]

    def _after(self, since: int, count: int, seconds: float) -> list[OnWire]:
        """The first `count` commands after an instant; empty if there were fewer within so many seconds."""
        enough = self.line.wait(lambda: len(self._commands(since)) >= count, seconds)
        return self._commands(since)[:count] if enough else []

    def _stalled(self, since: int) -> bool:
        return any(one.until >= since for one in self.line.stalls)

    def _disturb(self, what: Disturbance, count: int) -> list[OnWire]:
        """Do it; our frames, as far as they came about within `patience` for each."""
        before = monotonic_ns()

        def done() -> list[OnWire]:
            return [
                one for one in self.line.frames if one.ours and one.disturbed == what and one.began >= before
            ]

        self.reader.disturb(what, count=count)
        self.line.wait(lambda: len(done()) >= count, self.patience * count)
        self.line.restore()
        with self.line:
            return done()

    # The checks

    def _polls(self, id: str) -> Result:
        since = monotonic_ns()
        seen = self._after(since, POLLS, self.patience * POLLS)
        if not seen:
            return failed(id, f"fewer than {POLLS} commands within {self.patience * POLLS:g} s")
        times = [since, *(one.ended for one in seen)]
        longest = max(b - a for a, b in itertools.pairwise(times)) / 1e9
        reason = f"commands apart by at most {longest * 1e3:.0f} ms, limit {self.patience:g} s"
        return judged(id, longest <= self.patience, reason, map(_told, seen))

    def _recovers(self, id: str, what: Disturbance) -> Result:
        """One reply is spoilt; within `patience` the panel must have gone on: to another command, or anew."""
        spoilt = self._disturb(what, 1)
        if not spoilt:
            return not_tested(id, "the panel asked nothing that could be spoilt")
        at, asked = spoilt[0].ended, self._last(spoilt[0].began)

        def on() -> list[OnWire]:
            return [one for one in self._commands(at) if asked is None or one.raw != asked.raw]

        went = self.line.wait(lambda: bool(on()), self.patience)
        with self.line:
            since = self._commands(at)
            evidence = [_told(asked) if asked else "", _told(spoilt[0]), *map(_told, since[:4])]
            found = on()
        if went:
            return passed(id, f"went on after {(found[0].ended - at) / 1e6:.0f} ms", evidence)
        return failed(id, f"did not go on within {self.patience:g} s; {len(since)} repetitions", evidence)

    def _takes(self, id: str, what: Disturbance) -> Result:
        """Replies that are unusual and right: the panel must neither ask again nor begin anew."""
        since = monotonic_ns()
        count = 3
        done = self._disturb(what, count)
        if not done:
            return not_tested(id, "the panel asked nothing")
        self._after(done[-1].ended, 1, self.patience)
        with self.line:
            evidence, refused = [], 0
            for reply in done:
                asked = self._last(reply.began)
                then = next(iter(self._commands(reply.ended)), None)
                wrong = then is None or asked is None or then.raw == asked.raw or _begins(then)
                refused += wrong
                evidence += [_told(one) for one in (asked, reply, then) if one is not None]
        reason = f"{refused} of {len(done)} were not taken"
        if refused and self._stalled(since):
            return unclear(id, f"{reason}: host stalled", evidence)
        return judged(id, not refused, reason, evidence)

    def _last(self, before: int) -> OnWire | None:
        """The last command that ended before an instant."""
        with self.line:
            return next((one for one in reversed(self._commands(0)) if one.ended <= before), None)

    def _challenges(self) -> list[bytes]:
        with self.line:
            commands = [one.command for one in self.reader.events if isinstance(one, Commanded)]
        return [one.random for one in commands if isinstance(one, c.Chlng)]

    def _challenged(self, before: int, seconds: float) -> bool:
        """Did one more challenge come than there were?"""
        return self.line.wait(lambda: len(self._challenges()) > before, seconds)

    def _nonce(self, id: str) -> Result:
        before = len(self._challenges())
        if not before:
            return not_tested(id, "the panel wants no secure channel")
        self._disturb(Disturbance(withhold=True), 5)  # then it begins anew
        again = self._challenged(before, self.patience + 2)
        if not again:
            return not_tested(id, f"no second handshake within {self.patience + 2:g} s after lost replies")
        return self._distinct(id, self._challenges())

    def _nonce_restart(self, id: str) -> Result:
        if self.restart is None:
            return not_tested(id, "the rig cannot switch it off and on")
        found = []
        for _ in range(2):
            before = len(self._challenges())
            self.restart()
            if not self._challenged(before, 3 * OFFLINE):
                return not_tested(id, "no handshake after a start")
            found.append(self._challenges()[before])
        return self._distinct(id, found)

    def _distinct(self, id: str, found: list[bytes]) -> Result:
        reason = f"{len(set(found))} different in {len(found)} handshakes"
        return judged(id, len(set(found)) == len(found), reason, [one.hex() for one in found])

    def _reply_timer(self, id: str) -> Result:
        if self.provoke is None:
            return not_tested(id, "the rig cannot make it send a long command")
        since, late = monotonic_ns(), Disturbance(delay=REPLY * 0.8)

        def long(send: Send) -> bool:
            last = self.reader.last
            ours = send.frame.reply and send.frame.address == self.reader.address
            return ours and last is not None and len(last.command.pack()) >= LONG

        def answers() -> list[OnWire]:
            return [
                one for one in self.line.frames if one.began >= since and one.disturbed == late and one.ours
            ]

        self.line.disturb(late, which=long)
        self.provoke()
        self.line.wait(lambda: bool(answers()), self.patience)
        self.line.restore()
        with self.line:
            reply = next(iter(answers()), None)
        asked = None if reply is None else self._last(reply.began)
        if reply is None or asked is None:
            return not_tested(id, f"no command with {LONG} bytes of data came")
        took = (asked.ended - asked.began) / 1e9
        if took < LONG_TIME:
            return not_tested(
                id, f"the line is too fast: the command took {took * 1e3:.0f} ms of at least 50"
            )
        seen = self._after(asked.ended, 1, self.patience)
        evidence = [_told(one) for one in (asked, reply, *seen)]
        reason = f"a command of {took * 1e3:.0f} ms, answered {REPLY * 800:.0f} ms after its end"
        right = bool(seen) and seen[0].raw != asked.raw and not _begins(seen[0])
        if not right and self._stalled(since):
            return unclear(id, f"{reason}: host stalled", evidence)
        return judged(id, right, f"{reason}: {'taken' if right else 'not taken'}", evidence)


def _begins(one: OnWire) -> bool:
    return isinstance(one.piece, Whole) and one.piece.frame.sequence == 0


def _told(one: OnWire) -> str:
    arrow = "<-" if one.ours else "->"
    return f"{one.began / 1e9:.6f} s {arrow} {one.raw.hex(' ') or 'withheld'}"
