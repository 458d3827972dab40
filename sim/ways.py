"""Ways in over replications: how many of each group came in by each way, by day and by night, and what share of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .metrics import Figure, Missing, Ways
from .metrics.ways import PERIODS, WAYS, Counts, Slot
from .statistics import Estimate, estimate

ALL = "all"
"""Stands in the place of the way: entries by any."""


@dataclass(frozen=True)
class WayIn:
    """Entries of a group in a period by one way."""

    slot: Slot
    way: str
    """One of `WAYS`, or `all`."""
    count: Estimate | Missing
    """Entries a replication."""
    share: Estimate | Missing
    """Of the group's entries in that period there, within 0-1; over the replications that have some."""


def ways_in(found: Mapping[str, Sequence[Ways | Missing]], groups: Sequence[str]) -> dict[str, list[WayIn]]:
    """By policy: every group, period and place, with the ways that somebody took there under any of the policies.

    `found` has an entry a replication. Portals through which nobody came in are left out; a group that has nobody, or a period
    that the run does not have, is Missing.
    """
    whole = [
        ways for replications in found.values() for ways in replications if not isinstance(ways, Missing)
    ]
    taken = {(slot.portal, way) for ways in whole for slot, counts in ways.items() for way in counts}
    portals = sorted({portal for portal, _ in taken if portal is not None})
    return {
        policy: [
            _way_in(replications, Slot(group, period, portal), way)
            for portal in (None, *portals)
            for group in groups
            for period in PERIODS
            for way in (ALL, *(way for way in WAYS if (portal, way) in taken))
        ]
        for policy, replications in found.items()
    }


def _way_in(replications: Sequence[Ways | Missing], slot: Slot, way: str) -> WayIn:
    counts = [_counts(ways, slot) for ways in replications]
    return WayIn(
        slot,
        way,
        estimate(_entries(one, way) for one in counts),
        estimate(_share(one, slot, way) for one in counts),
    )


def _counts(ways: Ways | Missing, slot: Slot) -> Counts | Missing:
    if isinstance(ways, Missing):
        return ways
    if slot in ways:
        return ways[slot]
    if any(other.group == slot.group for other in ways):
        return Missing(f"there is no {slot.period} in the run")
    return Missing(f"nobody belongs to the group {slot.group!r}")


def _entries(counts: Counts | Missing, way: str) -> Figure:
    if isinstance(counts, Missing):
        return counts
    return float(sum(counts.values()) if way == ALL else counts.get(way, 0))


def _share(counts: Counts | Missing, slot: Slot, way: str) -> Figure:
    if isinstance(counts, Missing):
        return counts
    entries = sum(counts.values())
    if not entries:
        return Missing(f"nobody of the group {slot.group!r} came in by {slot.period}: no share")
    return 1.0 if way == ALL else counts.get(way, 0) / entries
