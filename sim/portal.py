"""A portal: who waits there, who is next, who follows, and what people do when the door says no."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..scenarios.conditions import CAMERA, COMPANY, GUARD, NIGHT
from ..scenarios.policy.engine import Decision, Guard, Means, Policy
from .clockwork import Walk
from .decay import DENIAL, NO_CREDENTIAL
from .door import ModelDoor, Timing, seconds
from .following import Following
from .lane import Lane
from .line import LATE, Line, Turns
from .log import NO_VALUE, NONE, EventLog
from .visit import Profile, Visit

if TYPE_CHECKING:
    from .clockwork import Clockwork
    from .controller import Controller
    from .decay import Ajar
    from .guard import GuardPost
    from .habits import Odds
    from .resorts import Resorts
    from .world import World


class Portal:
    """One opening with its lines, lanes and guard."""

    def __init__(
        self,
        clock: Clockwork,
        world: World,
        id: str,
        *,
        readers: tuple[str, ...],
        room: int | None,
        priority: Mapping[str, int],
        followers: bool,
        lends: bool,
        camera: bool,
        is_night: Callable[[float], bool],
        floors: Sequence[int] | None,
        rearm: Timing,
        controller: Controller,
        log: EventLog | None,
    ) -> None:
        self.clock, self.world, self.id = clock, world, id
        self.readers, self.room, self.followers, self.rearm = readers, room, followers, rearm
        self.lends = lends
        """Is there anybody who lends a credential?"""
        self._floors = floors
        """By person, where a lift goes to the opener's floor alone."""
        self._camera, self._is_night = CAMERA if camera else 0, is_night
        self.controller, self.log = controller, log
        self.policy: Policy = controller.policy
        self._rank = priority
        self._last_rank = len(set(priority.values()))
        turns = Turns()
        self.lines = {direction: Line(self._last_rank + 1, turns) for direction in ("in", "out")}
        self._steady: dict[tuple[str, Profile], tuple[Means, ...]] = {}
        """What people of a profile can show here, where that is the same at all times."""
        self.following = Following(self)
        self.aside = self.following.aside
        """Those who wait to follow somebody."""
        self.idle: list[Lane] = []
        self.doors: list[ModelDoor] = []
        self.ajar: Ajar | None = None
        """What may make it stand open for everybody; None: nothing can."""
        self.stands_open = False
        self.wicket: ModelDoor
        """The guard's own door beside the lanes, and of whoever is let in from afar."""
        self._posts: Mapping[Guard, GuardPost] = {}
        """By duty."""
        self._cycles = 0
        if log is not None:
            self._arrives = log.kind("arrive"), log.kind("arrive", reason="no-credential")
            self._queues = log.kind("queue")
            self._places = {direction: log.place(id, NONE, direction) for direction in ("in", "out")}

    def equip(
        self,
        lanes: Sequence[tuple[ModelDoor, tuple[str, ...]]],
        wicket: ModelDoor,
        posts: Mapping[Guard, GuardPost],
        resorts: Resorts,
        register: Callable[[Visit], str | None],
    ) -> None:
        """Give it its lanes (door and directions), the guards' wicket and the guards by duty, the resorts of people whom
        nothing opens. `register` puts somebody on the list there and then; -> the credential."""
        self.doors = [door for door, _ in lanes]
        self.wicket, self._posts, self.resorts = wicket, posts, resorts
        self.register = register
        for number, (door, directions) in enumerate(lanes):
            Lane(self.clock, self, number, door, directions)

    def next_cycle(self) -> int:
        """Number of the next unlock-to-relock cycle."""
        self._cycles += 1
        return self._cycles - 1

    def guard_post(self) -> GuardPost | None:
        """Whoever is on duty now."""
        duty = self.policy.guard(self.id, self.clock._now)
        return None if duty is None else self._posts[duty]

    # ---- the situation

    def situation(self, visit: Visit) -> int:
        """What people's chances depend on, as bits (scenarios/conditions.py)."""
        bits = self._camera
        if self._is_night(self.clock._now):
            bits |= NIGHT
        if self.guard_post() is not None:
            bits |= GUARD
        aside = self.aside[visit.direction]
        others = len(aside) + self.lines[visit.direction].waiting
        waits = visit.waiting and visit.legs[visit.leg].portal is self
        # Whoever stands aside is looked for among one at the most.
        if others > 1 or (others == 1 and not (waits or visit in aside)):
            bits |= COMPANY
        return bits

    def share(self, odds: Odds, visit: Visit) -> float:
        """A probability in the present situation."""
        return odds if type(odds) is float else odds[self.situation(visit)]  # type: ignore[index]

    def may_follow(self, opener: Visit, visit: Visit) -> bool:
        """Does the way that one has opened lead where the other wants to go?"""
        floors = self._floors
        if floors is None or visit.direction == "out" == opener.direction:
            return True
        return opener.direction == visit.direction and floors[opener.person] == floors[visit.person]

    # ---- coming and waiting

    def arrive(self, visit: Visit) -> None:
        """Somebody comes to pass."""
        visit.arrived = now = self.clock._now
        visit.attempt = -1
        visit.place = visit.part = visit.tries = visit.resort = visit.trouble = 0
        visit.follows = None
        visit.waiting = False
        direction, profile, log = visit.direction, visit.profile, self.log
        ways = profile.ways
        if ways.patience is not None and ways.patience_over_visit:
            visit.deadline = now + seconds(ways.patience, visit)
        if direction not in self.readers:
            if log is not None:
                log.write((now, self._arrives[0], self._places[direction], visit.person, visit.number, NONE, NONE, NONE, NO_VALUE))  # fmt: skip
            visit.means = ()
            self.to_lane(visit)
            return
        means = self._steady.get((direction, profile))
        if means is None:
            means = self._means(direction, profile, now)
        visit.means = means
        if log is not None:
            nothing = not means and not self.stands_open
            log.write((now, self._arrives[nothing], self._places[direction], visit.person, visit.number, NONE, NONE, NONE, NO_VALUE))  # fmt: skip
        if not means:
            visit.trouble = NO_CREDENTIAL
        if visit.held_by is not None:
            self.following.comes_to_a_held_door(visit)
        elif self.stands_open or not self.followers or not self.following.now(visit):
            self.begin(visit)

    def begin(self, visit: Visit) -> None:
        """Somebody turns to the first thing that is accepted, or to what is left; or it stands open."""
        if not self.stands_open and visit.means and visit.means[0].shown_at == "reader":
            self.to_lane(visit)
        else:
            self.go_on(visit)

    def means_of(self, visit: Visit) -> tuple[Means, ...]:
        """What somebody can show here and now."""
        if visit.direction not in self.readers:
            return ()
        known = self._steady.get((visit.direction, visit.profile))
        return self._means(visit.direction, visit.profile, self.clock._now) if known is None else known

    def _means(self, direction: str, profile: Profile, now: float) -> tuple[Means, ...]:
        """What is accepted here and now, as far as the pocket holds it; people know the rules of their compound."""
        accepted = self.policy.accepted(self.id, direction, profile.group, now)
        kit = profile.kit
        means = tuple(
            one for one in accepted if all(name in kit or name == "guard" for name in one.credentials)
        )
        if self.policy.is_steady(self.id, direction, profile.group):
            self._steady[direction, profile] = means
        return means

    def to_lane(self, visit: Visit) -> None:
        """Be served by an idle lane, or join the line."""
        direction = visit.direction
        for lane in self.idle:
            if direction in lane.open_to or self.stands_open:
                self.idle.remove(lane)
                lane.wake(visit)
                return
        if self.room is not None and self.lines[direction].waiting >= self.room:
            self.leave(visit, "full")
        else:
            self._join(visit)

    def _join(self, visit: Visit, *, front: bool = False) -> None:
        visit.rank = self._rank.get(visit.profile.group, self._last_rank)
        self.lines[visit.direction].join(visit, front=front)
        now = self.clock._now
        if self.log is not None:
            self.log.write((now, self._queues, self._places[visit.direction], visit.person, visit.number, visit.attempt, NONE, NONE, NO_VALUE))  # fmt: skip
        ways = visit.profile.ways
        if ways.patience is not None:
            if not ways.patience_over_visit:
                visit.deadline = now + seconds(ways.patience, visit)
            elif visit.deadline <= now:
                self._give_up((visit, visit.stay))
                return
            self.clock.at(visit.deadline, self._give_up, (visit, visit.stay), LATE)

    def _rejoin(self, visit: Visit, *, front: bool) -> None:
        """Back into the line; an idle lane takes them from there at once."""
        for lane in self.idle:
            if visit.direction in lane.open_to:
                self.idle.remove(lane)
                lane.wake(visit)
                return
        self._join(visit, front=front)

    def _give_up(self, who: tuple[Visit, int]) -> None:
        visit, stay = who
        if visit.stay == stay and visit.waiting:
            self.lines[visit.direction].call(visit)
            self.leave(visit, "patience")

    def leave(self, visit: Visit, reason: str) -> None:
        """Give up."""
        self.note("abandon", visit, reason=reason)
        self.world.left(visit)

    # ---- when the door says no

    def go_on(self, visit: Visit) -> None:
        """Take the next means that can be shown now; without one, whatever is left to do."""
        if self.stands_open and self.ajar is not None:
            self.ajar.take(visit)
            return
        while visit.place < len(visit.means):
            means = visit.means[visit.place]
            if means.shown_at == "reader":
                self.to_lane(visit)
                return
            post = self.guard_post()
            if post is not None:
                if post.occupies_lane:
                    self.to_lane(visit)
                else:
                    Walk(self.clock, self._at_guard(visit, means, post))
                return
            visit.place += 1
        self.resorts.next(visit)

    def denied(self, visit: Visit) -> bool:
        """After an attempt that failed. -> does the person try again on the spot?"""
        profile, now = visit.profile, self.clock._now
        ways = profile.ways
        visit.tries += 1
        visit.trouble |= DENIAL
        if self.stands_open and self.ajar is not None:
            self.ajar.take(visit)
            return False
        if ways.patience_over_visit and visit.deadline <= now:
            self.leave(visit, "patience")
            return False
        means = visit.means[visit.place]
        again = ways.retries_listed if means.credentials[visit.part] in profile.listed else ways.retries
        at_guard = means.shown_at == "guard"
        left = ways.retry_limit is None or visit.tries < ways.retry_limit
        if at_guard or not left or not again(visit):
            visit.place += 1
            visit.tries = visit.part = 0
        if visit.place >= len(visit.means):
            self.resorts.next(visit)
            return False
        until = self.controller.person_suspended_until(visit.person)
        if until > now:
            self.clock.at(until, self._lifted, visit)
            return False
        if visit.means[visit.place].shown_at == "guard":
            post = self.guard_post()
            if post is not None and post.occupies_lane:
                return True
            self.go_on(visit)
            return False
        if ways.rejoin == "stay":
            return True
        self._rejoin(visit, front=ways.rejoin == "front")
        return False

    def _lifted(self, visit: Visit) -> None:
        """A person's suspension has ended: try again."""
        self.note("resume", visit, reason="person")
        if visit.means[visit.place].shown_at == "guard":
            self.go_on(visit)
        else:
            self._rejoin(visit, front=visit.profile.ways.rejoin == "front")

    def _at_guard(self, visit: Visit, means: Means, post: GuardPost) -> Generator[Any, Any, None]:
        decision: Decision | None = yield from post.check(visit, means.credentials[visit.part], self.wicket)
        while (
            decision is not None
            and decision.outcome == "need_more"
            and visit.part + 1 < len(means.credentials)
        ):
            visit.part += 1
            decision = yield from post.check(visit, means.credentials[visit.part], self.wicket)
        if decision is not None and decision.outcome == "grant":
            yield from self.wicket.let_through(visit, "guard")
        else:
            visit.place += 1
            visit.tries = visit.part = 0
            self.go_on(visit)

    def note(
        self, event: str, visit: Visit, *, reason: str | None = None, credential: str | None = None,
        value: float = NO_VALUE,
    ) -> None:  # fmt: skip
        """Write a row of the rarer kinds."""
        log = self.log
        if log is not None:
            kind = log.kind(event, reason=reason, credential=credential)
            place = self._places[visit.direction]
            row = (self.clock._now, kind, place, visit.person, visit.number, visit.attempt, NONE, NONE, value)
            log.write(row)
