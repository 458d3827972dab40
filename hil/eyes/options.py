"""What a rig file says of a watching camera: its optics, and where in its picture is what. Plain data, as JSON to the program."""

from __future__ import annotations

import json
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from ...scenarios.units import Duration, Id
from ..rig.options import Options
from ..rig.twins import OldFile

Point = tuple[float, float]
"""px from the left and from the top."""


def _box(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    if not (box[2] >= 2 and box[3] >= 2 and box[0] >= 0 and box[1] >= 0):
        raise ValueError(
            f"{list(box)} is no region: write [left, top, width, height] in pixels, 2 at least each way"
        )
    return box


Box = Annotated[tuple[float, float, float, float], AfterValidator(_box)]
"""Left, top, width, height, px."""


class LampOptions(Options):
    """A lamp."""

    region: Box


class SyncOptions(Options):
    """The lamp by which the rig tells the camera's clock."""

    region: Box
    door: Annotated[int, Field(ge=1)]
    """Of the lanes' I/O box: its exit output lights the lamp, its lock sense is wired to the lamp."""


class LeafOptions(Options):
    """A leaf with an ArUco marker (4 × 4, 50) on it, and one on the wall or the floor beside it."""

    marker: Annotated[int, Field(ge=0, lt=50)]
    reference: Annotated[int, Field(ge=0, lt=50)]
    open: Annotated[float, Field(gt=0, lt=180)] = 10.0
    """Degrees from which it counts as open."""

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.marker == self.reference:
            raise ValueError(f"marker and reference are both {self.marker}: give each a number of its own")
        return self


class LineOptions(Options):
    """A line on the floor, seen from above."""

    start: Point
    end: Point
    inside: Point
    """A point on the side towards home."""
    region: Box | None = None
    """Where people are looked for; the whole picture unless given. Keep leaf, lamps and screen out of it."""


class ScreenOptions(Options):
    """A terminal's screen."""

    corners: tuple[Point, Point, Point, Point]
    """Top left, top right, bottom right, bottom left."""
    pictures: dict[Id, OldFile] = {}
    """What it may show: a picture file each, relative to the rig file."""


class EyesOptions(Options):
    """A camera that watches a lane."""

    fps: Annotated[float, Field(gt=0, le=1000)]
    exposure: Duration
    """Of each row. As long as a frame is best: docs/observers.md."""
    readout: Duration = 0.0
    """First row to last: rolling shutter."""
    gamma: Annotated[float, Field(gt=0.2, lt=5)] = 2.2
    lamp: LampOptions | None = None
    sync: SyncOptions | None = None
    leaf: LeafOptions | None = None
    people: LineOptions | None = None
    screen: ScreenOptions | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if all(getattr(self, name) is None for name in ("lamp", "leaf", "people", "screen")):
            raise ValueError("it looks at nothing: give at least one of lamp, leaf, people, screen")
        return self

    def dumps(self) -> str:
        """As the program takes them: JSON, as a rig file has them."""
        told = self.model_dump(by_alias=True, mode="json", exclude_none=True)
        return json.dumps({**told, "exposure": f"{self.exposure!r} s", "readout": f"{self.readout!r} s"})
