"""A zone where people stand, one after another, while a terminal deals with them: when each enters and leaves it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from .tracks import Track

OVERLAP = 0.15
"""Share of the zone, or of the silhouette where that is smaller, that lies over each other when somebody is in the zone."""
SHORTEST = 1.0
"""s: who stays for less passes by."""
GAP = 0.5
"""s for which the zone may seem empty during one stay."""
JUMP = 0.4
"""Change of an overlap within one frame that no person's step makes."""
BLUR = 0.1
"""Uncertainty of an overlap, as a share: edges of silhouettes, shadows, hair."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody's stay: instants in s with their uncertainties from the overlap alone, and how sharply they are known."""

    enters: float
    u_enters: float
    leaves: float
    u_leaves: float
    others: int
    """Other people who were in the zone meanwhile, at most at a time."""

    @property
    def service(self) -> float:
        """s."""
        return self.leaves - self.enters


@dataclass(slots=True)
class _Inside:
    enters: float
    u_enters: float
    track: int
    told: bool = False
    leaves: float = math.nan
    u_leaves: float = 0.0
    others: int = 0
    died: bool = False


@dataclass(slots=True)
class Stand:
    """Follows stays in a zone, bool at working size."""

    zone: np.ndarray
    overlap: float = OVERLAP
    shortest: float = SHORTEST
    gap: float = GAP
    _open: list[_Inside] = field(default_factory=list)
    _before: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Overlap of each track, and its instant, a frame ago."""

    def feed(self, t: float, tracks: list[Track], gone: list[Track]) -> tuple[list[Stay], list[Stay]]:
        """Stays that have become certain with this frame, and those that have ended; `leaves` of the former is NaN."""
        area = float(np.count_nonzero(self.zone))
        now: dict[int, tuple[float, float]] = {}
        shares: list[tuple[Track, float]] = []
        for track in tracks:
            one = track.silhouette
            if not track.visible:
                now[track.number] = self._before.get(track.number, (0.0, t))
                continue
            share = one.within(self.zone) / max(1.0, min(area, one.area))
            now[track.number] = (share, t)
            shares.append((track, share))
        self._swap(shares)
        for track, share in sorted(shares, key=lambda one: -one[0].seen):
            self._seen(track, t, share, [one for one, _ in shares if one.silhouette is track.silhouette])
        for track in gone:
            inside = self._inside(track.number)
            if inside is not None:
                inside.leaves, inside.u_leaves, inside.died = track.t, (t - track.t) / math.sqrt(12.0), True
        self._before = now
        together = [one for one in self._open if math.isnan(one.leaves)]
        for stay in together:
            stay.others = max(stay.others, len(together) - 1)
        return self._told(t)

    def finish(self, t: float) -> list[Stay]:
        """Stays that have ended for good; one that still goes on has no end and is none."""
        _, ended = self._told(t + 2 * self.gap)
        return ended

    def _inside(self, number: int) -> _Inside | None:
        return next((one for one in self._open if one.track == number and math.isnan(one.leaves)), None)

    def _swap(self, shares: list[tuple[Track, float]]) -> None:
        """Nobody leaves in one frame while another is suddenly where they stood: the tracks have changed places."""
        jumps = {
            track.number: share - self._before.get(track.number, (share, 0.0))[0] for track, share in shares
        }
        for track, _ in shares:
            inside = self._inside(track.number)
            if inside is None or jumps[track.number] > -JUMP:
                continue
            others = [
                one for one, _ in shares if jumps[one.number] > JUMP and self._inside(one.number) is None
            ]
            if others:
                inside.track = others[0].number

    def _seen(self, track: Track, t: float, share: float, sharing: list[Track]) -> None:
        inside = self._inside(track.number)
        at, u = self._when(track.number, t, share)
        if inside is not None and share < self.overlap:
            inside.leaves, inside.u_leaves, inside.died = at, u, False
        if inside is not None or share < self.overlap:
            return
        if any(self._inside(one.number) is not None for one in sharing):
            return  # in one silhouette with whoever stands there: which of them is in the zone can't be told
        back = self._left_just_now(track, t)
        if back is not None:
            back.leaves, back.track = math.nan, track.number
        else:
            self._open.append(_Inside(at, u, track.number))

    def _left_just_now(self, track: Track, t: float) -> _Inside | None:
        """The stay that this one goes on with: the same person's, or that of a track that broke off where this one began."""
        for one in self._open:
            if t - one.leaves > self.gap:
                continue
            if one.track == track.number or (one.died and track.number not in self._before):
                return one
        return None

    def _when(self, number: int, t: float, share: float) -> tuple[float, float]:
        """The instant at which the overlap passed its threshold, between this frame and the one before."""
        before = self._before.get(number)
        if before is None or before[1] >= t or before[0] == share:
            return t, 0.0
        had, at = before
        crossed = min(1.0, max(0.0, (self.overlap - had) / (share - had)))
        speed = abs(share - had) / (t - at)
        return at + crossed * (t - at), math.hypot(
            (t - at) / math.sqrt(12.0), min(BLUR / max(speed, 1e-6), 1.0)
        )

    def _told(self, t: float) -> tuple[list[Stay], list[Stay]]:
        begun, ended, rest = [], [], []
        for one in self._open:
            stays = (t if math.isnan(one.leaves) else one.leaves) - one.enters
            if not one.told and stays >= self.shortest:
                one.told = True
                begun.append(Stay(one.enters, one.u_enters, math.nan, math.nan, one.others))
            if math.isnan(one.leaves) or t - one.leaves <= self.gap:
                rest.append(one)
            elif one.told:
                ended.append(Stay(one.enters, one.u_enters, one.leaves, one.u_leaves, one.others))
        self._open = rest
        return begun, ended
