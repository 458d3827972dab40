"""A portal: who waits there, who is next, who follows, and what people do when the door says no."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..scenarios.policy.engine import Decision, Guard, Means, Policy
from .clockwork import Walk
from .door import ModelDoor, Timing, seconds
from .lane import Lane
from .line import LATE, Line, Turns
from .log import NO_VALUE, NONE, EventLog
from .visit import Profile, Visit

if TYPE_CHECKING:
    from .clockwork import Clockwork
    from .controller import Controller
    from .guard import GuardPost
    from .world import World

THE_GUARD = Means(("guard",), "guard")


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
        rearm: Timing,
        controller: Controller,
        log: EventLog | None,
    ) -> None:
        self.clock, self.world, self.id = clock, world, id
        self.readers, self.room, self.followers, self.rearm = readers, room, followers, rearm
        self.controller, self.log = controller, log
        self.policy: Policy = controller.policy
        self._rank = priority
        self._last_rank = len(set(priority.values()))
        turns = Turns()
        self.lines = {direction: Line(self._last_rank + 1, turns) for direction in ("in", "out")}
        self._steady: dict[tuple[str, Profile], tuple[Means, ...]] = {}
        """What people of a profile can show here, where that is the same at all times."""
        self.aside: dict[str, deque[Visit]] = {"in": deque(), "out": deque()}
        """Those who wait to follow somebody."""
        self.idle: list[Lane] = []
        self.doors: list[ModelDoor] = []
        self._wicket: ModelDoor | None = None
        """The guard's own door beside the lanes."""
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
    ) -> None:
        """Give it its lanes (door and directions), the guards' wicket and the guards by duty."""
        self.doors = [door for door, _ in lanes]
        self._wicket, self._posts = wicket, posts
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

    # ---- coming and waiting

    def arrive(self, visit: Visit) -> None:
        """Somebody comes to pass."""
        visit.arrived = now = self.clock._now
        visit.attempt = -1
        visit.place = visit.part = visit.tries = visit.chances = 0
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
            self._to_lane(visit)
            return
        means = self._steady.get((direction, profile))
        if means is None:
            means = self._means(direction, profile, now)
        visit.means = means
        if log is not None:
            log.write((now, self._arrives[not means], self._places[direction], visit.person, visit.number, NONE, NONE, NONE, NO_VALUE))  # fmt: skip
        if self.followers and self._follow_now(visit):
            return
        if means and means[0].shown_at == "reader":
            self._to_lane(visit)
        else:
            self._go_on(visit)

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

    def _to_lane(self, visit: Visit) -> None:
        direction = visit.direction
        for lane in self.idle:
            if direction in lane.open_to:
                self.idle.remove(lane)
                lane.wake(visit)
                return
        if self.room is not None and self.lines[direction].waiting >= self.room:
            self._leave(visit, "full")
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
            self._leave(visit, "patience")

    def _leave(self, visit: Visit, reason: str) -> None:
        self._note("abandon", visit, reason)
        self.world.left(visit)

    # ---- when the door says no

    def _go_on(self, visit: Visit) -> None:
        """Take the next means that can be shown now; without one, whatever is left to do."""
        while visit.place < len(visit.means):
            means = visit.means[visit.place]
            if means.shown_at == "reader":
                self._to_lane(visit)
                return
            post = self.guard_post()
            if post is not None:
                if post.occupies_lane:
                    self._to_lane(visit)
                else:
                    Walk(self.clock, self._at_guard(visit, means, post))
                return
            visit.place += 1
        self._resort(visit)

    def denied(self, visit: Visit) -> bool:
        """After an attempt that failed. -> does the person try again on the spot?"""
        ways, now = visit.profile.ways, self.clock._now
        visit.tries += 1
        if ways.patience_over_visit and visit.deadline <= now:
            self._leave(visit, "patience")
            return False
        at_guard = visit.means[visit.place].shown_at == "guard"
        left = ways.retry_limit is None or visit.tries < ways.retry_limit
        if at_guard or not left or not ways.retries(visit):
            visit.place += 1
            visit.tries = visit.part = 0
        if visit.place >= len(visit.means):
            self._resort(visit)
            return False
        until = self.controller.person_suspended_until(visit.person)
        if until > now:
            self.clock.at(until, self._lifted, visit)
            return False
        if visit.means[visit.place].shown_at == "guard":
            post = self.guard_post()
            if post is not None and post.occupies_lane:
                return True
            self._go_on(visit)
            return False
        if ways.rejoin == "stay":
            return True
        self._rejoin(visit, front=ways.rejoin == "front")
        return False

    def _lifted(self, visit: Visit) -> None:
        """A person's suspension has ended: try again."""
        self._note("resume", visit, "person")
        if visit.means[visit.place].shown_at == "guard":
            self._go_on(visit)
        else:
            self._rejoin(visit, front=visit.profile.ways.rejoin == "front")

    def _resort(self, visit: Visit) -> None:
        """Every accepted means has failed, or there was none."""
        asked = any(means.shown_at == "guard" for means in visit.means)
        for resort in visit.profile.ways.resorts:
            if resort == "guard" and not asked and self.guard_post() is not None:
                visit.means = (*visit.means, THE_GUARD)
                visit.place = len(visit.means) - 1
                self._go_on(visit)
                return
            if resort == "follow" and self.followers:
                self._wait_aside(visit)
                return
            if resort == "leave":
                break
        self._leave(visit, "denied" if visit.attempt >= 0 else "no-credential")

    def _at_guard(self, visit: Visit, means: Means, post: GuardPost) -> Generator[Any, Any, None]:
        assert self._wicket is not None
        decision: Decision | None = yield from post.check(visit, means.credentials[visit.part], self._wicket)
        while (
            decision is not None
            and decision.outcome == "need_more"
            and visit.part + 1 < len(means.credentials)
        ):
            visit.part += 1
            decision = yield from post.check(visit, means.credentials[visit.part], self._wicket)
        if decision is not None and decision.outcome == "grant":
            yield from self._wicket.let_through(visit, "guard")
        else:
            visit.place += 1
            visit.tries = visit.part = 0
            self._go_on(visit)

    # ---- following

    def _wait_aside(self, visit: Visit) -> None:
        if self._follow_now(visit):
            return
        visit.stay += 1
        self.aside[visit.direction].append(visit)
        self._note("wait_other", visit, None)
        hope = seconds(visit.profile.ways.hope, visit)
        self.clock.at(self.clock._now + hope, self._hope_ends, (visit, visit.stay), LATE)

    def _hope_ends(self, who: tuple[Visit, int]) -> None:
        visit, stay = who
        if visit.stay == stay and visit in self.aside[visit.direction]:
            self.aside[visit.direction].remove(visit)
            self._leave(visit, "hope")

    def _follow_now(self, visit: Visit) -> bool:
        """Walk in through a door that stands unlocked beside one, if one would."""
        now, direction = self.clock._now, visit.direction
        for door in self.doors:
            if (
                door.direction == direction
                and door.opener is not None
                and door.passable(now)
                and self._follows(visit)
            ):
                self._walk_in(door, visit, self._is_held(door.opener, visit))
                return True
        return False

    def _follows(self, visit: Visit) -> bool:
        ways = visit.profile.ways
        if visit.place < len(visit.means):
            if visit.follows is None:
                visit.follows = ways.follow_with > 0.0 and ways.chance(visit) < ways.follow_with
            return visit.follows
        visit.chances += 1
        return ways.follow_without > 0.0 and ways.chance(visit) < ways.follow_without

    @staticmethod
    def _is_held(opener: Visit, visit: Visit) -> bool:
        hold = opener.profile.ways.hold
        return hold > 0.0 and visit.profile.ways.held(visit) < hold

    def opened(self, door: ModelDoor, opener: Visit) -> None:
        """Somebody has opened and gone through: those who wait may follow."""
        direction = opener.direction
        if direction not in self.readers:
            return
        waiting = self.aside[direction]
        if waiting:
            for visit in list(waiting):
                if self._follows(visit) and self._walks_in_behind(door, opener, visit):
                    waiting.remove(visit)
        line = self.lines[direction]
        while line.waiting:
            first = line.first()
            if first is None or not self._follows(first) or not self._can_walk_in(door, opener, first):
                break
            line.call(first)
            self._walk_in(door, first, self._is_held(opener, first))

    def _can_walk_in(self, door: ModelDoor, opener: Visit, visit: Visit) -> bool:
        return self._is_held(opener, visit) or door.passable(max(self.clock._now, door.clear_at))

    def _walks_in_behind(self, door: ModelDoor, opener: Visit, visit: Visit) -> bool:
        if not self._can_walk_in(door, opener, visit):
            return False
        self._walk_in(door, visit, self._is_held(opener, visit))
        return True

    def _walk_in(self, door: ModelDoor, visit: Visit, held: bool) -> None:
        visit.stay += 1
        door.follow(visit, "piggyback" if held else "tailgate", seconds(visit.profile.ways.headway, visit))

    def _note(self, event: str, visit: Visit, reason: str | None) -> None:
        log = self.log
        if log is not None:
            place = self._places[visit.direction]
            kind = log.kind(event, reason=reason)
            log.write(
                (
                    self.clock._now,
                    kind,
                    place,
                    visit.person,
                    visit.number,
                    visit.attempt,
                    NONE,
                    NONE,
                    NO_VALUE,
                )
            )
