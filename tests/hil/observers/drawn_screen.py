"""A terminal's screen, drawn in perspective, through a camera with exposure, rolling shutter and gamma; changes have known instants.

Imports nothing of the observers but the frame that they are fed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from gatebench.hil.camera.frame import Frame

CORNERS = ((150.0, 90.0), (420.0, 110.0), (410.0, 300.0), (140.0, 270.0))
"""Of the screen in a picture of 640 × 480, px."""


def text(
    *lines: str, paper: tuple[int, int, int] = (30, 30, 30), ink: tuple[int, int, int] = (230, 230, 230)
) -> np.ndarray:
    """A screen with some lines of text, 240 × 160."""
    screen = np.full((160, 240, 3), paper, np.uint8)
    for n, line in enumerate(lines):
        cv2.putText(screen, line, (12, 48 + 44 * n), cv2.FONT_HERSHEY_DUPLEX, 0.9, ink, 2, cv2.LINE_AA)
    return screen


@dataclass
class Filmed:
    """Screens with the instants, s, from which on each is shown; the first from the beginning."""

    shown: list[tuple[float, np.ndarray]]
    seconds: float
    fps: float = 60.0
    exposure: float = 1 / 60
    readout: float = 0.0
    gamma: float = 2.2
    noise: float = 1.5
    seed: int = 1
    corners: tuple[tuple[float, float], ...] = CORNERS
    turned: bool = False

    def frames(self) -> Iterator[Frame]:
        draw = np.random.default_rng(self.seed)
        scenes = [self._scene(picture) for _, picture in self.shown]
        starts = [t for t, _ in self.shown] + [np.inf]
        for n in range(round(self.seconds * self.fps)):
            t = n / self.fps
            begin = t + self.readout * np.arange(480) / 480
            image = np.zeros((480, 640, 3))
            for scene, since, until in zip(scenes, starts, starts[1:], strict=False):
                seen = np.minimum(begin + self.exposure, until) - np.maximum(
                    begin, since if since > 0 else -1.0
                )
                share = np.clip(seen / self.exposure, 0, 1)
                if share.any():
                    image += scene * share[:, None, None]
            out = 255 * np.clip(image, 0, 1) ** (1 / self.gamma) + draw.normal(0, self.noise, image.shape)
            yield Frame(n, t, 0.0, "source", 0, np.clip(np.rint(out), 0, 255).astype(np.uint8))

    def _scene(self, picture: np.ndarray) -> np.ndarray:
        """Light of the whole picture."""
        height, width = picture.shape[:2]
        inner = np.array([(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)], np.float32)
        if self.turned:
            inner = np.roll(inner, 2, 0)
        warp = cv2.getPerspectiveTransform(inner, np.array(self.corners, np.float32))
        wall = np.full((480, 640, 3), 90, np.uint8)
        cv2.warpPerspective(picture, warp, (640, 480), dst=wall, borderMode=cv2.BORDER_TRANSPARENT)
        blurred = cv2.GaussianBlur(wall, (5, 5), 0)
        return (blurred / 255.0) ** 2.2 * 0.8


def glyphs(seed: int) -> np.ndarray:
    """Two lines of signs of no script, 240 × 160."""
    draw = np.random.default_rng(1000 + seed)
    screen = np.full((160, 240, 3), 35, np.uint8)
    for line in range(2):
        for left in range(16, 216, 40):
            for _ in range(4):
                x, y = draw.integers(0, 30, 2), draw.integers(0, 44, 2)
                start, end = (
                    (int(left + x[0]), int(20 + 64 * line + y[0])),
                    (int(left + x[1]), int(20 + 64 * line + y[1])),
                )
                cv2.line(screen, start, end, (225, 225, 225), 4, cv2.LINE_AA)
    return screen
