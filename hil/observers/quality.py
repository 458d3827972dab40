"""Pictures from which nothing can be read, recognised and named with what to change; and when they forbid a number.

Each frame is looked at for what is wrong with it; over all frames each trouble has a share. What FORBIDS says turns a number into
"not measured": an observer of a picture that is black half of the time has nothing to say of the other half either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from ..camera.frame import Frame
from .flicker import Flicker
from .region import BadRegion, Region
from .sighting import Reason

FORBIDS: dict[str, float] = {
    "black": 0.1,
    "blown out": 0.1,
    "upside down": 0.5,
    "out of focus": 0.5,
    "marker hidden": 0.5,
    "two doors": 0.1,
    "frozen": 0.1,
    "saturated": 0.98,
    "flicker": 2.0,
}
"""From which share of the frames on a trouble forbids any number from the region (or, where it is the whole picture's, at all).
Above 1: never; it is named, and the observers' uncertainty carries it. A lamp that saturates only while it is lit is still read
from its halo; in a region that is always saturated nothing can be seen to change."""
NAMED = 0.05
"""Share of the frames from which on a trouble is named."""
DARK, DARK_TOP = 16.0, 48.0
"""Of 255: a picture is black when its mean and its brightest hundredth are below these."""
FULL = 250
"""Of 255: a channel with this much or more is saturated."""
BLOWN = 0.6
"""Share of pixels with all channels saturated."""
CORED = 0.5
"""Share of a region's pixels with a channel saturated."""
EDGE = 4.5
"""px that the sharpest edges take at most in a picture 640 px wide; wider pictures in proportion. A lens in focus: 1 to 2."""
SAME = 1.0
"""s of bit for bit the same picture: a camera's noise is never that."""
EVERY = 5
"""Focus and markers are looked at in each fifth frame."""
ENOUGH = 10
"""Looks before anything is named."""


@dataclass(frozen=True, slots=True)
class PictureProblem:
    """What is wrong with the picture, and what to change."""

    kind: str
    """A key of FORBIDS."""
    region: str
    """Name of the region or marker; empty for the whole picture."""
    share: float
    """Of the frames in which it was looked for."""
    advice: str
    detail: str = ""
    """What was measured."""

    @property
    def forbids(self) -> bool:
        """No number may be given."""
        return self.share >= FORBIDS[self.kind]

    def __str__(self) -> str:
        what = f"region {self.region!r}" if self.region else "the picture"
        if self.kind == "marker hidden":
            what, told = f"marker {self.region}", "is hidden"
        elif self.kind == "two doors":
            what, told = f"marker {self.region}", "is there twice"
        else:
            told = {"flicker": "flickers"}.get(self.kind, f"is {self.kind}")
        detail = f" ({self.detail})" if self.detail else ""
        return f"{what} {told}{detail} in {self.share:.0%} of frames: {self.advice}"


ADVICE = {
    "black": "open the lens, raise the exposure, or switch on the light",
    "blown out": "lower the exposure or the gain, or turn the camera away from the light",
    "upside down": "turn the camera, or set its rotation to 180°",
    "out of focus": "focus the lens on the door, clean it, or fix the focus that hunts",
    "marker hidden": "move what stands before it, or print it larger (at least 30 px in the picture)",
    "two doors": "point the camera at one door, or give each door markers of its own",
    "frozen": "restart the camera or its stream; it sends the same picture again and again",
    "saturated": "lower the exposure",
    "flicker": "set the exposure to a multiple of {half:.2g} ms (mains of {mains}), or light the scene without flicker",
}


@dataclass(slots=True)
class _Tally:
    looked: int = 0
    bad: int = 0
    first: float = 0.0
    detail: str = ""
    told: bool = False

    def add(self, bad: bool, t: float, detail: str = "") -> None:
        self.looked += 1
        if bad:
            self.first = t if not self.bad else self.first
            self.bad += 1
            self.detail = detail


@dataclass(slots=True)
class Quality:
    """Watches frames for what makes them useless.

    markers: numbers of ArUco markers that must be seen, upright; `dictionary` as cv2.aruco names it.
    Raises: BadRegion for a region outside of the picture (with the first frame), or a dictionary that OpenCV does not know.
    """

    name: str
    regions: Sequence[Region] = ()
    markers: Sequence[int] = ()
    dictionary: str = "DICT_4X4_50"
    upright: bool = True
    """Markers stand upright on this door; False: they may be turned."""
    reasons: list[Reason] = field(default_factory=list)
    _tallies: dict[tuple[str, str], _Tally] = field(default_factory=dict)
    _masks: dict[str, tuple[tuple[slice, slice], np.ndarray]] = field(default_factory=dict)
    _before: np.ndarray | None = None
    _since: float = 0.0
    _frames: int = 0
    _flicker: Flicker = field(default_factory=Flicker)
    _detector: cv2.aruco.ArucoDetector | None = None

    def __post_init__(self) -> None:
        if self.markers:
            known = getattr(cv2.aruco, self.dictionary, None)
            if not isinstance(known, int):
                raise BadRegion(
                    f"there is no marker dictionary {self.dictionary!r}", advice="such as DICT_4X4_50"
                )
            self._detector = cv2.aruco.ArucoDetector(
                cv2.aruco.getPredefinedDictionary(known), cv2.aruco.DetectorParameters()
            )

    def feed(self, frame: Frame) -> list[PictureProblem]:
        """Look at the next frame; problems that are new with it."""
        grey = cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY)
        if not self._frames:
            self._masks = {one.name: (one.box(grey.shape), one.mask(grey.shape)) for one in self.regions}
        self._light(frame, grey)
        if self._frames % EVERY == 0:
            self._focus(frame.t, grey)
            self._see_markers(frame.t, grey)
        self._same(frame.t, grey)
        self._flicker.feed(frame.t, grey)
        self._frames += 1
        new = []
        for (kind, region), tally in self._tallies.items():
            if not tally.told and tally.looked >= ENOUGH and tally.bad / tally.looked >= NAMED:
                tally.told = True
                new.append(self._problem(kind, region, tally))
        for one in new:
            self.reasons.append(Reason(self.name, one.kind, frame.t, str(one)))
        return new

    def finish(self) -> list[PictureProblem]:
        """No more frames: all problems, with their shares over all of them."""
        return self.problems()

    def problems(self) -> list[PictureProblem]:
        """All problems so far, those that forbid numbers first."""
        found = [
            self._problem(kind, region, tally)
            for (kind, region), tally in self._tallies.items()
            if tally.bad / tally.looked >= NAMED
        ]
        flicker = self._flicker.found()
        if flicker is not None:
            advice = ADVICE["flicker"].format(half=500 / flicker.lowest, mains=flicker.mains)
            detail = f"{flicker.mains}, ± {flicker.amplitude:.1%} of the light"
            found.append(PictureProblem("flicker", "", flicker.share, advice, detail))
        return sorted(found, key=lambda one: (not one.forbids, -one.share))

    def forbids(self, region: str = "") -> PictureProblem | None:
        """The problem for which nothing in this region may be given a number; None if there is none."""
        return next((one for one in self.problems() if one.forbids and one.region in ("", region)), None)

    def _problem(self, kind: str, region: str, tally: _Tally) -> PictureProblem:
        return PictureProblem(kind, region, tally.bad / tally.looked, ADVICE[kind], tally.detail)

    def _tally(self, kind: str, region: str = "") -> _Tally:
        return self._tallies.setdefault((kind, region), _Tally())

    def _light(self, frame: Frame, grey: np.ndarray) -> None:
        few = grey[::4, ::4]
        mean, top = float(few.mean()), float(np.percentile(few, 99))
        self._tally("black").add(mean < DARK and top < DARK_TOP, frame.t, f"mean {mean:.0f} of 255")
        full = float((frame.image[::4, ::4].min(2) >= FULL).mean())
        self._tally("blown out").add(full > BLOWN, frame.t, f"{full:.0%} of it white")
        for name, (box, mask) in self._masks.items():
            inside = frame.image[box].max(2)[mask]
            share = float((inside >= FULL).mean())
            self._tally("saturated", name).add(share > CORED, frame.t)

    def _focus(self, t: float, grey: np.ndarray) -> None:
        """Width of the sharpest edges: how high they rise within 33 px, against their steepest pixel."""
        height, across = grey.shape
        rows = cv2.resize(
            grey, (across, max(1, height // 4)), interpolation=cv2.INTER_AREA
        )  # a quarter of the noise's power
        step = cv2.absdiff(rows[:, 1:], rows[:, :-1])
        window = np.ones((1, 33), np.uint8)
        steepest = cv2.dilate(step, window).astype(np.float32)
        rise = cv2.subtract(cv2.dilate(rows, window), cv2.erode(rows, window))[:, 1:]
        noise = float(np.median(step)) / 0.954  # median |x - y| of two normals is 0.954 sd
        high = np.percentile(rise, 99)
        if high < max(24.0, 10.0 * noise):
            return  # no edges that could tell
        edges = rise >= max(24.0, 0.5 * high)
        width = float(
            np.percentile((rise[edges] - 3.0 * noise) / np.maximum(steepest[edges] - 2.0 * noise, 1.0), 10)
        )
        limit = EDGE * max(1.0, across / 640)
        self._tally("out of focus").add(width > limit, t, f"edges are {width:.1f} px wide")

    def _see_markers(self, t: float, grey: np.ndarray) -> None:
        if self._detector is None:
            return
        corners, numbers, _ = self._detector.detectMarkers(grey)
        seen: dict[int, list[np.ndarray]] = {}
        for corner, number in zip(corners, [] if numbers is None else numbers.ravel().tolist(), strict=True):
            seen.setdefault(int(number), []).append(corner.reshape(4, 2))
        turned = []
        for number in self.markers:
            found = seen.get(number, [])
            self._tally("marker hidden", str(number)).add(not found, t)
            self._tally("two doors", str(number)).add(len(found) > 1, t)
            turned += [one[3][1] + one[2][1] < one[0][1] + one[1][1] for one in found]
        if self.upright and turned:
            self._tally("upside down").add(sum(turned) * 2 > len(turned), t)

    def _same(self, t: float, grey: np.ndarray) -> None:
        few = grey[::3, ::3]
        same = self._before is not None and np.array_equal(few, self._before)
        if not same:
            self._before, self._since = few.copy(), t
        self._tally("frozen").add(same and t - self._since >= SAME, t, f"since {self._since:.1f} s")
