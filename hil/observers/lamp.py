"""A lamp: when it came on and went out, in which colour.

The observer keeps what its region looks like while nothing changes. When something does, it waits until the light is steady
again, compares both pictures, and asks `step` for the instant. It goes by the change alone, so what else shines in the region
does not matter; and it looks around the region too, where the halo of a glaring lamp tells more than its core.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..camera.frame import Frame
from ..errors import BenchError
from .belief import Belief
from .colour import HUES, USUAL
from .frame_times import FrameTimes
from .optics import Optics
from .region import Region
from .sighting import Reason, Sighting
from .step import Moment, Steadiness, Step, Unfit, fit
from .view import Change, Levels, Seen, View

KEPT = 24
"""Steady frames that a picture is averaged from."""
ENOUGH = 10
"""Steady frames after a change that are waited for."""
LEAST = 3.0
"""Change of a cell's mean, of 255, below which nothing has changed."""
SIGMAS = 6.0
"""The same, in standard deviations of what cells do while nothing changes."""
RESTLESS = 0.4
"""s without two equal frames after which it is said."""
WARM = 12
"""Frames from which it is learned how even the light is."""
STEPS, TRIMMED = 2, 1.35
"""Largest steps of those that are left out, and what the rest is to be multiplied by (normal noise, 11 steps)."""
OFTEN = 10.0
"""s in which it is said but once that something else than the lamp changed."""
SETTLED = 0.05
"""Share of a change within which the light after it is steady."""
FAINT = 12.0
"""Change of a pixel or a cell, of 255, below which nothing is said of a lamp."""
ALIKE = 0.75
"""A lamp's change has one sign everywhere, in each colour: sum of changes over sum of their sizes."""
CONTRAST = 3.0
"""A lamp changes its region at least so many times as much as the picture around it."""
UNEVEN = 60.0
"""Squares left over, above which it was no step: rows and frames contradict each other."""
TRUSTED = 4.0
"""Squares left over by pixels, up to which exposure and gamma are learned from a step."""


class BadLamp(BenchError, ValueError):
    """Settings that no lamp has."""

    advice = f"colours are some of: {', '.join((*HUES, 'white'))}"


class Odd(NamedTuple):
    """A change that is none of the lamp's, or can't be timed."""

    kind: str
    text: str
    """Empty: not worth saying."""


@dataclass(frozen=True, eq=False)
class Switch:
    """A change of light as it was measured, for those who calibrate by it (`sync`)."""

    t: float
    u: float
    on: str | None
    """Colour after it; None: dark."""
    off: str | None
    """Colour before it."""
    step: Step | None
    """None: it was only seen to be between two frames."""


class Lamp:
    """`lamp_on` and `lamp_off`, with the colour in `note`; a change of colour gives both at one instant. `value` is None.

    Sightings come up to twelve frames after their instant, when the light after the change is known.
    """

    def __init__(
        self,
        name: str,
        region: Region,
        optics: Optics,
        *,
        belief: Belief | None = None,
        colours: tuple[str, ...] = USUAL,
        lit_at_start: bool = False,
    ) -> None:
        """`region`: around the lamp, not much larger than it. `belief`: of exposure and gamma, shared by all lamps of a camera;
        the observer sharpens it by what it sees. `colours`: those that this lamp has. `lit_at_start`: it is lit in the first
        frame; the light around it then tells how dark it would be.

        Raises: BadLamp.
        """
        if wrong := [one for one in colours or ("",) if one not in HUES and one != "white"]:
            raise BadLamp(f"lamp {name!r}: no colour is called {wrong[0]!r}")
        self.name, self.optics = name, optics
        self.belief = belief or Belief(optics)
        self.reasons: list[Reason] = []
        self.switches: list[Switch] = []
        """Each change that gave a sighting."""
        self._view = View(region)
        self._times = FrameTimes()
        self._levels = Levels(colours, lit_at_start)
        self._steady: deque[Seen] = deque(maxlen=KEPT)
        self._changing: list[Seen] = []
        self._after: list[Seen] = []
        self._first: list[Seen] = []
        self._sigma: np.ndarray | None = None
        self._usual: Steadiness | None = None
        self._restless = False

    # ---- frames

    def feed(self, frame: Frame) -> list[Sighting]:
        """Raises: BadRegion if the region is not in the picture."""
        self._times.add(frame)
        if self._view.shape != frame.image.shape:
            self._view.begin(frame.image.shape)
            self._steady.clear()
            self._changing, self._after, self._first, self._sigma = [], [], [], None
        seen = self._view.seen(frame)
        if self._sigma is None:
            self._first.append(seen)
            return self._warm() if len(self._first) >= WARM else []
        return self._take(seen)

    def finish(self) -> list[Sighting]:
        """What changed in the last two frames is not told."""
        found = self._warm() if self._first else []
        return found + (self._settle(last=True) if len(self._after) >= self._fewest() else [])

    def _fewest(self) -> int:
        """Equal frames that are a light of their own. Of two, one was exposed to it throughout, if exposures do not overlap."""
        period = self._times.period or self.optics.period
        return 2 if self.belief.exposure * (1 + self.belief.u[0]) <= period else 3

    def _warm(self) -> list[Sighting]:
        """How much cells waver by themselves, from the first frames: their steps, without the two largest, which may be a lamp."""
        cells = np.array([one.cells for one in self._first])
        steps = np.sort(np.diff(cells, axis=0) ** 2, 0)[: -STEPS if len(cells) > 2 * STEPS else None]
        spread = TRIMMED * np.sqrt(0.5 * steps.mean(0)) if len(steps) else np.zeros_like(cells[0])
        self._sigma = even(spread)
        first, self._first = self._first, []
        return [sighting for seen in first for sighting in self._take(seen)]

    def _take(self, seen: Seen) -> list[Sighting]:
        if not self._changing:
            if not self._steady or self._same(seen, self._steady):
                self._rest(seen)
            else:
                self._depart(seen)
            return []
        if self._same(seen, self._after, self._way(seen)):
            self._after.append(seen)
            return self._settle() if len(self._after) > ENOUGH else []
        found: list[Sighting] = []
        if len(self._after) >= self._fewest():
            found = self._settle()
            if not self._changing:
                self._depart(seen)
                return found
        self._changing += self._after
        self._after = [seen]
        self._tire()
        return found

    def _same(self, seen: Seen, others: Sequence[Seen], change: float = 0.0) -> bool:
        """`change`: how large the change is that it belongs to; a twentieth of it does not matter."""
        assert self._sigma is not None
        mean = sum(other.cells for other in others) / len(others)
        threshold = np.maximum(max(LEAST, SETTLED * change), SIGMAS * self._sigma)
        return bool((np.abs(seen.cells - mean) <= threshold).all())

    def _way(self, seen: Seen) -> float:
        """Largest difference of a cell from the steady light before, of 255."""
        mean = sum(other.cells for other in self._steady) / len(self._steady)
        return float(np.abs(seen.cells - mean).max())

    def _rest(self, seen: Seen) -> None:
        self._steady.append(seen)
        if len(self._steady) >= ENOUGH and len(self._steady) % 4 == 0:
            self._sigma = even(np.std([one.cells for one in self._steady], 0, ddof=1))

    def _depart(self, seen: Seen) -> None:
        """The frame before may have seen the first of it, too little to be noticed."""
        self._changing = [self._steady.pop() if len(self._steady) > 1 else self._steady[-1]]
        self._after = [seen]
        self._restless = False

    def _tire(self) -> None:
        """It does not become steady: is it only noise, more than was thought?"""
        restless = [*self._changing, *self._after]
        seconds = restless[-1].frame.t - restless[0].frame.t
        if seconds < RESTLESS or len(restless) < ENOUGH:
            return
        cells = np.array([one.cells for one in restless])
        spread, steps = cells.std(0, ddof=1), np.diff(cells, axis=0).std(0)
        if (steps > spread).all():  # independent values differ by √2 of their spread, what moves by less
            self._sigma = even(spread) if self._sigma is None else np.maximum(even(spread), self._sigma)
            self._steady = deque(restless, KEPT)
            self._changing, self._after = [], []
        elif not self._restless:
            self._restless = True
            self._say(
                "restless",
                restless[-1].frame.t,
                f"is not steady for {seconds:.1f} s: something moves before it, or the light fades or flickers; keep the view"
                " free, and the exposure at a multiple of 10 ms where mains of 50 Hz light the room",
            )

    def _say(self, kind: str, t: float, text: str, every: float = 0.0) -> None:
        """`every`: s in which the same is said but once."""
        if any(one.kind == kind and one.t > t - every for one in self.reasons[::-1]):
            return
        self.reasons.append(Reason(self.name, kind, t, f"region {self._view.region.name!r} {text}"))

    # ---- a change that is over

    def _settle(self, last: bool = False) -> list[Sighting]:
        """The light is steady again."""
        before, between, after = list(self._steady), [*self._changing, self._after[0]], self._after[1:]
        if not before:
            before = between[:1]
        change = self._view.change(before, after)
        odd = self._odd(change, before, between, after)
        if odd is not None and odd.kind == "hidden" and not last and len(after) < ENOUGH:
            return []  # what is before it may go away again
        self._steady = deque(after, KEPT)
        if len(after) >= ENOUGH:
            self._sigma = even(np.std([one.cells for one in after], 0, ddof=1))
        self._changing, self._after = [], []
        if odd is not None:
            if odd.text:
                self._say(
                    odd.kind, between[0].frame.t, odd.text, OFTEN if odd.kind in ("beside", "faint") else 0.0
                )
            if odd.kind == "light":
                self._levels.shift(change)
            return []
        off, on = self._levels.colours(change, self.belief.gamma)
        switch = self._timed(before, between, after, on, off)
        if switch is None:
            return []
        self.switches.append(switch)
        events = [("lamp_off", off), ("lamp_on", on)]
        return [
            Sighting(self.name, event, switch.t, switch.u, None, note)
            for event, note in events
            if note is not None
        ]

    def _odd(self, change: Change, before: list[Seen], between: list[Seen], after: list[Seen]) -> Odd | None:
        """Why this is no change of a lamp, or none that can be timed; None if it is one."""
        count = len(between) - 2
        if self._same(after[0], before) and change.peak < FAINT:
            if max(self._way(one) for one in between) < FAINT:
                return Odd("jump", "")  # JPEG lets a block jump now and then
            if count <= self._fewest() + 1:
                return Odd(
                    "too short",
                    f"changed and changed back within {count} frames, and it takes {self._fewest()} that are equal; a higher frame"
                    " rate would show it",
                )
            return Odd("passed", "was hidden for a while and is as before")
        if change.peak < FAINT:
            return Odd(
                "faint",
                f"changed by {change.peak:.0f} of 255: too little to tell a lamp from noise; a darker room or a longer exposure helps",
            )
        if change.around >= 1.0 and change.peak < CONTRAST * change.around:
            return Odd(
                "light",
                f"and all around it changed by {change.around:.0f} of 255: the room's light, or the camera's exposure; set it by hand",
            )
        if change.alike < ALIKE:
            return Odd(
                "hidden", "changed, but not as by a lamp: something stands before it; keep the view free"
            )
        if not change.inside:
            return Odd(
                "beside",
                f"changed by a light outside of it, at ({change.x:.0f}, {change.y:.0f}); if that is the lamp, draw the region around it",
            )
        period = self._times.period or self.optics.period
        most = math.ceil((self.belief.exposure * 1.2 + self._view.readout(self.optics)) / period) + 1
        if count > most:
            seconds = between[-1].frame.t - between[1].frame.t
            return Odd(
                "slow",
                f"took {1e3 * seconds:.0f} ms to change, a lamp takes at most {1e3 * most * period:.0f} ms: it fades, or was hidden"
                " meanwhile",
            )
        return None

    def _timed(
        self, before: list[Seen], between: list[Seen], after: list[Seen], on: str | None, off: str | None
    ) -> Switch | None:
        groups = [[self._moment(one) for one in group] for group in (before, between, after)]
        try:
            old, mixed, new = groups
            step = fit(old, mixed, new, self._view.begins(self.optics), self.belief, self._usual)
        except Unfit as unfit:
            return self._between_frames(groups[1], on, off, str(unfit))
        if step.uneven > UNEVEN:
            self._say(
                "uneven",
                groups[1][0].t,
                "changed, but its rows and frames contradict each other: check exposure and readout; or it faded",
            )
            return None
        if len(before) + len(after) > ENOUGH:
            self._usual = step.steadiness
        if step.misfit < TRUSTED and step.uneven < TRUSTED:
            self.belief.learn(step.exposures, step.gammas, step.share)
        return Switch(step.instant, step.u, on, off, step)

    def _between_frames(self, between: list[Moment], on: str | None, off: str | None, why: str) -> Switch:
        """Nothing but which frame showed it first: equally likely from the end of the exposure before to the end of its own."""
        exposure, late = self.belief.exposure, self._view.begins(self.optics)
        first = between[0].t + exposure + float(late.min())
        last = between[-1].t + exposure + float(late.max())
        if len(between) > 2:  # the frame before it, those that changed, and the first that is steady
            last = between[1].t + exposure + float(late.max())
        width = max(last - first, exposure)
        middle = 0.5 * (first + last)
        u = math.hypot(width / math.sqrt(12), exposure * self.belief.u[0], between[0].u)
        self._say(
            "saturated",
            middle,
            f"has no pixel that tells of more than the frame ({why}): lower the exposure or the gain, or draw it so that the halo"
            f" lies within; its time is good to {1e3 * u:.1f} ms only",
        )
        return Switch(middle, u, on, off, None)

    def _moment(self, seen: Seen) -> Moment:
        t, u = self._times.of(seen.frame)
        return Moment(t, u, seen.pixels)


def even(spread: np.ndarray) -> np.ndarray:
    """No cell is taken to be steadier than all are: JPEG lets one rest, then jump."""
    found: np.ndarray = np.maximum(spread, np.sqrt((spread**2).mean()))
    return found
