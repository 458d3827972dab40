"""Cameras of a rig that no driver has: do they give frames, which, and by which clock?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from ..camera.camera import Camera
from ..camera.frame import Clock
from ..errors import BenchError
from .opening import BenchErrors
from .schema import Rig

SECONDS = 1.0
"""For which each is looked at."""


@dataclass(frozen=True)
class Look:
    """What came from a camera."""

    resource: str
    kind: str
    """`usb`, `rtsp`, `mjpeg` or `file`."""
    emulated: bool
    """Was it started with the rig?"""
    address: str
    """Without password."""
    width: int
    height: int
    fps: float | None
    clock: Clock
    u: float
    """s, standard uncertainty of a frame's time, median."""
    decoder: str
    frames: int
    lost: int | None
    """None: nobody can tell."""
    discarded: int
    """Of the stale start."""

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))

    def __str__(self) -> str:
        rate = "at an unknown rate" if self.fps is None else f"{self.fps:.4g} fps"
        lost = (
            "nobody can tell how many are lost" if self.lost is None else f"{self.lost} of {self.frames} lost"
        )
        return (
            f"{self.address}: {self.width}x{self.height}, {rate}, clock {self.clock}, u {self.u * 1e3:.2g} ms, {lost}, "
            f"{self.discarded} discarded at the start"
        )


def looked(rig: Rig, running: Rig, progress: Callable[[str], object] = lambda text: None) -> tuple[Look, ...]:
    """Look through every camera that no driver has. `running`: the rig with its twins.

    Raises: BenchErrors where several give no frames, else the one BenchError.
    """
    taken = {binding.resource for binding in rig.drivers.values()}
    found: list[Look] = []
    wrong: list[BenchError] = []
    for name, one in rig.resources.items():
        if name in taken or (one.camera is None and one.twin != "camera"):
            continue
        progress(f"looking through {name}")
        try:
            found.append(_look(rig, running, name))
        except BenchError as error:
            wrong.append(error)
    if len(wrong) > 1:
        raise BenchErrors(f"{len(wrong)} cameras give no frames", wrong)
    if wrong:
        raise wrong[0]
    return tuple(found)


def _look(rig: Rig, running: Rig, name: str) -> Look:
    one = rig.resources[name]
    address = running.camera(name)
    with Camera(address, resource=name) as camera:
        told = camera.opened
        frames = camera.collect(SECONDS) if told.live else [next(camera.frames())]
        return Look(
            name,
            address.kind,
            one.twin is not None or str(one.camera).startswith("twin:"),
            address.shown,
            *told.size,
            told.fps,
            told.clock,
            median(frame.u for frame in frames),
            told.decoder,
            len(frames),
            camera.lost,
            told.discarded,
        )
