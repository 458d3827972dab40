"""One picture, and when it was taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a source, with the clock that its time comes from."""

    number: int
    """Counted at the source from 0; a gap means that frames were dropped."""
    t: float
    """s on `clock`: when the exposure of its first row began, as well as the source can tell."""
    u: float
    """s: standard uncertainty of `t`."""
    clock: str
    """`source` (its own time stamps), `sender` (RTCP wall clock) or `arrival` (the host's monotonic clock)."""
    arrival: int
    """ns of the host's monotonic clock."""
    image: np.ndarray
    """uint8, (height, width, 3), BGR."""
