"""Soaking: the same passage again and again, for defects that show now and then."""

from __future__ import annotations

import math
from collections.abc import Iterator

from .plan import WalkPlan
from .rows import Row
from .steps import Lift, Step, Wait

EACH = 25
"""Passages of a row: after each row the log is read."""


def planned(rate: float, miss: float = 0.05) -> int:
    """How many occasions it takes to see a defect of this rate with a probability of 1 - `miss`. ValueError unless
    0 < rate < 1."""
    if not 0 < rate < 1:
        raise ValueError(f"a rate of {rate:g} cannot be planned for: it must lie between 0 and 1")
    return math.ceil(math.log(miss) / math.log(1 - rate))


def soak_rows(plan: WalkPlan, count: int) -> Iterator[Row]:
    """Rows with so many presentations in all. Who passes changes from one to the next."""
    probes = plan.probes()
    shown: list[Step] = []
    for direction in probes.directions:
        for group, kind in probes.granted(direction, plan.begin):
            shown += [probes.show(direction, group, kind, nth) for nth in (0, 1)]
    if not shown:
        return
    rest = Wait(max(plan.times.unlock, 0.2) / 2)
    for number in range(math.ceil(count / EACH)):
        some = [shown[(number * EACH + n) % len(shown)] for n in range(min(EACH, count - number * EACH))]
        steps: list[Step] = []
        for one in some:
            steps += [one, rest]
        people = sorted({one.person for one in some if hasattr(one, "person")})
        yield Row(
            f"soak-{number + 1}",
            f"passages {number * EACH + 1} to {number * EACH + len(some)}",
            (*steps, *map(Lift, people)),
        )
