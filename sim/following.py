"""Following: who waits for somebody else to open, who walks in behind, who holds the door, who lends a credential."""

from __future__ import annotations

from bisect import insort
from collections import deque
from itertools import count
from typing import TYPE_CHECKING

from .decay import WAIT
from .door import ModelDoor, seconds
from .line import LATE
from .visit import Visit

if TYPE_CHECKING:
    from .clockwork import Entry
    from .portal import Portal

OTHER = {"in": "out", "out": "in"}
HALVINGS = 4
"""Nobody holds for people whom they would hold for with less than a sixteenth of the probability at the door."""


class Following:
    """What those who cannot or will not open by themselves make of others' openings at one portal."""

    def __init__(self, portal: Portal) -> None:
        self._portal, self._clock = portal, portal.clock
        self.aside: dict[str, deque[Visit]] = {"in": deque(), "out": deque()}
        """Those who wait for somebody else."""
        self._coming: dict[str, list[tuple[float, int, Visit, Entry]]] = {"in": [], "out": []}
        """Those on their way here, by the instant of their arrival."""
        self._order = count()

    # ---- on the way

    def expect(self, visit: Visit, at: float, entry: Entry) -> None:
        """Somebody is on the way and will arrive at `at`, as `entry` of the calendar says."""
        if self._portal.followers and visit.direction in self._portal.readers:
            coming, now = self._coming[visit.direction], self._clock._now
            while coming and coming[0][0] <= now:
                del coming[0]
            insort(coming, (at, next(self._order), visit, entry))

    def _hold_for(self, door: ModelDoor, opener: Visit) -> None:
        """Hold the door for people on their way, the nearest first, until it is too long for one; they hurry.

        Nearer ones more often, and longer for two than for one: Santamaria and Rosenbaum 2011, doi 10.1177/0956797611406444.
        """
        ways, now, coming = opener.profile.ways, self._clock._now, self._coming[opener.direction]
        likely = self._portal.share(ways.hold, opener)
        while coming and coming[0][0] <= now:
            del coming[0]
        if likely <= 0.0 or not coming:
            return
        reach = HALVINGS * ways.hold_halves_every
        near = [
            one for one in coming[:8] if one[0] - now <= reach and self._portal.may_follow(opener, one[2])
        ]
        longer = ways.hold_longer_for_two if len(near) > 1 else 1.0
        for one in near:
            at, _, visit, entry = one
            visit.chances += 1
            if visit.profile.ways.held(visit) >= likely * 0.5 ** (
                (at - now) / (ways.hold_halves_every * longer)
            ):
                return
            coming.remove(one)
            entry.cancel()
            at = now + (at - now) / visit.profile.ways.hurry
            visit.held_by = door
            door.hold(at)
            self._clock.at(at, self._portal.arrive, visit)

    # ---- beside the door

    def wait(self, visit: Visit) -> None:
        """Stand aside until somebody opens, or hope ends."""
        if self.now(visit):
            return
        visit.stay += 1
        self.aside[visit.direction].append(visit)
        visit.trouble |= WAIT
        self._portal.note("wait_other", visit)
        hope = seconds(visit.profile.ways.hope, visit)
        self._clock.at(self._clock._now + hope, self._hope_ends, (visit, visit.stay), LATE)

    def _hope_ends(self, who: tuple[Visit, int]) -> None:
        visit, stay = who
        if visit.stay == stay and visit in self.aside[visit.direction]:
            self.aside[visit.direction].remove(visit)
            visit.stay += 1
            self._portal.resorts.next(visit, "hope")

    def now(self, visit: Visit) -> bool:
        """Walk in through a door that stands open beside one, if one would."""
        now, direction = self._clock._now, visit.direction
        for door in self._portal.doors:
            opener = door.opener
            if opener is None or not door.passable(now) or not self._portal.may_follow(opener, visit):
                continue
            if door.direction == direction:
                if self._follows(visit):
                    self._walk_in(door, visit, "piggyback" if self._is_held(opener, visit) else "tailgate")
                    return True
            elif self._slips(visit):
                self._walk_in(door, visit, "reverse")
                return True
        return False

    def _follows(self, visit: Visit) -> bool:
        ways = visit.profile.ways
        if visit.place < len(visit.means):
            if visit.follows is None:
                likely = self._portal.share(ways.follow_with, visit)
                visit.follows = likely > 0.0 and ways.chance(visit) < likely
            return visit.follows
        visit.chances += 1
        likely = self._portal.share(ways.follow_without, visit)
        return likely > 0.0 and ways.chance(visit) < likely

    def _slips(self, visit: Visit) -> bool:
        """Through the door as somebody comes the other way? Only those whom nothing else opens."""
        if visit.place < len(visit.means):
            return False
        visit.chances += 1
        likely = self._portal.share(visit.profile.ways.reverse, visit)
        return likely > 0.0 and visit.profile.ways.chance(visit) < likely

    def _is_held(self, opener: Visit, visit: Visit) -> bool:
        likely = self._portal.share(opener.profile.ways.hold, opener)
        return likely > 0.0 and visit.profile.ways.held(visit) < likely

    # ---- somebody opens

    def opened(self, door: ModelDoor, opener: Visit) -> None:
        """Somebody has opened and gone through: those who wait may follow, those who come may be held for."""
        portal, direction = self._portal, opener.direction
        if portal.stands_open:
            return
        if direction in portal.readers:
            if self.aside[direction]:
                self._those_aside(door, opener)
            line = portal.lines[direction]
            while line.waiting:
                first = line.first()
                if first is None or not portal.may_follow(opener, first) or not self._follows(first):
                    break
                way = self._way(door, opener, first)
                if way is None:
                    break
                line.call(first)
                self._walk_in(door, first, way)
            if self._coming[direction]:
                self._hold_for(door, opener)
        other = OTHER[direction]
        if self.aside[other] and other in portal.readers:
            for visit in list(self.aside[other]):
                if self._slips(visit) and door.passable(max(self._clock._now, door.clear_at)):
                    self.aside[other].remove(visit)
                    self._walk_in(door, visit, "reverse")

    def _those_aside(self, door: ModelDoor, opener: Visit) -> None:
        waiting = self.aside[opener.direction]
        for visit in list(waiting):
            if self._portal.may_follow(opener, visit) and self._follows(visit):
                way = self._way(door, opener, visit)
                if way is not None:
                    waiting.remove(visit)
                    self._walk_in(door, visit, way)

    def _way(self, door: ModelDoor, opener: Visit, visit: Visit) -> str | None:
        """How one would come in behind; None: the door is shut by then."""
        if self._is_held(opener, visit):
            return "piggyback"
        return "tailgate" if door.passable(max(self._clock._now, door.clear_at)) else None

    def _walk_in(self, door: ModelDoor, visit: Visit, way: str) -> None:
        visit.stay += 1
        door.follow(visit, way, seconds(visit.profile.ways.headway, visit))

    def comes_to_a_held_door(self, visit: Visit) -> None:
        """Somebody arrives for whom a door was held."""
        door, visit.held_by = visit.held_by, None
        assert door is not None
        door.let_go()
        self._walk_in(door, visit, "piggyback")

    # ---- lending

    def borrower(self, opener: Visit) -> Visit | None:
        """Somebody who waits beside an opener and for whom the opener presents the own credential once more."""
        likely = self._portal.share(opener.profile.ways.lend, opener)
        if likely <= 0.0:
            return None
        for visit in self.aside[opener.direction]:
            visit.chances += 1
            if visit.profile.ways.lent(visit) < likely and self._portal.may_follow(opener, visit):
                self.aside[opener.direction].remove(visit)
                visit.stay += 1
                return visit
        return None
