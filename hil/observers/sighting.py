"""What an observer says: an event with its time and uncertainty; or, where it cannot tell, the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..camera.frame import Frame


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event that was seen."""

    observer: str
    """Name of the observer as the rig file has it."""
    event: str
    """Such as `lamp_on`, `lamp_off`, `leaf_moved`, `leaf_open`, `leaf_closed`, `screen`, `crossing`."""
    t: float
    """s, on the clock of the frames."""
    u: float
    """s: standard uncertainty of `t`; ± 2 u is meant to hold at least 95 %."""
    value: float | None
    """What was measured beside the time, in the unit that the observer documents."""
    note: str
    """What was recognised, such as the colour of a lamp."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why nothing was said, or not more. Where a number would be a guess there is no sighting, but this."""

    observer: str
    kind: str
    """One word or two for programs, such as `saturated`, `hidden`, `too fast`."""
    t: float
    """s, on the clock of the frames: where it was noticed."""
    note: str
    """For people: what was seen, with figures, and what to change."""


class Observer(Protocol):
    """Something that is fed frames in order. It does no input or output of its own."""

    name: str
    reasons: list[Reason]
    """All that could not be told so far, in order."""

    def feed(self, frame: Frame) -> list[Sighting]:
        """Take the next frame; what is now known. Sightings may come some frames after their instant."""
        ...

    def finish(self) -> list[Sighting]:
        """No more frames come: what can still be said."""
        ...
