"""How many people a silhouette holds: at least so many, how surely, and how likely there are more.

People side by side or in step merge into one silhouette, and a camera that counts silhouettes counts too few: that is just
what a follower is. So a count is a lower bound with its confidence, never a number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PRIOR = (0.75, 0.19, 0.05, 0.01)
"""Of one, two, three, four people in a silhouette, before its area is known. Assumed."""
SHRINK = 0.9
"""n people cover n ** SHRINK times the area of one, as they hide each other. Assumed; benchmarks/camera_people.py tries it."""
SPREAD = 0.25
"""Standard deviation of the logarithm of a person's area: coats, bags, arms. Least that is assumed, even where fewer was seen."""
CAP = 4.0
"""The most that an area says for one person more or fewer, as logarithm of a ratio of chances. Assumed."""
UNKNOWN = 0.5
"""The same where no person has been seen alone yet and none was configured."""


@dataclass(frozen=True, slots=True)
class Count:
    """People: `at_least` so many with `confidence`, and with probability `more` there were more than that."""

    at_least: int
    confidence: float
    more: float

    def __str__(self) -> str:
        people = "person" if self.at_least == 1 else "people"
        return f"≥ {self.at_least} {people}, confidence {self.confidence:.2f}; more: {self.more:.2f}"


def count(area: float, single: float | None, spread: float, tracks: int, surely: float) -> Count:
    """People in a silhouette of an area, px², where one person has the area `single` (None: unknown), with that spread of its
    logarithm, and `tracks` people were seen to go into it or to come out. `surely`: how surely it is anybody."""
    chances = list(PRIOR)
    if single is not None and single > 0 and area > 0:
        width = max(spread, SPREAD)
        told = 0.0
        for n in range(2, len(chances) + 1):
            # Of two normals of one width, one people apart: linear in the logarithm of the area, so more area is never fewer
            # people. Capped: an open umbrella must not make a pair certain.
            apart = SHRINK * math.log(n / (n - 1)) / width
            z = (math.log(area / single) - SHRINK * math.log(n * (n - 1)) / 2) / width
            told += min(CAP, max(-CAP, apart * z))
            chances[n - 1] *= math.exp(told)
    for n in range(1, len(chances) + 1):
        if n < tracks:  # so many were seen; fewer only if one was split by mistake
            chances[n - 1] *= 0.05 ** (tracks - n)
    total = sum(chances)
    chances = [one / total for one in chances]
    upwards = [sum(chances[n:]) for n in range(len(chances))]
    at_least = max(
        [1] + [n for n in range(1, len(chances) + 1) if upwards[n - 1] >= (0.5 if n <= tracks else 0.9)]
    )
    over = sum(chances[at_least:])
    return Count(at_least, surely * upwards[at_least - 1], surely * over)


def together(counts: list[Count]) -> Count:
    """The sum of several counts, as if independent of each other."""
    if not counts:
        return Count(0, 1.0, 0.0)
    confidence = math.prod(one.confidence for one in counts)
    none_more = math.prod(1.0 - one.more for one in counts)
    return Count(sum(one.at_least for one in counts), confidence, 1.0 - none_more)
