"""Resorts: what somebody does for whom nothing that they hold opens. Each is tried once a visit, in the order of their habits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .clockwork import Walk
from .door import Timing, seconds
from .visit import LEGS, Visit

if TYPE_CHECKING:
    from ..scenarios.policy.engine import Remote
    from .guard import GuardPost
    from .habits import Calling
    from .portal import Portal

Steps = Generator[Any, Any, None]


class Resorts:
    """The resorts of one portal."""

    def __init__(
        self,
        portal: Portal,
        declared: str,
        obstacles: Collection[str],
        remotes: Mapping[Remote, tuple[Timing, Callable[[Visit], bool]]],
    ) -> None:
        """`declared`: the portal's id in the scenario. `obstacles`: `crawl`, `climb`, as far as there is something to
        crawl under or to climb. `remotes`: how long it takes to be let in from afar, and whether one is."""
        self._portal, self._clock, self._world = portal, portal.clock, portal.world
        self._declared, self._obstacles, self._remotes = declared, obstacles, remotes
        self._try: dict[str, Callable[[Visit], bool]] = {
            "guard": self._guard,
            "crawl": lambda visit: self._bypass(visit, "crawl"),
            "climb": lambda visit: self._bypass(visit, "climb"),
            "elsewhere": self._elsewhere,
            "follow": self._follow,
            "call": self._call,
        }

    def next(self, visit: Visit, reason: str | None = None) -> None:
        """Take the next resort; without one, leave. `reason`: why the last one came to nothing."""
        if self._portal.stands_open:
            self._portal.go_on(visit)
            return
        resorts = visit.profile.ways.resorts
        while visit.resort < len(resorts):
            name = resorts[visit.resort]
            visit.resort += 1
            if name == "leave":
                break
            if self._try[name](visit):
                return
        self._portal.leave(visit, reason or ("denied" if visit.attempt >= 0 else "no-credential"))

    def promise(self, visit: Visit) -> float:
        """What somebody whom another portal refuses may hope for here: to get through with this probability."""
        portal, ways = self._portal, visit.profile.ways
        if portal.means_of(visit):
            return 1.0
        around = [
            portal.share(ways.bypasses[name].odds, visit)
            for name in self._obstacles
            if name in ways.resorts and self._goes_around(visit, name) is not None
        ]
        return max(around, default=0.0)

    # ---- the guard

    def _guard(self, visit: Visit) -> bool:
        portal = self._portal
        post = portal.guard_post()
        if post is None or any(means.shown_at == "guard" for means in visit.means):
            return False
        orders = tuple(means for means in portal.means_of(visit) if means.shown_at == "guard")
        if orders:
            # On duty since: the rules let one in after all.
            visit.means = (*visit.means, *orders)
            visit.place, visit.part = len(visit.means) - len(orders), 0
            portal.go_on(visit)
        else:
            Walk(self._clock, self._ask(visit, post))
        return True

    def _ask(self, visit: Visit, post: GuardPost) -> Steps:
        """Ask a guard whose orders do not provide for it."""
        portal, ways = self._portal, visit.profile.ways
        portal.note("call", visit, reason="guard")
        if (yield from post.help(visit, ways.guard_takes, portal.wicket)):
            luck = ways.guard_luck(visit)
            opens = portal.share(ways.guard_opens, visit)
            registers = opens + portal.share(ways.guard_registers, visit)
            lends = registers + portal.share(ways.guard_lends, visit)
            if luck < opens:
                yield from portal.wicket.let_through(visit, "guard")
                return
            if luck < registers:
                credential = portal.register(visit)
                if credential is not None:
                    portal.note("enrol", visit, reason="guard", credential=credential)
                    visit.means, visit.place = portal.means_of(visit), 0
                    visit.part = visit.tries = 0
                    portal.go_on(visit)
                    return
            elif luck < lends:
                yield from portal.wicket.let_through(visit, "shared")
                return
        self.next(visit)

    # ---- ways around

    def _goes_around(self, visit: Visit, name: str) -> Timing | None:
        habit = visit.profile.ways.bypasses[name]
        if name not in self._obstacles or (habit.at is not None and self._declared not in habit.at):
            return None
        return habit.takes

    def _bypass(self, visit: Visit, name: str) -> bool:
        takes = self._goes_around(visit, name)
        habit = visit.profile.ways.bypasses[name]
        if takes is None or habit.luck(visit) >= self._portal.share(habit.odds, visit):
            return False
        span = seconds(takes, visit)
        self._clock.at(self._clock._now + span, self._around, (visit, name, span))
        return True

    def _around(self, what: tuple[Visit, str, float]) -> None:
        visit, name, span = what
        self._portal.note("bypass", visit, reason=name, value=span)
        self._world.passed(visit)

    def _elsewhere(self, visit: Visit) -> bool:
        ways = visit.profile.ways
        luck, likely = ways.elsewhere_luck(visit), self._portal.share(ways.elsewhere, visit)
        if luck >= likely:
            return False
        visit.tried = (*visit.tried, self._portal)
        for legs in self._world.detours(visit):
            there = legs[visit.leg].portal
            if there not in visit.tried and luck < likely * there.resorts.promise(visit):
                self._portal.note("abandon", visit, reason="elsewhere")
                # Numbers from the journey's end, so that the legs to come keep theirs, and their luck.
                visit.number = visit.number // LEGS * LEGS + LEGS - len(visit.tried)
                visit.legs = legs
                walk = seconds(ways.elsewhere_walk, visit)
                self._clock.at(self._clock._now + walk, there.arrive, visit)
                return True
        return False

    # ---- others

    def _follow(self, visit: Visit) -> bool:
        if not self._portal.followers and not self._portal.lends:
            return False
        self._portal.following.wait(visit)
        return True

    def _call(self, visit: Visit) -> bool:
        share = self._portal.share
        wanted = [one for one in visit.profile.ways.calls if one.luck(visit) < share(one.odds, visit)]
        if wanted:
            Walk(self._clock, self._calls(visit, wanted))
        return bool(wanted)

    def _calls(self, visit: Visit, wanted: Sequence[Calling]) -> Steps:
        portal = self._portal
        for one in wanted:
            span = seconds(one.takes, visit)
            portal.note("call", visit, reason=one.callee, value=span)
            if portal.ajar is not None:
                portal.ajar.complained(one.callee)
            if span:
                yield span
            remote = portal.policy.remote(portal.id, one.callee, visit.profile.group, self._clock._now)
            if remote is not None:
                takes, grants = self._remotes[remote]
                wait = seconds(takes, visit)
                if wait:
                    yield wait
                if grants(visit):
                    yield from portal.wicket.let_through(visit, "remote")
                    return
        self.next(visit)
