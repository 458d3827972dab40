"""A camera's clock on the host's: from a lamp that the host drives in the camera's picture, and the camera sees.

Which sighting is which change of the lamp is found by the pattern of its times, which are drawn at random and fit in one way
only; then offset and rate by weighted least squares. Method: GUM (JCGM 100:2008, H.3), a straight line with its covariance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..errors import BenchError

FEW = 8
"""Changes of the lamp that have to be seen."""
COARSE = 0.03
"""s: a sighting and a change that lie so near for some offset may be one; less than half the time between two changes."""
UNIQUE = 0.7
"""An offset counts if the next best fits less than so many of the sightings that it fits."""
USUAL, FASTEST = 2e-4, 5e-4
"""Rate of one clock beside another: believed beforehand (standard uncertainty; crystals are good to 1e-4), and beyond which one of
them is no clock."""
COMMON = 0.7
"""Share of a sighting's standard uncertainty that all have in common (exposure and gamma are not as told): no number of them lessens
it. Chosen so that ± 2 u holds 95 % of clips whose exposure and gamma are up to 10 % off (benchmarks/camera_accuracy.py)."""
BEYOND = 4.0
"""Standard uncertainties from the line beyond which a sighting is left out."""


class NoClock(BenchError, ValueError):
    """Times of this camera cannot be told on the host's clock."""

    advice = "see that the lamp for the clock stands in its region, is dark in between, and does not saturate all of it"


class Change(NamedTuple):
    """The lamp changed, by either clock."""

    t: float
    """s."""
    u: float
    """s, standard uncertainty."""
    lit: bool


@dataclass(frozen=True)
class ClockMap:
    """host = camera + offset + rate (camera - middle)."""

    offset: float
    """s, at `middle`."""
    rate: float
    middle: float
    """s of the camera's clock."""
    u_offset: float
    u_rate: float
    n: int
    """Changes that it rests on."""
    missed: int
    """Changes that were not seen, or did not fit."""
    spread: float
    """s: standard deviation of single changes around the line."""

    def host(self, t: float, u: float) -> tuple[float, float]:
        """An instant of the camera's clock on the host's, s, with its standard uncertainty."""
        off = t - self.middle
        return t + self.offset + self.rate * off, math.sqrt(
            u * u + self.u_offset**2 + (self.u_rate * off) ** 2
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "offset": self.offset, "rate": self.rate, "u_offset": self.u_offset, "u_rate": self.u_rate, "n": self.n, "missed": self.missed,
            "spread": self.spread,
        }  # fmt: skip


def join(seen: Sequence[Change], driven: Sequence[Change]) -> ClockMap:
    """`seen` by the camera's clock, `driven` by the host's; both in order. Raises: NoClock."""
    if len(driven) < FEW or len(seen) < FEW:
        raise NoClock(
            f"the lamp changed {len(driven)} times and was seen to {len(seen)} times; {FEW} are needed"
        )
    offset = _coarse(seen, driven)
    pairs = _pairs(seen, driven, offset)
    for _ in range(10):
        found = _line(pairs, len(driven))
        kept = [one for one in pairs if _fits(one, found)]
        if len(kept) == len(pairs):
            break
        if len(kept) < FEW:
            raise NoClock(f"only {len(kept)} changes of the lamp lie on one line; {FEW} are needed")
        pairs = kept
    if abs(found.rate) > FASTEST:
        raise NoClock(
            f"the camera's clock runs {found.rate * 100:+.2f} % beside the host's, which no clock does"
        )
    return found


def _coarse(seen: Sequence[Change], driven: Sequence[Change]) -> float:
    """The offset that fits most sightings. Raises: NoClock where two do."""
    best: list[tuple[int, float]] = []
    by = {lit: np.array([one.t for one in driven if one.lit is lit]) for lit in (True, False)}
    at = {lit: np.array([one.t for one in seen if one.lit is lit]) for lit in (True, False)}
    candidates = np.concatenate(
        [(by[lit][:, None] - at[lit][None, :16]).ravel() for lit in (True, False) if len(by[lit])]
    )
    for offset in candidates:
        count = 0
        for lit in (True, False):
            if len(by[lit]):
                moved = at[lit] + offset
                place = np.clip(np.searchsorted(by[lit], moved), 1, max(len(by[lit]) - 1, 1))
                near = np.minimum(
                    np.abs(by[lit][place - 1] - moved),
                    np.abs(by[lit][np.minimum(place, len(by[lit]) - 1)] - moved),
                )
                count += int((near < COARSE).sum())
        best.append((count, float(offset)))
    most = max(count for count, _ in best)
    offsets = [offset for count, offset in best if count == most]
    middle = sorted(offsets)[len(offsets) // 2]
    others = [count for count, offset in best if abs(offset - middle) > 2 * COARSE]
    if most < FEW:
        raise NoClock(f"at most {most} of {len(seen)} sightings fit the times at which the lamp was driven")
    if others and max(others) > UNIQUE * most:
        raise NoClock("the times at which the lamp was driven fit what was seen in more than one way")
    return middle


class _Paired(NamedTuple):
    seen: Change
    driven: Change

    @property
    def u(self) -> float:
        return math.hypot(self.seen.u, self.driven.u)


def _pairs(seen: Sequence[Change], driven: Sequence[Change], offset: float) -> list[_Paired]:
    found = []
    for one in seen:
        same = [other for other in driven if other.lit is one.lit]
        nearest = min(same, key=lambda other: abs(other.t - one.t - offset), default=None)
        if nearest is not None and abs(nearest.t - one.t - offset) < COARSE:
            found.append(_Paired(one, nearest))
    return found


def _line(pairs: Sequence[_Paired], driven: int) -> ClockMap:
    t = np.array([one.seen.t for one in pairs])
    y = np.array([one.driven.t - one.seen.t for one in pairs])
    weight = np.array([1.0 / max(one.u, 1e-5) ** 2 for one in pairs])
    middle = float((weight * t).sum() / weight.sum())
    x = t - middle
    offset = float((weight * y).sum() / weight.sum())
    wide = float((weight * x * x).sum())
    rate = float((weight * x * y).sum()) / (wide + USUAL**-2)
    rest = y - offset - rate * x
    # More scatter than is stated widens what is said; less does not narrow it.
    scale = max(1.0, float((weight * rest**2).sum()) / max(len(pairs) - 2, 1))
    common = COMMON * float(np.median([one.seen.u for one in pairs]))
    return ClockMap(
        offset, rate, middle, math.hypot(math.sqrt(scale / weight.sum()), common), math.sqrt(1.0 / (wide / scale + USUAL**-2)),
        len(pairs), max(0, driven - len(pairs)), float(rest.std(ddof=2)) if len(pairs) > 2 else 0.0,
    )  # fmt: skip


def _fits(one: _Paired, line: ClockMap) -> bool:
    t, _ = line.host(one.seen.t, 0.0)
    return abs(one.driven.t - t) <= BEYOND * max(one.u, line.spread)
