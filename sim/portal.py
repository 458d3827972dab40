"""A portal: who waits there, who is next, who follows, and what people do when the door says no."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

from ..scenarios.policy.engine import Decision, Means
from .door import ModelDoor
from .lane import Lane
from .line import Line
from .visit import Visit

if TYPE_CHECKING:
    from .clockwork import Clockwork
    from .controller import Controller
    from .guard import GuardPost
    from .world import World

LATE = 2
"""Behind what else happens at that instant: who is called at the very moment of giving up is served."""
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
        rearm: Callable[[Visit], float],
        controller: Controller,
        record: Callable[[tuple[object, ...]], None] | None,
    ) -> None:
        self.clock, self.world, self.id = clock, world, id
        self.readers, self.room, self.followers, self.rearm = readers, room, followers, rearm
        self.controller, self.record = controller, record
        self._rank = priority
        classes = len(set(priority.values())) + 1
        self._last_rank = classes - 1
        self.lines = {"in": Line(classes), "out": Line(classes)}
        self.aside: dict[str, deque[Visit]] = {"in": deque(), "out": deque()}
        """Those who wait to follow somebody."""
        self.idle: deque[Lane] = deque()
        self.doors: list[ModelDoor] = []
        self.wicket: ModelDoor | None = None
        """The guard's own door beside the lanes."""
        self._post: GuardPost | None = None
        self._cycles = 0

    def equip(self, lanes: list[tuple[ModelDoor, tuple[str, ...]]], wicket: ModelDoor, post: GuardPost | None) -> None:
        """Give it its lanes (door and directions), the guard's wicket and the guard."""
        self.doors = [door for door, _ in lanes]
        self.wicket, self._post = wicket, post
        for number, (door, directions) in enumerate(lanes):
            Lane(self.clock, self, number, door, directions)

    def next_cycle(self) -> int:
        """Number of the next unlock-to-relock cycle."""
        self._cycles += 1
        return self._cycles - 1

    def guard_post(self) -> GuardPost:
        assert self._post is not None
        return self._post

    # ---- coming and waiting

    def arrive(self, visit: Visit) -> None:
        """Somebody comes to pass."""
        visit.rank = self._rank.get(visit.person.group, self._last_rank)
        direction = visit.direction
        if direction in self.readers:
            visit.means = self.controller.usable(self.id, direction, visit.person.group, visit.journey.kit, visit.arrived)
            if self.record is not None:
                self._row("arrive", visit, None if visit.means else "no-credential")
            ways = visit.person.ways
            if ways.patience is not None and ways.patience_over_visit:
                visit.deadline = visit.arrived + ways.patience(visit)
            if self.followers and self._follow_now(visit):
                return
            self._go_on(visit)
        else:
            if self.record is not None:
                self._row("arrive", visit, None)
            self._to_lane(visit)

    def _to_lane(self, visit: Visit) -> None:
        direction = visit.direction
        for lane in self.idle:
            if lane.serves(direction):
                self.idle.remove(lane)
                lane.wake(visit)
                return
        if self.room is not None and self.lines[direction].waiting >= self.room:
            self._leave(visit, "full")
        else:
            self._join(visit)

    def _join(self, visit: Visit, *, front: bool = False) -> None:
        self.lines[visit.direction].join(visit, front=front)
        if self.record is not None:
            self._row("queue", visit, None)
        ways = visit.person.ways
        if ways.patience is not None:
            if ways.patience_over_visit:
                if visit.deadline <= self.clock._now:
                    self._give_up((visit, visit.stay))
                    return
            else:
                visit.deadline = self.clock._now + ways.patience(visit)
            self.clock.at(visit.deadline, self._give_up, (visit, visit.stay), LATE)

    def _rejoin(self, visit: Visit, *, front: bool) -> None:
        """Back into the line; an idle lane takes them from there at once."""
        for lane in self.idle:
            if lane.serves(visit.direction):
                self.idle.remove(lane)
                lane.wake(visit)
                return
        self._join(visit, front=front)

    def _give_up(self, who: tuple[Visit, int]) -> None:
        visit, stay = who
        if visit.waiting and visit.stay == stay:
            self.lines[visit.direction].call(visit)
            self._leave(visit, "patience")

    def _leave(self, visit: Visit, reason: str) -> None:
        if self.record is not None:
            self._row("abandon", visit, reason)
        self.world.left(visit)

    # ---- when the door says no

    def _go_on(self, visit: Visit) -> None:
        """Take the next means that can be shown now; without one, whatever is left to do."""
        now = self.clock._now
        while visit.place < len(visit.means):
            means = visit.means[visit.place]
            if means.shown_at != "guard":
                self._to_lane(visit)
                return
            if self._post is not None and self.controller.on_duty(self.id, now):
                if self._post.occupies_lane:
                    self._to_lane(visit)
                else:
                    self.clock.process(self._at_guard(visit, means))
                return
            visit.place += 1
        self._resort(visit)

    def denied(self, visit: Visit, decision: Decision | None) -> bool:
        """After an attempt that failed (None: no sample was had). -> does the person try again on the spot?"""
        ways = visit.person.ways
        now = self.clock._now
        visit.tries += 1
        if ways.patience is not None and ways.patience_over_visit and visit.deadline <= now:
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
        until = self.controller.person_suspended_until(visit.person.number)
        if until > now:
            self.clock.at(until, self._lifted, visit)
            return False
        if visit.means[visit.place].shown_at == "guard":
            if self._post is not None and self._post.occupies_lane and self.controller.on_duty(self.id, now):
                return True
            self._go_on(visit)
            return False
        if ways.rejoin == "stay":
            return True
        self._rejoin(visit, front=ways.rejoin == "front")
        return False

    def suspended(self, lane: Lane, visit: Visit, decision: Decision) -> None:
        """A denial has suspended somebody or something."""
        assert decision.suspends is not None
        subject, until = decision.suspends
        if subject == self.controller.reader(self.id, visit.direction, lane.number):
            lane.pause(visit.direction, until)

    def resumed(self, lane: int, direction: str) -> None:
        if self.record is not None:
            self.record((
                self.clock._now, "resume", self.id, lane, direction, -1, -1, -1, -1, None, None, None, None, -1, None,
            ))  # fmt: skip

    def _lifted(self, visit: Visit) -> None:
        """A person's suspension has ended: try again."""
        if self.record is not None:
            self._row("resume", visit, None)
        if visit.means[visit.place].shown_at == "guard":
            self._go_on(visit)
        else:
            self._rejoin(visit, front=visit.person.ways.rejoin == "front")

    def _resort(self, visit: Visit) -> None:
        """Every accepted means has failed, or there was none."""
        asked = any(means.shown_at == "guard" for means in visit.means)
        for resort in visit.person.ways.resorts:
            if resort == "guard" and not asked and self._post is not None and self.controller.on_duty(self.id, self.clock._now):
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

    def _at_guard(self, visit: Visit, means: Means) -> Generator[Any, Any, None]:
        assert self._post is not None and self.wicket is not None
        decision: Decision = yield from self._post.check(visit, means.credentials[visit.part], len(self.doors))
        if decision.outcome == "grant":
            yield from self.wicket.let_through(visit, "guard")
        elif decision.outcome == "need_more" and visit.part + 1 < len(means.credentials):
            visit.part += 1
            yield from self._at_guard(visit, means)
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
        if self.record is not None:
            self._row("wait_other", visit, None)
        self.clock.at(self.clock._now + visit.person.ways.hope(visit), self._hope_ends, (visit, visit.stay), LATE)

    def _hope_ends(self, who: tuple[Visit, int]) -> None:
        visit, stay = who
        waiting = self.aside[visit.direction]
        if visit.stay == stay and visit in waiting:
            waiting.remove(visit)
            self._leave(visit, "hope")

    def _follow_now(self, visit: Visit) -> bool:
        """Walk in through a door that stands unlocked beside one, if one would."""
        now, direction = self.clock._now, visit.direction
        for door in self.doors:
            if door.direction == direction and door.passable(now) and self._follows(visit):
                ways = visit.person.ways
                held = door.opener is not None and ways.held(visit) < door.opener.person.ways.hold
                door.follow(visit, "piggyback" if held else "tailgate", ways.headway(visit))
                return True
        return False

    def _follows(self, visit: Visit) -> bool:
        ways = visit.person.ways
        if visit.place < len(visit.means):
            if visit.follows is None:
                visit.follows = ways.follow_with > 0.0 and ways.chance(visit) < ways.follow_with
            return visit.follows
        visit.chances += 1
        return ways.follow_without > 0.0 and ways.chance(visit) < ways.follow_without

    def opened(self, door: ModelDoor, opener: Visit) -> None:
        """Somebody has opened and gone through: those who wait may follow."""
        if not self.followers:
            return
        direction = opener.direction
        waiting = self.aside[direction]
        if waiting and direction in self.readers:
            for visit in list(waiting):
                if self._follows(visit) and self._walk_in(door, opener, visit):
                    waiting.remove(visit)
        line = self.lines[direction]
        while line.waiting and direction in self.readers:
            first = line.first()
            if first is None or not self._follows(first) or not self._walk_in(door, opener, first):
                break
            line.call(first)

    def _walk_in(self, door: ModelDoor, opener: Visit, visit: Visit) -> bool:
        ways = visit.person.ways
        held = ways.held(visit) < opener.person.ways.hold
        if not held and not door.passable(max(self.clock._now, door.clear_at)):
            return False
        visit.stay += 1
        door.follow(visit, "piggyback" if held else "tailgate", ways.headway(visit))
        return True

    def passed(self, visit: Visit) -> None:
        self.world.passed(visit)

    def _row(self, event: str, visit: Visit, reason: str | None) -> None:
        self.record((  # type: ignore[misc]
            self.clock._now, event, self.id, -1, visit.direction, visit.person.number, visit.number, visit.attempt, -1, None,
            None, reason, None, -1, None,
        ))  # fmt: skip
