"""Silhouettes joined over time into people: who comes, merges with another, comes apart again, goes."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from .silhouettes import Silhouette

LOST = 0.6
"""s for which somebody may be unseen and is still the same person."""
SEEN = 3
"""Frames in which somebody has been seen before they count."""
APART = 0.6
"""Silhouettes that were one count as two people when their centres are so many sizes of the smaller one apart."""
STILL = 0.15
"""s: time constant of a velocity."""


@dataclass(slots=True, eq=False)
class Track:
    """One person, as far as one can tell."""

    number: int
    t: float
    x: float
    y: float
    """px of working size."""
    silhouette: Silhouette
    vx: float = 0.0
    vy: float = 0.0
    seen: int = 1
    """Frames with a silhouette."""
    together: int = 1
    """Tracks that share its silhouette in this frame."""
    alone: list[float] = field(default_factory=list)
    """Areas while it had a silhouette to itself, all of it in the picture."""
    from_group: bool = False
    """It came out of a silhouette that had been taken for fewer."""
    came_from: Track | None = None
    visible: bool = True
    """It has a silhouette in this frame."""
    jitter: float = 0.5
    """px: how far positions are from a smooth path, standard deviation."""
    missed: float = 0.0
    """s since it was seen."""

    @property
    def counts(self) -> bool:
        """Seen for long enough to be somebody."""
        return self.seen >= SEEN

    def predicted(self, t: float) -> tuple[float, float]:
        """px at another instant, if it goes on as it does."""
        ahead = min(t - self.t, LOST)
        return self.x + self.vx * ahead, self.y + self.vy * ahead


class Tracker:
    """Joins silhouettes; `tracks` are those of the last frame, `gone` those that ended with it."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self.gone: list[Track] = []
        self._numbers = itertools.count(1)
        self._t = math.nan

    def feed(self, t: float, found: list[Silhouette]) -> list[Track]:
        """The tracks after silhouettes seen at t, s; those without one are among them until they are lost."""
        elapsed = 0.0 if math.isnan(self._t) else max(0.0, t - self._t)
        self._t = t
        before = {id(track): track.silhouette for track in self.tracks if track.visible}
        pairs = self._assigned(t, found, elapsed)
        shared: dict[int, list[Track]] = {n: [] for n in range(len(found))}
        for track, n in pairs.items():
            shared[n].append(track)
        for track in self.tracks:
            if track in pairs:
                continue
            x, y = track.predicted(t)
            near = [n for n, one in enumerate(found) if one.holds(x, y, 0.25 * track.silhouette.size)]
            near = [n for n in near if shared[n]]  # it went into a silhouette that somebody has already
            if near and not self._left(track, x, y, found, near):
                n = min(near, key=lambda one: math.hypot(found[one].x - x, found[one].y - y))
                shared[n].append(track)
            else:
                track.visible, track.missed = False, track.missed + elapsed
        for n, who in shared.items():
            if not who:
                self.tracks.append(self._new(t, found[n], before))
            for track in who:
                _update(track, t, found[n], elapsed, who)
        self.gone = [one for one in self.tracks if self._lost(one)]
        self.tracks = [one for one in self.tracks if one not in self.gone]
        return self.tracks

    def _lost(self, track: Track) -> bool:
        if track.visible:
            return False
        at_edge = track.silhouette.cut and track.together == 1
        return track.missed > (0.5 * LOST if at_edge else LOST)

    def _left(self, track: Track, x: float, y: float, found: list[Silhouette], near: list[int]) -> bool:
        """Whether it was a fragment at the edge that went out, rather than into a neighbour: it shrank before it vanished."""
        had = track.alone[-1] if track.alone else track.silhouette.area
        return track.silhouette.cut and track.silhouette.area < 0.5 * had

    def _assigned(self, t: float, found: list[Silhouette], elapsed: float) -> dict[Track, int]:
        """The best silhouette for each track, each given once; the rest have gone, merged or come."""
        if not self.tracks or not found:
            return {}
        far = 1e6
        cost = np.full((len(self.tracks), len(found)), far)
        for row, track in enumerate(self.tracks):
            x, y = track.predicted(t)
            size = track.silhouette.size
            reach = 0.6 * size + 3.0 * math.hypot(track.vx, track.vy) * elapsed
            for column, one in enumerate(found):
                away = math.hypot(one.x - x, one.y - y)
                if one.holds(x, y, reach) or away < reach:
                    cost[row, column] = away + 0.2 * abs(one.size - size)
        rows, columns = linear_sum_assignment(cost)
        return {
            self.tracks[row]: int(column)
            for row, column in zip(rows, columns, strict=True)
            if cost[row, column] < far
        }

    def _new(self, t: float, one: Silhouette, before: dict[int, Silhouette]) -> Track:
        """Somebody new; or who was in another's silhouette, if it stands where that one stood a frame ago."""
        new = Track(next(self._numbers), t, one.x, one.y, one)
        for track in self.tracks:
            had = before.get(id(track))
            if had is None or not track.counts or one.area < 0.3 * track.silhouette.area:
                continue
            if had.holds(one.x, one.y, 0.0) and not (
                one.cut and had.cut and one.area < 0.6 * track.silhouette.area
            ):
                new.came_from, new.vx, new.vy = track, track.vx, track.vy
                break
        return new


def _update(track: Track, t: float, one: Silhouette, elapsed: float, who: list[Track]) -> None:
    x, y = track.predicted(t)
    track.together = len(who)
    if len(who) > 1:
        # All know that they are in it, none where: each goes on as it went, inside of it.
        left, top, right, bottom = one.box
        inset = 0.2
        width, height = right - left, bottom - top
        x = min(max(x, left + inset * width), right - inset * width)
        y = min(max(y, top + inset * height), bottom - inset * height)
        seen_x, seen_y, trust = x, y, 0.3
        if elapsed:  # and at the pace of the whole
            centre = _before(who)
            if centre is not None:
                pace_x, pace_y = (one.x - centre[0]) / elapsed, (one.y - centre[1]) / elapsed
                track.vx += 0.1 * (pace_x - track.vx)
                track.vy += 0.1 * (pace_y - track.vy)
    else:
        seen_x, seen_y, trust = one.x, one.y, 1.0
        off = math.hypot(seen_x - x, seen_y - y)
        track.jitter += 0.1 * (min(off, 5.0) / 1.6 - track.jitter)
        if not one.cut:
            track.alone.append(one.area)
            del track.alone[:-200]
    if elapsed and len(who) == 1 and track.visible:
        share = 1.0 - math.exp(-elapsed / STILL)
        track.vx += share * ((seen_x - track.x) / elapsed - track.vx)
        track.vy += share * ((seen_y - track.y) / elapsed - track.vy)
    track.x, track.y = (seen_x, seen_y) if trust == 1.0 else (x, y)
    track.t, track.silhouette, track.visible, track.missed = t, one, True, 0.0
    track.seen += 1
    origin = track.came_from
    if origin is not None and not track.from_group and track.seen >= SEEN:
        away = math.hypot(track.x - origin.x, track.y - origin.y)
        if away > APART * min(one.size, origin.silhouette.size):
            track.from_group = True


def _before(who: list[Track]) -> tuple[float, float] | None:
    """Centre of the silhouette that they shared a frame ago."""
    held = {id(track.silhouette): track.silhouette for track in who}
    if len(held) != 1:
        return None
    (one,) = held.values()
    return one.x, one.y
