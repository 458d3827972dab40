"""One ArUco marker from frame to frame, to some hundredths of a pixel: found by its code, followed by its picture.

Its corners say where it is to a tenth of a pixel or so. What follows it is the mean picture of its first steady frames,
moved, turned and stretched until it lies on the frame best (inverse compositional alignment, Baker and Matthews 2004), in
linear light, with a gain and an offset that are free. A marker that moves while the shutter is open is smeared on both sides
alike, so it is found where it was on average.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

SMOOTH = 0.9
"""px: standard deviation of the smoothing before a picture is moved by parts of a pixel."""
USED = 1.12
"""Of the marker's side: what is compared. The white around it ends at 1.33 if it is as wide as a cell, as it has to be."""
ROUNDS = 10
"""Most steps of an alignment."""
PLACES = 32
"""OpenCV 4 knows so many places from pixel to pixel: pictures are moved by such, and what is left comes from the last step."""
STILL = 0.018
"""px: a step below which it is the last: half a place."""
ALIKE = 0.75
"""Correlation from which a picture is the marker's. Smearing of a cell leaves 0.8; half a hand on it 0.6."""
STRETCH = (0.6, 1.6)
"""What its sides may be of those at first."""


class Place(NamedTuple):
    """Where a marker is, against where it was when its picture was learned."""

    matrix: np.ndarray
    """2 × 3: from px beside the learned middle to px of the picture."""
    likeness: float
    """Correlation with the learned picture."""

    @property
    def middle(self) -> np.ndarray:
        """px (x, y)."""
        return self.matrix[:, 2]

    @property
    def angle(self) -> float:
        """Radians, anticlockwise as seen."""
        m = self.matrix
        return math.atan2(m[0, 1] - m[1, 0], m[0, 0] + m[1, 1])


class Codes:
    """Finds markers of DICT_4X4_50 by their code."""

    def __init__(self) -> None:
        parameters = cv2.aruco.DetectorParameters()
        parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
        dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
        self._detector = cv2.aruco.ArucoDetector(dictionary, parameters)

    def seen(self, image: np.ndarray) -> dict[int, list[np.ndarray]]:
        """Corners, (4, 2) px each, of all markers in a picture (uint8, BGR or grey), by number."""
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) if image.ndim == 3 else image
        corners, numbers, _ = self._detector.detectMarkers(grey)
        found: dict[int, list[np.ndarray]] = {}
        if numbers is not None:
            for number, four in zip(np.ravel(numbers), corners, strict=True):
                found.setdefault(int(number), []).append(np.reshape(four, (4, 2)).astype(float))
        return found


def linear(image: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Light of a part of a picture (uint8 BGR): float32, smoothed. `table` is of 256 float32."""
    light = cv2.LUT(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), table)
    smoothed: np.ndarray = cv2.GaussianBlur(light, (5, 5), SMOOTH)
    return smoothed


def lights(gamma: float) -> np.ndarray:
    """Linear light of each reading, float32 (256,)."""
    return (np.arange(256) / 255.0).astype(np.float32) ** np.float32(gamma)


class Marker:
    """The learned picture of a marker, and where it was last."""

    def __init__(self, pictures: list[np.ndarray], corners: np.ndarray, table: np.ndarray) -> None:
        """`pictures`: uint8 BGR, in which it lay at the same place, where its corners (4, 2) are the mean ones."""
        self._table = table
        self.middle = corners.mean(0)
        reach = math.ceil(np.abs(corners - self.middle).max() * 1.25) + 2
        left, top = np.rint(self.middle).astype(int) - reach
        height, width = pictures[0].shape[:2]
        rows = slice(max(0, top), min(height, top + 2 * reach + 1))
        columns = slice(max(0, left), min(width, left + 2 * reach + 1))
        lit = [linear(picture[rows, columns], table) for picture in pictures]
        mean: np.ndarray = np.stack(lit).mean(0)
        first = np.array([columns.start, rows.start])
        self.side = side_of(mean, corners - first)
        self._corner = first - self.middle
        self._size = (mean.shape[1], mean.shape[0])
        mask = np.zeros(mean.shape, np.uint8)
        outline = (corners - self.middle) * USED - self._corner
        cv2.fillConvexPoly(mask, np.rint(outline).astype(np.int32), (1,))
        self._picture, self._mask = mean, mask.astype(bool)
        y, x = (np.argwhere(self._mask) + self._corner[::-1]).T
        slope_y, slope_x = (slope[self._mask] for slope in np.gradient(mean))
        self._values = mean[self._mask]
        columns_of = [slope_x, slope_y, slope_x * x, slope_x * y, slope_y * x, slope_y * y]
        design = np.column_stack([*columns_of, self._values, np.ones(len(x))]).astype(float)
        self._inverse = np.linalg.pinv(design).astype(np.float32)
        self._centred = self._values - self._values.mean()
        self._spread = float(np.linalg.norm(self._centred))
        self.start(np.column_stack([np.eye(2), self.middle]))

    def start(self, matrix: np.ndarray) -> None:
        """It is there, and at rest."""
        self._last, self._speed, self._turn, self.missed = Place(matrix, 1.0), np.zeros(2), 0.0, 0

    @property
    def last(self) -> Place:
        """Where it was when it was last seen."""
        return self._last

    @property
    def speed(self) -> float:
        """px a frame, when it was last seen."""
        return float(np.hypot(*self._speed))

    def follow(self, image: np.ndarray) -> Place | None:
        """Where it is in the next picture; None if it is not where it can be."""
        away = self.missed + 1
        guess = _turned(self._last.matrix, self._turn * away)
        guess[:, 2] = self._last.middle + self._speed * away
        place = self.align(image, guess)
        if place is None:
            sought = self._searched(image, guess)
            place = self.align(image, sought) if sought is not None else None
        if place is None:
            self.missed += 1
            return None
        self.take(place)
        return place

    def take(self, place: Place) -> None:
        """It was seen there, in the picture after the last."""
        away = self.missed + 1
        turn = place.angle - self._last.angle
        self._turn = math.remainder(turn, math.tau) / away
        self._speed = (place.middle - self._last.middle) / away
        self._last, self.missed = place, 0

    def at(self, corners: np.ndarray, learned: np.ndarray) -> np.ndarray:
        """The matrix that takes its corners when learned to these."""
        beside = np.column_stack([learned - self.middle, np.ones(4)])
        matrix: np.ndarray = np.linalg.lstsq(beside, corners, rcond=None)[0].T
        return matrix

    def align(self, image: np.ndarray, guess: np.ndarray) -> Place | None:
        """The best place near a guess; None if what is there does not look like it."""
        part = self._part(image, guess, 4.0)
        if part is None:
            return None
        light, origin = part
        matrix = guess.copy()
        matrix[:, 2] -= origin
        for _ in range(ROUNDS):
            matrix[:, 2] = np.rint(matrix[:, 2] * PLACES) / PLACES
            seen = self._warped(light, matrix)
            fitted = self._inverse @ seen
            if fitted[6] <= 0.05:
                return None
            step = (fitted[:6] / fitted[6]).astype(float)
            change = np.array([[1 + step[2], step[3], step[0]], [step[4], 1 + step[5], step[1]], [0, 0, 1]])
            matrix = matrix @ np.linalg.inv(change)
            sides = np.linalg.norm(matrix[:, :2], axis=0)
            if not (STRETCH[0] < sides.min() and sides.max() < STRETCH[1]):
                return None
            if np.hypot(step[0], step[1]) < STILL and np.abs(step[2:]).max() * self.side < STILL:
                break
        seen = seen - seen.mean()
        size = float(np.linalg.norm(seen))
        likeness = float(self._centred @ seen) / (size * self._spread) if size > 0 else 0.0
        matrix[:, 2] += origin
        return Place(matrix, likeness) if likeness >= ALIKE else None

    def _warped(self, light: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        """What lies where the learned picture's pixels would be."""
        moved = matrix.copy()
        moved[:, 2] += matrix[:, :2] @ self._corner
        flags = (
            cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )  # its cubic one (A = -0.75) is off by up to 0.05 px on a slope
        drawn = cv2.warpAffine(light, moved, self._size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        values: np.ndarray = drawn[self._mask]
        return values

    def _part(
        self, image: np.ndarray, guess: np.ndarray, margin: float
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Light around a place, and its first pixel (x, y)."""
        reach = 0.5 * max(self._size) * max(np.abs(guess[:, :2]).sum(1)) + margin
        low = np.floor(guess[:, 2] - reach).astype(int)
        high = np.ceil(guess[:, 2] + reach).astype(int)
        low, high = np.maximum(low, 0), np.minimum(high, np.array(image.shape[1::-1]) - 1)
        if (high - low < 8).any():
            return None
        return linear(image[low[1] : high[1] + 1, low[0] : high[0] + 1], self._table), low.astype(float)

    def _searched(self, image: np.ndarray, guess: np.ndarray) -> np.ndarray | None:
        """The most similar place within a side of a guess, to a pixel."""
        part = self._part(image, guess, self.side)
        if part is None:
            return None
        light, origin = part
        half = math.ceil(0.6 * self.side)
        turned = np.linalg.inv(np.vstack([np.column_stack([guess[:, :2], [half, half]]), [0, 0, 1]]))[:2]
        turned[:, 2] -= self._corner
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (2 * half + 1, 2 * half + 1)
        drawn = cv2.warpAffine(self._picture, turned, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        if light.shape[0] < size[1] or light.shape[1] < size[0]:
            return None
        alike = cv2.matchTemplate(light, drawn, cv2.TM_CCOEFF_NORMED)
        _, most, _, where = cv2.minMaxLoc(alike)
        if most < 0.4:
            return None
        found = guess.copy()
        found[:, 2] = origin + np.array(where) + half
        return found


def _turned(matrix: np.ndarray, angle: float) -> np.ndarray:
    """Turned about its middle, anticlockwise as seen."""
    c, s = math.cos(angle), math.sin(angle)
    return np.column_stack([np.array([[c, s], [-s, c]]) @ matrix[:, :2], matrix[:, 2]])


def side_of(light: np.ndarray, corners: np.ndarray) -> float:
    """px: the mean side of a marker in light (2-D) whose corners (4, 2) lie there, to some hundredths.

    Corners found in a picture lie up to half a pixel inside, for the lens rounds them. An edge does not move by that: across
    it, from black to white, the light's mean says how far it is black.
    """
    middle, guess = corners.mean(0), float(np.linalg.norm(corners - np.roll(corners, 1, 0), axis=1).mean())
    half = 0.11 * guess  # less than a cell to each side, which is a sixth
    along, across = np.linspace(-0.35, 0.35, 41), np.linspace(-half, half, 61)
    halves = []
    for one, other in zip(corners, np.roll(corners, -1, 0), strict=True):
        edge, foot = other - one, 0.5 * (one + other)
        normal = np.array([edge[1], -edge[0]]) / np.linalg.norm(edge)
        normal *= np.sign(normal @ (foot - middle))
        points = foot + along[:, None, None] * edge + across[None, :, None] * normal
        x, y = np.moveaxis(points.astype(np.float32), 2, 0)
        lines = cv2.remap(light, x, y, cv2.INTER_LINEAR).mean(0)
        black, white = lines[:6].mean(), lines[-6:].mean()
        black_part = float(np.clip((white - lines) / max(white - black, 1e-6), 0.0, 1.0).mean())
        halves.append(float(normal @ (foot - middle)) - half + 2 * half * black_part)
    return 0.5 * float(np.sum(halves))
