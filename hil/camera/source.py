"""What a reader reads: a source of shots, whatever is behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from .errors import CameraUnfit
from .frame import Image
from .messages import Charge


class Shot(NamedTuple):
    """A frame that has come and was not decoded yet."""

    arrival: int
    """ns of the host's monotonic clock."""
    stamp: float | None
    """s, the source's own time stamp."""
    wall: float | None
    """s since 1970 on the sender's wall clock, by its reports."""
    image: Callable[[], Image | None]
    """Decodes it, before the next one is asked for; None: it cannot be decoded."""


class Source(Protocol):
    """An open source."""

    decoder: str
    """What decodes: `cv2` or `av`."""
    live: bool
    """It does not wait for who reads."""
    resolution: float
    """Of its time stamps, s."""
    fps: float | None
    """What it says of itself."""
    reports: bool
    """May its sender's wall clock still become known?"""

    def next(self) -> Shot:
        """The next frame, waited for. Raises: CameraError, StreamEnded among them."""

    def close(self) -> None:
        """Let go of it."""


def open_source(charge: Charge) -> Source:
    """Raises: CameraError."""
    address = charge.parsed
    if address.kind == "rtsp":
        from .rtsp import open_rtsp

        return open_rtsp(address, charge)
    if address.kind == "mjpeg":
        from .mjpeg import Mjpeg

        return Mjpeg(address, charge)
    if address.kind == "usb":
        from .usb import Usb

        return Usb(address, charge)
    if address.kind == "file":
        from .clip import Clip

        return Clip(address, charge)
    raise CameraUnfit(
        f"{address.text}: this emulated camera was not started",
        resource=charge.resource,
        advice="open the rig: gatebench.hil.rig.opening.started",
    )
