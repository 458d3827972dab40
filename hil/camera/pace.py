"""From shots to frames' numbers and times: which are stale, which clock counts, how sure it is. No input or output."""

from __future__ import annotations

import math
from typing import NamedTuple

from .errors import CameraUnfit, StreamBroken, StreamUnsettled
from .frame import Clock
from .settling import Lag, Settling
from .source import Shot
from .timing import FEW, Numbering, Spread

PATIENCE, PATIENT_FRAMES = 8.0, 60
"""Seconds, and frames, after which a stream must have settled."""
REPORT = 6.0
"""Seconds to wait for the sender's first report; it comes within five as a rule (RFC 3550)."""
LATE = 1.0
"""Seconds by which frames may come later than they did lately, all of them: no hiccup of a network lasts so long."""
EARLY = 0.1
"""Of the time between two frames, by which an arrival may be early; late it may be by nearly a whole one."""


class Timed(NamedTuple):
    """A frame's number and time."""

    number: int
    missing: int
    """Frames that are missing before it."""
    t: float
    u: float


class Pace:
    """Follows one stream."""

    def __init__(
        self,
        resolution: float,
        fps: float | None,
        *,
        live: bool = True,
        reports: bool = False,
        clock: Clock | None = None,
    ) -> None:
        """`resolution`: of time stamps, s; `live`: else its time stamps are taken as they are; `reports`: its sender's wall
        clock may become known; `clock`: which is wanted; None: the best that there is."""
        self.live, self.clock = live, clock
        self.discarded = 0
        self.settled = False
        self._reports, self._wanted = reports, clock
        self._said = fps
        self._numbering = Numbering(fps)
        self._grid = Numbering(fps, early=EARLY)
        """Where there are no time stamps: of arrivals, for scatter alone."""
        self._spread = Spread(resolution)
        self._settling = Settling()
        self._lag = Lag()
        self._began: float | None = None
        self._chosen = False
        self._fed = 0
        self._stamped = False
        self._count = -1
        self._zero = 0

    @property
    def numbered(self) -> bool:
        """Can it tell when frames are missing?"""
        return self._stamped

    @property
    def fps(self) -> float | None:
        """As frames come."""
        period = (self._numbering if self._stamped else self._grid).period
        return 1 / period if period else None

    def feed(self, shot: Shot, waited: int = 0) -> Timed | None:
        """One more; None: it is stale, or nothing can be said of its time yet.

        `waited`: ns for which the reader was kept from running before it stamped the arrival.
        Raises: StreamUnsettled, CameraUnfit (it has not the clock that is wanted), StreamBroken.
        """
        missing = self._counted(shot)
        if not self._chosen and not self._ready(shot):
            self.discarded += 1
            return None
        timed = self._timed(shot, missing, waited)
        if self.settled:
            return timed
        self._fed += 1
        self.settled = not self.live or self._fed > FEW
        if not self.settled:
            self.discarded += 1
            return None
        self._zero = timed.number
        return timed._replace(number=0, missing=0)

    def _ready(self, shot: Shot) -> bool:
        """Is it fresh, and is it known by which clock?"""
        arrival = shot.arrival / 1e9
        self._began = arrival if self._began is None else self._began
        waited = arrival - self._began
        if self.live:
            if not self._settling.feed(arrival, shot.stamp):
                if waited > PATIENCE and self.discarded > PATIENT_FRAMES:
                    raise self._uneven(waited, shot.stamp is not None)
                return False
            hoped = shot.wall is None and self._reports and self._wanted in (None, "sender")
            if hoped and waited < REPORT:
                return False
        self.clock = self._best(shot)
        self._chosen = True
        return True

    def _uneven(self, waited: float, stamped: bool) -> StreamUnsettled:
        what = f"after {waited:.0f} s its frames still come "
        if not stamped:
            return StreamUnsettled(what + "at no even rate")
        more = f"{self._settling.trend * 1e3:+.0f} ms"
        return StreamUnsettled(
            f"{what}unevenly: from their time stamps to their arrival it is {more} against a few frames before"
        )

    def _best(self, shot: Shot) -> Clock:
        clocks: dict[Clock, float | None] = {
            "sender": shot.wall, "source": shot.stamp, "arrival": shot.arrival / 1e9,
        }  # fmt: skip
        best = next(name for name, value in clocks.items() if value is not None)
        if self._wanted is None:
            return best
        if clocks[self._wanted] is None:
            why = "it has sent no report (RTCP), or it is not read by PyAV" if self._wanted == "sender" else "its frames have no time stamps"  # fmt: skip
            raise CameraUnfit(
                f"no time on the clock {self._wanted!r}: {why}", advice=f"take the clock {best!r}"
            )
        return self._wanted

    def _counted(self, shot: Shot) -> int:
        """Number a frame; how many are missing before it, as far as anybody can tell."""
        if not self._chosen:
            self._stamped = shot.stamp is not None
        if not self._stamped:
            self._count += 1
            try:
                self._grid.feed(shot.arrival / 1e9)
            except ValueError:
                pass  # two came in one read, at the same instant
            return 0
        if shot.stamp is None:
            raise StreamBroken("a frame has no time stamp, and those before it had")
        try:
            return self._numbering.feed(shot.stamp)
        except ValueError as error:
            if not self._chosen:
                self._numbering = Numbering(self._said)  # it is only beginning
                return self._numbering.feed(shot.stamp)
            raise StreamBroken(
                f"a frame of no sound time: {error}", advice="open it again: it may have been started anew"
            ) from error

    def _timed(self, shot: Shot, missing: int, waited: int) -> Timed:
        arrival = shot.arrival / 1e9
        place = (self._numbering if self._stamped else self._grid).number
        number = (place if self._stamped else self._count) - self._zero
        t = {"sender": shot.wall, "source": shot.stamp, "arrival": arrival}[self.clock or "arrival"]
        if t is None:
            raise StreamBroken("a frame is without the sender's wall clock, and those before it had it")
        if not self.live:
            return Timed(number, missing, t, self._spread.floor)
        late = 0.0 if shot.stamp is None else self._lag.feed(arrival, shot.stamp)
        if late > LATE:
            raise StreamUnsettled(f"its frames come {late:.1f} s later than they did")
        off, u = self._spread.feed(place, t, arrival), self._spread.u
        if self.clock == "arrival" and math.isfinite(u):
            u = max(u, off, waited / 1e9)
        return Timed(number, missing, t, u)
