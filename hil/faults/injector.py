"""What every injector is: a fault that is done in the bench's calendar, and never taken for done because it was ordered."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from ..errors import BenchError, DeviceError
from ..realtime import BenchClockwork

Going = Generator[Any, Any, Any]
LOOK = 0.05
"""Seconds between two looks whether it is on, or off again."""


class NotInjected(BenchError):
    """A fault was ordered, and is not there when it is read back. What the device did then proves nothing of it."""

    advice = (
        "look at the instrument that does it: cables, limits, protection; `gatebench rig check` tests each"
    )


class NotHealed(BenchError):
    """A fault was ended, and is still there when it is read back. The run ends in its safe state."""

    advice = "undo it by hand; look at the instrument that does it"


class Injector:
    """One fault on this rig. A subclass says how it is done, undone, and seen."""

    appears_as: str | None = None
    """The policy's word for it; None: the policy cannot speak of it."""
    begins_as: str | None = None
    """What it is in the policy's words until it has begun, if that is something else."""
    noticed = 1.0
    """Seconds that the device under test may take to notice it, and to notice its end."""
    skews_clock = False
    """Does the device's log show another time meanwhile, on purpose?"""
    loses_events = False
    """May the device's log have lost events after it, on purpose?"""
    mutes_line = False
    """Do the rig's readers see no polls meanwhile?"""
    disturbs = False
    """May single answers be late or missing meanwhile, without fault of the device?"""

    def __init__(self, clock: BenchClockwork, resource: str) -> None:
        self.clock, self.resource = clock, resource
        self.parameters: Mapping[str, float] = {}

    def begin(self, where: str | None, parameters: Mapping[str, float]) -> Going:
        """Do it, and see that it is there. Raises: NotInjected; NotTested where this place or size cannot be done."""
        self.parameters = parameters
        yield from self.on(where)
        if not (yield from self._until(lambda: self.is_on(), True)):
            yield from self.off()  # what came too late, or cannot be seen, must not stay behind either
            raise NotInjected(
                f"{type(self).__name__}: it was ordered, and is not there {self.noticed:g} s later",
                resource=self.resource,
            )

    def end(self) -> Going:
        """Undo it, and see that it has gone. Raises: NotHealed."""
        try:
            yield from self.off()
            gone = yield from self._until(lambda: self.is_on(), False)
        except DeviceError as error:
            raise NotHealed(f"{type(self).__name__}: {error}", resource=self.resource) from error
        if not gone:
            raise NotHealed(
                f"{type(self).__name__}: it was ended, and is still there {self.noticed:g} s later",
                resource=self.resource,
            )

    # ---- a subclass's

    def on(self, where: str | None) -> Going:
        """Order it."""
        raise NotImplementedError

    def off(self) -> Going:
        """Order its end."""
        raise NotImplementedError

    def is_on(self) -> Going:
        """Read back: True, False; by something else than what was ordered."""
        raise NotImplementedError

    # ---- inside

    def _until(self, ask: Callable[[], Going], wanted: bool) -> Going:
        until = self.clock.now + self.noticed + 1.0
        while True:
            found = yield from ask()
            if found is wanted:
                return True
            if self.clock.now > until:
                return False
            yield LOOK
