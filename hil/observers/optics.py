"""What is known of a camera: how long it looks, from which row to which, and what it makes of light."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import BenchError


class BadOptics(BenchError, ValueError):
    """Figures that no camera has."""

    advice = "give fps, exposure and readout in s as the camera's settings have them, gamma as an exponent (2.2 is usual)"


@dataclass(frozen=True)
class Optics:
    """Row r of a picture of height h is exposed from `t + readout * r / h` on, for `exposure`; a pixel of linear light L (1: it
    saturates) reads 255 * L ** (1 / gamma).

    Raises: BadOptics.
    """

    fps: float
    """Frames per second."""
    exposure: float
    """s. Longer than a frame is a mistake; as long as a frame is best (docs/observers.md)."""
    readout: float = 0.0
    """s, of the whole height: the last row begins so much later than the first. 0: a global shutter."""
    gamma: float = 2.2
    tolerance: float = 0.1
    """Share by which exposure and gamma may each be wrong (a standard uncertainty). The readout is taken as given."""

    def __post_init__(self) -> None:
        for name in ("fps", "exposure", "gamma"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise BadOptics(f"{name} is {value!r}: it is above zero")
        if not (math.isfinite(self.readout) and self.readout >= 0):
            raise BadOptics(f"readout is {self.readout!r} s: it is not negative")
        if not 0 <= self.tolerance <= 0.5:
            raise BadOptics(f"tolerance is {self.tolerance!r}: it is a share from 0 to 0.5")
        if self.exposure > 1.25 / self.fps:
            raise BadOptics(
                f"exposure is {self.exposure:g} s, and at {self.fps:g} frames per second a frame takes {1 / self.fps:.4g} s"
            )

    @property
    def period(self) -> float:
        """s from one frame to the next."""
        return 1.0 / self.fps

    def begin(self, row: float, height: int) -> float:
        """s after a frame's `t` at which the exposure of a row begins."""
        return self.readout * row / height
