"""A terminal's screen, in any language: which of the known pictures it shows, and when it changed, between frames.

Pictures are compared, no text is read: a template is a photograph of the screen or a rendering of its text. The screen is taken
out of the camera's picture by its four corners. The instant of a change comes from how far frames in between are blended of
before and after, in linear light, row by row, as the exposure and the rolling shutter say.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..camera.frame import Frame
from ..errors import BenchError
from .blend import Blend, gammas, instant, linear
from .optics import Optics
from .region import BadRegion, Region
from .sighting import Reason, Sighting

WIDTH = 96
"""px of the rectified screen: enough to tell lines of text apart, not letters. One frame takes about half a millisecond."""
LIKE = 0.75
"""Least correlation with a template. Renderings reach about 0.85 on a photograph, other screens of one design up to 0.6."""
CLEAR = 0.02
"""The next best must be so much worse, or nothing is said."""
SHIFT = 3
"""px of the rectified screen by which the corners may be off."""
EDGE = 2
"""px of the rectified screen along its edges that do not count: the frame shines in."""
STEADY = 2
"""Frames that must be alike before what they show counts."""
RESTLESS = 2.0
"""s of never being steady before it is said."""
FLAT, NEAR = 5.0, 30.0
"""Of 255: a screen with less contrast is one colour, and is compared by it, within NEAR."""
BANDS = 8


class BadTemplate(BenchError, ValueError):
    """A picture that no screen can be compared with."""

    advice = "give each screen's picture as uint8, grey, BGR or BGRA (transparent: does not count), with a name of its own"


@dataclass(frozen=True, eq=False)
class Template:
    """What the screen may show. `picture` is the screen alone, upright: uint8, (height, width), or with 3 (BGR) or 4 channels
    (BGRA; transparent parts, such as a clock or the camera's preview, do not count).

    Raises: BadTemplate.
    """

    name: str
    picture: np.ndarray

    def __post_init__(self) -> None:
        shape, kind = self.picture.shape, self.picture.dtype
        fits = len(shape) in (2, 3) and (len(shape) == 2 or shape[2] in (3, 4)) and min(shape[:2]) >= 8
        if kind != np.uint8 or not fits:
            raise BadTemplate(f"template {self.name!r} is {kind} of shape {shape}")
        if len(shape) == 3 and shape[2] == 4 and (self.picture[..., 3] > 127).mean() < 0.05:
            raise BadTemplate(f"template {self.name!r} is transparent nearly everywhere")


class Screen:
    """An observer of one screen. Event `screen`: it changed; value: correlation with what it shows now (None: unknown), note:
    its template's name, or that it is unknown.

    corners: of the screen in the picture, px: top left, top right, bottom right, bottom left as somebody before it sees them.
    Raises: BadRegion for corners that are no quadrangle or lie outside of the picture (with the first frame), BadTemplate.
    """

    def __init__(
        self,
        name: str,
        corners: Sequence[tuple[float, float]],
        templates: Sequence[Template],
        *,
        optics: Optics | None = None,
        like: float = LIKE,
    ) -> None:
        self.name, self.reasons = name, list[Reason]()
        self.showing: str | None = None
        """Name of the template, "unknown", or None before anything was steady."""
        points = np.asarray(corners, np.float32)
        if points.shape != (4, 2) or not cv2.isContourConvex(points):
            raise BadRegion(
                f"screen {name!r} has corners {corners!r}: it takes four, in turn, of a convex shape"
            )
        names = [one.name for one in templates]
        if len(set(names)) != len(names) or "unknown" in names:
            raise BadTemplate(
                f"screen {name!r} has templates named {', '.join(names)}: names are unique, and not 'unknown'"
            )
        self._region = Region(name, tuple((float(x), float(y)) for x, y in points))
        self._optics, self._like = optics, like
        sides = [float(np.linalg.norm(points[n] - points[(n + 1) % 4])) for n in range(4)]
        across, down = max(sides[0], sides[2]), max(sides[1], sides[3])
        self._size = (WIDTH, int(np.clip(round(WIDTH * down / across), 16, 3 * WIDTH)))
        self._blur = max(1, int(across / WIDTH))
        self._known = [_Known.of(one, self._size) for one in templates]
        self._weight = np.max([one.weight for one in self._known], 0) if self._known else None
        self._corners = points
        self._shift = (0, 0)
        self._steady: np.ndarray | None = None
        self._noise = 1.0
        self._last: Frame | None = None
        self._rest: Frame | None = None
        """The last frame that showed what is steady."""
        self._pending: deque[tuple[Frame, np.ndarray]] = deque(maxlen=200)
        self._period, self._restless = 0.0, math.nan
        self._warp: np.ndarray | None = None
        self._rows: list[float] = []

    def feed(self, frame: Frame) -> list[Sighting]:
        """Take the next frame; a change is told when what came after it is steady."""
        now = self._rectified(frame.image)
        if self._last is not None and frame.t > self._last.t:
            elapsed = frame.t - self._last.t
            self._period = elapsed if not self._period else min(elapsed, 1.05 * self._period)
        said: list[Sighting] = []
        if self._steady is not None and not self._pending and not self._differs(now, self._steady):
            self._noise += 0.05 * (self._apart(now, self._steady) - self._noise)
            self._steady += 0.1 * (now - self._steady)
            self._last = self._rest = frame
            return said
        self._pending.append((frame, now))
        recent = [one for _, one in self._pending][-STEADY:]
        if len(recent) == STEADY and not any(self._differs(one, recent[-1], 0.5) for one in recent[:-1]):
            said = self._settled(frame, np.mean(recent, 0))
        else:
            self._say_restless(frame.t)
        self._last = frame
        return said

    def finish(self) -> list[Sighting]:
        """No more frames; a change that has not come to rest has no instant."""
        if self._pending and self._steady is not None:
            frame = self._pending[0][0]
            note = "the screen began to change and the frames ended before it was steady: film for longer"
            self.reasons.append(Reason(self.name, "ended", frame.t, note))
        return []

    def _settled(self, frame: Frame, after: np.ndarray) -> list[Sighting]:
        shown, likeness, note = self._identified(after)
        before, self._steady = self._steady, after.astype(np.float32)
        pending, was = list(self._pending), self.showing
        self._pending.clear()
        self._restless = math.nan
        self.showing = shown
        if before is None or shown == was:  # from the beginning; or a clock on it went on
            self._rest = frame
            if before is None and shown == "unknown":
                self.reasons.append(Reason(self.name, "unknown screen", frame.t, note))
            return []
        t, u = self._when(pending, before, after)
        self._rest = frame
        if shown == "unknown":
            self.reasons.append(Reason(self.name, "unknown screen", frame.t, note))
        return [Sighting(self.name, "screen", t, u, likeness, shown if shown != "unknown" else note)]

    def _say_restless(self, t: float) -> None:
        if math.isnan(self._restless):
            self._restless = t
        elif t - self._restless > RESTLESS:
            self._restless = math.inf
            note = (
                f"the screen has not been steady for {RESTLESS:g} s: make what moves on it transparent in the templates, or the"
                " light does not rest (50 Hz: set the exposure to a multiple of 1/100 s)"
            )
            self.reasons.append(Reason(self.name, "restless", t, note))

    def _rectified(self, image: np.ndarray) -> np.ndarray:
        """The screen upright, float32, (height + margins, width + margins, 3)."""
        rows, columns = self._region.box(image.shape, 2 * self._blur)
        if self._warp is None:
            self._warp = self._homography(rows, columns)
            self._rows = self._band_rows(rows)
        part = image[rows, columns]
        if self._blur > 1:
            part = cv2.blur(part, (self._blur, self._blur))
        size = (self._size[0] + 2 * SHIFT, self._size[1] + 2 * SHIFT)
        flat = cv2.warpPerspective(
            part, self._warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return flat.astype(np.float32)

    def _homography(self, rows: slice, columns: slice) -> np.ndarray:
        width, height = self._size
        inner = (
            np.array([(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)], np.float32) + SHIFT
        )
        return cv2.getPerspectiveTransform(
            self._corners - np.array([columns.start, rows.start], np.float32), inner
        )

    def _band_rows(self, rows: slice) -> list[float]:
        """Row of the picture on which the middle of each band of the rectified screen lies."""
        assert self._warp is not None
        width, height = self._size
        centres = [((width / 2 + SHIFT), SHIFT + height * (n + 0.5) / BANDS) for n in range(BANDS)]
        back = cv2.perspectiveTransform(np.array([centres], np.float32), np.linalg.inv(self._warp))
        return [float(y) + rows.start for _, y in back[0]]

    def _inner(self, flat: np.ndarray, shift: tuple[int, int] = (0, 0)) -> np.ndarray:
        width, height = self._size
        top, left = SHIFT + shift[1], SHIFT + shift[0]
        return flat[top : top + height, left : left + width]

    def _apart(self, one: np.ndarray, other: np.ndarray) -> float:
        """Mean difference, of 255, where the templates count."""
        apart = np.abs(self._inner(one) - self._inner(other)).mean(2)
        if self._weight is None:
            return float(apart.mean())
        return float((apart * self._weight).sum() / max(1.0, float(self._weight.sum())))

    def _differs(self, one: np.ndarray, other: np.ndarray, share: float = 1.0) -> bool:
        return self._apart(one, other) > max(share * 3.0, 2.5 * self._noise)

    def _identified(self, flat: np.ndarray) -> tuple[str, float | None, str]:
        """Name, correlation, and for an unknown screen what is said of it."""
        scores = self._scores(flat, [self._shift])
        if not scores or scores[0][0] < 0.9:
            scores = self._scores(
                flat, [(x, y) for x in range(-SHIFT, SHIFT + 1) for y in range(-SHIFT, SHIFT + 1)]
            )
        if not scores:
            return "unknown", None, "no templates were given: take a picture of each screen"
        best, name, shift = scores[0]
        second = scores[1][0] if len(scores) > 1 else -1.0
        if best >= self._like and best - second >= CLEAR:
            self._shift = shift
            return name, best, ""
        if best >= self._like:
            note = f"like {name} ({best:.2f}) and like {scores[1][1]} ({second:.2f}): give templates that differ more"
        else:
            note = f"unknown screen, or something before it; nearest is {name} ({best:.2f}, takes {self._like:g})"
            turned = self._scores(np.ascontiguousarray(flat[::-1, ::-1]), [(0, 0)])
            if turned and turned[0][0] >= self._like:
                note = f"upside down it is {turned[0][1]} ({turned[0][0]:.2f}): give the corners from the screen's top left on"
        return "unknown", None, note

    def _scores(
        self, flat: np.ndarray, shifts: list[tuple[int, int]]
    ) -> list[tuple[float, str, tuple[int, int]]]:
        """Best correlation of each template, the best first."""
        parts = [(shift, self._inner(flat, shift)) for shift in shifts]
        scores = [
            max((known.like(part), known.name, shift) for shift, part in parts) for known in self._known
        ]
        return sorted(scores, reverse=True)

    def _when(
        self, pending: list[tuple[Frame, np.ndarray]], before: np.ndarray, after: np.ndarray
    ) -> tuple[float, float]:
        """Instant of the change and its uncertainty, s, from the frames around it."""
        height = pending[0][0].image.shape[0]
        exponents = gammas(self._optics)
        lights = [(linear(self._inner(before), one), linear(self._inner(after), one)) for one in exponents]
        blends = []
        for frame, flat in ([(self._rest, before)] if self._rest is not None else []) + pending:
            seen = [linear(self._inner(flat), one) for one in exponents]
            blends += self._bands(frame.t, height, seen, lights)
        t, u = instant(blends, self._optics, self._period) if blends else (pending[0][0].t, self._period)
        return t, math.hypot(u, max(frame.u for frame, _ in pending))

    def _bands(
        self, t: float, height: int, seen: list[np.ndarray], lights: list[tuple[np.ndarray, np.ndarray]]
    ) -> list[Blend]:
        """Shares of one frame, for each band of rows in which before and after differ."""
        blends = []
        weight = np.ones(seen[0].shape[:2], np.float32) if self._weight is None else self._weight
        for n, rows in enumerate(np.array_split(np.arange(seen[0].shape[0]), BANDS)):
            part = slice(int(rows[0]), int(rows[-1]) + 1)
            shares, noise = [], 0.0
            for one, (before, after) in zip(seen, lights, strict=True):
                way = (after[part] - before[part]) * weight[part, :, None]
                power = float((way * way).sum())
                if power < 0.02:  # light of 1, pixels: too little has changed here
                    break
                shares.append(float((way * (one[part] - before[part])).sum()) / power)
                noise = 1.5 * self._noise / 255.0 / math.sqrt(power)
            else:
                blends.append(Blend(t, self._rows[n] / height, tuple(shares), noise))
        return blends


@dataclass(frozen=True, eq=False)
class _Known:
    """A template at working size."""

    name: str
    weight: np.ndarray
    """0 or 1, (height, width)."""
    colour: np.ndarray
    """Its mean, BGR of 255."""
    pattern: np.ndarray | None
    """Without its mean, and of length 1; None for one colour."""

    @classmethod
    def of(cls, template: Template, size: tuple[int, int]) -> _Known:
        picture = template.picture
        weight = np.ones(picture.shape[:2], np.float32)
        if picture.ndim == 3 and picture.shape[2] == 4:
            weight = (picture[..., 3] > 127).astype(np.float32)
            picture = picture[..., :3]
        if picture.ndim == 2:
            picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        weight = (cv2.resize(weight, size, interpolation=cv2.INTER_AREA) > 0.99).astype(np.float32)
        weight[:EDGE], weight[-EDGE:], weight[:, :EDGE], weight[:, -EDGE:] = 0, 0, 0, 0
        colour = _mean(small, weight)
        pattern = (small - colour) * weight[..., None]
        contrast = float(np.sqrt((pattern**2).sum() / max(1.0, 3.0 * float(weight.sum()))))
        if contrast < FLAT:
            return cls(template.name, weight, colour, None)
        return cls(template.name, weight, colour, pattern / np.linalg.norm(pattern))

    def like(self, part: np.ndarray) -> float:
        """Correlation, -1 to 1; for one colour, 1 minus how far it is off."""
        colour = _mean(part, self.weight)
        rest = (part - colour) * self.weight[..., None]
        length = float(np.linalg.norm(rest))
        contrast = length / math.sqrt(max(1.0, 3.0 * float(self.weight.sum())))
        if self.pattern is None:
            off = float(np.abs(colour - self.colour).max()) / NEAR * 0.25 + max(0.0, contrast - FLAT) / FLAT
            return 1.0 - off
        return float((self.pattern * rest).sum()) / length if contrast >= FLAT / 2 else 0.0


def _mean(picture: np.ndarray, weight: np.ndarray) -> np.ndarray:
    mean: np.ndarray = (picture * weight[..., None]).sum((0, 1)) / max(1.0, float(weight.sum()))
    return mean
