"""When a leaf began to move, came to rest or passed a place, from where it was in the frames around."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .onset import onset
from .optics import Optics

NUDGED = 1.0
"""px that the reference may move in a fit."""
SIDE = 0.15
"""px: standard uncertainty of the side of a marker, which is the unit of a leaf that slides."""
LEAVES = 0.15
"""px from its rest from which it may be moving."""
RESTS = 0.3
"""s that it has to stay where it is to rest, and at least `FEW` frames."""
FEW = 6
GAP = 2.6
"""Frame times between two frames from which something may have happened unseen."""
MISFIT = 9.0
"""Mean square of what a fit leaves over that of the noise, from which the motion is none that is known."""


class Look(NamedTuple):
    """The leaf in one frame."""

    begin: float
    """s: when the exposure of the marker's middle row began."""
    u: float
    """s."""
    place: np.ndarray
    """px (3,): of the marker's middle against the reference, x and y, and half a side times its turn."""
    value: float
    """Degrees, or sides of the marker, from its first rest."""
    reference: np.ndarray
    """px (2,): of the reference's middle in the picture."""


class Timed(NamedTuple):
    """An instant, its standard uncertainty, s, and how the motion began."""

    t: float
    u: float
    note: str


class Untold(Exception):
    """There is no honest number: `kind` and the message are those of the reason."""

    def __init__(self, kind: str, note: str) -> None:
        super().__init__(note)
        self.kind, self.note = kind, note


def resting(looks: Sequence[Look]) -> list[Look]:
    """The last looks, if it stays where it is; else none."""
    last = looks[-1].begin
    recent = [look for look in looks if look.begin >= last - RESTS]
    if len(recent) < FEW or recent[-1].begin - recent[0].begin < 0.7 * RESTS:
        return []
    places = np.array([look.place for look in recent])
    return recent if np.abs(places - places.mean(0)).max() < LEAVES else []


def began(looks: list[Look], noise: float, optics: Optics, *, back: bool = False) -> Timed:
    """The beginning of a motion that the last look shows, or, `back`, the end of one that the first shows. `noise`: px, of a
    place at rest. Raises: Untold."""
    said = "came to rest" if back else "began to move"
    references = np.array([look.reference for look in looks])
    if (shaken := float(np.ptp(references, 0).max())) > NUDGED:
        raise Untold(
            "camera moved",
            f"the reference moved by {shaken:.1f} px while the leaf {said}: fix the camera to the wall",
        )
    begins = np.array([look.begin for look in looks])
    places = np.array([look.place for look in looks])
    u = np.array([look.u for look in looks])
    if back:
        begins, places, u = -(begins[::-1] + optics.exposure), places[::-1], u[::-1]
    rest = places[:FEW].mean(0) if len(places) > 2 * FEW else places[0]
    towards = places[-1] - rest
    way = (places - rest) @ towards / np.linalg.norm(towards)
    scatter = np.hypot(noise, np.abs(np.gradient(way, begins)) * u)
    best = onset(begins, optics.exposure, way, scatter)
    wide = np.diff(begins)[(begins[:-1] < best.t + optics.exposure) & (begins[1:] > best.t - optics.exposure)]
    if len(wide) and wide.max() > GAP * optics.period:
        raise Untold(
            "unseen",
            f"no frame shows the leaf for {wide.max() * 1e3:.0f} ms around the instant at which it {said}",
        )
    if best.misfit > MISFIT:
        raise Untold(
            "unsteady",
            f"the leaf {said} by no law that is known (it leaves {best.misfit:.0f} times the noise): it shook, or something"
            " passed before it",
        )
    doubt = math.hypot(best.u, 0.5 * optics.tolerance * optics.exposure, float(u.mean()))
    return Timed(-best.t if back else best.t, doubt, {1: "at once", 2: "evenly", 3: "gently"}[best.power])


def passed(looks: list[Look], level: float, optics: Optics, noise: float, unit: float = 0.0) -> Timed:
    """When the value rose past `level`, by a parabola through the looks around. `noise` and `unit` are the standard
    uncertainties of a value and of the level. Raises: Untold."""
    zero = looks[0].begin
    middle = np.array([look.begin for look in looks]) + 0.5 * optics.exposure - zero
    values = np.array([look.value for look in looks])
    order = min(2, len(looks) - 2) if len(looks) > 2 else 1
    curve = np.polynomial.Polynomial.fit(middle, values, order).convert()
    below = middle[np.nonzero(values < level)[0].max()]
    roots = [float(np.real(root)) for root in (curve - level).roots() if abs(np.imag(root)) < 1e-9]
    t = min(roots, key=lambda root: abs(root - below), default=math.nan)
    slope = float(abs(curve.deriv()(t)))
    if not (slope > 0 and middle[0] <= t <= middle[-1]):
        raise Untold("unsteady", f"the leaf wavered about {level:g}")
    left = values - curve(middle)
    rough = math.sqrt(float((left**2).sum()) / max(1, len(looks) - order - 1))
    times = float(np.mean([look.u for look in looks]))
    doubt = math.hypot(
        max(noise, rough) / slope, unit / slope, 0.5 * optics.tolerance * optics.exposure, times
    )
    return Timed(zero + t, doubt, "")
