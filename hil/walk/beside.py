"""What is asked of the lanes beside the first: their readers, locks, contacts and buttons are others, and may be wired or set otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .held_against import Limits
from .lock import Times
from .rows import Probes, Row
from .steps import Contact, Lift, Press, Step, Wait


def lanes(probes: Probes, times: Times, limits: Limits, t: float) -> Iterator[Row]:
    """One row for each lane but the first."""
    for lane, served in enumerate(probes.lanes):
        if lane == 0:
            continue
        steps: list[Step] = []
        lifts: list[Step] = []
        for way in [one for one in served if one in probes.directions]:
            reader = Lift(f"{probes.portal}/{way}/{lane}")
            denied = [replace(probes.show(way, *one), lane=lane) for one in probes.denied(way, t)[:1]]
            lifts += [reader, *(Lift(one.person) for one in denied)]
            steps += denied
            for group, kind in probes.granted(way, t)[:1]:
                good, slow = (replace(probes.show(way, group, kind, nth), lane=lane) for nth in (0, 1))
                steps += [
                    replace(good, passes=not probes.has_places),
                    Wait(times.unlock + limits.relock + 0.2),
                ]
                if way == probes.directions[0]:
                    steps += [slow, Wait(times.extended + limits.relock + 0.2)]
        ajar = (Contact(True, lane), Wait(times.held_open + limits.alarm + 0.2), Contact(False, lane))
        yield Row(
            f"lane-{lane}", f"lane {lane}: who is let in, how long, forced, open too long, by the button",
            (*steps, *ajar, Press(lane), *lifts),
        )  # fmt: skip
