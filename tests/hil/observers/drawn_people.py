"""People from above, drawn, with known truth: an ellipse of shoulders and a head on each path, on a floor with planks.

Imports nothing of the observers but the frame that they are fed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from gatebench.hil.camera.frame import Frame


@dataclass
class Person:
    """Somebody on a path of (s, x, y); there from its first instant to its last."""

    path: list[tuple[float, float, float]]
    coat: tuple[int, int, int] = (40, 40, 60)
    hair: tuple[int, int, int] = (20, 25, 35)
    size: float = 1.0

    def at(self, t: float) -> tuple[float, float] | None:
        times, x, y = (np.array(column) for column in zip(*self.path, strict=True))
        if not times[0] <= t <= times[-1]:
            return None
        return float(np.interp(t, times, x)), float(np.interp(t, times, y))


@dataclass
class Hall:
    """A floor seen from above, and what happens on it."""

    people: list[Person]
    seconds: float
    fps: float = 15.0
    width: int = 480
    height: int = 360
    noise: float = 2.0
    """Standard deviation of each pixel, of 255."""
    light: Callable[[float], float] = lambda t: 1.0
    shadow: float = 0.0
    """Share of the light that a person takes from the floor beside them."""
    seed: int = 1
    floor: tuple[int, int, int] = (110, 140, 165)
    start: float = 0.0
    """s: when the first frame is taken."""

    @cached_property
    def empty(self) -> np.ndarray:
        """The floor, float."""
        draw = np.random.default_rng(self.seed)
        ground = np.ones((self.height, self.width, 3)) * np.array(self.floor, float)
        for left in range(0, self.width, 24):
            ground[:, left : left + 24] *= draw.uniform(0.9, 1.1)
            ground[:, left : left + 1] *= 0.75
        return ground.astype(np.float32)

    @cached_property
    def grain(self) -> list[np.ndarray]:
        """Some fields of noise, larger than the picture: a frame gets a part of one."""
        draw = np.random.default_rng(self.seed + 2)
        shape = (self.height + 64, self.width + 64, 3)
        return [draw.normal(0.0, self.noise, shape).astype(np.float32) for _ in range(4)]

    def picture(self, t: float, draw: np.random.Generator) -> np.ndarray:
        """What the camera has at t."""
        image = self.empty.copy()
        for who in self.people:
            place = who.at(t)
            if place is None:
                continue
            across, along = round(30 * who.size), round(18 * who.size)
            if self.shadow:
                shade = np.ones((self.height, self.width), np.float32)
                _ellipse(
                    shade,
                    (place[0] + 20 * who.size, place[1] + 12 * who.size),
                    (across, along),
                    1.0 - self.shadow,
                )
                image *= cv2.GaussianBlur(shade, (15, 15), 0)[..., None]
            _ellipse(image, place, (across, along), who.coat)
            _ellipse(image, place, (round(12 * who.size), round(13 * who.size)), who.hair)
        down, right = draw.integers(0, 64, 2)
        grain = self.grain[int(draw.integers(0, 4))][down : down + self.height, right : right + self.width]
        image *= np.float32(self.light(t))
        image += grain
        return np.clip(image, 0, 255, out=image).astype(np.uint8)

    def frames(self) -> Iterator[Frame]:
        draw = np.random.default_rng(self.seed + 1)
        for n in range(round((self.seconds - self.start) * self.fps)):
            t = self.start + n / self.fps
            yield Frame(n, t, 0.0, "source", 0, self.picture(t, draw))


def _ellipse(image: np.ndarray, place: tuple[float, float], axes: tuple[int, int], colour: object) -> None:
    """At a sixteenth of a pixel, so that people do not jump from pixel to pixel."""
    centre = (round(place[0] * 16), round(place[1] * 16))
    cv2.ellipse(image, centre, (axes[0] * 16, axes[1] * 16), 0, 0, 360, colour, cv2.FILLED, cv2.LINE_AA, 4)


def walk(
    t: float, x: float, up: bool = True, speed: float = 120.0, height: int = 360
) -> list[tuple[float, float, float]]:
    """A straight path over the whole picture that crosses its middle at t, px/s."""
    far = height / 2 + 40
    first, last = (height / 2 + far, height / 2 - far) if up else (height / 2 - far, height / 2 + far)
    return [(t - far / speed, x, first), (t + far / speed, x, last)]
