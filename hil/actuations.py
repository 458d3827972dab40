"""A budget of relay actuations: relays and locks wear out, and a run that goes astray must not wear them out overnight."""

from __future__ import annotations

from .errors import BenchError


class ActuationsSpent(BenchError):
    """The next actuation would exceed the run's budget; it was not made."""

    advice = "raise `actuations:` in the rig file if the run is to be so long"


class Actuations:
    """What a run may still cost."""

    def __init__(self, limit: int) -> None:
        """ValueError for a limit below 0."""
        if limit < 0:
            raise ValueError(f"no budget of {limit} actuations")
        self.limit, self.spent = limit, 0

    def spend(self, count: int = 1) -> None:
        """Count actuations before they are made. Raises: ActuationsSpent, and counts nothing then."""
        if self.spent + count > self.limit:
            raise ActuationsSpent(f"the budget of {self.limit} relay actuations is spent")
        self.spent += count
