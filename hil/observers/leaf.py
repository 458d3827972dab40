"""A door's leaf seen from above: when it began to move, passed an angle, and came to rest closed.

A marker on the leaf is followed against one that never moves. The leaf is closed at first: where it rests in the first steady
frames is what all is measured from. How accurate it is stands in docs/observers.md.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Literal

import numpy as np

from ..camera.frame import Frame
from .frame_times import FrameTimes
from .leaf_events import FEW, GAP, LEAVES, SIDE, Look, Timed, Untold, began, passed, resting
from .marker import Codes, Marker, Place, lights
from .optics import Optics
from .sighting import Reason, Sighting

LEARN = 8
"""Steady frames that are learned from."""
STEADY = 0.6
"""px that corners may waver while learning."""
PATIENCE = 15
"""Frames without a marker before it is said while learning."""
SCAN = 40
"""Every so many frames the whole picture is searched for a second marker of the same number."""
FLOOR = 0.006
"""px: what following a marker is never better than, as its place between pixels matters."""
ENOUGH = 0.33
"""Sides of the marker that it moves before its first motion is fitted."""
BEFORE = 0.8
"""s of rest that are fitted too."""
SLOW = 3.0
"""s after which a motion that did not come to `ENOUGH` is given up."""
CLOSED = {"degrees": 0.5, "sides": 0.05}
"""How far from its first rest it still is closed."""


BESIDE = 0.25
"""Sides of the marker from its first rest within which it is closed: of one that slides and is said to swing, no angle tells."""


class Leaf:
    """`leaf_moved`: it left a rest, `value` says where that was. `leaf_open`: it passed `open`. `leaf_closed`: it came to rest where
    it was at first, `value` says how near. All values are degrees; of a leaf that slides they are sides of its marker."""

    def __init__(
        self,
        name: str,
        *,
        marker: int,
        reference: int,
        optics: Optics,
        open: float | None = None,
        slides: bool = False,
    ) -> None:
        """`open`: 10° unless it is said, or one side of the marker of a leaf that slides.

        Raises: ValueError for the same number twice, one that DICT_4X4_50 has not, or an `open` that is not above zero.
        """
        if marker == reference:
            raise ValueError(f"leaf {name!r} and its reference both have marker {marker}: print another")
        for number in (marker, reference):
            if not 0 <= number < 50:
                raise ValueError(f"leaf {name!r}: DICT_4X4_50 has no marker {number}, but 0 to 49")
        self.name, self.marker, self.reference, self.optics = name, marker, reference, optics
        self.slides = slides
        self.unit: Literal["sides", "degrees"] = "sides" if slides else "degrees"
        self.open = open if open is not None else 1.0 if slides else 10.0
        if not (math.isfinite(self.open) and self.open > 2 * CLOSED[self.unit]):
            raise ValueError(
                f"leaf {name!r}: open is {self.open!r}, and below {2 * CLOSED[self.unit]} {self.unit} it may be closed"
            )
        self.reasons: list[Reason] = []
        self._codes, self._table = Codes(), lights(optics.gamma)
        self._shape: tuple[int, ...] | None = None
        self._last: Frame | None = None
        self._begin()

    def _begin(self) -> None:
        self._times = FrameTimes()
        self._learned: list[tuple[Frame, np.ndarray, np.ndarray]] = []
        self._leaf: Marker | None = None
        self._still: Marker | None = None
        self._absent, self._told, self._doubled = 0, "", False
        self._forget()

    def _forget(self) -> None:
        """What it did so far says nothing of what it will do."""
        self._looks: deque[Look] = deque(maxlen=max(64, round(self.optics.fps * (SLOW + BEFORE + 1))))
        self._state: Literal["unknown", "rests", "leaves", "moves"] = "unknown"
        self._since = -math.inf  # when the rest began
        self._left = 0.0  # when it was first seen elsewhere
        self._armed = True  # `leaf_open` may come
        self._crossed: Look | None = None

    # ---- frames

    def feed(self, frame: Frame) -> list[Sighting]:
        """Take the next frame; what is now known. `leaf_moved` comes once the leaf has gone `ENOUGH`, `leaf_closed` when it has
        rested for `RESTS`."""
        was, now = self._shape, frame.image.shape
        if was is not None and was != now:
            self._reason(
                "size changed",
                frame.t,
                f"the picture was {was[1]} × {was[0]} and is {now[1]} × {now[0]}: keep one size; the closed leaf is learned anew",
            )
            self._begin()
        elif self._last is not None and frame.number <= self._last.number:
            self._begin()
        self._shape, self._last = now, frame
        self._times.add(frame)
        if self._leaf is None or self._still is None:
            self._learn(frame)
            return []
        if frame.number % (SCAN // 8 if self._doubled else SCAN) == 0:
            self._doubled = not self._alone(frame)
        if self._doubled:
            return []
        look = self._look(frame)
        return self._judge(look) if look is not None else []

    def finish(self) -> list[Sighting]:
        """No more frames come."""
        found = self._passed(last=True)
        if self._state == "leaves" and len(self._looks) > FEW:
            found += self._moved(self._looks[-1])
        return found

    def _reason(self, kind: str, t: float, note: str) -> None:
        """Once for as long as it lasts."""
        if self._told != kind:
            self.reasons.append(Reason(self.name, kind, t, note))
        self._told = kind

    def _named(self, number: int) -> str:
        return f"marker {number} ({'leaf' if number == self.marker else 'reference'})"

    def _learn(self, frame: Frame) -> None:
        """Take the pictures of both markers, once they are steady."""
        seen = self._codes.seen(frame.image)
        for number in (self.marker, self.reference):
            there = len(seen.get(number, ()))
            if there > 1:
                self._twice(number, there, frame.t)
                self._learned.clear()
                return
            if not there:
                self._absent += 1
                if self._absent >= PATIENCE:
                    self._reason(
                        "hidden",
                        frame.t,
                        f"{self._named(number)} of DICT_4X4_50 was in none of {self._absent} frames: print it at least"
                        " 24 px wide in the picture, with white around it, in the light and uncovered",
                    )
                self._learned.clear()
                return
        self._absent = 0
        new = frame, seen[self.marker][0], seen[self.reference][0]
        for old, now in zip(self._learned[0][1:] if self._learned else (), new[1:], strict=False):
            if np.abs(old - now).max() > STEADY:
                self._learned.clear()
        self._learned.append(new)
        if len(self._learned) < LEARN:
            return
        pictures = [frame.image for frame, _, _ in self._learned]
        leaf = np.mean([corners for _, corners, _ in self._learned], 0)
        still = np.mean([corners for _, _, corners in self._learned], 0)
        self._leaf, self._still = (
            Marker(pictures, leaf, self._table),
            Marker(pictures, still, self._table),
        )
        self._side = self._leaf.side
        self._corners = {self.marker: leaf, self.reference: still}
        self._told = ""
        for each, _, _ in self._learned:
            self._look(each)
        self._learned.clear()

    def _twice(self, number: int, count: int, t: float) -> None:
        self._reason(
            "two of them",
            t,
            f"{self._named(number)} is in the picture {count} times: cover the other door's, or print other numbers",
        )
        self._doubled = True
        self._forget()

    def _alone(self, frame: Frame) -> bool:
        """No marker is there twice; if one is elsewhere than it was followed to, it is taken from there."""
        seen = self._codes.seen(frame.image)
        for number, marker in ((self.marker, self._leaf), (self.reference, self._still)):
            places = seen.get(number, [])
            if len(places) > 1:
                self._twice(number, len(places), frame.t)
                return False
            assert marker is not None
            if places and marker.missed:
                marker.start(marker.at(places[0], self._corners[number]))
        return True

    def _found(self, marker: Marker, number: int, frame: Frame) -> Place | None:
        """Where a marker is; followed, or else by its code in the whole picture."""
        before = marker.missed
        place = marker.follow(frame.image)
        if place is not None:
            return place
        if (
            before < 3 or before % 8 == 0
        ):  # a hidden one is not sought in each frame: that takes as long as ten others
            places = self._codes.seen(frame.image).get(number, [])
            if len(places) > 1:
                self._twice(number, len(places), frame.t)
                return None
            if places:
                place = marker.align(frame.image, marker.at(places[0], self._corners[number]))
            if place is not None:
                marker.take(place)
                return place
        moved = marker.speed * self.optics.exposure * self.optics.fps
        if number == self.marker and moved > marker.side / 6:
            self._reason(
                "too fast",
                frame.t,
                f"{self._named(number)} is smeared over {moved:.0f} px of its {marker.side:.0f}: shorten the exposure"
                f" ({self.optics.exposure * 1e3:.3g} ms), or put it nearer to the hinge",
            )
        else:
            self._reason(
                "hidden", frame.t, f"{self._named(number)} is not seen: keep it uncovered and in the light"
            )
        return None

    def _look(self, frame: Frame) -> Look | None:
        """Where the leaf is against the reference; None with the reason noted."""
        assert self._leaf is not None and self._still is not None
        still = self._found(self._still, self.reference, frame)
        leaf = self._found(self._leaf, self.marker, frame)
        if still is None or leaf is None:
            return None
        self._told = ""
        nudge = still.middle - self._still.middle
        turn, beside = still.angle, leaf.middle - still.middle
        if abs(turn) > math.radians(0.2):  # below it is noise, which the way from reference to leaf enlarges
            c, s = math.cos(turn), math.sin(turn)
            beside = np.array([[c, -s], [s, c]]) @ beside
        else:
            turn = 0.0
        away = beside - (self._leaf.middle - self._still.middle)
        angle = math.remainder(leaf.angle - turn, math.tau)
        value = float(np.hypot(*away)) / self._side if self.slides else abs(math.degrees(angle))
        row = self.optics.begin(float(leaf.middle[1]), frame.image.shape[0])
        time = self._times.of(frame)
        place = np.array([*away, 0.5 * self._side * angle])
        look = Look(time.t + row, time.u, place, value, nudge)
        self._looks.append(look)
        return look

    # ---- what it does

    def _judge(self, look: Look) -> list[Sighting]:
        found = self._passed()
        rest = resting(self._looks)
        if self._state == "unknown":
            if rest:
                self._rest(rest)
            return found
        if self._state == "rests":
            if self._away(look) > self._threshold:
                self._state, self._left = "leaves", look.begin
            else:
                self._settle()
            return found
        if self._state == "leaves":
            if self._away(look) > ENOUGH * self._side:
                found += self._moved(look)
                self._state = "moves"
            elif self._away(look) <= 0.7 * self._threshold:
                self._state = "rests"
            elif rest or look.begin - self._left > SLOW:
                self._reason(
                    "moved little",
                    look.begin,
                    f"the leaf went {self._away(look):.2g} px and no further: not taken for a motion",
                )
                self._rest(rest or [look])
            return found
        if rest:
            beside = float(np.linalg.norm(look.place)) / self._side
            if look.value <= CLOSED[self.unit] and beside <= BESIDE:
                found += self._shut(rest)
            elif not self.slides and look.value < 2.0 and self._away(look) > 2 * self._side:
                self._reason("slides", look.begin, "the leaf went far and did not turn: say that it slides")
            self._rest(rest)
        return found

    def _away(self, look: Look) -> float:
        return float(np.linalg.norm(look.place - self._home))

    def _rest(self, looks: list[Look]) -> None:
        self._state, self._since = "rests", looks[0].begin
        self._settle()

    def _settle(self) -> None:
        """Where it rests, and how it wavers there."""
        looks = [look for look in self._looks if look.begin >= self._since][-24:]
        places = np.array([look.place for look in looks])
        self._home = places[: max(FEW, len(places) - 4)].mean(0)
        # from frame to frame, so that a slow start does not count
        waver = (
            float(np.diff(places, axis=0).std(0).max()) / math.sqrt(2) if len(places) >= FEW else LEAVES / 6
        )
        self._noise = math.hypot(waver, FLOOR)
        self._threshold = max(LEAVES, 6 * waver)

    def _timed(self, looks: list[Look], back: bool = False) -> Timed | None:
        """As `began`; None with the reason noted."""
        try:
            return began(looks, self._noise, self.optics, back=back)
        except Untold as untold:
            self._reason(untold.kind, looks[-1].begin, untold.note)
            return None

    def _moved(self, look: Look) -> list[Sighting]:
        """It has left its rest."""
        since = max(self._since, self._left - BEFORE)
        looks = [each for each in self._looks if since <= each.begin <= look.begin]
        if len(looks) < 4 or self._left - looks[0].begin <= 0:
            return []
        fitted = self._timed(looks)
        if fitted is None:
            return []
        home = [each.value for each in looks if each.begin < self._left]
        return [Sighting(self.name, "leaf_moved", fitted.t, fitted.u, float(np.median(home)), fitted.note)]

    def _shut(self, rest: list[Look]) -> list[Sighting]:
        """It rests where it was at first."""
        places = np.array([look.place for look in rest])
        home, reach = places.mean(0), ENOUGH * self._side
        looks: list[Look] = []
        for look in reversed(self._looks):
            looks.append(look)
            if np.linalg.norm(look.place - home) > reach:
                break
        else:
            return []
        fitted = self._timed(looks[::-1], back=True)
        if fitted is None:
            return []
        value = float(np.mean([look.value for look in rest]))
        return [Sighting(self.name, "leaf_closed", fitted.t, fitted.u, value, fitted.note)]

    def _passed(self, last: bool = False) -> list[Sighting]:
        """It passed `open`: told when two more frames are there."""
        looks = list(self._looks)[-9:]
        if len(looks) < 2:
            return []
        if self._crossed is None:
            before, now = looks[-2], looks[-1]
            if now.value < 0.8 * self.open:
                self._armed = True
            if not (self._armed and before.value < self.open <= now.value and self._state != "unknown"):
                return []
            self._crossed, self._armed = now, False
            if now.begin - before.begin > GAP * self.optics.period:
                self._reason(
                    "unseen",
                    now.begin,
                    f"the leaf passed {self.open:g} {self.unit} in {(now.begin - before.begin) * 1e3:.0f} ms without a frame",
                )
                self._crossed = None
                return []
        after = [look for look in looks if look.begin >= self._crossed.begin]
        if len(after) < 3 and not last:
            return []
        near = [look for look in looks if look.begin < self._crossed.begin][-3:] + after[:3]
        crossed, self._crossed = self._crossed, None
        noise = 2 * self._noise / self._side * (1.0 if self.slides else math.degrees(1.0))
        try:
            found = passed(
                near, self.open, self.optics, noise, self.open * SIDE / self._side if self.slides else 0.0
            )
        except Untold as untold:
            self._reason(untold.kind, crossed.begin, f"{untold.note} {self.unit}")
            return []
        return [Sighting(self.name, "leaf_open", found.t, found.u, self.open, self.unit)]
