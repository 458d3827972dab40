"""The empty scene, against which people are seen: fixed as to things, following as to light.

An adaptive background takes in whoever stands still. Here the reference is a picture of the empty scene, given or learned, and
what changes afterwards stays foreground as long as it takes. Only the light is followed: one gain a channel for the whole
picture, and a slow drift where nobody is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from ..camera.frame import Frame
from ..errors import BenchError

WIDTH = 256
"""px: pictures are made this small before anything else. A person seen at all has some hundred pixels left."""
DARKER, LIGHTER, CHROMA = 28.0, 18.0, 10.0
"""Least difference of a pixel of foreground in 8-bit Lab. A fixed reference with 35 and 10 counted 6 of 6 people in a staged clip;
lightness is a little lower here, as shadows are taken out otherwise, and no shadow is lighter."""
SHADOW = 0.75
"""A pixel that keeps its colour and at least this share of its lightness may lie in a shadow."""
DARK = 1.0 - SHADOW
"""In the dark this share of the lightness is enough."""
BRIGHT, FAINT = 100.0, 6.0
"""Below this lightness colours differ less, and so must they at least: in proportion, down to FAINT."""
SHAKEN = 0.35
"""px of working size that the camera may shake (a door that slams): where the picture is steep, so much more must differ."""
NOISE = 6.0
"""A threshold is at least so many standard deviations of the camera's noise."""
DEEP_SHADOW, LIKE = 0.3, 0.7
"""Where the floor's texture shows through (correlation at least LIKE), a shadow may be as deep as this share."""
SENSITIVE = (10.0, 6.0)
"""Least difference of lightness and of colour that `anything` takes for a change: shadows and all."""
DRIFT = 30.0
"""s: time constant with which the reference follows the light where nobody is."""
UNFIT = 0.65
"""More foreground than this share of the picture is no people: light or camera have changed."""
GAINS = (0.25, 4.0)
SAMPLES = 24


class BadReference(BenchError, ValueError):
    """The picture of the empty scene does not fit."""

    advice = "take a picture of the empty scene with this camera, in its place and at its size"


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why nothing can be said of people now."""

    kind: str
    note: str


@dataclass(slots=True)
class Empty:
    """The empty scene, learned from the first frames or given.

    `learn` s of frames in which nothing moves are taken as the reference; while something moves, learning goes on, and `unfit`
    says so. `smallest` is the area of the smallest person as a share of the picture.
    """

    smallest: float
    learn: float = 5.0
    picture: np.ndarray | None = None
    drift: float = DRIFT
    """s; infinite: only the gain follows the light."""
    unfit: Unfit | None = None
    noise: tuple[float, float] = (0.0, 0.0)
    """Standard deviation of lightness and of colour at working size, as far as the frames have told."""
    scale: float = 0.0
    """Working pixels a pixel of the picture."""
    _shape: tuple[int, ...] = ()
    _reference: np.ndarray | None = None
    _shaken: tuple[np.ndarray | float, np.ndarray | float] = (0.0, 0.0)
    _samples: list[tuple[float, np.ndarray]] = field(default_factory=list)
    _before: np.ndarray | None = None
    _free: np.ndarray | None = None
    _last: float = math.nan
    _gain: np.ndarray = field(default_factory=lambda: np.ones(3, np.float32))

    def feed(self, frame: Frame) -> np.ndarray | None:
        """Foreground of the frame at working size, uint8, 255 where something stands; None where `unfit` says why not.

        Raises: BadReference if the size of the frames changes or is not the reference's.
        """
        small = self._small(frame.image)
        if self._reference is None:
            if self.picture is not None:
                self._take(_smaller(self.picture, small.shape).astype(np.float32))
            else:
                self._learn(frame.t, small)
                if self._reference is None:
                    return None
        lab = cv2.cvtColor(small, cv2.COLOR_BGR2Lab)
        self._measure_noise(lab)
        mask = self._foreground(small, lab)
        self._follow(frame.t, small, mask)
        return mask if self.unfit is None else None

    def anything(self, frame: Frame) -> np.ndarray:
        """All that differs from the empty scene in the frame fed last, at working size, uint8: rather too much than too little."""
        small = self._small(frame.image)
        if self._reference is None or self.unfit is not None:
            return np.full(small.shape[:2], 255, np.uint8)
        then = np.clip(self._reference * np.maximum(self._gain, 0.02), 0, 255).astype(np.uint8)
        apart = cv2.absdiff(cv2.cvtColor(small, cv2.COLOR_BGR2Lab), cv2.cvtColor(then, cv2.COLOR_BGR2Lab))
        light, red, blue = cv2.split(apart)
        least = [max(one, 5.0 * noise) for one, noise in zip(SENSITIVE, self.noise, strict=True)]
        mask = ((light > least[0]) | (cv2.max(red, blue) > least[1])).astype(np.uint8) * 255
        return cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))

    @property
    def learned(self) -> bool:
        """A reference is there."""
        return self._reference is not None

    @property
    def least(self) -> float:
        """Working pixels of the smallest person."""
        return self.smallest * self.scale**2 * self._shape[0] * self._shape[1]

    def left_a_hole(self, outline: np.ndarray, frame: Frame) -> bool:
        """Whether what is inside the outline (contour at working size) is the hole that somebody of the reference has left:
        its edge is in the reference and not in the frame."""
        assert self._reference is not None
        band = np.zeros(self._reference.shape[:2], np.uint8)
        cv2.drawContours(band, [outline], -1, 255, 3)
        band[:2], band[-2:], band[:, :2], band[:, -2:] = 0, 0, 0, 0
        inside = band > 0
        if inside.sum() < 30:
            return False
        then, now = (
            _edges(one)[inside].mean() for one in (self._reference * self._gain, self._small(frame.image))
        )
        return bool(then > 1.6 * now and then > 8.0)

    def _small(self, image: np.ndarray) -> np.ndarray:
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise BadReference(
                f"a frame is {image.dtype} of shape {image.shape}: it takes uint8 (height, width, 3)"
            )
        if not self._shape:
            if self.picture is not None and self.picture.shape != image.shape:
                had, has = ("{1} × {0}".format(*one.shape[:2]) for one in (self.picture, image))
                raise BadReference(
                    f"the picture of the empty scene is {had} px, and the camera's frames are {has}"
                )
            self._shape = image.shape
            self.scale = min(1.0, WIDTH / max(image.shape[:2]))
        if image.shape != self._shape:
            had, has = (f"{one[1]} × {one[0]}" for one in (self._shape, image.shape))
            raise BadReference(f"frames were {had} px and are {has} now")
        size = (max(1, round(image.shape[0] * self.scale)), max(1, round(image.shape[1] * self.scale)))
        return _smaller(image, size)

    def _take(self, reference: np.ndarray) -> None:
        self._reference = reference
        lab = cv2.cvtColor(reference.astype(np.uint8), cv2.COLOR_BGR2Lab)
        steep = cv2.morphologyEx(lab, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).astype(np.float32)
        self._shaken = (SHAKEN * steep[..., 0], SHAKEN * steep[..., 1:].max(2))
        self._samples.clear()
        self._free = np.ones(reference.shape[:2], bool)
        self.unfit = None

    def _learn(self, t: float, small: np.ndarray) -> None:
        self.unfit = self.unfit or Unfit("learning", f"the empty scene is being learned, {self.learn:g} s")
        if not self._samples or t - self._samples[-1][0] >= self.learn / SAMPLES:
            self._samples.append((t, small))
        self._measure_noise(cv2.cvtColor(small, cv2.COLOR_BGR2Lab))
        if t - self._samples[0][0] < self.learn or len(self._samples) < 3:
            return
        pictures = np.stack([one for _, one in self._samples])
        median = np.median(pictures, 0).astype(np.float32)
        if self._moves(pictures, median):
            self.unfit = Unfit(
                "not empty",
                f"something moves while the empty scene is learned: leave it empty for {self.learn:g} s, or give a picture of it",
            )
            del self._samples[: max(1, len(self._samples) // 2)]
            return
        self._take(median)

    def _moves(self, pictures: np.ndarray, median: np.ndarray) -> bool:
        """Whether somebody walks through, or sways on the spot: more pixels beyond the noise than a tenth of a person, together.

        A flicker of the light moves all pixels alike; it is taken out by each picture's mean.
        """
        lightness = pictures.astype(np.float32).mean(3)
        lightness *= (
            np.float32(lightness.mean()) / np.maximum(lightness.mean((1, 2), keepdims=True), 1.0)
        ).astype(np.float32)
        spread = np.sort(np.abs(lightness - np.median(lightness, 0)), 0)[-max(2, len(pictures) // 6)]
        moving = (spread > max(8.0, 4.0 * self.noise[0])).astype(np.uint8)
        moving = cv2.morphologyEx(moving, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(moving)
        return bool(max(stats[1:, cv2.CC_STAT_AREA], default=0) > max(6.0, 0.1 * self.least))

    def _measure_noise(self, lab: np.ndarray) -> None:
        """From one frame to the next; what moves counts for little, being few pixels, and cut off."""
        if self._before is not None:
            mean = cv2.mean(np.minimum(cv2.absdiff(lab, self._before), 12))
            new = (mean[0] / 1.128, max(mean[1:3]) / 1.128)  # mean |x - y| of two normals is 1.128 sd
            old = self.noise if self.noise[0] else new
            self.noise = (0.9 * old[0] + 0.1 * new[0], 0.9 * old[1] + 0.1 * new[1])
        self._before = lab

    def _foreground(self, small: np.ndarray, lab: np.ndarray) -> np.ndarray:
        self.unfit = None
        assert self._free is not None
        self._gain = self._gains(small, self._free)
        mask = self._against(lab)
        if _share(mask) > 0.5:
            # Light was switched: nearly nothing counts as free, so all of the picture tells the gain.
            self._gain = self._gains(small, np.ones_like(self._free))
            mask = self._against(lab)
        share = _share(mask)
        if not all(GAINS[0] <= one <= GAINS[1] for one in self._gain):
            self.unfit = Unfit(
                "light",
                f"the picture is {self._gain.mean():.2g} times as bright as the empty one: put the light back",
            )
        elif share > UNFIT:
            self.unfit = Unfit(
                "reference",
                f"{share:.0%} of the picture differ from the empty scene: camera moved, light changed or lens covered;"
                " take a new picture of the empty scene",
            )
        return mask

    def _gains(self, small: np.ndarray, free: np.ndarray) -> np.ndarray:
        """Gain of each channel, by the median of pixels that are neither dark nor saturated."""
        assert self._reference is not None
        old, new, inside = self._reference[::3, ::3], small[::3, ::3].astype(np.float32), free[::3, ::3]
        gains = np.ones(3, np.float32)
        for channel in range(3):
            one, other = old[..., channel], new[..., channel]
            fit = inside & (one > 20) & (one < 245) & (other < 250)
            if fit.sum() < 50:
                fit = inside & (one > 5)
            if fit.sum() >= 20:
                gains[channel] = np.median(other[fit] / one[fit])
        return gains

    def _against(self, lab: np.ndarray) -> np.ndarray:
        assert self._reference is not None
        # A gain of no light at all would make black of everything, and everything fit.
        reference = np.clip(self._reference * np.maximum(self._gain, 0.02), 0, 255).astype(np.uint8)
        then = cv2.cvtColor(reference, cv2.COLOR_BGR2Lab)
        apart, red, blue = cv2.split(cv2.absdiff(lab, then))
        light, was = (
            cv2.extractChannel(lab, 0).astype(np.float32),
            cv2.extractChannel(then, 0).astype(np.float32),
        )
        bound = np.minimum(CHROMA, np.maximum(FAINT, was * (CHROMA / BRIGHT)))
        coloured = cv2.max(red, blue) > np.maximum(bound, NOISE * self.noise[1]) + self._shaken[1]
        least = np.where(light > was, np.minimum(LIGHTER, DARK * was), np.minimum(DARKER, DARK * was))
        differs = apart > np.maximum(least, NOISE * self.noise[0]) + self._shaken[0]
        kept = light / np.maximum(was, 1.0)
        shadow = (
            (kept < 1.0)
            & ~coloured
            & ((kept > SHADOW) | ((kept > DEEP_SHADOW) & (_alike(light, was) > LIKE)))
        )
        mask = ((coloured | (differs & ~shadow)) * 255).astype(np.uint8)
        reach = max(3, int(lab.shape[1] * 0.045) | 1)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        mask = cv2.morphologyEx(
            mask, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        )
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(mask, outlines, -1, 255, cv2.FILLED)
        return mask

    def _follow(self, t: float, small: np.ndarray, mask: np.ndarray) -> None:
        assert self._reference is not None
        elapsed = t - self._last if t > self._last else 0.0
        self._last = t
        if self.unfit is not None:
            return
        reach = max(3, int(small.shape[1] * 0.05) | 1)
        self._free = cv2.dilate(mask, np.ones((reach, reach), np.uint8)) == 0
        if elapsed and self._free.any():
            share = np.float32(min(1.0, elapsed / self.drift))
            told = small / np.maximum(self._gain, 0.02)
            self._reference += share * (told - self._reference) * self._free[..., None]


def _smaller(image: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    if image.shape[:2] != size[:2]:
        image = cv2.resize(image, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    blurred: np.ndarray = cv2.GaussianBlur(image, (3, 3), 0)
    return blurred


def _share(mask: np.ndarray) -> float:
    return cv2.countNonZero(mask) / mask.size


def _alike(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Correlation of two pictures around each pixel; 0 where one of them has no texture."""

    def mean(what: np.ndarray) -> np.ndarray:
        box: np.ndarray = cv2.boxFilter(what, cv2.CV_32F, (7, 7))
        return box

    first, second = mean(one), mean(other)
    own, others = mean(one * one) - first * first, mean(other * other) - second * second
    both = mean(one * other) - first * second
    textured = (own > 4.0) & (others > 4.0)
    correlation: np.ndarray = np.where(textured, both / np.sqrt(np.maximum(own * others, 1e-6)), 0.0)
    return correlation


def _edges(image: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor(np.clip(image, 0, 255).astype(np.uint8), cv2.COLOR_BGR2GRAY).astype(np.float32)
    steep: np.ndarray = cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    return steep
