"""A waiting line: first come first served within a priority class, never interrupting anybody."""

from __future__ import annotations

from collections import deque
from itertools import count

from .visit import Visit

LATE = 2
"""Behind what else happens at an instant: who is called at the very moment of giving up is served."""


class Turns:
    """Who joined before whom, over all lines of a portal: lanes that serve both directions take the first of either."""

    def __init__(self) -> None:
        self.back = count(1)
        self.front = count(-1, -1)


class Line:
    """Those who wait to pass a portal one way.

    Whoever gives up stays in the deque until met there, for removing from the middle would cost a search. An entry
    carries the number of the stay that it stands for: a visit goes on to other lines and must not be met here again.
    """

    __slots__ = ("_classes", "_turns", "waiting")

    def __init__(self, classes: int, turns: Turns) -> None:
        """`turns` are shared by the lines whose people the same lanes serve."""
        self._turns = turns
        self._classes: tuple[deque[tuple[Visit, int]], ...] = tuple(deque() for _ in range(classes))
        self.waiting = 0

    def join(self, visit: Visit, *, front: bool = False) -> None:
        """Wait at the back of one's class, or at its front."""
        visit.waiting = True
        visit.stay += 1
        self.waiting += 1
        if front:
            visit.joined = next(self._turns.front)
            self._classes[visit.rank].appendleft((visit, visit.stay))
        else:
            visit.joined = next(self._turns.back)
            self._classes[visit.rank].append((visit, visit.stay))

    def first(self) -> Visit | None:
        """Who is next, without calling them."""
        for line in self._classes:
            while line:
                visit, stay = line[0]
                if visit.stay == stay and visit.waiting:
                    return visit
                line.popleft()
        return None

    def call(self, visit: Visit) -> None:
        """Take somebody out who waits: to be served, or to give up."""
        visit.waiting = False
        self.waiting -= 1
