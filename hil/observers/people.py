"""People: count, direction and instant of crossing a line seen from above; stays in a zone; followers within one door cycle.

What a camera counts is a lower bound: people who walk close together are one silhouette. So each count is "at least N" with a
confidence, and each note says that it is never the only evidence: a passage that matters needs a contact, a lock or a barrier too.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from ..camera.frame import Frame
from .counting import SPREAD, UNKNOWN, Count, count, together
from .empty import Empty
from .line import Line, Passed, Walk
from .optics import Optics
from .region import BadRegion, Region
from .sighting import Reason, Sighting
from .silhouettes import Silhouette, silhouettes
from .stand import OVERLAP, Stand, Stay
from .tracks import Track, Tracker

SMALLEST = 0.004
"""Area of the smallest person as a share of the picture, where none is given."""
APART_AFTER = 3.0
"""s: who comes out of another's silhouette so soon after it crossed the line has crossed it in there."""
MIDDLE = 0.06
"""Sizes that the middle of a silhouette is off the middle of the person: shadow, bag, arms. Assumed; tried by the benchmark."""
ALONE = "a camera alone is no evidence of a passage"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A silhouette that crossed the line."""

    t: float
    u: float
    inwards: bool
    area: float
    """px² at working size: median while it was seen whole."""
    tracks: int
    """People who were seen to be in it."""
    seen: int
    """Frames in which it was seen."""
    track: int
    late: bool
    """Somebody who came out of another's silhouette after the line: noticed late."""


@dataclass(frozen=True, slots=True)
class Followers:
    """Who crossed the line inwards while one unlocking lasted. One of them opened; the others followed."""

    passed: Count
    followers: Count
    crossings: tuple[Crossing, ...]
    note: str


class People:
    """An observer of people. `reasons` tells when and why nothing could be said.

    line: where crossings are timed (event `crossing`, value + people inwards, - people outwards, at least so many); "auto" is
    level through the middle, inside above; None for no line.
    zone: where stays are timed (events `zone_entered`, value None, and `zone_left`, value: s of the stay, "service"); "auto" is
    the middle of the picture; None for no zone.
    empty: a picture of the empty scene; without one it is learned from the first `learn` s in which nothing moves.
    smallest: px² of the picture that the smallest person covers; person: the same of one usual person, where it is known.
    overlap: share of the zone, or of the silhouette where that is smaller, that makes somebody inside; without it `stand.OVERLAP`,
    and a half for the zone "auto".

    Raises: BadRegion, BadReference with the first frame that does not fit.
    """

    def __init__(
        self,
        name: str,
        *,
        line: Line | Literal["auto"] | None = "auto",
        zone: Region | Literal["auto"] | None = None,
        empty: np.ndarray | None = None,
        learn: float = 5.0,
        smallest: float | None = None,
        person: float | None = None,
        overlap: float | None = None,
        optics: Optics | None = None,
    ) -> None:
        for what, value in (("smallest", smallest), ("person", person), ("learn", learn)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise BadRegion(f"observer {name!r}: {what} is {value!r}: it is above zero")
        if overlap is not None and not 0 < overlap < 1:
            raise BadRegion(f"observer {name!r}: overlap is {overlap!r}: it is a share between 0 and 1")
        self.name, self.reasons = name, list[Reason]()
        self.crossings: list[Crossing] = []
        self.silhouettes: list[Silhouette] = []
        """Of the last frame, at working size (`scale` of the picture)."""
        self.tracks: list[Track] = []
        self._line, self._zone, self._optics = line, zone, optics
        self._overlap = overlap or (0.5 if zone == "auto" else OVERLAP)
        self._smallest, self._person = smallest, person
        self._empty = Empty(SMALLEST, learn, empty)
        self._tracker, self._walks = Tracker(), dict[int, Walk]()
        self._stand: Stand | None = None
        self._singles: list[float] = []
        self._kind, self._t, self._period, self._u = "", math.nan, 0.0, 0.0
        self._watched: dict[int, tuple[float, float, float, int]] = {}

    @property
    def scale(self) -> float:
        """Working pixels a pixel of the picture; 0 before the first frame."""
        return self._empty.scale

    def feed(self, frame: Frame) -> list[Sighting]:
        """Take the next frame; crossings and stays that are known with it."""
        if math.isnan(self._t):
            self._begin(frame.image.shape)
        elif frame.t > self._t:
            elapsed = frame.t - self._t
            self._period = elapsed if not self._period else min(elapsed, 1.05 * self._period)
        mask = self._empty.feed(frame)
        self._t, self._u = max(frame.t, self._t) if self._t == self._t else frame.t, frame.u
        self._say_unfit(frame.t)
        if mask is None:
            self.silhouettes, self.tracks = [], []
            if self._empty.learned:  # what was followed can't be followed through this
                self._tracker, self._walks = Tracker(), {}
            return []
        self.silhouettes = silhouettes(mask, self._empty.least)
        self.tracks = self._tracker.feed(frame.t, self.silhouettes)
        for track in self._tracker.gone:
            if len(track.alone) >= 5:
                self._singles.append(statistics.median(track.alone))
            self._walks.pop(track.number, None)
            self._watched.pop(track.number, None)
        said = [*self._crossed(frame), *self._stood(frame)]
        self._watch(frame)
        return said

    def finish(self) -> list[Sighting]:
        """No more frames: the stays that had ended."""
        if self._stand is None or math.isnan(self._t):
            return []
        return [self._left(one) for one in self._stand.finish(self._t)]

    def count_of(self, crossing: Crossing) -> Count:
        """How many crossed, as far as is known by now: of people alone more has been seen since."""
        if crossing.late:
            return Count(1, min(0.9, _surely(crossing.seen)), 0.0)
        single, spread = self._single()
        counted = count(crossing.area, single, spread, crossing.tracks, _surely(crossing.seen))
        if crossing.tracks > 1:  # each of them is a crossing of its own
            n = crossing.tracks
            return Count(1, counted.confidence ** (1 / n), counted.more / n)
        return counted

    def count(self, since: float, until: float, inwards: bool = True) -> Count:
        """People who crossed the line that way between two instants, s on the frames' clock."""
        return together([self.count_of(one) for one in self._between(since, until, inwards)])

    def followers(self, unlock: float, relock: float, inwards: bool = True) -> Followers:
        """Who followed within one door cycle, from `unlock` to `relock`, s on the frames' clock."""
        inside = self._between(unlock, relock, inwards)
        passed = together([self.count_of(one) for one in inside])
        more = passed.more if passed.at_least else 0.0
        followers = Count(
            max(0, passed.at_least - 1), passed.confidence if passed.at_least > 1 else 1.0, more
        )
        blind = [one for one in self.reasons if unlock <= one.t <= relock]
        note = f"{passed} within {relock - unlock:.2f} s; {ALONE}"
        if blind:
            note += f"; not all was seen: {blind[0].note}"
        near = [one for one in inside if min(abs(one.t - unlock), abs(one.t - relock)) < 2 * one.u]
        if near:
            note += f"; {len(near)} so near the lock's edges that it may belong to another cycle"
        return Followers(passed, followers, tuple(inside), note)

    def _between(self, since: float, until: float, inwards: bool) -> list[Crossing]:
        return [one for one in self.crossings if since <= one.t <= until and one.inwards == inwards]

    def _begin(self, shape: tuple[int, ...]) -> None:
        if self._smallest is not None:
            self._empty.smallest = min(0.5, self._smallest / (shape[0] * shape[1]))
        if self._line == "auto":
            self._line = Line.across(shape)
        if self._zone == "auto":
            height, width = shape[:2]
            self._zone = Region.rectangle("middle", width // 4, height // 6, width // 2, 2 * height // 3)
        if self._zone is not None:
            self._zone.box(shape)

    def _say_unfit(self, t: float) -> None:
        unfit = self._empty.unfit
        kind = unfit.kind if unfit is not None else ""
        if unfit is not None and kind != self._kind and kind != "learning":
            self.reasons.append(Reason(self.name, kind, t, unfit.note))
        self._kind = kind

    def _single(self) -> tuple[float | None, float]:
        """Area of one person at working size, and the spread of its logarithm."""
        if self._person is not None:
            return self._person * self.scale**2, SPREAD
        if len(self._singles) < 2:
            return (self._singles[0], UNKNOWN) if self._singles else (None, UNKNOWN)
        # Pairs that never came apart are among them: so from the smaller half, and by those that are near it.
        ordered = sorted(self._singles)
        usual = statistics.median(ordered[: max(2, (3 * len(ordered) + 3) // 4)])
        logs = [math.log(one / usual) for one in ordered if one < 1.4 * usual]
        spread = max(SPREAD, math.sqrt(sum(one * one for one in logs) / len(logs)))
        return usual, math.hypot(spread, 0.3 / math.sqrt(len(logs)))

    def _instant(self, frame: Frame, y: float) -> tuple[float, float]:
        """s to add for the middle of the exposure of a row, and its uncertainty."""
        if self._optics is None:
            return 0.0, self._period / math.sqrt(12.0)
        exposure = self._optics.exposure
        return self._optics.begin(
            y, frame.image.shape[0]
        ) + exposure / 2, self._optics.tolerance * exposure / 2

    def _crossed(self, frame: Frame) -> list[Sighting]:
        if not isinstance(self._line, Line):
            return []
        said = []
        for track in self.tracks:
            if not track.visible:
                continue
            walk = self._walks.setdefault(track.number, Walk())
            size = track.silhouette.size / self.scale
            jitter = math.hypot(track.jitter / self.scale, MIDDLE * size)
            if track.together > 1 or track.silhouette.cut:
                jitter += 0.15 * size  # where its middle is, is a guess
            passed = walk.feed(
                self._line,
                frame.t,
                (track.x + 0.5) / self.scale - 0.5,
                (track.y + 0.5) / self.scale - 0.5,
                size,
                jitter,
            )
            if passed is not None and track.counts:
                said.append(self._cross(frame, track, passed))
            elif track.from_group and track.came_from is not None:
                said += self._came_apart(track, walk)
                track.came_from = None
        return said

    def _cross(self, frame: Frame, track: Track, passed: Passed) -> Sighting:
        later, u_optics = self._instant(frame, passed.y)
        u = math.hypot(frame.u, passed.u, u_optics)
        recent = track.alone[-15:]
        area = statistics.median(recent) if recent and track.together == 1 else track.silhouette.area
        crossing = Crossing(
            passed.t + later, u, passed.inwards, area, track.together, track.seen, track.number, False
        )
        return self._note(crossing)

    def _came_apart(self, track: Track, walk: Walk) -> list[Sighting]:
        """Somebody comes out of a silhouette that has just crossed: they crossed in there."""
        origin = track.came_from
        assert origin is not None
        own = [one for one in self.crossings if one.track == origin.number and not one.late]
        if not own or track.t - own[-1].t > APART_AFTER:
            return []
        last = own[-1]
        already = [one for one in self.crossings if one.late and one.t == last.t]
        if self.count_of(last).at_least > 1 + len(already) or walk.side == (-1 if last.inwards else 1):
            return []
        size = track.silhouette.size / self.scale
        speed = math.hypot(track.vx, track.vy) / self.scale
        u = math.hypot(last.u, 0.5 * size / max(speed, 0.1 * size))
        return [self._note(Crossing(last.t, u, last.inwards, 0.0, 1, track.seen, track.number, True))]

    def _note(self, crossing: Crossing) -> Sighting:
        self.crossings.append(crossing)
        counted = self.count_of(crossing)
        way = "in" if crossing.inwards else "out"
        late = ", came out of another's silhouette after the line" if crossing.late else ""
        value = float(counted.at_least if crossing.inwards else -counted.at_least)
        return Sighting(
            self.name, "crossing", crossing.t, crossing.u, value, f"{way}: {counted}{late}; {ALONE}"
        )

    def _stood(self, frame: Frame) -> list[Sighting]:
        if not isinstance(self._zone, Region):
            return []
        if self._stand is None:
            self._stand = Stand(_drawn(self._zone, self.scale, self._empty_shape(frame)), self._overlap)
        begun, ended = self._stand.feed(frame.t, self.tracks, self._tracker.gone)
        return [self._entered(one) for one in begun] + [self._left(one) for one in ended]

    def _empty_shape(self, frame: Frame) -> tuple[int, int]:
        height, width = frame.image.shape[:2]
        return max(1, round(height * self.scale)), max(1, round(width * self.scale))

    def _entered(self, stay: Stay) -> Sighting:
        assert isinstance(self._zone, Region)
        u = math.hypot(self._u, stay.u_enters, self._period / math.sqrt(12.0))
        return Sighting(self.name, "zone_entered", stay.enters, u, None, f"into {self._zone.name}; {ALONE}")

    def _left(self, stay: Stay) -> Sighting:
        assert isinstance(self._zone, Region)
        u = math.hypot(self._u, stay.u_leaves, self._period / math.sqrt(12.0))
        among = f", up to {stay.others} more people there meanwhile" if stay.others else ""
        note = f"out of {self._zone.name}, entered at {stay.enters:.2f} s{among}; {ALONE}"
        return Sighting(self.name, "zone_left", stay.leaves, u, stay.service, note)

    def _watch(self, frame: Frame) -> None:
        """Whatever does not move at all for 2 s: is it the hole that somebody left who stood in the empty picture?"""
        for track in self.tracks:
            if not track.visible:
                continue
            x, y, since, asked = self._watched.get(track.number, (track.x, track.y, frame.t, 0))
            if math.hypot(track.x - x, track.y - y) > 2.0:
                x, y, since = track.x, track.y, frame.t
            if asked == 0 and frame.t - since > 2.0:
                asked = 1
                if self._empty.left_a_hole(track.silhouette.outline, frame):
                    place = f"({track.x / self.scale:.0f}, {track.y / self.scale:.0f})"
                    self.reasons.append(
                        Reason(
                            self.name,
                            "not empty",
                            frame.t,
                            f"what stands at {place} looks like the hole of somebody who stood in the empty picture: take a"
                            " new picture of the empty scene",
                        )
                    )
            self._watched[track.number] = (x, y, since, asked)


def _surely(seen: int) -> float:
    """How surely something seen in so many frames is a person: assumed, and tried by benchmarks/camera_people.py."""
    return min(0.99, 1.0 - 0.55**seen)


def _drawn(region: Region, scale: float, shape: tuple[int, int]) -> np.ndarray:
    drawn = np.zeros(shape, np.uint8)
    corners = np.rint((np.asarray(region.corners) + 0.5) * scale - 0.5).astype(np.int32)
    cv2.fillPoly(drawn, [corners], 1)
    return drawn.astype(bool)
