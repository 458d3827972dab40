"""The port of a replay: nothing goes out, but what would must be what went out in the live run."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import BenchError, shown
from .port.events import Expired, Sent
from .port.line import SafeOrder
from .transcript import Recording


class Differs(BenchError):
    """The replay does something else than the live run did."""

    advice = "replay with the version, the scenario and the policy of the live run"


class ReplayedPort:
    """Stands for a Port towards doors and drivers."""

    def __init__(self, recording: Recording, resource: str, *, orders: int = 0) -> None:
        """`orders`: how many orders the live run had given before the world began."""
        self.resource = resource
        self._given = {
            event.order: event.data
            for event in recording.events(resource)
            if isinstance(event, (Sent, Expired)) and event.order > 0
        }
        self._order = orders

    def send(self, data: bytes, *, at: int = 0, before: int = 0) -> int:
        """Compare with the live run's order; its number.

        Raises: Differs. An order of which the live run did not learn whether it went out is not compared.
        """
        self._order += 1
        then = self._given.get(self._order, data)
        if then != data:
            raise Differs(
                f"order {self._order} was {shown(then)} in the live run", resource=self.resource, sent=data
            )
        return self._order

    def arm(self, safe: Sequence[SafeOrder]) -> None:
        """Nothing to make safe."""
