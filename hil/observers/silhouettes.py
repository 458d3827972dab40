"""Silhouettes: what stands out of the empty scene, as areas that may be people."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Silhouette:
    """One connected area of foreground, with its fragments, at working size."""

    x: float
    y: float
    """px: centre of mass."""
    area: float
    """px²."""
    box: tuple[int, int, int, int]
    """px: left, top, right, bottom; the last two just outside."""
    cut: bool
    """It reaches the edge of the picture: what is seen is a part."""
    mask: np.ndarray
    """bool, of the box."""

    @property
    def size(self) -> float:
        """px: side of a square of the same area."""
        return float(self.area**0.5)

    @property
    def outline(self) -> np.ndarray:
        """Contour of the largest piece, int32 (n, 1, 2)."""
        found, _ = cv2.findContours(self.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        outline: np.ndarray = max(found, key=cv2.contourArea) + np.asarray(self.box[:2], np.int32)
        return outline

    def within(self, zone: np.ndarray) -> int:
        """px of it inside a zone (bool of the whole picture)."""
        left, top, right, bottom = self.box
        return int(np.count_nonzero(self.mask & zone[top:bottom, left:right]))

    def holds(self, x: float, y: float, margin: float) -> bool:
        """Whether a point lies in its box, widened by a margin, px."""
        left, top, right, bottom = self.box
        return left - margin <= x < right + margin and top - margin <= y < bottom + margin


def silhouettes(mask: np.ndarray, least: float) -> list[Silhouette]:
    """Areas of at least `least` px², the largest first. A fragment below that belongs to the nearest area within a quarter of a
    person: a coat the colour of the wall leaves a head and legs."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(mask)
    order = sorted(range(1, count), key=lambda one: -stats[one, cv2.CC_STAT_AREA])
    groups: list[list[int]] = []
    boxes: list[tuple[int, int, int, int]] = []
    gap = max(2.0, 0.35 * least**0.5)
    for one in order:
        left, top, width, height, area = (int(value) for value in stats[one])
        if area < 0.03 * least:
            break
        box = (left, top, left + width, top + height)
        near = (
            None
            if area >= least or not groups
            else min(range(len(groups)), key=lambda n: _apart(boxes[n], box))
        )
        if near is not None and _apart(boxes[near], box) <= gap:
            groups[near].append(one)
            had = boxes[near]
            boxes[near] = (min(had[0], box[0]), min(had[1], box[1]), max(had[2], box[2]), max(had[3], box[3]))
        else:
            groups.append([one])
            boxes.append(box)
    height, width = mask.shape
    found = []
    for group, (left, top, right, bottom) in zip(groups, boxes, strict=True):
        areas = stats[group, cv2.CC_STAT_AREA].astype(float)
        total = float(areas.sum())
        if total < least:
            continue
        x, y = (centres[group] * areas[:, None]).sum(0) / total
        inside = np.isin(labels[top:bottom, left:right], group)
        cut = left <= 1 or top <= 1 or right >= width - 1 or bottom >= height - 1
        found.append(Silhouette(float(x), float(y), total, (left, top, right, bottom), cut, inside))
    return sorted(found, key=lambda one: -one.area)


def _apart(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> float:
    """px between two boxes; 0 where they overlap."""
    across = max(0, one[0] - other[2], other[0] - one[2])
    down = max(0, one[1] - other[3], other[1] - one[3])
    return float(max(across, down))
