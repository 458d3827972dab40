"""The I/O box's clock on the host's: joined at the start, and again while the run lasts, for no two clocks run alike."""

from __future__ import annotations

AGAIN = 2_000_000_000
"""ns after which the box is asked again."""
RATE = 50
"""Parts in a million by which the box's clock may be fast or slow: a common crystal."""


class BoxClock:
    """Keeps the join that bounds the present best. All times: ns."""

    def __init__(self) -> None:
        self._offset = self._bound = self._since = 0
        self.known = False
        self.asked = 0
        """When the box was asked last, by the host's clock."""

    def answered(self, box: int, sent: int, got: int) -> None:
        """The box said its time between two instants of the host: it is told within half of that."""
        bound = (got - sent) // 2
        if not self.known or bound < self._bound + self._drift(box):
            self._offset, self._bound, self._since, self.known = (got + sent) // 2 - box, bound, box, True

    def is_old(self, now: int) -> bool:
        """Should the box be asked again?"""
        return self.known and now - self.asked > AGAIN

    def host(self, box: int) -> tuple[int, int]:
        """The host's time of an instant of the box, and the bound of its error: half a round trip, and what the box may have
        drifted since. Only when it is `known`."""
        return box + self._offset, self._bound + self._drift(box)

    def _drift(self, box: int) -> int:
        return abs(box - self._since) * RATE // 1_000_000
