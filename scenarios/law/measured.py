"""What a simulation measured of the ways through portals. The law judges 'convenient' by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """How a group fares at a portal."""

    visits: float
    """Arrivals in all replications."""
    time: float | None
    """Seconds from arrival to passing, mean; None: nobody passed."""
    failures: float
    """Share that left without having passed."""


@dataclass(frozen=True)
class Measured:
    """Figures of one candidate."""

    at: Mapping[tuple[str, str], Way]
    """(group, declared portal) -> way; nobody of the group came there if it is missing."""
    replications: int
    seed: int
