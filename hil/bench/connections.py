"""The lines of one bench run together, and what all lanes' doors need of them: a controller whose clock and list are right."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple

from ...scenarios.policy.engine import Policy
from ...sim.visit import Profile, Visit
from ..errors import NoAnswer
from ..measure.stalls import Stalls
from ..realtime import BenchClockwork, News
from .box import BoxLine
from .eyes import EyesLine
from .instruments import SupplyLine
from .oracle import Judged
from .readers import ReaderLine
from .roster import Roster
from .server import ServerLine
from .timings import Timing

CLOCK_TOLERANCE = 500_000_000
"""ns by which the controller's clock may differ from the world's when it is read back."""
READY = 10.0
"""Seconds for every line to be up."""
LOOK = 0.02
"""Seconds between two looks whether lines are up."""


class Lane(NamedTuple):
    """How a lane of the world is wired."""

    number: int
    """Of the lane, by the controller and in the world."""
    addresses: Mapping[str, int]
    """OSDP address of the reader of each direction."""
    box: int
    """Door of the I/O box, from 1."""
    unlocked: int
    """Level on the lock's wires when it is unlocked: 1 fail-secure, 0 fail-safe."""


class Connections:
    """Lines and what is known of the device behind them."""

    def __init__(
        self,
        clock: BenchClockwork,
        portal: str,
        policy: Policy,
        roster: Roster,
        start: int,
    ) -> None:
        """`start`: Unix time of the world's t = 0, ns."""
        self.clock, self.portal, self.policy, self.roster, self._start = clock, portal, policy, roster, start
        self.listed: dict[int, frozenset[str]] = {}
        """What the controller's list says of each person: kinds of credentials."""
        self.readers: ReaderLine
        self.box: BoxLine
        self.server: ServerLine | None = None
        self.eyes: list[EyesLine] = []
        """Cameras that watch the lanes."""
        self.random: Callable[[int], bytes] = bytes
        """Bytes that a replay has again."""
        self.judged: list[Judged] = []
        self.timings: list[Timing] = []
        self.stalls = Stalls()
        """When port processes were kept from running."""
        self.clock_is_right = False
        self.shown: Callable[[float], float] = lambda world: world
        """What the controller's clock is to show at a world time, s: by a fault it may be another time."""
        self.list_is_full = False
        """May additions to the list be refused?"""
        self.refused: list[str] = []
        """Additions that were, in order."""
        self.supply: SupplyLine | None = None
        """What feeds the device, if the run switches it."""
        self.why_disturbed: Callable[[bool], str] = lambda answered: ""
        """Why what a device does now proves nothing about it; is told whether it answered."""
        self._waiting: list[Any] = []

    def unix(self, world: float) -> int:
        """Unix time of a world time, ns."""
        return self._start + round(world * 1e9)

    # ---- at the start

    def prepare(self, provisioning: Mapping[str, Any] | None) -> Generator[Any, Any, None]:
        """Bring every line up; provision and set the clock where there is an access server. NoAnswer and kin."""
        clock = self.clock
        clock.hold("prepare", float("inf"))
        if self.supply is not None:
            yield from self.supply.begin()
        until = clock.now + READY
        if self.server is not None:
            yield from self._connected(until)
            if provisioning is not None:
                yield from self.done("provision", provisioning=provisioning)
            self.set_clock(clock.clock.stamp(clock.now))
        self.box.begin()
        while not self.readers.online or not self.box.ready or (self.server is not None and self.server.owes):
            if clock.now > until:
                if not self.readers.online:
                    raise self.readers.silent()
                silent = self.box if not self.box.ready else self.server
                raise NoAnswer(f"not ready within {READY:g} s", resource=silent.resource)  # type: ignore[union-attr]
            yield LOOK
        while not all(eye.ready for eye in self.eyes) and clock.now < until:
            yield LOOK
        for eye in self.eyes:
            yield from eye.begin(self.box, self.random)
        clock.hold("prepare", clock.now)

    def _connected(self, until: float) -> Generator[Any, Any, None]:
        """A device that was only just switched on needs a moment to find its server."""
        while not (yield from self.done("uplink")).get("connected") and self.clock.now < until:
            yield LOOK

    def done(self, do: str, **what: Any) -> Generator[Any, Any, Mapping[str, Any]]:
        """Ask the server and wait for its answer. Raises what the server refuses."""
        assert self.server is not None
        answered = self.clock.event()
        self.server.ask(do, lambda told, news: answered.succeed(told), **what)
        told: Mapping[str, Any] = yield answered
        if not told.get("ok"):
            raise NoAnswer(
                f"the access server refuses {do}: {told.get('error')}", resource=self.server.resource
            )
        return told

    # ---- while people come

    def set_clock(self, stamp: int) -> None:
        """Tell the controller the world's time; after each cut, and at the start."""
        self._set_clock(self.clock.clock.at(stamp))

    def _set_clock(self, world: float) -> None:
        if self.server is not None:
            self.clock_is_right = False
            self.server.ask("set-clock", self._read_back, asked_at=world, unix=self.unix(self.shown(world)))

    def _read_back(self, told: Mapping[str, Any], news: News) -> None:
        shown = told.get("unix") if told.get("ok") else None
        expected = self.unix(self.shown(news.then))
        self.clock_is_right = isinstance(shown, int) and abs(shown - expected) <= CLOCK_TOLERANCE
        if self.server is not None and not self.server.owes:
            waiting, self._waiting = self._waiting, []
            for one in waiting:
                one.succeed()

    def ready_for(self, visit: Visit) -> Generator[Any, Any, None]:
        """Wait until the controller has the right time and its list says of this person what the world says."""
        for eye in self.eyes:
            eye.blink(self.box, self.random)
        if self.server is None:
            return
        if self.server.owes:
            one = self.clock.event()
            self._waiting.append(one)
            yield one
        yield from self.bring_up_to_date(visit.person, visit.profile)

    def bring_up_to_date(self, person: int, profile: Profile) -> Generator[Any, Any, None]:
        """Have the server's list say of a person what the world says."""
        known, listed = set(self.listed.get(person, frozenset())), profile.listed
        for kind in self.roster.kinds(profile):
            if self.server is None or (kind in known) == (kind in listed):
                continue
            number = self.roster.number(kind, person)
            try:
                yield from self.done("list", number=number, status="listed" if kind in listed else "revoked")
            except NoAnswer:
                if not self.list_is_full or kind not in listed:
                    raise
                self.refused.append(number)
                continue
            (known.add if kind in listed else known.discard)(kind)
        self.listed[person] = frozenset(known)

    def right_again(self) -> Generator[Any, Any, None]:
        """After a fault: set the clock, which may have missed what passed, and wait until that was read back."""
        self._set_clock(self.clock.now)  # just after a cut its stamp would be one of before
        yield from self.settled()

    def settled(self) -> Generator[Any, Any, None]:
        """Wait for whatever the access server still owes: after a cut of idle time, the clock that is being set."""
        while self.server is not None and self.server.owes:
            yield LOOK

    def why_not_tested(self, direction: str, group: str | None, answered: bool = True) -> str:
        """Why an attempt proves nothing about the device; empty: it does."""
        disturbed = self.why_disturbed(answered)
        if disturbed:
            return disturbed
        if not self.clock_is_right and not self.policy.is_steady(self.portal, direction, group):
            return "the policy depends on the time of day, and the device's clock was not confirmed"
        return ""
